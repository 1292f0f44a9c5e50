//! Acquiring and releasing: which instance of which lock is held from where to where.

use smallvec::SmallVec;

use super::domain::outlives;
use super::frame::{Dropped, Frame, How, Origin, Taken};
use super::handle::mode_flags;
use super::program::TypeId;
use crate::effect::{
    Dep, Deps, Domain, Event, EventId, EventKind, Flags, Keeps, Kind, LockSpec, Mode, Outcome, Reach, Term, Ty, Value, Way,
};
use crate::ir::{self, Callee, Discarded, Op, Var};
use crate::source::{Span, Sym};

impl Frame<'_, '_> {
    /// A lock is taken (or, as its flags say, given up).
    pub(crate) fn acquire(&mut self, lock: &Value, spec: LockSpec, mode: Option<Value>, scoped: bool, at: &Origin) -> Option<EventId> {
        let mut spec = spec;
        let mut resource = lock.resource().clone();
        if let Some(Kind::Lock { spec: own, target, .. }) = lock.kind.as_deref() {
            // An object knows what it is; the call knows how it waits.
            spec = LockSpec { way: if spec.way == Way::Blocking { own.way } else { spec.way }, ..*own };
            if spec.mode == Mode::Exclusive && scoped {
                spec.mode = own.mode;
            }
            resource = target.resource().clone();
        }
        let mut pending = None;
        if let Some(m) = mode {
            match mode_flags(&m) {
                Some(f) if f.has(Flags::UNLOCK) => {
                    self.release(lock);
                    return outlives(&lock.term).then(|| self.emit(EventKind::Release, lock.clone(), Deps::none(), at)).flatten();
                }
                Some(f) => apply_flags(&mut spec, f),
                // `blocking=False`.
                None if matches!(&m.term, Term::Const(s) if matches!(s.as_str(), "false" | "0")) => spec.way = Way::Try,
                None if m.term.any(|t| matches!(t, Term::Param(_))) => pending = Some(m),
                None => {}
            }
        }
        // A handle stays what it is in the summary: the callers' locks end with it too.
        let by_handle = matches!(lock.kind.as_deref(), Some(Kind::Handle { .. }));
        let shown = if pending.is_some() || by_handle { lock.clone() } else { resource };
        let kind = EventKind::Acquire { spec, mode: pending, scoped };
        let known = self.events.len();
        let id = self.emit(kind, shown, Deps::none(), at)?;
        let fresh = id as usize >= known;
        let object = lock.term;
        let is_lock_object = matches!(lock.kind.as_deref(), Some(Kind::Lock { .. }));
        let is_thread_lock = is_lock_object && spec.reach == Reach::Thread;
        // A descriptor that is a plain number is closed by nobody.
        let is_number = by_handle && lock.ty.is_none();
        let by_itself = spec.domain.is_by_existence() || is_thread_lock || is_number;
        let lives_on = !scoped && (outlives(&object) || by_itself || matches!(object, Term::Unknown | Term::Call(..)));
        if let (false, Some(taken)) = (fresh, self.taken.get_mut(&id)) {
            // The same attempt, as a loop comes round to it again.
            taken.acts = self.acts;
        }
        if fresh {
            self.taken.insert(id, Taken { spec, object, acts: self.acts, outlives: lives_on, emptied: empties(lock) });
        }
        // A conversion through the same handle replaces the earlier acquisition.
        if !scoped && by_handle {
            let same: SmallVec<[EventId; 2]> =
                self.state.held.iter().copied().filter(|h| *h != id && self.taken.get(h).is_some_and(|t| t.object == object)).collect();
            self.state.held.retain(|h| !same.contains(h));
        }
        if !self.state.held.contains(&id) {
            self.state.held.push(id);
        }
        self.state.denied.retain(|d| *d != id);
        self.state.untested.retain(|u| self.taken.get(u).is_some_and(|t| t.object != object));
        if !scoped && !lives_on {
            let guard = Deps::one(Dep::Guard(id));
            self.state.taint(&object, &guard);
        }
        Some(id)
    }

    /// How far the strongest of these locks reaches: nowhere, to other threads, to other processes.
    pub(crate) fn reach(&self, held: &[EventId]) -> Option<Reach> {
        held.iter().filter_map(|h| self.taken.get(h).map(|t| t.spec.reach)).max()
    }

    /// What a function gives back that could not be opened, by its written type: an object that gives up a lock when it ends holds one.
    pub(crate) fn with_guard(&mut self, v: Value, at: &Origin) -> Value {
        let (Some(Ty::Project(t)), Term::Call(..), None) = (&v.ty, &v.term, &v.kind) else { return v };
        let held = v.deps.guards().next().is_some();
        let Some(f) = self.cx.program.destructor(TypeId(*t)).filter(|_| !held) else { return v };
        let gives_up = |e: &Event| matches!(e.kind, EventKind::Release) && *e.resource.term.root() == Term::Param(0);
        if !self.cx.summary(f).events.iter().any(gives_up) {
            return v;
        }
        let at = Origin { key: super::subst::mix((at.key, 41)), ..at.clone() };
        let id = self.acquire(&v, super::solve::plain_lock(), None, true, &at);
        v.with_deps(&id.map(Dep::Guard).into_iter().collect())
    }

    /// A value that keeps only these of the locks that it is behind.
    pub(crate) fn keeping(&self, mut v: Value, keeps: Keeps) -> Value {
        let in_memory = |h: &EventId| self.taken.get(h).is_some_and(|t| t.spec.domain == Domain::Memory);
        match keeps {
            Keeps::All => {}
            Keeps::OfFiles => v.deps.retain(|d| !matches!(d, Dep::Guard(h) if in_memory(h))),
            Keeps::Nothing => v.deps.retain(|d| !matches!(d, Dep::Guard(_))),
        }
        v
    }

    /// A file that is created only if it is not there may be a lock by its existence; whether it is one shows when it is removed again.
    pub(crate) fn acquire_by_creating(&mut self, path: &Value, at: &Origin) {
        if path.term == Term::Unknown || path.term.is_private() {
            return;
        }
        let spec = LockSpec { domain: Domain::Creation, ..super::solve::plain_lock() };
        let at = Origin { key: super::subst::mix((at.key, 23)), ..at.clone() };
        let kind = EventKind::Acquire { spec, mode: None, scoped: false };
        if let Some(id) = self.emit(kind, path.clone(), Deps::none(), &at) {
            self.taken.entry(id).or_insert(Taken { spec, object: path.term, acts: self.acts, outlives: true, emptied: false });
            if !self.state.held.contains(&id) {
                self.state.held.push(id);
            }
        }
    }

    /// Removing the file of an existence lock is its release.
    pub(crate) fn release_by_removing(&mut self, path: &Value) {
        let term = &path.resource().term;
        self.give_up(|t, e, _| t.spec.domain.is_by_existence() && e.resource.resource().term == *term);
    }

    /// Here a call has not given the object that it gives otherwise: neither has it taken the lock whose file that object keeps.
    pub(crate) fn never_made(&mut self, object: &Value) {
        if self.state.held.is_empty() || !matches!(object.term, Term::New(_)) {
            return;
        }
        let kept: Vec<Term> = self.state.heap.iter().filter(|(place, _)| *place.root() == object.term).map(|(_, v)| v.term).collect();
        self.give_up(|t, _, _| t.spec.domain.is_by_existence() && kept.contains(&t.object));
    }

    /// Ends the acquisitions of which `ends` says so.
    fn give_up(&mut self, ends: impl Fn(&Taken, &Event, EventId) -> bool) {
        if self.aborts {
            return;
        }
        let (taken, events) = (&self.taken, &self.events);
        let gone = |h: &EventId| taken.get(h).is_some_and(|t| ends(t, &events[*h as usize], *h));
        let gone: SmallVec<[EventId; 2]> = self.state.held.iter().copied().filter(gone).collect();
        self.state.held.retain(|h| !gone.contains(h));
        self.outlasted(&gone);
    }

    /// Objects that end here run their destructors, unless they live on elsewhere.
    pub(crate) fn run_destructors(&mut self, vars: &[Var], span: Span, result: Option<&Value>) {
        for v in vars {
            let value = self.var(*v);
            let (Some(Ty::Project(t)), Term::New(_)) = (&value.ty, &value.term) else { continue };
            let Some(f) = self.cx.program.destructor(TypeId(*t)) else { continue };
            let returned = result.is_some_and(|r| hands_on(r, &value));
            let moved = returned || self.state.heap.iter().any(|(place, h)| h.term == value.term && place.root() != &value.term);
            let aliased = |o: usize| o != v.0 as usize && !vars.iter().any(|w| w.0 as usize == o);
            let elsewhere =
                |(o, x): (usize, &Option<std::sync::Arc<Value>>)| aliased(o) && x.as_ref().is_some_and(|x| x.term == value.term);
            if moved || self.state.vars.iter().enumerate().any(elsewhere) {
                continue;
            }
            let mut origin = self.here(span);
            origin.key = super::subst::mix((origin.key, v.0, 29));
            origin.instance = self.instance(origin.key);
            self.call_project(f, vec![value], &[], &origin);
        }
    }

    /// The function's own locals end: after the last op, and with every `return`.
    pub(super) fn end_of_body(&mut self) {
        let span = self.ir.span;
        let locals: Vec<ir::Var> = (0..self.ir.vars.len() as u32).rev().map(ir::Var).filter(|v| self.is_local(*v)).collect();
        if !self.state.dead {
            self.run_destructors(&locals, span, None);
        }
        for i in 0..self.exits.len() {
            let end = std::mem::replace(&mut self.state, std::mem::take(&mut self.exits[i].state));
            let value = self.exits[i].value.clone();
            self.run_destructors(&locals, span, Some(&value));
            self.exits[i].state = std::mem::replace(&mut self.state, end);
        }
    }

    /// A named variable that is neither a parameter nor captured.
    fn is_local(&self, v: ir::Var) -> bool {
        self.ir.vars[v.0 as usize].name.is_some()
            && !self.ir.params.iter().any(|p| p.var == v)
            && !self.ir.captures.iter().any(|c| c.inner == v)
    }

    /// Locks of local handles that end with the function, with nothing done under them, protected nothing.
    pub(crate) fn locks_lost_at_end(&mut self, kept: impl Fn(EventId) -> bool) {
        for id in self.state.held.clone() {
            let acts_after = self.acts_after(id);
            let Some(t) = self.taken.get(&id) else { continue };
            let e = &self.events[id as usize];
            if t.spec.reach == Reach::Process && t.spec.way != Way::Try && !t.outlives && !acts_after && e.chain.is_none() && !kept(id) {
                let found = Dropped { site: e.site, event: Some(id), how: How::Temporary, unnamed: None };
                if !self.dropped.iter().any(|d| d.event == Some(id)) {
                    self.dropped.push(found);
                }
            }
        }
    }

    /// Whether anything is done after an acquisition: to a file, or by code that is not known.
    fn acts_after(&self, id: EventId) -> bool {
        if self.taken.get(&id).is_some_and(|t| t.acts < self.acts) {
            return true;
        }
        let acts = |e: &Event| !matches!(e.kind, EventKind::Acquire { .. } | EventKind::Check(_));
        self.events[id as usize + 1..].iter().any(acts)
    }

    /// A lock, a handle's lock or a guard is given up.
    pub(crate) fn release(&mut self, lock: &Value) {
        let known = |t: &Term| (*t != Term::Unknown).then_some(*t);
        let target = match lock.kind.as_deref() {
            Some(Kind::Lock { target, .. }) => known(&target.resource().term),
            _ => None,
        };
        let (object, path) = (known(&lock.term), known(&lock.resource().term));
        self.give_up(|t, e, h| {
            let locked = Some(&e.resource.resource().term);
            let same = object.as_ref() == Some(&t.object) || target.as_ref() == locked || path.as_ref() == locked;
            same || lock.deps.contains(&Dep::Guard(h))
        });
    }

    /// A handle is closed: its locks end.
    pub(crate) fn close(&mut self, handle: &Value) {
        self.flush(&handle.term);
        let is_known = handle.term != Term::Unknown && handle.kind.is_some();
        self.give_up(|t, _, h| handle.deps.contains(&Dep::Guard(h)) || is_known && t.object == handle.term);
    }

    /// A value ends by an explicit drop.
    pub(crate) fn drop_value(&mut self, v: &Value) {
        let guards: SmallVec<[EventId; 2]> = v.deps.guards().collect();
        self.state.held.retain(|h| !guards.contains(h));
    }

    /// Variables end: locks that only they kept end with them. A lock that ends in the statement that took it, with nothing done under
    /// it, protected nothing. `statement`: what comes before the end, where a statement ends and not a block.
    pub(crate) fn end_vars(&mut self, vars: &[Var], span: Span, statement: Option<&[Op]>, discarded: Option<Discarded>) {
        let value = discarded.and_then(|d| self.state.vars.get(d.value.0 as usize)?.clone());
        let mut ended = Vec::new();
        for v in vars {
            let Some(old) = self.state.vars.take(v.0 as usize) else { continue };
            if statement.is_some_and(|ops| computes(ops, *v))
                && self.ir.vars[v.0 as usize].name.is_none()
                && let Some(Kind::Suspended { func, .. }) = old.kind.as_deref()
                && !self.state.vars.values().any(|o| o.term == old.term && o.kind == old.kind)
            {
                self.never_entered(func.func, span);
            }
            ended.push(old);
        }
        if self.state.held.is_empty() {
            return;
        }
        let gone = self.release_unkept();
        let Some(before) = statement else { return };
        for id in gone {
            let acts_after = self.acts_after(id);
            let Some(spec) = self.taken.get(&id).map(|t| t.spec) else { continue };
            let counts = spec.way != Way::Try && (spec.reach == Reach::Process || self.is_plain_guard(id, vars, span, before));
            let is_plain = self.events[id as usize].chain.is_none() || ended.iter().any(|v| self.is_guard(v, id));
            let is_asked = || self.events[id as usize].chain.is_some() && self.is_only_asked(id, before);
            if counts && is_plain && !acts_after && !is_asked() && self.events[id as usize].local_site().span.start >= span.start {
                let site = self.site(span);
                let keeps = value.as_ref().is_some_and(|v| v.deps.contains(&Dep::Guard(id)));
                let unnamed = discarded.filter(|_| keeps).map(|d| self.site(d.span));
                let found = Dropped { site, event: Some(id), how: How::Temporary, unnamed };
                if !self.dropped.iter().any(|d| d.event == Some(id)) {
                    self.dropped.push(found);
                }
            }
        }
    }

    /// Whether a value is the guard of this acquisition, or an object made around it. One that has it somewhere deep inside is the result of
    /// work that was done under the lock.
    pub(crate) fn is_guard(&self, v: &Value, id: EventId) -> bool {
        let holds = |v: &Value| match v.kind.as_deref() {
            Some(Kind::Lock { .. } | Kind::Handle { .. } | Kind::Suspended { .. }) => v.deps.contains(&Dep::Guard(id)),
            _ => false,
        };
        let parts = if let Some(Kind::Tuple(parts)) = v.kind.as_deref() { &parts[..] } else { &[] };
        let is_field = |place: &Term| matches!(place, Term::Field(base, _) if **base == v.term);
        holds(v) || parts.iter().any(holds) || self.state.heap.iter().any(|(place, v)| is_field(place) && holds(v))
    }

    /// Whether a statement computes nothing but the guard of this acquisition, which nobody keeps. Other guards of locks between threads
    /// end with their statement as a matter of course: it looks at what they guard.
    fn is_plain_guard(&self, id: EventId, ended: &[Var], end: Span, statement: &[Op]) -> bool {
        let (last, last_span) = match statement.last() {
            Some(Op::Call(c)) => (c.dst, c.span),
            Some(Op::Await { dst, span, .. }) => (*dst, *span),
            _ => return false,
        };
        // What a macro or an operator looks at makes the statement longer.
        let semicolon = u32::from(end.start < last_span.start);
        if !ended.contains(&last) || end.end > last_span.end + semicolon {
            return false;
        }
        let mut at = Some(last);
        for op in statement.iter().rev() {
            at = match (op, at) {
                (_, None) => return false,
                (Op::Await { dst, value, .. }, Some(v)) if *dst == v => Some(*value),
                (Op::Call(c), Some(v)) if c.dst == v && c.span == self.events[id as usize].site.span => return true,
                (Op::Call(c), Some(v)) if c.dst == v => match &c.callee {
                    Callee::Method { recv, name } if self.outcome(*name) == Some(Outcome::Unwraps) => Some(*recv),
                    _ => None,
                },
                (_, v) => v,
            };
        }
        false
    }

    /// Whether a statement only asks if the call succeeded that took this lock: nothing is meant to be done under it.
    fn is_only_asked(&self, id: EventId, statement: &[Op]) -> bool {
        let span = self.events[id as usize].local_site().span;
        let taking = statement.iter().find_map(|op| {
            if let Op::Call(c) = op
                && c.span == span
            {
                Some(c.dst)
            } else {
                None
            }
        });
        let asks = |c: &ir::Call| matches!(c.callee, Callee::Method { recv, name } if Some(recv) == taking && self.outcome(name) == Some(Outcome::Asks));
        statement.iter().any(|op| matches!(op, Op::Call(c) if asks(c)))
    }

    /// What a method of this name does with an outcome.
    pub(crate) fn outcome(&self, method: Sym) -> Option<Outcome> {
        self.lib.any_method(method).and_then(|(_, c)| c.outcome)
    }

    /// Forgets the guards of locks between threads that ended at once, where neither the function nor what it
    /// calls touches a file after that.
    pub(crate) fn dropped_for_files(&mut self) -> Vec<Dropped> {
        let mut dropped = std::mem::take(&mut self.dropped);
        let near = |e: &Event| e.chain.as_ref().is_none_or(|c| c.next.is_none());
        let touches = |e: &Event| matches!(e.kind, EventKind::Read | EventKind::Write(_) | EventKind::ReplaceFrom { .. }) && near(e);
        dropped.retain(|d| {
            let Some(id) = d.event else { return true };
            self.taken.get(&id).is_some_and(|t| t.spec.reach == Reach::Process) || self.events[id as usize..].iter().any(touches)
        });
        dropped
    }

    /// A decorated generator was called and its value is gone. One that yields again and again is no context manager.
    fn never_entered(&mut self, func: u32, span: Span) {
        let func = super::program::FuncId(func);
        if yields_in_a_loop(&self.cx.program.function(func).1.body) {
            return;
        }
        let summary = self.cx.summary(func);
        let locks = summary
            .yield_held
            .iter()
            .any(|h| matches!(&summary.events[*h as usize].kind, EventKind::Acquire { spec, .. } if spec.reach == Reach::Process));
        let site = self.site(span);
        if locks && !self.dropped.iter().any(|d| d.site == site) {
            self.dropped.push(Dropped { site, event: None, how: How::NeverEntered, unnamed: None });
        }
    }
}

/// Whether a variable is what the last of these ops computes: nobody was given it.
fn computes(ops: &[Op], v: Var) -> bool {
    let dst = match ops.last() {
        Some(Op::Call(c)) => c.dst,
        Some(Op::Await { dst, .. } | Op::Let { dst, .. }) => *dst,
        _ => return false,
    };
    dst == v
}

fn yields_in_a_loop(body: &ir::Block) -> bool {
    let mut found = false;
    let mut yields = |op: &Op| found |= matches!(op, Op::Yield { .. });
    ir::each_op(body, &mut |op| {
        if let Op::Loop { body, .. } = op {
            ir::each_op(body, &mut yields);
        }
    });
    found
}

/// Whether a result is an object, a part of it, or a tuple that has it.
fn hands_on(result: &Value, object: &Value) -> bool {
    let tuple = if let Some(Kind::Tuple(parts)) = result.kind.as_deref() { &parts[..] } else { &[] };
    result.term.root() == &object.term
        || result.kind.is_some() && result.deps == object.deps
        || tuple.iter().any(|part| hands_on(part, object))
}

/// Whether a handle's opening emptied the file.
fn empties(handle: &Value) -> bool {
    matches!(handle.kind.as_deref(), Some(Kind::Handle { mode, .. }) if mode_flags(mode).is_some_and(|f| f.has(Flags::TRUNCATE)))
}

fn apply_flags(spec: &mut LockSpec, f: Flags) {
    if f.has(Flags::SHARED) {
        spec.mode = Mode::Shared;
    }
    if f.has(Flags::EXCLUSIVE) {
        spec.mode = Mode::Exclusive;
    }
    if f.has(Flags::TRY) {
        spec.way = Way::Try;
    }
}
