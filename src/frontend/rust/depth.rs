//! How deep the syntax tree of some tokens can be, counted before parsing: the parser, the tree's drop and every
//! walk over it recurse that deep.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// One level of brackets that is being counted.
struct Level {
    tokens: proc_macro2::token_stream::IntoIter,
    /// Depth of what encloses it.
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
    Other,
}

/// An upper bound of the depth of the syntax tree that any parser of Rust makes of the tokens: the brackets and operators
/// that stand around or before a token, back to the last separator.
pub(super) fn depth(tokens: TokenStream) -> usize {
    let level = |tokens: TokenStream, outer| Level { tokens: tokens.into_iter(), outer, run: 0, open: 0, before: Before::Other };
    let mut stack = vec![level(tokens, 0)];
    let mut deepest = 0;
    while let Some(top) = stack.last_mut() {
        let Some(token) = top.tokens.next() else {
            stack.pop();
            continue;
        };
        top.count(&token);
        let here = top.outer + top.run + top.open;
        deepest = deepest.max(here);
        if let TokenTree::Group(g) = token {
            stack.push(level(g.stream(), here + 1));
        }
    }
    deepest
}

impl Level {
    fn count(&mut self, token: &TokenTree) {
        if self.before == Before::Braces && begins_statement(token) {
            self.run = 0;
            self.open = 0;
        }
        let mut before = Before::Other;
        match token {
            TokenTree::Group(g) => {
                self.run += 1;
                if g.delimiter() == Delimiter::Brace {
                    before = Before::Braces;
                }
            }
            TokenTree::Ident(i) => self.run += usize::from(is_keyword(&i.to_string())),
            TokenTree::Literal(_) => {}
            TokenTree::Punct(p) => {
                let c = p.as_char();
                self.punct(c);
                if p.spacing() == Spacing::Joint {
                    before = Before::Joint(c);
                }
            }
        }
        self.before = before;
    }

    fn punct(&mut self, c: char) {
        match (c, self.before) {
            (';', _) => (self.run, self.open) = (0, 0),
            (',', _) => self.run = 0,
            // `::`, `->`, `=>`, `==`, `+=` count once.
            (':' | '=', Before::Joint(_)) | ('>', Before::Joint('-' | '=')) => {}
            ('>', _) => self.open = self.open.saturating_sub(1),
            ('<' | '|', _) => self.open += 1,
            _ => self.run += 1,
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
    use super::depth;

    fn of(text: &str) -> usize {
        depth(text.parse().expect("tokens"))
    }

    #[test]
    fn nesting_counts_and_rows_do_not() {
        assert!(of(&"(".repeat(50).chars().chain(")".repeat(50).chars()).collect::<String>()) >= 50);
        assert!(of(&"fn f() { g(); h(); }\n".repeat(100)) < 10);
        assert!(of(&format!("[{}]", "a.b(), ".repeat(100))) < 10);
    }

    #[test]
    fn operators_and_keywords_in_a_row_count() {
        assert!(of(&format!("a{}", "+ a".repeat(60))) >= 60);
        assert!(of(&format!("a{}", ".b()".repeat(60))) >= 60);
        assert!(of(&format!("{}x", "!".repeat(60))) >= 60);
        assert!(of(&format!("if a {{}} {}", "else if b {} ".repeat(60))) >= 60);
        assert!(of(&format!("{}u8{}", "A<u8, ".repeat(60), ">".repeat(60))) >= 60);
        assert!(of(&format!("{}x", "|a, b| ".repeat(60))) >= 60);
        assert!(of(&format!("use {}z;", "a::".repeat(60))) >= 60);
    }
}
