//! Attempts to lock whose failure changes nothing: what follows is done with the lock or without it.

use smallvec::SmallVec;

use super::cycle::Held;
use super::domain::State;
use super::frame::Frame;
use crate::effect::{Event, EventId, EventKind, Reach, Way, WriteKind};
use crate::ir::{Handler, Op};
use crate::source::Lang;

/// Errors of another kind than that somebody else holds the lock.
const ABOUT_NAMES: [&str; 4] = ["ImportError", "ModuleNotFoundError", "AttributeError", "NameError"];

/// A write that happens whether an attempt to lock succeeded or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Unheeded {
    /// The attempt.
    pub lock: Held,
    /// The first write that relies on it.
    pub write: Event,
}

impl Frame<'_, '_> {
    /// The attempts that were made since this many events were seen.
    fn attempts_since(&self, known: usize) -> SmallVec<[EventId; 2]> {
        let attempt = |e: &Event| {
            matches!(&e.kind, EventKind::Acquire { spec, .. } if spec.way == Way::Try && spec.reach == Reach::Process) && e.chain.is_none()
        };
        (known..self.events.len()).filter(|n| attempt(&self.events[*n])).map(|n| n as EventId).collect()
    }

    /// A call whose result says whether the lock was taken, in a statement that drops that result: `let _ = file.try_lock();`. A `?` is
    /// no op of its own, but makes the statement longer than its call.
    pub(crate) fn heed_result(&mut self, op: &Op, next: Option<&Op>, known: usize) {
        let (Op::Call(call), Some(Op::Drop { vars, span, .. })) = (op, next) else { return };
        let semicolon = u32::from(span.start < call.span.start);
        if span.end > call.span.end + semicolon {
            return;
        }
        let tells_by_result = self.cx.program.files[self.file as usize].ir.lang == Lang::Rust;
        if tells_by_result && vars.contains(&call.dst) {
            let from = self.events.len() as EventId;
            let attempts = self.attempts_since(known);
            self.unheeded.extend(attempts.into_iter().map(|id| (id, from)));
        }
    }

    /// A handler that goes on after a failed attempt in the body, and leaves no trace of the failure. `handled` is the state after it,
    /// `done` the one after the body; `seen` and `acts` are counts from before the handler.
    pub(crate) fn heed_handler(&mut self, h: &Handler, states: [&State; 3], known: usize, seen: usize, acts: u32) {
        let [before, done, handled] = states;
        let about_names = h.types.iter().any(|t| ABOUT_NAMES.contains(&t.last()));
        let silent = self.events.len() == seen && self.acts == acts;
        if about_names || !silent || done.dead || handled.dead || tells_apart(h, before, done, handled) {
            return;
        }
        let attempts: Vec<EventId> = self.attempts_since(known).into_iter().filter(|id| (*id as usize) < seen).collect();
        let held = attempts.into_iter().filter(|id| done.held.contains(id));
        self.unheeded.extend(held.map(|id| (id, seen as EventId)));
    }

    /// The writes that follow such attempts with no other lock held.
    pub(crate) fn writes_unheeded(&self) -> Vec<Unheeded> {
        let writes = |e: &&Event| {
            let changes = !matches!(e.kind, EventKind::Write(WriteKind::CreateNew | WriteKind::Metadata));
            matches!(e.kind, EventKind::Write(_) | EventKind::ReplaceFrom { .. }) && changes && !e.resource.resource().term.is_private()
        };
        let first = |(id, from): &(EventId, EventId)| {
            let relies = |e: &&Event| {
                e.held.contains(id)
                    && e.held.iter().filter_map(|h| self.held_lock(*h)).all(|h| h.event == *id || h.spec.reach == Reach::Thread)
            };
            let write = self.events[*from as usize..].iter().filter(writes).find(relies)?;
            Some(Unheeded { lock: self.held_lock(*id)?, write: write.clone() })
        };
        self.unheeded.iter().filter_map(first).collect()
    }
}

/// Whether the code that follows can tell a failed attempt from one that succeeded: a variable or field is not the same.
fn tells_apart(h: &Handler, before: &State, done: &State, handled: &State) -> bool {
    let caught = |n: usize| h.name.is_some_and(|v| v.0 as usize == n);
    let vars = done.vars.iter().zip(&handled.vars).enumerate().any(|(n, (a, b))| !caught(n) && a != b);
    vars || done.heap.iter().any(|(place, v)| before.heap.get(place) != Some(v))
}
