//! Attempts to lock whose failure changes nothing: what follows is done with the lock or without it.

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::cases::truth_of;
use super::cycle::Held;
use super::domain::{State, add_all, alternatives};
use super::frame::{Exit, Frame};
use super::program::Resolved;
use super::truncation::stays_locked;
use crate::effect::{Answer, Event, EventId, EventKind, Outcome, Reach, Summary, Term, Value, Way, WriteKind};
use crate::ir::{Callee, Function, Handler, Op, Use, Var, uses};
use crate::source::{Lang, Sym};

/// Errors of another kind than that somebody else holds the lock.
const ABOUT_NAMES: [&str; 4] = ["ImportError", "ModuleNotFoundError", "AttributeError", "NameError"];

/// What is done whether an attempt to lock succeeded or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Unheeded {
    /// The attempt.
    pub lock: Held,
    /// The first write that relies on it; `None` where the function hands the lock on as if it were taken.
    pub write: Option<Event>,
}

impl Frame<'_, '_> {
    /// The attempts that were made since this many events were seen.
    fn attempts_since(&self, known: usize) -> SmallVec<[EventId; 2]> {
        let attempt = |e: &Event| {
            matches!(&e.kind, EventKind::Acquire { spec, .. } if spec.way == Way::Try && spec.reach == Reach::Process) && e.chain.is_none()
        };
        (known..self.events.len()).filter(|n| attempt(&self.events[*n])).map(|n| n as EventId).collect()
    }

    /// Nobody will learn how these attempts went.
    fn unheeded_since(&mut self, known: usize) {
        let attempts = self.attempts_since(known);
        self.unheeded_from_here(&attempts);
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
            self.unheeded_since(known);
        }
    }

    /// A call of a function that says by its result whether it has taken these locks, and nobody looks at it.
    pub(crate) fn heed_told(&mut self, result: Var, told: &[EventId]) {
        if !told.is_empty() && !self.is_looked_at(result, false) {
            self.unheeded_from_here(told);
        }
    }

    /// Until the result is looked at, these attempts may have been in vain.
    pub(crate) fn awaits_test(&mut self, result: Var, told: &[EventId]) {
        if !told.is_empty() && self.is_only_tested(result) {
            add_all(&mut self.state.untested, &SmallVec::<[EventId; 2]>::from_slice(told));
        }
    }

    /// Whether all that is done with a value is to test it, and to call methods of which the result is not used.
    fn is_only_tested(&self, var: Var) -> bool {
        let mut vars = vec![var];
        let mut next = 0;
        while let Some(var) = vars.get(next).copied() {
            next += 1;
            let uses = uses(&self.ir.body, var);
            let goes_on = |u: &Use| match u {
                Use::Other => true,
                Use::Receiver(c) => !self::uses(&self.ir.body, c.dst).is_empty(),
                Use::Test | Use::Copy(_) => false,
            };
            if self.is_captured(var) || uses.iter().any(goes_on) {
                return false;
            }
            let copies = uses.iter().filter_map(|u| if let Use::Copy(v) = u { Some(*v) } else { None });
            let new: Vec<Var> = copies.filter(|v| !vars.contains(v)).collect();
            vars.extend(new);
        }
        true
    }

    /// A write, of what was read under a lock of which it is not known yet whether it was taken.
    pub(crate) fn heed_write(&mut self, id: EventId) {
        let e = &self.events[id as usize];
        let under = |h: &EventId| {
            let is_read = |r: EventId| self.events.get(r as usize).is_some_and(|r| r.kind == EventKind::Read && r.held.contains(h));
            e.held.contains(h) && e.data.events().any(is_read)
        };
        let locks: SmallVec<[EventId; 1]> = self.state.untested.iter().copied().filter(under).collect();
        for lock in locks {
            if !self.unheeded.iter().any(|u| u.0 == lock) {
                self.unheeded.push((lock, id));
            }
        }
    }

    /// A context manager was entered that says by what it gives whether it has taken these locks.
    pub(crate) fn heed_entering(&mut self, given: Option<Var>, told: &[EventId]) {
        match given {
            Some(v) => {
                self.heed_told(v, told);
                self.tells(v, SmallVec::from_slice(told));
            }
            None => self.unheeded_from_here(told),
        }
    }

    fn unheeded_from_here(&mut self, locks: &[EventId]) {
        let from = self.events.len() as EventId;
        for id in locks {
            if !self.unheeded.iter().any(|u| u.0 == *id) {
                self.unheeded.push((*id, from));
            }
        }
    }

    /// A call that says by a truth value whether the lock was taken, and nobody looks at it: `match file.try_lock() { Ok(_) => … }`.
    pub(crate) fn heed_answer(&mut self, result: Var, answer: Answer, known: usize) {
        let manifest = self.cx.program.files[self.file as usize].manifest.as_deref();
        let asks_for = |(package, version): (Sym, Sym)| manifest.is_some_and(|m| m.asks_for(package.as_str(), version.as_str()));
        if answer.with.is_none_or(asks_for) && !self.is_looked_at(result, answer.in_success) {
            self.unheeded_since(known);
        }
    }

    /// Whether the truth value of a result, or inside of it, is used at all. Whether the result is a success says nothing of that.
    fn is_looked_at(&self, result: Var, inside: bool) -> bool {
        let mut vars = vec![(result, inside)];
        let mut next = 0;
        while let Some((var, inside)) = vars.get(next).copied() {
            next += 1;
            if self.is_captured(var) {
                return true;
            }
            for u in uses(&self.ir.body, var) {
                let same = match u {
                    Use::Test if inside => continue,
                    Use::Receiver(c) if inside => match &c.callee {
                        Callee::Method { name, .. } => match self.outcome(*name) {
                            Some(Outcome::Asks) => continue,
                            Some(Outcome::Unwraps) => c.dst,
                            None => return true,
                        },
                        _ => return true,
                    },
                    Use::Copy(v) => v,
                    Use::Test | Use::Receiver(_) | Use::Other => return true,
                };
                if !vars.iter().any(|(v, _)| *v == same) {
                    vars.push((same, false));
                }
            }
        }
        false
    }

    fn is_captured(&self, var: Var) -> bool {
        let functions = &self.cx.program.files[self.file as usize].ir.functions;
        let inner = |f: &&Function| f.parent.is_some_and(|p| std::ptr::eq(&functions[p.0 as usize], self.ir));
        functions.iter().filter(inner).any(|f| f.captures.iter().any(|c| c.outer == var))
    }

    /// One way of a branch, in which nothing was done to files. Its tests have told that these attempts were in vain: if that way goes on,
    /// and what follows cannot tell, what follows is done with the lock or without it.
    pub(crate) fn heed_denial(&self, denied: &SmallVec<[EventId; 2]>, before: &State, after: &mut State) {
        let in_vain = |h: &EventId| !after.held.contains(h) && self.is_attempt(*h);
        let locks: SmallVec<[EventId; 2]> = denied.iter().copied().filter(in_vain).collect();
        let is_new = |h: &EventId| !before.held.contains(h);
        if !locks.is_empty() && !after.dead && !after.held.iter().any(is_new) && !changes(before, after) {
            add_all(&mut after.untested, &locks);
        }
    }

    /// A handler that goes on after a failed attempt in the body, and leaves no trace of the failure. `handled` is the state after it,
    /// `entry` the one before it, `done` the one after the body; `seen` and `unknown`, of calls of which
    /// nothing is known, are counts from before the handler.
    pub(crate) fn heed_handler(&mut self, h: &Handler, states: [&State; 4], known: usize, seen: usize, unknown: u32) {
        let [_, done, _, handled] = states;
        let silent = self.events.len() == seen && self.unknown_calls == unknown;
        if is_about_names(h) || !silent || done.dead || handled.dead || self.tells_apart(h, states) {
            return;
        }
        let is_lock = |e: &Event| matches!(&e.kind, EventKind::Acquire { spec, .. } if spec.reach == Reach::Process) && e.chain.is_none();
        let timed_out = |id: &usize| self.says_busy(h) && is_lock(&self.events[*id]);
        let in_vain: SmallVec<[EventId; 2]> = (known..seen).filter(timed_out).map(|id| id as EventId).collect();
        let attempts = self.attempts_since(known).into_iter().filter(|id| (*id as usize) < seen && !in_vain.contains(id));
        let held = in_vain.iter().copied().chain(attempts).filter(|id| done.held.contains(id));
        let held: Vec<_> = held.map(|id| (id, seen as EventId)).collect();
        self.unheeded.extend(held);
    }

    /// Whether a handler is for what is raised if somebody else holds the lock.
    pub(super) fn says_busy(&self, h: &Handler) -> bool {
        let program = self.cx.program;
        let says_busy = |t: &Sym| match program.resolve(self.file, self.ir.scope, *t) {
            Resolved::External(path) => self.lib.says_busy(path),
            _ => false,
        };
        h.types.iter().any(says_busy)
    }

    /// Whether the code that follows can tell a failed attempt from one that succeeded: a variable or field is not the same.
    fn tells_apart(&self, h: &Handler, [before, done, entry, handled]: [&State; 4]) -> bool {
        let goes_on = |n: usize| self.ir.vars[n].name.is_some() && h.name.is_none_or(|v| v.0 as usize != n);
        // What only the handler knows is for the handler.
        let vars = done.vars.iter().zip(handled.vars.iter()).enumerate().any(|(n, (a, b))| goes_on(n) && a.is_some() && a != b);
        let stores = |from: &State, to: &State| to.heap.iter().any(|(place, v)| from.heap.get(place) != Some(v));
        vars || stores(before, done) || stores(entry, handled)
    }

    /// Attempts of which a caller does not learn how they went: in vain, the function ends as it ends with the lock.
    pub(crate) fn untold_attempts(&self) -> SmallVec<[EventId; 2]> {
        let alike = |a: &Exit, b: &Exit| a.value.term == b.value.term && a.value.term != Term::Unknown;
        let as_with_it = |(e, id): &(&Exit, EventId)| self.exits.iter().any(|o| o.state.held.contains(id) && alike(e, o));
        self.denied_exits().filter(as_with_it).map(|(_, id)| id).collect()
    }

    /// Attempts of which the result tells how they went: in vain, the function ends with a value that is false, and otherwise with one that
    /// is not.
    pub(crate) fn told_attempts(&self) -> SmallVec<[EventId; 2]> {
        let tells = |id: &EventId| self.exits.iter().all(|e| (truth_of(&e.value) == Some(false)) != e.state.held.contains(id));
        let mut told: SmallVec<[EventId; 2]> = self.denied_exits().map(|(_, id)| id).filter(tells).collect();
        told.sort_unstable();
        told.dedup();
        told
    }

    /// Attempts of which the value that is yielded tells how they went: in vain on some ways here, and the value is true on some and false on
    /// others.
    pub(crate) fn told_by_yield(&self, value: &Value) -> SmallVec<[EventId; 2]> {
        let truths: SmallVec<[Option<bool>; 4]> = alternatives(&value.term).map(|t| truth_of(&Value::of(*t))).collect();
        if ![Some(true), Some(false)].iter().all(|t| truths.contains(t)) {
            return SmallVec::new();
        }
        self.state.held.iter().copied().filter(|h| self.state.denied.contains(h) && self.is_attempt(*h)).collect()
    }

    fn is_attempt(&self, lock: EventId) -> bool {
        self.taken.get(&lock).is_some_and(|t| t.spec.way != Way::Blocking)
    }

    /// The ways out on which an attempt to lock was made in vain.
    fn denied_exits(&self) -> impl Iterator<Item = (&Exit, EventId)> {
        let of_exit = |e: &Exit| e.state.denied.iter().copied().filter(|id| self.is_attempt(*id) && !e.state.held.contains(id)).collect();
        self.exits.iter().flat_map(move |e| {
            let denied: SmallVec<[EventId; 2]> = of_exit(e);
            denied.into_iter().map(move |id| (e, id))
        })
    }

    /// The writes that follow such attempts with no other lock held, and the locks that are handed on.
    pub(crate) fn unheeded_locks(&self, summary: &Summary) -> Vec<Unheeded> {
        let writes = |e: &&Event| {
            let changes = !matches!(e.kind, EventKind::Write(WriteKind::CreateNew | WriteKind::Metadata));
            matches!(e.kind, EventKind::Write(_) | EventKind::ReplaceFrom { .. }) && changes && !e.resource.resource().term.is_private()
        };
        let first = |(id, from): &(EventId, EventId)| {
            let in_vain = |h: Held| h.spec.reach == Reach::Thread || self.unheeded.iter().any(|u| u.0 == h.event);
            let relies = |e: &&Event| e.held.contains(id) && e.held.iter().filter_map(|h| self.held_lock(*h)).all(in_vain);
            let write = self.events[*from as usize..].iter().filter(writes).find(relies).cloned();
            let handed_on = || stays_locked(summary, &self.events[*id as usize]);
            (write.is_some() || handed_on()).then_some(Unheeded { lock: self.held_lock(*id)?, write })
        };
        let mut found: Vec<Unheeded> = self.unheeded.iter().filter_map(first).collect();
        // One lock or another, as the system has it.
        let mut written = FxHashSet::default();
        found.retain(|u| u.write.as_ref().is_none_or(|w| written.insert(w.site)));
        found
    }
}

/// Whether a handler is for errors of another kind than that a lock was not taken.
pub(super) fn is_about_names(h: &Handler) -> bool {
    h.types.iter().any(|t| ABOUT_NAMES.contains(&t.last()))
}

/// Whether a variable that held something, or a field, holds something else now.
fn changes(before: &State, after: &State) -> bool {
    let vars = before.vars.iter().zip(after.vars.iter()).any(|(a, b)| a.is_some() && a != b);
    vars || after.heap.iter().any(|(place, v)| before.heap.get(place) != Some(v))
}
