//! Conditions: what holds when they hold, `and`, `or`, and the conditional expression.

use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprBoolOp, ExprCompare, ExprIf, UnaryOp};
use ruff_text_size::Ranged;

use super::build::{Lowerer, is_pure, span};
use crate::ir::{Arm, Block, Op, Test, Value, Var};
use crate::source::Sym;

/// Operands of one `and`/`or` past this many stand beside each other, not in each other's arms.
const MAX_OPERANDS: usize = 24;

/// A condition that was evaluated.
pub(super) struct Tested {
    /// Its value, or what stands for it where only its truth counts.
    pub(super) value: Var,
    /// What holds when it is true.
    pub(super) yes: Vec<Test>,
    /// What holds when it is false.
    pub(super) no: Vec<Test>,
}

impl Tested {
    fn of(var: Var) -> Self {
        Self { value: var, yes: vec![Test { var, truth: true, itself: true }], no: vec![Test { var, truth: false, itself: true }] }
    }
}

impl Lowerer<'_> {
    /// Evaluates a condition. Without `want_value` only its truth counts.
    pub(super) fn test(&mut self, e: &Expr, want_value: bool) -> Tested {
        let guarded = self.deeper(e.range(), |l| match e {
            Expr::BoolOp(b) => Some(l.bool_op(b)),
            Expr::UnaryOp(u) if u.op == UnaryOp::Not => {
                let inner = l.test(&u.operand, want_value);
                let value = if want_value { l.bind(Value::Operator(Sym::new("not"), vec![inner.value]), u.range) } else { inner.value };
                Some(Tested { value, yes: inner.no, no: inner.yes })
            }
            Expr::Compare(c) => l.compare_with_constant(c, want_value),
            _ => None,
        });
        match guarded {
            Some(Some(tested)) => tested,
            Some(None) => Tested::of(self.expr(e)),
            None => Tested::of(self.bind(Value::Unknown, e.range())),
        }
    }

    /// `x is None`, `x == True` and the like: the truth of `x` itself.
    fn compare_with_constant(&mut self, c: &ExprCompare, want_value: bool) -> Option<Tested> {
        let ([op], [right]) = (&c.ops[..], &c.comparators[..]) else { return None };
        let same = match op {
            CmpOp::Is | CmpOp::Eq => true,
            CmpOp::IsNot | CmpOp::NotEq => false,
            _ => return None,
        };
        let truth = match right {
            Expr::NoneLiteral(_) => false,
            Expr::BooleanLiteral(b) => b.value,
            _ => return None,
        };
        let var = self.expr(&c.left);
        let value = if want_value {
            let right = self.expr(right);
            self.bind(Value::Operator(Sym::new(op.as_str()), vec![var, right]), c.range)
        } else {
            var
        };
        let itself = right.is_boolean_literal_expr();
        let (holds, fails) = (vec![Test { var, truth, itself }], vec![Test { var, truth: !truth, itself }]);
        Some(if same { Tested { value, yes: holds, no: fails } } else { Tested { value, yes: fails, no: holds } })
    }

    /// `a and b`: what `b` does stands in the arm where `a` holds. The value is one of the operands.
    fn bool_op(&mut self, b: &ExprBoolOp) -> Tested {
        let is_and = b.op == BoolOp::And;
        let (mut blocks, mut tested): (Vec<Block>, Vec<Tested>) =
            b.values.iter().map(|operand| self.block_and(|l| l.test(operand, true))).unzip();
        let tail = blocks.split_off(blocks.len().min(MAX_OPERANDS));
        let mut ops: Block = tail.into_iter().flatten().collect();
        for (i, mut block) in blocks.into_iter().enumerate().rev() {
            if is_pure(&ops) {
                block.append(&mut ops);
            } else {
                let (on, off) = (tested[i].yes.clone(), tested[i].no.clone());
                let (runs, skips) = if is_and { (on, off) } else { (off, on) };
                let arms = vec![Arm { tests: runs, body: ops }, Arm { tests: skips, body: Vec::new() }];
                block.push(Op::Branch { arms, span: span(b.range) });
            }
            ops = block;
        }
        self.append(ops);
        let value = self.bind(Value::Either(tested.iter().map(|t| t.value).collect()), b.range);
        let whole = |truth| vec![Test { var: value, truth, itself: true }];
        if is_and {
            Tested { value, yes: tested.iter_mut().flat_map(|t| t.yes.drain(..)).collect(), no: whole(false) }
        } else {
            Tested { value, yes: whole(true), no: tested.iter_mut().flat_map(|t| t.no.drain(..)).collect() }
        }
    }

    /// `a if c else b`.
    pub(super) fn ternary(&mut self, e: &ExprIf) -> Value {
        let tested = self.test(&e.test, false);
        let (then, a) = self.block_and(|l| l.expr(&e.body));
        let (other, b) = self.block_and(|l| l.expr(&e.orelse));
        if is_pure(&then) && is_pure(&other) {
            self.append(then);
            self.append(other);
        } else {
            let arms = vec![Arm { tests: tested.yes, body: then }, Arm { tests: tested.no, body: other }];
            self.emit(Op::Branch { arms, span: span(e.range) });
        }
        Value::Either(vec![a, b])
    }
}

/// Whether a condition is true without looking.
pub(super) fn is_always_true(e: &Expr) -> bool {
    match e {
        Expr::BooleanLiteral(b) => b.value,
        Expr::NumberLiteral(n) => matches!(&n.value, ruff_python_ast::Number::Int(i) if i.as_i64() != Some(0)),
        _ => false,
    }
}
