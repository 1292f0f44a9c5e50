//! Blocks and their statements: items first, then each statement with the temporaries that end with it.

use syn::{Block, Expr, Item, Local, Pat, Stmt};

use super::build::Lowering;
use super::expr::Want;
use super::item::Constant;
use super::types::ident;
use crate::ir::{Arm, Discarded, Op, Scope, TypeRef, Value, Var};
use crate::source::Span;

/// The last expression of a block.
#[derive(Clone, Copy)]
pub(super) enum Tail<'a> {
    Expr(&'a Expr),
    Macro(&'a syn::Macro),
    /// Written once for each configuration: `#[cfg(unix)] { … } #[cfg(windows)] { … }`. One of them is there.
    OneOf(&'a [Stmt]),
}

impl Lowering {
    /// A block with names of its own. Its value outlives its locals.
    pub(super) fn block(&mut self, block: &Block, want: Want<'_>) -> Option<Var> {
        let span = self.places.block(block);
        self.block_of(span, want, |s| s.statements(block))
    }

    /// A block whose statements `f` lowers, giving the tail.
    pub(super) fn block_of<'a>(&mut self, span: Span, want: Want<'_>, f: impl FnOnce(&mut Self) -> Option<Tail<'a>>) -> Option<Var> {
        self.open_scope();
        let mut value = None;
        let body = self.ops(|s| {
            let tail = f(s);
            value = match tail {
                Some(tail) if want.value() => s.block_value(tail, want),
                Some(tail) => {
                    s.tail_statement(tail);
                    None
                }
                None => None,
            };
        });
        let locals = self.close_scope();
        if locals.is_empty() {
            self.splice(body);
        } else {
            self.emit(Op::Scope { kind: Scope::Block { body, locals }, span });
        }
        value
    }

    /// The tail's value, copied if the block has locals, since it may be one of them.
    fn block_value(&mut self, tail: Tail<'_>, want: Want<'_>) -> Option<Var> {
        let span = self.tail_span(tail);
        self.open_temps();
        let value = self.tail(tail, want);
        if self.ended() || !self.has_locals() {
            self.merge_temps();
            return value;
        }
        let copy = value.map(|v| {
            let out = self.fresh();
            self.assign(out, Value::Var(v), span);
            out
        });
        self.close_temps(&[], span);
        if let Some(copy) = copy {
            self.keep_until_end(copy);
        }
        copy
    }

    /// Lowers a block's tail.
    pub(super) fn tail(&mut self, tail: Tail<'_>, want: Want<'_>) -> Option<Var> {
        match tail {
            Tail::Expr(e) => self.lower(e, want),
            Tail::Macro(m) => {
                let span = self.tail_span(tail);
                self.macro_expr(m, want, span)
            }
            Tail::OneOf(stmts) => {
                let span = self.tail_span(tail);
                self.one_of(stmts.iter().filter_map(conditional), want, span)
            }
        }
    }

    /// A tail whose value nobody takes.
    pub(super) fn tail_statement(&mut self, tail: Tail<'_>) {
        let span = self.tail_span(tail);
        self.open_temps();
        self.tail(tail, Want::Nothing);
        self.close_temps(&[], span);
    }

    /// The place of a tail.
    pub(super) fn tail_span(&self, tail: Tail<'_>) -> Span {
        match tail {
            Tail::Expr(e) => self.places.expr(e),
            Tail::Macro(m) => self.places.between(super::place::path_first(&m.path), m.delimiter.span().close()),
            Tail::OneOf(stmts) => {
                let at = |stmt: Option<&Stmt>| stmt.and_then(conditional).map(|e| self.places.expr(e)).unwrap_or_default();
                Span { end: at(stmts.last()).end, ..at(stmts.first()) }
            }
        }
    }

    /// The statements of a block but for its tail, which is given back.
    pub(super) fn statements<'a>(&mut self, block: &'a Block) -> Option<Tail<'a>> {
        self.statement_list(&block.stmts)
    }

    /// Statements in a row; the last may be the tail.
    pub(super) fn statement_list<'a>(&mut self, stmts: &'a [Stmt]) -> Option<Tail<'a>> {
        self.hoist(stmts);
        let tails = stmts.iter().rev().take_while(|s| conditional(s).is_some()).count();
        for (i, stmt) in stmts.iter().enumerate() {
            let is_last = i + 1 == stmts.len();
            if tails > 1 && i + tails == stmts.len() {
                return Some(Tail::OneOf(&stmts[i..]));
            }
            match stmt {
                Stmt::Expr(e, None) if is_last => return Some(Tail::Expr(e)),
                Stmt::Macro(m) if is_last && m.semi_token.is_none() => return Some(Tail::Macro(&m.mac)),
                Stmt::Expr(e, _) => self.statement(e),
                Stmt::Macro(m) => self.tail_statement(Tail::Macro(&m.mac)),
                Stmt::Local(l) => self.local_statement(l),
                Stmt::Item(_) => {}
            }
        }
        None
    }

    /// The items of a block, which its statements may use before they stand there: constants, then functions.
    fn hoist(&mut self, stmts: &[Stmt]) {
        let items = || stmts.iter().filter_map(|s| if let Stmt::Item(i) = s { Some(i) } else { None });
        for item in items() {
            match item {
                Item::Fn(f) => {
                    let name = ident(&f.sig.ident);
                    let var = self.named(name, None);
                    self.bind(name, var, true);
                }
                Item::Const(c) => self.block_constant(&Constant { name: &c.ident, ty: &c.ty, value: &c.expr }),
                Item::Static(c) => self.block_static(&Constant { name: &c.ident, ty: &c.ty, value: &c.expr }),
                other => self.declaration(other),
            }
        }
        for item in items() {
            if let Item::Fn(f) = item {
                self.block_fn(f);
            }
        }
    }

    /// `let`.
    fn local_statement(&mut self, l: &Local) {
        let span = self.places.between(l.let_token.span, l.semi_token.spans[0]);
        let (pat, ty) = match &l.pat {
            Pat::Type(t) => (&*t.pat, self.type_ref(&t.ty)),
            other => (other, None),
        };
        let Some(init) = &l.init else { return self.declare(pat, ty.as_ref()) };
        self.open_temps();
        let mut discarded = None;
        match &init.diverge {
            None => {
                let value = self.hinted(&init.expr, ty.as_ref());
                if let Pat::Wild(wild) = pat {
                    let underscore = wild.underscore_token.spans[0];
                    discarded = Some(Discarded { value, span: self.places.between(underscore, underscore) });
                }
                self.bind_initialiser(pat, &init.expr, value, ty, span);
            }
            Some((_, otherwise)) => {
                let value = self.hinted(&init.expr, ty.as_ref());
                let tests = self.pattern_tests(pat, value, None);
                let diverging = self.ops(|s| s.statement(otherwise));
                let arms = vec![Arm { tests: tests.yes, body: vec![] }, Arm { tests: tests.no, body: diverging }];
                self.emit(Op::Branch { arms, span });
                self.bind_pattern(pat, value, ty.as_ref(), true);
            }
        }
        self.close_statement(&[], span, discarded);
    }

    /// Binds what a `let` binds to its value; a single name takes it over directly.
    fn bind_initialiser(&mut self, pat: &Pat, init: &Expr, value: Var, ty: Option<TypeRef>, span: Span) {
        match pat {
            Pat::Ident(i) if i.subpat.is_none() => {
                let name = ident(&i.ident);
                let dst = self.named(name, ty.clone());
                self.assign_from(dst, value, ty, span);
                self.bind_local(name, dst);
                if is_guard(init) {
                    self.frame().guards.push(dst);
                }
            }
            other => self.bind_pattern(other, value, ty.as_ref(), false),
        }
    }

    /// `let x;`
    fn declare(&mut self, pat: &Pat, ty: Option<&TypeRef>) {
        if let Pat::Ident(i) = pat {
            self.local(ident(&i.ident), ty.cloned());
        }
    }
}

/// A statement that is a value, and that only some configurations have.
fn conditional(stmt: &Stmt) -> Option<&Expr> {
    let Stmt::Expr(e, None) = stmt else { return None };
    let attrs = match e {
        Expr::Block(x) => &x.attrs,
        Expr::If(x) => &x.attrs,
        Expr::Match(x) => &x.attrs,
        Expr::Unsafe(x) => &x.attrs,
        _ => return None,
    };
    attrs.iter().any(|a| a.path().is_ident("cfg")).then_some(e)
}

/// `m.lock().unwrap()`, `m.read().await`, `m.try_lock()?`: what is in the result of an attempt to lock.
fn is_guard(e: &Expr) -> bool {
    let unpacks = |name: &syn::Ident| name == "unwrap" || name == "expect" || name == "unwrap_or_else";
    let inner = match e {
        Expr::Await(x) => &*x.base,
        Expr::Try(x) => &*x.expr,
        Expr::MethodCall(x) if unpacks(&x.method) => &*x.receiver,
        _ => return false,
    };
    let locks = ["lock", "read", "write", "try_lock", "try_read", "try_write"];
    is_guard(inner) || matches!(inner, Expr::MethodCall(x) if locks.iter().any(|l| x.method == l))
}
