//! What constructors put in fields, in terms of the object. Knows types, not calls.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::frame::{Exit, Frame};
use super::guess::Guess;
use super::program::{FuncId, TypeId};
use super::solve::{CONSTRUCTORS, Solver, stripped};
use crate::effect::{Kind, Store, Summary, Term, Ty, Value};
use crate::ir;
use crate::source::Sym;

impl Solver<'_> {
    /// What the constructor puts in a field, in terms of the object: other fields, constants. Where that tells no type, what the program
    /// puts into the field later may.
    pub(crate) fn type_field(&mut self, t: TypeId, name: Sym) -> Option<Value> {
        if !self.fields.contains_key(&t) {
            self.fields.insert(t, None);
            let fields = self.constructor_fields(t);
            self.fields.insert(t, Some(Arc::new(fields)));
        }
        let known = self.fields.get(&t)?.as_ref()?.get(&name).cloned();
        if known.as_ref().is_some_and(|v| v.ty.is_some() || v.kind.is_some()) {
            return known;
        }
        match self.graph.fields.get(self.program, t, name) {
            Guess::Is(later) => Some(known.unwrap_or_else(Value::unknown).with_type(Some(Ty::Project(later.0)))),
            _ => known,
        }
    }

    /// The fields of a type that its declaration or its constructor names, in the order of their names.
    pub(crate) fn field_names(&mut self, t: TypeId) -> Vec<Sym> {
        self.type_field(t, Sym::new(""));
        let known = self.fields.get(&t).and_then(Option::as_ref);
        let mut names: Vec<Sym> = known.map(|f| f.keys().copied().collect()).unwrap_or_default();
        names.extend(self.program.type_def(t).fields.iter().map(|f| f.name));
        names.sort_unstable_by_key(|n| n.as_str());
        names.dedup();
        names
    }

    fn constructor_fields(&mut self, t: TypeId) -> FxHashMap<Sym, Value> {
        let program = self.program;
        let mut out = FxHashMap::default();
        let mut order = vec![t];
        let mut next = 0;
        while let Some(at) = order.get(next).copied() {
            next += 1;
            let info = &program.types[at.0 as usize];
            let def = program.type_def(at);
            for f in &def.fields {
                let Some(written) = &f.ty else { continue };
                let ty = program.type_of(info.file, def.scope, Some(at), written);
                let mut v = Value::unknown().with_type(ty.clone());
                if let Some((path, spec)) = program.lock_of(info.file, def.scope, written) {
                    let kind = Kind::Lock { spec, target: Box::new(Value::unknown()), inner: ty };
                    v = v.with_type(Some(crate::effect::Ty::Library(path))).with_kind(kind);
                }
                out.entry(f.name).or_insert(v);
            }
            for b in &info.bases {
                if let crate::effect::Ty::Project(b) = b
                    && !order.contains(&TypeId(*b))
                    && order.len() < 16
                {
                    order.push(TypeId(*b));
                }
            }
        }
        let assigned = self.fields_assigned_later(&order);
        for init in CONSTRUCTORS {
            let mut library = Vec::new();
            let Some(f) = program.find_method(t, Sym::new(init), &mut library) else { continue };
            let summary = self.sketch(f, t);
            let of_self = |p: &Term| match p {
                Term::Field(base, name) if **base == Term::Param(0) => Some(*name),
                _ => None,
            };
            let mut back: FxHashMap<Term, Term> = FxHashMap::default();
            for s in &summary.stores {
                if let (Some(_), Term::Param(k)) = (of_self(&s.place), &s.value.term)
                    && *k > 0
                {
                    back.entry(s.value.term).or_insert_with(|| s.place);
                }
            }
            // What is made of arguments that no field keeps is known by the field that it is put in.
            let is_made = |s: &&Store| {
                let kept = of_self(&s.place).is_some_and(|name| !assigned.contains(&name));
                kept && s.value.term.any(|t| matches!(t, Term::Param(k) if *k > 0)) && rewritten(&s.value.term, &back).has_unknown()
            };
            let made: Vec<(Term, Term)> = summary.stores.iter().filter(is_made).map(|s| (s.value.term, s.place)).collect();
            for (value, place) in made {
                back.entry(value).or_insert(place);
            }
            for s in &summary.stores {
                if let Some(name) = of_self(&s.place) {
                    let mut v = rewritten_value(&stripped(&s.value), &back);
                    let changes = || assigned.contains(&name);
                    if v.term == s.place || matches!(&v.term, Term::Global(g) if g.as_str() == "None") || changes() {
                        v.term = Term::Unknown;
                    }
                    out.insert(name, v);
                }
            }
        }
        out
    }

    /// A constructor by itself: what it puts in fields, without the object's own methods, which may need to know just that.
    fn sketch(&mut self, f: FuncId, t: TypeId) -> Summary {
        self.depth += 1;
        let mut frame = Frame::new(self, f);
        frame.sketch_of = Some(t);
        frame.bind_parameters();
        let body = &frame.ir.body;
        frame.block(body);
        let state = std::mem::take(&mut frame.state);
        if !state.dead {
            frame.exits.push(Exit { value: Value::unknown(), state });
        }
        let summary = frame.summarise();
        self.depth -= 1;
        summary
    }

    /// Fields that methods other than the constructor assign: their first value says nothing of later ones.
    fn fields_assigned_later(&self, types: &[TypeId]) -> FxHashSet<Sym> {
        let mut out = FxHashSet::default();
        for t in types {
            for (name, f) in &self.program.types[t.0 as usize].methods {
                if CONSTRUCTORS.contains(&name.as_str()) {
                    continue;
                }
                let function = self.program.function(*f).1;
                let Some(this) = function.params.first().map(|p| p.var) else { continue };
                ir::each_op(&function.body, &mut |op| {
                    if let ir::Op::Store { base, field, .. } = op
                        && *base == this
                    {
                        out.insert(*field);
                    }
                });
            }
        }
        out
    }
}

fn rewritten_value(v: &Value, back: &FxHashMap<Term, Term>) -> Value {
    v.with_terms(&|t| rewritten(t, back))
}

/// A constructor's term with its arguments replaced by the fields that keep them.
pub(crate) fn rewritten(t: &Term, back: &FxHashMap<Term, Term>) -> Term {
    if let Some(field) = back.get(t) {
        return *field;
    }
    match t {
        Term::Field(base, name) => rewritten(base, back).field(*name),
        Term::Concat(parts) => Term::concat(parts.iter().map(|p| rewritten(p, back)).collect::<Vec<_>>()),
        Term::Suffix(a, b) => rewritten(a, back).with_suffix(rewritten(b, back)),
        Term::Parent(a) => rewritten(a, back).parent(),
        Term::Call(f, args) => super::subst::call_term(*f, args.iter().map(|a| rewritten(a, back)).collect()),
        Term::Param(k) if *k > 0 => Term::Unknown,
        t => *t,
    }
}
