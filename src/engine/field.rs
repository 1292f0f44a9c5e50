//! Fields: of objects, classes, tuples and library values. Knows no calls beyond properties.

use std::sync::Arc;

use super::domain::{alternatives, either};
use super::frame::Frame;
use super::program::TypeId;
use crate::effect::{Dep, Kind, Term, Ty, Value};
use crate::source::{Lang, Span, Sym};

/// Properties of properties past this depth are plain fields.
const MAX_PROPERTY_DEPTH: u32 = 4;

impl Frame<'_, '_> {
    /// A field of a value.
    pub(crate) fn field(&mut self, base: &Value, name: Sym) -> Value {
        self.field_at(base, name, Span::default())
    }

    pub(crate) fn field_at(&mut self, base: &Value, name: Sym, span: Span) -> Value {
        let place = base.term.field(name);
        if place != Term::Unknown
            && let Some(v) = self.state.heap.get(&place)
        {
            return v.clone();
        }
        if let Some(Kind::Tuple(parts)) = base.kind.as_deref()
            && let Ok(n) = name.as_str().parse::<usize>()
            && let Some(p) = parts.get(n)
        {
            return p.clone();
        }
        if let Some(Kind::Type(Ty::Project(t))) = base.kind.as_deref() {
            return self.class_attribute(TypeId(*t), name, base, span);
        }
        match &base.ty {
            Some(Ty::Project(t)) => self.project_field(TypeId(*t), base, name, span),
            Some(Ty::Library(l)) => match self.lib.method(*l, name).filter(|(_, c)| c.attr) {
                Some((path, call)) => {
                    let origin = self.here(span);
                    self.apply_library(path, call, vec![base.clone()], &[], &origin)
                }
                None => self.library_method(*l, base, name),
            },
            None => match self.lib.any_attribute(name) {
                Some((path, call)) if base.kind.is_none() || matches!(base.kind.as_deref(), Some(Kind::Handle { .. })) => {
                    let origin = self.here(span);
                    self.apply_library(path, call, vec![base.clone()], &[], &origin)
                }
                _ => self.plain_field(base, name),
            },
        }
    }

    /// A field gets another value. A record that has no other field is made of that alone from here on.
    pub(crate) fn forget_renewed(&mut self, object: &Term, field: Sym) {
        if self.ir_lang() != Lang::Rust {
            // An object may have more fields than its class says.
            return;
        }
        let program = self.cx.program;
        let has_no_other = |ty: &Ty| match ty {
            Ty::Project(t) => matches!(&program.type_def(TypeId(*t)).fields[..], [only] if only.name == field),
            Ty::Library(_) => false,
        };
        let renewed = |v: &Value| v.term == *object && v.ty.as_ref().is_some_and(has_no_other);
        self.state.vars.change(renewed, |v| Arc::make_mut(v).deps.retain(|d| matches!(d, Dep::Guard(_))));
    }

    /// A method of a library's object as a value: what is known of it goes with it.
    fn library_method(&mut self, of: Sym, base: &Value, name: Sym) -> Value {
        let v = self.plain_field(base, name);
        match self.lib.method(of, name) {
            Some((path, c)) if !c.summary.events.is_empty() && v.kind.is_none() => {
                v.with_kind(Kind::Method { path, given: vec![base.clone()] })
            }
            _ => v,
        }
    }

    fn class_attribute(&mut self, t: TypeId, name: Sym, base: &Value, span: Span) -> Value {
        let program = self.cx.program;
        let mut library = Vec::new();
        if let Some(f) = program.find_method(t, name, &mut library) {
            return self.function_value(f);
        }
        self.class_variable(t, name, span).unwrap_or_else(|| self.plain_field(base, name))
    }

    /// A variable of the class or of one of its bases.
    pub(crate) fn class_variable(&mut self, t: TypeId, name: Sym, span: Span) -> Option<Value> {
        let program = self.cx.program;
        let mut order = vec![t];
        let mut next = 0;
        while let Some(at) = order.get(next).copied() {
            next += 1;
            let info = &program.types[at.0 as usize];
            if let Some(variable) = info.variables.get(&name) {
                return Some(self.global(info.file, *variable, None, span));
            }
            order.extend(info.bases.iter().filter_map(|b| if let Ty::Project(p) = b { Some(TypeId(*p)) } else { None }).take(8));
            if next > 16 {
                break;
            }
        }
        None
    }

    fn project_field(&mut self, t: TypeId, base: &Value, name: Sym, span: Span) -> Value {
        let program = self.cx.program;
        let mut library = Vec::new();
        let declared = program.type_def(t).fields.iter().any(|f| f.name == name);
        if let Some(f) = program.find_method(t, name, &mut library).filter(|f| !declared || program.function(*f).1.flags.is_property) {
            let function = program.function(f).1;
            if function.flags.is_property && self.depth < MAX_PROPERTY_DEPTH {
                let origin = self.call_at(span, f);
                self.depth += 1;
                let v = self.call_project(f, vec![base.clone()], &[], &origin);
                self.depth -= 1;
                let v = if v.term == Term::Unknown { self.plain_field(base, name).with_deps(&v.deps).with_type(v.ty) } else { v };
                let place = base.term.field(name);
                if function.flags.is_cached && place != Term::Unknown {
                    self.store(place, v.clone());
                }
                return v;
            }
            let mut v = self.function_value(f);
            if let Some(Kind::Func(func)) = v.kind.as_deref() {
                let mut func = func.clone();
                func.bound.insert(0, base.clone());
                v.kind = Some(Arc::new(Kind::Func(func)));
            }
            v.deps.extend(&base.deps);
            return v;
        }
        for l in library {
            if let Some((path, call)) = self.lib.method(l, name).filter(|(_, c)| c.attr) {
                let origin = self.here(span);
                return self.apply_library(path, call, vec![base.clone()], &[], &origin);
            }
        }
        let mut v = self.plain_field(base, name);
        let known = self.cx.type_field(t, name);
        if known.is_none()
            && let Some(of_class) = self.class_variable(t, name, span)
        {
            return of_class;
        }
        if let Some(k) = known {
            let k = in_object(&k, &base.term);
            v.ty = k.ty.or(v.ty);
            v.flags |= k.flags;
            if k.term != Term::Unknown {
                v.term = k.term;
            }
            v.kind = k.kind.map(|k| rebased(&k, &v.term)).or(v.kind);
        }
        v
    }

    /// A field about which nothing is known but its name.
    pub(crate) fn plain_field(&mut self, base: &Value, name: Sym) -> Value {
        let term = base.term.field(name);
        if term != Term::Unknown
            && let Some(v) = self.state.heap.get(&term)
        {
            let mut v = v.clone();
            v.deps.extend(&base.deps.iter().filter(|d| !matches!(d, Dep::Guard(_) | Dep::Place(_))).cloned().collect());
            return v;
        }
        if let Some(v) = self.field_of_either(&base.term, name) {
            return v;
        }
        // The field's own place says more than its base's.
        let is_base = |d: &Dep| matches!(d, Dep::Place(p) if *p.term() == base.term);
        let mut deps = base.deps.clone();
        let narrower = term != Term::Unknown && deps.iter().any(is_base);
        deps.retain(|d| !(matches!(d, Dep::Guard(_)) || narrower && is_base(d)));
        if narrower {
            deps.insert(Dep::place(term));
        }
        Value::of(term).with_deps(&deps)
    }
}

impl Frame<'_, '_> {
    /// A field of one of several objects is one of their fields, if all of them have it.
    fn field_of_either(&self, base: &Term, name: Sym) -> Option<Value> {
        if !matches!(base, Term::Call(f, _) if f.as_str() == "$either") {
            return None;
        }
        let mut objects = alternatives(base);
        let of = |t: &Term| self.state.heap.get(&t.field(name)).cloned();
        let first = objects.next().and_then(of)?;
        objects.try_fold(first, |a, t| Some(either(&a, &of(t)?)))
    }
}

/// A constructor's value for an object: its own fields are the object's.
fn in_object(v: &Value, object: &Term) -> Value {
    v.with_terms(&|t| term_in_object(t, object))
}

fn term_in_object(t: &Term, object: &Term) -> Term {
    let on = |t: &Term| term_in_object(t, object);
    match t {
        Term::Param(0) => *object,
        Term::Param(_) | Term::New(_) => Term::Unknown,
        Term::Field(base, name) => on(base).field(*name),
        Term::Concat(parts) if parts.iter().any(|p| on(p) == Term::Unknown) => Term::Unknown,
        Term::Concat(parts) => Term::concat(parts.iter().map(on).collect::<Vec<_>>()),
        Term::Suffix(a, b) => match (on(a), on(b)) {
            (Term::Unknown, _) | (_, Term::Unknown) => Term::Unknown,
            (a, b) => a.with_suffix(b),
        },
        Term::Parent(a) => on(a).parent(),
        Term::Call(f, args) => super::subst::call_term(*f, args.iter().map(on).collect()),
        t => *t,
    }
}

/// A field whose own identity is all that is known of what it locks or names.
fn rebased(kind: &Arc<Kind>, field: &Term) -> Arc<Kind> {
    let or_field = |v: &Value| Box::new(if v.term == Term::Unknown { Value::of(*field) } else { v.clone() });
    match &**kind {
        Kind::Lock { spec, target, inner } => Arc::new(Kind::Lock { spec: *spec, target: or_field(target), inner: inner.clone() }),
        Kind::Handle { path, mode } => Arc::new(Kind::Handle { path: or_field(path), mode: mode.clone() }),
        _ => kind.clone(),
    }
}
