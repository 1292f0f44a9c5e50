//! The shared vocabulary: which file, what was done to it, which lock, and what a whole call does ([`Summary`]).
//!
//! A model is a summary that somebody wrote; a summary is a model that the engine derived. Both are [`Summary`].

mod deps;
mod event;
mod flags;
mod kept;
mod library;
mod summary;
mod term;
mod value;

pub use deps::{Dep, Deps, Place};
pub use event::{Chain, CheckKind, Condition, Domain, Event, EventId, EventKind, LockSpec, Mode, Reach, Way, WriteKind};
pub use flags::Flags;
pub use kept::Kept;
pub use library::{Answer, Keeps, Library, LibraryCall, LibraryType, Outcome};
pub use summary::{Param, Store, Summary};
pub use term::Term;
pub use value::{FuncRef, Kind, Ty, Value};
