//! The analysis: what every function does to which file under which locks. Knows effects; no API name, no syntax, no lint.

mod call;
mod cycle;
mod domain;
mod eval;
mod frame;
mod locks;
mod program;
mod replay;
mod solve;
mod subst;
mod summary;
mod transfer;

pub use cycle::{Cycle, Held, Protection, Sameness};
pub use frame::{Dropped, How};
pub use program::{Def, FuncId, Input, Program, Resolved, TypeId, dotted};
pub use solve::{Analysis, Edge, FuncResult, Stats, analyse};
