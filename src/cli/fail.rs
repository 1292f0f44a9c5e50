//! What can end a command, and how it is told.

use std::io::{self, IsTerminal as _, Write as _};

use crate::check;
use crate::config::ConfigError;
use crate::report::Mistake;

/// A command that could not be done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Output that could not be written.
    #[error("cannot write: {0}")]
    Pipe(#[from] io::Error),
    /// The check could not be done.
    #[error(transparent)]
    Check(#[from] check::Error),
    /// One sentence, and what to do next.
    #[error("{0}")]
    Usage(String, Option<String>),
}

impl From<ConfigError> for Failure {
    fn from(e: ConfigError) -> Self {
        Self::Check(e.into())
    }
}

impl Failure {
    /// A mistake with advice.
    pub(super) fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage(message.into(), Some(help.into()))
    }

    /// Tells the user, on standard error.
    pub(super) fn print(&self) {
        let rendered = match self {
            Self::Check(check::Error::Config(e)) => with_place(e),
            Self::Usage(message, Some(help)) => format!("error: {message}\n  help: {help}\n"),
            other => format!("error: {other}\n"),
        };
        // If standard error is closed there is nobody left to tell.
        let _ = io::stderr().write_all(rendered.as_bytes());
    }
}

/// A mistake in a configuration, with the line that it stands on.
fn with_place(error: &ConfigError) -> String {
    let color = super::output::colored(super::args::ColorWhen::Auto, io::stderr().is_terminal());
    let mistake =
        Mistake { path: &error.path, text: &error.text, span: error.span.clone(), message: &error.message, help: error.help.as_deref() };
    mistake.render(color).unwrap_or_else(|| format!("error: {error}\n"))
}
