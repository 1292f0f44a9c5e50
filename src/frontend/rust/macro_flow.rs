//! Macros that branch or wait: `matches!`, `join!`, `select!`.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Pat, Token};

use super::build::Lowering;
use super::expr::{Want, single_name};
use super::macros::expressions;
use super::pattern::Tests;
use crate::ir::{Arm, Op, Value, Var};
use crate::source::{Span, Sym};

/// `pattern = future, if condition => handler` of a `select!`; `else` has no pattern.
struct Choice {
    awaited: Option<(Pat, Expr)>,
    condition: Option<Expr>,
    handler: Expr,
}

fn choices(input: ParseStream<'_>) -> syn::Result<Vec<Choice>> {
    if input.peek(syn::Ident) && input.peek2(Token![;]) {
        input.parse::<syn::Ident>()?;
        input.parse::<Token![;]>()?;
    }
    let mut out = vec![];
    while !input.is_empty() {
        let mut choice = Choice { awaited: None, condition: None, handler: Expr::PLACEHOLDER };
        if input.peek2(Token![=>]) {
            // `else`, `default`, `complete`
            input.call(<syn::Ident as syn::ext::IdentExt>::parse_any)?;
        } else {
            let pat = Pat::parse_multi_with_leading_vert(input)?;
            input.parse::<Token![=]>()?;
            choice.awaited = Some((pat, input.parse()?));
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
                input.parse::<Token![if]>()?;
                choice.condition = Some(input.parse()?);
            }
        }
        input.parse::<Token![=>]>()?;
        choice.handler = if input.peek(syn::token::Brace) {
            let block = input.parse()?;
            Expr::Block(syn::ExprBlock { attrs: vec![], label: None, block })
        } else {
            input.parse()?
        };
        input.parse::<Option<Token![,]>>()?;
        out.push(choice);
    }
    Ok(out)
}

fn matching(input: ParseStream<'_>) -> syn::Result<(Expr, Pat, Option<Expr>)> {
    let value = input.parse()?;
    input.parse::<Token![,]>()?;
    let pat = Pat::parse_multi_with_leading_vert(input)?;
    let guard = match input.parse::<Option<Token![if]>>()? {
        Some(_) => Some(input.parse()?),
        None => None,
    };
    input.parse::<Option<Token![,]>>()?;
    Ok((value, pat, guard))
}

impl Lowering {
    /// `matches!` as a value.
    pub(super) fn matches(&mut self, tokens: TokenStream, span: Span) -> Var {
        self.matches_tests(tokens, span).0
    }

    /// `matches!`: its value, and what it says of the variable that it looks at.
    pub(super) fn matches_tests(&mut self, tokens: TokenStream, span: Span) -> (Var, Tests) {
        let Ok((value, pat, guard)) = matching.parse2(tokens) else {
            return (self.let_temp(Value::Unknown, span), Tests::default());
        };
        let is_variable = single_name(&value).is_some_and(|n| self.lookup(n).is_some());
        let v = self.expr(&value);
        let mut tests = self.pattern_tests(&pat, v, None);
        let mut operands = vec![v];
        operands.extend(tests.yes.iter().map(|t| t.var).filter(|t| *t != v));
        if let Some(guard) = guard {
            self.scoped(span, |s| {
                s.bind_pattern(&pat, v, None, true);
                operands.push(s.expr(&guard));
            });
            tests.no.clear();
        }
        let result = self.let_temp(Value::Operator(Sym::new("matches"), operands), span);
        (result, if is_variable { tests } else { Tests::default() })
    }

    /// `join!`: all are awaited.
    pub(super) fn join_all(&mut self, tokens: TokenStream, span: Span) -> Var {
        let Some(args) = expressions(tokens) else { return self.let_temp(Value::Unknown, span) };
        let futures: Vec<Var> = args.iter().map(|e| self.expr(e)).collect();
        let results = futures.into_iter().map(|f| self.awaited(f, span)).collect();
        self.let_temp(Value::Tuple(results), span)
    }

    fn awaited(&mut self, value: Var, span: Span) -> Var {
        let dst = self.temp();
        self.emit(Op::Await { dst, value, span });
        dst
    }

    /// `select!`: one of the futures is awaited, then its handler runs.
    pub(super) fn select(&mut self, tokens: TokenStream, want: Want<'_>, span: Span) -> Option<Var> {
        let Ok(choices) = choices.parse2(tokens.clone()) else { return self.unknown_macro(tokens, want, span) };
        let result = want.value().then(|| self.temp());
        let mut futures = vec![];
        for c in &choices {
            if let Some(condition) = &c.condition {
                self.statement(condition);
            }
            futures.push(c.awaited.as_ref().map(|(_, future)| self.expr(future)));
        }
        let mut arms = vec![];
        for (c, future) in choices.iter().zip(futures) {
            let body = self.ops(|s| {
                s.scoped(span, |s| {
                    if let (Some((pat, _)), Some(future)) = (&c.awaited, future) {
                        let value = s.awaited(future, span);
                        s.bind_pattern(pat, value, None, true);
                    }
                    s.way(result, span, |s| s.lower(&c.handler, want));
                });
            });
            arms.push(Arm { tests: vec![], body });
        }
        self.emit(Op::Branch { arms, span });
        result
    }
}
