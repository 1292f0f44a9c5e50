//! Files that are emptied by the very opening whose handle is locked afterwards, and written under that lock.

use super::cycle::Held;
use super::frame::Frame;
use crate::effect::{Domain, Event, EventId, EventKind, Reach, Summary, WriteKind};

/// A data file that is empty before its lock is held.
#[derive(Clone, Debug, PartialEq)]
pub struct Truncation {
    /// The opening that empties it.
    pub opening: Event,
    /// The lock on it, taken after that.
    pub lock: Held,
    /// The write under the lock that fills it again.
    pub write: Event,
}

impl Frame<'_, '_> {
    /// The truncations whose opening, lock and write meet in this function. A file that stays locked when the function returns, or
    /// whose lock guards something else as well, is a lock file: nobody minds that it is empty.
    pub(crate) fn truncations(&self, summary: &Summary) -> Vec<Truncation> {
        let mut out: Vec<Truncation> = Vec::new();
        for n in 0..self.events.len() {
            let Some(lock) = self.advisory_lock(n as EventId) else { continue };
            let Some(opening) = self.emptied_by_opening(&lock) else { continue };
            let Some(write) = self.filled_under(&lock) else { continue };
            let inner = [opening, &self.events[n], write].iter().all(|e| e.chain.is_some() && e.instance == opening.instance);
            let told = out.iter().any(|t| t.opening.site == opening.site);
            if !inner && !told && !stays_locked(summary, &self.events[n]) && !self.guards_more(&lock) {
                out.push(Truncation { opening: opening.clone(), lock, write: write.clone() });
            }
        }
        out
    }

    /// A lock that the kernel keeps on an open file that is known.
    pub(crate) fn advisory_lock(&self, id: EventId) -> Option<Held> {
        let held = self.held_lock(id)?;
        let advisory = matches!(held.spec.domain, Domain::Flock | Domain::Posix) && held.spec.reach == Reach::Process;
        (advisory && !held.lock.has_unknown() && !held.lock.is_private()).then_some(held)
    }

    /// The opening that empties the locked file, with no other lock held: it made the handle, or a helper opens and locks in one.
    fn emptied_by_opening(&self, lock: &Held) -> Option<&Event> {
        let acquired = &self.events[lock.event as usize];
        let through_it = self.taken.get(&lock.event).is_some_and(|t| t.emptied);
        let in_one = |e: &Event| e.chain.is_some() && acquired.chain.is_some() && e.instance == acquired.instance;
        self.events[..lock.event as usize].iter().rev().find(|e| {
            e.kind == EventKind::Write(WriteKind::Truncate)
                && e.data.is_empty()
                && e.resource.resource().term == lock.lock
                && (through_it || in_one(e))
                && !e.held.iter().filter_map(|h| self.held_lock(*h)).any(|h| h.spec.reach == Reach::Process)
        })
    }

    /// A write of data to the locked file.
    fn filled_under(&self, lock: &Held) -> Option<&Event> {
        self.events[lock.event as usize..].iter().find(|e| {
            let fills = matches!(e.kind, EventKind::Write(WriteKind::Truncate | WriteKind::InPlace | WriteKind::AsOpened));
            fills && !e.data.is_empty() && e.held.contains(&lock.event) && e.resource.resource().term == lock.lock
        })
    }

    /// Whether other files are touched, or unknown code is run, under a lock.
    fn guards_more(&self, lock: &Held) -> bool {
        let other = |e: &&Event| match e.kind {
            EventKind::Read | EventKind::Write(_) | EventKind::ReplaceFrom { .. } => e.resource.resource().term != lock.lock,
            EventKind::Run { .. } => true,
            _ => false,
        };
        self.events.iter().filter(other).any(|e| e.held.contains(&lock.event))
    }
}

/// Whether a function returns, or yields, with this lock held.
pub(super) fn stays_locked(summary: &Summary, acquired: &Event) -> bool {
    let this = |h: &u32| summary.events.get(*h as usize).is_some_and(|e| e.site == acquired.site && e.chain == acquired.chain);
    summary.held.iter().chain(&summary.yield_held).any(this)
}
