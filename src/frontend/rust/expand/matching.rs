//! Which arm of a macro takes a call, and what its variables stand for then.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use rustc_hash::FxHashMap;
use syn::buffer::Cursor;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseBuffer, ParseStream, Parser};
use syn::{Expr, Pat, Type};

use super::rules::{Arm, Kind, Matcher, Operator, Plain, Repeat, Rules};
use super::{size, spend};

/// What a variable stands for.
#[derive(Clone)]
pub(super) enum Bound {
    One(Fragment),
    /// One for each time that the repetition around it was taken.
    Many(Vec<Bound>),
}

/// Tokens that a variable stands for, and how many they are.
#[derive(Clone)]
pub(super) struct Fragment {
    pub(super) kind: Kind,
    pub(super) tokens: TokenStream,
    pub(super) size: usize,
}

/// The variables of a call.
pub(super) type Bindings = FxHashMap<String, Bound>;

/// The first arm that takes all of the input, with its variables. Each arm that is tried takes `fuel`, since it reads the input.
pub(super) fn matching<'r>(rules: &'r Rules, input: TokenStream, fuel: &mut usize) -> Option<(&'r Arm, Bindings)> {
    let cost = size(&input) + 1;
    let parser = |stream: ParseStream<'_>| {
        for arm in &rules.0 {
            spend(fuel, cost).ok_or_else(|| stream.error("too long"))?;
            let ahead = stream.fork();
            let mut bindings = Bindings::default();
            if all(&arm.takes, &ahead, &mut bindings).is_ok() && ahead.is_empty() {
                stream.advance_to(&ahead);
                return Ok((arm, bindings));
            }
        }
        Err(stream.error("no arm"))
    };
    parser.parse2(input).ok()
}

/// Matches in a row.
fn all(matchers: &[Matcher], input: ParseStream<'_>, out: &mut Bindings) -> syn::Result<()> {
    for m in matchers {
        match m {
            Matcher::Token(t) => token(t, input)?,
            Matcher::Group(delimiter, inner) => {
                let content = inside(*delimiter, input)?;
                all(inner, &content, out)?;
                if !content.is_empty() {
                    return Err(content.error("too much"));
                }
            }
            Matcher::Fragment(name, kind) => {
                let tokens = fragment(*kind, input)?;
                let size = size(&tokens);
                out.insert(name.clone(), Bound::One(Fragment { kind: *kind, tokens, size }));
            }
            Matcher::Repeat(r) => repeat(r, input, out)?,
        }
    }
    Ok(())
}

/// As many times as it goes.
fn repeat(r: &Repeat<Matcher, Plain>, input: ParseStream<'_>, out: &mut Bindings) -> syn::Result<()> {
    let mut taken: FxHashMap<&str, Vec<Bound>> = r.names.iter().map(|n| (n.as_str(), vec![])).collect();
    let mut count = 0;
    while !input.is_empty() && (r.times != '?' || count == 0) {
        let ahead = input.fork();
        let mut once = Bindings::default();
        let separated = count == 0 || r.separator.iter().all(|t| token(t, &ahead).is_ok());
        if !separated || all(&r.inner, &ahead, &mut once).is_err() || ahead.cursor() == input.cursor() {
            break;
        }
        input.advance_to(&ahead);
        for (name, bound) in once {
            taken.entry(r.names.iter().find(|n| **n == name).map_or("", String::as_str)).or_default().push(bound);
        }
        count += 1;
    }
    if r.times == '+' && count == 0 {
        return Err(input.error("at least one"));
    }
    out.extend(taken.into_iter().map(|(name, all)| (name.to_owned(), Bound::Many(all))));
    Ok(())
}

/// What is in a group of that delimiter.
fn inside<'a>(delimiter: Delimiter, input: ParseStream<'a>) -> syn::Result<ParseBuffer<'a>> {
    let content;
    match delimiter {
        Delimiter::Parenthesis => drop(syn::parenthesized!(content in input)),
        Delimiter::Bracket => drop(syn::bracketed!(content in input)),
        Delimiter::Brace | Delimiter::None => drop(syn::braced!(content in input)),
    }
    Ok(content)
}

/// Takes one token if it is this one.
fn token(plain: &Plain, input: ParseStream<'_>) -> syn::Result<()> {
    input.step(|cursor| {
        let found = match plain {
            Plain::Ident(text) => cursor.ident().filter(|(i, _)| i == text).map(|(_, rest)| rest),
            Plain::Lifetime(text) => cursor.lifetime().filter(|(l, _)| l.ident == text).map(|(_, rest)| rest),
            Plain::Literal(text) => cursor.literal().filter(|(l, _)| l.to_string() == *text).map(|(_, rest)| rest),
            Plain::Operator(text) => operator(*cursor).filter(|(o, _)| o == text).map(|(_, rest)| rest),
        };
        found.map(|rest| ((), rest)).ok_or_else(|| cursor.error("another token"))
    })
}

fn operator(cursor: Cursor<'_>) -> Option<(String, Cursor<'_>)> {
    let (first, mut rest) = cursor.punct()?;
    let mut operator = Operator::new(&first);
    while let Some((next, after)) = rest.punct()
        && operator.takes(&next)
    {
        rest = after;
    }
    Some((operator.text, rest))
}

/// Takes a fragment and gives its tokens.
fn fragment(kind: Kind, input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let begin = input.cursor();
    match kind {
        Kind::Block => one(input, |t| matches!(t, TokenTree::Group(g) if matches!(g.delimiter(), Delimiter::Brace | Delimiter::None)))?,
        Kind::Expr => expression(input)?,
        Kind::Ident => input.step(|c| c.ident().filter(|(i, _)| i != "_").map(|(_, rest)| ((), rest)).ok_or_else(|| c.error("no name")))?,
        Kind::Item => drop(input.parse::<syn::Item>()?),
        Kind::Lifetime => drop(input.parse::<syn::Lifetime>()?),
        Kind::Literal => {
            input.parse::<Option<syn::Token![-]>>()?;
            input.parse::<syn::Lit>()?;
        }
        Kind::Meta => drop(input.parse::<syn::Meta>()?),
        Kind::Pat => drop(Pat::parse_multi_with_leading_vert(input)?),
        Kind::PatWithoutBar => drop(Pat::parse_single(input)?),
        Kind::Path => drop(input.parse::<syn::Path>()?),
        Kind::Stmt => statement(input)?,
        Kind::Tt => any(input)?,
        Kind::Ty => drop(Type::without_plus(input)?),
        Kind::Vis => drop(input.parse::<syn::Visibility>()?),
    }
    between(begin, input.cursor()).ok_or_else(|| input.error("ends within a group"))
}

/// An expression, which `_` and `let` do not begin.
fn expression(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(syn::Token![_]) || input.peek(syn::Token![let]) {
        return Err(input.error("no expression"));
    }
    input.parse::<Expr>().map(drop)
}

/// A statement without its semicolon.
fn statement(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(syn::Token![let]) {
        while !input.is_empty() && !input.peek(syn::Token![;]) {
            any(input)?;
        }
        return Ok(());
    }
    let ahead = input.fork();
    if ahead.parse::<syn::Item>().is_ok() {
        input.advance_to(&ahead);
        return Ok(());
    }
    expression(input)
}

/// A lifetime or one tree of tokens; an operator is taken whole.
fn any(input: ParseStream<'_>) -> syn::Result<()> {
    input.step(|cursor| {
        let tree = cursor.token_tree();
        let whole = match &tree {
            Some((TokenTree::Punct(p), _)) if p.as_char() == '\'' => cursor.lifetime().map(|(_, rest)| rest),
            Some((TokenTree::Punct(_), _)) => operator(*cursor).map(|(_, rest)| rest),
            _ => None,
        };
        whole.or(tree.map(|(_, rest)| rest)).map(|rest| ((), rest)).ok_or_else(|| cursor.error("nothing left"))
    })
}

fn one(input: ParseStream<'_>, wanted: impl FnOnce(&TokenTree) -> bool) -> syn::Result<()> {
    input.step(|c| c.token_tree().filter(|(t, _)| wanted(t)).map(|(_, rest)| ((), rest)).ok_or_else(|| c.error("another token")))
}

/// The tokens from one place to another, unless that is within a group.
fn between(mut at: Cursor<'_>, end: Cursor<'_>) -> Option<TokenStream> {
    let mut out = vec![];
    while at != end {
        let (token, rest) = at.token_tree()?;
        out.push(token);
        at = rest;
    }
    Some(out.into_iter().collect())
}
