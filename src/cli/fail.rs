//! What can end a command, and how it is told.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use crate::check;
use crate::config::ConfigError;
use crate::report::Mistake;
use crate::source::discover::normal;
use crate::source::nearest;

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
            Self::Check(check::Error::Path(e)) => format!("error: {e}\n  help: {}\n", path_help(Path::new(&e.path))),
            Self::Usage(message, Some(help)) => format!("error: {message}\n  help: {help}\n"),
            other => format!("error: {other}\n"),
        };
        // If standard error is closed there is nobody left to tell.
        let _ = io::stderr().write_all(rendered.as_bytes());
    }
}

/// What to try instead of a path that is not there: the name in its directory that comes nearest.
fn path_help(path: &Path) -> String {
    let cwd = std::env::current_dir().unwrap_or_default();
    let dir = normal(&cwd.join(path)).parent().map(Path::to_owned);
    let siblings = dir.and_then(|d| std::fs::read_dir(d).ok()).into_iter().flatten().flatten();
    let names: Vec<String> = siblings.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    let wanted = path.file_name().unwrap_or_default().to_string_lossy();
    let near = nearest(&wanted, names.iter().map(String::as_str)).map_or_else(String::new, |n| format!("did you mean `{n}`? "));
    format!("{near}paths are relative to `{}`", cwd.display())
}

/// A mistake in a configuration, with the line that it stands on.
fn with_place(error: &ConfigError) -> String {
    let color = super::output::colored(super::args::ColorWhen::Auto, io::stderr().is_terminal());
    let mistake =
        Mistake { path: &error.path, text: &error.text, span: error.span.clone(), message: &error.message, help: error.help.as_deref() };
    mistake.render(color).unwrap_or_else(|| format!("error: {error}\n"))
}
