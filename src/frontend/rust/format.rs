//! Format strings: text and holes.

use proc_macro2::TokenStream;
use syn::Expr;

use super::build::Lowering;
use super::expr::{literal_text, single_name};
use crate::ir::{Piece, Value, Var};
use crate::source::{Span, Sym};

/// What a hole of a template asks for.
#[derive(Debug, PartialEq, Eq)]
enum Hole {
    /// The next argument.
    Next,
    /// An argument by number.
    Index(usize),
    /// A named argument or a variable.
    Name(String),
}

/// A part of a template.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// A hole, and whether `.*` takes an argument of its own before it.
    Hole(Hole, bool),
}

/// Takes a template apart; a brace that closes nothing is text.
fn parts(template: &str) -> Vec<Part> {
    let mut out = vec![];
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let tail = &rest[at..];
        if tail.starts_with("{{") || tail.starts_with("}}") {
            text.push_str(&tail[..1]);
            rest = &tail[2..];
        } else if let Some(end) = tail.find('}').filter(|_| tail.starts_with('{')) {
            if !text.is_empty() {
                out.push(Part::Text(std::mem::take(&mut text)));
            }
            out.push(hole(&tail[1..end]));
            rest = &tail[end + 1..];
        } else {
            text.push_str(&tail[..1]);
            rest = &tail[1..];
        }
    }
    text.push_str(rest);
    if !text.is_empty() {
        out.push(Part::Text(text));
    }
    out
}

fn hole(inner: &str) -> Part {
    let (argument, spec) = inner.split_once(':').unwrap_or((inner, ""));
    let argument = argument.trim();
    let hole = match argument.parse() {
        _ if argument.is_empty() => Hole::Next,
        Ok(n) => Hole::Index(n),
        Err(_) => Hole::Name(argument.trim_start_matches("r#").to_owned()),
    };
    Part::Hole(hole, spec.contains(".*"))
}

impl Lowering {
    /// The text that a template and its arguments give, with `end` after it. Without a literal template: what carries the arguments.
    pub(super) fn format(&mut self, args: &[Expr], end: &str, span: Span) -> Var {
        let Some((template, args)) = args.split_first() else {
            return self.let_temp(Value::Str(Sym::new(end)), span);
        };
        let Some(text) = template_text(template) else {
            let all = std::iter::once(template).chain(args).map(|e| self.expr(e)).collect();
            return self.let_temp(Value::Derived(all), span);
        };
        let mut positional = vec![];
        let mut named = vec![];
        for arg in args {
            match arg {
                Expr::Assign(a) if single_name(&a.left).is_some() => {
                    let name = single_name(&a.left).unwrap_or_else(|| Sym::new(""));
                    let value = self.expr(&a.right);
                    named.push((name, value));
                    positional.push(value);
                }
                other => positional.push(self.expr(other)),
            }
        }
        self.fill(&parts(&(text + end)), &positional, &named, span)
    }

    fn fill(&mut self, parts: &[Part], positional: &[Var], named: &[(Sym, Var)], span: Span) -> Var {
        if let [Part::Text(only)] = parts {
            return self.let_temp(Value::Str(Sym::new(only)), span);
        }
        let mut next = 0;
        let mut pieces = vec![];
        for part in parts {
            let piece = match part {
                Part::Text(t) => Piece::Text(Sym::new(t)),
                Part::Hole(hole, star) => {
                    next += usize::from(*star);
                    let var = match hole {
                        Hole::Index(n) => positional.get(*n).copied(),
                        Hole::Name(name) => Some(self.named_hole(name, named, span)),
                        Hole::Next => {
                            next += 1;
                            positional.get(next - 1).copied()
                        }
                    };
                    Piece::Var(var.unwrap_or_else(|| self.let_temp(Value::Unknown, span)))
                }
            };
            pieces.push(piece);
        }
        self.let_temp(if pieces.is_empty() { Value::Str(Sym::new("")) } else { Value::Format(pieces) }, span)
    }

    fn named_hole(&mut self, name: &str, named: &[(Sym, Var)], span: Span) -> Var {
        let name = Sym::new(name);
        let given = named.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
        given.or_else(|| self.lookup(name)).unwrap_or_else(|| self.let_temp(Value::Name(name), span))
    }
}

/// A literal template, also `concat!` of literals.
fn template_text(e: &Expr) -> Option<String> {
    match e {
        Expr::Macro(m) if m.mac.path.is_ident("concat") => concat_text(m.mac.tokens.clone()),
        e => literal_text(e),
    }
}

/// The text of `concat!` over literals only.
pub(super) fn concat_text(tokens: TokenStream) -> Option<String> {
    let args = super::macros::expressions(tokens)?;
    args.iter()
        .map(|e| match super::expr::peel(e) {
            Expr::Lit(l) => match super::attr::literal(&l.lit) {
                Value::Str(s) => Some(s.as_str().to_owned()),
                Value::Int(n) => Some(n.to_string()),
                Value::Bool(b) => Some(b.to_string()),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Hole, Part, parts};

    #[test]
    fn templates_split_into_text_and_holes() {
        let text = |t: &str| Part::Text(t.into());
        assert_eq!(parts("a{}b"), [text("a"), Part::Hole(Hole::Next, false), text("b")]);
        assert_eq!(parts("{{{0:?}}}"), [text("{"), Part::Hole(Hole::Index(0), false), text("}")]);
        assert_eq!(parts("{name:>8.*}"), [Part::Hole(Hole::Name("name".into()), true)]);
        assert_eq!(parts("ä}{"), [text("ä}{")]);
        assert_eq!(parts(""), []);
    }
}
