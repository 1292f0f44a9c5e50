//! Substitution: a callee's terms, values and dependences in terms of its caller.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};
use smallvec::SmallVec;

use super::frame::Frame;
use super::program::FuncId;
use crate::effect::{Dep, Deps, EventId, Flags, FuncRef, Kind, Place, Term, Value};
use crate::source::Sym;

/// What a callee's placeholders stand for at one call.
pub(crate) struct Subst {
    /// Arguments, then captured values.
    pub(crate) args: Vec<Value>,
    /// The callee's events as the caller numbers them.
    pub(crate) events: Vec<Option<EventId>>,
    /// Results of the callables that the callee runs, by its event.
    pub(crate) runs: FxHashMap<EventId, Value>,
    /// The parameter that takes all remaining positional arguments of a library call.
    pub(crate) rest: Option<u16>,
    /// Distinguishes this call's new objects from every other call's.
    pub(crate) salt: u64,
    /// The callee is a method of open streams, not of paths.
    pub(crate) on_stream: bool,
    /// The callee, if it is a function of the program.
    pub(crate) of: Option<FuncId>,
    /// What was found out so far.
    known: RefCell<Known>,
}

/// What a callee's terms are here, while the heap does not change.
#[derive(Default)]
struct Known {
    /// The heap's stamp when it was found out.
    stamp: u64,
    /// What the content of places depends on.
    deps: FxHashMap<Term, Deps>,
    values: FxHashMap<Term, Value>,
    /// What the content of several places depends on: values of one summary often come from the same places.
    sets: FxHashMap<Box<[Dep]>, Deps>,
}

impl Known {
    /// Forgets what was true of another heap.
    fn at(&mut self, stamp: u64) -> &mut Self {
        if self.stamp != stamp {
            self.stamp = stamp;
            self.deps.clear();
            self.values.clear();
            self.sets.clear();
        }
        self
    }
}

/// The operator that stands for the result of running a callable parameter; its argument is the event's number.
pub(crate) const RUN: &str = "$run";

impl Subst {
    /// For a call with these arguments.
    pub(crate) fn new(args: Vec<Value>, events: usize, salt: u64) -> Self {
        Self {
            args,
            events: vec![None; events],
            runs: FxHashMap::default(),
            rest: None,
            salt,
            on_stream: false,
            of: None,
            known: RefCell::default(),
        }
    }

    /// A callable of the callee has run: this is its result.
    pub(crate) fn has_run(&mut self, event: EventId, result: Value) {
        self.runs.insert(event, result);
        self.known = RefCell::default();
    }

    /// The arguments that are this object keep a lock.
    pub(crate) fn keep_lock(&mut self, object: Term, lock: EventId) {
        for a in self.args.iter_mut().filter(|a| a.term == object) {
            a.deps.insert(Dep::Guard(lock));
            self.known = RefCell::default();
        }
    }
}

/// One number from several.
pub(crate) fn mix(parts: impl Hash) -> u64 {
    let mut h = FxHasher::default();
    parts.hash(&mut h);
    h.finish()
}

impl Frame<'_, '_> {
    /// A callee's value here.
    pub(crate) fn subst_value(&mut self, s: &Subst, v: &Value) -> Value {
        if let Some(Kind::AddFlags { base, flags, when }) = v.kind.as_deref() {
            let mut out = self.subst_value(s, base);
            let on = when.as_ref().is_none_or(|w| self.subst_value(s, w).term != Term::text("false"));
            out.flags |= if on { *flags } else { Flags::NONE };
            return out;
        }
        let mut out = self.subst_term(s, &v.term);
        let deps = self.subst_deps(s, &v.deps);
        out.deps = if matches!(v.term, Term::Param(_)) { out.deps.union(&deps) } else { deps };
        if let Some(k) = &v.kind {
            out.kind = self.subst_kind(s, k).or(out.kind);
        }
        out.ty = out.ty.or_else(|| v.ty.clone());
        out.flags |= v.flags;
        out
    }

    fn subst_kind(&mut self, s: &Subst, k: &Arc<Kind>) -> Option<Arc<Kind>> {
        let mut on = |v: &Value| Box::new(self.subst_value(s, v));
        Some(Arc::new(match &**k {
            Kind::Handle { path, mode } => {
                let path = on(path);
                let path = Box::new(path.resource().clone());
                Kind::Handle { path, mode: on(mode) }
            }
            Kind::Lock { spec, target, inner } => Kind::Lock { spec: *spec, target: on(target), inner: inner.clone() },
            Kind::Tuple(parts) => Kind::Tuple(parts.iter().map(|p| *on(p)).collect()),
            Kind::Func(f) => Kind::Func(Box::new(self.subst_func(s, f))),
            Kind::Method { path, given } => Kind::Method { path: *path, given: given.iter().map(|g| *on(g)).collect() },
            Kind::Suspended { func, args } => {
                let args = args.iter().map(|a| *on(a)).collect();
                Kind::Suspended { func: Box::new(self.subst_func(s, func)), args }
            }
            Kind::Type(_) | Kind::AddFlags { .. } => return Some(k.clone()),
        }))
    }

    fn subst_func(&mut self, s: &Subst, f: &FuncRef) -> FuncRef {
        let bound = f.bound.iter().map(|v| self.subst_value(s, v)).collect();
        let captures = f.captures.iter().map(|v| self.subst_value(s, v)).collect();
        let locks = f.locks.iter().map(|v| self.subst_value(s, v)).collect();
        FuncRef { func: f.func, bound, captures, capture_vars: f.capture_vars.clone(), creator: f.creator, locks }
    }

    /// A callee's term here: identity, kind and type, without dependences (but a parameter brings its own).
    fn subst_term(&mut self, s: &Subst, t: &Term) -> Value {
        if matches!(t, Term::Param(_) | Term::Global(_) | Term::Const(_) | Term::New(_) | Term::Fresh(_) | Term::Unknown) {
            return self.subst_term_anew(s, t);
        }
        let before = self.state.heap.stamp();
        if let Some(known) = s.known.borrow_mut().at(before).values.get(t) {
            return known.clone();
        }
        let found = self.subst_term_anew(s, t);
        if self.state.heap.stamp() == before {
            s.known.borrow_mut().values.insert(*t, found.clone());
        }
        found
    }

    fn subst_term_anew(&mut self, s: &Subst, t: &Term) -> Value {
        match t {
            Term::Param(i) => s.args.get(*i as usize).cloned().unwrap_or_else(Value::unknown),
            Term::Field(base, name) => {
                let base = self.subst_term(s, base);
                // An element that one call takes out of a container is not the one that another call takes.
                let own = name.as_str().starts_with("[#").then(|| Sym::new(&format!("[#{:x}]", mix((name.as_str(), s.salt)))));
                let mut v = self.field(&base, own.unwrap_or(*name));
                v.deps = Deps::none();
                v
            }
            Term::Concat(parts) => Value::of(Term::concat(parts.iter().map(|p| self.subst_path(s, p)).collect::<Vec<_>>())),
            Term::Suffix(a, b) => {
                let (a, b) = (self.subst_path(s, a), self.subst_path(s, b));
                Value::of(a.with_suffix(b))
            }
            Term::Parent(a) => Value::of(self.subst_path(s, a).parent()),
            Term::Call(f, args) if f.as_str() == RUN => match &args[0] {
                Term::Const(n) => n.as_str().parse().ok().and_then(|n: EventId| s.runs.get(&n)).cloned().unwrap_or_else(Value::unknown),
                _ => Value::unknown(),
            },
            Term::Call(f, args) if f.as_str().starts_with('$') => self.subst_operator(s, *f, args),
            Term::Call(f, args) => {
                let args: Vec<Term> = args.iter().map(|a| self.subst_path(s, a)).collect();
                Value::of(call_term(*f, args))
            }
            Term::New(h) => Value::of(Term::New(mix((h, s.salt)))),
            Term::Fresh(h) => Value::of(Term::Fresh(mix((h, s.salt)))),
            Term::Global(_) => {
                let mut v = self.state.heap.get(t).cloned().unwrap_or_else(|| Value::of(*t));
                v.deps = Deps::none();
                v
            }
            Term::Const(_) | Term::Unknown => Value::of(*t),
        }
    }

    /// A callee's term as a path: an open file stands for its name.
    fn subst_path(&mut self, s: &Subst, t: &Term) -> Term {
        self.subst_term(s, t).resource().term
    }

    fn subst_operator(&mut self, s: &Subst, op: Sym, args: &[Term]) -> Value {
        let values: Vec<Value> = args.iter().map(|a| self.subst_term(s, a)).collect();
        match (op.as_str(), values.as_slice()) {
            ("$locked", [lock]) => match lock.kind.as_deref() {
                Some(Kind::Lock { target, .. }) => target.resource().clone(),
                _ => Value::of(operator(op, &values)),
            },
            ("$item", [base, key]) => {
                let name = super::eval::key_name(key).map_or("", Sym::as_str);
                self.plain_field(base, Sym::new(&format!("[{name}]")))
            }
            ("$if" | "$unless", [x, when]) if is_off(when) == (op.as_str() == "$unless") => x.clone(),
            ("$if" | "$unless", _) => Value::of(Term::Global(Sym::new("None"))),
            (super::copies::COPY, [of, ..]) => self.object_like(of, mix((s.salt, 43))),
            ("$either", [_, ..]) => {
                let mut v = super::domain::any_of(&values).unwrap_or_else(Value::unknown);
                if v.term == Term::Unknown {
                    v.term = operator(op, &values);
                }
                v
            }
            ("$partial", [f, given @ ..]) if matches!(f.kind.as_deref(), Some(Kind::Func(_) | Kind::Method { .. })) => partial(f, given),
            _ => Value::of(operator(op, &values)),
        }
    }

    /// A callee's dependences here.
    pub(crate) fn subst_deps(&mut self, s: &Subst, deps: &Deps) -> Deps {
        let mut out = Deps::none();
        let (made_here, places) = deps.parted();
        for d in made_here {
            match d {
                Dep::Event(e) => {
                    if let Some(v) = s.runs.get(e) {
                        out.extend(&v.deps);
                    }
                    if let Some(Some(n)) = s.events.get(*e as usize) {
                        out.insert(Dep::Event(*n));
                    }
                }
                Dep::Guard(e) => {
                    if let Some(Some(n)) = s.events.get(*e as usize) {
                        out.insert(Dep::Guard(*n));
                    }
                }
                Dep::Place(_) => {}
            }
        }
        match places {
            [] => out,
            [Dep::Place(p)] => out.union(&self.place_deps(s, p.term())),
            _ => {
                let all = self.places_deps(s, places);
                if out.is_empty() || out.has_room_for(&all) {
                    return out.union(&all);
                }
                // Which of them find room depends on the order.
                each_place(places).fold(out, |out, p| out.union(&self.place_deps(s, p.term())))
            }
        }
    }

    /// What the content of several of a callee's places depends on here.
    fn places_deps(&mut self, s: &Subst, places: &[Dep]) -> Deps {
        let before = self.state.heap.stamp();
        if let Some(known) = s.known.borrow_mut().at(before).sets.get(places) {
            return known.clone();
        }
        let each: SmallVec<[Deps; 8]> = each_place(places).map(|p| self.place_deps(s, p.term())).collect();
        let found = Deps::all(each.iter());
        if self.state.heap.stamp() == before {
            s.known.borrow_mut().sets.insert(places.into(), found.clone());
        }
        found
    }

    /// What the content of a callee's place depends on here.
    fn place_deps(&mut self, s: &Subst, t: &Term) -> Deps {
        let before = self.state.heap.stamp();
        if let Some(known) = s.known.borrow_mut().at(before).deps.get(t) {
            return known.clone();
        }
        let found = self.place_deps_anew(s, t);
        if self.state.heap.stamp() == before {
            s.known.borrow_mut().deps.insert(*t, found.clone());
        }
        found
    }

    fn place_deps_anew(&mut self, s: &Subst, t: &Term) -> Deps {
        match t {
            Term::Param(i) => {
                let Some(arg) = s.args.get(*i as usize) else { return Deps::none() };
                let mut deps = arg.deps.clone();
                if let Some(Kind::Tuple(parts)) = arg.kind.as_deref() {
                    parts.iter().for_each(|p| deps.extend(&p.deps));
                }
                deps.union(&self.state.below(&arg.term))
            }
            Term::Field(base, name) => {
                let base_value = self.subst_term(s, base);
                let base_deps = self.place_deps(s, base);
                let mut v = self.field(&base_value.with_deps(&base_deps), *name);
                let below = self.state.below(&v.term);
                v.deps.extend(&below);
                v.deps
            }
            Term::Global(_) => match self.state.heap.get(t) {
                Some(v) => v.deps.clone(),
                None => Deps::one(Dep::place(*t)),
            },
            _ => Deps::none(),
        }
    }
}

fn each_place(deps: &[Dep]) -> impl Iterator<Item = &Place> {
    deps.iter().filter_map(|d| if let Dep::Place(p) = d { Some(p) } else { None })
}

/// A condition that is false: `false`, `0`, `None`.
fn is_off(when: &Value) -> bool {
    super::domain::is_nothing(when) || matches!(&when.term, Term::Const(s) if matches!(s.as_str(), "false" | "0" | ""))
}

/// A function with its first arguments given; a tuple stands for its parts.
fn partial(f: &Value, given: &[Value]) -> Value {
    let parts = given.iter().flat_map(|g| match g.kind.as_deref() {
        Some(Kind::Tuple(parts)) => parts.clone(),
        _ => vec![g.clone()],
    });
    match f.kind.as_deref() {
        Some(Kind::Func(func)) => {
            let mut func = func.clone();
            func.bound.extend(parts);
            f.clone().with_kind(Kind::Func(func))
        }
        Some(Kind::Method { path, given }) => {
            let given = given.iter().cloned().chain(parts).collect();
            f.clone().with_kind(Kind::Method { path: *path, given })
        }
        _ => f.clone(),
    }
}

/// A call's term: unknown when an argument is.
pub(crate) fn call_term(f: Sym, args: Vec<Term>) -> Term {
    if args.iter().any(|a| matches!(a, Term::Unknown)) { Term::Unknown } else { Term::Call(f, args.into()).checked() }
}

/// The path operators that models use.
fn operator(op: Sym, args: &[Value]) -> Term {
    let mut flat: Vec<Term> = Vec::new();
    for a in args {
        match a.kind.as_deref() {
            Some(Kind::Tuple(parts)) => flat.extend(parts.iter().map(|p| p.resource().term)),
            _ => flat.push(a.resource().term),
        }
    }
    match op.as_str() {
        "$join" => {
            let mut parts = flat.into_iter();
            let first = parts.next().unwrap_or_else(|| Term::text(""));
            Term::join(first, parts)
        }
        "$name" if flat.len() == 2 => Term::join(flat[0].parent(), [flat[1]]),
        "$extension" if flat.len() == 2 => {
            let dotted = if flat[1] == Term::text("") { Term::text("") } else { Term::concat([Term::text("."), flat[1]]) };
            flat[0].with_suffix(dotted)
        }
        "$either" => {
            let mut parts: Vec<Term> = flat.iter().flat_map(super::domain::alternatives).cloned().collect();
            parts.sort();
            parts.dedup();
            if parts.len() == 1 { parts.swap_remove(0) } else { call_term(op, parts) }
        }
        _ => call_term(op, flat),
    }
}
