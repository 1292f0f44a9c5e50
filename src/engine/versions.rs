//! Versions: functions that are defined several times under one name, as one for each platform. Knows what they do, not why there are several.

use super::program::{FuncId, Program};
use super::solve::Solver;
use crate::effect::{Domain, EventKind, Mode, Summary};

impl Program<'_> {
    /// All functions that are defined under the same name in the same place; none where there is only one.
    #[must_use]
    pub fn versions(&self, f: FuncId) -> &[FuncId] {
        self.versions.get(&f).map_or(&[], Vec::as_slice)
    }

    /// A function is defined under a name that has one already. What belongs to that one by a decorator (`@name.setter`) is no version of it.
    pub(super) fn add_version(&mut self, first: FuncId, f: FuncId) {
        let function = self.function(f).1;
        let part_of_it = |path: &str| path.strip_prefix(function.name.as_str()).is_some_and(|rest| rest.starts_with('.'));
        if self.function(first).0 != self.function(f).0 || function.decorators.iter().any(|d| part_of_it(d.path.as_str())) {
            return;
        }
        let mut group = self.versions.remove(&first).unwrap_or_else(|| vec![first]);
        group.push(f);
        for member in &group {
            self.versions.insert(*member, group.clone());
        }
    }
}

impl Solver<'_> {
    /// Of the versions of a function the one that counts: where one platform has no lock, the others' way with a lock; otherwise the one
    /// that does most.
    pub(crate) fn version(&mut self, f: FuncId) -> FuncId {
        let program = self.program;
        let mut best = f;
        let mut most = None;
        for v in program.versions(f) {
            let weight = weight(&self.summary(*v));
            if most.is_none_or(|m| weight > m) {
                (best, most) = (*v, Some(weight));
            }
        }
        best
    }
}

/// Whether a lock is held afterwards that other processes see, and how much is done.
fn weight(s: &Summary) -> (bool, usize, usize) {
    let strong = |h: &u32| {
        let taken = s.events.get(*h as usize).map(|e| &e.kind);
        matches!(taken, Some(EventKind::Acquire { spec, .. }) if spec.mode == Mode::Exclusive && spec.domain != Domain::Memory)
    };
    (s.held.iter().chain(&s.yield_held).any(strong), s.events.len(), s.stores.len())
}
