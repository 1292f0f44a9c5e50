//! Statements that branch, loop, or have something to do at their end.

use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtFor, StmtIf, StmtTry, StmtWhile, StmtWith, WithItem};
use ruff_text_size::{Ranged, TextRange};

use super::bindings::{self, has_break};
use super::build::{Lowerer, span};
use super::cond::{Tested, is_always_true};
use super::scope::Meaning;
use super::types::dotted_text;
use crate::ir::{Arm, Block, Handler, Op, Scope, Test, Try, Value, Var};
use crate::source::Sym;

/// `elif`s past this many are lowered flat: their conditions are evaluated one after the other, then one of them is taken.
const MAX_ELIFS: usize = 32;

/// An `if` whose other arm is still open.
struct Open {
    then: Arm,
    no: Vec<Test>,
    held: Vec<Var>,
}

impl Lowerer<'_> {
    /// Evaluates a condition. The statement's temporaries end, but for those that the arms test: each arm drops them first.
    fn condition(&mut self, e: &Expr) -> (Tested, Vec<Var>) {
        let mark = self.mark();
        let tested = self.test(e, false);
        let kept: Vec<Var> = tested.yes.iter().chain(&tested.no).map(|t| t.var).collect();
        self.drop_since(mark, &kept, e.range());
        let held = self.take_since(mark);
        (tested, held)
    }

    fn arm(&mut self, held: &[Var], range: TextRange, f: impl FnOnce(&mut Self)) -> Block {
        self.block(|l| {
            l.drop_vars(held.into(), range);
            f(l);
        })
    }

    pub(super) fn if_stmt(&mut self, s: &StmtIf) {
        let mut clauses: Vec<(&Expr, &[Stmt])> = vec![(&s.test, &s.body)];
        let mut orelse: &[Stmt] = &[];
        for clause in &s.elif_else_clauses {
            match &clause.test {
                Some(test) => clauses.push((test, &clause.body)),
                None => orelse = &clause.body,
            }
        }
        let flat = clauses.split_off(clauses.len().min(MAX_ELIFS));
        let mut open: Vec<Open> = Vec::new();
        let mut starts: Vec<usize> = Vec::new();
        for (i, (test, body)) in clauses.iter().enumerate() {
            if i > 0 {
                starts.push(self.ops.len());
            }
            let (tested, held) = self.condition(test);
            let then = Arm { tests: tested.yes, body: self.arm(&held, test.range(), |l| l.body(body)) };
            open.push(Open { then, no: tested.no, held });
        }
        let mut other = self.block(|l| l.flat_elifs(&flat, orelse, s.range));
        while let Some(Open { then, no, held }) = open.pop() {
            let body = self.arm(&held, s.test.range(), |l| l.append(other));
            self.emit(Op::Branch { arms: vec![then, Arm { tests: no, body }], span: span(s.range) });
            let Some(start) = starts.pop() else { break };
            other = self.ops_since(start);
        }
    }

    fn flat_elifs(&mut self, clauses: &[(&Expr, &[Stmt])], orelse: &[Stmt], range: TextRange) {
        if clauses.is_empty() {
            return self.body(orelse);
        }
        let mark = self.mark();
        let tested: Vec<Tested> = clauses.iter().map(|(test, _)| self.test(test, false)).collect();
        let no = tested.iter().flat_map(|t| t.no.iter().copied()).collect();
        let mut arms = Vec::new();
        for (tested, (_, body)) in tested.into_iter().zip(clauses) {
            arms.push(Arm { tests: tested.yes, body: self.block(|l| l.body(body)) });
        }
        arms.push(Arm { tests: no, body: self.block(|l| l.body(orelse)) });
        self.emit(Op::Branch { arms, span: span(range) });
        self.drop_since(mark, &[], range);
    }

    pub(super) fn while_stmt(&mut self, s: &StmtWhile) {
        let body = self.block(|l| {
            if is_always_true(&s.test) {
                return l.body(&s.body);
            }
            let (tested, held) = l.condition(&s.test);
            let goes_on = l.arm(&held, s.test.range(), |l| l.body(&s.body));
            let ends = l.arm(&held, s.test.range(), |l| l.emit(Op::Break(0)));
            let arms = vec![Arm { tests: tested.yes, body: goes_on }, Arm { tests: tested.no, body: ends }];
            l.emit(Op::Branch { arms, span: span(s.test.range()) });
        });
        self.emit(Op::Loop { body, span: span(s.range) });
        self.loop_else(&s.body, &s.orelse, s.range);
    }

    /// A function whose last statement is an endless loop without a `break` is left inside of it, or never.
    pub(super) fn end_of_function(&mut self, body: &[Stmt]) {
        if let Some(Stmt::While(s)) = body.last()
            && is_always_true(&s.test)
            && !has_break(&s.body)
        {
            self.emit(Op::Raise { value: None, span: span(s.range) });
        }
    }

    pub(super) fn for_stmt(&mut self, s: &StmtFor) {
        let mark = self.mark();
        let iter = self.expr(&s.iter);
        self.drop_since(mark, &[iter], s.iter.range());
        let body = self.block(|l| {
            let mark = l.mark();
            l.each(&s.target, iter, s.is_async, s.iter.range());
            l.drop_since(mark, &[], s.target.range());
            l.body(&s.body);
        });
        self.emit(Op::Loop { body, span: span(s.range) });
        self.drop_since(mark, &[], s.range);
        self.loop_else(&s.body, &s.orelse, s.range);
    }

    /// A loop's `else`, which runs unless the loop was left by `break`.
    fn loop_else(&mut self, body: &[Stmt], orelse: &[Stmt], range: TextRange) {
        if orelse.is_empty() {
            return;
        }
        if !has_break(body) {
            return self.body(orelse);
        }
        let body = self.block(|l| l.body(orelse));
        let arms = vec![Arm { tests: Vec::new(), body }, Arm { tests: Vec::new(), body: Block::new() }];
        self.emit(Op::Branch { arms, span: span(range) });
    }

    /// `with a as b, c as d: …`: one scope in the other.
    pub(super) fn with_items(&mut self, items: &[WithItem], s: &StmtWith) {
        let [first, rest @ ..] = items else { return self.body(&s.body) };
        self.deeper(first.range, |l| {
            let mark = l.mark();
            let item = l.expr(&first.context_expr);
            l.drop_since(mark, &[item], first.range);
            let named = first.optional_vars.as_deref();
            let (target, unpack) = l.with_target(named);
            let body = l.block(|l| {
                if let (Some(target), Some(pattern)) = (target, unpack) {
                    let mark = l.mark();
                    l.assign(pattern, Value::Var(target), first.range);
                    l.drop_since(mark, &[], first.range);
                }
                l.with_items(rest, s);
            });
            let kind = Scope::With { item, target, body, is_async: s.is_async };
            l.emit(Op::Scope { kind, span: span(s.range) });
            l.drop_since(mark, &[], s.range);
        });
    }

    /// The variable that takes the item's value, and the target to assign from it if it is more than a variable.
    fn with_target<'e>(&mut self, target: Option<&'e Expr>) -> (Option<Var>, Option<&'e Expr>) {
        let Some(target) = target else { return (None, None) };
        if let Expr::Name(n) = target
            && let Meaning::Var(v) = self.meaning(Sym::new(&n.id))
        {
            return (Some(v), None);
        }
        (Some(self.temp()), Some(target))
    }

    pub(super) fn try_stmt(&mut self, s: &StmtTry) {
        let around = self.stand_ins.len();
        for ExceptHandler::ExceptHandler(h) in &s.handlers {
            let defined = bindings::of_body(&h.body).into_iter().filter(|(_, b)| b.def || b.class);
            self.stand_ins.extend(defined.map(|(name, _)| name));
        }
        let body = self.block(|l| l.body(&s.body));
        self.stand_ins.truncate(around);
        let handlers = s.handlers.iter().map(|h| self.handler(h)).collect();
        let orelse = self.block(|l| l.body(&s.orelse));
        let finally = self.block(|l| l.body(&s.finalbody));
        self.emit(Op::Scope { kind: Scope::Try(Box::new(Try { body, handlers, orelse, finally })), span: span(s.range) });
    }

    fn handler(&mut self, h: &ExceptHandler) -> Handler {
        let ExceptHandler::ExceptHandler(h) = h;
        let head = TextRange::new(h.start(), h.type_.as_ref().map_or(h.start() + ruff_text_size::TextSize::new(6), |t| t.end()));
        let types = h.type_.as_deref().map(Self::caught).unwrap_or_default();
        let name = h.name.as_ref().and_then(|n| match self.meaning(Sym::new(n.as_str())) {
            Meaning::Var(v) => Some(v),
            Meaning::Path(_) => None,
        });
        let body = self.block(|l| {
            if let Some(dst) = name {
                l.emit(Op::Let { dst, value: Value::Unknown, ty: None, span: span(head) });
            }
            l.body(&h.body);
        });
        Handler { types, name, body, span: span(head) }
    }

    /// The dotted names of the caught types. What is no name is `<computed>`, so that the clause is not taken for a bare one.
    fn caught(types: &Expr) -> Vec<Sym> {
        let items = match types {
            Expr::Tuple(t) => t.elts.as_slice(),
            one => std::slice::from_ref(one),
        };
        let written = |e: &Expr| dotted_text(e).unwrap_or_else(|| "<computed>".to_owned());
        items.iter().map(|e| Sym::new(&written(if let Expr::Starred(s) = e { &s.value } else { e }))).collect()
    }
}
