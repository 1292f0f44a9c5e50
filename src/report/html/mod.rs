//! `html`: one self-contained page. Findings by file, source frames with all places, interleavings drawn; no network, no framework.

mod frames;
mod markdown;
mod svg;

use std::io::{self, Write};

use super::escape::escaped;
use super::{Report, concise, count, page_url};
use crate::finding::{Finding, Level, Rule};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>toctou report</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>\n{STYLE}</style>\n</head>\n<body>"
    )?;
    header(report, out)?;
    writeln!(out, "<main>")?;
    for same_file in report.findings.chunk_by(|a, b| a.primary.site.file == b.primary.site.file) {
        let path = escaped(report.files.path(same_file[0].primary.site.file));
        writeln!(out, "<section class=\"file\">\n<h2>{path}</h2>")?;
        same_file.iter().try_for_each(|f| finding(report, f, out))?;
        writeln!(out, "</section>")?;
    }
    writeln!(out, "<p id=\"nothing\" {}>Nothing to show.</p>", if report.findings.is_empty() { "" } else { "hidden" })?;
    notes(report, out)?;
    pages(report, out)?;
    writeln!(out, "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>")
}

/// Counts, and the controls that narrow the list.
fn header(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (findings, files) = (count(report.findings.len(), "finding"), count(report.files.len(), "file"));
    writeln!(out, "<header>\n<h1>toctou</h1>\n<p>{findings} in {files}</p>\n<form id=\"filter\">")?;
    writeln!(out, "<label>Find <input id=\"text\" type=\"search\" placeholder=\"file, function, message\"></label>")?;
    writeln!(out, "<label>Rule <select id=\"rule\"><option value=\"\">all</option>")?;
    for (rule, n) in rules_found(report) {
        writeln!(out, "<option value=\"{0}\">{0} ({n})</option>", rule.id)?;
    }
    writeln!(out, "</select></label>\n<label>Level <select id=\"level\"><option value=\"\">all</option>")?;
    for level in Level::ALL.iter().rev() {
        let n = report.findings.iter().filter(|f| f.level == *level).count();
        writeln!(out, "<option value=\"{0}\">{0} ({n})</option>", level.as_str())?;
    }
    writeln!(out, "</select></label>\n<button type=\"button\" id=\"all\">Open all</button>\n</form>\n</header>")
}

/// The rules that found something, with how much.
fn rules_found<'a>(report: &Report<'a>) -> Vec<(&'a Rule, usize)> {
    let found = |rule: &Rule| report.findings.iter().filter(|f| f.rule.id == rule.id).count();
    report.rules.iter().map(|r| (*r, found(r))).filter(|(_, n)| *n > 0).collect()
}

fn finding(report: &Report<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let (start, _) = report.files.positions(finding.primary.site);
    let (id, rule, level) = (&finding.fingerprint, finding.rule.id, finding.level.as_str());
    writeln!(out, "<details class=\"finding {level}\" id=\"f{id}\" data-rule=\"{rule}\" data-level=\"{level}\">")?;
    let function = if finding.function.is_empty() { String::new() } else { format!(" in <code>{}</code>", escaped(&finding.function)) };
    writeln!(out, "<summary><span class=\"level\">{level}</span> <span class=\"rule\">{rule}</span> {}", code(&finding.message))?;
    writeln!(out, "<span class=\"where\">line {}{function}, confidence {}</span></summary>", start.line, finding.confidence.as_str())?;
    frames::write(report, finding, out)?;
    svg::write(finding, out)?;
    if !finding.help.is_empty() {
        writeln!(out, "<p class=\"help\"><strong>help</strong> {}</p>", code(&finding.help))?;
    }
    if let Some(fix) = &finding.fix {
        writeln!(out, "<p class=\"help\"><strong>exact fix</strong> {}</p>", code(&fix.title))?;
    }
    writeln!(
        out,
        "<p class=\"more\"><a href=\"#rule-{rule}\">About this rule</a> <span>fingerprint <code>{id}</code></span></p>\n</details>"
    )
}

fn notes(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    if report.notes.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section>\n<h2>Notes</h2>\n<ul>")?;
    for note in report.notes {
        writeln!(out, "<li>{}</li>", code(&concise::note_line(report, note)))?;
    }
    writeln!(out, "</ul>\n</section>")
}

/// The pages of the rules that found something.
fn pages(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let found = rules_found(report);
    if found.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section>\n<h2>Rules</h2>")?;
    for (rule, _) in found {
        let (id, summary, page, url) = (rule.id, code(rule.summary), markdown::page(rule.page), escaped(&page_url(rule)));
        writeln!(out, "<details class=\"page\" id=\"rule-{id}\">\n<summary><span class=\"rule\">{id}</span> {summary}</summary>")?;
        writeln!(out, "{page}<p><a href=\"{url}\" rel=\"noreferrer\">This page on the web</a></p>\n</details>")?;
    }
    writeln!(out, "</section>")
}

/// A text whose code in backticks becomes `<code>`.
fn code(text: &str) -> String {
    let mut out = String::new();
    let parts: Vec<_> = text.split('`').collect();
    for (i, part) in parts.iter().enumerate() {
        let closed = i % 2 == 1 && i + 1 < parts.len();
        match (i % 2, closed) {
            (1, true) => out.push_str(&format!("<code>{}</code>", escaped(part))),
            (1, false) => out.push_str(&format!("`{}", escaped(part))),
            _ => out.push_str(&escaped(part)),
        }
    }
    out
}
