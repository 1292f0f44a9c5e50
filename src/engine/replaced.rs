//! Locks on files that are replaced by others around the lock: before it is taken, or between it and whoever comes next.

use super::cycle::{Cycle, Held};
use super::frame::Frame;
use crate::effect::{Event, EventId, EventKind, Mode, Reach, WriteKind};

/// A lock whose file is replaced by another in the function that takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Replaced {
    /// The lock.
    pub lock: Held,
    /// What puts another file in its file's place.
    pub write: Event,
    /// It happens before the lock is taken: each caller locks a file of its own. Otherwise it happens after that: whoever opens the path
    /// next locks another file.
    pub before: bool,
}

impl Frame<'_, '_> {
    /// The locks and replacements that meet in this function, outside of its cycles.
    pub(crate) fn replaced_locks(&self, cycles: &[Cycle]) -> Vec<Replaced> {
        let mut out: Vec<Replaced> = Vec::new();
        for n in 0..self.events.len() {
            let Some(lock) = self.advisory_lock(n as EventId).filter(|h| h.spec.mode == Mode::Exclusive) else { continue };
            if self.guarded_by_another(&self.events[n], &lock) {
                continue;
            }
            let found = self.replaced_before(&lock).map(|w| (w, true)).or_else(|| self.replaced_after(&lock).map(|w| (w, false)));
            let Some((write, before)) = found else { continue };
            let told = cycles.iter().any(|c| c.write.site == write.site) || out.iter().any(|r| r.write.site == write.site);
            if !told && !in_one_call(&self.events[n], write) {
                out.push(Replaced { lock, write: write.clone(), before });
            }
        }
        out
    }

    /// The file is put in place anew each time, whatever was there, and then opened and locked.
    fn replaced_before(&self, lock: &Held) -> Option<&Event> {
        let looked_at = |w: &Event| {
            let of_path = |e: EventId| self.events.get(e as usize).is_some_and(|e| e.resource.resource().term == lock.lock);
            w.under.events().any(of_path)
        };
        let locked = |w: &Event| w.held.iter().filter_map(|h| self.held_lock(*h)).any(|h| h.lock == lock.lock);
        let mut earlier = self.events[..lock.event as usize].iter();
        earlier.find(|w| replaces(w, lock) && !looked_at(w) && !locked(w) && !self.guarded_by_another(w, lock))
    }

    /// The locked file gives way to another one, and nobody who gets the lock looks whether the path still names its file.
    fn replaced_after(&self, lock: &Held) -> Option<&Event> {
        let mut later = self.events[lock.event as usize + 1..].iter();
        later.find(|w| replaces(w, lock) && !self.looked_at_again(lock, &lock.lock) && !self.guarded_by_another(w, lock))
    }

    /// Another lock that excludes other processes is held.
    fn guarded_by_another(&self, e: &Event, lock: &Held) -> bool {
        let strong = |h: &Held| h.spec.mode == Mode::Exclusive && h.spec.reach == Reach::Process;
        e.held.iter().filter_map(|h| self.held_lock(*h)).any(|h| strong(&h) && h.lock != lock.lock && !h.lock.is_private())
    }
}

/// Whether a write puts another file in the place of the locked one.
fn replaces(w: &Event, lock: &Held) -> bool {
    let kind = matches!(w.kind, EventKind::Write(WriteKind::Replace) | EventKind::ReplaceFrom { exclusive: false, .. });
    kind && w.resource.resource().term == lock.lock
}

/// Both come from the same call: it is the callee's.
fn in_one_call(a: &Event, b: &Event) -> bool {
    a.chain.is_some() && b.chain.is_some() && a.instance == b.instance
}
