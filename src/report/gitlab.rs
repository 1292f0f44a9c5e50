//! `gitlab`: the Code Quality report, which GitLab shows in merge requests.

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use crate::finding::{Finding, Level};

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let issues: Vec<_> = report.findings.iter().map(|f| issue(report, f)).collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}

fn issue<'a>(report: &Report<'a>, finding: &'a Finding) -> Issue<'a> {
    let (start, end) = report.files.positions(finding.primary.site);
    Issue {
        description: if finding.help.is_empty() { finding.message.clone() } else { format!("{}; {}", finding.message, finding.help) },
        check_name: finding.rule.id,
        fingerprint: &finding.fingerprint,
        severity: match finding.level {
            Level::Error => "critical",
            Level::Warning => "major",
            Level::Note => "info",
        },
        location: Location { path: report.files.path(finding.primary.site.file), lines: Lines { begin: start.line, end: end.line } },
    }
}
