//! The abstract state of one function at one point, and how two states join. Knows no model.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashSet};
use smallvec::SmallVec;

use super::anew::Anew;
use super::cases::Cases;
use super::subst::mix;
use super::vars::Vars;
use crate::effect::{Condition, Dep, Deps, EventId, Kind, Term, Ty, Value};
use crate::source::Sym;

type Places = IndexMap<Term, Value, FxBuildHasher>;

/// Places and what they hold, in the order of their first assignment; shared until one side changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heap {
    places: Arc<Places>,
    /// What has parts among the places.
    wholes: Arc<FxHashSet<Term>>,
    /// Tells contents apart: two heaps with the same stamp hold the same.
    stamp: u64,
}

/// The last stamp that was given away.
static STAMP: AtomicU64 = AtomicU64::new(0);

impl Heap {
    pub(crate) fn get(&self, place: &Term) -> Option<&Value> {
        if self.places.is_empty() { None } else { self.places.get(place) }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Term, &Value)> {
        self.places.iter()
    }

    /// Tells contents apart: what was found out stays true while the stamp is the same.
    pub(crate) fn stamp(&self) -> u64 {
        self.stamp
    }

    /// Puts a value there, and gives the one that was.
    pub(crate) fn insert(&mut self, place: Term, v: Value) -> Option<Value> {
        let mut at = &place;
        while let Term::Field(base, _) = at {
            if self.wholes.contains(&**base) {
                break;
            }
            Arc::make_mut(&mut self.wholes).insert(**base);
            at = base;
        }
        self.edit().insert(place, v)
    }

    /// Takes away what a place holds.
    pub(crate) fn remove(&mut self, place: &Term) -> Option<Value> {
        self.edit().shift_remove(place)
    }

    /// Whether something is stored below an object.
    fn has_parts(&self, object: &Term) -> bool {
        !self.wholes.is_empty() && self.wholes.contains(object)
    }

    fn edit(&mut self) -> &mut Places {
        self.stamp = STAMP.fetch_add(1, Ordering::Relaxed) + 1;
        Arc::make_mut(&mut self.places)
    }

    /// Places that hold an object hold what it takes up. Returns the objects that they are fields of.
    pub(crate) fn add(&mut self, object: &Term, deps: &Deps) -> Vec<Term> {
        let mut holders = Vec::new();
        if self.places.values().any(|v| v.term == *object) {
            for (place, v) in self.edit().iter_mut().filter(|(place, v)| v.term == *object && *place != object) {
                v.deps.extend(deps);
                if let Term::Field(base, _) = place {
                    holders.push(**base);
                }
            }
        }
        holders
    }

    fn join(&mut self, other: &Self) {
        if Arc::ptr_eq(&self.places, &other.places) {
            return;
        }
        for (place, v) in other.iter() {
            match self.get(place) {
                Some(mine) if mine == v => continue,
                Some(mine) => {
                    let joined = either(mine, v);
                    self.insert(*place, joined)
                }
                None => self.insert(*place, maybe_kept(place, v)),
            };
        }
        let kept: Vec<Term> = self.iter().filter(|(p, v)| may_keep(p, v) && other.get(p).is_none()).map(|(p, _)| *p).collect();
        for place in kept {
            if let Some(v) = self.edit().get_mut(&place) {
                v.deps.insert(Dep::place(place));
            }
        }
    }
}

/// A field of what a function was given that only one of two ways has made anew: it may still be what it was.
fn maybe_kept(place: &Term, v: &Value) -> Value {
    if may_keep(place, v) { v.clone().with_deps(&Deps::one(Dep::place(*place))) } else { v.clone() }
}

fn may_keep(place: &Term, v: &Value) -> bool {
    matches!(place, Term::Field(base, _) if matches!(**base, Term::Param(_))) && v.kind.is_none()
}

/// What is known at one point of a function.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Variables by number.
    pub(crate) vars: Vars,
    /// Fields and globals that were assigned in this execution.
    pub(crate) heap: Heap,
    /// What was written to a path in this execution, for a later rename.
    pub(crate) content: IndexMap<Term, Deps, FxBuildHasher>,
    /// What was made anew on every way here.
    pub(crate) anew: Anew,
    /// The acquisitions that are held.
    pub(crate) held: SmallVec<[EventId; 4]>,
    /// What was given up on the way here, whoever had taken it.
    pub(crate) passed: SmallVec<[EventId; 2]>,
    /// Writes that are still in the buffer of an open file, by that file.
    pub(crate) unflushed: SmallVec<[(Term, EventId); 1]>,
    /// The acquisitions that were tried in vain on the way here: their guard is not there.
    pub(crate) denied: SmallVec<[EventId; 2]>,
    /// Attempts to lock that a result has told of which nothing has looked at on some way here.
    pub(crate) untested: SmallVec<[EventId; 1]>,
    /// Reads and checks whose outcome decided that this point is reached.
    pub(crate) under: Deps,
    /// What the way here tells of the parameters.
    pub(crate) when: SmallVec<[Condition; 2]>,
    /// What flags tell of the way here.
    pub(crate) cases: Cases,
    /// Nothing after this point runs: it returned, raised or left a loop.
    pub(crate) dead: bool,
}

impl State {
    /// The join of two states that flow together.
    pub(crate) fn join(mut self, mut other: Self) -> Self {
        if self.dead {
            return other;
        }
        if other.dead {
            return self;
        }
        let variables = self.vars.beside(&other.vars).filter_map(|(a, b)| a.as_ref().zip(b.as_ref()));
        let objects = variables.filter(|(a, b)| !Arc::ptr_eq(a, b) && self.made_instead(a, b, &other));
        let objects: SmallVec<[(Arc<Value>, Arc<Value>); 2]> = objects.map(|(a, b)| (a.clone(), b.clone())).collect();
        for (mine, theirs) in objects {
            self.identify(&mine, &mut other, &theirs);
        }
        if self.under != other.under {
            self.under.retain(|d| other.under.contains(d));
        }
        self.vars.join(&other.vars, either);
        self.heap.join(&other.heap);
        for (path, deps) in other.content {
            self.content.entry(path).or_default().extend(&deps);
        }
        self.anew.keep_common(&other.anew);
        self.cases.keep_common(&other.cases);
        self.when.retain(|c| other.when.contains(c));
        add_all(&mut self.held, &other.held);
        add_all(&mut self.passed, &other.passed);
        add_all(&mut self.denied, &other.denied);
        add_all(&mut self.untested, &other.untested);
        self.unflushed.extend(other.unflushed.into_iter().filter(|w| !self.unflushed.contains(w)).collect::<SmallVec<[_; 1]>>());
        self
    }

    /// Whether either branch has made an object of the same type, which the other branch doesn't know.
    pub(crate) fn made_instead(&self, mine: &Value, theirs: &Value, other: &Self) -> bool {
        let objects = matches!((&mine.term, &theirs.term), (Term::New(_), Term::New(_))) && mine.term != theirs.term;
        let one_type = objects && matches!(mine.ty, Some(Ty::Project(_))) && mine.ty == theirs.ty;
        one_type && !other.heap.has_parts(&mine.term) && !self.heap.has_parts(&theirs.term)
    }

    /// The objects that the branches made instead of each other are one from here on, and its fields are either's.
    pub(crate) fn identify(&mut self, mine: &Value, other: &mut Self, theirs: &Value) {
        other.rename(&theirs.term, &mine.term);
        let parts = |s: &Self| s.heap.iter().filter(|(p, _)| is_below(p, &mine.term)).map(|(p, v)| (*p, v.clone())).collect::<Vec<_>>();
        for (place, v) in parts(self) {
            if other.heap.get(&place).is_none() {
                self.heap.insert(place, v.with_deps(&theirs.deps));
            }
        }
        for (place, v) in parts(other) {
            if self.heap.get(&place).is_none() {
                other.heap.insert(place, v.with_deps(&mine.deps));
            }
        }
    }

    /// Gives a local object another name.
    fn rename(&mut self, object: &Term, name: &Term) {
        self.vars.change(|v| v.term.root() == object, |v| *v = Arc::new(renamed_value(v, object, name)));
        if self.heap.has_parts(object) || self.heap.iter().any(|(_, v)| v.term.root() == object) {
            let old = std::mem::take(&mut self.heap);
            for (place, v) in old.iter() {
                self.heap.insert(renamed(place, object, name), renamed_value(v, object, name));
            }
        }
    }

    /// Whether some variable, or place that outlives the function, still keeps an acquisition alive.
    pub(crate) fn keeps(&self, acquisition: EventId) -> bool {
        let guard = Dep::Guard(acquisition);
        self.vars.values().any(|v| v.deps.contains(&guard)) || self.heap_keeps(acquisition)
    }

    /// Whether a place that outlives the function keeps an acquisition alive. A local object's fields don't count: the variables that
    /// hold the object carry its guards.
    pub(crate) fn heap_keeps(&self, acquisition: EventId) -> bool {
        let guard = Dep::Guard(acquisition);
        self.heap.iter().any(|(place, v)| outlives(place) && v.deps.contains(&guard))
    }

    /// Adds dependences to every variable and place that is this object, and to the place itself when it is outside the function.
    pub(crate) fn taint(&mut self, object: &Term, deps: &Deps) {
        if deps.is_empty() || *object == Term::Unknown {
            return;
        }
        self.vars.change(|v| v.term == *object, |v| Arc::make_mut(v).deps.extend(deps));
        let mut guards = deps.clone();
        guards.retain(|d| matches!(d, Dep::Guard(_)));
        self.held_by_holders(object, &guards);
        match self.heap.get(object) {
            Some(_) => {
                if let Some(v) = self.heap.edit().get_mut(object) {
                    v.deps.extend(deps);
                }
            }
            None if outlives(object) || matches!(object, Term::Field(..)) => {
                let v = Value::of(*object).with_deps(deps).with_deps(&Deps::one(Dep::place(*object)));
                self.heap.insert(*object, v);
            }
            None => {}
        }
    }

    /// A part of an object keeps these locks: so does whatever holds the object.
    pub(crate) fn keep_in(&mut self, object: &Term, guards: &Deps) {
        if guards.is_empty() {
            return;
        }
        self.vars.change(|v| v.term == *object, |v| Arc::make_mut(v).deps.extend(guards));
        self.held_by_holders(object, guards);
    }

    /// The places that hold an object keep what it keeps, and so do the objects that they are fields of.
    fn held_by_holders(&mut self, object: &Term, guards: &Deps) {
        if guards.is_empty() {
            return;
        }
        let holders = self.heap.add(object, guards);
        self.vars.change(|v| holders.contains(&v.term), |v| Arc::make_mut(v).deps.extend(guards));
    }

    /// Whether an object is stored below another one.
    pub(crate) fn has_part(&self, object: &Value, part: &Term) -> bool {
        self.heap.has_parts(&object.term) && self.heap.iter().any(|(place, v)| v.term == *part && is_below(place, &object.term))
    }

    /// The dependences of everything stored below an object.
    pub(crate) fn below(&self, object: &Term) -> Deps {
        let mut out = Deps::none();
        if !self.heap.has_parts(object) {
            return out;
        }
        for (place, v) in self.heap.iter() {
            if is_below(place, object) {
                out.extend(&v.deps);
                if out.is_full() {
                    break;
                }
            }
        }
        out
    }
}

/// Adds what is not there yet.
pub(crate) fn add_all<const N: usize, const M: usize>(to: &mut SmallVec<[EventId; N]>, from: &SmallVec<[EventId; M]>)
where
    [EventId; N]: smallvec::Array<Item = EventId>,
    [EventId; M]: smallvec::Array<Item = EventId>,
{
    for id in from {
        if !to.contains(id) {
            to.push(*id);
        }
    }
}

/// A place that outlives the function: a parameter, a global, or a field of one.
pub(crate) fn outlives(place: &Term) -> bool {
    matches!(place.root(), Term::Param(_) | Term::Global(_))
}

/// A field of an object, or the object itself, when that has another name.
fn renamed(t: &Term, object: &Term, name: &Term) -> Term {
    match t {
        t if t == object => *name,
        Term::Field(base, field) if t.root() == object => renamed(base, object, name).field(*field),
        t => *t,
    }
}

pub(crate) fn renamed_value(v: &Value, object: &Term, name: &Term) -> Value {
    v.with_terms(&|t| renamed(t, object, name))
}

/// Whether a place is a field of an object, however deep.
pub(crate) fn is_below(place: &Term, object: &Term) -> bool {
    match place {
        Term::Field(base, _) => **base == *object || is_below(base, object),
        _ => false,
    }
}

/// `None`, `()`: a value that names nothing.
pub(crate) fn is_nothing(v: &Value) -> bool {
    matches!(&v.term, Term::Global(g) if g.as_str() == "None") && v.kind.is_none()
}

/// A value with a name for each part of which nothing is known: it stays one and the same thing from here on.
pub(crate) fn named(mut v: Value, key: u64) -> Value {
    if v.term.has_unknown() {
        v.term = named_term(&v.term, &mut 0, key);
    }
    if let Some(Kind::Handle { path, mode }) =
        v.kind.as_deref().filter(|k| matches!(k, Kind::Handle { path, .. } if path.term.has_unknown()))
    {
        let path = Value { term: named_term(&path.term, &mut 0, mix((key, 1))), ..(**path).clone() };
        v.kind = Some(Arc::new(Kind::Handle { path: Box::new(path), mode: mode.clone() }));
    }
    v
}

fn named_term(t: &Term, n: &mut u32, key: u64) -> Term {
    match t {
        Term::Unknown => {
            *n += 1;
            Term::New(mix((key, *n)))
        }
        Term::Concat(parts) => Term::concat(parts.iter().map(|p| named_term(p, n, key)).collect::<Vec<_>>()),
        Term::Suffix(a, b) => named_term(a, n, key).with_suffix(named_term(b, n, key)),
        Term::Parent(a) => named_term(a, n, key).parent(),
        t => *t,
    }
}

/// A value that is one of two.
pub(crate) fn either(a: &Value, b: &Value) -> Value {
    let deps = a.deps.clone().union(&b.deps);
    let mut out = match (is_nothing(a), is_nothing(b)) {
        (true, _) => b.clone(),
        (_, true) => a.clone(),
        _ if a.term == b.term => Value { kind: join_kind(a, b), ty: a.ty.clone().or_else(|| b.ty.clone()), ..a.clone() },
        _ => Value {
            term: one_of([&a.term, &b.term].into_iter()),
            kind: join_kind(a, b),
            ty: a.ty.clone().or_else(|| b.ty.clone()),
            ..a.clone()
        },
    };
    out.flags = if is_nothing(a) || is_nothing(b) { a.flags | b.flags } else { a.flags.either(b.flags) };
    out.deps = deps;
    out
}

/// A value that is one of several, as if each were joined with those before it.
pub(crate) fn any_of(values: &[Value]) -> Option<Value> {
    let (first, rest) = values.split_first()?;
    if rest.len() < 2 || values.iter().any(|v| v.kind.is_some() || is_nothing(v)) {
        return Some(rest.iter().fold(first.clone(), |a, b| either(&a, b)));
    }
    let term = if rest.iter().all(|v| v.term == first.term) { first.term } else { one_of(values.iter().map(|v| &v.term)) };
    let ty = values.iter().find_map(|v| v.ty.clone());
    let flags = rest.iter().fold(first.flags, |all, v| all.either(v.flags));
    Some(Value { term, deps: Deps::all(values.iter().map(|v| &v.deps)), ty, flags, kind: None })
}

/// One of several terms, which are not all the same.
pub(super) fn one_of<'a>(terms: impl Iterator<Item = &'a Term>) -> Term {
    let mut parts: SmallVec<[Term; 8]> = terms.flat_map(alternatives).copied().collect();
    parts.sort();
    parts.dedup();
    if parts.contains(&Term::Unknown) || parts.len() > 4 { Term::Unknown } else { Term::Call(Sym::new("$either"), parts.into()).checked() }
}

/// The terms that an `$either` stands for, or the term itself.
pub(crate) fn alternatives(t: &Term) -> impl Iterator<Item = &Term> {
    match t {
        Term::Call(f, parts) if f.as_str() == "$either" => parts.iter(),
        t => std::slice::from_ref(t).iter(),
    }
}

fn join_kind(a: &Value, b: &Value) -> Option<Arc<Kind>> {
    match (&a.kind, &b.kind) {
        (Some(x), Some(y)) => match (&**x, &**y) {
            (Kind::Handle { path: p, mode }, Kind::Handle { path: q, .. }) if p != q => {
                Some(Arc::new(Kind::Handle { path: Box::new(either(p, q)), mode: mode.clone() }))
            }
            (Kind::Tuple(xs), Kind::Tuple(ys)) if xs.len() == ys.len() => {
                Some(Arc::new(Kind::Tuple(xs.iter().zip(ys).map(|(x, y)| either(x, y)).collect())))
            }
            _ => Some(x.clone()),
        },
        (Some(x), None) | (None, Some(x)) => Some(x.clone()),
        (None, None) => None,
    }
}
