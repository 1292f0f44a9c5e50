//! `jsonl`: one JSON object per line, each of them a finding as in `json`; for pipes and databases.

use std::io::{self, Write};

use super::{Report, json};

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        serde_json::to_writer(&mut *out, &json::finding(report.files, finding))?;
        writeln!(out)?;
    }
    Ok(())
}
