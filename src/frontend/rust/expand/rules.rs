//! A `macro_rules!` definition taken apart: what each of its arms takes and what it makes of it.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, TokenStream, TokenTree};

/// The arms of one macro, in order.
pub(super) struct Rules(pub(super) Vec<Arm>);

/// `(takes) => { makes }`.
pub(super) struct Arm {
    pub(super) takes: Vec<Matcher>,
    pub(super) makes: Vec<Piece>,
}

/// What an arm takes.
pub(super) enum Matcher {
    /// Exactly this.
    Token(Plain),
    Group(Delimiter, Vec<Matcher>),
    /// `$name:kind`.
    Fragment(String, Kind),
    Repeat(Repeat<Matcher, Plain>),
}

/// A token that stands for itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Plain {
    Ident(String),
    Lifetime(String),
    Literal(String),
    /// All of `=>`, `::`, `..=`.
    Operator(String),
}

/// What an arm makes.
pub(super) enum Piece {
    Token(TokenTree),
    Group(Delimiter, Vec<Piece>),
    /// `$name`, if something has that name.
    Variable(Ident),
    /// `$crate`.
    Crate,
    Repeat(Repeat<Piece, TokenTree>),
}

/// `$(inner) separator times`.
pub(super) struct Repeat<T, S> {
    pub(super) inner: Vec<T>,
    pub(super) separator: Vec<S>,
    pub(super) times: char,
    /// The variables in it, at any depth.
    pub(super) names: Vec<String>,
}

/// What a variable takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Block,
    Expr,
    Ident,
    Item,
    Lifetime,
    Literal,
    Meta,
    Pat,
    PatWithoutBar,
    Path,
    Stmt,
    Tt,
    Ty,
    Vis,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "block" => Self::Block,
            "expr" | "expr_2021" => Self::Expr,
            "ident" => Self::Ident,
            "item" => Self::Item,
            "lifetime" => Self::Lifetime,
            "literal" => Self::Literal,
            "meta" => Self::Meta,
            "pat" => Self::Pat,
            "pat_param" => Self::PatWithoutBar,
            "path" => Self::Path,
            "stmt" => Self::Stmt,
            "tt" => Self::Tt,
            "ty" => Self::Ty,
            "vis" => Self::Vis,
            _ => return None,
        })
    }
}

impl Rules {
    /// The arms between the brackets of a definition; `None` if that is no definition.
    pub(super) fn parse(tokens: TokenStream) -> Option<Self> {
        let tokens = flat(tokens);
        let mut arms = vec![];
        let mut rest = &tokens[..];
        while let [TokenTree::Group(takes), TokenTree::Punct(equals), TokenTree::Punct(greater), TokenTree::Group(makes), after @ ..] = rest
        {
            if (equals.as_char(), greater.as_char()) != ('=', '>') {
                return None;
            }
            arms.push(Arm { takes: matchers(&flat(takes.stream()))?, makes: pieces(&flat(makes.stream())) });
            rest = match after {
                [TokenTree::Punct(p), after @ ..] if p.as_char() == ';' => after,
                [] => after,
                _ => return None,
            };
        }
        (rest.is_empty() && !arms.is_empty()).then_some(Self(arms))
    }
}

/// Tokens in a row, those of groups without brackets among them.
pub(super) fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    let mut out = vec![];
    let mut left = vec![tokens.into_iter()];
    while let Some(top) = left.last_mut() {
        match top.next() {
            Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::None => left.push(g.stream().into_iter()),
            Some(token) => out.push(token),
            None => {
                left.pop();
            }
        }
    }
    out
}

fn matchers(tokens: &[TokenTree]) -> Option<Vec<Matcher>> {
    let mut out = vec![];
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if let Some((variable, kind, after)) = fragment(first, after) {
            out.push(Matcher::Fragment(variable.to_string(), Kind::of(&kind.to_string())?));
            rest = after;
        } else if let Some((group, separator, times, after)) = repetition(first, after) {
            let inner = matchers(&flat(group.stream()))?;
            let mut names = vec![];
            names_taken(&inner, &mut names);
            out.push(Matcher::Repeat(Repeat { inner, separator: plain(separator), times, names }));
            rest = after;
        } else if let TokenTree::Group(g) = first {
            out.push(Matcher::Group(g.delimiter(), matchers(&flat(g.stream()))?));
        } else {
            let (token, after) = plain_token(first, after);
            out.push(Matcher::Token(token));
            rest = after;
        }
    }
    Some(out)
}

fn names_taken(matchers: &[Matcher], out: &mut Vec<String>) {
    for m in matchers {
        match m {
            Matcher::Fragment(name, _) => out.push(name.clone()),
            Matcher::Group(_, inner) => names_taken(inner, out),
            Matcher::Repeat(r) => out.extend(r.names.iter().cloned()),
            Matcher::Token(_) => {}
        }
    }
}

fn pieces(tokens: &[TokenTree]) -> Vec<Piece> {
    let mut out = vec![];
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if let Some((group, separator, times, after)) = repetition(first, after) {
            let inner = pieces(&flat(group.stream()));
            let mut names = vec![];
            names_made(&inner, &mut names);
            out.push(Piece::Repeat(Repeat { inner, separator: separator.to_vec(), times, names }));
            rest = after;
        } else if let (true, [TokenTree::Ident(name), after @ ..]) = (is(first, '$'), after) {
            out.push(if name == "crate" { Piece::Crate } else { Piece::Variable(name.clone()) });
            rest = after;
        } else if let TokenTree::Group(g) = first {
            out.push(Piece::Group(g.delimiter(), pieces(&flat(g.stream()))));
        } else {
            out.push(Piece::Token(first.clone()));
        }
    }
    out
}

fn names_made(pieces: &[Piece], out: &mut Vec<String>) {
    for p in pieces {
        match p {
            Piece::Variable(name) => out.push(name.to_string()),
            Piece::Group(_, inner) => names_made(inner, out),
            Piece::Repeat(r) => out.extend(r.names.iter().cloned()),
            Piece::Token(_) | Piece::Crate => {}
        }
    }
}

/// `$name:kind` and what follows it.
fn fragment<'a>(first: &TokenTree, after: &'a [TokenTree]) -> Option<(&'a Ident, &'a Ident, &'a [TokenTree])> {
    match after {
        [TokenTree::Ident(name), colon, TokenTree::Ident(kind), after @ ..] if is(first, '$') && is(colon, ':') => {
            Some((name, kind, after))
        }
        _ => None,
    }
}

type Repetition<'a> = (&'a Group, &'a [TokenTree], char, &'a [TokenTree]);

/// `$(…) separator times` and what follows it.
fn repetition<'a>(first: &TokenTree, after: &'a [TokenTree]) -> Option<Repetition<'a>> {
    let (TokenTree::Group(group), after) = after.split_first()? else { return None };
    if !is(first, '$') || group.delimiter() != Delimiter::Parenthesis {
        return None;
    }
    let length = if times(after.first()?).is_some() { 0 } else { token_length(after) };
    let times = times(after.get(length)?)?;
    Some((group, &after[..length], times, &after[length + 1..]))
}

fn times(token: &TokenTree) -> Option<char> {
    match token {
        TokenTree::Punct(p) if matches!(p.as_char(), '*' | '+' | '?') => Some(p.as_char()),
        _ => None,
    }
}

/// Whether a token is this character.
pub(super) fn is(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(p) if p.as_char() == c)
}

fn plain(tokens: &[TokenTree]) -> Vec<Plain> {
    let mut out = vec![];
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        let (token, after) = plain_token(first, after);
        out.push(token);
        rest = after;
    }
    out
}

fn plain_token<'a>(first: &TokenTree, after: &'a [TokenTree]) -> (Plain, &'a [TokenTree]) {
    match (first, after) {
        (TokenTree::Punct(p), [TokenTree::Ident(name), after @ ..]) if p.as_char() == '\'' => (Plain::Lifetime(name.to_string()), after),
        (TokenTree::Punct(p), _) => {
            let mut operator = Operator::new(p);
            let mut length = 0;
            while matches!(after.get(length), Some(TokenTree::Punct(p)) if operator.takes(p)) {
                length += 1;
            }
            (Plain::Operator(operator.text), &after[length..])
        }
        (TokenTree::Ident(i), _) => (Plain::Ident(i.to_string()), after),
        (other, _) => (Plain::Literal(other.to_string()), after),
    }
}

/// How many tokens of the parser's make the first token of the language.
fn token_length(tokens: &[TokenTree]) -> usize {
    tokens.split_first().map_or(0, |(first, after)| tokens.len() - plain_token(first, after).1.len())
}

/// An operator of one or more characters that is being read.
pub(super) struct Operator {
    pub(super) text: String,
    joint: bool,
}

impl Operator {
    pub(super) fn new(first: &Punct) -> Self {
        Self { text: first.as_char().to_string(), joint: first.spacing() == Spacing::Joint }
    }

    /// Takes the next character if that makes a longer operator.
    pub(super) fn takes(&mut self, next: &Punct) -> bool {
        let longer = format!("{}{}", self.text, next.as_char());
        let goes_on = self.joint && OPERATORS.contains(&&*longer);
        if goes_on {
            self.text = longer;
            self.joint = next.spacing() == Spacing::Joint;
        }
        goes_on
    }
}

const OPERATORS: &[&str] = &[
    "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "<<", ">>", "->", "=>", "::", "..", "<<=", ">>=",
    "...", "..=",
];
