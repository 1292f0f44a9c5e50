//! Statements that do not branch.

use ruff_python_ast::{Expr, Stmt, StmtAssert, StmtDelete, StmtRaise, StmtReturn};
use ruff_text_size::{Ranged, TextRange};

use super::build::{Lowerer, span};
use super::scope::Meaning;
use crate::ir::{Arm, Op, Value};
use crate::source::Sym;

impl Lowerer<'_> {
    /// Lowers statements in order.
    pub(super) fn body(&mut self, body: &[Stmt]) {
        for stmt in body {
            self.deeper(stmt.range(), |l| l.stmt(stmt));
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::FunctionDef(s) => self.function_def(s),
            Stmt::ClassDef(s) => self.class_def(s),
            Stmt::If(s) => self.if_stmt(s),
            Stmt::For(s) => self.for_stmt(s),
            Stmt::While(s) => self.while_stmt(s),
            Stmt::With(s) => self.with_items(&s.items, s),
            Stmt::Try(s) => self.try_stmt(s),
            Stmt::Match(s) => self.match_stmt(s),
            Stmt::Return(s) => self.return_stmt(s),
            Stmt::Raise(s) => self.raise_stmt(s),
            Stmt::Import(s) => self.import(s),
            Stmt::ImportFrom(s) => self.import_from(s),
            Stmt::TypeAlias(s) => {
                let before = self.type_params.len();
                self.open_type_params(s.type_params.as_deref());
                self.type_alias(&s.name, &s.value);
                self.type_params.truncate(before);
            }
            Stmt::Break(_) => self.emit(Op::Break(0)),
            Stmt::Continue(_) => self.emit(Op::Continue(0)),
            Stmt::Pass(_) | Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::IpyEscapeCommand(_) => {}
            Stmt::Assign(_) | Stmt::AugAssign(_) | Stmt::AnnAssign(_) | Stmt::Delete(_) | Stmt::Assert(_) | Stmt::Expr(_) => {
                let mark = self.mark();
                self.simple(stmt);
                self.drop_since(mark, &[], stmt.range());
            }
        }
    }

    /// Statements whose temporaries all end with them.
    fn simple(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Assign(s) => {
                if let [target] = &s.targets[..] {
                    let value = self.value(&s.value);
                    self.assign(target, value, s.range);
                } else {
                    let value = self.expr(&s.value);
                    s.targets.iter().for_each(|t| self.assign(t, Value::Var(value), s.range));
                }
            }
            Stmt::AugAssign(s) => self.augmented(s),
            Stmt::AnnAssign(s) => self.annotated(s),
            Stmt::Delete(s) => self.delete_stmt(s),
            Stmt::Assert(s) => self.assert_stmt(s),
            Stmt::Expr(s) if !s.value.is_literal_expr() => {
                self.expr(&s.value);
            }
            _ => {}
        }
    }

    fn return_stmt(&mut self, s: &StmtReturn) {
        let mark = self.mark();
        let value = s.value.as_deref().map(|v| self.expr(v));
        self.emit(Op::Return { value, span: span(s.range) });
        self.take_since(mark);
    }

    fn raise_stmt(&mut self, s: &StmtRaise) {
        let mark = self.mark();
        let value = s.exc.as_deref().map(|e| self.expr(e));
        if let Some(cause) = &s.cause {
            self.value(cause);
        }
        self.emit(Op::Raise { value, span: span(s.range) });
        self.take_since(mark);
    }

    fn assert_stmt(&mut self, s: &StmtAssert) {
        let tested = self.test(&s.test, false);
        let fails = self.block(|l| {
            let value = s.msg.as_deref().map(|m| l.expr(m));
            l.emit(Op::Raise { value, span: span(s.range) });
        });
        let arms = vec![Arm { tests: tested.yes, body: Vec::new() }, Arm { tests: tested.no, body: fails }];
        self.emit(Op::Branch { arms, span: span(s.range) });
    }

    fn delete_stmt(&mut self, s: &StmtDelete) {
        for target in &s.targets {
            self.delete(target, s.range);
        }
    }

    fn delete(&mut self, target: &Expr, range: TextRange) {
        self.deeper(target.range(), |l| l.delete_here(target, range));
    }

    fn delete_here(&mut self, target: &Expr, range: TextRange) {
        match target {
            Expr::Name(n) => match self.meaning(Sym::new(&n.id)) {
                Meaning::Var(v) => self.emit(Op::Drop { vars: Box::new([v]), span: span(range), discarded: None }),
                Meaning::Path(_) => self.assign(target, Value::None, range),
            },
            Expr::Tuple(t) => t.elts.iter().for_each(|e| self.delete(e, range)),
            Expr::List(t) => t.elts.iter().for_each(|e| self.delete(e, range)),
            Expr::Subscript(s) => self.delete_item(s, range),
            _ => self.assign(target, Value::None, range),
        }
    }
}
