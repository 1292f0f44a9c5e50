//! Calls: what is called, and what follows from its summary. A library's model and a derived summary are replayed alike.

use smallvec::SmallVec;

use super::domain::{either, named};
use super::frame::{Frame, Origin, Taken};
use super::program::{Def, FuncId, Resolved, TypeId};
use super::replay::{SPREAD, is_path_like};
use super::subst::mix;
use crate::effect::{Dep, EventId, EventKind, Kind, Term, Ty, Value};
use crate::ir::{self, Call, Callee};
use crate::source::{Lang, Sym};

/// Positional arguments and keywords of one call.
pub(crate) struct Arguments {
    pub(crate) positional: Vec<Value>,
    pub(crate) keywords: Vec<(Sym, Value)>,
    /// The acquisitions whose guards are given away, and not only lent.
    pub(crate) given: SmallVec<[EventId; 2]>,
    /// What is only lent and keeps a lock: it goes on keeping it, and whatever is made of it ends before it does.
    lent: SmallVec<[Value; 1]>,
}

/// The place in an object where that is kept which its library base class made.
const LIBRARY_SELF: &str = "$library";

/// So many implementations of one abstract method are tried; with more the call is unknown.
const MAX_OVERRIDES: usize = 3;

impl Frame<'_, '_> {
    /// One call of the function's own text.
    pub(crate) fn call(&mut self, call: &Call) {
        let args = self.arguments(call);
        let known = self.events.len();
        self.answer = None;
        self.told.clear();
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
        if let Some(answer) = self.answer.take() {
            self.heed_answer(call.dst, answer, known);
        }
        let told = std::mem::take(&mut self.told);
        self.heed_told(call.dst, &told);
        self.awaits_test(call.dst, &told);
        self.tells_by(call.dst, call.span, known, &told);
        if !matches!(result.ty, Some(Ty::Project(_)))
            && let Some(ty) = self.written_type(call.result_type.as_deref())
        {
            result = of_written_type(result, ty);
        }
        for lent in &args.lent {
            if lent.term != result.term {
                let kept: SmallVec<[EventId; 2]> = lent.deps.guards().filter(|g| !args.given.contains(g)).collect();
                result = without_guards(result, &kept);
            }
        }
        self.set(call.dst, named(result, mix((self.id, origin.key, 37))));
        if self.ends_with(&call.callee) {
            self.raise();
        }
    }

    fn arguments(&mut self, call: &Call) -> Arguments {
        let mut out = Arguments { positional: Vec::new(), keywords: Vec::new(), given: SmallVec::new(), lent: SmallVec::new() };
        for a in &call.args {
            let v = self.var(a.var);
            if !a.lent {
                out.given.extend(v.deps.guards());
            } else if v.deps.guards().next().is_some() {
                out.lent.push(v.clone());
            }
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
        if let Some(method) = super_method(self.ir_lang(), path) {
            if let Some(v) = self.call_super(method, args, origin) {
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
                } else if self.ir_lang() == Lang::Rust && function.flags.has_receiver && positional.len() + 1 == function.params.len() {
                    // `Type.method()`, not `Type::method(object)`.
                    positional.insert(0, program.owner(f).map_or_else(Value::unknown, |t| self.type_value(t)));
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
            // Nobody else tells of a cycle inside of a library's function; what it runs has its own.
            let runs = c.summary.events.iter().any(|e| matches!(e.kind, EventKind::Run { .. }));
            let origin = Origin { instance: if runs { origin.instance } else { 0 }, ..origin.clone() };
            return self.apply_library(full, c, args.positional.clone(), &args.keywords, &origin);
        }
        if let Some(made) = self.variant_object(full, &args.positional, origin.site.span) {
            return made;
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
        let place = recv.term.field(name);
        if let Some(v) = self.state.heap.get(&place).cloned()
            && matches!(v.kind.as_deref(), Some(Kind::Func(_) | Kind::Type(_)))
        {
            return self.call_value(&v, args, origin);
        }
        if let Some((path, c)) = self.lib.any_method(name) {
            return self.apply_library(path, c, with_recv(recv), &args.keywords, origin);
        }
        let is_unknown = recv.ty.is_none() && recv.kind.is_none() && !self.is_foreign(&recv.term);
        let is_extension = |f: FuncId| self.ir_lang() == Lang::Rust && self.cx.program.is_extension(f);
        if let Some(f) = self.cx.only_method(name, self.id)
            && (is_unknown || is_extension(f))
        {
            let is_static = !self.cx.program.function(f).1.flags.has_receiver;
            let positional = if is_static { args.positional.clone() } else { with_recv(recv) };
            return self.call_project(f, positional, &args.keywords, origin);
        }
        if self.is_given_untyped(recv) && (self.lib.has_stream_method(name) || self.lib.has_lock_method(name)) {
            return self.defer_method(recv, name, args, origin);
        }
        self.call_unknown(name, Some(recv), args, origin)
    }

    /// A parameter of which nothing is known: callers may give an open file, or a lock.
    pub(crate) fn is_given_untyped(&self, v: &Value) -> bool {
        matches!(v.term, Term::Param(_)) && v.ty.is_none() && v.kind.is_none()
    }

    /// A method of what a caller gives is left to the caller, who knows whether that is an open file, or a lock.
    fn defer_method(&mut self, recv: &Value, name: Sym, args: &Arguments, origin: &Origin) -> Value {
        let result = self.call_unknown(name, Some(recv), args, origin);
        let (_, run) = self.run_value(&Value::of(recv.term.field(name)), args.positional.clone(), origin);
        run.with_deps(&result.deps)
    }

    /// The method of an open file that a callee has left to its caller.
    pub(crate) fn deferred_method(&mut self, file: &Value, name: Sym, args: Vec<Value>, origin: &Origin) -> Option<Value> {
        if !matches!(file.kind.as_deref(), Some(Kind::Handle { .. })) {
            return None;
        }
        let given = args.iter().flat_map(|a| a.deps.guards()).collect();
        let args = Arguments { positional: args, keywords: Vec::new(), given, lent: SmallVec::new() };
        Some(self.call_method(file, name, &args, origin))
    }

    /// Whether an object was made by a function of a type from outside the program, or by methods of such an object: no method of the
    /// program is one of its own.
    fn is_foreign(&self, t: &Term) -> bool {
        let mut at = t;
        while let Term::Call(f, args) = at {
            match (f.as_str().strip_prefix('.'), args.first()) {
                (Some(_), Some(object)) => at = object,
                (Some(_), None) => return false,
                (None, _) => return self.cx.program.is_foreign_constructor(*f) && !args.iter().any(|a| matches!(a, Term::New(_))),
            }
        }
        false
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
            // One of too many: its result is not known, but for its type.
            if let (false, Some(f)) = (overrides.is_empty(), found) {
                let declared = self.call_project(f, positional, &args.keywords, origin).ty;
                return Some(self.call_unknown(name, Some(recv), args, origin).with_type(declared));
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
            Some(Kind::Method { path, given }) => {
                let given = given.iter().chain(&args.positional).cloned().collect();
                self.call_library_method(*path, given, &args.keywords, origin)
            }
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

    /// A library's function by its path.
    pub(crate) fn call_library_method(&mut self, path: Sym, args: Vec<Value>, keywords: &[(Sym, Value)], origin: &Origin) -> Value {
        match self.lib.call(path) {
            Some(c) => self.apply_library(path, c, args, keywords, origin),
            None => Value::unknown(),
        }
    }

    fn run_deferred(&mut self, v: &Value, args: &Arguments, origin: &Origin) -> Value {
        let all = args.positional.iter().chain(args.keywords.iter().map(|(_, v)| v)).cloned().collect();
        let (_, mut out) = self.run_value(v, all, origin);
        out.deps.extend(&v.deps);
        out
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
            let is_container = program.has_library_base(t);
            if is_container {
                // No variable holds the object yet: what it takes up meanwhile is kept in its place.
                self.state.heap.insert(object.term, object.clone());
            }
            self.call_project(f, positional, &args.keywords, origin);
            if is_container && let Some(full) = self.state.heap.remove(&object.term) {
                object.deps = full.deps;
            }
            let own = self.state.heap.get(&object.term.field(Sym::new(LIBRARY_SELF)));
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
            // Of a default that is no text it is not known whether every object has the same.
            let default = || self.class_variable(t, f.name, origin.site.span).filter(is_path_like);
            if let Some(v) = given.cloned().or_else(default) {
                self.store(object.term.field(f.name), v);
            }
        }
        object
    }

    /// Marks acquisitions as ending only by a release.
    pub(crate) fn pin(&mut self, ids: &[u32]) {
        for id in ids {
            if let Some(Taken { outlives, .. }) = self.taken.get_mut(id) {
                *outlives = true;
            }
        }
    }

    pub(crate) fn ir_lang(&self) -> Lang {
        self.cx.program.files[self.file as usize].ir.lang
    }
}

/// A value that does not keep these acquisitions alive.
fn without_guards(mut v: Value, ids: &[EventId]) -> Value {
    v.deps.retain(|d| !matches!(d, Dep::Guard(id) if ids.contains(id)));
    if let Some(Kind::Tuple(parts)) = v.kind.as_deref() {
        let parts = parts.iter().map(|p| without_guards(p.clone(), ids)).collect();
        v = v.with_kind(Kind::Tuple(parts));
    }
    v
}

/// A result with the type that the source writes: a lock object's is that of the data inside.
fn of_written_type(result: Value, ty: Ty) -> Value {
    match result.kind.as_deref() {
        Some(Kind::Lock { spec, target, inner }) if result.ty.is_some() => {
            let kind = Kind::Lock { spec: *spec, target: target.clone(), inner: inner.clone().or(Some(ty)) };
            result.with_kind(kind)
        }
        _ => result.with_type(Some(ty)),
    }
}

fn class_value(frame: &Frame<'_, '_>, t: TypeId) -> Value {
    Value::of(Term::Global(frame.cx.program.types[t.0 as usize].path)).with_kind(Kind::Type(Ty::Project(t.0)))
}

/// A body that only raises, passes or returns nothing.
fn is_stub(f: &ir::Function) -> bool {
    f.body.iter().all(|op| {
        matches!(op, ir::Op::Raise { .. } | ir::Op::Drop { .. } | ir::Op::Return { value: None, .. } | ir::Op::Let { .. })
            || matches!(op, ir::Op::Call(c) if matches!(c.callee, Callee::Path(_)) && f.body.iter().any(|o| matches!(o, ir::Op::Raise { .. })))
    }) && f.body.iter().any(|op| matches!(op, ir::Op::Raise { .. }))
        || f.body.is_empty()
}

/// `super().method()` of Python. In Rust, `super` is a module.
pub(super) fn super_method(lang: Lang, path: Sym) -> Option<Sym> {
    path.as_str().strip_prefix("super.").filter(|_| lang == Lang::Python).map(Sym::new)
}
