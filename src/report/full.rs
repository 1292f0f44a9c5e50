//! `full`: source frames with all places of a race, the interleaving, and the remedy.

use std::io::{self, Write};
use std::ops::Range;

use codespan_reporting::diagnostic::{Diagnostic, Label as Frame, LabelStyle, Severity};
use codespan_reporting::files::Error as FrameError;
use codespan_reporting::term::termcolor::{Ansi, NoColor};
use codespan_reporting::term::{self, Config};

use super::concise::note_line;
use super::{Report, Style, count, interleaving, page_url};
use crate::finding::{Finding, Label, Level};
use crate::source::{FileId, Files, NoteKind};

/// A frame around a longer line would fill the screen; such a place is named in words.
const MAX_LINE: usize = 400;

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        write_finding(report, finding, out)?;
    }
    for note in report.notes {
        writeln!(out, "{}", note_line(report, note))?;
    }
    if !report.notes.is_empty() {
        writeln!(out)?;
    }
    writeln!(out, "{}", summary(report))
}

/// One finding as plain text.
pub(super) fn plain(report: &Report<'_>, finding: &Finding) -> io::Result<String> {
    let mut out = Vec::new();
    write_finding(&Report { style: Style::default(), ..*report }, finding, &mut out)?;
    String::from_utf8(out).map_err(io::Error::other)
}

fn write_finding(report: &Report<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let (config, sources, diagnostic) = (Config::default(), Sources(report.files), diagnostic(report, finding));
    let emitted = if report.style.color {
        term::emit_to_write_style(&mut Ansi::new(&mut *out), &config, &sources, &diagnostic)
    } else {
        term::emit_to_write_style(&mut NoColor::new(&mut *out), &config, &sources, &diagnostic)
    };
    emitted.map_err(|e| match e {
        FrameError::Io(e) => e,
        other => io::Error::other(other),
    })
}

fn diagnostic(report: &Report<'_>, finding: &Finding) -> Diagnostic<FileId> {
    let severity = match finding.level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Note => Severity::Note,
    };
    let (mut frames, mut notes) = (Vec::new(), Vec::new());
    for (i, label) in finding.sites().enumerate() {
        let style = if i == 0 { LabelStyle::Primary } else { LabelStyle::Secondary };
        match first_line(report.files, label) {
            Some(range) => frames.push(Frame::new(style, label.site.file, range).with_message(&label.message)),
            None => notes.push(place_in_words(report.files, label)),
        }
    }
    let table = interleaving::lines(&finding.interleaving);
    if !table.is_empty() {
        notes.push(table.join("\n"));
    }
    if !finding.help.is_empty() {
        notes.push(format!("help: {}", finding.help));
    }
    Diagnostic::new(severity).with_code(code(report, finding)).with_message(&finding.message).with_labels(frames).with_notes(notes)
}

/// The rule's id, as a link to its page where the terminal knows links.
fn code(report: &Report<'_>, finding: &Finding) -> String {
    let id = finding.rule.id;
    if report.style.links { format!("\x1b]8;;{}\x1b\\{id}\x1b]8;;\x1b\\", page_url(finding.rule)) } else { id.to_owned() }
}

/// A label's range within its first line; `None` if that line is too long to show.
fn first_line(files: &Files, label: &Label) -> Option<Range<usize>> {
    let file = files.get(label.site.file);
    let range = file.range(label.site.span);
    let line = file.lines().position(file.text(), range.start).line;
    let line = file.lines().line_range(file.text(), line)?;
    (line.len() <= MAX_LINE).then(|| range.start.min(line.end)..range.end.min(line.end))
}

fn place_in_words(files: &Files, label: &Label) -> String {
    let (start, _) = files.positions(label.site);
    format!("{}:{}:{}: {}", files.path(label.site.file), start.line, start.column, label.message)
}

/// `2 findings (1 error, 1 warning) in 12 files`.
fn summary(report: &Report<'_>) -> String {
    let unread = report.notes.iter().filter(|n| n.kind == NoteKind::Unreadable && report.files.find(&n.path).is_some()).count();
    let files = count(report.files.len(), "file");
    let files = if unread == 0 { files } else { format!("{files}, {unread} of which could not be read") };
    if report.findings.is_empty() {
        return format!("no findings in {files}");
    }
    let by_level = Level::ALL.iter().rev().filter_map(|level| {
        let n = report.findings.iter().filter(|f| f.level == *level).count();
        (n > 0).then(|| count(n, level.as_str()))
    });
    format!("{} ({}) in {files}", count(report.findings.len(), "finding"), by_level.collect::<Vec<_>>().join(", "))
}

/// Our files as codespan asks for them.
struct Sources<'a>(&'a Files);

impl<'a> codespan_reporting::files::Files<'a> for Sources<'a> {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, FrameError> {
        Ok(self.0.path(id))
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, FrameError> {
        Ok(self.0.get(id).text())
    }

    fn line_index(&'a self, id: FileId, offset: usize) -> Result<usize, FrameError> {
        let file = self.0.get(id);
        Ok(file.lines().position(file.text(), offset).line - 1)
    }

    fn line_range(&'a self, id: FileId, index: usize) -> Result<Range<usize>, FrameError> {
        let file = self.0.get(id);
        let past = || FrameError::LineTooLarge { given: index, max: file.text().lines().count() };
        file.lines().line_range(file.text(), index + 1).ok_or_else(past)
    }
}
