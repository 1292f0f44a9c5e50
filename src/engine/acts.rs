//! What a function does to files and locks, as far as its callers need to know to decide whether they deserve a look.

use super::domain::is_nothing;
use super::handle::mode_flags;
use crate::effect::{Domain, Event, EventId, EventKind, Flags, Kind, Summary, Term, Value};

/// What a function does, or may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Acts {
    flags: u8,
    /// The files that it reads and that are the same whoever calls it: one bit each, several may share one.
    reads: u64,
    /// The same for files that it changes.
    writes: u64,
}

/// It may read a file that depends on who calls it.
const READS: u8 = 1;
/// It may change a file that depends on who calls it.
const WRITES: u8 = 2;
/// It leaves something to its callers: a file lock, or a cycle that they may guard.
const HANDS_ON: u8 = 4;
/// It does something that is of no weight by itself.
const OTHER: u8 = 8;

impl Acts {
    const fn flags(flags: u8) -> Self {
        Self { flags, reads: 0, writes: 0 }
    }

    /// To have a cycle that callers may guard.
    pub(crate) fn obligation() -> Self {
        Self::flags(HANDS_ON)
    }

    pub(crate) fn any(self) -> bool {
        self != Self::default()
    }

    /// Whether it may change a file.
    pub(crate) fn may_write(self) -> bool {
        self.flags & WRITES != 0 || self.writes != 0
    }

    /// Whether it does more than what is of no weight.
    pub(crate) fn matters(self) -> bool {
        self.flags & !OTHER != 0 || self.reads | self.writes != 0
    }

    /// Whether it does all that `other` does.
    pub(crate) fn covers(self, other: Self) -> bool {
        self.and(other) == self
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self { flags: self.flags | other.flags, reads: self.reads | other.reads, writes: self.writes | other.writes }
    }

    /// Whether something can be wrong with a function that does, through others, no more than this: it may read and change one file, or
    /// has taken over something.
    pub(crate) fn deserves_a_look(self) -> bool {
        let has = |flag| self.flags & flag != 0;
        let some_file = has(READS) && (has(WRITES) || self.writes != 0) || has(WRITES) && self.reads != 0;
        some_file || self.reads & self.writes != 0 || has(HANDS_ON)
    }

    /// What a summary shows to callers. To run what it is given is not an act of the function's own.
    pub(crate) fn of(s: &Summary) -> Self {
        let is_file_lock = |h: &EventId| {
            s.events.get(*h as usize).is_some_and(|e| !matches!(&e.kind, EventKind::Acquire { spec, .. } if spec.domain == Domain::Memory))
        };
        let held = if s.held.iter().chain(&s.yield_held).any(is_file_lock) { HANDS_ON } else { 0 };
        let values = s.ret.iter().chain(&s.yields).chain(s.stores.iter().map(|st| &st.value));
        s.events.iter().map(of_event).chain(values.map(of_value)).fold(Self::flags(held), Self::and)
    }
}

fn of_event(e: &Event) -> Acts {
    match &e.kind {
        EventKind::Read => on(&e.resource, true, false),
        EventKind::Write(_) | EventKind::ReplaceFrom { .. } => on(&e.resource, false, true),
        EventKind::Open { .. } => Acts::flags(READS | WRITES),
        EventKind::Acquire { .. } | EventKind::Release | EventKind::Close => Acts::flags(OTHER),
        EventKind::Check(_)
        | EventKind::Each
        | EventKind::Run { .. }
        | EventKind::Mutate
        | EventKind::Flush
        | EventKind::Suspend
        | EventKind::Drop => Acts::default(),
    }
}

fn of_value(v: &Value) -> Acts {
    match v.kind.as_deref() {
        Some(Kind::Lock { spec, .. }) if spec.domain == Domain::Memory => Acts::flags(OTHER),
        Some(Kind::Lock { .. } | Kind::Suspended { .. }) => Acts::flags(HANDS_ON),
        Some(Kind::Handle { path, mode }) => match mode_flags(mode) {
            Some(f) => on(path, f.has(Flags::READ), f.has(Flags::WRITE) || f.has(Flags::APPEND) || f.has(Flags::TRUNCATE)),
            None => on(path, true, true),
        },
        _ => Acts::default(),
    }
}

/// A file is read or changed.
fn on(resource: &Value, reads: bool, writes: bool) -> Acts {
    if is_nothing(resource.resource()) {
        return Acts::default();
    }
    let bit = bit(resource);
    let flags = if reads { READS } else { 0 } | if writes { WRITES } else { 0 };
    match bit {
        0 => Acts::flags(flags),
        _ => Acts { flags: 0, reads: if reads { bit } else { 0 }, writes: if writes { bit } else { 0 } },
    }
}

/// The bit of a file that is the same whoever calls; none for any other.
fn bit(resource: &Value) -> u64 {
    let term = &resource.resource().term;
    let depends = |t: &Term| matches!(t, Term::Param(_) | Term::New(_) | Term::Field(..) | Term::Unknown);
    let is_choice = |t: &Term| matches!(t, Term::Call(f, _) if f.as_str() == "$either");
    if term.any(|t| depends(t) || is_choice(t)) {
        return 0;
    }
    1 << (term.content_hash() >> 58)
}
