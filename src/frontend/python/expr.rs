//! Expressions other than chains, conditions and comprehensions.

use ruff_python_ast::{Expr, ExprBinOp, ExprCompare, ExprDict, ExprYield, ExprYieldFrom, Number, Operator, UnaryOp};
use ruff_text_size::Ranged;

use super::build::{Lowerer, span};
use crate::ir::{Key, Op, Value, Var};
use crate::source::Sym;

/// A text longer than this is not kept: no path and no key is that long.
pub(super) const MAX_TEXT: usize = 1_000;
/// Of a longer display, the constants past this many elements are passed over: they carry nothing.
const MAX_CONSTANTS: usize = 64;
/// Of a dictionary, so many values that are computed keep the names of their keys.
const MAX_NAMED: usize = 16;

impl Lowerer<'_> {
    /// Lowers an expression; the last step is left to the caller to bind.
    pub(super) fn value(&mut self, e: &Expr) -> Value {
        match e {
            // The common leaves need no guard.
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_) => literal(e).unwrap_or(Value::Unknown),
            _ => self.deeper(e.range(), |l| l.composed(e)).unwrap_or(Value::Unknown),
        }
    }

    fn composed(&mut self, e: &Expr) -> Value {
        match e {
            Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_) | Expr::Subscript(_) => self.chain(e),
            Expr::BinOp(b) => self.binary(b),
            Expr::BoolOp(_) => Value::Var(self.test(e, true).value),
            Expr::UnaryOp(u) if matches!(u.op, UnaryOp::USub) && matches!(&*u.operand, Expr::NumberLiteral(_)) => self.constant(e),
            Expr::UnaryOp(u) => {
                let operand = self.expr(&u.operand);
                Value::Operator(Sym::new(u.op.as_str()), vec![operand])
            }
            Expr::Compare(c) => self.compare(c),
            Expr::If(i) => self.ternary(i),
            Expr::Named(n) => self.walrus(&n.target, &n.value, n.range),
            Expr::Lambda(l) => self.lambda(l),
            Expr::List(l) => self.collection(&l.elts),
            Expr::Set(s) => self.collection(&s.elts),
            Expr::Tuple(t) => Value::Tuple(t.elts.iter().map(|e| self.expr(e)).collect()),
            Expr::Dict(d) => self.dict(d),
            Expr::ListComp(c) => self.comprehension(&c.generators, &[&c.elt], c.range),
            Expr::SetComp(c) => self.comprehension(&c.generators, &[&c.elt], c.range),
            Expr::Generator(c) => self.comprehension(&c.generators, &[&c.elt], c.range),
            Expr::DictComp(c) => {
                let elements: Vec<&Expr> = c.key.as_deref().into_iter().chain([&*c.value]).collect();
                self.comprehension(&c.generators, &elements, c.range)
            }
            Expr::FString(f) => self.f_string(f),
            Expr::TString(t) => self.t_string(t),
            Expr::Await(a) => {
                let value = self.expr(&a.value);
                let dst = self.temp();
                self.emit(Op::Await { dst, value, span: span(a.range) });
                Value::Var(dst)
            }
            Expr::Yield(y) => self.yield_expr(y),
            Expr::YieldFrom(y) => self.yield_from(y),
            Expr::Starred(s) => self.value(&s.value),
            Expr::Slice(s) => {
                let bounds = [&s.lower, &s.upper, &s.step].into_iter().flatten();
                Value::Derived(bounds.map(|b| self.expr(b)).collect())
            }
            _ => literal(e).unwrap_or(Value::Unknown),
        }
    }

    /// Operators, which nest to the left: operands of a chain of one operator are kept together.
    fn binary(&mut self, b: &ExprBinOp) -> Value {
        let mut steps = vec![b];
        while let Expr::BinOp(left) = &*steps[steps.len() - 1].left {
            steps.push(left);
        }
        let first = steps[steps.len() - 1];
        let mut value = match (first.op, super::format::template(&first.left)) {
            (Operator::Mod, Some(template)) => {
                steps.pop();
                self.percent(template, &first.right, first.range)
            }
            _ => self.value(&first.left),
        };
        let mut at = first.left.range();
        let mut open = None;
        for step in steps.into_iter().rev() {
            let operand = match value {
                Value::Operator(name, operands) if open == Some(step.op) => {
                    let right = self.expr(&step.right);
                    value = Value::Operator(name, with(operands, right));
                    at = step.range;
                    continue;
                }
                other => self.bind(other, at),
            };
            let right = self.expr(&step.right);
            value = Value::Operator(Sym::new(step.op.as_str()), vec![operand, right]);
            (open, at) = (Some(step.op), step.range);
        }
        value
    }

    fn compare(&mut self, c: &ExprCompare) -> Value {
        let mut operands = vec![self.expr(&c.left)];
        operands.extend(c.comparators.iter().map(|e| self.expr(e)));
        let first = c.ops[0];
        if c.ops.iter().all(|op| *op == first) {
            return Value::Operator(Sym::new(first.as_str()), operands);
        }
        let mut parts = Vec::new();
        for (pair, op) in operands.windows(2).zip(&c.ops) {
            parts.push(self.bind(Value::Operator(Sym::new(op.as_str()), pair.to_vec()), c.range));
        }
        Value::Operator(Sym::new("and"), parts)
    }

    fn collection(&mut self, elements: &[Expr]) -> Value {
        let mut parts = Vec::new();
        for (n, e) in elements.iter().enumerate() {
            if n < MAX_CONSTANTS || !is_constant(e) {
                parts.push(self.expr(e));
            }
        }
        Value::Collection(parts)
    }

    fn dict(&mut self, d: &ExprDict) -> Value {
        let mut parts = Vec::new();
        let mut named = Vec::new();
        for (n, item) in d.items.iter().enumerate() {
            if n < MAX_CONSTANTS || !item.key.as_ref().is_none_or(is_constant) || !is_constant(&item.value) {
                parts.extend(item.key.as_ref().map(|k| self.expr(k)));
                let value = self.expr(&item.value);
                parts.push(value);
                if let Some(Expr::StringLiteral(key)) = &item.key
                    && !is_constant(&item.value)
                    && named.len() < MAX_NAMED
                {
                    named.push((Sym::new(key.value.to_str()), value));
                }
            }
        }
        if named.is_empty() {
            return Value::Collection(parts);
        }
        let base = self.bind(Value::Collection(parts), d.range);
        for (key, value) in named {
            self.emit(Op::StoreItem { base, key: Key::Const(key), value, span: span(d.range) });
        }
        Value::Var(base)
    }

    fn yield_expr(&mut self, y: &ExprYield) -> Value {
        let value = y.value.as_deref().map(|v| self.expr(v));
        let dst = self.temp();
        self.frame().is_generator = true;
        self.emit(Op::Yield { dst, value, span: span(y.range) });
        Value::Var(dst)
    }

    /// `yield from e`: a loop that yields what it takes from `e`.
    fn yield_from(&mut self, y: &ExprYieldFrom) -> Value {
        let source = self.expr(&y.value);
        self.frame().is_generator = true;
        let body = self.block(|l| {
            let value = l.bind(Value::Each(source), y.range);
            let dst = l.temp();
            l.emit(Op::Yield { dst, value: Some(value), span: span(y.range) });
        });
        self.emit(Op::Loop { body, span: span(y.range) });
        Value::Derived(vec![source])
    }
}

fn with(mut operands: Vec<Var>, more: Var) -> Vec<Var> {
    operands.push(more);
    operands
}

/// The value of a literal, if the IR has a word for it.
pub(super) fn literal(e: &Expr) -> Option<Value> {
    Some(match e {
        Expr::StringLiteral(s) => text(s.value.to_str())?,
        Expr::BytesLiteral(b) => {
            let bytes: Vec<u8> = b.value.bytes().take(MAX_TEXT + 1).collect();
            text(&String::from_utf8_lossy(&bytes))?
        }
        Expr::NumberLiteral(n) => match &n.value {
            Number::Int(i) => Value::Int(i.as_i64()?),
            Number::Float(_) | Number::Complex { .. } => return None,
        },
        Expr::BooleanLiteral(b) => Value::Bool(b.value),
        Expr::NoneLiteral(_) | Expr::EllipsisLiteral(_) => Value::None,
        Expr::List(l) if l.elts.is_empty() => Value::Collection(Vec::new()),
        Expr::Dict(d) if d.items.is_empty() => Value::Collection(Vec::new()),
        Expr::Tuple(t) if t.elts.is_empty() => Value::Tuple(Vec::new()),
        _ => return None,
    })
}

fn text(text: &str) -> Option<Value> {
    (text.len() <= MAX_TEXT).then(|| Value::Str(Sym::new(text)))
}

/// Whether an expression is made of literals only.
fn is_constant(e: &Expr) -> bool {
    let mut todo = vec![e];
    while let Some(e) = todo.pop() {
        match e {
            Expr::List(l) => todo.extend(&l.elts),
            Expr::Tuple(t) => todo.extend(&t.elts),
            Expr::Set(s) => todo.extend(&s.elts),
            Expr::Dict(d) => todo.extend(d.items.iter().flat_map(|i| i.key.iter().chain([&i.value]))),
            Expr::UnaryOp(u) => todo.push(&u.operand),
            _ if e.is_literal_expr() => {}
            _ => return false,
        }
    }
    true
}
