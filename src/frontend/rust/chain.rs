//! Chains of calls, fields, indices, `?` and `.await`: walked with a list of links, so that long chains need no deep stack.

use syn::punctuated::Punctuated;
use syn::{Expr, UnOp};

use super::attr::literal;
use super::build::{Lowering, join};
use super::expr::{Want, peel};
use super::types::{ident, member};
use crate::ir::{Arg, Call, Callee, Key, Op, TypeRef, Value, Var};
use crate::source::{Span, Sym};

/// The left part of a chain so far: a variable, or a name that is none.
#[derive(Clone, Copy)]
pub(super) enum Operand {
    Var(Var),
    Name(Sym),
}

type Args = Punctuated<Expr, syn::Token![,]>;

/// What a link of a chain leans on, if `e` is one.
fn base(e: &Expr) -> Option<&Expr> {
    match e {
        Expr::Await(x) => Some(&x.base),
        Expr::Call(x) if !matches!(peel(&x.func), Expr::Path(_)) => Some(&x.func),
        Expr::Cast(x) => Some(&x.expr),
        Expr::Field(x) => Some(&x.base),
        Expr::Group(x) => Some(&x.expr),
        Expr::Index(x) => Some(&x.expr),
        Expr::MethodCall(x) => Some(&x.receiver),
        Expr::Paren(x) => Some(&x.expr),
        Expr::RawAddr(x) => Some(&x.expr),
        Expr::Reference(x) => Some(&x.expr),
        Expr::Try(x) => Some(&x.expr),
        Expr::Unary(x) if matches!(x.op, UnOp::Deref(_)) => Some(&x.expr),
        _ => None,
    }
}

fn is_deref(e: &Expr) -> bool {
    matches!(e, Expr::Unary(x) if matches!(x.op, UnOp::Deref(_)))
}

/// Whether a link stands around a value without borrowing it or looking into it.
fn keeps_value(e: &Expr) -> bool {
    matches!(e, Expr::Group(_) | Expr::Paren(_) | Expr::Cast(_) | Expr::Try(_))
}

/// Whether a link gives what it leans on, unwrapped at most: a type said of it is said of that too.
fn passes_type(e: &Expr) -> bool {
    match e {
        Expr::MethodCall(x) => {
            let name = ident(&x.method).as_str();
            name.starts_with("unwrap")
                || matches!(name, "expect" | "context" | "with_context" | "wrap_err" | "wrap_err_with" | "ok_or" | "ok_or_else")
                || matches!(name, "map_err" | "or_else" | "or" | "ok" | "clone" | "to_owned" | "inspect_err" | "into_diagnostic")
        }
        Expr::Call(_) | Expr::Field(_) | Expr::Index(_) | Expr::Cast(_) => false,
        _ => true,
    }
}

impl Lowering {
    /// The value of a chain.
    pub(super) fn chain(&mut self, e: &Expr, hint: Option<&TypeRef>, span: Span) -> Var {
        let operand = self.operand(e, hint);
        self.value(operand, span)
    }

    /// The variable of an operand.
    pub(super) fn value(&mut self, operand: Operand, span: Span) -> Var {
        match operand {
            Operand::Var(v) => v,
            Operand::Name(n) if n.as_str() == "None" => self.let_temp(Value::None, span),
            Operand::Name(n) => self.let_temp(Value::Name(n), span),
        }
    }

    /// A chain, left as a dotted name as long as it is one.
    pub(super) fn operand(&mut self, e: &Expr, hint: Option<&TypeRef>) -> Operand {
        let mut links = vec![];
        let mut root = e;
        while let Some(inner) = base(root) {
            links.push(root);
            root = inner;
        }
        // The hint holds for the outermost links, down to the first that changes the type.
        let hinted = links.iter().position(|l| !passes_type(l)).map_or(links.len() + 1, |i| i + 1);
        let hint_at = |depth: usize| if depth < hinted { hint } else { None };
        let mut operand = self.root(root, hint_at(links.len()));
        for (depth, link) in links.iter().enumerate().rev() {
            operand = match operand {
                Operand::Var(v) if is_deref(link) && links[..depth].iter().all(|l| is_deref(l) || keeps_value(l)) => {
                    Operand::Var(self.let_temp(Value::Behind(v), self.places.expr(link)))
                }
                operand => self.link(operand, link, hint_at(depth)),
            };
        }
        operand
    }

    fn root(&mut self, e: &Expr, hint: Option<&TypeRef>) -> Operand {
        match e {
            Expr::Path(p) => self.path(p),
            Expr::Call(c) => {
                let span = self.places.expr(e);
                let Expr::Path(p) = peel(&c.func) else { return Operand::Var(self.expr(e)) };
                let turbofish = match p.path.segments.last().map(|s| &s.arguments) {
                    Some(syn::PathArguments::AngleBracketed(a)) => self.turbofish(a),
                    _ => None,
                };
                let callee = match self.path(p) {
                    Operand::Var(v) => Callee::Var(v),
                    Operand::Name(n) => Callee::Path(n),
                };
                Operand::Var(self.call(callee, &c.args, turbofish.or_else(|| hint.cloned()), span))
            }
            other => Operand::Var(self.hinted(other, hint)),
        }
    }

    fn path(&mut self, p: &syn::ExprPath) -> Operand {
        if p.qself.is_none()
            && let Some(name) = p.path.get_ident()
            && let Some(v) = self.lookup(ident(name))
        {
            return Operand::Var(v);
        }
        let name = self.root_path(p.qself.as_ref(), &p.path);
        if self.at_top()
            && let Some(v) = self.globals.get(&name)
        {
            return Operand::Var(*v);
        }
        Operand::Name(name)
    }

    fn link(&mut self, operand: Operand, link: &Expr, hint: Option<&TypeRef>) -> Operand {
        match (link, operand) {
            (Expr::MethodCall(x), _) => self.method_call(operand, x, hint),
            (Expr::Field(x), Operand::Name(n)) => Operand::Name(join(n, member(&x.member))),
            (Expr::Field(x), Operand::Var(v)) => {
                let span = self.places.expr(link);
                Operand::Var(self.let_temp(Value::Field(v, member(&x.member)), span))
            }
            (Expr::Call(x), _) => {
                let span = self.places.expr(link);
                let callee = self.value(operand, span);
                Operand::Var(self.call(Callee::Var(callee), &x.args, hint.cloned(), span))
            }
            (Expr::Index(x), _) => {
                let span = self.places.expr(link);
                let base = self.value(operand, span);
                let key = self.key(&x.index);
                Operand::Var(self.let_temp(Value::Item(base, key), span))
            }
            (Expr::Await(_), _) => {
                let span = self.places.expr(link);
                let value = self.value(operand, span);
                let dst = self.temp();
                self.emit(Op::Await { dst, value, span });
                Operand::Var(dst)
            }
            _ => operand,
        }
    }

    fn method_call(&mut self, recv: Operand, x: &syn::ExprMethodCall, hint: Option<&TypeRef>) -> Operand {
        let span = self.places.between(super::place::first(&x.receiver), x.paren_token.span.close());
        let name = ident(&x.method);
        let callee = match recv {
            // A method of what a guard guards: the guard stays where it is.
            Operand::Var(guard) if matches!(peel(&x.receiver), Expr::Path(_)) && self.frame().guards.contains(&guard) => {
                Callee::Method { recv: self.let_temp(Value::Behind(guard), span), name }
            }
            Operand::Var(recv) => Callee::Method { recv, name },
            Operand::Name(n) => Callee::Path(join(n, name)),
        };
        let turbofish = x.turbofish.as_ref().and_then(|t| self.turbofish(t));
        Operand::Var(self.call(callee, &x.args, turbofish.or_else(|| hint.cloned()), span))
    }

    fn call(&mut self, callee: Callee, args: &Args, result_type: Option<TypeRef>, span: Span) -> Var {
        let lent = |a| matches!(peel(a), Expr::Reference(_));
        let args = args.iter().map(|a| Arg { name: None, var: self.expr(a), lent: lent(a) }).collect();
        self.emit_call_with(callee, args, result_type, span)
    }

    /// A call whose arguments are known.
    pub(super) fn emit_call(&mut self, callee: Callee, args: Vec<Var>, result_type: Option<TypeRef>, span: Span) -> Var {
        let args = args.into_iter().map(|var| Arg { name: None, var, lent: false }).collect();
        self.emit_call_with(callee, args, result_type, span)
    }

    fn emit_call_with(&mut self, callee: Callee, args: Vec<Arg>, result_type: Option<TypeRef>, span: Span) -> Var {
        let dst = self.temp();
        self.emit(Op::Call(Box::new(Call { dst, callee, args, result_type: result_type.map(Box::new), span })));
        dst
    }

    /// What stands between the brackets.
    pub(super) fn key(&mut self, index: &Expr) -> Key {
        if let Expr::Lit(l) = peel(index) {
            match literal(&l.lit) {
                Value::Str(text) => return Key::Const(text),
                Value::Int(n) => return Key::Const(Sym::new(&n.to_string())),
                _ => {}
            }
        }
        Key::Var(self.expr(index))
    }

    /// A method call on an operand with arguments that are known.
    pub(super) fn call_method(&mut self, recv: Operand, name: &str, args: Vec<Var>, span: Span) -> Var {
        let name = Sym::new(name);
        let callee = match recv {
            Operand::Var(recv) => Callee::Method { recv, name },
            Operand::Name(n) => Callee::Path(join(n, name)),
        };
        self.emit_call(callee, args, None, span)
    }

    /// Evaluates an expression for what it does.
    pub(super) fn statement(&mut self, e: &Expr) {
        let span = self.places.expr(e);
        self.open_temps();
        self.lower(e, Want::Nothing);
        self.close_temps(&[], span);
    }
}
