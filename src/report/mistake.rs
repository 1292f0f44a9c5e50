//! A mistake in one of the user's own files, shown with its line. Not a finding: it ends the run.

use std::ops::Range;

use codespan_reporting::diagnostic::{Diagnostic, Label};
use codespan_reporting::files::SimpleFile;
use codespan_reporting::term::termcolor::{Ansi, NoColor};
use codespan_reporting::term::{self, Config};

/// What is wrong, and where.
#[derive(Clone, Debug)]
pub struct Mistake<'a> {
    /// The file.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Where in the text.
    pub span: Option<Range<usize>>,
    /// One sentence, lower case, no full stop.
    pub message: &'a str,
    /// What to do about it.
    pub help: Option<&'a str>,
}

impl Mistake<'_> {
    /// The text for people; `None` if the place does not fit the text.
    #[must_use]
    pub fn render(&self, color: bool) -> Option<String> {
        let file = SimpleFile::new(self.path, self.text);
        let mut diagnostic = Diagnostic::error().with_message(self.message);
        match &self.span {
            Some(span) => diagnostic.labels.push(Label::primary((), span.clone())),
            None => diagnostic.message = format!("{}: {}", self.path, self.message),
        }
        diagnostic.notes.extend(self.help.map(|h| format!("help: {h}")));
        let (mut out, config) = (Vec::new(), Config::default());
        let written = if color {
            term::emit_to_write_style(&mut Ansi::new(&mut out), &config, &file, &diagnostic)
        } else {
            term::emit_to_write_style(&mut NoColor::new(&mut out), &config, &file, &diagnostic)
        };
        written.ok()?;
        String::from_utf8(out).ok()
    }
}
