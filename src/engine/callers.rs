//! Who calls a function that has open obligations, and under which locks. Knows calls, not ops.

use super::cycle::Held;
use super::frame::PendingEdge;
use super::program::FuncId;
use super::solve::{Edge, Solver};

impl Solver<'_> {
    /// Keeps the calls that the last look at a function has seen.
    pub(super) fn keep_calls(&mut self, caller: FuncId, seen: impl Iterator<Item = (PendingEdge, Vec<Held>)>) {
        let mut calls: Vec<(FuncId, Edge)> = Vec::new();
        for (e, held) in seen {
            match calls.iter_mut().find(|(callee, o)| *callee == e.callee && o.site == e.site) {
                // Loops and last parts are walked more than once: the weakest protection counts.
                Some((_, same)) => same.held.retain(|h| held.contains(h)),
                None => calls.push((e.callee, Edge { caller, site: e.site, held, args: e.args })),
            }
        }
        for (callee, edge) in calls {
            let list = self.own.callers.entry(callee).or_default();
            match list.iter_mut().find(|o| o.caller == caller && o.site == edge.site) {
                // What an earlier look saw, when less was known of what the function calls, is over.
                Some(earlier) => *earlier = edge,
                None => list.push(edge),
            }
        }
    }
}
