//! The command line as people use it and misuse it.

mod support;

use support::project::{FINDING, Project};

fn findings(json: &str) -> Vec<serde_json::Value> {
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
    value["findings"].as_array().cloned().expect("a list of findings")
}

#[test]
fn the_exit_status_tells_clean_findings_and_trouble_apart() {
    let p = Project::new(&[("clean.py", "x = 1\n"), ("bad.py", FINDING)]);
    assert_eq!(p.toctou(&["check", "clean.py"]).status, 0);
    assert_eq!(p.toctou(&["check", "bad.py"]).status, 1);
    assert_eq!(p.toctou(&["check", "bad.py", "--exit-zero"]).status, 0);
    assert_eq!(p.toctou(&["check", "bad.py", "--fail-on", "error"]).status, 0);
    assert_eq!(p.toctou(&["check", "bad.py", "--fail-on", "warning"]).status, 1);
    assert_eq!(p.toctou(&["check", "missing.py"]).status, 2);
    assert_eq!(p.toctou(&["check", "--no-such-flag"]).status, 2);
}

#[test]
fn mistakes_are_told_with_what_to_do_next() {
    let p = Project::new(&[("a.py", "x = 1\n")]);
    for (args, words) in [
        (&["check", "missing.py"][..], &["cannot read `missing.py`"][..]),
        (&["check", "--select", "invalid-supression"], &["unknown rule `invalid-supression`", "did you mean `invalid-suppression`?"]),
        (&["check", "-o", "sarf"], &["unknown output format `sarf`", "did you mean `sarif`?"]),
        (&["check", "--config", "exlcude=[]"], &["unknown key `exlcude`", "did you mean `exclude`?"]),
        (&["check", "--config", "missing.toml"], &["missing.toml: cannot be read"]),
        (&["check", "--new-from", "HEAD"], &["needs a git repository", "patch:FILE"]),
        (&["check", "-o", "json=no/such/dir/x"], &["cannot write `no/such/dir/x`", "does its directory exist?"]),
        (&["check", "-", "--stdin-filename", "a.txt"], &["cannot tell the language of `a.txt`"]),
        (&["check", "--baseline", "b.json"], &["cannot read", "toctou baseline create"]),
        (&["explain", "no-such"], &["unknown rule `no-such`", "toctou rules"]),
        (&["suppress", "--reason", "TODO"], &["`TODO` is not a reason"]),
        (&["suppress", "--reason", "only one process runs this"], &["no finding matches"]),
    ] {
        let ran = p.toctou(args);
        assert_eq!(ran.status, 2, "{args:?}: {ran:?}");
        for word in words {
            assert!(ran.stderr.contains(word), "{args:?} should say `{word}`: {}", ran.stderr);
        }
    }
    let nothing = Project::new(&[]).toctou(&["check"]);
    assert_eq!(nothing.status, 0);
    assert!(nothing.stderr.contains("no Python or Rust files matched"), "{nothing:?}");
}

#[test]
fn bad_files_are_notes_and_nothing_else_is_lost() {
    let p = Project::new(&[("bad.py", FINDING), ("empty.py", ""), ("x.py/inner.py", "x = 1\n")]);
    p.write("latin.py", b"# caf\xe9\n");
    p.write("line.py", format!("x = {:?}\n", "y".repeat(5 << 20)));
    p.write("deep.py", format!("x = {}1{}\n", "(".repeat(10_000), ")".repeat(10_000)));
    p.write("deep.rs", format!("fn f() {{ {}1{} }}\n", "(".repeat(10_000), ")".repeat(10_000)));
    #[cfg(unix)]
    std::os::unix::fs::symlink(p.path(""), p.path("loop")).expect("linked");
    let ran = p.toctou(&["check", "-o", "json"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert_eq!(findings(&ran.stdout).len(), 1);
    assert!(ran.stdout.contains("\"latin.py\"") && ran.stdout.contains("not UTF-8"), "{}", ran.stdout);
}

#[test]
fn several_formats_in_one_run() {
    let p = Project::new(&[("bad.py", FINDING)]);
    let ran = p.toctou(&["check", "-o", "concise", "-o", "json=out.json", "-o", "sarif=out.sarif"]);
    assert!(ran.stdout.starts_with("bad.py:1:1: warning[invalid-suppression]"), "{ran:?}");
    assert_eq!(findings(&p.read("out.json")).len(), 1);
    assert!(p.read("out.sarif").contains("\"version\": \"2.1.0\""));
}

#[test]
fn colour_only_where_it_is_wanted() {
    let p = Project::new(&[("bad.py", FINDING)]);
    assert!(!p.toctou(&["check"]).stdout.contains('\x1b'));
    assert!(p.toctou(&["check", "--color", "always"]).stdout.contains('\x1b'));
    assert!(!p.toctou(&["check", "--color", "always", "-o", "json"]).stdout.contains('\x1b'));
}

#[test]
fn standard_input_goes_by_a_name() {
    let p = Project::new(&[]);
    let ran = p.toctou_with(&["check", "-", "--stdin-filename", "src/a.rs", "-o", "json"], "// toctou: allow(no-such-rule) for the test\n");
    assert_eq!(ran.status, 1, "{ran:?}");
    assert_eq!(findings(&ran.stdout)[0]["file"], "src/a.rs");
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let p = Project::new(&[("bad.py", &FINDING.repeat(2000))]);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_toctou"));
    command.arg("check").current_dir(p.path("")).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("started");
    drop(child.stdout.take());
    let out = child.wait_with_output().expect("ended");
    assert_eq!(String::from_utf8_lossy(&out.stderr), "");
}

#[test]
fn tests_and_generated_code_are_reported_only_when_asked() {
    let p = Project::new(&[("tests/a.py", FINDING), ("gen.py", &format!("# @generated by x\n{FINDING}")), ("src/b.py", FINDING)]);
    let files = |args: &[&str]| {
        let json = p.toctou(args).stdout;
        findings(&json).iter().filter_map(|f| f["file"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(files(&["check", "-o", "json"]), ["src/b.py"]);
    assert_eq!(files(&["check", "-o", "json", "--report-all"]), ["gen.py", "src/b.py", "tests/a.py"]);
    assert_eq!(files(&["check", "-o", "json", "tests"]), ["tests/a.py"]);
    assert_eq!(files(&["check", "-o", "json", "--report-only", "tests/a.py"]), Vec::<String>::new());
}

#[test]
fn report_only_scopes_the_report_and_not_the_analysis() {
    let p = Project::new(&[("a.py", FINDING), ("b.py", FINDING), ("toctou.toml", "")]);
    let ran = p.toctou(&["check", "--report-only", "b.py", "--statistics", "-o", "concise"]);
    assert!(ran.stdout.starts_with("b.py:1:1") && !ran.stdout.contains("a.py"), "{ran:?}");
    assert!(ran.stderr.contains("2  files"), "both files are analysed: {}", ran.stderr);
}

#[test]
fn the_baseline_is_created_used_updated_and_pruned() {
    let p = Project::new(&[("a.py", FINDING), ("b.py", "x = 1\n"), ("toctou.toml", "")]);
    assert_eq!(p.toctou(&["baseline", "create"]).status, 0);
    assert_eq!(p.toctou(&["baseline", "create"]).status, 2, "an existing one is not overwritten");
    assert_eq!(p.toctou(&["check"]).status, 0);
    assert_eq!(p.toctou(&["check", "--no-baseline"]).status, 1);
    p.write("a.py", format!("import os\n\n\n{FINDING}"));
    assert_eq!(p.toctou(&["check"]).status, 0, "moved lines change nothing");
    p.write("b.py", FINDING);
    assert!(p.toctou(&["check", "-o", "concise"]).stdout.starts_with("b.py:1:1"));
    p.write("a.py", "x = 1\n");
    assert!(p.toctou(&["check"]).stdout.contains("matches nothing any more"));
    assert!(p.toctou(&["baseline", "prune"]).stdout.contains("with 0 findings"));
    assert!(p.toctou(&["baseline", "update"]).stdout.contains("with 1 finding"));
    assert!(p.toctou(&["baseline", "show"]).stdout.contains("b.py"));
    assert_eq!(p.toctou(&["check"]).status, 0);
}

#[test]
fn expired_entries_silence_nothing() {
    let p = Project::new(&[("a.py", FINDING), ("toctou.toml", "")]);
    p.toctou(&["baseline", "create"]);
    let text = p.read("toctou-baseline.json");
    p.write("toctou-baseline.json", text.replace("\"message\"", "\"expires\": \"2020-01-31\", \"message\""));
    let ran = p.toctou(&["check"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("expired on 2020-01-31"), "{ran:?}");
}

#[test]
fn configuration_files_are_found_named_and_left_out() {
    let p = Project::new(&[("toctou.toml", "ignore = [\"invalid-suppression\"]"), ("sub/a.py", FINDING), ("o.toml", "pedantic = true")]);
    assert_eq!(p.toctou(&["check"]).status, 0);
    assert_eq!(p.toctou_in("sub", &["check"]).status, 0, "the nearest file above counts");
    assert_eq!(p.toctou(&["check", "--isolated"]).status, 1);
    assert_eq!(p.toctou(&["check", "--config", "o.toml"]).status, 1);
    let shown = p.toctou(&["config", "show", "--config", "pedantic=true"]).stdout;
    assert!(shown.contains("pedantic = true  # --config pedantic=true") && shown.contains("toctou.toml"), "{shown}");
    assert_eq!(p.toctou(&["config", "init"]).status, 2, "an existing file is not overwritten");
    let schema: serde_json::Value = serde_json::from_str(&p.toctou(&["config", "schema"]).stdout).expect("JSON");
    assert!(schema["properties"]["exclude"].is_object());
}

#[test]
fn the_starting_configuration_is_valid() {
    let p = Project::new(&[("a.py", "x = 1\n")]);
    assert_eq!(p.toctou(&["config", "init"]).status, 0);
    assert_eq!(p.toctou(&["check"]).status, 0);
    let text = p.read("toctou.toml").lines().map(|l| l.strip_prefix("# ").unwrap_or(l).to_owned() + "\n").skip(1).collect::<String>();
    p.write(
        "toctou.toml",
        text.replace("generated/", "x/")
            .replace("in-process-lock-only", "unused-suppression")
            .replace("exists-then-mkdir", "unused-suppression"),
    );
    p.toctou(&["baseline", "create"]);
    let ran = p.toctou(&["check"]);
    assert_eq!(ran.status, 0, "{ran:?}");
}

#[test]
fn every_page_is_shown_and_every_rule_listed() {
    let p = Project::new(&[]);
    let rules: serde_json::Value = serde_json::from_str(&p.toctou(&["rules", "-o", "json"]).stdout).expect("JSON");
    let all = p.toctou(&["explain", "--all"]).stdout;
    for rule in rules.as_array().expect("a list") {
        let id = rule["id"].as_str().expect("an id");
        assert!(p.toctou(&["explain", id]).stdout.starts_with(&format!("# {id}\n")), "{id}");
        assert!(all.contains(&format!("# {id}\n")) && p.toctou(&["rules"]).stdout.contains(id), "{id}");
    }
}

#[test]
fn completions_man_page_and_doctor() {
    let p = Project::new(&[("a.py", "x = 1\n"), ("b.rs", "")]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(p.toctou(&["completions", shell]).stdout.contains("toctou"), "{shell}");
    }
    assert!(p.toctou(&["man"]).stdout.contains(".TH toctou"));
    assert!(p.toctou(&["doctor"]).stdout.contains("1 Python, 1 Rust"));
}

#[test]
fn watching_checks_again_after_a_change() {
    let p = Project::new(&[("a.py", "x = 1\n")]);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_toctou"));
    command.args(["check", "--watch"]).current_dir(p.path("")).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().expect("started");
    let (sender, lines) = std::sync::mpsc::channel();
    let out = std::io::BufReader::new(child.stdout.take().expect("piped"));
    std::thread::spawn(move || std::io::BufRead::lines(out).map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let reported = |words: &str| {
        let patience = std::time::Duration::from_secs(60);
        std::iter::from_fn(|| lines.recv_timeout(patience).ok()).any(|line| line.contains(words))
    };
    let before = reported("no findings in 1 file");
    p.write("a.py", FINDING);
    let after = reported("1 finding (1 warning)");
    child.kill().expect("still running");
    child.wait().expect("ended");
    assert!(before && after, "before the change: {before}, after it: {after}");
}

#[test]
fn models_of_the_users_own_are_obeyed_and_their_mistakes_shown() {
    let app = "import vault\n\n\ndef bump():\n    n = vault.fetch(\"/var/lib/app/n\")\n    vault.store(\"/var/lib/app/n\", n + 1)\n";
    let models = "[[call]]\npath = \"vault.fetch\"\nparams = [\"p\"]\ndoes = [\"read p\"]\nreturns = \"data\"\n\n\
                  [[call]]\npath = \"vault.store\"\nparams = [\"p\", \"v\"]\ndoes = [\"write p from v\"]\nreturns = \"nothing\"\n";
    let p = Project::new(&[("app.py", app), ("lint/vault.toml", models), ("toctou.toml", "models = { python = [\"lint/vault.toml\"] }")]);
    assert!(p.toctou(&["check", "-o", "concise"]).stdout.contains("[unlocked-read-modify-write]"));
    assert_eq!(p.toctou(&["check", "--isolated"]).status, 0, "without the models nothing is known of these calls");
    p.write("lint/vault.toml", models.replace("read p", "raed p"));
    let wrong = p.toctou(&["check"]);
    assert_eq!(wrong.status, 2, "{wrong:?}");
    assert!(wrong.stderr.contains("lint/vault.toml:4:") && wrong.stderr.contains("raed"), "{}", wrong.stderr);
}
