//! Every program below `fixtures/` gets exactly the findings that its marks say, worded well, and shown as kept beside it.
//!
//! `case_*` must be found, `ok_*` must be left in peace; `fp_*` is found and should not be, `fn_*` is not found and should be: both are
//! kept with their wrong answer and a first line that says why. A folder of that name is one program of several files.
//! `FIXTURE=text cargo test --test fixtures` runs those whose path holds the text.

mod support;

use support::{entries, fail_on, files_below, judge_all, kept, marks, run, text};
use toctou::check::Outcome;
use toctou::finding::Finding;

const EXTENSIONS: &[&str] = &["py", "rs"];

#[test]
fn every_program_is_judged_as_marked() {
    let wanted = std::env::var("FIXTURE").unwrap_or_default();
    let mut fixtures = all();
    assert!(fixtures.len() > 100, "only {} fixtures: were they moved?", fixtures.len());
    fixtures.retain(|f| f.path.contains(&wanted));
    let complaints = judge_all(&fixtures, Fixture::judge);
    fail_on(&complaints, fixtures.len(), "fixtures");
}

#[test]
fn every_program_is_part_of_a_fixture() {
    let files: Vec<String> = all().into_iter().flat_map(|f| f.files).collect();
    let stray = |path: &String| !path.starts_with("fixtures/twins/") && !files.contains(path);
    let strays: Vec<String> = files_below("fixtures", EXTENSIONS).into_iter().filter(stray).collect();
    assert!(strays.is_empty(), "not named case_, ok_, fp_ or fn_: {strays:#?}");
}

#[test]
fn every_kept_report_belongs_to_a_program() {
    let reports: Vec<String> = all().iter().map(Fixture::report).collect();
    let orphans: Vec<String> = files_below("fixtures", &["out"]).into_iter().filter(|path| !reports.contains(path)).collect();
    assert!(orphans.is_empty(), "no program for {orphans:#?}");
}

/// What a fixture's name says of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Case,
    Ok,
    FalsePositive,
    FalseNegative,
}

impl Kind {
    fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next()?;
        let kinds = [("case_", Self::Case), ("ok_", Self::Ok), ("fp_", Self::FalsePositive), ("fn_", Self::FalseNegative)];
        kinds.into_iter().find_map(|(prefix, kind)| name.starts_with(prefix).then_some(kind))
    }
}

/// One program.
struct Fixture {
    path: String,
    kind: Kind,
    files: Vec<String>,
}

impl Fixture {
    fn judge(&self) -> Result<(), String> {
        let outcome = run::check_path(&self.path);
        let findings = &outcome.findings;
        let mut complaints: Vec<String> = outcome.notes.iter().map(|n| format!("{}: {}", n.kind.as_str(), n.message)).collect();
        complaints.extend(marks::agree(self.marks(), marks::found(&outcome, 0)).err());
        complaints.extend(self.shape());
        complaints.extend(findings.iter().flat_map(wording));
        complaints.extend(kept::agrees(&self.report(), self.reported(&outcome).as_deref()).err());
        if complaints.is_empty() { Ok(()) } else { Err(format!("{}\n{}", self.path, indent(&complaints.join("\n")))) }
    }

    /// Where its report is kept.
    fn report(&self) -> String {
        format!("{}.out", self.path)
    }

    fn reported(&self, outcome: &Outcome) -> Option<String> {
        (!outcome.findings.is_empty()).then(|| run::shown(outcome))
    }

    fn marks(&self) -> Vec<marks::Verdict> {
        self.files.iter().flat_map(|path| marks::marked(path, &text(path), 0)).collect()
    }

    /// What its name promises.
    fn shape(&self) -> Option<String> {
        let marks = self.marks();
        let lint = self.path.split('/').nth(1).unwrap_or_default();
        let own = lint == "seed" || marks.iter().any(|m| m.id == lint);
        let first = |prefix: &str| self.files.iter().any(|p| text(p).lines().next().is_some_and(|line| line.contains(prefix)));
        match self.kind {
            Kind::Case if marks.is_empty() || !own => Some(format!("no mark for `{lint}`")),
            Kind::Ok if !marks.is_empty() => Some("an `ok_` program has marks".to_owned()),
            Kind::FalsePositive if marks.is_empty() || !first(" fp: ") => Some("needs a mark and a first line `fp: why`".to_owned()),
            Kind::FalseNegative if !first(" fn: ") => Some("needs a first line `fn: why`".to_owned()),
            _ => None,
        }
    }
}

/// All fixtures, sorted.
fn all() -> Vec<Fixture> {
    let mut found = Vec::new();
    let mut open = vec!["fixtures".to_owned()];
    while let Some(dir) = open.pop() {
        for (path, is_dir) in entries(&dir) {
            let program = is_dir || path.rsplit_once('.').is_some_and(|(_, ext)| EXTENSIONS.contains(&ext));
            match Kind::of(&path) {
                Some(kind) if program => {
                    let files = if is_dir { files_below(&path, EXTENSIONS) } else { vec![path.clone()] };
                    found.push(Fixture { path, kind, files });
                }
                None if is_dir => open.push(path),
                _ => {}
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Complaints about a finding's texts: lower case, no full stop, one line, code in backticks.
fn wording(finding: &Finding) -> Vec<String> {
    let labels = finding.sites().map(|label| label.message.as_str());
    let texts = labels.chain([finding.message.as_str()]).chain((!finding.help.is_empty()).then_some(finding.help.as_str()));
    let complaint = |text: &str| {
        let why = match text {
            "" => "is empty",
            t if t.contains('\n') => "has several lines",
            t if t.ends_with('.') => "ends with a full stop",
            t if t.starts_with(char::is_uppercase) => "starts in upper case",
            t if !t.matches('`').count().is_multiple_of(2) => "has a backtick too few",
            _ => return None,
        };
        Some(format!("{}: a text {why}: {text:?}", finding.rule.id))
    };
    texts.filter_map(complaint).collect()
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
