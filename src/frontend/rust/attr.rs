//! Attributes and derives as decorators, and what they say about tests.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Expr, Meta};

use super::build::Lowering;
use super::types::dotted;
use crate::ir::{Decorator, DecoratorArg, Value};
use crate::source::Sym;

/// Whether what an attribute (its content is given) stands before only exists in test builds, or is a test.
pub(super) fn is_test_attribute(content: TokenStream) -> bool {
    let mut name = None;
    for t in content {
        match t {
            TokenTree::Ident(i) => name = Some(i),
            TokenTree::Punct(p) if p.as_char() == ':' => {}
            TokenTree::Group(g) if name.as_ref().is_some_and(|n| n == "cfg") => return says_test(g.stream()),
            TokenTree::Group(_) => break,
            TokenTree::Punct(_) | TokenTree::Literal(_) => return false,
        }
    }
    name.is_some_and(|n| is_test_name(&n.to_string()))
}

fn is_test_name(name: &str) -> bool {
    matches!(name, "test" | "rstest" | "test_case" | "bench" | "proptest" | "quickcheck") || name.ends_with("_test")
}

/// `test` or `all(…, test, …)`; `any` and `not` leave other builds in.
pub(super) fn says_test(tokens: TokenStream) -> bool {
    let mut all = false;
    for t in tokens {
        match t {
            TokenTree::Ident(i) if i == "test" => return true,
            TokenTree::Ident(i) => all = i == "all",
            TokenTree::Group(g) if all && says_test_directly(&g.stream()) => return true,
            _ => {}
        }
    }
    false
}

fn says_test_directly(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|t| matches!(t, TokenTree::Ident(i) if i == "test"))
}

/// Splits tokens at the commas outside any brackets.
pub(super) fn split_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![vec![]];
    for t in tokens {
        if matches!(&t, TokenTree::Punct(p) if p.as_char() == ',') {
            parts.push(vec![]);
        } else if let Some(part) = parts.last_mut() {
            part.push(t);
        }
    }
    parts.into_iter().filter(|p| !p.is_empty()).map(|p| p.into_iter().collect()).collect()
}

impl Lowering {
    /// Attributes as decorators: each derive on its own, documentation left out.
    pub(super) fn decorators(&mut self, attrs: &[Attribute]) -> Vec<Decorator> {
        let mut out = vec![];
        for a in attrs {
            let path = dotted(a.path());
            let span = self.places.between(a.pound_token.spans[0], a.bracket_token.span.close());
            match &a.meta {
                _ if path.as_str() == "doc" => {}
                Meta::List(l) if path.as_str() == "derive" => {
                    let derives = split_commas(l.tokens.clone()).into_iter().filter_map(|t| syn::parse2::<syn::Path>(t).ok());
                    out.extend(derives.map(|p| Decorator { path: dotted(&p), called: false, args: vec![], span }));
                }
                Meta::List(l) => {
                    let args = split_commas(l.tokens.clone()).into_iter().map(decorator_arg).collect();
                    out.push(Decorator { path, called: true, args, span });
                }
                Meta::NameValue(n) => {
                    let args = vec![DecoratorArg { name: None, value: plain(&n.value) }];
                    out.push(Decorator { path, called: false, args, span });
                }
                Meta::Path(_) => out.push(Decorator { path, called: false, args: vec![], span }),
            }
        }
        out
    }
}

fn decorator_arg(tokens: TokenStream) -> DecoratorArg {
    match syn::parse2::<Expr>(tokens) {
        Ok(Expr::Assign(a)) => {
            let name = if let Expr::Path(p) = &*a.left { Some(dotted(&p.path)) } else { None };
            DecoratorArg { name, value: plain(&a.right) }
        }
        Ok(e) => DecoratorArg { name: None, value: plain(&e) },
        Err(_) => DecoratorArg { name: None, value: Value::Unknown },
    }
}

/// A literal or a dotted name.
fn plain(e: &Expr) -> Value {
    match e {
        Expr::Lit(l) => literal(&l.lit),
        Expr::Path(p) if p.qself.is_none() => Value::Name(dotted(&p.path)),
        _ => Value::Unknown,
    }
}

/// The value of a literal.
pub(super) fn literal(lit: &syn::Lit) -> Value {
    match lit {
        syn::Lit::Str(s) => Value::Str(Sym::new(&s.value())),
        syn::Lit::ByteStr(s) => Value::Str(Sym::new(&String::from_utf8_lossy(&s.value()))),
        syn::Lit::CStr(s) => Value::Str(Sym::new(&s.value().to_string_lossy())),
        syn::Lit::Char(c) => Value::Str(Sym::new(&c.value().to_string())),
        syn::Lit::Byte(b) => Value::Int(i64::from(b.value())),
        syn::Lit::Int(i) => i.base10_parse().map_or(Value::Unknown, Value::Int),
        syn::Lit::Bool(b) => Value::Bool(b.value()),
        _ => Value::Unknown,
    }
}
