//! Objects that are made from others of their type: copies, and copies of which some fields are other. Knows fields, not calls.

use super::domain::is_below;
use super::frame::Frame;
use super::program::TypeId;
use super::subst::call_term;
use crate::effect::{LibraryCall, Term, Ty, Value};
use crate::source::Sym;

/// The operator that stands for a copy; its first argument is what is copied.
pub(crate) const COPY: &str = "$like";

impl Frame<'_, '_> {
    /// A new object of the type, and with the fields, of another one. As long as the type is not known, it is what it is made from.
    pub(crate) fn object_like(&mut self, of: &Value, key: u64) -> Value {
        let is_known = matches!(of.ty, Some(Ty::Project(_)));
        let term = if is_known { Term::New(key) } else { call_term(Sym::new(COPY), vec![of.term]) };
        self.take_fields(of, &term);
        Value::of(term).with_type(of.ty.clone())
    }

    /// An object gets the fields that another one of its type has.
    pub(crate) fn take_fields(&mut self, of: &Value, object: &Term) {
        if let Some(Ty::Project(t)) = of.ty {
            for name in self.cx.field_names(TypeId(t)) {
                let v = self.field(of, name);
                if v.term != Term::Unknown {
                    self.state.heap.insert(object.field(name), v);
                }
            }
        }
        if *object == Term::Unknown {
            return;
        }
        let parts: Vec<(Term, Value)> =
            self.state.heap.iter().filter(|(place, _)| is_below(place, &of.term)).map(|(place, v)| (*place, v.clone())).collect();
        for (place, v) in parts {
            self.state.heap.insert(moved(&place, &of.term, object), v);
        }
    }

    /// The fields of a copy that get another value: by name, or as a dictionary of them.
    pub(crate) fn give_fields(&mut self, object: &Term, keywords: &[(Sym, Value)], c: &LibraryCall) {
        let has_no_name = |name: &Sym| name.as_str() == "**" || c.summary.params.iter().any(|p| p.name == *name);
        for (name, v) in keywords {
            if !has_no_name(name) {
                self.state.heap.insert(object.field(*name), v.clone());
                continue;
            }
            let part = |place: &Term| match place {
                Term::Field(base, key) if **base == v.term => key.as_str().strip_prefix('[')?.strip_suffix(']').map(Sym::new),
                _ => None,
            };
            let given: Vec<(Sym, Value)> = self.state.heap.iter().filter_map(|(place, v)| Some((part(place)?, v.clone()))).collect();
            for (name, v) in given {
                self.state.heap.insert(object.field(name), v);
            }
        }
    }
}

/// A place below one object as the same place below another one.
fn moved(place: &Term, from: &Term, to: &Term) -> Term {
    match place {
        Term::Field(base, name) if **base == *from => to.field(*name),
        Term::Field(base, name) => moved(base, from, to).field(*name),
        t => *t,
    }
}

/// The parameter of which a library function makes a copy, if that is what it does.
pub(crate) fn copied(c: &LibraryCall) -> Option<u16> {
    match c.summary.ret.as_ref().map(|r| &r.term) {
        Some(Term::Call(f, args)) if f.as_str() == COPY => match args[0] {
            Term::Param(n) => Some(n),
            _ => None,
        },
        _ => None,
    }
}
