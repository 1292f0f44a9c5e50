//! The analysis: what every function does to which file under which locks. Knows effects; no API name, no syntax, no lint.

mod bind;
mod call;
mod cycle;
mod decorate;
mod describe;
mod domain;
mod eval;
mod exposure;
mod field;
mod fields;
mod frame;
mod invoke;
mod locks;
mod names;
mod program;
mod relevant;
mod removal;
mod replay;
mod snapshot;
mod solve;
mod subst;
mod summary;
mod text;
mod transfer;
mod truncation;
mod unheeded;

pub use cycle::{Cycle, Held, Protection, Sameness};
pub use exposure::{Exposure, NamedBy};
pub use frame::{Dropped, How};
pub use program::{Def, FuncId, Input, Program, Resolved, TypeId, dotted};
pub use removal::LockRemoval;
pub use snapshot::Snapshot;
pub use solve::{Analysis, Edge, FuncResult, Stats, analyse};
pub use truncation::Truncation;
pub use unheeded::Unheeded;
