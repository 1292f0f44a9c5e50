//! Members of types: methods, overrides, variables of classes. Knows names, not behaviour.

use rustc_hash::FxHashMap;

use super::program::{Def, FuncId, MAX_HOPS, Program, Resolved, TypeId, dotted};
use crate::effect::{Term, Ty};
use crate::ir::{self, TypeKind};
use crate::source::{Lang, Sym};

impl Program<'_> {
    /// Tells types of the variables that their files have under the names of the classes.
    pub(super) fn attach_variables(&mut self) {
        let mut at = 0;
        for (file, names) in self.variables.iter().enumerate() {
            let mut of_class: FxHashMap<&str, FxHashMap<Sym, Sym>> = FxHashMap::default();
            for (whole, (class, name)) in names.iter().filter_map(|n| Some((*n, n.as_str().rsplit_once('.')?))) {
                of_class.entry(class).or_default().insert(Sym::new(name), whole);
            }
            for def in &self.files[file].ir.types {
                self.types[at].variables = of_class.get(dotted(&[def.scope, def.name]).as_str()).cloned().unwrap_or_default();
                at += 1;
            }
        }
    }

    /// Whether a place is a variable of a module or of a class of the program.
    pub(crate) fn is_variable(&self, place: &Term) -> bool {
        let Term::Global(path) = place else { return false };
        let Some((whole, name)) = path.as_str().rsplit_once('.') else { return false };
        match self.defs.get(whole) {
            Some(Def::Module(file)) => self.variables[*file as usize].contains(&Sym::new(name)),
            Some(Def::Type(t)) => self.types[t.0 as usize].variables.contains_key(&Sym::new(name)),
            _ => false,
        }
    }

    /// Follows `type A = B`.
    pub(super) fn through_alias(&self, mut id: TypeId) -> TypeId {
        for _ in 0..MAX_HOPS {
            let def = self.type_def(id);
            let next = match (def.kind, def.bases.first()) {
                (ir::TypeKind::Alias, Some(b)) => self.resolve(self.types[id.0 as usize].file, def.scope, b.path),
                _ => return id,
            };
            match next {
                Resolved::Def(Def::Type(t)) if t != id => id = t,
                _ => return id,
            }
        }
        id
    }

    /// A method of a type, looked up in its bases too. The library types among the bases are returned when nothing is found.
    pub fn find_method(&self, ty: TypeId, name: Sym, library_bases: &mut Vec<Sym>) -> Option<FuncId> {
        let known = &self.types[ty.0 as usize].lineage;
        if known.is_empty() {
            return self.find_in(&self.lineage(ty), name, library_bases);
        }
        self.find_in(known, name, library_bases)
    }

    fn find_in(&self, lineage: &[TypeId], name: Sym, library_bases: &mut Vec<Sym>) -> Option<FuncId> {
        for t in lineage {
            let info = &self.types[t.0 as usize];
            if let Some(f) = info.methods.get(&name) {
                return Some(*f);
            }
            library_bases.extend(info.bases.iter().rev().filter_map(|b| if let Ty::Library(l) = b { Some(*l) } else { None }));
        }
        None
    }

    /// A protocol's subtypes are also those that have all its methods without saying so.
    pub(super) fn find_implementers(&mut self) {
        for p in (0..self.types.len() as u32).map(TypeId) {
            let found = self.implementers(p);
            self.types[p.0 as usize].subtypes.extend(found);
        }
    }

    fn implementers(&self, protocol: TypeId) -> Vec<TypeId> {
        let info = &self.types[protocol.0 as usize];
        let is_python = self.files[info.file as usize].ir.lang == Lang::Python;
        if !is_python || self.type_def(protocol).kind != TypeKind::Trait {
            return Vec::new();
        }
        let of_name = |name: &Sym| self.methods.get(name).map_or(&[][..], Vec::as_slice);
        let Some(rarest) = info.methods.keys().min_by_key(|name| (of_name(name).len(), **name)) else { return Vec::new() };
        let mut found: Vec<TypeId> = of_name(rarest).iter().filter_map(|f| self.owner(*f)).collect();
        found.retain(|t| {
            let other = &self.types[t.0 as usize];
            let is_used = !self.files[other.file as usize].excluded && self.type_def(*t).kind == TypeKind::Record;
            is_used && info.methods.keys().all(|name| other.methods.contains_key(name)) && !info.subtypes.contains(t)
        });
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether a type is also one of a library.
    #[must_use]
    pub fn has_library_base(&self, ty: TypeId) -> bool {
        let is_library = |t: &TypeId| self.types[t.0 as usize].bases.iter().any(|b| matches!(b, Ty::Library(_)));
        self.types[ty.0 as usize].lineage.iter().any(is_library)
    }

    /// A type and its bases, in the order in which methods are looked up.
    pub(super) fn lineage(&self, ty: TypeId) -> Vec<TypeId> {
        let mut queue = vec![ty];
        let mut seen = Vec::new();
        while let Some(t) = queue.pop() {
            if seen.contains(&t) || seen.len() > 32 {
                continue;
            }
            seen.push(t);
            let bases = self.types[t.0 as usize].bases.iter().rev();
            queue.extend(bases.filter_map(|b| if let Ty::Project(p) = b { Some(TypeId(*p)) } else { None }));
        }
        seen
    }

    /// Whether a method may be called on objects of types from outside the program: it is implemented for one, or a trait has it.
    #[must_use]
    pub fn is_extension(&self, f: FuncId) -> bool {
        self.function(f).1.flags.has_receiver && self.owner(f).is_none_or(|t| self.type_def(t).kind == TypeKind::Trait)
    }

    /// Whether a path names a function of a type from outside the program (`walkdir.WalkDir.new`).
    #[must_use]
    pub fn is_foreign_constructor(&self, path: Sym) -> bool {
        let mut parts = path.as_str().split('.');
        let root = parts.next().unwrap_or_default();
        let is_type = |p: &str| p.starts_with(char::is_uppercase);
        let known = self.defs.contains_key(root) || matches!(root, "crate" | "self" | "super" | "Self");
        !known && !is_type(root) && path.as_str().rsplit('.').nth(1).is_some_and(is_type)
    }

    /// What runs when a value of the type ends: the `drop` of its `Drop` implementation.
    #[must_use]
    pub fn destructor(&self, ty: TypeId) -> Option<FuncId> {
        let info = &self.types[ty.0 as usize];
        let is_drop = |t: &(u32, Sym, Sym)| t.2.last() == "Drop";
        info.traits.iter().any(is_drop).then(|| info.methods.get(&Sym::new("drop")).copied()).flatten()
    }

    /// The same method in subtypes of `ty`, at most `limit`.
    pub fn overrides(&self, ty: TypeId, name: Sym, limit: usize) -> Vec<FuncId> {
        let mut out = Vec::new();
        let mut queue = self.types[ty.0 as usize].subtypes.clone();
        let mut seen = Vec::new();
        while let Some(t) = queue.pop() {
            if seen.contains(&t) || seen.len() > 64 {
                continue;
            }
            seen.push(t);
            if let Some(f) = self.types[t.0 as usize].methods.get(&name) {
                out.push(*f);
                if out.len() > limit {
                    break;
                }
            }
            queue.extend(&self.types[t.0 as usize].subtypes);
        }
        out
    }
}
