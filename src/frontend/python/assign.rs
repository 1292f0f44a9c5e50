//! Assignment in all its forms.

use ruff_python_ast::{Expr, ExprSubscript, StmtAnnAssign, StmtAugAssign};
use ruff_text_size::{Ranged, TextRange};

use super::build::{Lowerer, span};
use super::chain::Place;
use super::scope::{Kind, Meaning, dotted};
use crate::ir::{Arg, Call, Callee, Op, TypeRef, Value, Var};
use crate::source::Sym;

impl Lowerer<'_> {
    /// `target = value`.
    pub(super) fn assign(&mut self, target: &Expr, value: Value, range: TextRange) {
        self.deeper(target.range(), |l| l.assign_here(target, value, range));
    }

    fn assign_here(&mut self, target: &Expr, value: Value, range: TextRange) {
        match target {
            Expr::Name(n) => {
                let name = Sym::new(&n.id);
                self.class_field(name, None);
                self.assign_name(name, value, None, range);
            }
            Expr::Tuple(t) => self.unpack(&t.elts, value, range),
            Expr::List(t) => self.unpack(&t.elts, value, range),
            Expr::Starred(s) => self.assign(&s.value, value, range),
            _ => {
                let value = self.bind(value, range);
                let place = self.place(target);
                self.store(place, value, range);
            }
        }
    }

    fn unpack(&mut self, targets: &[Expr], value: Value, range: TextRange) {
        let whole = self.bind(value, range);
        let mut after_star = false;
        for (n, target) in targets.iter().enumerate() {
            after_star |= target.is_starred_expr();
            let part = if after_star { Value::Derived(vec![whole]) } else { Value::Element(whole, n as u32) };
            self.assign(target, part, range);
        }
    }

    /// `name = value`.
    pub(super) fn assign_name(&mut self, name: Sym, value: Value, ty: Option<Box<TypeRef>>, range: TextRange) {
        let meaning = self.meaning(name);
        self.assign_meaning(meaning, value, ty, range);
    }

    fn assign_meaning(&mut self, meaning: Meaning, value: Value, ty: Option<Box<TypeRef>>, range: TextRange) {
        match meaning {
            Meaning::Var(dst) => {
                if ty.is_some() {
                    self.frame().vars[dst.0 as usize].ty.clone_from(&ty);
                }
                self.emit(Op::Let { dst, value, ty, span: span(range) });
            }
            Meaning::Path(path) => {
                let value = self.bind(value, range);
                self.emit(Op::StoreName { path, value, span: span(range) });
            }
        }
    }

    fn store(&mut self, place: Place, value: Var, range: TextRange) {
        let span = span(range);
        self.emit(match place {
            Place::Name(Meaning::Var(dst)) => Op::Let { dst, value: Value::Var(value), ty: None, span },
            Place::Name(Meaning::Path(path)) => Op::StoreName { path, value, span },
            Place::Field(base, field) => Op::Store { base, field, value, span },
            Place::Item(base, key) => Op::StoreItem { base, key, value, span },
            Place::Nowhere => return,
        });
    }

    /// `target: annotation = value`.
    pub(super) fn annotated(&mut self, s: &StmtAnnAssign) {
        if let (Some(value), Expr::Name(n)) = (&s.value, &*s.annotation)
            && n.id == "TypeAlias"
        {
            self.type_alias(&s.target, value);
        }
        let ty = self.type_ref(&s.annotation);
        if let Expr::Name(n) = &*s.target {
            self.class_field(Sym::new(&n.id), ty.clone());
        } else {
            self.receiver_field(&s.target, ty.clone());
        }
        let Some(value) = &s.value else {
            if let Expr::Name(n) = &*s.target
                && let Meaning::Var(v) = self.meaning(Sym::new(&n.id))
            {
                self.frame().vars[v.0 as usize].ty = ty.map(Box::new);
            }
            return;
        };
        let value = self.value(value);
        if let (Value::Var(v), Some(ty)) = (&value, &ty) {
            self.expect_type(*v, ty);
        }
        match &*s.target {
            Expr::Name(n) => self.assign_name(Sym::new(&n.id), value, ty.map(Box::new), s.range),
            target => self.assign(target, value, s.range),
        }
    }

    /// Gives the call that made `var`, through `await`, the type that its result is annotated with.
    fn expect_type(&mut self, mut var: Var, ty: &TypeRef) {
        for op in self.ops.iter_mut().rev().take(2) {
            match op {
                Op::Await { dst, value, .. } if *dst == var => var = *value,
                Op::Call(call) if call.dst == var => {
                    call.result_type = Some(Box::new(ty.clone()));
                    return;
                }
                _ => return,
            }
        }
    }

    /// A name assigned in a class body is a field of the class.
    fn class_field(&mut self, name: Sym, ty: Option<TypeRef>) {
        if let Some(Kind::Class(type_index, _)) = self.scopes.last().map(|s| s.kind) {
            self.field(type_index, name, ty);
        }
    }

    /// `self.x: T` in a method declares a field of its class.
    fn receiver_field(&mut self, target: &Expr, ty: Option<TypeRef>) {
        let (Expr::Attribute(a), [.., class, method]) = (target, &self.scopes[..]) else { return };
        let (Expr::Name(receiver), Kind::Class(type_index, _), Kind::Function) = (&*a.value, class.kind, method.kind) else { return };
        let index = self.frame().index;
        let function = &self.file.functions[index.0 as usize];
        if function.flags.has_receiver && function.params.first().is_some_and(|p| p.name.as_str() == receiver.id.as_str()) {
            self.field(type_index, Sym::new(a.attr.as_str()), ty);
        }
    }

    /// `target op= value`.
    pub(super) fn augmented(&mut self, s: &StmtAugAssign) {
        let place = self.place(&s.target);
        let old = match &place {
            Place::Name(Meaning::Var(v)) => *v,
            Place::Name(Meaning::Path(p)) => self.bind(Value::Name(*p), s.target.range()),
            Place::Field(base, field) => self.bind(Value::Field(*base, *field), s.target.range()),
            Place::Item(base, key) => self.bind(Value::Item(*base, key.clone()), s.target.range()),
            Place::Nowhere => self.bind(Value::Unknown, s.target.range()),
        };
        let operand = self.expr(&s.value);
        let result = Value::Operator(Sym::new(s.op.as_str()), vec![old, operand]);
        if let Place::Name(meaning) = place {
            return self.assign_meaning(meaning, result, None, s.range);
        }
        let result = self.bind(result, s.range);
        self.store(place, result, s.range);
    }

    /// `(target := value)`.
    pub(super) fn walrus(&mut self, target: &Expr, value: &Expr, range: TextRange) -> Value {
        let value = self.value(value);
        let Expr::Name(n) = target else { return value };
        let meaning = self.walrus_target(Sym::new(&n.id));
        let value = match meaning {
            Meaning::Var(_) => value,
            Meaning::Path(_) => Value::Var(self.bind(value, range)),
        };
        let result = value.clone();
        self.assign_meaning(meaning, value, None, range);
        match meaning {
            Meaning::Var(v) => Value::Var(v),
            Meaning::Path(_) => result,
        }
    }

    /// `del base[key]`, which is `base.__delitem__(key)`.
    pub(super) fn delete_item(&mut self, s: &ExprSubscript, range: TextRange) {
        let callee = match self.value(&s.value) {
            Value::Name(path) => Callee::Path(dotted(path, "__delitem__")),
            base => Callee::Method { recv: self.bind(base, s.value.range()), name: Sym::new("__delitem__") },
        };
        let args = vec![Arg { name: None, var: self.expr(&s.slice), lent: false }];
        let dst = self.temp();
        self.emit(Op::Call(Box::new(Call { dst, callee, args, result_type: None, span: span(range) })));
    }
}
