//! Source text: files, byte spans, line numbers, interned names and discovery. Knows no language's syntax.

mod comment;
pub mod discover;
mod files;
mod line_index;
mod manifest;
pub mod modules;
mod nearest;
mod note;
pub mod scope;
mod span;
mod sym;

pub use comment::{Comment, Placement};
pub use files::{Files, SourceFile};
pub use line_index::{LineIndex, Position};
pub use manifest::Manifest;
pub use nearest::nearest;
pub use note::{Note, NoteKind};
pub use span::{FileId, Site, Span};
pub use sym::Sym;

/// The languages that have a front end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Lang {
    /// Python, by ruff's parser.
    Python,
    /// Rust, by syn.
    Rust,
}

impl Lang {
    /// The language of a file name, by its extension; `None` for anything that is not analysed.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let (_, ext) = path.rsplit_once('.')?;
        match ext {
            "py" | "pyi" => Some(Self::Python),
            "rs" => Some(Self::Rust),
            _ => None,
        }
    }
}
