//! What is analysed as one: files that call one another, and what they need of others. A unit is analysed when those that it needs are
//! done, and sees what came of them; so the result is the same on any number of threads. Knows files, not values.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::{FxHashMap, FxHashSet};

use super::callgraph::CallGraph;
use super::parts::side_by_side;
use super::program::{FuncId, Program};

/// A unit takes up further files until it has so many functions: what several functions need is worked out once in a unit.
const ENOUGH: usize = 300;

/// The units of a program; those that a unit needs come before it.
pub(crate) struct Units {
    of_file: Vec<usize>,
    /// By unit: how many functions may have to be analysed.
    sizes: Vec<usize>,
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
    /// `functions`: those that may have to be analysed. What only others call is worked out wherever it is needed. A file needs another
    /// if it may call one of these in it. Where they are of different packages, its package also has to call something in the other by a
    /// name that tells where it is: the names of methods alone are often chance.
    pub(crate) fn of(program: &Program<'_>, graph: &CallGraph, functions: &[FuncId]) -> Self {
        let file = |f: FuncId| program.function(f).0;
        let package = |f: FuncId| graph.packages.of_file(file(f));
        let counted: FxHashSet<FuncId> = functions.iter().copied().collect();
        let direct = (0..program.function_count()).map(FuncId).flat_map(|f| graph.direct[f.0 as usize].iter().map(move |c| (f, *c)));
        let known: FxHashSet<(u32, u32)> = direct.map(|(f, c)| (package(f), package(c))).collect();
        let mut calls = DiGraph::<usize, ()>::new();
        let nodes: Vec<NodeIndex> = program.files.iter().map(|_| calls.add_node(0)).collect();
        for f in functions {
            let from = nodes[file(*f) as usize];
            calls[from] += 1;
            for c in graph.callees[f.0 as usize].iter().filter(|c| counted.contains(c)) {
                let to = nodes[file(*c) as usize];
                if from != to && (package(*f) == package(*c) || known.contains(&(package(*f), package(*c)))) {
                    calls.update_edge(from, to, ());
                }
            }
        }
        let (of_file, sizes) = together(&calls, &tarjan_scc(&calls), |file| graph.packages.of_file(file as u32));
        let mut needs = vec![Vec::new(); sizes.len()];
        for edge in calls.raw_edges() {
            let (from, to) = (of_file[edge.source().index()], of_file[edge.target().index()]);
            if from != to {
                needs[from].push(to);
            }
        }
        for needs in &mut needs {
            needs.sort_unstable();
            needs.dedup();
        }
        Self { of_file, needs, sizes }
    }

    /// By unit: those of its functions that more than one other unit may call. What is known of them when a unit is done need not be worked
    /// out by each of the others. `functions`: by unit, those that may have to be analysed.
    pub(crate) fn shared(&self, program: &Program<'_>, graph: &CallGraph, functions: &[Vec<FuncId>]) -> Vec<Vec<FuncId>> {
        // By function: another unit that calls it, and whether there is a second one.
        let mut called: FxHashMap<FuncId, (usize, bool)> = FxHashMap::default();
        for (unit, of_unit) in functions.iter().enumerate() {
            for callee in of_unit.iter().flat_map(|f| &graph.callees[f.0 as usize]) {
                if self.of_function(program, *callee) != unit {
                    let (first, by_several) = called.entry(*callee).or_insert((unit, false));
                    *by_several |= *first != unit;
                }
            }
        }
        let is_shared = |f: &FuncId| called.get(f).is_some_and(|(_, by_several)| *by_several);
        functions.iter().map(|of_unit| of_unit.iter().copied().filter(is_shared).collect()).collect()
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
        let queue = Queue::new(&self.needs, &self.sizes);
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

/// Puts files together, a circle never apart: those of a package that are as far from files that need nothing, so that none of them needs
/// another. Gives the unit of each file, and the functions of each unit. `circles`: those that one needs before it.
fn together(calls: &DiGraph<usize, ()>, circles: &[Vec<NodeIndex>], package: impl Fn(usize) -> u32) -> (Vec<usize>, Vec<usize>) {
    // By file; none is set yet for the files of a circle that is looked at.
    let mut level: Vec<Option<usize>> = vec![None; calls.node_count()];
    let mut by_place: BTreeMap<(usize, u32), Vec<&Vec<NodeIndex>>> = BTreeMap::new();
    for circle in circles {
        let below = circle.iter().flat_map(|file| calls.neighbors(*file)).filter_map(|n| level[n.index()]);
        let here = below.map(|level| level + 1).max().unwrap_or(0);
        circle.iter().for_each(|file| level[file.index()] = Some(here));
        by_place.entry((here, package(circle[0].index()))).or_default().push(circle);
    }
    let mut of_file = vec![0; calls.node_count()];
    let mut sizes = Vec::new();
    for circles in by_place.values() {
        let mut size = usize::MAX;
        for circle in circles {
            let more: usize = circle.iter().map(|file| calls[*file]).sum();
            if size.saturating_add(more) > ENOUGH {
                sizes.push(0);
                size = 0;
            }
            size += more;
            let unit = sizes.len() - 1;
            sizes[unit] = size;
            circle.iter().for_each(|file| of_file[file.index()] = unit);
        }
    }
    (of_file, sizes)
}

/// Units that wait for others.
struct Queue {
    state: Mutex<State>,
    change: Condvar,
    /// By unit: those that need it.
    needed_by: Vec<Vec<usize>>,
    /// By unit: how much waits for it, itself included.
    weight: Vec<usize>,
}

struct State {
    /// By unit: how many that it needs are not done.
    missing: Vec<usize>,
    /// The one that most waits for is taken first.
    ready: BinaryHeap<(usize, Reverse<usize>)>,
    /// How many are not done.
    left: usize,
}

impl Queue {
    fn new(needs: &[Vec<usize>], sizes: &[usize]) -> Self {
        let mut needed_by = vec![Vec::new(); needs.len()];
        for (unit, needs) in needs.iter().enumerate() {
            needs.iter().for_each(|n| needed_by[*n].push(unit));
        }
        let mut weight = sizes.to_vec();
        for unit in (0..needs.len()).rev() {
            weight[unit] += needed_by[unit].iter().map(|n| weight[*n]).max().unwrap_or(0);
        }
        let missing: Vec<usize> = needs.iter().map(Vec::len).collect();
        let ready = (0..needs.len()).filter(|u| missing[*u] == 0).map(|u| (weight[u], Reverse(u))).collect();
        Self { state: Mutex::new(State { missing, ready, left: needs.len() }), change: Condvar::new(), needed_by, weight }
    }

    /// A unit that waits for nothing; nothing when all are done.
    fn take(&self) -> Option<usize> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some((_, Reverse(unit))) = state.ready.pop() {
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
                state.ready.push((self.weight[*n], Reverse(*n)));
            }
        }
        self.change.notify_all();
    }

    /// Nobody is to wait for what will not come.
    fn give_up(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.left, state.ready) = (0, BinaryHeap::new());
        self.change.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use petgraph::algo::tarjan_scc;
    use petgraph::graph::DiGraph;

    use super::{ENOUGH, Earlier, Units, together};

    /// Units of one file each.
    fn units(needs: &[&[usize]]) -> Units {
        Units { of_file: (0..needs.len()).collect(), sizes: vec![1; needs.len()], needs: needs.iter().map(|n| n.to_vec()).collect() }
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
    fn files_are_together_if_none_needs_another_or_all_do() {
        // 0 and 1 go round in a circle and need 2; 3 needs nothing and is of another package than 2 and 4; 5 is large.
        let mut calls = DiGraph::<usize, ()>::new();
        let files: Vec<_> = [10, 10, 10, 10, 10, ENOUGH].into_iter().map(|size| calls.add_node(size)).collect();
        for (from, to) in [(0, 1), (1, 0), (1, 2)] {
            calls.add_edge(files[from], files[to], ());
        }
        let (of_file, sizes) = together(&calls, &tarjan_scc(&calls), |file| u32::from(file == 3));
        assert_eq!(of_file[0], of_file[1]);
        assert!(of_file[2] < of_file[0]);
        assert_eq!(of_file[2], of_file[4]);
        assert!(![of_file[2], of_file[5]].contains(&of_file[3]));
        assert_ne!(of_file[5], of_file[4]);
        assert_eq!((sizes[of_file[0]], sizes[of_file[2]]), (20, 20));
    }

    #[test]
    fn a_panic_ends_all_threads() {
        let units = units(&[&[], &[0], &[0]]);
        let run = || units.solve(2, |unit, _: Earlier<'_, ()>| assert_ne!(unit, 0, "on purpose"));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
    }
}
