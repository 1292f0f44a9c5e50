//! One op and a state: how statements change what is known.

use smallvec::SmallVec;

use super::cases::End;
use super::domain::{State, add_all, either, named, renamed_value};
use super::frame::{Exit, Frame, YieldPoint};
use super::program::FuncId;
use super::subst::{Subst, mix};
use crate::effect::{Dep, EventId, Kind, Summary, Term, Ty, Value};
use crate::ir::{Arm, Block, Key, Op, Scope, Var};
use crate::source::{Span, Sym};

/// Nesting of ops past this is not followed.
const MAX_NESTING: u32 = 200;

/// What a `with` statement has entered.
enum Entered {
    /// A generator, suspended at its `yield`.
    Generator { subst: Box<Subst>, summary: std::sync::Arc<Summary>, at: u32, given: Term },
    /// An object with methods for entering and leaving.
    Object(Value),
    /// A lock, a handle, or anything else.
    Plain(Value),
}

impl Frame<'_, '_> {
    /// Runs a block.
    pub(crate) fn block(&mut self, ops: &[Op]) {
        if self.nesting >= MAX_NESTING {
            self.bound_reached = true;
            return;
        }
        self.nesting += 1;
        for (n, op) in ops.iter().enumerate() {
            if self.state.dead {
                break;
            }
            let known = self.events.len();
            let around = std::mem::replace(&mut self.now, made_by(op));
            self.op(op, &ops[..n]);
            self.now = around;
            if self.events.len() > known {
                self.heed_result(op, ops.get(n + 1), known);
            }
        }
        self.nesting -= 1;
    }

    /// One op; `before` are those of its block that come before it.
    fn op(&mut self, op: &Op, before: &[Op]) {
        match op {
            Op::Let { dst, value, ty, span } => {
                let mut v = self.eval(value, *span);
                if let Some(written) = ty
                    && (v.ty.is_none() || v.kind.is_none())
                {
                    v = self.declared(v, Some(written));
                }
                self.set(*dst, named(v, mix((self.made_at(*span), 37))));
                self.tells_as(*dst, if let crate::ir::Value::Var(from) = value { Some(*from) } else { None });
            }
            Op::Call(c) => self.call(c),
            Op::Store { base, field, value, .. } => {
                let (base, value) = (self.var(*base), self.var(*value));
                self.store(base.term.field(*field), value);
            }
            Op::StoreItem { base, key, value, span } => {
                self.item_by_method(*base, key, Some(*value), *span);
                self.store_item(*base, key, *value);
            }
            Op::StoreName { path, value, span } => {
                let v = self.var(*value);
                let target = self.name(*path, *span);
                self.store(target.term, v);
            }
            Op::Branch { arms, .. } => self.branch(arms),
            Op::Loop { body, .. } => self.repeat(body),
            Op::Scope { kind, span } => self.scope(kind, *span),
            Op::Return { value, .. } => {
                let v = value.map_or_else(|| Value::of(Term::Global(Sym::new("None"))), |v| self.var(v));
                let v = self.carrying(v);
                self.exits.push(Exit { value: v, state: self.state.clone() });
                self.state.dead = true;
            }
            Op::Yield { dst, value, .. } => {
                let v = value.map_or_else(Value::unknown, |v| self.var(v));
                let v = self.carrying(v);
                let held: SmallVec<[EventId; 4]> = self.state.held.iter().copied().collect();
                let at = self.events.len() as u32;
                let told = self.told_by_yield(&v);
                self.yielded = Some(match self.yielded.take() {
                    // The way without a lock is for systems that have none: the way with a lock counts.
                    Some(y) if self.reach(&y.held) >= self.reach(&held) => YieldPoint { value: either(&y.value, &v), ..y },
                    Some(y) => YieldPoint { at, value: either(&y.value, &v), held, told, unflushed: y.unflushed },
                    None => YieldPoint { at, value: v.clone(), held, told, unflushed: false },
                });
                self.hands_out(&v);
                self.set(*dst, Value::unknown());
            }
            Op::Await { dst, value, span } => {
                let v = self.var(*value);
                let v = match v.kind.as_deref() {
                    Some(Kind::Func(f)) if self.cx.program.function(FuncId(f.func)).1.flags.is_async => {
                        let origin = self.call_origin(*span);
                        self.call_func(&f.clone(), Vec::new(), &[], &origin)
                    }
                    _ => v,
                };
                self.set(*dst, v);
                self.tells_as(*dst, Some(*value));
            }
            Op::Drop { vars, span, discarded } => self.end_vars(vars, *span, Some(before), *discarded),
            Op::Break(outer) => {
                if let Some((breaks, _)) = self.loops.iter_mut().nth_back(*outer as usize) {
                    breaks.push(self.state.clone());
                }
                self.state.dead = true;
            }
            Op::Continue(outer) => {
                if let Some((_, continues)) = self.loops.iter_mut().nth_back(*outer as usize) {
                    continues.push(self.state.clone());
                }
                self.state.dead = true;
            }
            Op::Raise { .. } => self.raise(),
        }
    }

    fn call_origin(&mut self, span: Span) -> super::frame::Origin {
        let mut origin = self.here(span);
        origin.instance = self.instance(origin.key);
        origin
    }

    /// A value with all that is stored below it, as it leaves the function.
    fn carrying(&self, mut v: Value) -> Value {
        v.deps = self.full_deps(&v);
        v
    }

    fn store_item(&mut self, base: Var, key: &Key, value: Var) {
        let (b, v) = (self.var(base), self.var(value));
        let mut deps = self.full_deps(&v);
        if let Key::Const(k) = key
            && k.as_str() != "*"
            && !matches!(b.term, Term::Unknown)
        {
            let place = b.term.field(Sym::new(&format!("[{k}]")));
            self.state.heap.insert(place, v.clone());
        }
        if let Key::Var(k) = key
            && (v.ty.is_some() || v.kind.is_some())
            && !matches!(b.term, Term::Unknown)
            && let Some(name) = super::eval::key_name(&self.var(*k))
        {
            // An object that is taken out again under the same key is the one that was put in.
            self.state.heap.insert(b.term.field(Sym::new(&format!("[{name}]"))), v.clone());
        }
        if let Key::Var(_) = key
            && v.deps.guards().next().is_some()
        {
            // Whatever the key is, the container keeps the lock.
            self.store(b.term.field(Sym::new("[]")), v.clone());
        }
        if let Key::Var(k) = key {
            // The keys are part of what the container holds.
            deps.extend(&self.data_of(&self.var(*k)));
        }
        self.mutate(&b, &deps);
        if b.term == Term::Unknown {
            deps.retain(|d| !matches!(d, Dep::Guard(_)));
            self.set(base, b.with_deps(&deps));
        }
    }

    fn branch(&mut self, arms: &[Arm]) {
        let before = self.state.clone();
        let mut after: Option<State> = None;
        let mut ends = Vec::new();
        let mut taken_last: SmallVec<[EventId; 2]> = SmallVec::new();
        for arm in arms {
            let (known, acts) = (self.events.len(), self.acts);
            self.state = before.clone();
            let (denied, emitted) = (self.state.denied.len(), self.emitted);
            self.assume(&arm.tests);
            let denied = SmallVec::from_slice(&self.state.denied[denied..]);
            self.block(&arm.body);
            taken_last.extend(self.taken_last(known, acts));
            let mut state = std::mem::take(&mut self.state);
            End::add(&mut ends, &state);
            if self.emitted == emitted {
                self.heed_denial(&denied, &before, &mut state);
            }
            after = Some(match after {
                None => state,
                Some(a) => a.join(state),
            });
        }
        // The last act of one arm is not followed by those of the others.
        for lock in taken_last {
            if let Some(t) = self.taken.get_mut(&lock) {
                t.acts = self.acts;
            }
        }
        self.state = after.unwrap_or(before);
        self.state.tell_apart(&ends);
    }

    fn repeat(&mut self, body: &Block) {
        let mut out: Option<State> = Some(self.state.clone());
        for _ in 0..2 {
            self.loops.push((Vec::new(), Vec::new()));
            self.block(body);
            let (breaks, continues) = self.loops.pop().unwrap_or_default();
            let mut end = std::mem::take(&mut self.state);
            for c in continues {
                end = end.join(c);
            }
            for s in breaks.into_iter().chain([end]) {
                out = Some(match out {
                    None => s,
                    Some(o) => o.join(s),
                });
            }
            self.state = out.clone().unwrap_or_default();
        }
    }

    fn scope(&mut self, kind: &Scope, span: Span) {
        match kind {
            Scope::Block { body, locals } => {
                self.block(body);
                if !self.state.dead {
                    let reversed: Vec<Var> = locals.iter().rev().copied().collect();
                    self.run_destructors(&reversed, span, None);
                    self.end_vars(&reversed, span, None, None);
                }
            }
            Scope::With { item, target, body, .. } => self.with(*item, *target, body, span),
            Scope::Try(t) => self.protected(&t.body, &t.handlers, &t.orelse, &t.finally),
        }
    }

    fn with(&mut self, item: Var, target: Option<Var>, body: &Block, span: Span) {
        let value = self.var(item);
        let before: SmallVec<[EventId; 4]> = self.state.held.clone();
        let mut origin = self.call_origin(span);
        // Several items of one statement stand at the same place.
        origin.key = mix((origin.key, item.0));
        self.told.clear();
        let (entered, bound) = self.enter(&value, origin.clone());
        let told = std::mem::take(&mut self.told);
        // What is given from outside and entered for nothing but that is a lock of whoever gives it.
        let is_given = value.kind.is_none() && value.ty.is_none() && matches!(value.term.root(), Term::Param(_));
        if is_given && target.is_none() && matches!(entered, Entered::Plain(_)) {
            self.acquire(&value, super::solve::plain_lock(), None, false, &origin);
        }
        let new: SmallVec<[EventId; 4]> = self.state.held.iter().copied().filter(|h| !before.contains(h)).collect();
        self.pin(&new);
        // A guard that the item itself carries ends with the block as well.
        let carried: SmallVec<[EventId; 4]> = value.deps.guards().collect();
        if let Some(t) = target {
            self.set(t, bound);
        }
        self.heed_entering(target, &told);
        let (exits, breaks) = (self.exits.len(), self.loops.last().map_or((0, 0), |(b, c)| (b.len(), c.len())));
        self.block(body);
        let ends = |h: &EventId| new.contains(h) || carried.contains(h);
        if self.state.dead {
            // Leaving runs on the way out of every exit; its operations are seen once.
            if let Some(e) = self.exits.get(exits) {
                let resume = std::mem::replace(&mut self.state, e.state.clone());
                self.leave(entered, span);
                let left = std::mem::replace(&mut self.state, resume);
                for e in &mut self.exits[exits..] {
                    add_all(&mut e.state.passed, &left.passed);
                }
            }
        } else {
            if let Entered::Generator { summary, given, .. } = &entered {
                if summary.yields_unflushed {
                    self.outlasted(&new);
                }
                self.flush(given);
            }
            self.leave(entered, span);
            self.state.held.retain(|h| !ends(h));
        }
        for e in &mut self.exits[exits..] {
            e.state.held.retain(|h| !ends(h));
        }
        if let Some((b, c)) = self.loops.last_mut() {
            for s in b.iter_mut().skip(breaks.0).chain(c.iter_mut().skip(breaks.1)) {
                s.held.retain(|h| !ends(h));
            }
        }
    }

    /// Enters a context manager that a stack of them leaves later.
    pub(crate) fn enter_for_good(&mut self, value: &Value, at: &super::frame::Origin) -> Value {
        self.enter(value, at.clone()).1
    }

    fn enter(&mut self, value: &Value, origin: super::frame::Origin) -> (Entered, Value) {
        match value.kind.as_deref() {
            Some(Kind::Suspended { func, args }) => {
                let f = FuncId(func.func);
                let summary = self.cx.summary(f);
                self.note_call(f, &origin, args);
                let mut s = Subst::new(args.clone(), summary.events.len(), origin.key);
                let name = self.cx.program.function(f).1.qualname;
                let at = summary.yield_at.unwrap_or(summary.events.len() as u32);
                self.replay(&mut s, &summary, 0..at as usize, &origin, Some(name));
                self.told = summary.told.iter().filter_map(|e| s.events.get(*e as usize).copied().flatten()).collect();
                for h in &summary.yield_held {
                    if let Some(Some(mine)) = s.events.get(*h as usize)
                        && !self.state.held.contains(mine)
                    {
                        self.state.held.push(*mine);
                    }
                }
                let bound = summary.yields.as_ref().map_or_else(Value::unknown, |y| self.subst_value(&s, y));
                // It waits no more, by whatever name.
                self.state.vars.change(|v| v.term == value.term, |v| std::sync::Arc::make_mut(v).kind = None);
                return (Entered::Generator { subst: Box::new(s), summary, at, given: bound.term }, bound);
            }
            Some(Kind::Lock { .. }) if !matches!(value.ty, Some(Ty::Project(_))) => {
                self.acquire(value, super::solve::plain_lock(), None, false, &origin);
                return (Entered::Plain(value.clone()), value.clone());
            }
            _ => {}
        }
        for name in ["__enter__", "__aenter__"] {
            let name = Sym::new(name);
            if let Some(Ty::Project(t)) = value.ty {
                let mut library = Vec::new();
                if let Some(f) = self.cx.program.find_method(super::program::TypeId(t), name, &mut library) {
                    let v = self.call_project(f, vec![value.clone()], &[], &origin);
                    let v = if v.term == Term::Param(0) { value.clone() } else { v };
                    return (Entered::Object(value.clone()), v);
                }
            }
            if let Some(Ty::Library(l)) = value.ty
                && let Some((path, c)) = self.lib.method(l, name)
            {
                let v = self.apply_library(path, c, vec![value.clone()], &[], &origin);
                return (Entered::Object(value.clone()), v);
            }
        }
        if matches!(value.kind.as_deref(), Some(Kind::Lock { .. })) {
            self.acquire(value, super::solve::plain_lock(), None, false, &origin);
        }
        (Entered::Plain(value.clone()), value.clone())
    }

    fn leave(&mut self, entered: Entered, span: Span) {
        let mut origin = self.call_origin(span);
        match entered {
            Entered::Generator { mut subst, summary, at, .. } => {
                let name = Sym::new("__exit__");
                // What is done on entering and on leaving is for the block in between to connect.
                origin.key = mix((origin.key, 29));
                origin.instance = self.instance(origin.key);
                self.replay(&mut subst, &summary, at as usize..summary.events.len(), &origin, Some(name));
                self.finish(&subst, &summary, None);
            }
            Entered::Object(value) => {
                origin.key = mix((origin.key, 19));
                origin.instance = self.instance(origin.key);
                for name in ["__exit__", "__aexit__"] {
                    let name = Sym::new(name);
                    match value.ty {
                        Some(Ty::Project(t)) => {
                            let mut library = Vec::new();
                            if let Some(f) = self.cx.program.find_method(super::program::TypeId(t), name, &mut library) {
                                self.call_project(f, vec![value.clone()], &[], &origin);
                                return;
                            }
                        }
                        Some(Ty::Library(l)) => {
                            if let Some((path, c)) = self.lib.method(l, name) {
                                self.apply_library(path, c, vec![value.clone()], &[], &origin);
                                return;
                            }
                        }
                        None => return,
                    }
                }
                self.close(&value);
            }
            Entered::Plain(value) => self.close(&value),
        }
    }

    /// A value with what its written type says.
    pub(crate) fn declared(&self, mut v: Value, written: Option<&crate::ir::TypeRef>) -> Value {
        let Some(w) = written else { return v };
        if v.ty.is_none() {
            v.ty = self.written_type(Some(w));
        }
        self.lock_object(v, self.file, self.ir.scope, w)
    }

    /// A value whose written type is a lock's.
    pub(crate) fn lock_object(&self, mut v: Value, file: u32, scope: Sym, written: &crate::ir::TypeRef) -> Value {
        if v.kind.is_none()
            && let Some((path, spec)) = self.cx.program.lock_of(file, scope, written)
        {
            let kind = Kind::Lock { spec, target: Box::new(Value::of(v.term)), inner: v.ty.take() };
            v = v.with_type(Some(Ty::Library(path))).with_kind(kind);
        }
        v
    }

    /// The joined result of all exits.
    pub(crate) fn joined_exit(&mut self) -> (Value, State) {
        let mut value: Option<Value> = None;
        let mut state: Option<State> = None;
        let mut exits = std::mem::take(&mut self.exits);
        // Whichever exit made the object that is returned, it is one object for the caller.
        if let Some(made) = exits.iter().position(|e| matches!(e.value.term, Term::New(_)) && matches!(e.value.ty, Some(Ty::Project(_)))) {
            let (first, others) = exits.split_at_mut(made + 1);
            let first = &mut first[made];
            for e in others {
                if first.state.made_instead(&first.value, &e.value, &e.state) {
                    first.state.identify(&first.value, &mut e.state, &e.value);
                    e.value = renamed_value(&e.value, &e.value.term, &first.value.term);
                }
            }
        }
        for e in exits {
            value = Some(value.map_or_else(|| e.value.clone(), |v| either(&v, &e.value)));
            let mut s = e.state;
            s.dead = false;
            state = Some(match state {
                None => s,
                Some(o) => o.join(s),
            });
        }
        (value.unwrap_or_else(Value::unknown), state.unwrap_or_default())
    }
}

/// The variable that an operation gives a value to.
fn made_by(op: &Op) -> Option<Var> {
    match op {
        Op::Let { dst, .. } | Op::Yield { dst, .. } | Op::Await { dst, .. } => Some(*dst),
        Op::Call(c) => Some(c.dst),
        _ => None,
    }
}
