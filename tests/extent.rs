//! What is left out because it can have no part in a finding has none: reading every file and analysing every function finds the same.
//!
//! `TREES=dir:dir cargo test --release --test extent` compares on other code than the fixtures.

mod support;

use std::path::{Path, PathBuf};

use support::{fail_on, repository};
use toctou::check::{self, Extent, Options};
use toctou::config::Settings;

/// The findings below a directory, each in a line.
fn findings(dir: &Path, extent: Extent) -> Vec<String> {
    let settings = Settings::new(Vec::new(), dir.to_owned()).expect("no patterns, none wrong");
    let options = Options { extent, ..Options::new(dir.to_owned(), settings) };
    let outcome = check::run(&options).expect("the check runs");
    let line = |f: &toctou::finding::Finding| {
        let site = f.primary.site;
        format!("{}:{:?} {} {}", outcome.files.path(site.file), site.span, f.rule.id, f.message)
    };
    outcome.findings.iter().map(line).collect()
}

#[test]
fn nothing_is_lost_by_leaving_out() {
    let trees = std::env::var("TREES").unwrap_or_default();
    let mut trees: Vec<PathBuf> = trees.split(':').filter(|t| !t.is_empty()).map(PathBuf::from).collect();
    if trees.is_empty() {
        trees.extend(["fixtures/unlocked-read-modify-write", "fixtures/stale-snapshot-write", "fixtures/lock-too-narrow"].map(repository));
    }
    let count = trees.len();
    let complaints = trees.into_iter().flat_map(|tree| {
        let tree = std::fs::canonicalize(&tree).expect("the directory is there");
        let (all, needed) = (findings(&tree, Extent::All), findings(&tree, Extent::Needed));
        assert!(!tree.starts_with(repository("")) || needed.len() > 5, "{}: {needed:?}", tree.display());
        let lost = all.iter().filter(|f| !needed.contains(f)).map(|f| format!("{}: lost {f}", tree.display()));
        let more = needed.iter().filter(|f| !all.contains(f)).map(|f| format!("{}: only then found {f}", tree.display()));
        lost.chain(more).collect::<Vec<_>>()
    });
    fail_on(&complaints.collect::<Vec<_>>(), count, "trees");
}
