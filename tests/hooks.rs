//! The commit hooks in real repositories, by pre-commit and prek, built from source and as a wheel.
//! The runners are installed by tests/clients/setup.sh.

mod support;

use std::process::Command;

use support::project::{Project, Ran, client, git, quick_build, ran};

const RACE: &str = "import json\n\n\ndef bump():\n    with open(\"/var/lib/app/n.json\") as f:\n        n = json.load(f)\n    with open(\"/var/lib/app/n.json\", \"w\") as f:\n        json.dump(n + 1, f)\n";
const STORE: &str = "import json\n\nSTATE = \"/var/lib/app/state.json\"\n\n\ndef load():\n    with open(STATE) as f:\n        return json.load(f)\n\n\ndef save(data):\n    with open(STATE, \"w\") as f:\n        json.dump(data, f)\n";
const APP: &str = "from store import load, save\n\n\ndef add(event):\n    data = load()\n    data.append(event)\n    save(data)\n";

#[test]
fn pre_commit_from_source() {
    scenario("pre-commit", "toctou");
}

#[test]
fn pre_commit_from_a_wheel() {
    scenario("pre-commit", "toctou-wheel");
}

#[test]
fn prek_from_source() {
    scenario("prek", "toctou");
}

#[test]
fn prek_from_a_wheel() {
    scenario("prek", "toctou-wheel");
}

#[test]
fn pre_commit_tries_the_repository() {
    tried("pre-commit", "toctou");
}

#[test]
fn prek_tries_the_repository() {
    tried("prek", "toctou-wheel");
}

/// `try-repo` runs a hook that nobody has installed yet, on what is staged.
fn tried(runner: &str, hook: &str) {
    let source = Project::copy_of_this_repository();
    let revision = source.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let project = Project::new(&[("old.py", RACE), ("both.py", "x = 1\n")]);
    project.commit_all();
    project.write("new.py", RACE);
    project.git(&["add", "new.py"]);
    project.write("both.py", RACE);
    let h = Hooked { project, hook, source: &source, revision, home: Project::new(&[]) };
    let mut command = Command::new(client(&format!("venv/bin/{runner}")));
    let done = h.run(command.arg("try-repo").arg(h.source.path("")).args([h.hook, "--verbose"]));
    let said = done.stdout + &done.stderr;
    assert!(done.status == 1 && said.contains("new.py:8:9"), "what is staged is checked\n{said}");
    assert!(!said.contains("old.py:") && !said.contains("both.py:"), "neither other files nor what is not staged\n{said}");
}

/// A repository whose commits go through a hook.
struct Hooked<'a> {
    project: Project,
    hook: &'a str,
    source: &'a Project,
    revision: String,
    home: Project,
}

fn scenario(runner: &str, hook: &str) {
    let source = Project::copy_of_this_repository();
    let revision = source.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let project = Project::new(&[("old.py", RACE), ("store.py", STORE), ("both.py", "x = 1\n")]);
    let h = Hooked { project, hook, source: &source, revision, home: Project::new(&[]) };
    h.configure("");
    h.project.commit_all();
    let install = h.run(Command::new(client(&format!("venv/bin/{runner}"))).arg("install"));
    assert_eq!(install.status, 0, "{install:?}");

    h.project.write("new.py", RACE);
    h.refused(&["new.py"], "new.py", "a commit with a new race is stopped");
    h.project.write("new.py", "x = 1\n");
    h.accepted(&["new.py"], "an old race in a file that is not part of the commit stops nothing");

    h.project.write("app.py", APP);
    h.refused(&["app.py"], "app.py", "the helpers are in a file that is not part of the commit: the analysis covers it");
    h.project.git(&["rm", "-q", "--cached", "app.py"]);
    std::fs::remove_file(h.project.path("app.py")).expect("removed");

    h.project.write("both.py", "x = 2\n");
    h.project.git(&["add", "both.py"]);
    h.project.write("both.py", RACE);
    h.accepted(&[], "what is not staged stops nothing");
    h.project.git(&["checkout", "-q", "both.py"]);

    h.project.write("old.py", format!("{RACE}\n# changed\n"));
    h.refused(&["old.py"], "old.py", "an old race in a file of the commit is reported by default");
    h.configure("args: [--new-from, staged]");
    h.accepted(&["old.py", ".pre-commit-config.yaml"], "and not with --new-from staged");
    h.project.write("old.py", format!("{RACE}\n# changed again\n"));
    h.configure("");
    assert_eq!(h.project.toctou(&["baseline", "create"]).status, 0);
    h.accepted(&["old.py", ".pre-commit-config.yaml", "toctou-baseline.json"], "nor with a baseline");
}

impl Hooked<'_> {
    fn configure(&self, args: &str) {
        let (repo, rev, id) = (self.source.path(""), &self.revision, self.hook);
        let args = if args.is_empty() { String::new() } else { format!("        {args}\n") };
        let text = format!("repos:\n  - repo: {}\n    rev: {rev}\n    hooks:\n      - id: {id}\n{args}", repo.display());
        self.project.write(".pre-commit-config.yaml", text);
    }

    /// Runs a command in the repository, with a home of its own, and a build that is quick and used again.
    fn run(&self, command: &mut Command) -> Ran {
        let home = self.home.path("");
        ran(command
            .current_dir(self.project.path(""))
            .env("PRE_COMMIT_HOME", &home)
            .env("PREK_HOME", &home)
            .envs(quick_build())
            .env("GIT_CONFIG_GLOBAL", "/dev/null"))
    }

    fn commit(&self, files: &[&str]) -> Ran {
        if !files.is_empty() {
            self.project.git(&[&["add"], files].concat());
        }
        self.run(git(&self.project.path("")).args(["commit", "-q", "-m", "change"]))
    }

    fn refused(&self, files: &[&str], names: &str, why: &str) {
        let done = self.commit(files);
        let said = done.stdout + &done.stderr;
        assert_ne!(done.status, 0, "{why}\n{said}");
        assert!(said.contains("unlocked-read-modify-write") && said.contains(names), "{why}\n{said}");
    }

    fn accepted(&self, files: &[&str], why: &str) {
        let done = self.commit(files);
        assert_eq!(done.status, 0, "{why}\n{}{}", done.stdout, done.stderr);
    }
}
