//! A change of the source that repairs a finding, exact enough for a machine to make it.

use crate::source::Site;

/// A change that repairs a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does: lower case, no full stop, code in backticks.
    pub title: String,
    /// Its replacements, which belong together; no two of them overlap.
    pub edits: Vec<Edit>,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes; empty for an insertion.
    pub site: Site,
    /// What comes in its place; empty for a removal.
    pub text: String,
}
