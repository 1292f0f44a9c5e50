//! Conditions: what they say of variables, and the operands of `&&` and `||` that may not run.

use syn::visit::Visit;
use syn::{BinOp, Expr, UnOp};

use super::build::Lowering;
use super::control::both;
use super::expr::peel;
use super::pattern::Tests;
use crate::ir::{Arm, Callee, Op, Test, Value, Var};
use crate::source::{Span, Sym};

/// Whether a condition binds names.
pub(super) fn has_let(e: &Expr) -> bool {
    let mut at = peel(e);
    loop {
        match at {
            Expr::Let(_) => return true,
            Expr::Binary(b) if matches!(b.op, BinOp::And(_)) => {
                if matches!(peel(&b.right), Expr::Let(_)) {
                    return true;
                }
                at = peel(&b.left);
            }
            _ => return false,
        }
    }
}

/// Whether an expression calls something.
pub(super) fn has_call(e: &Expr) -> bool {
    struct Calls(bool);
    impl<'a> Visit<'a> for Calls {
        fn visit_expr(&mut self, e: &'a Expr) {
            self.0 |= matches!(e, Expr::Call(_) | Expr::MethodCall(_) | Expr::Await(_) | Expr::Macro(_));
            if !self.0 {
                syn::visit::visit_expr(self, e);
            }
        }
    }
    let mut calls = Calls(false);
    calls.visit_expr(e);
    calls.0
}

/// Operands in a row under one lazy operator.
fn operands(x: &syn::ExprBinary, is_and: bool) -> Vec<&Expr> {
    let mut out = vec![&*x.right];
    let mut left = &*x.left;
    while let Expr::Binary(inner) = peel(left) {
        if matches!(inner.op, BinOp::And(_)) != is_and || matches!(inner.op, BinOp::Or(_)) == is_and {
            break;
        }
        out.push(&inner.right);
        left = &inner.left;
    }
    out.push(left);
    out.reverse();
    out
}

impl Lowering {
    /// Evaluates a condition and tells what holds in either case.
    pub(super) fn condition(&mut self, e: &Expr) -> Tests {
        let span = self.places.expr(e);
        self.deeper(span, |s| s.condition_within(e, span)).unwrap_or_default()
    }

    fn condition_within(&mut self, e: &Expr, span: Span) -> Tests {
        match peel(e) {
            Expr::Binary(b) if matches!(b.op, BinOp::And(_) | BinOp::Or(_)) => self.lazy(b, span, &mut vec![]),
            Expr::Unary(u) if matches!(u.op, UnOp::Not(_)) => self.condition(&u.expr).not(),
            Expr::Let(l) => {
                let value = self.expr(&l.expr);
                let tests = self.pattern_tests(&l.pat, value, None);
                self.bind_pattern(&l.pat, value, None, true);
                tests
            }
            Expr::Macro(m) if m.mac.path.is_ident("matches") => {
                let (value, of_variable) = self.matches_tests(m.mac.tokens.clone(), span);
                let mut tests = Tests::of_truth(value);
                tests.yes.extend(of_variable.yes);
                tests.no.extend(of_variable.no);
                tests
            }
            other => {
                let value = self.tested(other);
                let mut tests = Tests::of_truth(value);
                if let Some((var, truth)) = self.asked(other, value) {
                    tests.yes.push(Test { var, truth, itself: false });
                    tests.no.push(Test { var, truth: !truth, itself: false });
                }
                tests
            }
        }
    }

    /// What a condition looks at. What `?` takes out of a value is not the value.
    pub(super) fn tested(&mut self, e: &Expr) -> Var {
        let value = self.expr(e);
        if matches!(e, Expr::Try(_)) { self.let_temp(Value::Var(value), self.places.expr(e)) } else { value }
    }

    /// `x.is_some()` and the like, whose value this is, say something of `x` too.
    fn asked(&mut self, e: &Expr, value: Var) -> Option<(Var, bool)> {
        let Expr::MethodCall(m) = e else { return None };
        let truth = match super::types::ident(&m.method).as_str() {
            "is_some" | "is_ok" => true,
            "is_none" | "is_err" => false,
            _ => return None,
        };
        match self.frame().last_op() {
            Some(Op::Call(c)) if c.dst == value => match c.callee {
                Callee::Method { recv, .. } => Some((recv, truth)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The operands of `&&` or `||` in order: each later one runs only if the earlier ones do not decide. `values` takes what they test.
    fn lazy(&mut self, x: &syn::ExprBinary, span: Span, values: &mut Vec<Var>) -> Tests {
        let is_and = matches!(x.op, BinOp::And(_));
        let mut all = Tests::default();
        for (i, operand) in operands(x, is_and).into_iter().enumerate() {
            let mut tests = Tests::default();
            let ops = self.ops(|s| {
                s.open_temps();
                tests = s.condition(operand);
                if i == 0 || has_let(operand) {
                    s.merge_temps();
                } else {
                    s.close_temps(&both(&tests), span);
                }
            });
            if i == 0 || ops.iter().all(|op| matches!(op, Op::Let { .. } | Op::Drop { .. })) {
                self.splice(ops);
            } else {
                let decided: &Vec<Test> = if is_and { &all.yes } else { &all.no };
                let other = if let [one] = decided[..] { vec![Test { truth: !one.truth, ..one }] } else { vec![] };
                let arms = vec![Arm { tests: decided.clone(), body: ops }, Arm { tests: other, body: vec![] }];
                self.emit(Op::Branch { arms, span });
            }
            for test in both(&tests) {
                if !values.contains(&test.var) {
                    values.push(test.var);
                }
            }
            if is_and {
                all.yes.extend(tests.yes);
            } else {
                all.no.extend(tests.no);
            }
        }
        all
    }

    /// The value of `&&` or `||`: one of the operands if a later one may not have run.
    pub(super) fn lazy_binary(&mut self, x: &syn::ExprBinary, span: Span) -> Var {
        let mut values = vec![];
        let ops = self.ops(|s| {
            s.lazy(x, span, &mut values);
        });
        let branched = ops.iter().any(|op| matches!(op, Op::Branch { .. }));
        self.splice(ops);
        let op = if matches!(x.op, BinOp::And(_)) { "and" } else { "or" };
        let value = if branched { Value::Either(values) } else { Value::Operator(Sym::new(op), values) };
        self.let_temp(value, span)
    }

    /// `let` where a value is wanted.
    pub(super) fn lazy_value(&mut self, e: &Expr, span: Span) -> Var {
        let tests = self.condition(e);
        let operands = tests.yes.iter().map(|t| t.var).collect();
        self.let_temp(Value::Derived(operands), span)
    }
}
