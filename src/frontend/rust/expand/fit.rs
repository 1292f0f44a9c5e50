//! What a call made, put where the call stood: items, statements, or one expression, type or pattern. What does not parse there is
//! not taken.

use proc_macro2::{Delimiter, Group, Punct, Spacing, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};

use super::rules::is;
use super::{Call, Queue};

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A statement or item with its semicolon.
    Statement,
    /// A statement or item that more follow, with braces and without a semicolon.
    Braced,
    /// The last of a block or file.
    Last,
    /// Within something else.
    Part,
}

impl Place {
    /// The place of a call from what stands before and after it.
    pub(super) fn of(out: &[TokenTree], queue: &Queue, call: &Call, statements: bool) -> Self {
        let begins = match &out[..call.attrs] {
            [] => true,
            // `#![…]` stands before all items.
            [.., bang, TokenTree::Group(g)] if is(bang, '!') && g.delimiter() == Delimiter::Bracket => true,
            [.., TokenTree::Group(g)] => g.delimiter() == Delimiter::Brace,
            [.., before] => is(before, ';'),
        };
        if !begins || !statements {
            return Self::Part;
        }
        let goes_on = |t: &TokenTree| ['.', '?', '=', ','].iter().any(|c| is(t, *c));
        match queue.get(1) {
            None => Self::Last,
            Some((t, _)) if is(t, ';') => Self::Statement,
            Some((t, _)) if call.args.delimiter() == Delimiter::Brace && !goes_on(t) => Self::Braced,
            Some(_) => Self::Part,
        }
    }

    /// Whether what the call makes stands in a row with other statements.
    pub(super) fn is_statement(self) -> bool {
        self != Self::Part
    }

    /// How many tokens after the `!` the call takes.
    pub(super) fn taken(self) -> usize {
        if self == Self::Statement { 2 } else { 1 }
    }
}

/// What a call made, as it can stand in its place.
pub(super) fn fitted(made: TokenStream, place: Place, span: Span) -> Option<TokenStream> {
    if place == Place::Part {
        return part(made, span);
    }
    if parses::<syn::File>(&made) {
        return Some(made);
    }
    let mut ended = made.clone();
    if place != Place::Last {
        let mut semicolon = Punct::new(';', Spacing::Alone);
        semicolon.set_span(span);
        ended.extend([TokenTree::from(semicolon)]);
    }
    if are_statements(&ended) {
        return Some(ended);
    }
    are_members(&made).then_some(made)
}

/// An expression, type or pattern, in a group without brackets unless it is a single token. Statements become a block.
fn part(made: TokenStream, span: Span) -> Option<TokenStream> {
    let mut tokens = made.clone().into_iter();
    let is_single = tokens.next().is_some() && tokens.next().is_none();
    let delimiter = if parses::<syn::Expr>(&made) {
        Delimiter::None
    } else if !made.is_empty() && are_statements(&made) {
        Delimiter::Brace
    } else if parses::<syn::Type>(&made) || syn::Pat::parse_multi_with_leading_vert.parse2(made.clone()).is_ok() {
        Delimiter::None
    } else {
        return None;
    };
    if is_single && delimiter == Delimiter::None {
        return Some(made);
    }
    let mut group = Group::new(delimiter, made);
    group.set_span(span);
    Some(TokenTree::from(group).into())
}

fn parses<T: syn::parse::Parse>(tokens: &TokenStream) -> bool {
    syn::parse2::<T>(tokens.clone()).is_ok()
}

fn are_statements(tokens: &TokenStream) -> bool {
    syn::Block::parse_within.parse2(tokens.clone()).is_ok()
}

/// Members of an implementation or trait.
fn are_members(tokens: &TokenStream) -> bool {
    let members = |input: ParseStream<'_>| {
        while !input.is_empty() {
            input.parse::<syn::ImplItem>()?;
        }
        Ok(())
    };
    members.parse2(tokens.clone()).is_ok()
}
