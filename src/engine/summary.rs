//! From a function's final state to its summary: what a caller needs, renumbered and bounded.

use rustc_hash::{FxHashMap, FxHashSet};

use super::domain::{State, alternatives, one_of, outlives};
use super::frame::Frame;
use super::program::dotted;
use super::subst::call_term;
use crate::effect::{
    Dep, Deps, Domain, Event, EventId, EventKind, FuncRef, Kind, Mode, Param, Reach, Store, Summary, Term, Ty, Value, WriteKind,
};

/// Bounds of a summary.
const MAX_EVENTS: usize = 120;
const MAX_STORES: usize = 32;

/// What a summary's events are called inside the function, and in the summary.
struct Renumbering(FxHashMap<EventId, EventId>);

impl Frame<'_, '_> {
    /// The summary; consumes the frame's exits.
    pub(crate) fn summarise(&mut self) -> Summary {
        let never_returns = self.exits.is_empty() && self.yielded.is_none();
        let untold = self.untold_attempts();
        let told = self.yielded.as_ref().map_or_else(|| self.told_attempts(), |y| y.told.clone());
        let unguarded = self.runs_on_other_ways();
        let (ret, mut state) = self.joined_exit();
        let ret = self.named_by_call(ret);
        state.held.retain(|h| !untold.contains(h));
        self.state.held = state.held.clone();
        let kept = |h: EventId| ret.deps.contains(&Dep::Guard(h)) || state.heap_keeps(h);
        self.locks_lost_at_end(kept);
        let mut in_vain = self.idle_locks();
        in_vain.extend(self.takes_for_nothing(&ret, &state));
        in_vain.extend(unguarded);
        let (events, map) = self.kept_events(&in_vain);
        let stores = self.stores(&state, &ret, &map);
        let held = state
            .held
            .iter()
            .copied()
            .filter(|h| {
                let guard = Dep::Guard(*h);
                self.taken.get(h).is_some_and(|t| t.outlives) || ret.deps.contains(&guard) || state.heap_keeps(*h)
            })
            .filter_map(|h| map.0.get(&h).copied())
            .collect();
        let anew = state.anew.iter().map(|(path, data)| (map.term(path), map.deps(data))).collect();
        let yielded = self.yielded.take();
        // Events are kept in order: those before the yield are a prefix of the kept ones.
        let yield_at = yielded.as_ref().map(|y| map.0.iter().filter(|(old, _)| **old < y.at).map(|(_, new)| new + 1).max().unwrap_or(0));
        Summary {
            params: self.ir.params.iter().map(|p| Param { name: p.name, default: None }).collect(),
            events,
            stores,
            ret: Some(map.value(&ret)),
            held,
            told: told.iter().filter_map(|h| map.0.get(h).copied()).collect(),
            yield_at,
            yields: yielded.as_ref().map(|y| map.value(&y.value)),
            yield_held: yielded.iter().flat_map(|y| &y.held).filter_map(|h| map.0.get(h).copied()).collect(),
            yields_unflushed: yielded.is_some_and(|y| y.unflushed),
            never_returns,
            anew,
        }
    }

    /// What matters to callers: nothing private or unknown; the same operation on the same resource under the same locks once.
    fn kept_events(&mut self, in_vain: &FxHashSet<EventId>) -> (Vec<Event>, Renumbering) {
        let mut map = Renumbering(FxHashMap::default());
        let mut kept: Vec<Event> = Vec::new();
        let split = self.yielded.as_ref().map_or(0, |y| y.at);
        for (old, e) in self.events.iter().enumerate() {
            let old = old as EventId;
            if !matters(e) || in_vain.contains(&old) {
                continue;
            }
            let after_yield = old >= split;
            let mut new = map.event(e);
            if matches!(e.kind, EventKind::Read | EventKind::Each | EventKind::Write(_) | EventKind::Run { .. })
                && let Some(at) = kept.iter().position(|k| same_operation(k, &new) && !are_apart(k, &new))
                && (!after_yield || split == 0)
                && !made_since(&kept[at + 1..], &new)
            {
                if kept[at].data.is_empty() && !new.data.is_empty() {
                    // Emptying a file and filling it are one; the place where the data goes in is the one to show.
                    (kept[at].site, kept[at].chain) = (new.site, new.chain.take());
                }
                kept[at].data.extend(&new.data);
                kept[at].when.retain(|c| new.when.contains(c));
                map.0.insert(old, at as EventId);
                continue;
            }
            if kept.len() >= MAX_EVENTS {
                self.bound_reached = true;
                break;
            }
            new.instance = 0;
            map.0.insert(old, kept.len() as EventId);
            kept.push(new);
        }
        (kept, map)
    }

    /// What is picked out of the function's own objects (the first of some paths that is there) has no name of its own. The call is its name:
    /// equal calls give equal results, as they do where nothing is known of the callee.
    fn named_by_call(&self, ret: Value) -> Value {
        let path_type = |ty: &Option<Ty>| matches!(ty, Some(Ty::Library(t)) if self.lib.is_path(*t));
        let is_path = path_type(&ret.ty) || path_type(&self.written_type(self.ir.ret.as_ref()));
        let is_picked = |t: &Term| match t {
            Term::New(_) => is_path,
            Term::Field(_, name) => name.as_str().starts_with('[') && matches!(t.root(), Term::New(_)),
            _ => false,
        };
        if self.yielded.is_some() || ret.kind.is_some() || !alternatives(&ret.term).any(is_picked) {
            return ret;
        }
        let module = self.cx.program.files[self.file as usize].module;
        let params = (0..self.ir.params.len()).map(|i| Term::Param(i as u16)).collect();
        let call = call_term(dotted(&[module, self.ir.qualname]), params);
        let mut parts: Vec<Term> = Vec::new();
        for t in alternatives(&ret.term) {
            let t = if is_picked(t) { call } else { *t };
            if !parts.contains(&t) {
                parts.push(t);
            }
        }
        let term = if let [only] = parts[..] { only } else { one_of(parts.iter()) };
        Value { term, ..ret }
    }

    /// Acquisitions of this process's locks under which nothing is done: they are over when the function returns.
    fn idle_locks(&self) -> FxHashSet<EventId> {
        let mut busy: FxHashSet<EventId> = self.state.held.iter().copied().collect();
        busy.extend(self.yielded.iter().flat_map(|y| y.held.iter().copied()));
        let mut idle = FxHashSet::default();
        for (n, e) in self.events.iter().enumerate().rev() {
            let in_memory = matches!(&e.kind, EventKind::Acquire { spec, .. } if spec.domain == Domain::Memory);
            if in_memory && !busy.contains(&(n as EventId)) {
                idle.insert(n as EventId);
            } else if matters(e) {
                busy.extend(e.held.iter().copied());
            }
        }
        idle
    }

    /// A callable that is run under a lock that other processes see, and on another way without: the lock is held already, or the system
    /// has none. The way with the lock counts.
    fn runs_on_other_ways(&self) -> Vec<EventId> {
        let strong = |h: &EventId| self.held_lock(*h).is_some_and(|h| h.spec.mode == Mode::Exclusive && h.spec.reach == Reach::Process);
        let runs = || self.events.iter().enumerate().filter(|(_, e)| matches!(e.kind, EventKind::Run { .. }));
        let (guarded, bare): (Vec<_>, Vec<_>) = runs().partition(|(_, e)| e.held.iter().any(strong));
        let both = |a: usize, b: usize| self.exits.iter().any(|e| [a, b].iter().all(|id| e.state.passed.contains(&(*id as EventId))));
        let on_another_way = |(n, e): &(usize, &Event)| guarded.iter().any(|(m, g)| g.resource.term == e.resource.term && !both(*n, *m));
        bare.into_iter().filter(on_another_way).map(|(n, _)| n as EventId).collect()
    }

    /// Elements that are taken from what a caller gives, and that go nowhere: nobody needs to know whether that is a file.
    fn takes_for_nothing(&self, ret: &Value, state: &State) -> FxHashSet<EventId> {
        let takes = self.events.iter().enumerate().filter(|(_, e)| e.kind == EventKind::Each);
        let mut out: FxHashSet<EventId> = takes.map(|(n, _)| n as EventId).collect();
        if out.is_empty() {
            return out;
        }
        let mut goes_on = |deps: &Deps| deps.events().for_each(|e| _ = out.remove(&e));
        goes_on(&ret.deps);
        state.heap.iter().for_each(|(_, v)| goes_on(&v.deps));
        let captured = self.ir.captures.iter().filter_map(|c| state.vars.get(c.inner.0 as usize)?.as_ref());
        captured.for_each(|v| goes_on(&v.deps));
        self.yielded.iter().for_each(|y| goes_on(&y.value.deps));
        for e in &self.events {
            goes_on(&e.data);
            if let EventKind::Run { args, .. } = &e.kind {
                args.iter().for_each(|a| goes_on(&a.deps));
            }
        }
        out
    }

    fn stores(&self, state: &State, ret: &Value, map: &Renumbering) -> Vec<Store> {
        let mut out = Vec::new();
        let params = self.ir.params.len();
        for (k, c) in self.ir.captures.iter().enumerate() {
            let place = Term::Param((params + k) as u16);
            if let Some(Some(v)) = state.vars.get(c.inner.0 as usize)
                && v.term != place
            {
                out.push(Store { place, value: map.value(v) });
            }
        }
        // What carries a file's data, a handle or a lock goes first, should there be too much.
        let weighty = |v: &Value| v.kind.is_some() || v.deps.iter().any(|d| !matches!(d, Dep::Place(_)));
        let (first, mut rest): (Vec<_>, Vec<_>) = state.heap.iter().partition(|(_, v)| weighty(v));
        if first.len() + rest.len() > MAX_STORES {
            // An object's own fields before those of its parts, which may be new objects.
            rest.sort_by_key(|(place, _)| (!outlives(place), fields_deep(place)));
        }
        let sets_up = self.cx.is_relevant(self.id) || super::solve::is_constructor(self.ir.name);
        // A function without effects may fill what it is given; what it keeps in its own object is not followed, but for what it forgets.
        let reachable = reachable(state);
        let own_field = |place: &Term| self.ir.flags.has_receiver && matches!(place, Term::Field(..)) && *place.root() == Term::Param(0);
        let kept = |place: &Term, v: &Value| sets_up || !own_field(place) || is_reset(place, v);
        for (place, v) in first.into_iter().chain(rest.into_iter().filter(|(place, v)| kept(place, v))) {
            let root = place.root();
            let made_here = root.any(is_made_here);
            let of_result = made_here && (root == ret.term.root() || reachable.contains(root));
            // Equal calls that were not opened give one object, whoever makes them; what is made here is in no other call.
            let of_call = matches!(place, Term::Field(..)) && matches!(root, Term::Call(..)) && !made_here;
            if (outlives(place) || of_result || of_call) && tells_something(v) && out.len() < MAX_STORES {
                out.push(Store { place: *place, value: map.value(v) });
            }
        }
        out
    }
}

/// How many fields lie one in another.
fn fields_deep(place: &Term) -> usize {
    match place {
        Term::Field(base, _) => 1 + fields_deep(base),
        _ => 0,
    }
}

/// The objects that are stored in a place that outlives the function, or are parts of new ones.
fn reachable(state: &State) -> FxHashSet<Term> {
    let lasting = |place: &Term| outlives(place) || matches!(place.root(), Term::New(_) | Term::Call(..));
    state.heap.iter().filter(|(place, _)| lasting(place)).map(|(_, v)| v.term).collect()
}

fn is_made_here(t: &Term) -> bool {
    matches!(t, Term::New(_) | Term::Fresh(_))
}

/// A value of which more is known than that it comes from other places of the same object.
fn tells_something(v: &Value) -> bool {
    v.term != Term::Unknown || v.kind.is_some() || v.deps.iter().any(|d| !matches!(d, Dep::Place(_)))
}

/// A field gets a value that was made of nothing (`self.entries = Vec::new()`): what was there before is gone.
fn is_reset(place: &Term, v: &Value) -> bool {
    let made = matches!(v.term, Term::Call(..) | Term::New(_) | Term::Const(_)) && !v.term.any(|t| matches!(t, Term::Param(_)));
    matches!(place, Term::Field(base, _) if matches!(**base, Term::Param(_))) && v.deps.is_empty() && made
}

fn matters(e: &Event) -> bool {
    match &e.kind {
        EventKind::Acquire { .. } | EventKind::Release | EventKind::Run { .. } | EventKind::Close | EventKind::Open { .. } => true,
        EventKind::Each | EventKind::Flush => true,
        // Looking at a file under a lock may be what makes the lock good.
        EventKind::Check(_) => !e.held.is_empty(),
        EventKind::Read | EventKind::Write(_) | EventKind::ReplaceFrom { .. } => {
            let t = &e.resource.resource().term;
            !t.is_private() && *t != Term::Unknown
        }
        _ => false,
    }
}

/// Whether the file that an event removes was made since: the removal is the end of that file, and of the lock that it may be. Or whether
/// something else was done to what a caller gives since its method was run: it may be written out again.
fn made_since(later: &[Event], e: &Event) -> bool {
    let made = |k: &Event| matches!(k.kind, EventKind::Write(WriteKind::CreateNew)) && k.resource.term == e.resource.term;
    let of = |k: &Event| match (&k.kind, &k.resource.term) {
        (EventKind::Run { .. }, Term::Field(base, name)) => Some((**base, *name)),
        _ => None,
    };
    let other = |k: &Event| of(k).zip(of(e)).is_some_and(|((a, does), (b, did))| a == b && does != did);
    e.kind == EventKind::Write(WriteKind::Remove) && later.iter().any(made) || later.iter().any(other)
}

/// Whether one of two writes puts in what callers give, and the other only what its own function has read: who brings both together makes
/// a cycle of the first, while the second is told of where it stands.
fn are_apart(a: &Event, b: &Event) -> bool {
    let is_given = |e: &Event| e.data.iter().any(|d| matches!(d, Dep::Place(p) if matches!(p.term().root(), Term::Param(_))));
    matches!(a.kind, EventKind::Write(_)) && !a.data.is_empty() && !b.data.is_empty() && is_given(a) != is_given(b)
}

pub(super) fn same_operation(a: &Event, b: &Event) -> bool {
    let same_kind = match (&a.kind, &b.kind) {
        (EventKind::Run { args: x, .. }, EventKind::Run { args: y, .. }) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| x.term == y.term)
        }
        (a, b) => a == b,
    };
    a.resource.term == b.resource.term && same_kind && a.aborts == b.aborts && a.held == b.held && a.resource.kind == b.resource.kind
}

impl Renumbering {
    fn deps(&self, deps: &Deps) -> Deps {
        deps.iter()
            .filter_map(|d| match d {
                Dep::Event(e) => self.0.get(e).map(|n| Dep::Event(*n)),
                Dep::Guard(e) => self.0.get(e).map(|n| Dep::Guard(*n)),
                Dep::Place(p) if matches!(p.term().root(), Term::Call(..)) => Some(Dep::place(self.term(p.term()))),
                Dep::Place(_) => Some(*d),
            })
            .collect()
    }

    /// The result of a callable is named after its event.
    fn term(&self, t: &Term) -> Term {
        match t {
            Term::Call(f, args) if f.as_str() == super::subst::RUN => {
                let Term::Const(n) = &args[0] else { return *t };
                match n.as_str().parse().ok().and_then(|n: EventId| self.0.get(&n)) {
                    Some(new) => Term::Call(*f, [Term::text(&new.to_string())].into()),
                    None => Term::Unknown,
                }
            }
            Term::Field(base, name) => self.term(base).field(*name),
            _ => *t,
        }
    }

    fn value(&self, v: &Value) -> Value {
        let kind = v.kind.as_ref().map(|k| std::sync::Arc::new(self.kind(k)));
        Value { term: self.term(&v.term), deps: self.deps(&v.deps), ty: v.ty.clone(), flags: v.flags, kind }
    }

    fn boxed(&self, v: &Value) -> Box<Value> {
        Box::new(self.value(v))
    }

    fn kind(&self, k: &Kind) -> Kind {
        match k {
            Kind::Handle { path, mode } => Kind::Handle { path: self.boxed(path), mode: self.boxed(mode) },
            Kind::Lock { spec, target, inner } => Kind::Lock { spec: *spec, target: self.boxed(target), inner: inner.clone() },
            Kind::Func(f) => Kind::Func(Box::new(self.func(f))),
            Kind::Type(t) => Kind::Type(t.clone()),
            Kind::Method { path, given } => Kind::Method { path: *path, given: given.iter().map(|g| self.value(g)).collect() },
            Kind::Tuple(parts) => Kind::Tuple(parts.iter().map(|p| self.value(p)).collect()),
            Kind::Suspended { func, args } => {
                Kind::Suspended { func: Box::new(self.func(func)), args: args.iter().map(|a| self.value(a)).collect() }
            }
            Kind::AddFlags { base, flags, when } => {
                Kind::AddFlags { base: self.boxed(base), flags: *flags, when: when.as_ref().map(|w| self.boxed(w)) }
            }
        }
    }

    fn func(&self, f: &FuncRef) -> FuncRef {
        let values = |vs: &[Value]| vs.iter().map(|v| self.value(v)).collect();
        FuncRef {
            func: f.func,
            bound: values(&f.bound),
            captures: values(&f.captures),
            capture_vars: f.capture_vars.clone(),
            creator: f.creator,
            locks: values(&f.locks),
        }
    }

    fn event(&self, e: &Event) -> Event {
        let kind = match &e.kind {
            EventKind::Open { mode } => EventKind::Open { mode: mode.as_ref().map(|m| self.value(m)) },
            EventKind::ReplaceFrom { from, exclusive } => EventKind::ReplaceFrom { from: self.value(from), exclusive: *exclusive },
            EventKind::Acquire { spec, mode, scoped } => {
                EventKind::Acquire { spec: *spec, mode: mode.as_ref().map(|m| self.value(m)), scoped: *scoped }
            }
            EventKind::Run { callee, args } => {
                EventKind::Run { callee: self.value(callee), args: args.iter().map(|a| self.value(a)).collect() }
            }
            k => k.clone(),
        };
        let is_write = matches!(e.kind, EventKind::Write(_) | EventKind::ReplaceFrom { .. });
        Event {
            kind,
            resource: self.value(&e.resource),
            data: self.deps(&e.data),
            // A caller may want to know what a write under a lock depends on.
            under: if is_write && !e.held.is_empty() { self.deps(&e.under) } else { Deps::none() },
            when: e.when.clone(),
            held: e.held.iter().filter_map(|h| self.0.get(h).copied()).collect(),
            site: e.site,
            chain: e.chain.clone(),
            stream: e.stream,
            aborts: e.aborts,
            late: e.late.iter().filter_map(|h| self.0.get(h).copied()).collect(),
            instance: e.instance,
        }
    }
}
