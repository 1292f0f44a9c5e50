//! What a file says about names of macros: its imports, the macros that it defines for others, the modules whose macros it takes over.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use rustc_hash::FxHashMap;

use super::rules::is;
use crate::frontend::rust::attr::is_test_attribute;
use crate::frontend::rust::parse;

/// How deep modules and imports may nest.
const MAX_NESTING: usize = 50;

/// The macros that one file defines outside of functions, and what decides who sees them.
#[derive(Debug, Default)]
pub struct Defined {
    pub(super) macros: Vec<Definition>,
    /// Modules with `#[macro_use]`, as paths below the file's module.
    pub(super) opened: Vec<Vec<String>>,
}

/// One `macro_rules!`.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: String,
    /// Inline modules around it.
    pub(super) scope: Vec<String>,
    /// The text between its brackets.
    pub(super) text: String,
    /// Whether paths lead to it: `#[macro_export]`, or a `use` hands it on.
    pub(super) has_path: bool,
    /// Names under which it is handed on.
    pub(super) aliases: Vec<String>,
}

/// The macros that a file defines. Only a file with the word for it is read at all.
#[must_use]
pub fn defined(text: &str) -> Defined {
    let mut out = Defined::default();
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    if !has("macro_rules") && !has("macro_use") {
        return out;
    }
    let (_, body) = parse::rust_part(text);
    if let Ok(tokens) = body.parse() {
        let mut handed = vec![];
        out.read(tokens, body, &mut vec![], &mut handed);
        for (name, target) in handed {
            for m in out.macros.iter_mut().filter(|m| m.name == target) {
                m.has_path = true;
                m.aliases.extend((name != target).then(|| name.clone()));
            }
        }
    }
    proc_macro2::extra::invalidate_current_thread_spans();
    out
}

impl Defined {
    /// Whether other files see nothing of this.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.macros.is_empty() && self.opened.is_empty()
    }

    fn read(&mut self, tokens: TokenStream, body: &str, scope: &mut Vec<String>, handed: &mut Vec<(String, String)>) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        let mut item = 0;
        while at < tokens.len() {
            let attrs = &tokens[item..at];
            if let Some((name, group)) = definition(&tokens[at..]) {
                if !says_test(attrs) {
                    let text = body.get(group.span_open().byte_range().end..group.span_close().byte_range().start);
                    let has_path = has_word(attrs, "macro_export");
                    let (text, scope) = (text.unwrap_or_default().to_owned(), scope.clone());
                    self.macros.push(Definition { name, scope, text, has_path, aliases: vec![] });
                }
                at += 3;
            } else if let Some((name, group)) = module(&tokens[at..])
                && !says_test(attrs)
            {
                scope.push(name);
                if has_word(attrs, "macro_use") {
                    self.opened.push(scope.clone());
                }
                if let Some(group) = group
                    && scope.len() < MAX_NESTING
                {
                    self.read(group.stream(), body, scope, handed);
                }
                scope.pop();
                at += 2;
            } else if let Some(tree) = import(&tokens[at..]) {
                let mut names = Imports::default();
                names.tree(tree, &mut vec![], 0);
                let single = |(name, path): (String, Vec<String>)| <[String; 1]>::try_from(path).ok().map(|[target]| (name, target));
                handed.extend(names.names.into_iter().filter_map(single));
                at += 1 + tree.len();
            }
            if matches!(tokens.get(at), Some(t) if ends_item(t)) {
                item = at + 1;
            }
            at += 1;
        }
    }
}

/// Whether no item goes on after this token.
fn ends_item(token: &TokenTree) -> bool {
    is(token, ';') || matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace)
}

/// `macro_rules! name { … }`.
pub(super) fn definition(tokens: &[TokenTree]) -> Option<(String, &Group)> {
    match tokens {
        [TokenTree::Ident(word), bang, TokenTree::Ident(name), TokenTree::Group(g), ..] if word == "macro_rules" && is(bang, '!') => {
            Some((name.to_string(), g))
        }
        _ => None,
    }
}

/// `mod name;` or `mod name { … }`.
fn module(tokens: &[TokenTree]) -> Option<(String, Option<&Group>)> {
    match tokens {
        [TokenTree::Ident(word), TokenTree::Ident(name), TokenTree::Group(g), ..] if word == "mod" => Some((name.to_string(), Some(g))),
        [TokenTree::Ident(word), TokenTree::Ident(name), ..] if word == "mod" => Some((name.to_string(), None)),
        _ => None,
    }
}

/// The tree of a `use`.
fn import(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    let (TokenTree::Ident(word), after) = tokens.split_first()? else { return None };
    let end = after.iter().position(|t| is(t, ';')).filter(|_| word == "use")?;
    Some(&after[..end])
}

/// Whether a word stands in the attributes among tokens.
pub(super) fn has_word(tokens: &[TokenTree], word: &str) -> bool {
    let says = |t: TokenTree| matches!(t, TokenTree::Ident(i) if i == word);
    tokens.iter().any(|t| matches!(t, TokenTree::Group(g) if g.delimiter() == Delimiter::Bracket && g.stream().into_iter().any(says)))
}

/// Whether the attributes among tokens are those of a test.
pub(super) fn says_test(tokens: &[TokenTree]) -> bool {
    let is_attr = |pair: &&[TokenTree]| is(&pair[0], '#') && matches!(pair[1], TokenTree::Group(_));
    let content = |pair: &[TokenTree]| if let TokenTree::Group(g) = &pair[1] { g.stream() } else { TokenStream::new() };
    tokens.windows(2).filter(is_attr).any(|pair| is_test_attribute(content(pair)))
}

/// The names that a file imports.
#[derive(Default)]
pub(super) struct Imports {
    /// Name to path.
    pub(super) names: FxHashMap<String, Vec<String>>,
    /// Paths of `use path::*`, and crates with `#[macro_use]`.
    pub(super) globs: Vec<Vec<String>>,
}

impl Imports {
    /// All imports among tokens, at any depth of blocks.
    pub(super) fn read(tokens: TokenStream) -> Self {
        let mut out = Self::default();
        let mut left = vec![tokens];
        while let Some(tokens) = left.pop() {
            let tokens: Vec<TokenTree> = tokens.into_iter().collect();
            for (at, token) in tokens.iter().enumerate() {
                match token {
                    TokenTree::Ident(word) if word == "use" => {
                        if let Some(tree) = import(&tokens[at..]) {
                            out.tree(tree, &mut vec![], 0);
                        }
                    }
                    TokenTree::Ident(word) if word == "extern" => {
                        if let Some([TokenTree::Ident(word), TokenTree::Ident(name)]) = tokens.get(at + 1..at + 3)
                            && word == "crate"
                            && has_word(&tokens[at.saturating_sub(4)..at], "macro_use")
                        {
                            out.globs.push(vec![name.to_string()]);
                        }
                    }
                    TokenTree::Group(g) if g.delimiter() == Delimiter::Brace => left.push(g.stream()),
                    _ => {}
                }
            }
        }
        out
    }

    fn tree(&mut self, tokens: &[TokenTree], prefix: &mut Vec<String>, depth: usize) {
        let before = prefix.len();
        let mut name = None;
        let mut rest = tokens;
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            match first {
                TokenTree::Ident(word) if word == "as" => {
                    if let Some(TokenTree::Ident(new)) = after.first() {
                        name = Some(new.to_string());
                    }
                    break;
                }
                TokenTree::Ident(segment) => prefix.push(segment.to_string()),
                TokenTree::Group(g) if depth < MAX_NESTING => {
                    let inner: Vec<TokenTree> = g.stream().into_iter().collect();
                    for part in inner.split(|t| is(t, ',')).filter(|p| !p.is_empty()) {
                        self.tree(part, prefix, depth + 1);
                    }
                    prefix.truncate(before);
                    return;
                }
                star if is(star, '*') => {
                    self.globs.push(prefix.clone());
                    prefix.truncate(before);
                    return;
                }
                _ => {}
            }
        }
        if prefix.last().is_some_and(|s| s == "self") {
            prefix.pop();
        }
        if let Some(last) = prefix.last() {
            self.names.insert(name.unwrap_or_else(|| last.clone()), prefix.clone());
        }
        prefix.truncate(before);
    }
}
