//! Tests are left out before anything is parsed: nothing that is reported on can call them, and they are a good part of many files.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use super::attr::is_test_attribute;
use super::build::join;
use super::parse::continues;
use crate::source::Sym;

/// Inline modules nested deeper than this keep their tests.
const MAX_NESTING: u32 = 64;

/// Words that say what an item is. `impl` and `mod` may hold further items.
const HEADS: [&str; 11] = ["mod", "impl", "fn", "struct", "enum", "trait", "const", "static", "use", "extern", "macro_rules"];

/// A file's tokens without its tests.
pub(super) struct Pruned {
    /// The tokens; nothing if there are no tests.
    pub(super) tokens: Option<TokenStream>,
    /// Modules in files of their own that only tests have, by their dotted names in the file.
    pub(super) test_modules: Vec<Sym>,
}

/// Leaves out the items that only exist in test builds, at the top level, in inline modules and in implementations.
pub(super) fn without_tests(tokens: TokenStream) -> Pruned {
    let mut test_modules = Vec::new();
    let tokens = prune(tokens, Sym::new(""), &mut test_modules, 0);
    Pruned { tokens, test_modules }
}

/// The tokens without tests; nothing if there are none.
fn prune(tokens: TokenStream, scope: Sym, test_modules: &mut Vec<Sym>, depth: u32) -> Option<TokenStream> {
    let mut out = Vec::new();
    let mut changed = false;
    let mut tokens = tokens.into_iter().peekable();
    let mut item = Item::default();
    while let Some(token) = tokens.next() {
        let ends = match &token {
            TokenTree::Punct(p) => p.as_char() == ';',
            TokenTree::Group(g) => g.delimiter() == Delimiter::Brace && !continues(tokens.peek()),
            TokenTree::Ident(_) | TokenTree::Literal(_) => false,
        };
        item.0.push(token);
        let inner = item.inner_attribute();
        if inner.as_ref().is_some_and(|a| is_test_attribute(a.clone())) {
            // All of the file or module is a test.
            item.0.extend(tokens);
            modules(&item.0, scope, test_modules, depth);
            return Some(TokenStream::new());
        }
        if ends || inner.is_some() || tokens.peek().is_none() {
            let whole = std::mem::take(&mut item);
            if whole.is_test() {
                changed = true;
                modules(&whole.0, scope, test_modules, depth);
            } else {
                changed |= whole.keep(scope, test_modules, depth, &mut out);
            }
        }
    }
    changed.then(|| out.into_iter().collect())
}

/// The modules that a test brings in from other files.
fn modules(tokens: &[TokenTree], scope: Sym, into: &mut Vec<Sym>, depth: u32) {
    for three in tokens.windows(3) {
        let [TokenTree::Ident(word), TokenTree::Ident(name), end] = three else { continue };
        if word != "mod" {
            continue;
        }
        let name = join(scope, Sym::new(&name.to_string()));
        match end {
            TokenTree::Group(g) if depth < MAX_NESTING => modules(&g.stream().into_iter().collect::<Vec<_>>(), name, into, depth + 1),
            _ => into.push(name),
        }
    }
}

/// The tokens of one item, its attributes first.
#[derive(Default)]
struct Item(Vec<TokenTree>);

impl Item {
    /// The contents of its outer attributes, and where they end.
    fn attributes(&self) -> (Vec<TokenStream>, usize) {
        let mut out = Vec::new();
        let mut at = 0;
        while let Some([TokenTree::Punct(p), TokenTree::Group(g)]) = self.0.get(at..at + 2)
            && p.as_char() == '#'
        {
            out.push(g.stream());
            at += 2;
        }
        (out, at)
    }

    fn is_test(&self) -> bool {
        self.attributes().0.into_iter().any(is_test_attribute)
    }

    /// The content of the inner attribute that it ends with.
    fn inner_attribute(&self) -> Option<TokenStream> {
        match self.0.last_chunk::<3>() {
            Some([TokenTree::Punct(hash), TokenTree::Punct(bang), TokenTree::Group(g)]) => {
                (hash.as_char() == '#' && bang.as_char() == '!' && g.delimiter() == Delimiter::Bracket).then(|| g.stream())
            }
            _ => None,
        }
    }

    /// Passes the item on, without the tests in the module or implementation that it may be; says whether there were any.
    fn keep(self, scope: Sym, test_modules: &mut Vec<Sym>, depth: u32, out: &mut Vec<TokenTree>) -> bool {
        let inner = self.container(scope).filter(|_| depth < MAX_NESTING);
        let Self(mut tokens) = self;
        let pruned = match (tokens.last(), inner) {
            (Some(TokenTree::Group(g)), Some(inner)) => prune(g.stream(), inner, test_modules, depth + 1).map(|t| (t, g.span())),
            _ => None,
        };
        let changed = pruned.is_some();
        if let Some((stream, span)) = pruned {
            let mut group = Group::new(Delimiter::Brace, stream);
            group.set_span(span);
            tokens.pop();
            tokens.push(TokenTree::Group(group));
        }
        out.extend(tokens);
        changed
    }

    /// If it is an inline module or an implementation: the module that its items are in.
    fn container(&self, scope: Sym) -> Option<Sym> {
        let (_, start) = self.attributes();
        let words = self.0[start..].iter().take_while(|t| !matches!(t, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace));
        let mut words = words.filter_map(|t| if let TokenTree::Ident(i) = t { Some(i) } else { None });
        let begins = |i: &&Ident| HEADS.iter().any(|w| *i == w);
        match words.find(begins)? {
            i if i == "mod" => Some(join(scope, Sym::new(&words.next()?.to_string()))),
            i if i == "impl" => Some(scope),
            _ => None,
        }
    }
}
