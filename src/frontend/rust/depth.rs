//! How much stack the syntax tree of some tokens can take, counted before parsing: the parser, the tree's drop and the walks
//! over it recurse as deep as the tree is.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use super::lexer::{self, Kind};

/// Stack that one unit of weight stands for; the tests nest every construct to see that it is enough.
pub(super) const UNIT: usize = if cfg!(debug_assertions) { 1 << 10 } else { 1 << 8 };
/// What the parser goes deeper for: a bracket, a prefix, a keyword, a type argument.
const NESTED: usize = 64;
/// A step of a path, which nests in `use` only.
const STEP: usize = 16;
/// What only makes the tree deeper on its left: an operator after an operand, a link of a chain.
const CHAINED: usize = 4;

/// One level of brackets that is being counted.
#[derive(Default)]
struct Level {
    /// Weight of what encloses it.
    outer: usize,
    /// What the tokens since the last separator may nest.
    run: usize,
    /// What survives a comma: `<` without `>`, and `|`.
    open: usize,
    before: Before,
}

/// A token as far as it matters here.
#[derive(Clone, Copy)]
enum Seen<'a> {
    /// What is in brackets, whether they are braces.
    Group(bool),
    Word(&'a str),
    Literal,
    /// A character, and whether it is part of a longer operator.
    Punct(char, bool),
}

/// The last token.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Before {
    /// Part of a longer operator, in which the next character does not count.
    Joint(char),
    /// `{…}`, after which a new statement may begin.
    Braces,
    /// Something that an operator may follow.
    Operand,
    #[default]
    Other,
}

/// An upper bound of the weight of the syntax tree that the parser makes of the tokens: the brackets and operators that stand
/// around or before a token, back to the last separator.
pub(super) fn weight(tokens: TokenStream) -> usize {
    let mut stack = vec![(tokens.into_iter(), Level::default())];
    let mut most = 0;
    while let Some((tokens, level)) = stack.last_mut() {
        let Some(token) = tokens.next() else {
            stack.pop();
            continue;
        };
        match &token {
            TokenTree::Group(g) => level.count(Seen::Group(g.delimiter() == Delimiter::Brace)),
            TokenTree::Ident(i) => level.count(Seen::Word(&i.to_string())),
            TokenTree::Literal(_) => level.count(Seen::Literal),
            TokenTree::Punct(p) => level.count(Seen::Punct(p.as_char(), p.spacing() == Spacing::Joint)),
        }
        most = most.max(level.here());
        if let TokenTree::Group(g) = token {
            let inner = level.inner();
            stack.push((g.stream().into_iter(), inner));
        }
    }
    most
}

/// No less than the weight of a text's tokens, and much cheaper to get.
pub(super) fn weight_of_text(text: &str) -> usize {
    let mut stack = vec![Level::default()];
    let mut most = 0;
    for token in lexer::tokens(text, 0) {
        let words = &text[token.start..token.end];
        let level = stack.last_mut().expect("the outermost level is never popped");
        match token.kind {
            Kind::Comment => continue,
            // `#[doc = "…"]`, `#![doc = "…"]`
            Kind::Doc => {
                level.count(Seen::Punct('#', false));
                if words[2..].starts_with('!') {
                    level.count(Seen::Punct('!', false));
                }
                level.count(Seen::Group(false));
                most = most.max(level.here() + 2 * NESTED);
            }
            Kind::Punct(c @ (b'(' | b'[' | b'{')) => {
                level.count(Seen::Group(c == b'{'));
                most = most.max(level.here());
                let inner = level.inner();
                stack.push(inner);
                continue;
            }
            Kind::Punct(b')' | b']' | b'}') => {
                if stack.len() > 1 {
                    stack.pop();
                }
                continue;
            }
            Kind::Punct(c) => level.count(Seen::Punct(char::from(c), is_joint(&text[token.end..]))),
            Kind::Word if words == "'" => level.count(Seen::Punct('\'', true)),
            Kind::Word if words.starts_with(|c: char| c.is_alphabetic() || c == '_') => level.count(Seen::Word(words)),
            Kind::Word => level.count(Seen::Literal),
        }
        most = most.max(level.here());
    }
    most
}

/// Whether what follows a character of an operator may be part of it.
fn is_joint(rest: &str) -> bool {
    rest.starts_with(|c| "~!@#$%^&*-=+|;:,<.>/?'".contains(c)) && !rest.starts_with("//") && !rest.starts_with("/*")
}

impl Level {
    /// Weight of what comes next on this level.
    fn here(&self) -> usize {
        self.outer + self.run + self.open
    }

    /// A level of brackets that opens here.
    fn inner(&self) -> Self {
        Self { outer: self.here() + NESTED, ..Self::default() }
    }

    fn count(&mut self, token: Seen<'_>) {
        if self.before == Before::Braces && begins_statement(token) {
            self.run = 0;
            self.open = 0;
        }
        self.before = match token {
            Seen::Group(braces) => {
                self.run += CHAINED;
                if braces { Before::Braces } else { Before::Operand }
            }
            Seen::Word(word) if is_keyword(word) => {
                self.run += NESTED;
                Before::Other
            }
            Seen::Word(_) | Seen::Literal => Before::Operand,
            Seen::Punct(c, joint) => {
                self.punct(c);
                match c {
                    _ if joint => Before::Joint(c),
                    '?' | '>' => Before::Operand,
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
fn begins_statement(token: Seen<'_>) -> bool {
    match token {
        Seen::Word(word) => word != "else" && word != "as",
        Seen::Punct(c, _) => matches!(c, '#' | '\''),
        Seen::Group(_) | Seen::Literal => true,
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
    use super::{CHAINED, NESTED, weight, weight_of_text};

    fn of(text: &str) -> usize {
        let weight = weight(text.parse().expect("tokens"));
        let of_text = weight_of_text(text);
        assert!((weight..=weight + 2 * NESTED).contains(&of_text), "{of_text} for {weight}: {text}");
        weight
    }

    #[test]
    fn a_text_weighs_what_its_tokens_do() {
        of("//! A.\n#![allow(x)]\n/// B.\n/** C */ fn f<'a>(x: &'a [u8]) -> Vec<Vec<u8>> { 'l: loop { if x[0] == b'(' { break 'l } } }");
        of("fn f() { g('(', '\\'', \"((\\\"(\", r#\"(\"(\"#, 1..=2, 1.5, |x| x >> 1, r#if); /* (( /* ( */ */ h() // ((\n }");
        of("const A: fn() -> u8 = || match x { Some(_) | None if a && b => !-1, _ => 0 };");
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
