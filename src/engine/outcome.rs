//! Outcomes: what is known where they have been tested. Where a call failed that takes a lock, the lock is not held.

use smallvec::SmallVec;

use super::domain::add_all;
use super::frame::Frame;
use crate::effect::{Dep, Deps, Event, EventId, EventKind, Term, Value};
use crate::ir::{Test, Var};
use crate::source::Span;

impl Frame<'_, '_> {
    /// What holds in one way of a branch.
    pub(crate) fn assume(&mut self, tests: &[Test]) {
        for t in tests {
            let v = self.var(t.var);
            // What a caller gives may turn out to be data of a file too.
            let given = |d: &Dep| matches!(d, Dep::Place(p) if matches!(p.term(), Term::Param(_)));
            let deps: Deps = v.deps.iter().filter(|d| matches!(d, Dep::Event(_)) || given(d)).cloned().collect();
            self.state.under.extend(&deps);
            self.state.learn_case(t.var, t.truth);
            self.learn_condition(t);
            if let Some(told) = self.told_by.get(&t.var).filter(|_| !self.state.untested.is_empty()) {
                self.state.untested.retain(|h| !told.contains(h));
            }
            if !t.truth {
                self.not_taken(t.var, &v);
                self.never_made(&v);
            }
        }
    }

    /// A call was made, with its result in `dst`: the locks that it took itself are taken if the result is a success, and so are those of
    /// which the callee tells by it. `known` events came before it.
    pub(crate) fn tells_by(&mut self, dst: Var, call: Span, known: usize, told: &[EventId]) {
        let is_own = |e: &Event| matches!(e.kind, EventKind::Acquire { .. }) && e.chain.is_none() && e.site.span == call;
        let new = known as EventId..self.events.len() as EventId;
        let before = self.told_by.get(&dst).into_iter().flatten().copied();
        let mut taken: SmallVec<[EventId; 2]> = before.chain(new).filter(|id| is_own(&self.events[*id as usize])).collect();
        add_all::<2, 2>(&mut taken, &SmallVec::from_slice(told));
        self.tells(dst, taken);
    }

    /// A variable gets the value of another one, or something else.
    pub(crate) fn tells_as(&mut self, dst: Var, from: Option<Var>) {
        let taken = from.and_then(|v| self.told_by.get(&v).cloned()).unwrap_or_default();
        self.tells(dst, taken);
    }

    pub(super) fn tells(&mut self, dst: Var, taken: SmallVec<[EventId; 2]>) {
        if !taken.is_empty() {
            self.told_by.insert(dst, taken);
        } else if !self.told_by.is_empty() {
            self.told_by.remove(&dst);
        }
    }

    /// Here the value of a variable is no success: it does not tell that a lock was taken, nor is it the guard of one.
    fn not_taken(&mut self, outcome: Var, value: &Value) {
        let told = self.told_by.get(&outcome);
        let is_told = |h: &EventId| told.is_some_and(|t| t.contains(h)) || self.is_guard(value, *h);
        let denied: SmallVec<[EventId; 2]> = self.state.held.iter().copied().filter(is_told).collect();
        self.state.held.retain(|h| !denied.contains(h));
        add_all(&mut self.state.denied, &denied);
        denied.into_iter().for_each(|d| self.is_there_already(d));
    }

    /// The locks that the last act of a block took, which `known` events and `acts` acts came before: an exception that leaves the block
    /// comes from that act, or from one before it.
    pub(crate) fn taken_last(&self, known: usize, acts: u32) -> SmallVec<[EventId; 2]> {
        let by_last_act = |h: &EventId| {
            let in_block = *h as usize >= known || self.acts > acts;
            in_block && self.events[*h as usize].chain.is_none() && self.taken.get(h).is_some_and(|t| t.acts == self.acts)
        };
        self.state.held.iter().copied().filter(by_last_act).collect()
    }
}
