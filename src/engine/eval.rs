//! Right-hand sides, names and fields: what a value is. Knows no calls beyond properties.

use super::domain::{alternatives, either};
use super::frame::{Frame, Origin};
use super::program::{Def, FuncId, Resolved, TypeId};
use super::subst::mix;
use super::variants::payload_place;
use crate::effect::{Dep, Deps, EventId, EventKind, Flags, FuncRef, Keeps, Kind, Term, Ty, Value};
use crate::ir::{self, Key, Piece, Var};
use crate::source::{Lang, Span, Sym};

/// Decorators whose arguments are decorated functions, nested deeper than this, are not applied.
const MAX_DECORATING: u32 = 3;

/// The elements of longer literals are not told apart from others.
const MAX_ELEMENTS: usize = 4;

impl Frame<'_, '_> {
    /// The value of a right-hand side.
    pub(crate) fn eval(&mut self, v: &ir::Value, span: Span) -> Value {
        match v {
            ir::Value::Var(x) => self.var(*x),
            ir::Value::Behind(x) => self.keeping(self.var(*x), Keeps::OfFiles),
            ir::Value::Str(s) => Value::text(*s),
            ir::Value::Int(n) => Value::of(Term::text(&n.to_string())),
            ir::Value::Bool(b) => Value::of(Term::text(if *b { "true" } else { "false" })),
            ir::Value::None => Value::of(Term::Global(Sym::new("None"))),
            ir::Value::Name(path) => self.name(*path, span),
            ir::Value::Field(base, name) => {
                let base = self.var(*base);
                self.field_at(&base, *name, span)
            }
            ir::Value::Item(base, key) => match self.item_by_method(*base, key, None, span) {
                Some(v) => v,
                None => self.item(*base, key),
            },
            ir::Value::Element(base, n) => self.element(*base, *n),
            ir::Value::Payload(p) => self.payload(p, span),
            ir::Value::Format(pieces) => self.format(pieces),
            ir::Value::Operator(op, vars) => self.operator(*op, vars, span),
            ir::Value::Collection(vars) => self.fresh_object(span, vars),
            ir::Value::Tuple(vars) => self.tuple(vars),
            ir::Value::Struct(s) => self.structure(s.path, &s.fields, s.base, span),
            ir::Value::Function(idx) => self.closure(*idx),
            ir::Value::Either(vars) => {
                let values: Vec<Value> = vars.iter().map(|v| self.var(*v)).collect();
                values.into_iter().reduce(|a, b| either(&a, &b)).unwrap_or_else(Value::unknown)
            }
            ir::Value::Each(x) => self.each(*x, span),
            ir::Value::Derived(vars) => Value::unknown().with_deps(&self.deps_of(vars)),
            ir::Value::Unknown => Value::unknown(),
        }
    }

    /// All that a value depends on, through its parts and everything stored below it.
    pub(crate) fn full_deps(&self, v: &Value) -> Deps {
        let mut deps = v.deps.clone();
        if let Some(Kind::Tuple(parts)) = v.kind.as_deref() {
            for p in parts {
                deps.extend(&self.full_deps(p));
            }
        }
        deps.extend(&self.state.below(&v.term));
        deps
    }

    /// The data in a value, without the locks that it keeps.
    pub(crate) fn data_of(&self, v: &Value) -> Deps {
        let mut deps = self.full_deps(v);
        deps.retain(|d| !matches!(d, Dep::Guard(_)));
        deps
    }

    fn deps_of(&self, vars: &[Var]) -> Deps {
        let mut deps = Deps::none();
        for v in vars {
            deps.extend(&self.full_deps(&self.var(*v)));
        }
        deps
    }

    fn fresh_object(&mut self, span: Span, vars: &[Var]) -> Value {
        let deps = self.deps_of(vars);
        let out = Value::of(Term::New(self.made_at(span))).with_deps(&deps);
        if (1..=MAX_ELEMENTS).contains(&vars.len())
            && let Some(element) = vars.iter().map(|v| self.var(*v)).reduce(|a, b| either(&a, &b))
        {
            self.state.heap.insert(out.term.field(Sym::new("[]")), element);
        }
        out
    }

    /// A new object with these elements.
    pub(crate) fn sequence(&mut self, key: u64, element: &Value) -> Value {
        let out = Value::of(Term::New(key)).with_deps(&self.data_of(element));
        self.state.heap.insert(out.term.field(Sym::new("[]")), element.clone());
        out
    }

    /// What a sequence's elements are, if that is known.
    fn elements(&self, v: &Value) -> Option<Value> {
        let of = |t: &Term| self.state.heap.get(&(*t).field(Sym::new("[]"))).cloned();
        alternatives(&v.term).filter_map(of).reduce(|a, b| either(&a, &b))
    }

    fn tuple(&mut self, vars: &[Var]) -> Value {
        let parts: Vec<Value> = vars.iter().map(|v| self.var(*v)).collect();
        let deps = self.deps_of(vars);
        let term = super::subst::call_term(Sym::new("$tuple"), parts.iter().map(|p| p.term).collect());
        Value::of(term).with_deps(&deps).with_kind(Kind::Tuple(parts))
    }

    fn item(&mut self, base: Var, key: &Key) -> Value {
        let value = self.var(base);
        let (name, key_deps) = match key {
            Key::Const(k) => {
                if let (Some(Kind::Tuple(parts)), Ok(n)) = (value.kind.as_deref(), k.as_str().parse::<usize>())
                    && let Some(part) = parts.get(n)
                {
                    return part.clone();
                }
                (Some(*k), Deps::none())
            }
            Key::Var(k) => {
                let k = self.var(*k);
                (key_name(&k), k.deps)
            }
        };
        let field = Sym::new(&format!("[{}]", name.map_or("", Sym::as_str)));
        self.plain_field(&value, field).with_deps(&key_deps)
    }

    /// `[]` for the element that one loop of one function takes out of a container, told apart from what others take.
    fn element_name(&self, span: Span) -> Sym {
        Sym::new(&format!("[#{:x}]", mix((self.function_term(self.id).content_hash(), span.start))))
    }

    pub(crate) fn element(&mut self, base: Var, n: u32) -> Value {
        let value = self.var(base);
        match value.kind.as_deref() {
            Some(Kind::Tuple(parts)) => parts.get(n as usize).cloned().unwrap_or_else(Value::unknown),
            _ if n == 0 => value,
            _ => self.plain_field(&value, Sym::new(&n.to_string())),
        }
    }

    fn each(&mut self, v: Var, span: Span) -> Value {
        let value = self.var(v);
        match value.kind.as_deref() {
            Some(Kind::Suspended { .. }) => self.consume(&value, span),
            Some(Kind::Handle { .. }) => {
                let origin = self.here(span);
                self.read(&value, &origin)
            }
            Some(Kind::Tuple(parts)) if !parts.is_empty() => {
                let first = parts[0].clone();
                parts[1..].iter().fold(first, |a, b| either(&a, b))
            }
            _ => match self.elements(&value) {
                Some(element) => element.with_deps(&value.deps),
                // The element that this loop takes; another loop takes its own.
                None => {
                    let element = self.plain_field(&value, self.element_name(span));
                    self.take_from_given(&value, span).map_or(element.clone(), |read| element.with_deps(&Deps::one(Dep::Event(read))))
                }
            },
        }
    }

    /// The elements of what a caller gives are taken: if that is an open file, it is read.
    fn take_from_given(&mut self, v: &Value, span: Span) -> Option<EventId> {
        let origin = self.here(span);
        self.may_be_open_file(v).then(|| self.emit(EventKind::Each, v.clone(), Deps::none(), &origin)).flatten()
    }

    /// A parameter of which a caller may know that it is an open file.
    pub(crate) fn may_be_open_file(&self, v: &Value) -> bool {
        let is_stream = || matches!(&v.ty, Some(Ty::Library(t)) if self.lib.is_stream(*t)) && v.kind.is_none();
        matches!(v.term, Term::Param(_)) && self.ir_lang() == Lang::Python && (self.is_given_untyped(v) || is_stream())
    }

    fn format(&mut self, pieces: &[Piece]) -> Value {
        let mut deps = Deps::none();
        let mut terms = Vec::with_capacity(pieces.len());
        for p in pieces {
            match p {
                Piece::Text(s) => terms.push(Term::Const(*s)),
                Piece::Var(v) => {
                    let v = self.var(*v);
                    deps.extend(&self.full_deps(&v));
                    terms.push(v.resource().term);
                }
            }
        }
        Value::of(Term::concat(terms)).with_deps(&deps)
    }

    fn operator(&mut self, op: Sym, vars: &[Var], span: Span) -> Value {
        let values: Vec<Value> = vars.iter().map(|v| self.var(*v)).collect();
        let mut deps = self.deps_of(vars);
        deps.retain(|d| !matches!(d, Dep::Guard(_)));
        let terms = || values.iter().map(|v| v.resource().term);
        let mut out = match op.as_str() {
            "+" if values.iter().any(|v| self.elements(v).is_some()) => {
                let element = |v: &Value| self.elements(v).unwrap_or_else(|| Value::of(v.term.field(Sym::new("[]"))).with_deps(&v.deps));
                let joined = values.iter().map(element).reduce(|a, b| either(&a, &b)).unwrap_or_else(Value::unknown);
                self.sequence(self.made_at(span), &joined)
            }
            "+" => Value::of(Term::concat(terms())),
            "/" => {
                let mut parts = terms();
                let first = parts.next().unwrap_or(Term::Unknown);
                let ty = values.first().and_then(|v| v.ty.clone());
                Value::of(Term::join(first, parts.collect::<Vec<_>>())).with_type(ty)
            }
            "|" => {
                let numbers: Option<Vec<i64>> = values.iter().map(|v| number(&v.term)).collect();
                let all = numbers.map(|all| all.into_iter().fold(0, |a, n| a | n));
                let mut v = Value::of(all.map_or(Term::Unknown, |n| Term::text(&n.to_string())));
                v.flags = values.iter().fold(Flags::NONE, |f, v| f | v.flags);
                v
            }
            _ => Value::unknown(),
        };
        out.deps = deps;
        out
    }

    fn structure(&mut self, path: Sym, fields: &[(Sym, Var)], base: Option<Var>, span: Span) -> Value {
        let (ty, variant) = match self.resolve(path) {
            Resolved::Def(Def::Type(t)) => (Some(Ty::Project(t.0)), None),
            Resolved::External(p) => match self.cx.program.variant(p) {
                Some((t, variant)) => (Some(Ty::Project(t.0)), Some(variant)),
                None => (Some(Ty::Library(p)), None),
            },
            _ => (None, None),
        };
        let mut out = Value::of(Term::New(self.made_at(span))).with_type(ty);
        if let Some(b) = base {
            let b = self.var(b);
            out.deps.extend(&self.full_deps(&b));
            if b.ty == out.ty && !matches!(b.term, Term::Call(..)) {
                self.take_fields(&b, &out.term);
            }
        }
        for (name, var) in fields {
            let v = self.var(*var);
            for g in v.deps.guards() {
                out.deps.insert(Dep::Guard(g));
            }
            let place = variant.map_or(*name, |of| payload_place(of, *name));
            self.state.heap.insert(out.term.field(place), v);
        }
        out
    }

    fn closure(&mut self, idx: ir::FuncIdx) -> Value {
        let func = self.cx.program.func_id(self.file, idx);
        let inner = &self.cx.program.function(func).1;
        let captures: Vec<Value> = inner.captures.iter().map(|c| self.var(c.outer)).collect();
        self.cx.learn_captures(func, &captures);
        let capture_vars = inner.captures.iter().map(|c| c.outer.0).collect();
        let mut deps = Deps::none();
        for c in &inner.captures {
            for g in self.var(c.outer).deps.guards() {
                deps.insert(Dep::Guard(g));
            }
        }
        let func_ref = FuncRef { func: func.0, bound: Vec::new(), captures, capture_vars, creator: self.id.0, locks: Vec::new() };
        let raw = Value::of(self.function_term(func)).with_kind(Kind::Func(Box::new(func_ref)));
        self.decorated(raw, func).with_deps(&deps)
    }

    /// What a path means here.
    pub(crate) fn resolve(&mut self, path: Sym) -> Resolved {
        if let Some(owner) = self.owner {
            if path.as_str() == "Self" {
                return Resolved::Def(Def::Type(owner));
            }
            if let Some(rest) = path.as_str().strip_prefix("Self.") {
                return self.cx.program.member_of(owner, rest);
            }
        }
        self.cx.resolve(self.file, self.ir.scope, path)
    }

    /// What a dotted name stands for.
    pub(crate) fn name(&mut self, path: Sym, span: Span) -> Value {
        match self.resolve(path) {
            Resolved::Def(Def::Func(f)) => self.function_value(f),
            Resolved::Def(Def::Type(t)) => match self.type_value(t) {
                // Something happens when it ends: each is one of its own.
                v if v.kind.is_none() && self.cx.program.destructor(t).is_some() => Value { term: Term::New(self.made_at(span)), ..v },
                v => v,
            },
            Resolved::Def(Def::Module(_)) => Value::of(Term::Global(path)),
            Resolved::Global(file, name, rest) => self.global(file, name, rest, span),
            Resolved::External(full) => self.external_name(full, span),
        }
    }

    /// A type's name as a value: the type, or in Rust, where the name of a struct without fields is its only object, that.
    pub(crate) fn type_value(&self, t: TypeId) -> Value {
        let value = Value::of(Term::Global(self.cx.program.types[t.0 as usize].path));
        let def = self.cx.program.type_def(t);
        let is_object = self.ir_lang() == Lang::Rust && def.kind == ir::TypeKind::Record && def.fields.is_empty();
        let ty = Ty::Project(t.0);
        if is_object { value.with_type(Some(ty)) } else { value.with_kind(Kind::Type(ty)) }
    }

    /// A function's name as a term: the same however other functions come and go.
    fn function_term(&self, f: FuncId) -> Term {
        Term::Global(self.cx.program.function_path(f))
    }

    /// A project function used as a value, its decorators applied.
    pub(crate) fn function_value(&mut self, f: FuncId) -> Value {
        let func =
            FuncRef { func: f.0, bound: Vec::new(), captures: Vec::new(), capture_vars: Vec::new(), creator: u32::MAX, locks: Vec::new() };
        let raw = Value::of(self.function_term(f)).with_kind(Kind::Func(Box::new(func)));
        self.decorated(raw, f)
    }

    /// A module variable of the program, and attributes of it.
    pub(crate) fn global(&mut self, file: u32, name: Sym, rest: Option<Sym>, span: Span) -> Value {
        let mut v = self.cx.global(file, name);
        if let Some(here) = self.state.heap.get(&v.term) {
            v = here.clone();
        }
        for part in rest.iter().flat_map(|r| r.as_str().split('.')) {
            v = self.field_at(&v, Sym::new(part), span);
        }
        v
    }

    fn external_name(&mut self, full: Sym, span: Span) -> Value {
        if let Some(c) = self.lib.constant(full) {
            return c.clone();
        }
        if let Some(call) = self.lib.call(full).filter(|c| c.attr) {
            let origin = self.here(span);
            return self.apply_library(full, call, Vec::new(), &[], &origin);
        }
        if self.lib.types.contains_key(&self.lib.type_path(full)) {
            return Value::of(Term::Global(full)).with_kind(Kind::Type(Ty::Library(self.lib.type_path(full))));
        }
        // A constant's attribute (`CONST.parent`, `Path.home`): the base first.
        if let Some((base, last)) = full.as_str().rsplit_once('.')
            && let Some(c) = self.lib.constant(Sym::new(base)).cloned()
        {
            return self.field_at(&c, Sym::new(last), span);
        }
        Value::of(Term::Global(full))
    }

    /// Reads the content of a file: the value that results.
    pub(crate) fn read(&mut self, of: &Value, origin: &Origin) -> Value {
        let id = self.emit(EventKind::Read, of.resource().clone(), Deps::none(), origin);
        Value::of(Term::New(mix((origin.key, 31)))).with_deps(&id.map_or_else(Deps::none, |id| Deps::one(Dep::Event(id))))
    }

    /// The value of calling a decorator stack on a function, outermost last applied.
    pub(crate) fn decorated(&mut self, raw: Value, f: FuncId) -> Value {
        let program = self.cx.program;
        let (file, function) = program.function(f);
        let mut value = raw;
        if self.decorating >= MAX_DECORATING {
            return value;
        }
        self.decorating += 1;
        for d in function.decorators.iter().rev() {
            value = self.apply_decorator(d, value, f, file);
        }
        self.decorating -= 1;
        value
    }
}

/// The number that a literal is.
pub(crate) fn number(t: &Term) -> Option<i64> {
    if let Term::Const(s) = t { s.as_str().parse().ok() } else { None }
}

/// What the element under a key is called: by the key's text, or by what the key is.
pub(crate) fn key_name(key: &Value) -> Option<Sym> {
    match &key.term {
        Term::Const(s) => Some(*s),
        Term::Unknown => None,
        t => Some(Sym::new(&format!("={:x}", t.content_hash()))),
    }
}

/// A term that means the same wherever it stands.
pub(crate) fn is_closed(t: &Term) -> bool {
    !t.any(|t| matches!(t, Term::Param(_) | Term::Unknown | Term::New(_) | Term::Fresh(_)))
}
