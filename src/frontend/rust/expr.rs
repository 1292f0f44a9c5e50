//! Expressions: the dispatch over their kinds, and the plain ones.

use syn::{Expr, Lit};

use super::attr::literal;
use super::build::Lowering;
use super::types::{ident, member};
use crate::ir::{Op, Structure, TypeRef, Value, Var};
use crate::source::{Span, Sym};

/// What becomes of an expression's value.
#[derive(Clone, Copy)]
pub(super) enum Want<'a> {
    /// Nothing: it is a statement.
    Nothing,
    /// It is used, as this type if the source says one.
    Value(Option<&'a TypeRef>),
    /// It is what the function gives back.
    Returned,
}

impl<'a> Want<'a> {
    /// Whether the value is used.
    pub(super) fn value(self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// The type that the source says.
    pub(super) fn hint(self) -> Option<&'a TypeRef> {
        match self {
            Self::Value(hint) => hint,
            Self::Nothing | Self::Returned => None,
        }
    }
}

impl Lowering {
    /// The value of an expression.
    pub(super) fn expr(&mut self, e: &Expr) -> Var {
        self.hinted(e, None)
    }

    /// The value of an expression whose type the source says.
    pub(super) fn hinted(&mut self, e: &Expr, hint: Option<&TypeRef>) -> Var {
        match self.lower(e, Want::Value(hint)) {
            Some(v) => v,
            None => {
                let span = self.places.expr(e);
                self.let_temp(Value::None, span)
            }
        }
    }

    /// Lowers an expression. `None` if its value is not wanted, is `()`, or is never reached.
    pub(super) fn lower(&mut self, e: &Expr, want: Want<'_>) -> Option<Var> {
        let span = self.places.expr(e);
        match self.deeper(span, |s| s.lower_within(e, want, span)) {
            Some(v) => v,
            None => Some(self.let_temp(Value::Unknown, span)),
        }
    }

    fn lower_within(&mut self, e: &Expr, want: Want<'_>, span: Span) -> Option<Var> {
        match e {
            // As `bail!` does: whoever goes on after `?` has not come this way.
            Expr::Call(x) if matches!(want, Want::Returned) && is_error(x) => {
                let value = Some(self.chain(e, None, span));
                self.emit(Op::Raise { value, span });
                None
            }
            // Control flow, which may have no value.
            Expr::Block(x) => self.labelled_block(x, want),
            Expr::Const(x) => self.block(&x.block, want),
            Expr::TryBlock(x) => self.block(&x.block, want),
            Expr::Unsafe(x) => self.block(&x.block, want),
            Expr::If(x) => self.if_expr(x, want, span),
            Expr::Match(x) => self.match_expr(x, want, span),
            Expr::ForLoop(x) => self.for_loop(x, span),
            Expr::Loop(x) => self.loop_expr(x, want, span),
            Expr::While(x) => self.while_loop(x, span),
            Expr::Break(x) => self.break_expr(x),
            Expr::Continue(x) => self.continue_expr(x),
            Expr::Return(x) => self.return_expr(x, span),
            Expr::Assign(x) => self.assign_expr(x, span),
            Expr::Binary(x) if super::operator::assigned(&x.op).is_some() => self.compound_assign(x, span),
            Expr::Macro(x) => self.macro_expr(&x.mac, want, span),
            other => Some(self.value_of(other, want, span)),
        }
    }

    fn value_of(&mut self, e: &Expr, want: Want<'_>, span: Span) -> Var {
        match e {
            Expr::Array(x) => self.collection(x.elems.iter(), span),
            Expr::Async(x) => self.async_block(x, span),
            Expr::Binary(x) => self.binary(x, span),
            Expr::Closure(x) => self.closure(x, span),
            Expr::Let(_) => self.lazy_value(e, span),
            Expr::Lit(x) => self.let_temp(literal(&x.lit), span),
            Expr::Range(x) => self.range(x, span),
            Expr::Repeat(x) => {
                let parts = [self.expr(&x.expr), self.expr(&x.len)];
                self.let_temp(Value::Collection(parts[..1].to_vec()), span)
            }
            Expr::Struct(x) => self.struct_expr(x, span),
            Expr::Tuple(x) => {
                let parts: Vec<Var> = x.elems.iter().map(|e| self.expr(e)).collect();
                self.let_temp(if parts.is_empty() { Value::None } else { Value::Tuple(parts) }, span)
            }
            Expr::Unary(x) if matches!(x.op, syn::UnOp::Not(_) | syn::UnOp::Neg(_)) => self.unary(x, span),
            Expr::Yield(x) => {
                let value = x.expr.as_ref().map(|e| self.expr(e));
                self.frame().flags.is_generator = true;
                let dst = self.temp();
                self.emit(Op::Yield { dst, value, span });
                dst
            }
            Expr::Infer(_) | Expr::Verbatim(_) => self.let_temp(Value::Unknown, span),
            chain => self.chain(chain, want.hint(), span),
        }
    }

    /// Elements of an array or `vec!`.
    pub(super) fn collection<'a>(&mut self, elems: impl Iterator<Item = &'a Expr>, span: Span) -> Var {
        let parts = elems.map(|e| self.expr(e)).collect();
        self.let_temp(Value::Collection(parts), span)
    }

    fn range(&mut self, x: &syn::ExprRange, span: Span) -> Var {
        let ends = x.start.iter().chain(&x.end);
        let ends = ends.map(|e| self.expr(e)).collect();
        let op = if matches!(x.limits, syn::RangeLimits::Closed(_)) { "..=" } else { ".." };
        self.let_temp(Value::Operator(Sym::new(op), ends), span)
    }

    fn struct_expr(&mut self, x: &syn::ExprStruct, span: Span) -> Var {
        let fields = x.fields.iter().map(|f| (member(&f.member), self.expr(&f.expr))).collect();
        let base = x.rest.as_ref().map(|e| self.expr(e));
        let path = self.root_path(x.qself.as_ref(), &x.path);
        self.let_temp(Value::Struct(Box::new(Structure { path, fields, base })), span)
    }

    fn return_expr(&mut self, x: &syn::ExprReturn, span: Span) -> Option<Var> {
        let value = x.expr.as_ref().and_then(|e| self.lower(e, Want::Returned));
        if !self.ended() {
            self.emit(Op::Return { value, span });
        }
        None
    }
}

/// `Err(…)`.
fn is_error(call: &syn::ExprCall) -> bool {
    matches!(&*call.func, Expr::Path(p) if super::types::last_name(&p.path) == "Err")
}

/// The name of an expression that is a single identifier.
pub(super) fn single_name(e: &Expr) -> Option<Sym> {
    match peel(e) {
        Expr::Path(p) if p.qself.is_none() => p.path.get_ident().map(ident),
        _ => None,
    }
}

/// An expression without the parentheses around it.
pub(super) fn peel(mut e: &Expr) -> &Expr {
    loop {
        e = match e {
            Expr::Paren(p) => &p.expr,
            Expr::Group(g) => &g.expr,
            other => return other,
        }
    }
}

/// The text of a literal string.
pub(super) fn literal_text(e: &Expr) -> Option<String> {
    match peel(e) {
        Expr::Lit(l) => match &l.lit {
            Lit::Str(s) => Some(s.value()),
            _ => None,
        },
        _ => None,
    }
}
