//! Findings that somebody decided to live with.

use super::Finding;

/// By what a finding was silenced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuppressionKind {
    /// A comment in the source.
    Comment,
    /// An entry of the baseline.
    Baseline,
}

/// A silenced finding.
#[derive(Clone, Debug)]
pub struct Suppressed {
    /// What would have been reported.
    pub finding: Finding,
    /// By what it was silenced.
    pub kind: SuppressionKind,
    /// The reason that was given.
    pub reason: String,
}
