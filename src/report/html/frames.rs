//! Source frames: the lines around each place, with the place marked and what there is to say of it below.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::super::Report;
use super::super::escape::escaped;
use super::code;
use crate::finding::{Finding, Label};
use crate::source::{FileId, SourceFile};

/// Lines shown before and after a place.
const AROUND: usize = 2;
/// A longer line is named, not shown.
const MAX_LINE: usize = 400;

/// Writes one frame per file, that of the primary place first.
pub(super) fn write(report: &Report<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let mut order: Vec<FileId> = Vec::new();
    for label in finding.sites() {
        if !order.contains(&label.site.file) {
            order.push(label.site.file);
        }
    }
    for id in order {
        let labels: Vec<&Label> = finding.sites().filter(|l| l.site.file == id).collect();
        frame(report.files.get(id), &labels, &finding.primary, out)?;
    }
    Ok(())
}

fn frame(file: &SourceFile, labels: &[&Label], primary: &Label, out: &mut dyn Write) -> io::Result<()> {
    let (text, lines) = (file.text(), file.lines());
    let mut at: BTreeMap<usize, Vec<&Label>> = BTreeMap::new();
    for label in labels {
        at.entry(file.positions(label.site.span).0.line).or_default().push(label);
    }
    writeln!(out, "<figure>\n<figcaption>{}</figcaption>\n<div class=\"frame\" tabindex=\"0\">", escaped(&file.path))?;
    let mut shown = 0;
    for (line, labels) in &at {
        let first = (shown + 1).max(line.saturating_sub(AROUND));
        if shown > 0 && first > shown + 1 {
            writeln!(out, "<div class=\"gap\">⋯</div>")?;
        }
        let next = at.range(line + 1..).next().map_or(usize::MAX, |(next, _)| next - 1);
        for number in first.max(1)..=(line + AROUND).min(next) {
            let Some(range) = lines.line_range(text, number).filter(|r| r.start < text.len()) else { break };
            let here: &[&Label] = if number == *line { labels } else { &[] };
            source_line(file, number, range, here, primary, out)?;
            shown = number;
        }
    }
    writeln!(out, "</div>\n</figure>")
}

fn source_line(
    file: &SourceFile,
    number: usize,
    range: std::ops::Range<usize>,
    labels: &[&Label],
    primary: &Label,
    out: &mut dyn Write,
) -> io::Result<()> {
    let text = &file.text()[range.clone()];
    let marked = if text.len() > MAX_LINE { String::from("<em>a long line</em>") } else { marked(file, range, labels, primary) };
    let class = if labels.is_empty() { "line" } else { "line hit" };
    writeln!(out, "<div class=\"{class}\"><span class=\"number\">{number}</span><code>{marked}</code></div>")?;
    for label in labels {
        let class = if *label == primary { "label primary" } else { "label" };
        writeln!(out, "<div class=\"{class}\">{}</div>", code(&label.message))?;
    }
    Ok(())
}

/// The line with its places in `<mark>`. Of places that overlap, the one that starts first is marked.
fn marked(file: &SourceFile, line: std::ops::Range<usize>, labels: &[&Label], primary: &Label) -> String {
    let text = file.text();
    let mut spans: Vec<_> = labels.iter().map(|l| (file.range(l.site.span), **l == *primary)).collect();
    spans.sort_by_key(|(r, _)| (r.start, r.end));
    let (mut out, mut at) = (String::new(), line.start);
    for (range, is_primary) in spans {
        let (start, end) = (range.start.min(line.end), range.end.min(line.end));
        if start < at {
            continue;
        }
        let class = if is_primary { " class=\"primary\"" } else { "" };
        out.push_str(&format!("{}<mark{class}>{}</mark>", escaped(&text[at..start]), escaped(&text[start..end])));
        at = end;
    }
    out + &escaped(&text[at..line.end])
}
