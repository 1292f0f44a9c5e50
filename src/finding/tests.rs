//! Findings made by hand, for these tests and for those of the reporters.

use super::{Confidence, Finding, Label, Level, Process, Role, Rule, find_rule, seal};
use crate::source::{FileId, Site, Span};

/// A rule that no lint has.
pub(crate) static RULE: Rule = Rule {
    id: "sample-race",
    summary: "a sample for tests",
    level: Level::Warning,
    default_on: true,
    page: "# sample-race\n\n## What it does\n\nNothing.\n",
    cwe: &[362, 367],
    tags: &["lost-update"],
};

/// A place.
pub(crate) fn site(file: u32, start: usize, end: usize) -> Site {
    Site { file: FileId(file), span: Span::new(start, end) }
}

/// A finding whose write is at `start..end` of `file`.
pub(crate) fn sample(file: u32, start: usize, end: usize) -> Finding {
    let write = site(file, start, end);
    Finding::new(&RULE, Confidence::High, "`d.json` is updated without a lock", Label::new(Role::Write, write, "written here"))
        .in_function("Store.add")
        .on("d.json")
        .help("hold one lock over both")
        .step(Process::A, "read   d.json", None)
        .step(Process::B, "write  d.json", None)
        .step(Process::A, "write  d.json", write)
        .outcome("B's change is lost")
}

fn sealed(mut findings: Vec<Finding>) -> Vec<Finding> {
    seal(&mut findings, |_| "a.py");
    findings
}

#[test]
fn fingerprints_ignore_places_and_formatting() {
    let before = sealed(vec![sample(0, 10, 20)]);
    let mut moved = sample(0, 900, 910);
    moved.resource = " d.json".into();
    assert_eq!(before[0].fingerprint, sealed(vec![moved])[0].fingerprint);
    assert_eq!(before[0].fingerprint.len(), 32);
}

#[test]
fn fingerprints_tell_functions_resources_and_ordinals_apart() {
    let other_function = sample(0, 30, 40).in_function("Store.remove");
    let other_resource = sample(0, 50, 60).on("e.json");
    let found = sealed(vec![sample(0, 70, 80), other_function, other_resource, sample(0, 10, 20)]);
    let distinct: std::collections::BTreeSet<_> = found.iter().map(|f| &f.fingerprint).collect();
    assert_eq!(distinct.len(), 4);
}

#[test]
fn sealing_sorts_and_drops_copies() {
    let found = sealed(vec![sample(1, 5, 6), sample(0, 50, 60), sample(1, 5, 6), sample(0, 10, 20)]);
    let starts: Vec<_> = found.iter().map(|f| (f.primary.site.file.0, f.primary.site.span.start)).collect();
    assert_eq!(starts, [(0, 10), (0, 50), (1, 5)]);
}

#[test]
fn an_unknown_rule_names_its_neighbour() {
    assert_eq!(find_rule(&[&RULE], "sample-race"), Ok(&RULE));
    assert_eq!(find_rule(&[&RULE], "sample-rase"), Err(Some("sample-race")));
    assert_eq!(find_rule(&[&RULE], "zebra"), Err(None));
}
