//! Comments as the front ends find them: their text, and what they stand at.

use super::Span;

/// What a comment stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Behind code, on its line.
    Trailing,
    /// On a line of its own, above this statement or definition.
    Above(Span),
    /// At the head of the file, apart from the first statement.
    Head,
    /// On a line of its own, above nothing.
    Nothing,
}

/// A comment that is not documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The whole comment, with its marks.
    pub span: Span,
    /// Its text, without marks and outer blanks.
    pub text: String,
    /// What it stands at.
    pub placement: Placement,
}
