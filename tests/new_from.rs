//! `--new-from`: only what is new is reported, in real repositories.

mod support;

use support::project::{FINDING, Project, git, ran};

/// The files that findings are reported in.
fn reported(p: &Project, args: &[&str]) -> Vec<String> {
    let out = p.toctou(&[&["check", "-o", "json"], args].concat());
    assert!(out.status < 2, "{out:?}");
    let value: serde_json::Value = serde_json::from_str(&out.stdout).expect("JSON");
    let findings = value["findings"].as_array().cloned().expect("a list");
    findings.iter().filter_map(|f| f["file"].as_str().map(str::to_owned)).collect()
}

#[test]
fn lines_since_a_revision_and_untracked_files_are_new() {
    let p = Project::new(&[("old.py", FINDING), ("b.py", "x = 1\n"), (".gitignore", "ignored.py\n")]);
    p.commit_all();
    assert_eq!(reported(&p, &["--new-from", "HEAD"]), Vec::<String>::new());
    p.write("b.py", format!("x = 1\n{FINDING}"));
    p.write("new.py", FINDING);
    p.write("ignored.py", FINDING);
    assert_eq!(reported(&p, &["--new-from", "HEAD"]), ["b.py", "new.py"]);
    p.commit_all();
    assert_eq!(reported(&p, &["--new-from", "HEAD~1"]), ["b.py", "new.py"]);
    assert_eq!(reported(&p, &["--new-from", "HEAD"]), Vec::<String>::new());
}

#[test]
fn a_merge_brings_only_what_the_branch_changed() {
    let p = Project::new(&[("a.py", "x = 1\n"), ("b.py", "x = 1\n")]);
    p.commit_all();
    p.git(&["checkout", "-q", "-b", "topic"]);
    p.write("a.py", format!("x = 1\n{FINDING}"));
    p.commit_all();
    p.git(&["checkout", "-q", "main"]);
    p.write("b.py", format!("x = 1\n{FINDING}"));
    p.commit_all();
    p.git(&["checkout", "-q", "topic"]);
    assert_eq!(reported(&p, &["--new-from", "merge-base:main"]), ["a.py"]);
    p.git(&["merge", "-q", "-m", "merge", "main"]);
    assert_eq!(reported(&p, &["--new-from", "merge-base:main"]), ["a.py"]);
}

#[test]
fn a_renamed_file_is_not_new() {
    let p = Project::new(&[("a.py", &format!("{}{FINDING}", "x = 1\n".repeat(20)))]);
    p.commit_all();
    p.git(&["mv", "a.py", "b.py"]);
    assert_eq!(reported(&p, &["--new-from", "HEAD"]), Vec::<String>::new());
}

#[test]
fn odd_names_and_subdirectories() {
    let p = Project::new(&[("dir/x.py", "x = 1\n")]);
    p.commit_all();
    let names = ["dir/é and \"quotes\".py", "dir/it's.py", "dir/with space.py"];
    names.iter().for_each(|name| p.write(name, "x = 1\n"));
    p.commit_all();
    names.iter().for_each(|name| p.write(name, FINDING));
    let mut found = reported(&p, &["--new-from", "HEAD"]);
    found.sort();
    let mut expected = names.map(str::to_owned);
    expected.sort();
    assert_eq!(found, expected);
    let below = p.toctou_in("dir", &["check", "-o", "concise", "--new-from", "HEAD"]);
    assert!(
        below.stdout.contains("with space.py:1:1") && !below.stdout.contains("dir/"),
        "paths are relative to the working directory: {below:?}"
    );
}

#[test]
fn what_is_staged_counts_as_it_is_staged() {
    let p = Project::new(&[("a.py", "x = 1\n"), ("b.py", "x = 1\n"), ("old.py", FINDING)]);
    p.commit_all();
    p.write("a.py", FINDING);
    p.git(&["add", "a.py"]);
    p.write("a.py", format!("{}y = 1\n", "z = 1\n".repeat(30)));
    p.write("b.py", FINDING);
    assert_eq!(reported(&p, &["--new-from", "staged"]), ["a.py"], "the index has the finding; the disk has it no more");
}

#[test]
fn a_patch_file_tells_what_is_new() {
    let p = Project::new(&[("a.py", "x = 1\n"), ("b.py", FINDING)]);
    p.commit_all();
    p.write("a.py", format!("x = 1\n{FINDING}"));
    let patch = p.git(&["diff"]);
    p.write("x.patch", patch);
    assert_eq!(reported(&p, &["--new-from", "patch:x.patch"]), ["a.py"]);
    assert_eq!(p.toctou(&["check", "--new-from", "patch:none.patch"]).status, 2);
}

#[test]
fn a_shallow_clone_is_told_how_to_deepen_itself() {
    let p = Project::new(&[("a.py", "x = 1\n")]);
    p.commit_all();
    let first = p.git(&["rev-parse", "HEAD"]).trim().to_owned();
    p.write("a.py", "x = 2\n");
    p.commit_all();
    let clone = Project::new(&[]);
    let from = format!("file://{}", p.path("").display());
    assert_eq!(ran(git(&clone.path("")).args(["clone", "-q", "--depth", "1", &from, "."])).status, 0);
    for new in [first.clone(), format!("merge-base:{first}")] {
        let out = clone.toctou(&["check", "--new-from", &new]);
        assert_eq!(out.status, 2, "{out:?}");
        assert!(out.stderr.contains("shallow") && out.stderr.contains("fetch-depth: 0"), "{}", out.stderr);
    }
}

#[test]
fn an_unknown_revision_is_named() {
    let p = Project::new(&[("a.py", "x = 1\n")]);
    p.commit_all();
    let out = p.toctou(&["check", "--new-from", "no-such-branch"]);
    assert_eq!(out.status, 2);
    assert!(out.stderr.contains("git knows no revision `no-such-branch`"), "{}", out.stderr);
}
