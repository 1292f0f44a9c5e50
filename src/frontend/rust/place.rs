//! Places: where syntax begins and ends, as byte spans of the file. Walks to the first and last token of an
//! expression rather than printing it, so that asking is cheap.

use proc_macro2::{LineColumn, Span as TokenSpan, TokenStream};
use syn::spanned::Spanned;
use syn::{Expr, RangeLimits};

use crate::source::Span;

/// Turns the parser's places into spans of the file.
pub(super) struct Places {
    /// Bytes of the file before the text that the parser saw (byte order mark, `#!` line).
    offset: usize,
    /// Where the lines of that text begin, in characters.
    lines: Vec<usize>,
    /// Behind each character of more than one byte: the number of characters and how many more bytes they have.
    wide: Vec<(usize, usize)>,
}

impl Places {
    /// The places of a text that stands at `offset` in its file.
    pub(super) fn new(offset: usize, text: &str) -> Self {
        let (mut lines, mut wide) = (vec![0], vec![]);
        let mut more = 0;
        for (at, c) in text.char_indices().filter(|(_, c)| *c == '\n' || !c.is_ascii()) {
            let behind = at - more + 1;
            if c == '\n' {
                lines.push(behind);
            } else {
                more += c.len_utf8() - 1;
                wide.push((behind, more));
            }
        }
        Self { offset, lines, wide }
    }

    /// The span of one token.
    pub(super) fn token(&self, t: TokenSpan) -> Span {
        Span::new(self.byte(t.start()), self.byte(t.end()))
    }

    /// From the first of one token to the last of another; only the one token if a macro has turned its arguments round.
    pub(super) fn between(&self, first: TokenSpan, last: TokenSpan) -> Span {
        let first = self.token(first);
        Span { end: first.end.max(Span::new(0, self.byte(last.end())).end), ..first }
    }

    /// A whole expression.
    pub(super) fn expr(&self, e: &Expr) -> Span {
        self.between(first(e), last(e))
    }

    /// A block with its braces.
    pub(super) fn block(&self, b: &syn::Block) -> Span {
        self.between(b.brace_token.span.open(), b.brace_token.span.close())
    }

    fn byte(&self, at: LineColumn) -> usize {
        let chars = self.lines.get(at.line.wrapping_sub(1)).map_or(0, |start| start + at.column);
        let before = self.wide.partition_point(|(behind, _)| *behind <= chars);
        let more = before.checked_sub(1).map_or(0, |last| self.wide[last].1);
        self.offset + chars + more
    }
}

/// The first token of an expression.
pub(super) fn first(mut e: &Expr) -> TokenSpan {
    loop {
        e = match e {
            Expr::Assign(x) => &x.left,
            Expr::Await(x) => &x.base,
            Expr::Binary(x) => &x.left,
            Expr::Call(x) => &x.func,
            Expr::Cast(x) => &x.expr,
            Expr::Field(x) => &x.base,
            Expr::Group(x) => &x.expr,
            Expr::Index(x) => &x.expr,
            Expr::MethodCall(x) => &x.receiver,
            Expr::Try(x) => &x.expr,
            Expr::Range(x) => match &x.start {
                Some(start) => start,
                None => return limits(&x.limits),
            },
            other => return first_token(other),
        }
    }
}

fn first_token(e: &Expr) -> TokenSpan {
    match e {
        Expr::Array(x) => x.bracket_token.span.open(),
        Expr::Async(x) => x.async_token.span,
        Expr::Block(x) => label(x.label.as_ref()).unwrap_or_else(|| x.block.brace_token.span.open()),
        Expr::Break(x) => x.break_token.span,
        Expr::Closure(x) => x.asyncness.map(|t| t.span).or_else(|| x.capture.map(|t| t.span)).unwrap_or_else(|| x.inputs_begin.spans[0]),
        Expr::Const(x) => x.const_token.span,
        Expr::Continue(x) => x.continue_token.span,
        Expr::ForLoop(x) => label(x.label.as_ref()).unwrap_or(x.for_token.span),
        Expr::If(x) => x.if_token.span,
        Expr::Infer(x) => x.underscore_token.spans[0],
        Expr::Let(x) => x.let_token.span,
        Expr::Lit(x) => x.lit.span(),
        Expr::Loop(x) => label(x.label.as_ref()).unwrap_or(x.loop_token.span),
        Expr::Macro(x) => path_first(&x.mac.path),
        Expr::Match(x) => x.match_token.span,
        Expr::Paren(x) => x.paren_token.span.open(),
        Expr::Path(x) => x.qself.as_ref().map_or_else(|| path_first(&x.path), |q| q.lt_token.spans[0]),
        Expr::RawAddr(x) => x.and_token.spans[0],
        Expr::Reference(x) => x.and_token.spans[0],
        Expr::Repeat(x) => x.bracket_token.span.open(),
        Expr::Return(x) => x.return_token.span,
        Expr::Struct(x) => x.qself.as_ref().map_or_else(|| path_first(&x.path), |q| q.lt_token.spans[0]),
        Expr::TryBlock(x) => x.try_token.span,
        Expr::Tuple(x) => x.paren_token.span.open(),
        Expr::Unary(x) => x.op.span(),
        Expr::Unsafe(x) => x.unsafe_token.span,
        Expr::Verbatim(x) => stream_first(x),
        Expr::While(x) => label(x.label.as_ref()).unwrap_or(x.while_token.span),
        Expr::Yield(x) => x.yield_token.span,
        _ => TokenSpan::call_site(),
    }
}

/// The last token of an expression.
pub(super) fn last(mut e: &Expr) -> TokenSpan {
    loop {
        e = match e {
            Expr::Assign(x) => &x.right,
            Expr::Binary(x) => &x.right,
            Expr::Closure(x) => &x.body,
            Expr::Group(x) => &x.expr,
            Expr::Let(x) => &x.expr,
            Expr::RawAddr(x) => &x.expr,
            Expr::Reference(x) => &x.expr,
            Expr::Unary(x) => &x.expr,
            Expr::If(x) => match &x.else_branch {
                Some((_, e)) => e,
                None => return x.then_branch.brace_token.span.close(),
            },
            Expr::Break(syn::ExprBreak { expr: Some(x), .. })
            | Expr::Return(syn::ExprReturn { expr: Some(x), .. })
            | Expr::Yield(syn::ExprYield { expr: Some(x), .. })
            | Expr::Range(syn::ExprRange { end: Some(x), .. }) => x,
            other => return last_token(other),
        }
    }
}

fn last_token(e: &Expr) -> TokenSpan {
    match e {
        Expr::Array(x) => x.bracket_token.span.close(),
        Expr::Async(x) => close(&x.block),
        Expr::Await(x) => x.await_token.span,
        Expr::Block(x) => close(&x.block),
        Expr::Break(x) => x.label.as_ref().map_or(x.break_token.span, |l| l.ident.span()),
        Expr::Call(x) => x.paren_token.span.close(),
        Expr::Cast(x) => type_last(&x.ty),
        Expr::Const(x) => close(&x.block),
        Expr::Continue(x) => x.label.as_ref().map_or(x.continue_token.span, |l| l.ident.span()),
        Expr::Field(x) => match &x.member {
            syn::Member::Named(n) => n.span(),
            syn::Member::Unnamed(n) => n.span,
        },
        Expr::ForLoop(x) => close(&x.body),
        Expr::Index(x) => x.bracket_token.span.close(),
        Expr::Lit(x) => x.lit.span(),
        Expr::Loop(x) => close(&x.body),
        Expr::Macro(x) => x.mac.delimiter.span().close(),
        Expr::Match(x) => x.brace_token.span.close(),
        Expr::MethodCall(x) => x.paren_token.span.close(),
        Expr::Paren(x) => x.paren_token.span.close(),
        Expr::Path(x) => path_last(&x.path),
        Expr::Range(x) => limits(&x.limits),
        Expr::Repeat(x) => x.bracket_token.span.close(),
        Expr::Struct(x) => x.brace_token.span.close(),
        Expr::Try(x) => x.question_token.spans[0],
        Expr::TryBlock(x) => close(&x.block),
        Expr::Tuple(x) => x.paren_token.span.close(),
        Expr::Unsafe(x) => close(&x.block),
        Expr::Verbatim(x) => stream_last(x),
        Expr::While(x) => close(&x.body),
        other => first_token(other),
    }
}

/// The first token of a path.
pub(super) fn path_first(p: &syn::Path) -> TokenSpan {
    let colon = p.leading_colon.map(|c| c.spans[0]);
    colon.or_else(|| p.segments.first().map(|s| s.ident.span())).unwrap_or_else(TokenSpan::call_site)
}

/// The last token of a path.
fn path_last(p: &syn::Path) -> TokenSpan {
    match p.segments.last() {
        Some(s) => match &s.arguments {
            syn::PathArguments::None => s.ident.span(),
            syn::PathArguments::AngleBracketed(a) => a.gt_token.spans[0],
            syn::PathArguments::Parenthesized(a) => match &a.output {
                syn::ReturnType::Default => a.paren_token.span.close(),
                syn::ReturnType::Type(_, t) => type_last(t),
            },
        },
        None => TokenSpan::call_site(),
    }
}

fn type_last(t: &syn::Type) -> TokenSpan {
    match t {
        syn::Type::Path(p) => path_last(&p.path),
        syn::Type::Ptr(p) => type_last_of_pointer(p),
        other => other.span(),
    }
}

fn type_last_of_pointer(mut p: &syn::TypePtr) -> TokenSpan {
    loop {
        match &*p.elem {
            syn::Type::Ptr(inner) => p = inner,
            syn::Type::Path(path) => return path_last(&path.path),
            other => return other.span(),
        }
    }
}

fn label(l: Option<&syn::Label>) -> Option<TokenSpan> {
    l.map(|l| l.name.apostrophe)
}

fn close(b: &syn::Block) -> TokenSpan {
    b.brace_token.span.close()
}

fn limits(l: &RangeLimits) -> TokenSpan {
    match l {
        RangeLimits::HalfOpen(t) => t.spans[0],
        RangeLimits::Closed(t) => t.spans[0],
    }
}

fn stream_first(s: &TokenStream) -> TokenSpan {
    s.clone().into_iter().next().map_or_else(TokenSpan::call_site, |t| t.span())
}

fn stream_last(s: &TokenStream) -> TokenSpan {
    s.clone().into_iter().last().map_or_else(TokenSpan::call_site, |t| t.span())
}
