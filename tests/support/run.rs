//! Runs the linter in this process, as `toctou check --isolated --pedantic --min-confidence medium` would.

use std::path::PathBuf;

use toctou::check::{Options, Outcome};
use toctou::config::{ConfidenceName, Layer, Raw, Settings};
use toctou::report::{Report, Style};
use toctou::{check, report};

use super::repository;

/// Checks a file or a directory of the repository, and nothing else.
pub(crate) fn check_path(path: &str) -> Outcome {
    checked(vec![PathBuf::from(path)], Vec::new())
}

/// Checks one text under a made-up name.
pub(crate) fn check_text(name: &str, text: &str) -> Outcome {
    checked(Vec::new(), vec![(name.to_owned(), text.to_owned())])
}

/// What `toctou effects` prints for a file of the repository.
pub(crate) fn effects(path: &str) -> String {
    check::effects(&options(vec![PathBuf::from(path)], Vec::new())).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// What the terminal shows.
pub(crate) fn shown(outcome: &Outcome) -> String {
    let rules = check::rules();
    let whole = Report {
        files: &outcome.files,
        findings: &outcome.findings,
        suppressed: &outcome.suppressed,
        notes: &outcome.notes,
        rules: &rules,
        provenance: None,
        style: Style::default(),
    };
    let mut out = Vec::new();
    let format = report::format("full").expect("the default format exists");
    (format.write)(&whole, &mut out).expect("a vector takes all that is written");
    String::from_utf8(out).expect("reports are text")
}

fn checked(paths: Vec<PathBuf>, buffers: Vec<(String, String)>) -> Outcome {
    let options = options(paths, buffers);
    check::run(&options).unwrap_or_else(|e| panic!("{:?}: {e}", options.paths))
}

fn options(paths: Vec<PathBuf>, buffers: Vec<(String, String)>) -> Options {
    let raw = Raw { pedantic: Some(true), min_confidence: Some(ConfidenceName::Medium), ..Raw::default() };
    let layer = Layer { origin: "tests".to_owned(), dir: repository(""), raw };
    let settings = Settings::new(vec![layer], repository("")).expect("the test's own settings are valid");
    Options { paths, buffers, jobs: 1, ..Options::new(repository(""), settings) }
}
