//! How much stack the syntax tree of some tokens can take, counted before parsing: the parser, the tree's drop and the walks
//! over it recurse as deep as the tree is.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Stack that one unit of weight stands for; the tests nest every construct to see that it is enough.
pub(super) const UNIT: usize = if cfg!(debug_assertions) { 1 << 10 } else { 1 << 8 };
/// What the parser goes deeper for: a bracket, a prefix, a keyword, a type argument.
const NESTED: usize = 64;
/// A step of a path, which nests in `use` only.
const STEP: usize = 16;
/// What only makes the tree deeper on its left: an operator after an operand, a link of a chain.
const CHAINED: usize = 4;

/// One level of brackets that is being counted.
struct Level {
    tokens: proc_macro2::token_stream::IntoIter,
    /// Weight of what encloses it.
    outer: usize,
    /// What the tokens since the last separator may nest.
    run: usize,
    /// What survives a comma: `<` without `>`, and `|`.
    open: usize,
    before: Before,
}

/// The last token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Part of a longer operator, in which the next character does not count.
    Joint(char),
    /// `{…}`, after which a new statement may begin.
    Braces,
    /// Something that an operator may follow.
    Operand,
    Other,
}

/// An upper bound of the weight of the syntax tree that the parser makes of the tokens: the brackets and operators that stand
/// around or before a token, back to the last separator.
pub(super) fn weight(tokens: TokenStream) -> usize {
    let level = |tokens: TokenStream, outer| Level { tokens: tokens.into_iter(), outer, run: 0, open: 0, before: Before::Other };
    let mut stack = vec![level(tokens, 0)];
    let mut most = 0;
    while let Some(top) = stack.last_mut() {
        let Some(token) = top.tokens.next() else {
            stack.pop();
            continue;
        };
        top.count(&token);
        let here = top.outer + top.run + top.open;
        most = most.max(here);
        if let TokenTree::Group(g) = token {
            stack.push(level(g.stream(), here + NESTED));
        }
    }
    most
}

impl Level {
    fn count(&mut self, token: &TokenTree) {
        if self.before == Before::Braces && begins_statement(token) {
            self.run = 0;
            self.open = 0;
        }
        self.before = match token {
            TokenTree::Group(g) => {
                self.run += CHAINED;
                if g.delimiter() == Delimiter::Brace { Before::Braces } else { Before::Operand }
            }
            TokenTree::Ident(i) if is_keyword(&i.to_string()) => {
                self.run += NESTED;
                Before::Other
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => Before::Operand,
            TokenTree::Punct(p) => {
                let c = p.as_char();
                self.punct(c);
                match (c, p.spacing()) {
                    (_, Spacing::Joint) => Before::Joint(c),
                    ('?' | '>', _) => Before::Operand,
                    _ => Before::Other,
                }
            }
        };
    }

    fn punct(&mut self, c: char) {
        let after_operand = matches!(self.before, Before::Operand | Before::Braces);
        match (c, self.before) {
            (';', _) => (self.run, self.open) = (0, 0),
            (',', _) => self.run = 0,
            // The second half of `::`, `=>`, `==`, `+=`.
            (':' | '=', Before::Joint(_)) | ('>', Before::Joint('=')) => {}
            // `->`: the result type of a function type nests.
            ('>', Before::Joint('-')) => self.run += NESTED,
            ('>', _) => self.open = self.open.saturating_sub(NESTED),
            ('<', _) => self.open += NESTED,
            ('|', _) if !after_operand => self.open += NESTED,
            ('=' | '@', _) => self.run += NESTED,
            (':', _) => self.run += STEP,
            _ if after_operand => self.run += CHAINED,
            _ => self.run += NESTED,
        }
    }
}

/// Whether a token after `{…}` cannot go on with the same expression.
fn begins_statement(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(i) => i != "else" && i != "as",
        TokenTree::Punct(p) => matches!(p.as_char(), '#' | '\''),
        TokenTree::Group(_) | TokenTree::Literal(_) => true,
    }
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "as" | "async"
            | "await"
            | "box"
            | "break"
            | "const"
            | "dyn"
            | "else"
            | "fn"
            | "for"
            | "if"
            | "impl"
            | "in"
            | "let"
            | "loop"
            | "match"
            | "move"
            | "mut"
            | "ref"
            | "return"
            | "static"
            | "try"
            | "unsafe"
            | "while"
            | "yield"
    )
}

#[cfg(test)]
mod tests {
    use super::{CHAINED, NESTED, weight};

    fn of(text: &str) -> usize {
        weight(text.parse().expect("tokens"))
    }

    #[test]
    fn rows_weigh_nothing() {
        assert!(of(&"fn f() { g(); h(); }\n".repeat(100)) < 10 * NESTED);
        assert!(of(&format!("[{}]", "a.b(), ".repeat(100))) < 10 * NESTED);
    }

    #[test]
    fn what_nests_weighs_most() {
        let n = 60;
        let nested = [
            format!("{}{}", "(".repeat(n), ")".repeat(n)),
            format!("{}x", "!".repeat(n)),
            format!("{}x", "& ".repeat(n)),
            format!("if a {{}} {}", "else if b {} ".repeat(n)),
            format!("{}u8{}", "A<u8, ".repeat(n), ">".repeat(n)),
            format!("{}x", "|a, b| ".repeat(n)),
            format!("{}x", "|| ".repeat(n)),
            format!("{}x", "a = ".repeat(n)),
            format!("{}x", "Fn() -> ".repeat(n)),
        ];
        for text in nested {
            assert!(of(&text) >= n * NESTED, "{text}");
        }
    }

    #[test]
    fn chains_weigh_less() {
        let n = 60;
        for text in [format!("a{}", "+ a".repeat(n)), format!("a{}", ".b()".repeat(n)), format!("use {}z;", "a::".repeat(n))] {
            assert!((n * CHAINED..n * NESTED / 2).contains(&of(&text)), "{text}");
        }
    }
}
