//! `checkstyle`: the XML of Checkstyle 4.3, which many CI plug-ins read.

use std::io::{self, Write};

use super::Report;
use super::escape::escaped;
use crate::finding::{Finding, Level};

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">")?;
    for same_file in report.findings.chunk_by(|a, b| a.primary.site.file == b.primary.site.file) {
        writeln!(out, "  <file name=\"{}\">", escaped(report.files.path(same_file[0].primary.site.file)))?;
        same_file.iter().try_for_each(|finding| write_one(report, finding, out))?;
        writeln!(out, "  </file>")?;
    }
    writeln!(out, "</checkstyle>")
}

fn write_one(report: &Report<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let severity = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "info",
    };
    let (start, _) = report.files.positions(finding.primary.site);
    let (message, rule) = (escaped(&finding.message), finding.rule.id);
    let (line, column) = (start.line, start.column);
    writeln!(out, r#"    <error line="{line}" column="{column}" severity="{severity}" message="{message}" source="toctou.{rule}"/>"#)
}
