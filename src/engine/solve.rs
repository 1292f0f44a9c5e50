//! Every function once, callees first, each summary kept. Knows order and bounds, not ops.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::callgraph::CallGraph;
use super::cycle::{Cycle, Held, Protection};
use super::domain::State;
use super::eval::is_closed;
use super::frame::{Dropped, Exit, Frame};
use super::program::{FuncId, Program, Resolved, TypeId};
use super::replaced::Replaced;
use super::survey::Seen;
use super::truncation::Truncation;
use super::unheeded::Unheeded;
use super::units::{Earlier, Units};
use crate::effect::{Deps, Domain, Kind, LockSpec, Mode, Reach, Summary, Term, Ty, Value, Way};
use crate::ir;
use crate::source::{Lang, Site, Sym};

/// Functions without effects are followed this many calls deep.
const MAX_ASIDE: u32 = 3;

/// A function of so few operations (`return self.dir() / name`) does not count as one of those calls.
const SHORT: usize = 4;

/// Methods that set up an object.
pub(crate) const CONSTRUCTORS: [&str; 2] = ["__init__", "__post_init__"];

/// Whether a method of that name sets up an object.
pub(crate) fn is_constructor(name: Sym) -> bool {
    CONSTRUCTORS.contains(&name.as_str())
}

/// Calls nested deeper than this are not opened.
const MAX_DEPTH: u32 = 120;

/// A call of a function that has open obligations.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Who calls.
    pub caller: FuncId,
    /// Where.
    pub site: Site,
    /// The caller's locks held across the call.
    pub held: Vec<Held>,
    /// The arguments as the caller knows them.
    pub args: Vec<Value>,
}

/// What was found out about one function.
#[derive(Clone, Debug)]
pub struct FuncResult {
    /// Its summary.
    pub summary: Arc<Summary>,
    /// The cycles that belong to it.
    pub cycles: Vec<Cycle>,
    /// Data files that it empties before their lock is held.
    pub truncations: Vec<Truncation>,
    /// Locks whose file it replaces by another.
    pub replaced: Vec<Replaced>,
    /// Writes after attempts to lock whose failure changes nothing.
    pub unheeded: Vec<Unheeded>,
    /// Locks lost in the statement that took them.
    pub dropped: Vec<Dropped>,
    /// Locks that its decorators hold around every call.
    pub around: Vec<Held>,
}

/// Counters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    /// Functions analysed.
    pub functions: u32,
    /// Functions whose events or nesting went past a bound.
    pub bounded: u32,
    /// Calls that were too deep to open.
    pub too_deep: u32,
}

/// The result for a whole program.
pub struct Analysis<'p> {
    /// The program.
    pub program: &'p Program<'p>,
    /// By function; `None` for functions that were not analysed.
    pub results: Vec<Option<FuncResult>>,
    /// Callers of functions with open obligations.
    pub callers: FxHashMap<FuncId, Vec<Edge>>,
    /// Counters.
    pub stats: Stats,
}

#[derive(Clone, Default)]
pub(super) enum Progress {
    #[default]
    New,
    Running,
    Done(Arc<Summary>),
}

/// What is known of one function.
#[derive(Default)]
pub(super) struct Known {
    pub(super) progress: Progress,
    /// Whether it has open obligations, or may have some by a call that goes round in a circle.
    carries: bool,
    /// Whether it is known to have open obligations.
    pub(super) owes: bool,
    /// Whether an effect can be reached from it.
    pub(super) relevant: bool,
    /// How far it was looked at.
    pub(super) seen: Seen,
    pub(super) result: Option<FuncResult>,
}

type Fields = Arc<FxHashMap<Sym, Value>>;

/// What was found out about a unit.
#[derive(Default)]
pub(super) struct Solved {
    pub(super) functions: FxHashMap<FuncId, Known>,
    pub(super) callers: FxHashMap<FuncId, Vec<Edge>>,
    globals: FxHashMap<u32, Fields>,
    stats: Stats,
}

/// The solver's memory.
pub(crate) struct Solver<'p> {
    pub(crate) program: &'p Program<'p>,
    pub(super) graph: &'p CallGraph,
    pub(super) extent: Extent,
    /// What the units that this one needs have found out.
    earlier: Earlier<'p, Solved>,
    pub(super) own: Solved,
    pub(super) fields: FxHashMap<TypeId, Option<Fields>>,
    method_names: [FxHashSet<Sym>; 2],
    /// Types of what closures capture, from where they are made.
    captured: FxHashMap<FuncId, Vec<Option<Ty>>>,
    /// How many functions without effects lie between the one that is analysed and the last one with effects on the way to it.
    aside: u32,
    pub(super) depth: u32,
    nothing: Arc<Summary>,
}

/// What is read and analysed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// What can have a part in a finding.
    #[default]
    Needed,
    /// Everything. It takes longer and finds the same: tests compare the two.
    All,
}

/// Analyses a program, on at most so many threads: packages that need nothing of one another side by side.
#[must_use]
pub fn analyse<'p>(program: &'p Program<'p>, threads: usize, extent: Extent) -> Analysis<'p> {
    let graph = CallGraph::of(program, threads);
    let candidates = graph.candidates(extent);
    let units = Units::of(program, &graph, &candidates);
    let mut orders = vec![Vec::new(); units.len()];
    for f in candidates {
        orders[units.of_function(program, f)].push(f);
    }
    let shared = units.shared(program, &graph, &orders);
    let solve = |unit: usize, earlier: Earlier<'_, Solved>| {
        let mut solver = Solver::new(program, &graph, extent, earlier);
        solver.solve_all(&graph, &orders[unit]);
        for f in &shared[unit] {
            solver.summary(*f);
        }
        solver.own
    };
    together(program, &units, units.solve(threads, solve))
}

/// Puts together what the units have found out. A function that several have looked at belongs to its own, or else to the first.
fn together<'p>(program: &'p Program<'p>, units: &Units, mut solved: Vec<Solved>) -> Analysis<'p> {
    let n = program.function_count() as usize;
    let mut all = Analysis { program, results: vec![None; n], callers: FxHashMap::default(), stats: Stats::default() };
    let mut from = vec![usize::MAX; n];
    for (unit, s) in solved.iter_mut().enumerate() {
        for (f, known) in &mut s.functions {
            let n = f.0 as usize;
            if known.result.is_some() && (from[n] == usize::MAX || units.of_function(program, *f) == unit) {
                from[n] = unit;
                all.results[n] = known.result.take();
            }
        }
    }
    for (unit, s) in solved.into_iter().enumerate() {
        for (callee, mut edges) in s.callers {
            edges.retain(|e| from[e.caller.0 as usize] == unit);
            all.callers.entry(callee).or_default().append(&mut edges);
        }
        all.stats.functions += s.stats.functions;
        all.stats.bounded += s.stats.bounded;
        all.stats.too_deep += s.stats.too_deep;
    }
    all.callers.retain(|_, edges| !edges.is_empty());
    all
}

/// What a lock is when nothing else is said.
pub(crate) fn plain_lock() -> LockSpec {
    LockSpec { mode: Mode::Exclusive, reach: Reach::Process, way: Way::Blocking, domain: Domain::Flock }
}

impl<'p> Solver<'p> {
    fn new(program: &'p Program<'p>, graph: &'p CallGraph, extent: Extent, earlier: Earlier<'p, Solved>) -> Self {
        let names = |lang| {
            let is_method = |c: &crate::effect::LibraryCall| c.summary.params.first().is_some_and(|p| p.name.as_str() == "self");
            program.library(lang).calls.iter().filter(|(_, c)| is_method(c)).map(|(k, _)| Sym::new(k.last())).collect()
        };
        Self {
            program,
            graph,
            extent,
            earlier,
            own: Solved::default(),
            fields: FxHashMap::default(),
            method_names: [names(Lang::Python), names(Lang::Rust)],
            captured: FxHashMap::default(),
            aside: 0,
            depth: 0,
            nothing: Arc::new(Summary::default()),
        }
    }

    /// What is known of a function, by this unit or by one that it needs.
    pub(super) fn known(&self, f: FuncId) -> Option<&Known> {
        self.own.functions.get(&f).or_else(|| self.earlier.of_file(self.program.function(f).0)?.functions.get(&f))
    }

    /// This unit's own knowledge of a function.
    pub(super) fn knowledge(&mut self, f: FuncId) -> &mut Known {
        let relevant = self.is_relevant(f);
        self.own.functions.entry(f).or_insert_with(|| Known { relevant, ..Known::default() })
    }

    /// A function's summary, computed at first need. A call back into a function that is being analysed sees nothing of it.
    pub(crate) fn summary(&mut self, f: FuncId) -> Arc<Summary> {
        match self.known(f).map(|k| &k.progress) {
            Some(Progress::Done(s)) => return s.clone(),
            Some(Progress::Running) => return self.nothing.clone(),
            // What is computed aside (a path, a setting) is followed a few calls deep.
            _ if self.aside >= MAX_ASIDE && !self.is_relevant(f) => return self.nothing.clone(),
            _ if self.depth >= MAX_DEPTH => {
                self.own.stats.too_deep += 1;
                return self.nothing.clone();
            }
            _ => {}
        }
        let known = self.knowledge(f);
        known.progress = Progress::Running;
        let is_relevant = known.relevant;
        let is_step = u32::from(self.program.function(f).1.body.len() > SHORT);
        let aside = if is_relevant { 0 } else { self.aside + is_step };
        let before = std::mem::replace(&mut self.aside, aside);
        self.depth += 1;
        let s = self.solve(f);
        self.depth -= 1;
        self.aside = before;
        let known = self.knowledge(f);
        known.progress = Progress::Done(s.clone());
        if known.carries && !self.program.function(f).1.decorators.is_empty() {
            self.look_around(f);
        }
        s
    }

    /// A function's summary, if it is there.
    pub(crate) fn known_summary(&self, f: FuncId) -> Option<Arc<Summary>> {
        if let Progress::Done(s) = &self.known(f)?.progress { Some(s.clone()) } else { None }
    }

    /// What the decorators of a function hold while it runs.
    fn look_around(&mut self, f: FuncId) {
        let mut frame = Frame::new(self, f);
        let v = frame.function_value(f);
        let Some(Kind::Func(func)) = v.kind.as_deref() else { return };
        let given = frame.ir.params.iter().map(|_| Value::unknown()).collect();
        let origin = frame.here(frame.ir.span);
        frame.call_func(&func.clone(), given, &[], &origin);
        let inner = frame.edges.iter().filter(|e| e.callee == f);
        let around: Vec<Held> =
            inner.flat_map(|e| e.held.iter().filter_map(|h| frame.held_lock(*h)).filter(|h| frame.is_lock(h))).collect();
        if let Some(r) = &mut self.knowledge(f).result {
            r.around = around;
        }
    }

    fn solve(&mut self, f: FuncId) -> Arc<Summary> {
        self.own.stats.functions += 1;
        let is_module = self.program.function(f).1.name.as_str() == "<module>";
        let mut frame = Frame::new(self, f);
        frame.bind_parameters();
        let body = &frame.ir.body;
        frame.block(body);
        frame.end_of_body();
        let end = std::mem::take(&mut frame.state);
        if is_module {
            let known = frame.module_variables(&end);
            let file = frame.file;
            frame.cx.own.globals.insert(file, Arc::new(known));
        }
        if !end.dead {
            frame.exits.push(Exit { value: Value::of(Term::Global(Sym::new("None"))), state: end });
        }
        frame.mark_aborting();
        let cycles = frame.cycles();
        let summary = Arc::new(frame.summarise());
        let truncations = frame.truncations(&summary);
        let replaced = frame.replaced_locks(&cycles);
        let unheeded = frame.unheeded_locks(&summary);
        let dropped = frame.dropped_for_files();
        let edges = std::mem::take(&mut frame.edges);
        let open_cycle = cycles.iter().any(|c| c.protection != Protection::Full);
        let own = open_cycle || !(truncations.is_empty() && replaced.is_empty() && unheeded.is_empty());
        let carries = frame.carries || own;
        let owes = own || edges.iter().any(|e| frame.cx.known(e.callee).is_some_and(|k| k.owes));
        let bounded = frame.bound_reached;
        let held: Vec<Vec<Held>> =
            edges.iter().map(|e| e.held.iter().filter_map(|h| frame.held_lock(*h)).filter(|h| frame.is_lock(h)).collect()).collect();
        self.keep_calls(f, edges.into_iter().zip(held));
        self.own.stats.bounded += u32::from(bounded);
        let result = FuncResult { summary: summary.clone(), cycles, truncations, replaced, unheeded, dropped, around: Vec::new() };
        let known = self.knowledge(f);
        (known.owes, known.carries, known.result) = (owes, carries, Some(result));
        summary
    }

    /// A closure is made: what it captures has types, which its own text does not say.
    pub(crate) fn learn_captures(&mut self, f: FuncId, captures: &[Value]) {
        if self.is_new(f) {
            self.captured.entry(f).or_insert_with(|| captures.iter().map(|c| c.ty.clone()).collect());
        }
    }

    /// Whether an effect can be reached from a function.
    pub(crate) fn is_relevant(&self, f: FuncId) -> bool {
        self.known(f).map_or_else(|| self.graph.acts[f.0 as usize].any(), |k| k.relevant)
    }

    /// Whether a function was not analysed yet.
    fn is_new(&self, f: FuncId) -> bool {
        self.known(f).is_none_or(|k| matches!(k.progress, Progress::New))
    }

    /// Whether it, or something that it calls, has open obligations.
    pub(crate) fn carries(&self, f: FuncId) -> bool {
        self.known(f).is_some_and(|k| k.carries || matches!(k.progress, Progress::Running))
    }

    /// What a dotted path means in a file.
    pub(crate) fn resolve(&self, file: u32, scope: Sym, path: Sym) -> Resolved {
        self.program.resolve(file, scope, path)
    }

    /// A module variable's value, as the module leaves it.
    pub(crate) fn global(&mut self, file: u32, name: Sym) -> Value {
        let module = self.program.func_id(file, ir::FuncIdx(0));
        self.summary(module);
        let input = &self.program.files[file as usize];
        let term = Term::Global(super::program::dotted(&[input.module, name]));
        let place = Deps::one(crate::effect::Dep::place(term));
        let known = self.own.globals.get(&file).or_else(|| self.earlier.of_file(file)?.globals.get(&file));
        match known.and_then(|g| g.get(&name)) {
            Some(v) => {
                let mut v = v.clone();
                if !is_closed(&v.term) || matches!(&v.term, Term::Global(g) if g.as_str() == "None") {
                    v.term = term;
                    v.deps = place;
                }
                v
            }
            None => Value::of(term).with_deps(&place),
        }
    }

    /// The only method of that name in the packages that a function's file knows, if no library type has one.
    pub(crate) fn only_method(&self, name: Sym, from: FuncId) -> Option<FuncId> {
        let from = self.program.function(from).0;
        let lang = self.program.files[from as usize].ir.lang;
        let visible = self.graph.packages.visible(from);
        if self.method_names[usize::from(lang == Lang::Rust)].contains(&name) || name.as_str().starts_with("__") {
            return None;
        }
        let candidates = self.program.methods.get(&name)?;
        let mut found = None;
        for c in candidates {
            let (file, f) = self.program.function(*c);
            let input = &self.program.files[file as usize];
            let elsewhere = input.ir.lang != lang || !visible.contains(&self.graph.packages.of_file(file));
            if elsewhere || f.flags.is_abstract || input.excluded {
                continue;
            }
            if found.is_some() {
                return None;
            }
            found = Some(*c);
        }
        found
    }
}

impl Frame<'_, '_> {
    pub(super) fn bind_parameters(&mut self) {
        for (i, p) in self.ir.params.iter().enumerate() {
            let mut v = Self::place(Term::Param(i as u16));
            if i == 0 && self.ir.flags.has_receiver {
                if self.ir.flags.is_class_method {
                    if let Some(o) = self.owner {
                        v = v.with_kind(Kind::Type(crate::effect::Ty::Project(o.0)));
                    }
                } else {
                    v.ty = self.owner.map(|o| crate::effect::Ty::Project(o.0));
                }
            }
            v = self.declared(v, p.ty.as_ref());
            self.set(p.var, v);
        }
        let params = self.ir.params.len();
        for (k, c) in self.ir.captures.iter().enumerate() {
            let mut v = Self::place(Term::Param((params + k) as u16));
            v.ty = self.cx.captured.get(&self.id).and_then(|c| c.get(k)).cloned().flatten();
            if self.owner.is_some() && self.ir.vars[c.inner.0 as usize].name.is_some_and(|n| n.as_str() == "self") {
                v.ty = self.owner.map(|o| crate::effect::Ty::Project(o.0));
            }
            let written = self.ir.vars[c.inner.0 as usize].ty.clone();
            v = self.declared(v, written.as_deref());
            self.set(c.inner, v);
        }
        self.entered = self.state.vars.clone();
    }

    /// What a module's top level calls sees the names and paths that its variables stand for by then.
    pub(super) fn show_variables(&mut self, callee: FuncId) {
        if self.ir.name.as_str() == "<module>" && self.cx.is_new(callee) {
            let mut known = self.module_variables(&self.state);
            known.retain(|_, v| v.kind.is_none() && is_closed(&v.term) && !super::domain::is_nothing(v));
            self.cx.own.globals.insert(self.file, Arc::new(known));
        }
    }

    /// The module's variables at the end of its body, free of this execution's events.
    fn module_variables(&self, end: &State) -> FxHashMap<Sym, Value> {
        let mut out = FxHashMap::default();
        for (info, v) in self.ir.vars.iter().zip(end.vars.iter()) {
            if let (Some(name), Some(v)) = (info.name, v) {
                let mut v = stripped(v);
                if let Some(Kind::Lock { spec, inner, .. }) = v.kind.as_deref().filter(|_| !is_closed(&v.term)) {
                    let module = self.cx.program.files[self.file as usize].module;
                    let target = Box::new(Value::of(Term::Global(super::program::dotted(&[module, name]))));
                    v.kind = Some(Arc::new(Kind::Lock { spec: *spec, target, inner: inner.clone() }));
                }
                out.insert(name, v);
            }
        }
        out
    }
}

/// A value without the events of the execution that made it.
pub(crate) fn stripped(v: &Value) -> Value {
    let kind = v.kind.as_ref().map(|k| {
        Arc::new(match &**k {
            Kind::Handle { path, mode } => Kind::Handle { path: Box::new(stripped(path)), mode: Box::new(stripped(mode)) },
            Kind::Lock { spec, target, inner } => Kind::Lock { spec: *spec, target: Box::new(stripped(target)), inner: inner.clone() },
            Kind::Tuple(parts) => Kind::Tuple(parts.iter().map(stripped).collect()),
            k => k.clone(),
        })
    });
    Value { term: v.term, deps: Deps::none(), ty: v.ty.clone(), flags: v.flags, kind }
}
