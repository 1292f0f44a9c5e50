//! Which functions are analysed for their own sake, and in which order. Knows who calls whom and what is known to come of it, not values.

use std::collections::BTreeMap;

use super::acts::Acts;
use super::callgraph::CallGraph;
use super::program::{FuncId, TypeId};
use super::solve::{Progress, Solver};
use crate::effect::{Dep, EventKind, Summary, Term};

/// How often all functions are gone through, at most: once, and again for what calls that go round in a circle have left open.
const MAX_ROUNDS: u32 = 3;

/// What has been found out about a function on the way through all of them.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
    acts: Acts,
    /// Whether its acts are those of its summary, and not only what it may do.
    known: bool,
    /// When it was last looked at; 0 for never.
    looked: u32,
    /// When it was last seen to do more than before.
    grew: u32,
    /// Whether it is to be analysed for its own sake.
    worth: bool,
}

impl Solver<'_> {
    /// Every function of a unit that acts, and every other that calls what turned out to act in a way that deserves a look; callees first,
    /// so that what does nothing outside itself ends there. Where calls go round in a circle, some callees are seen too late: the callers of
    /// those are looked at again.
    pub(super) fn solve_all(&mut self, graph: &CallGraph, order: &[FuncId]) {
        let mut now = 0;
        for _ in 0..MAX_ROUNDS {
            let before = now;
            for f in order {
                let (own, through, latest) = self.may_do(*f, graph);
                let looked = self.seen(*f).looked;
                let due = if looked == 0 { own.any() || through.any() } else { latest > looked };
                if due {
                    self.look(*f, own, through, &mut now);
                }
            }
            if now == before {
                break;
            }
        }
        self.solve_together(order);
        // Closures are analysed where they are made, when it is known what they capture; these are those that nothing there calls.
        for f in order {
            if self.is_nested(*f) && self.seen(*f).worth {
                self.summary(*f);
            }
        }
    }

    /// Looks at a function that does this by its own text and this through others, and analyses it if that is worth it.
    fn look(&mut self, f: FuncId, own: Acts, through: Acts, now: &mut u32) {
        *now += 1;
        let worth = self.is_reported(f) && (own.matters() || own.any() && through.matters() || through.deserves_a_look());
        let analysed = worth && !self.is_nested(f);
        let known = self.knowledge(f);
        known.relevant = true;
        (known.seen.looked, known.seen.worth, known.seen.known) = (*now, worth, analysed);
        let acts = if analysed {
            known.progress = Progress::New;
            self.summary(f);
            self.does(f)
        } else {
            own.and(through)
        };
        let seen = &mut self.knowledge(f).seen;
        if !seen.acts.covers(acts) {
            *now += 1;
            seen.grew = *now;
        }
        seen.acts = acts;
    }

    fn seen(&self, f: FuncId) -> Seen {
        self.known(f).map(|k| k.seen).unwrap_or_default()
    }

    /// What one function reads into an object or a variable of its module, another may write back: methods belong together, and so do the
    /// functions of a file. Those that write are looked at first; the others only if one of those writes what it finds in such a place.
    fn solve_together(&mut self, order: &[FuncId]) {
        let mut acting: Vec<FuncId> = order.iter().copied().filter(|f| self.seen(*f).acts.matters() && self.is_reported(*f)).collect();
        acting.sort_unstable();
        let mut types: BTreeMap<TypeId, Vec<FuncId>> = BTreeMap::new();
        let mut files: BTreeMap<u32, Vec<FuncId>> = BTreeMap::new();
        for f in acting {
            if let Some(t) = self.program.owner(f) {
                types.entry(t).or_default().push(f);
            }
            files.entry(self.program.function(f).0).or_default().push(f);
        }
        for group in types.into_values().chain(files.into_values()) {
            let all = group.iter().fold(Acts::default(), |acts, f| acts.and(self.seen(*f).acts));
            if !all.deserves_a_look() {
                continue;
            }
            let (writing, others): (Vec<FuncId>, Vec<FuncId>) = group.into_iter().partition(|f| self.seen(*f).acts.may_write());
            let written: Vec<_> = writing.into_iter().map(|f| self.summary(f)).collect();
            if written.iter().any(|s| writes_what_it_finds(s)) {
                others.into_iter().for_each(|f| {
                    self.summary(f);
                });
            }
        }
    }

    /// What a function may do by its own text, what through its callees, and when the last of them was seen to do more than before.
    fn may_do(&mut self, f: FuncId, graph: &CallGraph) -> (Acts, Acts, u32) {
        let (mut through, mut latest) = (Acts::default(), 0);
        for c in graph.callees[f.0 as usize].iter().filter(|c| **c != f) {
            let Some(callee) = self.known(*c) else { continue };
            let mut seen = callee.seen;
            if !seen.known && callee.relevant && matches!(callee.progress, Progress::Done(_)) {
                // Something has needed it meanwhile.
                (seen.known, seen.acts) = (true, self.does(*c));
                if let Some(own) = self.own.functions.get_mut(c) {
                    own.seen = seen;
                }
            }
            through = through.and(seen.acts);
            latest = latest.max(if self.own.functions.contains_key(c) { seen.grew } else { 0 });
        }
        (graph.acts[f.0 as usize], through, latest)
    }

    /// What an analysed function does.
    fn does(&self, f: FuncId) -> Acts {
        let Some(known) = self.known(f) else { return Acts::default() };
        let acts = known.result.as_ref().map(|r| Acts::of(&r.summary)).unwrap_or_default();
        if known.owes { acts.and(Acts::obligation()) } else { acts }
    }

    /// Whether findings in it are reported. What is not is analysed only where something else calls it.
    fn is_reported(&self, f: FuncId) -> bool {
        let (file, _) = self.program.function(f);
        !self.program.files[file as usize].excluded
    }

    /// A function that is made while another one runs.
    fn is_nested(&self, f: FuncId) -> bool {
        self.program.function(f).1.parent.is_some_and(|p| p.0 != 0)
    }
}

/// Whether a function writes what it finds in a field or a variable of a module.
fn writes_what_it_finds(s: &Summary) -> bool {
    let found = |d: &Dep| matches!(d, Dep::Place(p) if matches!(p.term().root(), Term::Param(0) | Term::Global(_)));
    s.events.iter().any(|e| matches!(e.kind, EventKind::Write(_) | EventKind::ReplaceFrom { .. }) && e.data.iter().any(found))
}
