//! Enums of the program: an object of one is a variant with its payload, and a pattern takes that out of it.

use super::domain::{alternatives, either, is_below};
use super::frame::Frame;
use super::program::{Def, Program, Resolved, TypeId};
use crate::effect::{Dep, Term, Ty, Value};
use crate::ir::{Payload, TypeKind};
use crate::source::{Span, Sym};

impl Program<'_> {
    /// The enum of a variant that carries something, and the variant's name.
    pub(crate) fn variant(&self, full: Sym) -> Option<(TypeId, Sym)> {
        let (of, name) = full.as_str().rsplit_once('.')?;
        let Def::Type(t) = *self.defs.get(of)? else { return None };
        let def = self.type_def(t);
        let carries = |field: Sym| field.as_str().split_once('.').is_some_and(|(variant, _)| variant == name);
        (def.kind == TypeKind::Enum && def.fields.iter().any(|f| carries(f.name))).then(|| (t, Sym::new(name)))
    }
}

/// The place in an object where a field of a variant is kept.
pub(crate) fn payload_place(variant: Sym, member: Sym) -> Sym {
    Sym::new(&format!("{variant}.{member}"))
}

impl Frame<'_, '_> {
    /// `Found::Cached(x)`: an object that holds `x`.
    pub(crate) fn variant_object(&mut self, full: Sym, payload: &[Value], span: Span) -> Option<Value> {
        let (t, variant) = self.cx.program.variant(full)?;
        let mut out = Value::of(Term::New(self.made_at(span))).with_type(Some(Ty::Project(t.0)));
        for (n, v) in payload.iter().enumerate() {
            out.deps.extend(&v.deps.guards().map(Dep::Guard).collect());
            self.state.heap.insert(out.term.field(payload_place(variant, Sym::new(&n.to_string()))), v.clone());
        }
        Some(out)
    }

    /// What a pattern takes out of a value.
    pub(crate) fn payload(&mut self, p: &Payload, span: Span) -> Value {
        let of = self.var(p.of);
        let variant = match self.resolve(p.path) {
            Resolved::External(full) => self.cx.program.variant(full),
            _ => None,
        };
        let Some((t, variant)) = variant else {
            return match p.number() {
                Some(n) => self.element(p.of, n),
                None => self.field_at(&of, p.member, span),
            };
        };
        let place = payload_place(variant, p.member);
        let held = |o: &Term| self.state.heap.get(&o.field(place)).cloned();
        if let Some(v) = alternatives(&of.term).filter_map(held).reduce(|a, b| either(&a, &b)) {
            return v;
        }
        // Made here as other variants: this is none of them.
        if alternatives(&of.term).all(|o| self.state.heap.iter().any(|(at, _)| is_below(at, o))) {
            return self.of_declared(t, place, Value::unknown());
        }
        // Data that came from a file names nothing, and a guard in it is the whole's.
        let kept = of.deps.guards().map(Dep::Guard).collect();
        let part = self.plain_field(&of, place).with_deps(&kept);
        self.of_declared(t, place, part)
    }

    fn of_declared(&mut self, t: TypeId, place: Sym, v: Value) -> Value {
        let declared = self.cx.type_field(t, place).and_then(|f| f.ty);
        let ty = declared.or_else(|| v.ty.clone());
        v.with_type(ty)
    }
}
