//! `github`: workflow commands, which GitHub shows as annotations on the lines of a pull request.

use std::io::{self, Write};

use super::{Report, interleaving};
use crate::finding::{Finding, Level};

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    report.findings.iter().try_for_each(|finding| write_one(report, finding, out))
}

fn write_one(report: &Report<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let command = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let (start, end) = report.files.positions(finding.primary.site);
    let file = property(report.files.path(finding.primary.site.file));
    let title = property(&format!("toctou: {}", finding.rule.id));
    // GitHub drops an annotation whose columns go with more than one line.
    let columns = if start.line == end.line { format!(",col={},endColumn={}", start.column, end.column) } else { String::new() };
    let text = data(&story(report, finding));
    writeln!(out, "::{command} title={title},file={file},line={},endLine={}{columns}::{text}", start.line, end.line)
}

/// The message, the other places, the interleaving and the remedy, for an annotation that shows no frames.
fn story(report: &Report<'_>, finding: &Finding) -> String {
    let mut lines = vec![finding.message.clone()];
    for label in &finding.labels {
        let (start, _) = report.files.positions(label.site);
        lines.push(format!("  {}:{}: {}", report.files.path(label.site.file), start.line, label.message));
    }
    let table = interleaving::lines(&finding.interleaving);
    lines.extend((!table.is_empty()).then(String::new));
    lines.extend(table);
    if !finding.help.is_empty() {
        lines.extend([String::new(), format!("help: {}", finding.help)]);
    }
    lines.join("\n")
}

/// Escapes the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
