//! `concise`: one line per finding, in the form that editors and `grep` users know.

use std::io::{self, Write};

use super::Report;
use crate::source::Note;

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let site = finding.primary.site;
        let (start, _) = report.files.positions(site);
        let (path, level, rule) = (report.files.path(site.file), finding.level.as_str(), finding.rule.id);
        writeln!(out, "{path}:{}:{}: {level}[{rule}] {}", start.line, start.column, finding.message)?;
    }
    for note in report.notes {
        writeln!(out, "{}", note_line(report, note))?;
    }
    Ok(())
}

/// A note as one line.
pub(super) fn note_line(report: &Report<'_>, note: &Note) -> String {
    let place = match note.site {
        Some(site) => {
            let (start, _) = report.files.positions(site);
            format!("{}:{}:{}: ", note.path, start.line, start.column)
        }
        None if note.path.is_empty() => String::new(),
        None => format!("{}: ", note.path),
    };
    format!("{place}note[{}] {}", note.kind.as_str(), note.message)
}
