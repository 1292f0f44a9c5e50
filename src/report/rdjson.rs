//! `rdjson`: reviewdog's diagnostic format. Its columns count bytes of UTF-8.

use std::io::{self, Write};

use serde::Serialize;

use super::{Report, page_url};
use crate::finding::{Finding, Level, Rule};
use crate::source::{FileId, Position, Site};

#[derive(Serialize)]
struct Document<'a> {
    source: Source,
    severity: &'static str,
    diagnostics: Vec<Diagnostic<'a>>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
    url: &'static str,
}

#[derive(Serialize)]
struct Diagnostic<'a> {
    message: String,
    location: Location<'a>,
    severity: &'static str,
    code: Code,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Related<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion<'a>>,
}

/// A replacement in the file of the diagnostic.
#[derive(Serialize)]
struct Suggestion<'a> {
    range: Range,
    text: &'a str,
}

#[derive(Serialize)]
struct Code {
    value: &'static str,
    url: String,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    range: Range,
}

#[derive(Serialize)]
struct Range {
    start: Place,
    end: Place,
}

#[derive(Serialize)]
struct Place {
    line: usize,
    column: usize,
}

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        source: Source { name: "toctou", url: env!("CARGO_PKG_REPOSITORY") },
        severity: "WARNING",
        diagnostics: report.findings.iter().map(|f| diagnostic(report, f)).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn diagnostic<'a>(report: &Report<'a>, finding: &'a Finding) -> Diagnostic<'a> {
    Diagnostic {
        message: if finding.help.is_empty() { finding.message.clone() } else { format!("{}\nhelp: {}", finding.message, finding.help) },
        location: location(report, finding.primary.site),
        severity: match finding.level {
            Level::Error => "ERROR",
            Level::Warning => "WARNING",
            Level::Note => "INFO",
        },
        code: code(finding.rule),
        related_locations: finding.labels.iter().map(|l| Related { message: &l.message, location: location(report, l.site) }).collect(),
        suggestions: suggestions(report, finding),
    }
}

/// The edits of the fix. The format has no place for those of another file, and a part of a fix is none.
fn suggestions<'a>(report: &Report<'a>, finding: &'a Finding) -> Vec<Suggestion<'a>> {
    let edits = finding.fix.iter().flat_map(|f| &f.edits);
    if edits.clone().any(|e| e.site.file != finding.primary.site.file) {
        return Vec::new();
    }
    edits.map(|e| Suggestion { range: range(report, e.site), text: &e.text }).collect()
}

fn code(rule: &Rule) -> Code {
    Code { value: rule.id, url: page_url(rule) }
}

fn location<'a>(report: &Report<'a>, site: Site) -> Location<'a> {
    Location { path: report.files.path(site.file), range: range(report, site) }
}

fn range(report: &Report<'_>, site: Site) -> Range {
    let (start, end) = report.files.positions(site);
    let place = |p: Position| Place { line: p.line, column: byte_column(report, site.file, p) };
    Range { start: place(start), end: place(end) }
}

fn byte_column(report: &Report<'_>, file: FileId, at: Position) -> usize {
    let file = report.files.get(file);
    let line = file.lines().line_range(file.text(), at.line).map_or("", |r| &file.text()[r]);
    line.chars().take(at.column - 1).map(char::len_utf8).sum::<usize>() + 1
}
