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
    }
}

fn code(rule: &Rule) -> Code {
    Code { value: rule.id, url: page_url(rule) }
}

fn location<'a>(report: &Report<'a>, site: Site) -> Location<'a> {
    let (start, end) = report.files.positions(site);
    let place = |p: Position| Place { line: p.line, column: byte_column(report, site.file, p) };
    Location { path: report.files.path(site.file), range: Range { start: place(start), end: place(end) } }
}

fn byte_column(report: &Report<'_>, file: FileId, at: Position) -> usize {
    let file = report.files.get(file);
    let line = file.lines().line_range(file.text(), at.line).map_or("", |r| &file.text()[r]);
    line.chars().take(at.column - 1).map(char::len_utf8).sum::<usize>() + 1
}
