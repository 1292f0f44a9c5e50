//! Calls: what is called, and what follows from its summary. A library's model and a derived summary are replayed alike.

use super::domain::{either, named};
use super::frame::{Frame, Origin, Taken};
use super::program::{Def, FuncId, Resolved, TypeId};
use super::replay::SPREAD;
use super::subst::{Subst, call_term, mix};
use crate::effect::{Dep, Deps, EventKind, FuncRef, Kind, LibraryCall, Term, Ty, Value};
use crate::ir::{self, Call, Callee, ParamKind, Var};
use crate::source::{Span, Sym};

/// Positional arguments and keywords of one call.
struct Arguments {
    positional: Vec<Value>,
    keywords: Vec<(Sym, Value)>,
}

/// The place in an object where that is kept which its library base class made.
const LIBRARY_SELF: &str = "$library";

/// So many implementations of one abstract method are tried; with more the call is unknown.
const MAX_OVERRIDES: usize = 3;

impl Frame<'_, '_> {
    /// One call of the function's own text.
    pub(crate) fn call(&mut self, call: &Call) {
        let args = self.arguments(call);
        let origin = {
            let mut o = self.here(call.span);
            o.instance = self.instance(o.key);
            o
        };
        let mut result = match &call.callee {
            Callee::Path(path) => self.call_path(*path, &args, &origin),
            Callee::Method { recv, name } => {
                let v = self.var(*recv);
                let result = self.call_method(&v, *name, &args, &origin);
                if let Some(changed) = self.becomes.take() {
                    self.set(*recv, changed);
                }
                result
            }
            Callee::Var(v) => {
                let v = self.var(*v);
                self.call_value(&v, &args, &origin)
            }
        };
        if !matches!(result.ty, Some(Ty::Project(_)))
            && let Some(ty) = self.written_type(call.result_type.as_ref())
        {
            result.ty = Some(ty);
        }
        self.set(call.dst, named(result, mix((self.id, origin.key, 37))));
    }

    fn arguments(&mut self, call: &Call) -> Arguments {
        let mut out = Arguments { positional: Vec::new(), keywords: Vec::new() };
        for a in &call.args {
            let v = self.var(a.var);
            match a.name.map(Sym::as_str) {
                None => out.positional.push(v),
                Some("*") => match v.kind.as_deref() {
                    Some(Kind::Tuple(parts)) => out.positional.extend(parts.iter().cloned()),
                    _ => out.positional.push(self.plain_field(&v, Sym::new(SPREAD))),
                },
                Some(_) => out.keywords.push((a.name.unwrap_or(Sym::new("")), v)),
            }
        }
        out
    }

    fn call_path(&mut self, path: Sym, args: &Arguments, origin: &Origin) -> Value {
        if let Some(method) = path.as_str().strip_prefix("super.") {
            if let Some(v) = self.call_super(Sym::new(method), args, origin) {
                return v;
            }
            return self.call_unknown(path, None, args, origin);
        }
        match self.resolve(path) {
            Resolved::Def(Def::Func(f)) => {
                let program = self.cx.program;
                let function = program.function(f).1;
                let mut positional = args.positional.clone();
                if function.flags.is_class_method {
                    let class = program.owner(f).map_or_else(Value::unknown, |t| class_value(self, t));
                    positional.insert(0, class);
                }
                let v = self.function_value(f);
                match v.kind.as_deref() {
                    Some(Kind::Func(func)) => self.call_func(&func.clone(), positional, &args.keywords, origin),
                    _ => self.call_project(f, positional, &args.keywords, origin),
                }
            }
            Resolved::Def(Def::Type(t)) => self.construct(t, args, origin),
            Resolved::Def(Def::Module(_)) => self.call_unknown(path, None, args, origin),
            Resolved::Global(file, name, None) => {
                let v = self.global(file, name, None, origin.site.span);
                self.call_value(&v, args, origin)
            }
            Resolved::Global(file, name, Some(rest)) => {
                let (base, method) = match rest.as_str().rsplit_once('.') {
                    Some((b, m)) => (Some(Sym::new(b)), m),
                    None => (None, rest.as_str()),
                };
                let v = self.global(file, name, base, origin.site.span);
                self.call_method(&v, Sym::new(method), args, origin)
            }
            Resolved::External(full) => self.call_external(full, args, origin),
        }
    }

    fn call_external(&mut self, full: Sym, args: &Arguments, origin: &Origin) -> Value {
        if let Some(c) = self.lib.call(full) {
            return self.apply_library(full, c, args.positional.clone(), &args.keywords, origin);
        }
        if let Some((base, method)) = full.as_str().rsplit_once('.') {
            // `Path.home().x` is split by the front end; `CONST.method()` and `Type.method` of a project type with a library base are not.
            if let Some(c) = self.lib.constant(Sym::new(base)).cloned() {
                return self.call_method(&c, Sym::new(method), args, origin);
            }
            let is_module_like = base.chars().next().is_some_and(char::is_lowercase) || self.lib.types.contains_key(&Sym::new(base));
            if !is_module_like && let Some((path, c)) = self.lib.any_method(Sym::new(method)) {
                return self.apply_library(path, c, args.positional.clone(), &args.keywords, origin);
            }
        }
        self.call_unknown(full, None, args, origin)
    }

    /// `super().__init__(…)` of a library's class: what its constructor makes is what the object is.
    fn init_library(&mut self, base: Sym, args: &Arguments, origin: &Origin) -> Option<Value> {
        let c = self.lib.call(base)?;
        let v = self.apply_library(base, c, args.positional.clone(), &args.keywords, origin);
        let this = self.ir.params.first().map_or_else(Value::unknown, |p| self.var(p.var));
        self.store(this.term.field(Sym::new(LIBRARY_SELF)), v.clone());
        Some(v)
    }

    fn call_super(&mut self, method: Sym, args: &Arguments, origin: &Origin) -> Option<Value> {
        let owner = self.owner?;
        let program = self.cx.program;
        let this = self.ir.params.first().map_or_else(Value::unknown, |p| self.var(p.var));
        let bases = &program.types[owner.0 as usize].bases;
        for base in bases {
            match base {
                Ty::Project(t) => {
                    let mut library = Vec::new();
                    if let Some(f) = program.find_method(TypeId(*t), method, &mut library) {
                        let positional = std::iter::once(this).chain(args.positional.iter().cloned()).collect();
                        return Some(self.call_project(f, positional, &args.keywords, origin));
                    }
                    for l in library {
                        if let Some((path, c)) = self.lib.method(l, method) {
                            let positional = std::iter::once(this).chain(args.positional.iter().cloned()).collect();
                            return Some(self.apply_library(path, c, positional, &args.keywords, origin));
                        }
                    }
                }
                Ty::Library(l) if method.as_str() == "__init__" => {
                    if let Some(v) = self.init_library(*l, args, origin) {
                        return Some(v);
                    }
                }
                Ty::Library(l) => {
                    if let Some((path, c)) = self.lib.method(*l, method) {
                        let positional = std::iter::once(this).chain(args.positional.iter().cloned()).collect();
                        return Some(self.apply_library(path, c, positional, &args.keywords, origin));
                    }
                }
            }
        }
        None
    }

    /// A method of a value.
    fn call_method(&mut self, recv: &Value, name: Sym, args: &Arguments, origin: &Origin) -> Value {
        let with_recv = |recv: &Value| std::iter::once(recv.clone()).chain(args.positional.iter().cloned()).collect::<Vec<_>>();
        match (recv.kind.as_deref(), &recv.ty) {
            (Some(Kind::Type(Ty::Project(t))), _) => {
                let t = TypeId(*t);
                let mut library = Vec::new();
                if let Some(f) = self.cx.program.find_method(t, name, &mut library) {
                    let is_class_method = self.cx.program.function(f).1.flags.is_class_method;
                    let positional = if is_class_method { with_recv(recv) } else { args.positional.clone() };
                    return self.call_project(f, positional, &args.keywords, origin);
                }
            }
            (Some(Kind::Type(Ty::Library(l))), _) => {
                return self.call_external(Sym::new(&format!("{l}.{name}")), args, origin);
            }
            (_, Some(Ty::Project(t))) => {
                if let Some(v) = self.call_typed(TypeId(*t), recv, name, args, origin) {
                    return v;
                }
            }
            (_, Some(Ty::Library(l))) => {
                if let Some((path, c)) = self.lib.method(*l, name) {
                    return self.apply_library(path, c, with_recv(recv), &args.keywords, origin);
                }
            }
            _ => {}
        }
        // A field that holds something callable.
        let place = recv.term.clone().field(name);
        if let Some(v) = self.state.heap.get(&place).cloned()
            && matches!(v.kind.as_deref(), Some(Kind::Func(_) | Kind::Type(_)))
        {
            return self.call_value(&v, args, origin);
        }
        if let Some((path, c)) = self.lib.any_method(name) {
            return self.apply_library(path, c, with_recv(recv), &args.keywords, origin);
        }
        if recv.ty.is_none()
            && recv.kind.is_none()
            && let Some(f) = self.cx.only_method(name, self.ir_lang())
        {
            return self.call_project(f, with_recv(recv), &args.keywords, origin);
        }
        self.call_unknown(name, Some(recv), args, origin)
    }

    fn call_typed(&mut self, t: TypeId, recv: &Value, name: Sym, args: &Arguments, origin: &Origin) -> Option<Value> {
        let program = self.cx.program;
        let positional: Vec<Value> = std::iter::once(recv.clone()).chain(args.positional.iter().cloned()).collect();
        let mut library = Vec::new();
        let found = program.find_method(t, name, &mut library);
        let is_abstract = found.is_none_or(|f| program.function(f).1.flags.is_abstract || is_stub(program.function(f).1));
        if is_abstract {
            let overrides = program.overrides(t, name, MAX_OVERRIDES);
            if !overrides.is_empty() && overrides.len() <= MAX_OVERRIDES {
                return Some(self.call_any_of(&overrides, &positional, args, origin));
            }
        }
        if let Some(f) = found {
            let v = self.function_value(f);
            let is_static = !program.function(f).1.flags.has_receiver;
            let positional = if is_static { args.positional.clone() } else { positional };
            return Some(match v.kind.as_deref() {
                Some(Kind::Func(func)) => self.call_func(&func.clone(), positional, &args.keywords, origin),
                _ => self.call_project(f, positional, &args.keywords, origin),
            });
        }
        for l in library {
            if let Some((path, c)) = self.lib.method(l, name) {
                return Some(self.apply_library(path, c, positional, &args.keywords, origin));
            }
        }
        let field = self.field(recv, name);
        if matches!(field.kind.as_deref(), Some(Kind::Func(_))) || self.cx.type_field(t, name).is_some() {
            return Some(self.call_value(&field, args, origin));
        }
        None
    }

    fn call_any_of(&mut self, functions: &[FuncId], positional: &[Value], args: &Arguments, origin: &Origin) -> Value {
        let before = self.state.clone();
        let mut joined = None;
        let mut result: Option<Value> = None;
        for (n, f) in functions.iter().enumerate() {
            self.state = before.clone();
            let o = Origin { key: mix((origin.key, n, 3)), ..origin.clone() };
            let v = self.call_project(*f, positional.to_vec(), &args.keywords, &o);
            result = Some(result.map_or_else(|| v.clone(), |r| either(&r, &v)));
            let after = std::mem::take(&mut self.state);
            joined = Some(match joined {
                None => after,
                Some(j) => super::domain::State::join(j, after),
            });
        }
        self.state = joined.unwrap_or(before);
        result.unwrap_or_else(Value::unknown)
    }

    fn call_value(&mut self, v: &Value, args: &Arguments, origin: &Origin) -> Value {
        match v.kind.as_deref() {
            Some(Kind::Func(f)) => self.call_func(&f.clone(), args.positional.clone(), &args.keywords, origin),
            Some(Kind::Type(Ty::Project(t))) => self.construct(TypeId(*t), args, origin),
            Some(Kind::Type(Ty::Library(l))) => self.call_external(*l, args, origin),
            _ => match &v.ty {
                Some(Ty::Project(t)) => {
                    let call = Sym::new("__call__");
                    match self.call_typed(TypeId(*t), v, call, args, origin) {
                        Some(v) => v,
                        None => self.run_deferred(v, args, origin),
                    }
                }
                _ => self.run_deferred(v, args, origin),
            },
        }
    }

    fn run_deferred(&mut self, v: &Value, args: &Arguments, origin: &Origin) -> Value {
        let all = args.positional.iter().chain(args.keywords.iter().map(|(_, v)| v)).cloned().collect();
        let (_, mut out) = self.run_value(v, all, origin);
        out.deps.extend(&v.deps);
        out
    }

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
        let id = FuncId(f.func);
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
            let func = func.cloned().unwrap_or_else(|| plain_ref(f));
            let term = Term::New(mix((origin.key, f)));
            return Value::of(term).with_deps(&deps).with_kind(Kind::Suspended { func: Box::new(func), args });
        }
        if self.sketch_of.is_some() && self.sketch_of == program.owner(f) && !super::solve::is_constructor(function.name) {
            return Value::unknown();
        }
        let summary = self.cx.summary(f);
        self.acts += 1;
        self.note_call(f, origin, &args);
        let mut s = Subst::new(args, summary.events.len(), origin.key);
        let name = function.qualname;
        self.replay(&mut s, &summary, 0..summary.events.len(), origin, Some(name));
        let ret = self.finish(&s, &summary, func);
        if let Some(y) = summary.yields.as_ref().filter(|_| function.flags.is_generator) {
            let element = self.subst_value(&s, y);
            return self.sequence(mix((origin.key, f, 43)), &element);
        }
        let opaque = || {
            call_term(
                Sym::new(&format!("{}.{name}", program.files[program.function(f).0 as usize].module)),
                s.args.iter().map(|a| a.resource().term.clone()).collect(),
            )
        };
        let mut v = match ret {
            Some(v) if v.term == Term::Unknown && v.kind.is_none() => Value { term: opaque(), ..v },
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
        let args = bind_library(c, positional, keywords);
        let before = self.events.len();
        self.acts += u32::from(!c.summary.events.is_empty());
        let inner = args.first().and_then(|a| match a.kind.as_deref() {
            Some(Kind::Lock { inner, .. }) => Some(inner.clone()),
            _ => None,
        });
        let mut s = Subst::new(args, c.summary.events.len(), mix((origin.key, path)));
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
                    if let (EventKind::Read | EventKind::Check(_), Some(Some(id))) = (&e.kind, s.events.get(n)) {
                        deps.insert(Dep::Event(*id));
                        reads |= e.kind == EventKind::Read;
                    }
                }
                match (s.runs.len(), s.runs.values().next()) {
                    // What a combinator returns is what its closure makes.
                    (1, Some(r)) if !reads => r.clone().with_deps(&deps),
                    _ => {
                        s.runs.values().for_each(|r| deps.extend(&r.deps));
                        let terms = s.args.iter().map(|a| a.resource().term.clone()).collect();
                        let term = if reads { Term::Unknown } else { call_term(path, terms) };
                        Value::of(term).with_deps(&deps)
                    }
                }
            }
        };
        if v.term == Term::Unknown && v.kind.is_none() && v.deps.events().next().is_some() {
            // What was read is an object of its own, which can be changed and passed on.
            v.term = Term::New(mix((origin.key, path, 31)));
        }
        self.becomes = c.becomes.as_ref().map(|b| {
            let ty = s.args.first().and_then(|a| a.ty.clone());
            self.subst_value(&s, b).with_type(ty)
        });
        if let Some(ty) = c.ret_type {
            v.ty = Some(Ty::Library(ty));
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

    fn call_unknown(&mut self, path: Sym, recv: Option<&Value>, args: &Arguments, origin: &Origin) -> Value {
        self.acts += 1;
        let mut deps = Deps::none();
        let mut terms = Vec::new();
        if let Some(r) = recv {
            deps.extend(&self.full_deps(r));
            terms.push(r.resource().term.clone());
        }
        let all: Vec<Value> = args.positional.iter().chain(args.keywords.iter().map(|(_, v)| v)).cloned().collect();
        let mut given = Deps::none();
        for a in &all {
            given.extend(&self.full_deps(a));
            terms.push(a.resource().term.clone());
        }
        // What is given away to unknown code may live on there.
        let given_away: Vec<u32> = all.iter().flat_map(|a| a.deps.guards().collect::<Vec<_>>()).collect();
        self.pin(&given_away);
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
            self.mutate(r, &given);
        }
        deps.extend(&given);
        deps.retain(|d| !matches!(d, Dep::Guard(_)));
        let name = if recv.is_some() { Sym::new(&format!(".{path}")) } else { path };
        Value::of(call_term(name, terms)).with_deps(&deps)
    }

    /// A new object of a project type.
    fn construct(&mut self, t: TypeId, args: &Arguments, origin: &Origin) -> Value {
        let program = self.cx.program;
        let mut object = Value::of(Term::New(mix((origin.key, t)))).with_type(Some(Ty::Project(t.0)));
        let mut library = Vec::new();
        for a in args.positional.iter().chain(args.keywords.iter().map(|(_, v)| v)) {
            object.deps.extend(&self.full_deps(a));
        }
        let init = ["__init__", "__new__"].iter().find_map(|n| program.find_method(t, Sym::new(n), &mut library));
        if let Some(f) = init {
            let positional = std::iter::once(object.clone()).chain(args.positional.iter().cloned()).collect();
            self.call_project(f, positional, &args.keywords, origin);
            let own = self.state.heap.get(&object.term.clone().field(Sym::new(LIBRARY_SELF)));
            object.kind = own.and_then(|v| v.kind.clone());
            return object;
        }
        for l in library {
            if let Some(c) = self.lib.call(l) {
                let v = self.apply_library(l, c, args.positional.clone(), &args.keywords, origin);
                object.kind = v.kind;
                return object;
            }
        }
        let fields = &program.type_def(t).fields;
        for (n, f) in fields.iter().enumerate() {
            let given = args.keywords.iter().find(|(k, _)| *k == f.name).map(|(_, v)| v).or_else(|| args.positional.get(n));
            if let Some(v) = given {
                self.store(object.term.clone().field(f.name), v.clone());
            }
        }
        object
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

    /// A decorator applied to a function's value.
    pub(crate) fn apply_decorator(&mut self, d: &ir::Decorator, value: Value, f: FuncId, file: u32) -> Value {
        let program = self.cx.program;
        let function = program.function(f).1;
        let origin = {
            let mut o = self.here(d.span);
            o.key = mix((o.key, f, 17));
            o.instance = self.instance(o.key);
            o
        };
        match self.cx.resolve(file, function.scope, d.path) {
            Resolved::Def(Def::Func(g)) if g != f && !program.function(g).1.flags.is_generator => {
                let mut applied = if d.called {
                    let (positional, keywords) = self.decorator_arguments(d, file, function.scope);
                    let factory = self.call_project(g, positional, &keywords, &origin);
                    match factory.kind.as_deref() {
                        Some(Kind::Func(inner)) => self.call_func(&inner.clone(), vec![value.clone()], &[], &origin),
                        _ => return value,
                    }
                } else {
                    self.call_project(g, vec![value.clone()], &[], &origin)
                };
                if !matches!(applied.kind.as_deref(), Some(Kind::Func(_))) {
                    return value;
                }
                applied.deps = Deps::none();
                applied
            }
            Resolved::External(path) if d.called => {
                let Some(c) = self.lib.call(path) else { return value };
                let (positional, keywords) = self.decorator_arguments(d, file, function.scope);
                let lock = self.apply_library(path, c, positional, &keywords, &origin);
                self.under_lock(value, lock)
            }
            Resolved::Global(g, name, None) => {
                let lock = self.cx.global(g, name);
                self.under_lock(value, lock)
            }
            _ => value,
        }
    }

    fn under_lock(&mut self, value: Value, lock: Value) -> Value {
        match (value.kind.as_deref(), lock.kind.as_deref()) {
            (Some(Kind::Func(f)), Some(Kind::Lock { .. })) => {
                let mut f = f.clone();
                f.locks.push(lock);
                Value { kind: None, ..value }.with_kind(Kind::Func(f))
            }
            _ => value,
        }
    }

    fn decorator_arguments(&mut self, d: &ir::Decorator, file: u32, scope: Sym) -> (Vec<Value>, Vec<(Sym, Value)>) {
        let mut positional = Vec::new();
        let mut keywords = Vec::new();
        for a in &d.args {
            let v = match &a.value {
                ir::Value::Name(path) => match self.cx.resolve(file, scope, *path) {
                    Resolved::Global(g, name, rest) => self.global(g, name, rest, d.span),
                    _ => self.name(*path, d.span),
                },
                v => self.eval(v, d.span),
            };
            match a.name {
                Some(n) => keywords.push((n, v)),
                None => positional.push(v),
            }
        }
        (positional, keywords)
    }

    /// Marks acquisitions as ending only by a release.
    pub(crate) fn pin(&mut self, ids: &[u32]) {
        for id in ids {
            if let Some(Taken { outlives, .. }) = self.taken.get_mut(id) {
                *outlives = true;
            }
        }
    }

    fn ir_lang(&self) -> crate::source::Lang {
        self.cx.program.files[self.file as usize].ir.lang
    }
}

fn class_value(frame: &Frame<'_, '_>, t: TypeId) -> Value {
    Value::of(Term::Global(frame.cx.program.types[t.0 as usize].path)).with_kind(Kind::Type(Ty::Project(t.0)))
}

fn plain_ref(f: FuncId) -> FuncRef {
    FuncRef { func: f.0, bound: Vec::new(), captures: Vec::new(), capture_vars: Vec::new(), creator: u32::MAX, locks: Vec::new() }
}

/// A body that only raises, passes or returns nothing.
fn is_stub(f: &ir::Function) -> bool {
    f.body.iter().all(|op| {
        matches!(op, ir::Op::Raise { .. } | ir::Op::Drop { .. } | ir::Op::Return { value: None, .. } | ir::Op::Let { .. })
            || matches!(op, ir::Op::Call(c) if matches!(c.callee, Callee::Path(_)) && f.body.iter().any(|o| matches!(o, ir::Op::Raise { .. })))
    }) && f.body.iter().any(|op| matches!(op, ir::Op::Raise { .. }))
        || f.body.is_empty()
}

/// Arguments in the order of a function's parameters.
fn bind(frame: &mut Frame<'_, '_>, f: &ir::Function, positional: Vec<Value>, keywords: &[(Sym, Value)]) -> Vec<Value> {
    let mut given = positional.into_iter();
    let mut out = Vec::with_capacity(f.params.len());
    for p in &f.params {
        let keyword = || keywords.iter().find(|(k, _)| *k == p.name).map(|(_, v)| v.clone());
        let v = match p.kind {
            ParamKind::Normal => given.next().or_else(keyword),
            ParamKind::Keyword => keyword(),
            ParamKind::Rest => {
                let rest: Vec<Value> = given.by_ref().collect();
                let mut deps = Deps::none();
                rest.iter().for_each(|r| deps.extend(&r.deps));
                let term = call_term(Sym::new("$tuple"), rest.iter().map(|p| p.term.clone()).collect());
                Some(Value::of(term).with_deps(&deps).with_kind(Kind::Tuple(rest)))
            }
            ParamKind::KeywordRest => {
                let mut v = Value::unknown();
                for (k, given) in keywords {
                    if !f.params.iter().any(|p| p.name == *k) {
                        v.deps.extend(&given.deps);
                    }
                }
                Some(v)
            }
        };
        let v = v.or_else(|| {
            let default = p.default.as_ref()?;
            Some(match default {
                ir::Value::Name(path) => {
                    let (file, scope) = (frame.file, f.scope);
                    match frame.cx.resolve(file, scope, *path) {
                        Resolved::Global(g, name, rest) => frame.global(g, name, rest, f.span),
                        _ => frame.name(*path, f.span),
                    }
                }
                v => frame.eval(v, f.span),
            })
        });
        out.push(v.unwrap_or_else(Value::unknown));
    }
    // What does not fit a parameter still carries its data into the last one.
    out
}

fn bind_library(c: &LibraryCall, positional: Vec<Value>, keywords: &[(Sym, Value)]) -> Vec<Value> {
    let mut given = positional.into_iter();
    let mut out = Vec::with_capacity(c.summary.params.len());
    for p in &c.summary.params {
        let name = p.name.as_str();
        if name.starts_with("**") {
            let mut v = Value::unknown();
            keywords.iter().for_each(|(_, k)| v.deps.extend(&k.deps));
            out.push(v);
        } else if name.starts_with('*') {
            let rest: Vec<Value> = given.by_ref().collect();
            let mut deps = Deps::none();
            rest.iter().for_each(|r| deps.extend(&r.deps));
            let term = call_term(Sym::new("$tuple"), rest.iter().map(|r| r.resource().term.clone()).collect());
            out.push(Value::of(term).with_deps(&deps).with_kind(Kind::Tuple(rest)));
        } else {
            let keyword = || keywords.iter().find(|(k, _)| *k == p.name).map(|(_, v)| v.clone());
            let v = given.next().or_else(keyword).or_else(|| p.default.clone());
            out.push(v.unwrap_or_else(Value::unknown));
        }
    }
    // Data in arguments that the model doesn't name still reaches a result of which nothing else is known.
    out.extend(given);
    out
}
