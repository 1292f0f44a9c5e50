//! What went wrong with a file, or could not be done, without ending the run.

use super::Site;

/// Why a note was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKind {
    /// The file could not be read, or is not UTF-8.
    Unreadable,
    /// Part of the file is not valid in its language.
    Syntax,
    /// Something was left out because a bound was reached.
    Bound,
    /// A suppression or a baseline entry that needs attention.
    Hygiene,
    /// We are wrong: the analysis of this file panicked.
    Internal,
}

impl NoteKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Syntax => "syntax",
            Self::Bound => "bound",
            Self::Hygiene => "hygiene",
            Self::Internal => "internal",
        }
    }
}

/// Something that the user should know about the run. Never a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Note {
    /// The file, as shown; empty if it is about the run as a whole.
    pub path: String,
    /// The place, where there is one.
    pub site: Option<Site>,
    /// Why.
    pub kind: NoteKind,
    /// One sentence, lower case, no full stop.
    pub message: String,
}

impl Note {
    /// A note about a whole file.
    #[must_use]
    pub fn file(kind: NoteKind, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), site: None, kind, message: message.into() }
    }

    /// A note about a place in a file.
    #[must_use]
    pub fn at(kind: NoteKind, path: impl Into<String>, site: Site, message: impl Into<String>) -> Self {
        Self { path: path.into(), site: Some(site), kind, message: message.into() }
    }
}
