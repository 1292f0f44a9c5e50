//! What can be wrong with a configuration, with the place.

use std::ops::Range;

/// A configuration that cannot be used. Rendered with its place and the help line.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {message}")]
pub struct ConfigError {
    /// The file, or `--config`.
    pub path: String,
    /// Its text; empty if it could not be read.
    pub text: String,
    /// Where in the text.
    pub span: Option<Range<usize>>,
    /// One sentence, lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}
