//! Models: TOML to [`crate::effect::Library`], with places for errors. Knows the format of `models/README.md`, and neither a library nor a lint.

mod does;
mod embedded;
mod embedded_python;
mod embedded_rust;
mod load;
mod returns;
mod signature;
mod stanza;
#[cfg(test)]
mod tests;
mod words;

pub use embedded::builtin;
pub use load::parse;

use crate::source::Span;

/// What is wrong in a model file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ModelError {
    /// The file, as it was named to [`parse`].
    pub file: String,
    /// The bytes of it that are wrong.
    pub span: Span,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What would be right, if that can be told.
    pub help: Option<String>,
}

/// A [`ModelError`] before its file is known.
#[derive(Debug)]
struct Fault {
    span: Span,
    message: String,
    help: Option<String>,
}

impl Fault {
    fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A word that is none of the known ones.
    fn unknown(what: &str, word: &str, span: Span, known: &[&str]) -> Self {
        let help = match crate::source::nearest(word, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => format!("there is no {what} here"),
            None => format!("known: {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")),
        };
        Self::new(span, format!("unknown {what} `{word}`")).with_help(help)
    }

    fn in_file(self, file: &str) -> ModelError {
        ModelError { file: file.to_owned(), span: self.span, message: self.message, help: self.help }
    }
}
