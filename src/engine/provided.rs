//! Provided methods of traits, once for each type that has them: what they call of `Self` is that type's. Knows names, not behaviour.

use std::sync::OnceLock;

use super::program::{FuncId, Program, TypeId};
use crate::ir::{self, Callee, Op, TypeKind, each_op};
use crate::source::Sym;

/// More types of one trait share its own methods.
const MAX_TYPES: usize = 24;

impl Program<'_> {
    /// Gives types the provided methods of their traits that call other methods of the type. Such a method has the trait's text and is a
    /// function of its own.
    pub(super) fn give_provided_methods(&mut self) {
        let mut given = Vec::new();
        for t in (0..self.types.len() as u32).map(TypeId) {
            let Some(own) = self.provided_by(t) else { continue };
            let implementers = |s: &&TypeId| self.type_def(**s).kind != TypeKind::Trait;
            let types: Vec<TypeId> = self.types[t.0 as usize].subtypes.iter().filter(implementers).copied().collect();
            if types.len() <= MAX_TYPES {
                given.extend(types.iter().flat_map(|s| own.iter().map(|(name, f)| (*s, *name, *f))));
            }
        }
        for (t, name, f) in given {
            if !self.types[t.0 as usize].methods.contains_key(&name) {
                let copy = self.add_copy(f, t);
                self.types[t.0 as usize].methods.insert(name, copy);
            }
        }
    }

    /// The provided methods of a trait, by name, that call methods of the type that has them.
    fn provided_by(&self, t: TypeId) -> Option<Vec<(Sym, FuncId)>> {
        if self.type_def(t).kind != TypeKind::Trait {
            return None;
        }
        let methods = &self.types[t.0 as usize].methods;
        let own = |(_, f): &(&Sym, &FuncId)| calls_its_own(self.function(**f).1);
        let mut found: Vec<(Sym, FuncId)> = methods.iter().filter(own).map(|(name, f)| (*name, *f)).collect();
        found.sort_by_key(|(_, f)| *f);
        Some(found)
    }

    /// The function whose text a function has: mostly itself.
    #[must_use]
    pub fn text_of(&self, id: FuncId) -> FuncId {
        (id.0 as usize).checked_sub(self.file_of.len()).map_or(id, |n| self.copies[n])
    }

    /// A function with the text of another, as a method of a type.
    pub(super) fn add_copy(&mut self, of: FuncId, owner: TypeId) -> FuncId {
        self.copies.push(of);
        self.owners.push(Some(owner));
        self.paths.push(OnceLock::new());
        FuncId(self.owners.len() as u32 - 1)
    }

    /// Whether a type has a function from a trait, as one of its own.
    #[must_use]
    pub fn is_given(&self, f: FuncId) -> bool {
        self.text_of(f) != f
    }

    /// Whether types have a trait's function as one of their own.
    #[must_use]
    pub fn is_given_away(&self, f: FuncId) -> bool {
        let Some(t) = self.owner(f).filter(|t| self.type_def(*t).kind == TypeKind::Trait) else { return false };
        self.types[t.0 as usize]
            .subtypes
            .iter()
            .any(|s| self.types[s.0 as usize].methods.values().any(|m| *m != f && self.text_of(*m) == f))
    }
}

/// Whether a function with a body calls something of `Self`, or a method of its object.
fn calls_its_own(f: &ir::Function) -> bool {
    let this = f.params.first().filter(|_| f.flags.has_receiver).map(|p| p.var);
    let of_type = |p: Sym| p.as_str().starts_with("Self.");
    let mut found = false;
    each_op(&f.body, &mut |op| {
        found |= match op {
            Op::Call(c) => match &c.callee {
                Callee::Path(p) => of_type(*p),
                Callee::Method { recv, .. } => Some(*recv) == this,
                Callee::Var(_) => false,
            },
            Op::Let { value: ir::Value::Name(p), .. } => of_type(*p),
            _ => false,
        }
    });
    found && !f.flags.is_abstract
}
