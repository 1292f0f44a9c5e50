//! What an arm makes of a call: its tokens with the variables filled in.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use rustc_hash::{FxHashMap, FxHashSet};

use super::matching::{Bindings, Bound, Fragment};
use super::rules::{Kind, Piece, Repeat, is};

/// What the tokens of an arm are given besides its variables.
pub(super) struct Transcriber<'a> {
    /// The place of the call, which is the place of all tokens of the arm's own.
    pub(super) span: Span,
    /// What `$crate` stands for.
    pub(super) root: &'a str,
    /// Names that the arm binds, where the call or what follows it has the same name for something else.
    pub(super) renamed: FxHashMap<String, Ident>,
    /// How many tokens may still be made.
    pub(super) fuel: &'a mut usize,
}

impl Transcriber<'_> {
    /// The tokens; `None` if the variables do not fit or that is too long.
    pub(super) fn run(&mut self, pieces: &[Piece], bindings: &Bindings) -> Option<TokenStream> {
        let mut out = vec![];
        self.row(pieces, bindings, &mut out)?;
        Some(out.into_iter().collect())
    }

    fn row(&mut self, pieces: &[Piece], bindings: &Bindings, out: &mut Vec<TokenTree>) -> Option<()> {
        for (at, piece) in pieces.iter().enumerate() {
            self.spend(1)?;
            match piece {
                Piece::Token(t) => {
                    let after_dot = out.last().is_some_and(|t| is(t, '.'));
                    out.push(self.own(t, after_dot));
                }
                Piece::Crate => out.push(self.word(self.root)),
                Piece::Group(delimiter, inner) => {
                    let inner = self.run(inner, bindings)?;
                    out.push(self.group(*delimiter, inner));
                }
                Piece::Variable(name) => match bindings.get(&name.to_string()) {
                    Some(Bound::One(f)) => {
                        self.spend(f.size)?;
                        let is_root = matches!(pieces.get(at + 1), Some(Piece::Token(t)) if is(t, ':'))
                            && matches!(pieces.get(at + 2), Some(Piece::Token(t)) if is(t, ':'));
                        self.fragment(f, is_root, out);
                    }
                    Some(Bound::Many(_)) => return None,
                    // Of a macro that this one defines.
                    None => out.extend([self.dollar(), self.own(&TokenTree::Ident(name.clone()), true)]),
                },
                Piece::Repeat(r) => self.repeat(r, bindings, out)?,
            }
        }
        Some(())
    }

    /// What a variable stands for. A type or an expression of several tokens stays one; a type at the root of a path is `<T>::`.
    fn fragment(&self, f: &Fragment, is_root: bool, out: &mut Vec<TokenTree>) {
        match f.kind {
            Kind::Ty if f.size > 1 && is_root => {
                out.push(self.own(&Punct::new('<', Spacing::Alone).into(), true));
                out.extend(f.tokens.clone());
                out.push(self.own(&Punct::new('>', Spacing::Alone).into(), true));
            }
            Kind::Ty | Kind::Expr if f.size > 1 => out.push(self.group(Delimiter::None, f.tokens.clone())),
            _ => out.extend(f.tokens.clone()),
        }
    }

    fn repeat(&mut self, r: &Repeat<Piece, TokenTree>, bindings: &Bindings, out: &mut Vec<TokenTree>) -> Option<()> {
        let many = |name: &String| match bindings.get(name) {
            Some(Bound::Many(all)) => Some((name.clone(), all)),
            _ => None,
        };
        let repeated: Vec<(String, &Vec<Bound>)> = r.names.iter().filter_map(many).collect();
        let Some(count) = repeated.iter().map(|(_, all)| all.len()).min() else {
            let inner = self.run(&r.inner, bindings)?;
            out.extend([self.dollar(), self.group(Delimiter::Parenthesis, inner)]);
            out.extend(r.separator.iter().map(|t| self.own(t, true)));
            out.push(self.own(&Punct::new(r.times, Spacing::Alone).into(), true));
            return Some(());
        };
        let mut once = bindings.clone();
        for n in 0..count {
            if n > 0 {
                self.spend(r.separator.len())?;
                out.extend(r.separator.iter().map(|t| self.own(t, true)));
            }
            for (name, all) in &repeated {
                once.insert(name.clone(), all[n].clone());
            }
            self.row(&r.inner, &once, out)?;
        }
        Some(())
    }

    fn spend(&mut self, tokens: usize) -> Option<()> {
        super::spend(self.fuel, tokens)
    }

    /// A token of the arm's own.
    fn own(&self, token: &TokenTree, is_member: bool) -> TokenTree {
        let mut token = match token {
            TokenTree::Ident(i) if !is_member && !self.renamed.is_empty() => {
                self.renamed.get(&i.to_string()).map_or_else(|| token.clone(), |new| new.clone().into())
            }
            other => other.clone(),
        };
        token.set_span(self.span);
        token
    }

    fn word(&self, text: &str) -> TokenTree {
        Ident::new(text, self.span).into()
    }

    fn dollar(&self) -> TokenTree {
        self.own(&Punct::new('$', Spacing::Alone).into(), true)
    }

    fn group(&self, delimiter: Delimiter, inner: TokenStream) -> TokenTree {
        let mut group = Group::new(delimiter, inner);
        group.set_span(self.span);
        group.into()
    }
}

/// The names that an arm's own tokens bind: after `let` and `for`, between the bars of a closure, before `=>`.
pub(super) fn binders(pieces: &[Piece]) -> FxHashSet<String> {
    let mut out = FxHashSet::default();
    collect_binders(pieces, &mut out);
    out
}

/// Whether an arm binds names outside of its own brackets, so that what follows its call might see them.
pub(super) fn binds_outside(pieces: &[Piece]) -> bool {
    pieces.iter().any(|p| match p {
        Piece::Token(TokenTree::Ident(i)) => i == "let",
        Piece::Repeat(r) => binds_outside(&r.inner),
        _ => false,
    })
}

fn collect_binders(pieces: &[Piece], out: &mut FxHashSet<String>) {
    let mut pattern_since = 0;
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Group(_, inner) => collect_binders(inner, out),
            Piece::Repeat(r) => collect_binders(&r.inner, out),
            Piece::Token(TokenTree::Ident(i)) if i == "let" => pattern(until(&pieces[at + 1..], &['=', ':', ';']), out),
            Piece::Token(TokenTree::Ident(i)) if i == "for" => {
                let end = pieces[at + 1..].iter().position(|p| matches!(p, Piece::Token(TokenTree::Ident(i)) if i == "in"));
                pattern(end.map_or(&[], |end| &pieces[at + 1..at + 1 + end]), out);
            }
            Piece::Token(t) if is(t, '|') && begins_closure(&pieces[..at]) => {
                pattern(until(&pieces[at + 1..], &['|', '(', ';', '=']), out);
            }
            Piece::Token(t) if is(t, '=') && matches!(pieces.get(at + 1), Some(Piece::Token(t)) if is(t, '>')) => {
                pattern(&pieces[pattern_since..at], out);
            }
            _ => {}
        }
        let ends = matches!(piece, Piece::Token(t) if is(t, ',') || is(t, ';')) || matches!(piece, Piece::Group(Delimiter::Brace, _));
        if ends {
            pattern_since = at + 1;
        }
    }
}

/// Whether a bar after these is no operator.
fn begins_closure(before: &[Piece]) -> bool {
    match before.last() {
        None => true,
        Some(Piece::Token(TokenTree::Ident(i))) => i == "move" || i == "return",
        Some(Piece::Token(TokenTree::Punct(p))) => matches!(p.as_char(), ',' | '=' | ';' | '>' | '&'),
        Some(_) => false,
    }
}

fn until<'p>(pieces: &'p [Piece], ends: &[char]) -> &'p [Piece] {
    let end = pieces.iter().position(|p| matches!(p, Piece::Token(t) if ends.iter().any(|c| is(t, *c))));
    end.map_or(&[], |end| &pieces[..end])
}

/// The names of a pattern: what begins with a small letter and is no keyword. The fields of a struct keep their names.
fn pattern(pieces: &[Piece], out: &mut FxHashSet<String>) {
    for piece in pieces {
        match piece {
            Piece::Token(TokenTree::Ident(i)) => {
                let name = i.to_string();
                if name.starts_with(|c: char| c.is_lowercase() || c == '_') && !matches!(&*name, "mut" | "ref" | "if" | "self" | "_") {
                    out.insert(name);
                }
            }
            Piece::Group(Delimiter::Parenthesis | Delimiter::Bracket, inner) => pattern(inner, out),
            Piece::Repeat(r) => pattern(&r.inner, out),
            _ => {}
        }
    }
}
