//! Operators and assignments.

use syn::{BinOp, Expr, ExprBinary, UnOp};

use super::build::Lowering;
use super::chain::Operand;
use super::expr::peel;
use super::types::member;
use crate::ir::{Key, Op, Value, Var};
use crate::source::{Span, Sym};

/// The text of an operator.
fn text(op: &BinOp) -> &'static str {
    match op {
        BinOp::Add(_) | BinOp::AddAssign(_) => "+",
        BinOp::Sub(_) | BinOp::SubAssign(_) => "-",
        BinOp::Mul(_) | BinOp::MulAssign(_) => "*",
        BinOp::Div(_) | BinOp::DivAssign(_) => "/",
        BinOp::Rem(_) | BinOp::RemAssign(_) => "%",
        BinOp::And(_) => "and",
        BinOp::Or(_) => "or",
        BinOp::BitXor(_) | BinOp::BitXorAssign(_) => "^",
        BinOp::BitAnd(_) | BinOp::BitAndAssign(_) => "&",
        BinOp::BitOr(_) | BinOp::BitOrAssign(_) => "|",
        BinOp::Shl(_) | BinOp::ShlAssign(_) => "<<",
        BinOp::Shr(_) | BinOp::ShrAssign(_) => ">>",
        BinOp::Eq(_) => "==",
        BinOp::Lt(_) => "<",
        BinOp::Le(_) => "<=",
        BinOp::Ne(_) => "!=",
        BinOp::Ge(_) => ">=",
        BinOp::Gt(_) => ">",
        _ => "?",
    }
}

/// The operator's text, if it is a compound assignment.
pub(super) fn assigned(op: &BinOp) -> Option<&'static str> {
    match op {
        BinOp::AddAssign(_)
        | BinOp::SubAssign(_)
        | BinOp::MulAssign(_)
        | BinOp::DivAssign(_)
        | BinOp::RemAssign(_)
        | BinOp::BitXorAssign(_)
        | BinOp::BitAndAssign(_)
        | BinOp::BitOrAssign(_)
        | BinOp::ShlAssign(_)
        | BinOp::ShrAssign(_) => Some(text(op)),
        _ => None,
    }
}

/// Where a value is put.
enum Place {
    Var(Var),
    Name(Sym),
    Field(Var, Sym),
    Item(Var, Key),
    /// `_`.
    Nowhere,
}

impl Lowering {
    /// A binary operator's value, its left-nested operands taken in one sweep. Rows of one associative operator are one.
    pub(super) fn binary(&mut self, x: &ExprBinary, span: Span) -> Var {
        if matches!(x.op, BinOp::And(_) | BinOp::Or(_)) {
            return self.lazy_binary(x, span);
        }
        let mut rest = vec![(text(&x.op), &*x.right)];
        let mut left = &*x.left;
        while let Expr::Binary(inner) = peel(left) {
            if matches!(inner.op, BinOp::And(_) | BinOp::Or(_)) || assigned(&inner.op).is_some() {
                break;
            }
            rest.push((text(&inner.op), &inner.right));
            left = &inner.left;
        }
        let start = self.places.token(super::place::first(left)).start;
        let mut operands = vec![self.expr(left)];
        let mut op = None;
        for (next, right) in rest.into_iter().rev() {
            let right_span = self.places.expr(right);
            let flat = op.is_none_or(|op| op == next && matches!(op, "+" | "*" | "|" | "&" | "^"));
            if !flat && let Some(op) = op {
                let so_far = Span { start, end: right_span.start };
                operands = vec![self.let_temp(Value::Operator(Sym::new(op), operands), so_far)];
            }
            operands.push(self.expr(right));
            op = Some(next);
        }
        self.let_temp(Value::Operator(Sym::new(op.unwrap_or("?")), operands), span)
    }

    /// `!x` and `-x`.
    pub(super) fn unary(&mut self, x: &syn::ExprUnary, span: Span) -> Var {
        let negated = matches!(x.op, UnOp::Neg(_));
        if negated
            && let Expr::Lit(l) = peel(&x.expr)
            && let Value::Int(n) = super::attr::literal(&l.lit)
        {
            return self.let_temp(Value::Int(n.wrapping_neg()), span);
        }
        let v = self.expr(&x.expr);
        self.let_temp(Value::Operator(Sym::new(if negated { "-" } else { "not" }), vec![v]), span)
    }

    /// `place = value`, also for patterns of places.
    pub(super) fn assign_expr(&mut self, x: &syn::ExprAssign, span: Span) -> Option<Var> {
        let value = self.expr(&x.right);
        self.assign_to(&x.left, value, span);
        None
    }

    fn assign_to(&mut self, target: &Expr, value: Var, span: Span) {
        let parts: Vec<(&Expr, Value)> = match peel(target) {
            Expr::Tuple(t) => numbered(t.elems.iter(), value),
            Expr::Array(t) => numbered(t.elems.iter(), value),
            Expr::Call(t) => numbered(t.args.iter(), value),
            Expr::Struct(t) => t.fields.iter().map(|f| (&f.expr, Value::Field(value, member(&f.member)))).collect(),
            place => {
                let place = self.place(place);
                return self.put(place, value, span);
            }
        };
        for (target, part) in parts {
            let part = self.let_temp(part, span);
            self.deeper(span, |s| s.assign_to(target, part, span));
        }
    }

    /// `place op= value`.
    pub(super) fn compound_assign(&mut self, x: &ExprBinary, span: Span) -> Option<Var> {
        let right = self.expr(&x.right);
        let place = self.place(&x.left);
        let before = match &place {
            Place::Var(v) => *v,
            Place::Name(n) => self.let_temp(Value::Name(*n), span),
            Place::Field(base, field) => self.let_temp(Value::Field(*base, *field), span),
            Place::Item(base, Key::Const(star)) if star.as_str() == "*" => *base,
            Place::Item(base, key) => self.let_temp(Value::Item(*base, key.clone()), span),
            Place::Nowhere => return None,
        };
        let after = self.let_temp(Value::Operator(Sym::new(text(&x.op)), vec![before, right]), span);
        self.put(place, after, span);
        None
    }

    fn place(&mut self, e: &Expr) -> Place {
        match peel(e) {
            Expr::Infer(_) => Place::Nowhere,
            Expr::Unary(x) if matches!(x.op, UnOp::Deref(_)) => Place::Item(self.expr(&x.expr), Key::Const(Sym::new("*"))),
            Expr::Index(x) => {
                let base = self.expr(&x.expr);
                Place::Item(base, self.key(&x.index))
            }
            Expr::Field(x) => match self.operand(&x.base, None) {
                Operand::Name(n) => Place::Name(super::build::join(n, member(&x.member))),
                Operand::Var(base) => Place::Field(base, member(&x.member)),
            },
            other => match self.operand(other, None) {
                Operand::Name(n) => Place::Name(n),
                Operand::Var(v) => Place::Var(v),
            },
        }
    }

    fn put(&mut self, place: Place, value: Var, span: Span) {
        match place {
            Place::Var(dst) => self.assign_from(dst, value, None, span),
            Place::Name(path) => self.emit(Op::StoreName { path, value, span }),
            Place::Field(base, field) => self.emit(Op::Store { base, field, value, span }),
            Place::Item(base, key) => self.emit(Op::StoreItem { base, key, value, span }),
            Place::Nowhere => {}
        }
    }
}

fn numbered<'a>(elems: impl Iterator<Item = &'a Expr>, value: Var) -> Vec<(&'a Expr, Value)> {
    elems.zip(0..).map(|(e, n)| (e, Value::Element(value, n))).collect()
}
