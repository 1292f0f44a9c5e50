//! From text to a syntax tree: byte order mark and `#!` line aside, item by item where the whole does not parse.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::Item;

use super::depth::weight;
use super::place::Places;
use crate::ir::Problem;
use crate::source::Span;

/// What could be read of a file.
pub(super) struct Parsed {
    pub(super) attrs: Vec<syn::Attribute>,
    pub(super) items: Vec<Item>,
    pub(super) problems: Vec<Problem>,
}

/// The part of a file that is Rust (no byte order mark, `#!` line, front matter), and how many bytes stand before it.
pub(super) fn rust_part(text: &str) -> (usize, &str) {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_shebang = body.strip_prefix("#!").is_some_and(|rest| !rest.trim_start().starts_with('['));
    let body = if is_shebang { body.find('\n').map_or("", |at| &body[at..]) } else { body };
    let body = without_front_matter(body);
    (text.len() - body.len(), body)
}

/// What follows the `---` block that a script may begin with.
fn without_front_matter(body: &str) -> &str {
    let Some(block) = body.trim_start().strip_prefix("---") else { return body };
    block.find("\n---").map_or(body, |end| block[end + 1..].trim_start_matches('-'))
}

/// The tokens of a text, or why there are none.
pub(super) fn lex(body: &str, places: &Places) -> Result<TokenStream, Problem> {
    body.parse().map_err(|e: proc_macro2::LexError| Problem {
        span: places.token(e.span()),
        message: "this is not Rust: unknown token or unbalanced bracket".into(),
    })
}

/// Parses tokens of this weight; no more than `limit` at once. What fails is reported; the items around it are kept.
pub(super) fn parse(tokens: TokenStream, weight: usize, limit: usize, places: &Places) -> Parsed {
    let whole = if weight <= limit { syn::parse2::<syn::File>(tokens.clone()).ok() } else { None };
    if let Some(file) = whole {
        return Parsed { attrs: file.attrs, items: file.items, problems: vec![] };
    }
    let mut parsed = Parsed { attrs: vec![], items: vec![], problems: vec![] };
    for tokens in split(tokens) {
        parsed.item(tokens, limit, places);
    }
    parsed
}

impl Parsed {
    fn item(&mut self, tokens: TokenStream, limit: usize, places: &Places) {
        if weight(tokens.clone()) > limit {
            let span = ends(&tokens).map_or(Span::default(), |(a, b)| places.between(a, b));
            self.problems.push(Problem { span, message: "nested too deep; this item is not analysed".into() });
            return;
        }
        match syn::parse2::<syn::File>(tokens) {
            Ok(file) => {
                self.attrs.extend(file.attrs);
                self.items.extend(file.items);
            }
            Err(e) => {
                let message = e.to_string().replace('\n', " ");
                self.problems.push(Problem { span: places.token(e.span()), message: format!("syntax error: {message}") });
            }
        }
    }
}

fn ends(tokens: &TokenStream) -> Option<(proc_macro2::Span, proc_macro2::Span)> {
    let mut all = tokens.clone().into_iter();
    let first = all.next()?.span();
    Some((first, all.last().map_or(first, |t| t.span())))
}

/// Splits a file at the ends of its items: `;`, or `{…}` unless an operator follows.
fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut out = vec![];
    let mut item: Vec<TokenTree> = vec![];
    let mut tokens = tokens.into_iter().peekable();
    while let Some(t) = tokens.next() {
        let ends = match &t {
            TokenTree::Punct(p) => p.as_char() == ';',
            TokenTree::Group(g) => g.delimiter() == Delimiter::Brace && !continues(tokens.peek()),
            _ => false,
        };
        item.push(t);
        if ends {
            out.push(std::mem::take(&mut item).into_iter().collect());
        }
    }
    if !item.is_empty() {
        out.push(item.into_iter().collect());
    }
    out
}

pub(super) fn continues(next: Option<&TokenTree>) -> bool {
    match next {
        Some(TokenTree::Punct(p)) => p.as_char() != '#' && !(p.as_char() == ':' && p.spacing() == Spacing::Joint),
        Some(TokenTree::Ident(i)) => i == "from" || i == "as" || i == "else",
        _ => false,
    }
}
