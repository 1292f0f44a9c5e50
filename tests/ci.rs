//! The steps of `action.yml` and `ci/gitlab.yml`, run as their runners run them: with the shell, the variables and the order of theirs.

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use support::project::{Project, Ran, client, git, quick_build, ran};
use support::repository;

const RACE: &str = "import json\n\n\ndef bump():\n    with open(\"/var/lib/app/n, 100%.json\") as f:\n        n = json.load(f)\n    with open(\"/var/lib/app/n, 100%.json\", \"w\") as f:\n        json.dump(n + 1, f)\n";
/// A name that must be escaped in an annotation.
const ODD: &str = "sub/new, 100%.py";

fn yaml(path: &str) -> Value {
    let program = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";
    let read = ran(Command::new(client("venv/bin/python")).args(["-c", program]).arg(repository(path)));
    assert_eq!(read.status, 0, "{read:?}");
    serde_json::from_str(&read.stdout).expect("JSON")
}

/// A clone whose branch `topic` brings a race in a new file, while `main` has an old one.
fn pull_request() -> (Project, Project) {
    let origin = Project::new(&[("old.py", RACE)]);
    origin.commit_all();
    let work = Project::new(&[]);
    let from = origin.path("").display().to_string();
    assert_eq!(ran(git(&work.path("")).args(["clone", "-q", &from, "."])).status, 0);
    work.git(&["checkout", "-q", "-b", "topic"]);
    work.write(ODD, RACE);
    work.commit_all();
    (origin, work)
}

/// What a job of the action did.
#[derive(Debug, Default)]
struct Job {
    /// The names of the steps that were run, also of those that use another action.
    steps: Vec<String>,
    log: String,
    status: i32,
}

/// Runs the action as GitHub's runner does: a step is left out if its condition does not hold, and the first that fails is the last.
fn action(workspace: &Project, given: &[(&str, &str)]) -> Job {
    let action = yaml("action.yml");
    let defaults = action["inputs"].as_object().expect("inputs").iter();
    let mut known: BTreeMap<String, String> =
        defaults.map(|(name, input)| (format!("inputs.{name}"), input["default"].as_str().expect("a default").to_owned())).collect();
    for (name, value) in given {
        assert!(known.insert(format!("inputs.{name}"), (*value).to_owned()).is_some(), "no input is called `{name}`");
    }
    let (temp, mut job) = (Project::new(&[("output", "")]), Job::default());
    for step in action["runs"]["steps"].as_array().expect("steps") {
        if step["if"].as_str().is_some_and(|condition| !holds(condition, &known)) {
            continue;
        }
        job.steps.push(step["name"].as_str().expect("a name").to_owned());
        let Some(script) = step["run"].as_str() else { continue };
        temp.write("step.sh", script);
        let mut shell = Command::new("bash");
        shell.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(temp.path("step.sh")).current_dir(workspace.path(""));
        shell.env("GITHUB_OUTPUT", temp.path("output")).env("RUNNER_TEMP", temp.path("")).env("GITHUB_WORKSPACE", workspace.path(""));
        shell.env("GITHUB_ACTION_PATH", repository("")).envs(quick_build());
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            shell.env(name, filled(value.as_str().expect("a text"), &known));
        }
        let Ran { status, stdout, stderr } = ran(&mut shell);
        (job.status, job.log) = (status, job.log + &stdout + &stderr);
        if status != 0 {
            break;
        }
        let outputs = temp.read("output");
        let set = outputs.lines().filter_map(|l| l.split_once('='));
        known.extend(set.map(|(k, v)| (format!("steps.{}.outputs.{k}", step["id"].as_str().unwrap_or_default()), v.to_owned())));
    }
    job
}

/// `inputs.name == 'text'`, the one form of condition that the action has.
fn holds(condition: &str, known: &BTreeMap<String, String>) -> bool {
    let (name, text) = condition.split_once(" == ").expect("a comparison");
    known[name] == text.trim_matches('\'')
}

/// A text with its `${{ name }}`s replaced.
fn filled(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut parts = text.split("${{ ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        let (name, rest) = part.split_once(" }}").expect("it ends");
        out + &known[name] + rest
    })
}

/// The annotations in a log, as GitHub's runner reads them: properties and message.
fn annotations(log: &str) -> Vec<(BTreeMap<String, String>, String)> {
    let data = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    let property = |text: &str| data(&text.replace("%3A", ":").replace("%2C", ","));
    let commands = log.lines().filter_map(|l| l.strip_prefix("::")?.split_once("::"));
    let split = |(head, message): (&str, &str)| {
        let (level, properties) = head.split_once(' ').unwrap_or((head, ""));
        let pairs = properties.split(',').filter_map(|p| p.split_once('=')).map(|(k, v)| (k.to_owned(), property(v)));
        (pairs.chain([("level".to_owned(), level.to_owned())]).collect(), data(message))
    };
    commands.map(split).collect()
}

fn installed() -> String {
    env!("CARGO_BIN_EXE_toctou").to_owned()
}

#[test]
fn the_action_annotates_what_a_pull_request_brings_and_fails_after_the_upload() {
    let (_origin, work) = pull_request();
    let job = action(&work, &[("args", "--new-from merge-base:origin/main")]);
    assert_eq!(job.steps, ["Build toctou", "Check", "Upload SARIF", "Report the result"], "{job:#?}");
    assert_eq!(job.status, 1, "{job:#?}");
    let found = annotations(&job.log);
    assert_eq!(found.len(), 1, "the old race is not annotated: {found:#?}");
    let (at, message) = &found[0];
    assert_eq!((at["file"].as_str(), at["line"].as_str(), at["level"].as_str()), (ODD, "8", "warning"));
    assert_eq!(at["title"], "toctou: unlocked-read-modify-write");
    assert!(message.starts_with("`/var/lib/app/n, 100%.json` is read, changed"), "{message}");
    assert!(message.contains("\n  sub/new, 100%.py:6: read here\n") && message.contains("← B's change is lost"), "{message}");
    let sarif: Value = serde_json::from_str(&work.read("toctou.sarif")).expect("JSON");
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(1));
    let address = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!((&address["uri"], &address["uriBaseId"]), (&"sub/new,%20100%25.py".into(), &"SRCROOT".into()));
}

#[test]
fn the_action_passes_where_nothing_is_found_and_uploads_only_if_asked() {
    let p = Project::new(&[("a.py", "x = 1\n"), ("other/b.py", RACE)]);
    p.commit_all();
    let job = action(&p, &[("binary", &installed()), ("paths", "a.py"), ("sarif", "out/x.sarif"), ("upload", "false")]);
    assert_eq!((job.status, job.steps.last().map(String::as_str)), (2, Some("Check")), "there is no directory `out`: {job:#?}");
    let job = action(&p, &[("binary", &installed()), ("paths", "a.py"), ("sarif", "x.sarif"), ("upload", "false")]);
    assert_eq!(job.steps, ["Check", "Report the result"]);
    assert_eq!((job.status, annotations(&job.log).len()), (0, 0), "{job:#?}");
    let sarif: Value = serde_json::from_str(&p.read("x.sarif")).expect("JSON");
    assert_eq!(sarif["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn the_action_uploads_nothing_if_the_check_could_not_be_done() {
    let p = Project::new(&[("a.py", RACE)]);
    p.commit_all();
    let job = action(&p, &[("binary", &installed()), ("args", "--select no-such-rule")]);
    assert_eq!((job.status, job.steps.last().map(String::as_str)), (2, Some("Check")), "{job:#?}");
    assert!(job.log.contains("unknown rule `no-such-rule`"), "{}", job.log);
}

/// Runs the job's script as GitLab's shell executor does, in a clone, with the toctou of a repository that has the tag.
fn gitlab(work: &Project, source: &Project, args: &str) -> Ran {
    let job = &yaml("ci/gitlab.yml")["toctou"];
    let dir = work.path("").display().to_string();
    let mut given: BTreeMap<String, String> = job["variables"]
        .as_object()
        .expect("variables")
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().expect("a text").replace("$CI_PROJECT_DIR", &dir)))
        .collect();
    for (name, value) in [("TOCTOU_REPOSITORY", format!("file://{}", source.path("").display())), ("TOCTOU_ARGS", args.to_owned())] {
        assert!(given.insert(name.to_owned(), value).is_some(), "the job has no variable {name}");
    }
    let mut script = vec!["set -eo pipefail"];
    script.extend(job["script"].as_array().expect("a script").iter().map(|line| line.as_str().expect("a line")));
    let mut shell = Command::new("bash");
    shell.arg("-c").arg(script.join("\n")).current_dir(&dir).envs(given).envs(quick_build());
    ran(shell.env("CI_PROJECT_DIR", &dir))
}

/// What the job's cache of crates would bring: those that this build has fetched.
fn share_crates(work: &Project) {
    let home = std::env::var_os("CARGO_HOME")
        .map_or_else(|| PathBuf::from(std::env::var_os("HOME").expect("a home")).join(".cargo"), PathBuf::from);
    work.write(".cargo/README", "");
    for name in ["registry", "config.toml"] {
        if home.join(name).exists() {
            #[cfg(unix)]
            std::os::unix::fs::symlink(home.join(name), work.path(&format!(".cargo/{name}"))).expect("linked");
        }
    }
}

#[test]
fn the_job_of_gitlab_installs_toctou_and_writes_its_report() {
    let source = Project::copy_of_this_repository();
    source.git(&["tag", &format!("v{}", env!("CARGO_PKG_VERSION"))]);
    let (_origin, work) = pull_request();
    share_crates(&work);
    let first = gitlab(&work, &source, "--new-from merge-base:origin/main");
    assert_eq!(first.status, 1, "{first:?}");
    assert_eq!(yaml("ci/gitlab.yml")["toctou"]["artifacts"]["when"], "always", "a job that fails keeps its report");
    assert!(first.stdout.contains("sub/new, 100%.py:8:9: warning[unlocked-read-modify-write]"), "{first:?}");
    let issues: Value = serde_json::from_str(&work.read("gl-code-quality-report.json")).expect("JSON");
    assert_eq!(issues.as_array().map(Vec::len), Some(1), "{issues:#}");
    assert_eq!((&issues[0]["location"]["path"], &issues[0]["location"]["lines"]["begin"]), (&ODD.into(), &8.into()));
    let mut schema = Command::new(client("venv/bin/check-jsonschema"));
    schema.arg("--schemafile").arg(repository("tests/clients/gitlab-code-quality.schema.json"));
    let valid = ran(schema.arg(work.path("gl-code-quality-report.json")));
    assert_eq!(valid.status, 0, "{valid:?}");

    work.write(ODD, "x = 1\n");
    let second = gitlab(&work, &source, "--new-from merge-base:origin/main");
    assert_eq!(second.status, 0, "{second:?}");
    assert_eq!(work.read("gl-code-quality-report.json").trim(), "[]");
    let whole = gitlab(&work, &source, "");
    assert!(whole.status == 1 && whole.stdout.contains("old.py:8:9"), "without arguments everything counts: {whole:?}");
}
