//! Fingerprints stay when the code around a race is edited, and only then.

mod support;

use std::collections::BTreeSet;
use std::process::Command;

use support::project::{Project, client, ran};
use support::{files_below, text};

/// Programs with races, in both languages: the firing fixtures.
fn programs() -> Vec<(String, String)> {
    let is_case = |path: &String| path.rsplit('/').next().is_some_and(|name| name.starts_with("case_")) && path.matches('/').count() == 2;
    let paths: Vec<String> = files_below("fixtures", &["py", "rs"]).into_iter().filter(is_case).collect();
    assert!(paths.len() > 40, "only {} fixtures: were they moved?", paths.len());
    paths.into_iter().map(|path| (text(&path), path.replace('/', "_"))).map(|(text, name)| (name, text)).collect()
}

/// (file, rule, fingerprint) of every finding.
fn fingerprints(files: &[(String, String)]) -> BTreeSet<(String, String, String)> {
    let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let p = Project::new(&files);
    found(&p)
}

fn found(p: &Project) -> BTreeSet<(String, String, String)> {
    let ran = p.toctou(&["check", "--isolated", "--pedantic", "-o", "json", "."]);
    assert!(ran.status < 2, "{ran:?}");
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let word = |f: &serde_json::Value, key: &str| f[key].as_str().expect("a text").to_owned();
    let findings = value["findings"].as_array().cloned().expect("a list");
    findings.iter().map(|f| (word(f, "file"), word(f, "rule"), word(f, "fingerprint"))).collect()
}

/// Applies an edit to every program, and expects the same fingerprints.
fn unchanged_by(what: &str, edit: impl Fn(&str, &str) -> String) {
    let before = programs();
    let after: Vec<_> = before.iter().map(|(name, text)| (name.clone(), edit(name, text))).collect();
    assert!(before.iter().zip(&after).any(|(b, a)| b.1 != a.1), "{what}: nothing was edited");
    let (before, after) = (fingerprints(&before), fingerprints(&after));
    let lost: Vec<_> = before.symmetric_difference(&after).collect();
    assert!(before.len() > 40 && lost.is_empty(), "{what}: {} findings, changed: {lost:#?}", before.len());
}

#[test]
fn inserted_lines_change_nothing() {
    unchanged_by("comments behind every line", |name, text| {
        let mark = if name.ends_with(".py") { "#" } else { "//" };
        let inner = |line: &str| !line.trim_start().starts_with("//!");
        text.lines().map(|line| if inner(line) { format!("{line}  {mark} more\n") } else { format!("{line}\n") }).collect()
    });
    unchanged_by("lines above definitions", |name, text| {
        let mark = if name.ends_with(".py") { "#" } else { "//" };
        let defines = |line: &str| ["def ", "class ", "fn ", "pub ", "impl ", "struct "].iter().any(|word| line.starts_with(word));
        let above = |line: &str| if defines(line) { format!("{mark} moved\n\n{mark} down\n{line}\n") } else { format!("{line}\n") };
        text.lines().map(above).collect()
    });
    unchanged_by("another function in every file", |name, text| {
        let function =
            if name.ends_with(".py") { "def unrelated_one():\n    return 1\n" } else { "fn unrelated_one() -> u8 {\n    1\n}\n" };
        format!("{text}\n\n{function}")
    });
}

#[test]
fn other_line_ends_change_nothing() {
    unchanged_by("carriage returns", |_, text| text.replace('\n', "\r\n"));
    unchanged_by("a byte order mark", |_, text| format!("\u{feff}{text}"));
}

#[test]
fn formatters_change_nothing() {
    let before = programs();
    let refs: Vec<(&str, &str)> = before.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let p = Project::new(&refs);
    let expected = found(&p);
    let names = |ext: &str| before.iter().filter(|(n, _)| n.ends_with(ext)).map(|(n, _)| p.path(n)).collect::<Vec<_>>();
    let config = ["--isolated", "--line-length", "40", "--config", "format.quote-style='single'"];
    let ruff = ran(Command::new(client("venv/bin/ruff")).arg("format").args(config).args(names(".py")));
    assert_eq!(ruff.status, 0, "{ruff:?}");
    let rustfmt = ran(Command::new("rustfmt").args(["--edition", "2024", "--config", "max_width=60,hard_tabs=true"]).args(names(".rs")));
    assert_eq!(rustfmt.status, 0, "{rustfmt:?}");
    let changed = before.iter().filter(|(name, text)| p.read(name) != *text).count();
    assert!(changed > before.len() / 2, "the formatters changed only {changed} files");
    let after = found(&p);
    let lost: Vec<_> = expected.symmetric_difference(&after).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

const BOTH: &str = "import json\n\nA = \"/var/lib/app/a.json\"\nB = \"/var/lib/app/b.json\"\n\n\ndef unrelated():\n    return 1\n\n\ndef update():\n    with open(A) as f:\n        data = json.load(f)\n    data.append(1)\n    with open(A, \"w\") as f:\n        json.dump(data, f)\n";

fn of(text: &str) -> BTreeSet<(String, String, String)> {
    fingerprints(&[("a.py".to_owned(), text.to_owned())])
}

#[test]
fn renaming_and_reordering_other_functions_changes_nothing() {
    let before = of(BOTH);
    assert_eq!(before.len(), 1);
    assert_eq!(of(&BOTH.replace("unrelated", "renamed")), before);
    let (head, update) = BOTH.split_at(BOTH.find("def update").expect("there"));
    let (head, unrelated) = head.split_at(head.find("def unrelated").expect("there"));
    assert_eq!(of(&format!("{head}{update}\n\n{unrelated}")), before);
}

#[test]
fn a_race_that_is_fixed_and_one_that_is_new_in_the_same_function_are_told_apart() {
    let (before, other) = (of(BOTH), of(&BOTH.replace("open(A", "open(B")));
    assert_eq!((before.len(), other.len()), (1, 1));
    assert!(before.is_disjoint(&other));
    assert!(before.is_disjoint(&of(&BOTH.replace("def update", "def renamed"))), "a race of another function is another race");
}
