//! `json`: the versioned machine format. Its shape changes only together with [`VERSION`].

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::Report;
use crate::finding::{Edit, Finding, Fix, Label, Process, Step};
use crate::source::{Files, Note, Site};

/// The version of the format.
pub const VERSION: u32 = 1;

/// A whole report.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "toctou report")]
pub struct Document {
    /// The version of this format; a reader should refuse one that it does not know.
    version: u32,
    /// Races, by file and place.
    findings: Vec<JsonFinding>,
    /// What went wrong on the way: unreadable files, syntax errors, stale suppressions.
    notes: Vec<JsonNote>,
}

/// One race.
#[derive(Serialize, JsonSchema)]
pub struct JsonFinding {
    /// Id of the rule.
    rule: String,
    /// `error`, `warning` or `note`.
    level: &'static str,
    /// `high`, `medium` or `low`.
    confidence: &'static str,
    /// One line.
    message: String,
    /// The file of the primary place.
    file: String,
    /// The enclosing function, qualified.
    function: String,
    /// The file that is raced for, as people would write it.
    resource: String,
    /// The primary place.
    range: JsonRange,
    /// All places in the order of the story; the first is the primary one.
    labels: Vec<JsonLabel>,
    /// The remedy; empty if there is none.
    help: String,
    /// A change that repairs it and needs no thought, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<JsonFix>,
    /// How two processes lose data here.
    interleaving: Vec<JsonStep>,
    /// Stable under edits elsewhere.
    fingerprint: String,
}

/// A place and what there is to say of it.
#[derive(Serialize, JsonSchema)]
struct JsonLabel {
    /// `read`, `change`, `write`, `lock`, `release`, `call`, `check`, `act` or `other`.
    role: &'static str,
    /// One line.
    message: String,
    /// Where.
    file: String,
    /// Where in it.
    range: JsonRange,
}

/// A change that repairs a race.
#[derive(Serialize, JsonSchema)]
struct JsonFix {
    /// What it does, in one line.
    title: String,
    /// Its replacements, which belong together; no two of them overlap.
    edits: Vec<JsonEdit>,
}

/// One replacement.
#[derive(Serialize, JsonSchema)]
struct JsonEdit {
    /// Where.
    file: String,
    /// What goes.
    range: JsonRange,
    /// What comes in its place.
    text: String,
}

/// One line of an interleaving.
#[derive(Serialize, JsonSchema)]
struct JsonStep {
    /// `A` or `B`.
    process: &'static str,
    /// What it does.
    what: String,
    /// What follows from it; empty for most.
    outcome: String,
    /// Where, if the step has a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<JsonPlace>,
}

/// A place.
#[derive(Serialize, JsonSchema)]
struct JsonPlace {
    /// Where.
    file: String,
    /// Where in it.
    range: JsonRange,
}

/// Something that the user should know about the run.
#[derive(Serialize, JsonSchema)]
struct JsonNote {
    /// `unreadable`, `syntax`, `bound`, `hygiene` or `internal`.
    kind: &'static str,
    /// The file; empty if it is about the run.
    file: String,
    /// One line.
    message: String,
    /// Where in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<JsonRange>,
}

/// From the first character to just past the last.
#[derive(Serialize, JsonSchema)]
struct JsonRange {
    /// First character.
    start: JsonPosition,
    /// Just past the last character.
    end: JsonPosition,
}

/// A place in a file, counted from 1; columns count Unicode scalar values.
#[derive(Serialize, JsonSchema)]
struct JsonPosition {
    /// Line.
    line: usize,
    /// Column.
    column: usize,
}

/// The JSON schema of the format.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Document).to_value()
}

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        version: VERSION,
        findings: report.findings.iter().map(|f| finding(report.files, f)).collect(),
        notes: report.notes.iter().map(|n| note(report.files, n)).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// One finding as it is written.
pub(super) fn finding(files: &Files, finding: &Finding) -> JsonFinding {
    JsonFinding {
        rule: finding.rule.id.to_owned(),
        level: finding.level.as_str(),
        confidence: finding.confidence.as_str(),
        message: finding.message.clone(),
        file: files.path(finding.primary.site.file).to_owned(),
        function: finding.function.clone(),
        resource: finding.resource.clone(),
        range: range(files, finding.primary.site),
        labels: finding.sites().map(|l| label(files, l)).collect(),
        help: finding.help.clone(),
        fix: finding.fix.as_ref().map(|f| fix(files, f)),
        interleaving: finding.interleaving.iter().map(|s| step(files, s)).collect(),
        fingerprint: finding.fingerprint.clone(),
    }
}

fn fix(files: &Files, fix: &Fix) -> JsonFix {
    let edit = |e: &Edit| JsonEdit { file: files.path(e.site.file).to_owned(), range: range(files, e.site), text: e.text.clone() };
    JsonFix { title: fix.title.clone(), edits: fix.edits.iter().map(edit).collect() }
}

fn label(files: &Files, label: &Label) -> JsonLabel {
    JsonLabel {
        role: label.role.as_str(),
        message: label.message.clone(),
        file: files.path(label.site.file).to_owned(),
        range: range(files, label.site),
    }
}

fn step(files: &Files, step: &Step) -> JsonStep {
    let process = match step.process {
        Process::A => "A",
        Process::B => "B",
    };
    let place = step.site.map(|site| JsonPlace { file: files.path(site.file).to_owned(), range: range(files, site) });
    JsonStep { process, what: step.what.clone(), outcome: step.outcome.clone(), place }
}

fn note(files: &Files, note: &Note) -> JsonNote {
    JsonNote { kind: note.kind.as_str(), file: note.path.clone(), message: note.message.clone(), range: note.site.map(|s| range(files, s)) }
}

fn range(files: &Files, site: Site) -> JsonRange {
    let (start, end) = files.positions(site);
    JsonRange { start: JsonPosition { line: start.line, column: start.column }, end: JsonPosition { line: end.line, column: end.column } }
}
