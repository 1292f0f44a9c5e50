//! Suppression comments in whole files: what is one, what is none, and what is said of wrong ones.

mod support;

use support::project::Project;

fn concise(files: &[(&str, &str)]) -> String {
    Project::new(files).toctou(&["check", "-o", "concise"]).stdout
}

#[test]
fn words_that_are_no_comments_are_no_directives() {
    let python = "x = '# toctou: allow(nothing)'\n\"\"\"\n# toctou: allow(nothing)\n\"\"\"\ny = f'{x} # toctou: allow(nothing)'\n# see toctou: allow(nothing)\n";
    let rust = "//! toctou: allow(nothing)\n/// // toctou: allow(nothing)\nfn f() { println!(\"// toctou: allow(nothing)\"); g(r#\"\n// toctou: allow(nothing)\n\"#) }\n";
    assert_eq!(concise(&[("a.py", python), ("b.rs", rust)]), "");
}

#[test]
fn wrong_directives_are_findings() {
    let text = concise(&[
        ("a.py", "# toctou: allow(unused-suppression)\nx = 1\n"),
        ("b.py", "# toctou: allow(unused-supression) a typo in the rule\nx = 1\n"),
        ("c.rs", "fn f() {} // toctou: allow() no rule at all\n"),
        ("d.rs", "/* toctou: alow(unused-suppression) a typo */\nfn f() {}\n"),
    ]);
    for words in [
        "a.py:1:1: warning[invalid-suppression] a suppression must give",
        "b.py:1:1: warning[invalid-suppression] there is no rule",
        "c.rs:1:11: ",
        "d.rs:1:1: ",
    ] {
        assert!(text.contains(words), "`{words}` in {text}");
    }
}

#[test]
fn a_directive_that_silences_nothing_is_a_finding() {
    let text = "x = 1  # toctou: allow(unused-suppression) nothing to see here\n";
    assert!(concise(&[("a.py", text)]).starts_with("a.py:1:8: warning[unused-suppression]"));
}

#[test]
fn single_files_are_not_judged_for_unused_directives() {
    let p = Project::new(&[("a.py", "x = 1  # toctou: allow(unused-suppression) nothing to see here\n")]);
    assert_eq!(p.toctou(&["check", "a.py"]).status, 0, "the finding may need the other files");
}

#[test]
fn line_ends_and_byte_order_marks_do_not_matter() {
    let text = "\u{feff}x = 1\r\n# toctou: allow(no-such-rule) for the test\r\ny = 2\r\n";
    assert_eq!(concise(&[("a.py", text)]).lines().next(), Some("a.py:2:1: warning[invalid-suppression] there is no rule `no-such-rule`"));
}

#[test]
fn the_words_in_any_surroundings_never_end_the_run() {
    let words = ["toctou: allow(", "toctou:", "toctou: allow(x)", "toctou: allow(unused-suppression) r"];
    let around = ["#", "//", "/*", "*/", "'", "\"", "r#\"", "\"\"\"", "'''", "\n", "\r\n", "{", "}", "(", "\\", "é", "\u{0}", "#!", "b'"];
    let mut files = Vec::new();
    for (i, word) in words.iter().enumerate() {
        for (j, left) in around.iter().enumerate() {
            let text: String = around.iter().map(|right| format!("{left}{word}{right}\n{right}{left} {word}")).collect();
            files.push((format!("{i}_{j}.py"), text.clone()));
            files.push((format!("{i}_{j}.rs"), text));
        }
    }
    let files: Vec<_> = files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let ran = Project::new(&files).toctou(&["check", "-o", "json"]);
    assert!(ran.status < 2, "{ran:?}");
    assert!(!ran.stdout.contains("\"internal\""), "{}", ran.stdout);
}

const RACES: &str = "import json\r\n\r\n\r\nclass Store:\r\n    def bump(self):\r\n        with open(\"/var/lib/app/n.json\") as f:\r\n            n = json.load(f)\r\n        with open(\"/var/lib/app/n.json\", \"w\") as f:\r\n            json.dump(n + 1, f)\r\n";

#[test]
fn the_command_writes_comments_that_work() {
    let p = Project::new(&[("a.py", &format!("\u{feff}{RACES}")), ("toctou.toml", "")]);
    assert_eq!(p.toctou(&["check"]).status, 1);
    let shown = p.toctou(&["suppress", "--dry-run", "--reason", "one process runs this"]);
    assert!(shown.stdout.contains("# toctou: allow(unlocked-read-modify-write) one process runs this"), "{shown:?}");
    assert_eq!(p.read("a.py"), format!("\u{feff}{RACES}"), "a dry run changes nothing");
    assert_eq!(p.toctou(&["suppress", "--reason", "one process runs this"]).status, 0);
    let (before, after) = (format!("\u{feff}{RACES}"), p.read("a.py"));
    let added: Vec<&str> = after.split_inclusive('\n').filter(|line| !before.contains(*line)).collect();
    assert_eq!(added.len(), 1, "{after:?}");
    assert!(
        added[0].starts_with("    ") && added[0].ends_with("one process runs this\r\n"),
        "indented and ended as its neighbours: {added:?}"
    );
    let clean = p.toctou(&["check"]);
    assert_eq!(clean.status, 0, "{clean:?}");
}

#[test]
fn one_finding_is_chosen_by_its_fingerprint() {
    let two = "import json\n\n\ndef f():\n    n = json.load(open(\"/var/lib/app/a.json\"))\n    json.dump(n + 1, open(\"/var/lib/app/a.json\", \"w\"))\n\n\ndef g():\n    n = json.load(open(\"/var/lib/app/b.json\"))\n    json.dump(n + 1, open(\"/var/lib/app/b.json\", \"w\"))\n";
    let p = Project::new(&[("a.py", two), ("toctou.toml", "")]);
    let report: serde_json::Value = serde_json::from_str(&p.toctou(&["check", "-o", "json"]).stdout).expect("JSON");
    let of = |function: &str| {
        report["findings"].as_array().and_then(|all| all.iter().find(|f| f["function"] == function)).cloned().expect("found")
    };
    let id = of("g")["fingerprint"].as_str().expect("a text")[..10].to_owned();
    assert_eq!(p.toctou(&["suppress", "--fingerprint", &id, "--reason", "one process runs this"]).status, 0);
    let left = p.toctou(&["check", "-o", "concise"]).stdout;
    assert_eq!(left.lines().count(), 1, "{left}");
    assert!(p.read("a.py").find("# toctou: allow") > p.read("a.py").find("def g"), "the comment stands in `g`");
}
