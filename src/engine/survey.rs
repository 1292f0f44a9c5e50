//! Which functions are analysed for their own sake, and in which order. Knows who calls whom and what is known to come of it, not values.

use super::acts::Acts;
use super::callgraph::CallGraph;
use super::program::FuncId;
use super::solve::{Progress, Solver};
use crate::ir::FuncIdx;

/// How often all functions are gone through, at most: once, and again for what calls that go round in a circle have left open.
const MAX_ROUNDS: u32 = 3;

/// What has been found out about a function on the way through all of them.
#[derive(Clone, Copy, Default)]
struct Seen {
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
    /// Every function that acts, and every other that calls what turned out to act in a way that deserves a look; callees first, so that
    /// what does nothing outside itself ends there. Where calls go round in a circle, some callees are seen too late: the callers of those
    /// are looked at again.
    pub(super) fn solve_all(&mut self, graph: &CallGraph, order: Vec<FuncId>) {
        let mut seen = vec![Seen::default(); graph.acts.len()];
        let mut now = 0;
        for _ in 0..MAX_ROUNDS {
            let before = now;
            for f in &order {
                let n = f.0 as usize;
                let (own, through, latest) = self.may_do(*f, graph, &mut seen);
                let due = if seen[n].looked == 0 { own.any() || through.any() } else { latest > seen[n].looked };
                if !due {
                    continue;
                }
                now += 1;
                seen[n].looked = now;
                self.relevant[n] = true;
                seen[n].worth = self.is_reported(*f) && (own.matters() || own.any() && through.matters() || through.deserves_a_look());
                seen[n].known = seen[n].worth && !self.is_nested(*f);
                let acts = if seen[n].known {
                    self.progress[n] = Progress::New;
                    self.summary(*f);
                    self.does(*f)
                } else {
                    own.and(through)
                };
                if !seen[n].acts.covers(acts) {
                    now += 1;
                    seen[n].grew = now;
                }
                seen[n].acts = acts;
            }
            if now == before {
                break;
            }
        }
        self.solve_together(&seen);
        // Closures are analysed where they are made, when it is known what they capture; these are those that nothing there calls.
        for f in order.into_iter().filter(|f| seen[f.0 as usize].worth) {
            if self.is_nested(f) {
                self.summary(f);
            }
        }
    }

    /// What one function reads into an object or a variable of its module, another may write back: methods belong together, and so do the
    /// functions of a file.
    fn solve_together(&mut self, seen: &[Seen]) {
        let program = self.program;
        let methods = program.types.iter().map(|t| t.methods.values().copied().collect());
        let functions = program.files.iter().enumerate().map(|(file, input)| {
            let indices = (0..input.ir.functions.len() as u32).map(FuncIdx);
            indices.map(|n| program.func_id(file as u32, n)).collect()
        });
        for group in methods.chain(functions) {
            self.solve_group(group, seen);
        }
    }

    fn solve_group(&mut self, mut group: Vec<FuncId>, seen: &[Seen]) {
        group.retain(|f| seen[f.0 as usize].acts.matters() && self.is_reported(*f));
        let all = group.iter().fold(Acts::default(), |acts, f| acts.and(seen[f.0 as usize].acts));
        if all.deserves_a_look() {
            group.sort_unstable();
            group.into_iter().for_each(|f| {
                self.summary(f);
            });
        }
    }

    /// What a function may do by its own text, what through its callees, and when the last of them was seen to do more than before.
    fn may_do(&self, f: FuncId, graph: &CallGraph, seen: &mut [Seen]) -> (Acts, Acts, u32) {
        let (mut through, mut latest) = (Acts::default(), 0);
        for c in graph.callees[f.0 as usize].iter().filter(|c| **c != f) {
            let n = c.0 as usize;
            if !seen[n].known && self.relevant[n] && matches!(self.progress[n], Progress::Done(_)) {
                // Something has needed it meanwhile.
                (seen[n].known, seen[n].acts) = (true, self.does(*c));
            }
            through = through.and(seen[n].acts);
            latest = latest.max(seen[n].grew);
        }
        (graph.acts[f.0 as usize], through, latest)
    }

    /// What an analysed function does.
    fn does(&self, f: FuncId) -> Acts {
        let acts = self.results[f.0 as usize].as_ref().map(|r| Acts::of(&r.summary)).unwrap_or_default();
        if self.owes[f.0 as usize] { acts.and(Acts::obligation()) } else { acts }
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
