//! Functions, methods, closures and async blocks.

use proc_macro2::Span as TokenSpan;
use syn::{Expr, FnArg, Pat, ReturnType, Signature, Type};

use super::block::Tail;
use super::build::{Head, Lowering, join};
use super::expr::Want;
use super::item::{is_public, vis_start};
use super::types::ident;
use crate::ir::{Flags, FuncIdx, Op, Param, ParamKind, TypeRef, Value, Var};
use crate::source::{Span, Sym};

/// A function with a signature, and where it stands.
pub(super) struct Method<'a> {
    pub(super) attrs: &'a [syn::Attribute],
    pub(super) public: bool,
    pub(super) sig: &'a Signature,
    pub(super) body: Option<&'a syn::Block>,
    /// Where its visibility begins.
    pub(super) start: Option<TokenSpan>,
}

impl Lowering {
    /// A function of a module.
    pub(super) fn item_fn(&mut self, f: &syn::ItemFn) {
        let qualname = join(self.module, ident(&f.sig.ident));
        self.function(&of_item(f), qualname, None, None);
    }

    /// A function in a block, which sees the block's items.
    pub(super) fn nested_fn(&mut self, f: &syn::ItemFn, parent: FuncIdx) -> FuncIdx {
        let outer = self.frame().qualname;
        let qualname = join(if outer.as_str().is_empty() { self.module } else { outer }, ident(&f.sig.ident));
        self.function(&of_item(f), qualname, None, Some(parent))
    }

    /// A method or associated function of an implementation.
    pub(super) fn method(&mut self, m: &Method<'_>, owner: u32, ty: Sym) {
        let qualname = join(self.module, join(Sym::new(ty.last()), ident(&m.sig.ident)));
        let index = self.function(m, qualname, Some(owner), None);
        self.file.impls[owner as usize].functions.push(index);
    }

    fn function(&mut self, m: &Method<'_>, qualname: Sym, owner: Option<u32>, parent: Option<FuncIdx>) -> FuncIdx {
        let flags = Flags {
            is_async: m.sig.asyncness.is_some(),
            has_receiver: m.sig.receiver().is_some(),
            is_public: m.public,
            is_abstract: m.body.is_none(),
            never_returns: matches!(&m.sig.output, ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_))),
            ..Flags::default()
        };
        let index = self.open(qualname, flags);
        let self_path = self.self_path.take();
        self.with_generics(&m.sig.generics, |s| {
            let ret = s.return_type(&m.sig.output);
            s.parameters(&m.sig.inputs);
            if let Some(body) = m.body {
                let unit = matches!(m.sig.output, ReturnType::Default);
                s.body(body, unit);
            }
            let first = m.start.unwrap_or_else(|| signature_start(m.sig));
            let last = m.body.map_or_else(|| signature_end(m.sig), |b| b.brace_token.span.close());
            let head = Head {
                name: ident(&m.sig.ident),
                qualname,
                owner,
                parent,
                flags,
                decorators: s.decorators(m.attrs),
                ret,
                span: s.places.between(first, last),
                name_span: s.places.token(m.sig.ident.span()),
            };
            s.close(head);
        });
        self.self_path = self_path;
        index
    }

    fn parameters(&mut self, inputs: &syn::punctuated::Punctuated<FnArg, syn::Token![,]>) {
        let mut patterns = vec![];
        for input in inputs {
            match input {
                FnArg::Receiver(r) => {
                    let ty = match &r.kind {
                        syn::ReceiverKind::Typed(_, ty) => self.type_ref(ty),
                        _ => Some(TypeRef { path: Sym::new("Self"), args: vec![] }),
                    };
                    self.parameter(Sym::new("self"), ty);
                }
                FnArg::Typed(p) => {
                    let ty = self.type_ref(&p.ty);
                    self.pattern_parameter(&p.pat, ty, &mut patterns);
                }
            }
        }
        self.bind_parameters(patterns);
    }

    fn parameter(&mut self, name: Sym, ty: Option<TypeRef>) -> Var {
        let var = self.named(name, ty.clone());
        self.bind(name, var, false);
        self.frame().params.push(Param { name, var, ty, kind: ParamKind::Normal, default: None });
        var
    }

    /// A parameter whose pattern, unless it is a name, is taken apart once all parameters are known.
    fn pattern_parameter<'a>(&mut self, pat: &'a Pat, ty: Option<TypeRef>, later: &mut Vec<(&'a Pat, Var, Option<TypeRef>)>) {
        match pat {
            Pat::Ident(i) if i.subpat.is_none() => {
                self.parameter(ident(&i.ident), ty);
            }
            _ => {
                let var = self.fresh();
                self.frame().params.push(Param { name: Sym::new(""), var, ty: ty.clone(), kind: ParamKind::Normal, default: None });
                later.push((pat, var, ty));
            }
        }
    }

    fn bind_parameters(&mut self, patterns: Vec<(&Pat, Var, Option<TypeRef>)>) {
        for (pat, var, ty) in patterns {
            self.bind_pattern(pat, var, ty.as_ref(), false);
        }
    }

    /// A function's block. A unit function's last expression is a statement, any other's is returned.
    fn body(&mut self, block: &syn::Block, unit: bool) {
        let span = self.places.block(block);
        self.deeper(span, |s| match s.statements(block) {
            Some(tail) if unit => s.tail_statement(tail),
            Some(tail) => s.return_value(tail),
            None => {}
        });
    }

    /// `return e`, where nothing is dropped before the value is known.
    fn return_value(&mut self, tail: Tail<'_>) {
        let span = self.tail_span(tail);
        let value = self.tail(tail, Want::Returned);
        if !self.ended() {
            self.emit(Op::Return { value, span });
        }
    }

    /// A closure: a function that sees the variables around it.
    pub(super) fn closure(&mut self, c: &syn::ExprClosure, span: Span) -> Var {
        let flags = Flags { is_async: c.asyncness.is_some(), is_closure: true, ..Flags::default() };
        let name_span = self.places.between(c.inputs_begin.spans[0], c.inputs_end.spans[0]);
        self.inner_function("<closure>", flags, span, name_span, |s| {
            let ret = s.return_type(&c.output);
            let mut patterns = vec![];
            for input in &c.inputs {
                let (pat, ty) = match input {
                    Pat::Type(t) => (&*t.pat, s.type_ref(&t.ty)),
                    other => (other, None),
                };
                s.pattern_parameter(pat, ty, &mut patterns);
            }
            s.bind_parameters(patterns);
            match &*c.body {
                Expr::Block(b) if b.label.is_none() => s.body(&b.block, false),
                e => s.return_value(Tail::Expr(e)),
            }
            ret
        })
    }

    /// `async { … }`: a closure without parameters that is run when awaited.
    pub(super) fn async_block(&mut self, a: &syn::ExprAsync, span: Span) -> Var {
        let flags = Flags { is_async: true, is_closure: true, ..Flags::default() };
        let name_span = self.places.token(a.async_token.span);
        self.inner_function("<async>", flags, span, name_span, |s| {
            s.body(&a.block, false);
            None
        })
    }

    fn inner_function(
        &mut self,
        name: &str,
        flags: Flags,
        span: Span,
        name_span: Span,
        f: impl FnOnce(&mut Self) -> Option<TypeRef>,
    ) -> Var {
        let parent = self.current();
        let name = Sym::new(name);
        let qualname = join(self.frame().qualname, name);
        let index = self.open(qualname, flags);
        let ret = f(self);
        self.close(Head { name, qualname, owner: None, parent: Some(parent), flags, decorators: vec![], ret, span, name_span });
        self.let_temp(Value::Function(index), span)
    }
}

fn of_item(f: &syn::ItemFn) -> Method<'_> {
    Method { attrs: &f.attrs, public: is_public(&f.vis), sig: &f.sig, body: Some(&f.block), start: vis_start(&f.vis) }
}

fn signature_start(sig: &Signature) -> TokenSpan {
    let safety = match &sig.safety {
        syn::Safety::Unsafe(t) => Some(t.span),
        syn::Safety::Safe(t) => Some(t.span),
        syn::Safety::Default => None,
    };
    let all = [sig.constness.map(|t| t.span), sig.asyncness.map(|t| t.span), safety, sig.abi.as_ref().map(|a| a.extern_token.span)];
    all.into_iter().flatten().next().unwrap_or(sig.fn_token.span)
}

fn signature_end(sig: &Signature) -> TokenSpan {
    match &sig.output {
        ReturnType::Type(arrow, _) => arrow.spans[1],
        ReturnType::Default => sig.paren_token.span.close(),
    }
}
