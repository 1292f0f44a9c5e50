//! The changes that findings come with, made as a reader of SARIF makes them: each repairs its finding and brings no other.

mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::project::Project;
use support::{files_below, text};

const RACE: &str =
    "def bump():\n    n = json.load(open(\"/var/lib/app/n.json\"))\n    json.dump(n + 1, open(\"/var/lib/app/n.json\", \"w\"))\n";

/// The results of a check of the whole project.
fn results(p: &Project) -> Vec<Value> {
    let ran = p.toctou(&["check", "--isolated", "--pedantic", "-o", "sarif"]);
    assert!(ran.status < 2, "{ran:?}");
    let log: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    log["runs"][0]["results"].as_array().cloned().expect("results")
}

/// What tells findings apart, and stays when lines move.
fn names(results: &[Value]) -> BTreeSet<String> {
    results.iter().map(|r| format!("{} {}", r["ruleId"], r["partialFingerprints"])).collect()
}

/// Makes the first change of a result.
fn make(p: &Project, result: &Value) {
    for change in result["fixes"][0]["artifactChanges"].as_array().expect("changes") {
        let path = change["artifactLocation"]["uri"].as_str().expect("an address").to_owned();
        let mut text = p.read(&path);
        let mut replacements: Vec<_> = change["replacements"].as_array().expect("replacements").iter().collect();
        replacements.sort_by_key(|r| std::cmp::Reverse(offset(&text, &r["deletedRegion"], "start")));
        for r in replacements {
            let range = offset(&text, &r["deletedRegion"], "start")..offset(&text, &r["deletedRegion"], "end");
            text.replace_range(range, r["insertedContent"]["text"].as_str().expect("a text"));
        }
        p.write(&path, text);
    }
}

/// Where a region starts or ends, in bytes; its columns count characters.
fn offset(text: &str, region: &Value, side: &str) -> usize {
    let number = |what: &str| usize::try_from(region[format!("{side}{what}")].as_u64().expect("a number")).expect("small");
    let line: usize = text.split_inclusive('\n').take(number("Line") - 1).map(str::len).sum();
    line + text[line..].chars().take(number("Column") - 1).map(char::len_utf8).sum::<usize>()
}

#[test]
fn every_change_repairs_its_finding_and_brings_no_other() {
    let mut made = BTreeSet::new();
    for path in files_below("fixtures", &["py", "rs"]).into_iter().filter(|p| p.contains("/case_") && p.matches('/').count() == 2) {
        let name = path.rsplit('/').next().expect("a name");
        // A comment that is spelled right silences something, or is one that silences nothing: that has a test of its own.
        let counts = |r: &Value| r["fixes"][0].is_object() && r["ruleId"] != "invalid-suppression";
        let fixable = |p: &Project| results(p).into_iter().filter(counts).collect::<Vec<_>>();
        let p = Project::new(&[(name, &text(&path))]);
        while let Some(finding) = fixable(&p).first() {
            let before = names(&results(&p));
            make(&p, finding);
            let after = names(&results(&p));
            assert!(after.is_subset(&before) && after.len() < before.len(), "{path}: {finding:#}\n{}\n{after:#?}", p.read(name));
            made.insert((finding["ruleId"].to_string(), path.clone()));
        }
    }
    let of = |rule: &str| made.iter().filter(|(r, _)| r.trim_matches('"') == rule).count();
    assert!(of("lock-dropped-at-once") >= 4 && of("unused-suppression") >= 2, "{made:#?}");
}

#[test]
fn a_misspelled_suppression_is_spelled_as_it_was_meant() {
    for wrong in ["toctou: allow(unlocked-read-modify-wirte)", "toctou: alow(unlocked-read-modify-write)"] {
        let head = "import json\n\n\n# é, and not the mark: toctou: allow\n";
        let p = Project::new(&[(
            "a.py",
            &format!("{head}{}", RACE.replacen("    json", &format!("    # {wrong} only one runs\n    json"), 1)),
        )]);
        let found = results(&p);
        let rules: Vec<_> = found.iter().map(|r| r["ruleId"].as_str().unwrap_or_default()).collect();
        assert_eq!(rules, ["invalid-suppression", "unlocked-read-modify-write"]);
        make(&p, &found[0]);
        assert!(p.read("a.py").contains("    # toctou: allow(unlocked-read-modify-write) only one runs\n"), "{}", p.read("a.py"));
        assert!(results(&p).is_empty());
    }
}

#[test]
fn a_reason_is_made_up_by_nobody() {
    let p = Project::new(&[("a.py", "# toctou: allow(unlocked-read-modify-write)\n\nx = 1\n")]);
    let found = results(&p);
    assert_eq!((found.len(), found[0]["fixes"].is_null()), (1, true), "{found:#?}");
}

#[test]
fn a_name_that_is_taken_is_not_given_twice() {
    let case = text("fixtures/lock-dropped-at-once/case_let_underscore.rs");
    let taken = case.replace("    let _ =", "    let _lock = path;\n    let _ =").replace("    fs::write(path", "    fs::write(_lock");
    let p = Project::new(&[("a.rs", &taken)]);
    assert!(results(&p).iter().any(|r| r["ruleId"] == "lock-dropped-at-once"));
    assert!(results(&p).iter().all(|r| r["fixes"].is_null()), "{:#?}", results(&p));
}
