//! Events: one operation on a resource, and the state at that moment.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Deps, Term, Value};
use crate::source::{Site, Sym};

/// An event of one summary: its index.
pub type EventId = u32;

/// The calls through which an event is reached, outermost first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chain {
    /// Where the call stands.
    pub site: Site,
    /// What is called.
    pub callee: Sym,
    /// The calls below.
    pub next: Option<Arc<Chain>>,
}

/// How a write changes the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WriteKind {
    /// As the handle was opened; `Truncate` for a path.
    AsOpened,
    /// Emptied, or written from empty.
    Truncate,
    /// Written over in place.
    InPlace,
    /// Added to the end.
    Append,
    /// Created, failing when present.
    CreateNew,
    /// Replaced by another file (rename, link, copy, persist).
    Replace,
    /// Removed.
    Remove,
    /// Mode, owner or times changed by path.
    Metadata,
}

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckKind {
    /// Presence or type (`exists`, `is_file`).
    Exists,
    /// Size, times, mode.
    Metadata,
    /// Permission (`access(2)`).
    Access,
    /// Directory listing.
    List,
    /// Canonical form (`realpath`).
    Resolve,
}

/// Exclusive or shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// One holder.
    Exclusive,
    /// Many readers.
    Shared,
}

/// Whom a lock excludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// Threads or tasks of this process.
    Thread,
    /// Every process on the host.
    Process,
}

/// How the acquisition waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// Until it has the lock.
    Blocking,
    /// Not at all.
    Try,
    /// For a while.
    Timed,
}

/// Which kind of lock it is; two domains do not exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Domain {
    /// `flock(2)`, `LockFileEx`.
    Flock,
    /// `fcntl(2)` record locks, `lockf(3)`.
    Posix,
    /// The file's existence is the lock, as a library says.
    Existence,
    /// A file that code creates exclusively: a lock if it is removed again.
    Creation,
    /// An object in memory.
    Memory,
}

impl Domain {
    /// Whether removing the file gives the lock up.
    #[must_use]
    pub fn is_by_existence(self) -> bool {
        matches!(self, Self::Existence | Self::Creation)
    }
}

/// What kind of lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LockSpec {
    /// Exclusive or shared.
    pub mode: Mode,
    /// Whom it excludes.
    pub reach: Reach,
    /// How it waits.
    pub way: Way,
    /// Its domain.
    pub domain: Domain,
}

/// What an event does.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// The content is read.
    Read,
    /// The content changes.
    Write(WriteKind),
    /// The file is looked at by name.
    Check(CheckKind),
    /// Opened with these flags (`mode` letters or a flag expression); what follows from the flags (truncation, exclusive creation) is
    /// decided when the flags are known.
    Open { mode: Option<Value> },
    /// A rename or move: `from` becomes the resource, replacing it; `exclusive` for `link(2)`, which fails when it is there and leaves
    /// `from`. Its data is what was written to `from`.
    ReplaceFrom { from: Value, exclusive: bool },
    /// A lock is taken. The resource is the locked file or lock object. `mode`: a flag expression that overrides the spec
    /// (shared, non-blocking, or the release itself). `scoped`: the call's result is a guard, the lock ends with it;
    /// otherwise it ends with the handle or by a release.
    Acquire { spec: LockSpec, mode: Option<Value>, scoped: bool },
    /// A lock is given up.
    Release,
    /// The elements of the resource are taken: an open file is read. Whether it is one, the caller knows.
    Each,
    /// A callable parameter is run with these arguments.
    Run { callee: Value, args: Vec<Value> },
    /// The resource is a value that takes up data (`list.append`, `ConfigParser.read`).
    Mutate,
    /// What was written to a handle goes into its file.
    Flush,
    /// A handle is closed.
    Close,
    /// A value ends here.
    Drop,
    /// Control leaves this task (`await`, `yield` to an event loop).
    Suspend,
}

/// A parameter that was tested, and how that came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What was tested.
    pub on: Term,
    /// Whether it was true.
    pub truth: bool,
    /// Whether its own truth was asked for, and not only whether there is something.
    pub itself: bool,
}

/// One operation, and the state at that moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// On which value: a path, a handle, a lock object.
    pub resource: Value,
    /// What the written content is made from.
    pub data: Deps,
    /// The checks and reads whose outcome decides whether it happens.
    pub under: Deps,
    /// What must be true of the parameters for it to happen.
    pub when: SmallVec<[Condition; 1]>,
    /// The acquisitions of the same summary that are held.
    pub held: SmallVec<[EventId; 2]>,
    /// Those of them that were given up while what was written was still in the buffer of its open file.
    pub late: SmallVec<[EventId; 1]>,
    /// Where it stands, innermost.
    pub site: Site,
    /// The calls that lead there; `None` when it stands in the function itself.
    pub chain: Option<Arc<Chain>>,
    /// The resource is an open stream of which it is not known what it was opened on: a caller that opened it can tell.
    pub stream: bool,
    /// It only happens on the way to an exception, or to an answer that tells it: whoever goes on after the call has seen nothing given up.
    pub aborts: bool,
    /// Which call of the function brought it: 0 for its own ops and library calls.
    pub instance: u32,
}

impl Event {
    /// The outermost place: the call in the function itself, or the operation.
    #[must_use]
    pub fn local_site(&self) -> Site {
        self.chain.as_ref().map_or(self.site, |c| c.site)
    }

    /// The calls that lead to the operation, outermost first.
    pub fn calls(&self) -> impl Iterator<Item = Site> {
        std::iter::successors(self.chain.as_deref(), |c| c.next.as_deref()).map(|c| c.site)
    }

    /// Where several calls lead to the operation: the last of them.
    #[must_use]
    pub fn last_call(&self) -> Option<Site> {
        self.calls().skip(1).last()
    }
}
