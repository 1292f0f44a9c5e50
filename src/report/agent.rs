//! `agent`: short Markdown for a program that reads text and edits code: where, why, what to do, how to check that it is done.

use std::io::{self, Write};

use super::{Report, count, interleaving};
use crate::finding::Finding;

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    if report.findings.is_empty() {
        return writeln!(out, "toctou: no findings in {}.", count(report.files.len(), "file"));
    }
    writeln!(out, "toctou: {}.\n", count(report.findings.len(), "finding"))?;
    for (i, finding) in report.findings.iter().enumerate() {
        write_one(report, i + 1, finding, out)?;
    }
    let rule = report.findings[0].rule.id;
    writeln!(out, "`toctou explain {rule}` tells what counts as a fix; run `toctou check` again to see that it is gone.")
}

fn write_one(report: &Report<'_>, number: usize, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let (level, rule, confidence) = (finding.level.as_str(), finding.rule.id, finding.confidence.as_str());
    writeln!(out, "{number}. {level} `{rule}` (confidence {confidence}, id {}): {}", &finding.fingerprint, finding.message)?;
    if !finding.function.is_empty() {
        writeln!(out, "   in `{}`", finding.function)?;
    }
    for label in finding.sites() {
        let file = report.files.get(label.site.file);
        let (start, _) = file.positions(label.site.span);
        let line = file.lines().line_range(file.text(), start.line).map_or("", |r| file.text()[r].trim());
        let line: String = line.chars().take(160).collect();
        writeln!(out, "   - {}:{}:{} {}: `{line}`", file.path, start.line, start.column, label.message)?;
    }
    for line in interleaving::lines(&finding.interleaving) {
        writeln!(out, "     {line}")?;
    }
    if !finding.help.is_empty() {
        writeln!(out, "   fix: {}", finding.help)?;
    }
    for edit in finding.fix.iter().flat_map(|f| &f.edits) {
        let (start, end) = report.files.positions(edit.site);
        let (path, text) = (report.files.path(edit.site.file), &edit.text);
        writeln!(out, "   edit: {path}:{}:{} to {}:{} becomes {text:?}", start.line, start.column, end.line, end.column)?;
    }
    writeln!(out)
}
