//! What a call does once it is known what is called: a function of the program, a model, or nothing known. Knows summaries, not names.

use super::bind::{bind, bind_library};
use super::call::Arguments;
use super::copies::copied;
use super::eval::number;
use super::frame::{Frame, Origin};
use super::program::FuncId;
use super::subst::{Subst, call_term, mix};
use crate::effect::{Dep, Deps, EventId, EventKind, Flags, FuncRef, Kind, LibraryCall, Term, Ty, Value};
use crate::ir::Var;
use crate::source::{Lang, Span, Sym};

impl Frame<'_, '_> {
    /// A known function with what is bound to it.
    pub(crate) fn call_func(&mut self, f: &FuncRef, positional: Vec<Value>, keywords: &[(Sym, Value)], origin: &Origin) -> Value {
        let positional: Vec<Value> = f.bound.iter().cloned().chain(positional).collect();
        let mut taken = Vec::new();
        for (n, lock) in f.locks.iter().enumerate() {
            let at = Origin { key: mix((origin.key, n, 11)), ..origin.clone() };
            if let Some(id) = self.acquire(lock, super::solve::plain_lock(), None, false, &at) {
                taken.push(id);
            }
        }
        let v = self.call_with_captures(f, positional, keywords, origin);
        self.state.held.retain(|h| !taken.contains(h));
        v
    }

    fn call_with_captures(&mut self, f: &FuncRef, positional: Vec<Value>, keywords: &[(Sym, Value)], origin: &Origin) -> Value {
        let id = self.cx.version(FuncId(f.func));
        let function = self.cx.program.function(id).1;
        let mut args = bind(self, function, positional, keywords);
        let own = f.creator == self.id.0;
        for (n, c) in f.captures.iter().enumerate() {
            args.push(if own { self.var(Var(f.capture_vars[n])) } else { c.clone() });
        }
        self.call_bound(id, args, Some(f), origin)
    }

    /// A function of the program, arguments by position and name.
    pub(crate) fn call_project(&mut self, f: FuncId, positional: Vec<Value>, keywords: &[(Sym, Value)], origin: &Origin) -> Value {
        let f = self.cx.version(f);
        let function = self.cx.program.function(f).1;
        let args = bind(self, function, positional, keywords);
        self.call_bound(f, args, None, origin)
    }

    fn call_bound(&mut self, f: FuncId, args: Vec<Value>, func: Option<&FuncRef>, origin: &Origin) -> Value {
        let program = self.cx.program;
        let function = program.function(f).1;
        if function.flags.is_generator && !function.decorators.is_empty() {
            let mut deps = Deps::none();
            for a in &args {
                deps.extend(&a.deps);
            }
            let func = FuncRef { func: f.0, ..func.cloned().unwrap_or_else(|| plain_ref(f)) };
            let term = Term::New(mix((origin.key, f)));
            return Value::of(term).with_deps(&deps).with_kind(Kind::Suspended { func: Box::new(func), args });
        }
        if self.sketch_of.is_some() && self.sketch_of == program.owner(f) && !super::solve::is_constructor(function.name) {
            return Value::unknown();
        }
        if function.flags.is_abstract && self.ir_lang() == Lang::Rust {
            return self.call_abstract(f, &args);
        }
        self.show_variables(f);
        let summary = self.cx.summary(f);
        self.acts += 1;
        self.note_call(f, origin, &args);
        let mut s = Subst::new(args, summary.events.len(), origin.key);
        s.of = Some(f);
        let name = function.qualname;
        self.replay(&mut s, &summary, 0..summary.events.len(), origin, Some(name));
        self.told = summary.told.iter().filter_map(|e| s.events.get(*e as usize).copied().flatten()).collect();
        let ret = self.finish(&s, &summary, func);
        if let Some(y) = summary.yields.as_ref().filter(|_| function.flags.is_generator) {
            let element = self.subst_value(&s, y);
            return self.sequence(mix((origin.key, f, 43)), &element);
        }
        let opaque = || {
            call_term(
                Sym::new(&format!("{}.{name}", program.files[program.function(f).0 as usize].module)),
                s.args.iter().map(|a| a.resource().term).collect(),
            )
        };
        let mut v = match ret {
            Some(v) if v.term == Term::Unknown && v.kind.is_none() => {
                let reads = v.deps.events().any(|e| self.events.get(e as usize).is_some_and(|e| e.kind == EventKind::Read));
                Value { term: if reads { opaque().without_privacy() } else { opaque() }, ..v }
            }
            Some(v) => v,
            None => {
                let mut deps = Deps::none();
                for a in &s.args {
                    deps.extend(&self.full_deps(a));
                }
                Value::of(opaque()).with_deps(&deps)
            }
        };
        if v.kind.is_none() && !matches!(v.ty, Some(Ty::Project(_))) {
            let (file, _) = program.function(f);
            let declared = function.ret.as_ref().and_then(|r| program.type_of(file, function.scope, program.owner(f), r));
            v.ty = declared.or(v.ty);
        }
        if let Some(written) = &function.ret {
            v = self.lock_object(v, program.function(f).0, function.scope, written);
            v = self.with_guard(v, origin);
        }
        self.with_tuple_types(v, f)
    }

    /// A function without a body, of a type that is not known: its result is equal for equal arguments.
    fn call_abstract(&mut self, f: FuncId, args: &[Value]) -> Value {
        let program = self.cx.program;
        let (file, function) = program.function(f);
        let mut deps = Deps::none();
        for a in args {
            deps.extend(&self.full_deps(a));
        }
        let term = call_term(program.function_path(f), args.iter().map(|a| a.resource().term).collect());
        let declared = function.ret.as_ref().and_then(|r| program.type_of(file, function.scope, program.owner(f), r));
        let v = Value::of(term).with_deps(&deps).with_type(declared);
        self.with_tuple_types(v, f)
    }

    /// A result whose function says that it is a tuple: its parts have types.
    fn with_tuple_types(&mut self, v: Value, f: FuncId) -> Value {
        let program = self.cx.program;
        let (file, function) = program.function(f);
        let tuple = function.ret.as_ref().and_then(|r| program.tuple_of(file, function.scope, program.owner(f), r));
        let Some(types) = tuple else { return v };
        let known = match v.kind.as_deref() {
            Some(Kind::Tuple(parts)) => parts.clone(),
            None => (0..types.len()).map(|n| self.plain_field(&v, Sym::new(&n.to_string()))).collect(),
            Some(_) => return v,
        };
        let parts = known.into_iter().zip(types).map(|(p, ty)| if p.ty.is_none() { p.with_type(ty) } else { p }).collect();
        Value { kind: None, ..v }.with_kind(Kind::Tuple(parts))
    }

    /// A model applied to arguments.
    pub(crate) fn apply_library(
        &mut self,
        path: Sym,
        c: &LibraryCall,
        positional: Vec<Value>,
        keywords: &[(Sym, Value)],
        origin: &Origin,
    ) -> Value {
        let mut args = bind_library(c, positional, keywords);
        args.iter_mut().filter(|_| !c.bits.is_empty()).for_each(|a| read_bits(a, &c.bits));
        let before = self.events.len();
        self.acts += u32::from(!c.summary.events.is_empty());
        let inner = args.first().and_then(|a| match a.kind.as_deref() {
            Some(Kind::Lock { inner, .. }) => Some(inner.clone()),
            _ => None,
        });
        let mut s = Subst::new(args, c.summary.events.len(), mix((origin.key, path.as_str())));
        s.rest = c.summary.params.iter().position(|p| p.name.as_str() == "*").map(|i| i as u16);
        s.on_stream = self.lib.is_stream_method(path, c);
        self.replay(&mut s, &c.summary, 0..c.summary.events.len(), origin, None);
        let mut v = match self.finish(&s, &c.summary, None) {
            Some(v) => v,
            None => {
                let mut deps = Deps::none();
                for a in &s.args {
                    deps.extend(&self.full_deps(a));
                }
                // A lock goes with its guard and what is built around it, not with what is computed under it.
                deps.retain(|d| !matches!(d, Dep::Guard(_)));
                let mut reads = false;
                for (n, e) in c.summary.events.iter().enumerate() {
                    if let (EventKind::Read | EventKind::Each | EventKind::Check(_), Some(Some(id))) = (&e.kind, s.events.get(n)) {
                        deps.insert(Dep::Event(*id));
                        reads |= matches!(e.kind, EventKind::Read | EventKind::Each);
                    }
                }
                match (s.runs.len(), s.runs.values().next()) {
                    // What a combinator returns is what its closure makes.
                    (1, Some(r)) if !reads => r.clone().with_deps(&deps),
                    _ => {
                        s.runs.values().for_each(|r| deps.extend(&r.deps));
                        let terms = s.args.iter().map(|a| a.resource().term).collect();
                        let term = if reads { Term::Unknown } else { call_term(path, terms) };
                        Value::of(term).with_deps(&deps)
                    }
                }
            }
        };
        if copied(c).is_some() && matches!(v.ty, Some(Ty::Project(_))) {
            self.give_fields(&v.term, keywords, c);
        }
        if v.term == Term::Unknown && v.kind.is_none() && v.deps.events().next().is_some() {
            // What was read is an object of its own, which can be changed and passed on.
            v.term = Term::New(mix((origin.key, path.as_str(), 31)));
        }
        v = self.keeping(v, c.keeps);
        self.becomes = c.becomes.as_ref().map(|b| {
            let ty = s.args.first().and_then(|a| a.ty.clone());
            self.subst_value(&s, b).with_type(ty)
        });
        self.answer = c.answer;
        if let Some(ty) = c.ret_type {
            v.ty = Some(Ty::Library(ty));
            let wraps = self.lib.types.get(&ty).is_some_and(|t| t.wraps);
            if let (Some(Kind::Lock { spec, target, inner: None }), Some(data), true) = (v.kind.as_deref(), s.args.first(), wraps) {
                // A lock around data carries that data.
                let kind = Kind::Lock { spec: *spec, target: target.clone(), inner: data.ty.clone() };
                let deps = self.full_deps(data);
                v = v.with_deps(&deps).with_kind(kind);
            }
        }
        if let Some(ty) = inner
            && matches!(v.kind.as_deref(), Some(Kind::Lock { .. }))
            && self.events[before.min(self.events.len())..].iter().any(|e| matches!(e.kind, EventKind::Acquire { .. }))
        {
            // What the guard gives access to is the data inside, not the lock.
            v = Value { kind: None, ..v }.with_type(ty);
            v.term = v.term.field(Sym::new("*"));
        }
        v
    }

    pub(crate) fn call_unknown(&mut self, path: Sym, recv: Option<&Value>, args: &Arguments, origin: &Origin) -> Value {
        self.acts += 1;
        self.unknown_calls += 1;
        let mut deps = Deps::none();
        let mut terms = Vec::new();
        if let Some(r) = recv {
            deps.extend(&self.full_deps(r));
            terms.push(r.resource().term);
            self.use_locked_file(r, origin);
        }
        let all: Vec<Value> = args.positional.iter().chain(args.keywords.iter().map(|(_, v)| v)).cloned().collect();
        let mut given = Deps::none();
        for a in &all {
            given.extend(&self.full_deps(a));
            terms.push(a.resource().term);
        }
        // What is given away to unknown code may live on there.
        self.pin(&args.given);
        for (n, a) in all.iter().enumerate() {
            if let Some(Kind::Func(f)) = a.kind.as_deref() {
                let at = Origin { key: mix((origin.key, n, 13)), ..origin.clone() };
                let params = self.cx.program.function(FuncId(f.func)).1.params.len().saturating_sub(f.bound.len());
                let element = recv.map_or_else(Value::unknown, |r| self.plain_field(r, Sym::new("[]")));
                // What unknown code calls back with is unknown; it may be data of the receiver, but names no file.
                let element = Value { term: Term::New(mix((at.key, 37))), kind: None, ..element };
                let (_, v) = self.run_value(a, vec![element; params], &at);
                given.extend(&v.deps);
            }
        }
        if let Some(r) = recv
            && !given.is_empty()
            && !super::domain::outlives(&r.term)
        {
            self.may_mutate(r, &given);
        }
        deps.extend(&given);
        deps.retain(|d| !matches!(d, Dep::Guard(_)));
        let name = if recv.is_some() { Sym::new(&format!(".{path}")) } else { path };
        Value::of(call_term(name, terms)).with_deps(&deps)
    }

    /// An object that keeps a file locked is asked for something that its type does not have: it hands that on to the file.
    fn use_locked_file(&mut self, object: &Value, origin: &Origin) {
        if !matches!(object.ty, Some(Ty::Project(_))) {
            return;
        }
        let at = Origin { key: mix((origin.key, 41)), ..origin.clone() };
        let deps = self.full_deps(object);
        let keeps =
            |h: &EventId| deps.contains(&Dep::Guard(*h)) || self.taken.get(h).is_some_and(|t| self.state.has_part(object, &t.object));
        for lock in self.state.held.iter().copied().filter(keeps).collect::<Vec<_>>() {
            let file = self.events[lock as usize].resource.resource().clone();
            self.emit(EventKind::Read, file, Deps::none(), &at);
        }
    }

    /// Runs what has not run yet (a generator): its events, its elements.
    pub(crate) fn consume(&mut self, v: &Value, span: Span) -> Value {
        let Some(Kind::Suspended { func, args }) = v.kind.as_deref() else { return Value::unknown() };
        let mut origin = self.here(span);
        origin.instance = self.instance(origin.key);
        let f = FuncId(func.func);
        let summary = self.cx.summary(f);
        self.note_call(f, &origin, args);
        let mut s = Subst::new(args.clone(), summary.events.len(), origin.key);
        let name = self.cx.program.function(f).1.qualname;
        self.replay(&mut s, &summary, 0..summary.events.len(), &origin, Some(name));
        let yields = summary.yields.as_ref().map(|y| self.subst_value(&s, y));
        self.finish(&s, &summary, None);
        yields.unwrap_or_else(Value::unknown)
    }
}

/// The flags of an argument that is a number.
fn read_bits(arg: &mut Value, bits: &[(i64, Flags)]) {
    let Some(number) = number(&arg.term) else { return };
    for (_, flags) in bits.iter().filter(|(bit, _)| number & bit != 0) {
        arg.flags |= *flags;
    }
}

fn plain_ref(f: FuncId) -> FuncRef {
    FuncRef { func: f.0, bound: Vec::new(), captures: Vec::new(), capture_vars: Vec::new(), creator: u32::MAX, locks: Vec::new() }
}
