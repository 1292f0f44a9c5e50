//! What is analysed as one: packages that call one another, and what they need of others. A unit is analysed when those that it needs are
//! done, and sees what came of them; so the result is the same on any number of threads. Knows packages, not values.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::{FxHashMap, FxHashSet};

use super::callgraph::CallGraph;
use super::parts::side_by_side;
use super::program::{FuncId, Program};

/// The units of a program; those that a unit needs come before it.
pub(crate) struct Units {
    of_file: Vec<usize>,
    /// By unit: the others that it needs.
    needs: Vec<Vec<usize>>,
}

/// What the units that one needs have found out.
pub(crate) struct Earlier<'a, R> {
    units: &'a Units,
    needed: FxHashSet<usize>,
    solved: &'a [OnceLock<R>],
}

impl<'a, R> Earlier<'a, R> {
    /// What was found out by the unit of a file, if it is needed.
    pub(crate) fn of_file(&self, file: u32) -> Option<&'a R> {
        let unit = self.units.of_file[file as usize];
        if self.needed.contains(&unit) { self.solved[unit].get() } else { None }
    }
}

impl Units {
    /// `functions`: those that may have to be analysed. What only others call is worked out wherever it is needed. A package needs another
    /// if it may call one of these in it, and surely calls something in it: the names of methods alone are often chance.
    pub(crate) fn of(program: &Program<'_>, graph: &CallGraph, functions: &[FuncId]) -> Self {
        let package = |f: FuncId| graph.packages.of_file(program.function(f).0);
        let counted: FxHashSet<FuncId> = functions.iter().copied().collect();
        let mut calls = DiGraph::<u32, ()>::new();
        let mut nodes: FxHashMap<u32, NodeIndex> = FxHashMap::default();
        for file in 0..program.files.len() as u32 {
            let package = graph.packages.of_file(file);
            nodes.entry(package).or_insert_with(|| calls.add_node(package));
        }
        let between = |f: FuncId, callees: &[FuncId]| {
            callees.iter().map(move |c| (package(f), package(*c))).filter(|(a, b)| a != b).collect::<Vec<_>>()
        };
        let known: FxHashSet<(u32, u32)> =
            (0..program.function_count()).map(FuncId).flat_map(|f| between(f, &graph.direct[f.0 as usize])).collect();
        for f in functions {
            let callees = graph.callees[f.0 as usize].iter().filter(|c| counted.contains(c)).map(|c| (package(*f), package(*c)));
            for (from, to) in callees.filter(|pair| known.contains(pair)) {
                calls.update_edge(nodes[&from], nodes[&to], ());
            }
        }
        let circles = tarjan_scc(&calls);
        let mut unit_of: FxHashMap<u32, usize> = FxHashMap::default();
        for (unit, circle) in circles.iter().enumerate() {
            unit_of.extend(circle.iter().map(|n| (calls[*n], unit)));
        }
        let needs = |(unit, circle): (usize, &Vec<NodeIndex>)| {
            let mut needs: Vec<usize> = circle.iter().flat_map(|n| calls.neighbors(*n)).map(|n| unit_of[&calls[n]]).collect();
            needs.sort_unstable();
            needs.dedup();
            needs.retain(|n| *n != unit);
            needs
        };
        let needs = circles.iter().enumerate().map(needs).collect();
        let of_file = (0..program.files.len() as u32).map(|f| unit_of[&graph.packages.of_file(f)]).collect();
        Self { of_file, needs }
    }

    pub(crate) fn len(&self) -> usize {
        self.needs.len()
    }

    pub(crate) fn of_function(&self, program: &Program<'_>, f: FuncId) -> usize {
        self.of_file[program.function(f).0 as usize]
    }

    /// All that a unit needs, and what that needs.
    fn all_needs(&self, unit: usize) -> FxHashSet<usize> {
        let mut all = FxHashSet::default();
        let mut open = self.needs[unit].clone();
        while let Some(n) = open.pop() {
            if all.insert(n) {
                open.extend(&self.needs[n]);
            }
        }
        all
    }

    /// Works on all units, each after those that it needs, on so many threads with room for deep calls. The results by unit.
    pub(crate) fn solve<R: Send + Sync>(&self, threads: usize, work: impl Fn(usize, Earlier<'_, R>) -> R + Sync) -> Vec<R> {
        let solved: Vec<OnceLock<R>> = self.needs.iter().map(|_| OnceLock::new()).collect();
        let queue = Queue::new(&self.needs);
        side_by_side((0..threads.clamp(1, self.len().max(1))).collect(), |_| {
            while let Some(unit) = queue.take() {
                let earlier = Earlier { units: self, needed: self.all_needs(unit), solved: &solved };
                match catch_unwind(AssertUnwindSafe(|| work(unit, earlier))) {
                    Ok(result) => {
                        let first = solved[unit].set(result);
                        debug_assert!(first.is_ok(), "a unit is taken once");
                        queue.done(unit);
                    }
                    Err(panic) => {
                        queue.give_up();
                        resume_unwind(panic);
                    }
                }
            }
        });
        solved.into_iter().map(|s| s.into_inner().expect("the queue gives out every unit")).collect()
    }
}

/// Units that wait for others.
struct Queue {
    state: Mutex<State>,
    change: Condvar,
    /// By unit: those that need it.
    needed_by: Vec<Vec<usize>>,
}

struct State {
    /// By unit: how many that it needs are not done.
    missing: Vec<usize>,
    ready: Vec<usize>,
    /// How many are not done.
    left: usize,
}

impl Queue {
    fn new(needs: &[Vec<usize>]) -> Self {
        let mut needed_by = vec![Vec::new(); needs.len()];
        for (unit, needs) in needs.iter().enumerate() {
            needs.iter().for_each(|n| needed_by[*n].push(unit));
        }
        let missing: Vec<usize> = needs.iter().map(Vec::len).collect();
        let ready = (0..needs.len()).rev().filter(|u| missing[*u] == 0).collect();
        Self { state: Mutex::new(State { missing, ready, left: needs.len() }), change: Condvar::new(), needed_by }
    }

    /// A unit that waits for nothing; nothing when all are done.
    fn take(&self) -> Option<usize> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(unit) = state.ready.pop() {
                return Some(unit);
            }
            if state.left == 0 {
                return None;
            }
            state = self.change.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self, unit: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.left -= 1;
        for n in &self.needed_by[unit] {
            state.missing[*n] -= 1;
            if state.missing[*n] == 0 {
                state.ready.push(*n);
            }
        }
        self.change.notify_all();
    }

    /// Nobody is to wait for what will not come.
    fn give_up(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.left, state.ready) = (0, Vec::new());
        self.change.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::{Earlier, Units};

    /// Units of one file each.
    fn units(needs: &[&[usize]]) -> Units {
        Units { of_file: (0..needs.len()).collect(), needs: needs.iter().map(|n| n.to_vec()).collect() }
    }

    #[test]
    fn a_unit_sees_what_it_needs_and_nothing_else() {
        let units = units(&[&[], &[0], &[], &[1, 2]]);
        let sees = |unit: usize, earlier: Earlier<'_, Vec<u32>>| {
            let mut seen: Vec<u32> = (0..4).filter(|f| *f as usize != unit && earlier.of_file(*f).is_some()).collect();
            seen.sort_unstable();
            seen
        };
        for threads in [1, 2, 7] {
            assert_eq!(units.solve(threads, sees), [vec![], vec![0], vec![], vec![0, 1, 2]]);
        }
    }

    #[test]
    fn a_panic_ends_all_threads() {
        let units = units(&[&[], &[0], &[0]]);
        let run = || units.solve(2, |unit, _: Earlier<'_, ()>| assert_ne!(unit, 0, "on purpose"));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
    }
}
