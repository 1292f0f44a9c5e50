//! The macros that the code itself defines with `macro_rules!`: their calls are replaced by what they make, before anything is parsed.
//!
//! Reading order: `names` says what a file defines and imports, `library` which definition a name means, `rules` takes a
//! definition apart, `matching` finds the arm, `transcribe` fills it in, `fit` puts the result where the call stood. This file
//! walks the tokens. Tokens of a macro's own have the place of its call.
//!
//! A call stays as it is if its macro is not known, if no arm takes it, if what it makes does not parse there, or past the bounds.

mod fit;
mod library;
mod matching;
mod names;
mod rules;
#[cfg(test)]
mod tests;
mod transcribe;

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::rc::Rc;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use rustc_hash::FxHashMap;

use super::depth::weight;
use crate::source::modules::Module;

use library::{Here, Shared};
use names::Imports;
use rules::{Rules, is};

pub use library::Macros;
pub use names::{Defined, defined};

/// How many tokens the calls of a file may read and make in all, and how many one call.
const FUEL: usize = 1 << 20;
const FUEL_OF_CALL: usize = 1 << 17;
/// How deep macros may make calls of macros.
const MAX_DEPTH: u32 = 128;
/// How deep brackets may nest around a call.
const MAX_NESTING: u32 = 200;
/// What a call makes weighs no more than this (see [`super::depth`]).
pub(super) const MAX_WEIGHT: usize = 1 << 12;

/// Whether a text may call a macro that is known.
pub(super) fn concerns(text: &str, macros: &Macros) -> bool {
    memchr::memmem::find(text.as_bytes(), b"macro_rules").is_some() || macros.called_in(text)
}

/// The tokens of a file with its calls replaced; `None` if none was.
pub(super) fn expand(tokens: &TokenStream, macros: &Macros, file: &Module) -> Option<TokenStream> {
    let mut expander = Expander {
        macros,
        file,
        module: library::joined(file, &[]),
        imports: Imports::read(tokens.clone()),
        scopes: vec![vec![]],
        shared: FxHashMap::default(),
        fuel: FUEL,
        renamings: 0,
    };
    expander.walk(tokens.clone(), At { statements: true, depth: 0, nesting: 0 }).ok().flatten()
}

/// How many tokens there are, at any depth.
fn size(tokens: &TokenStream) -> usize {
    let mut left = vec![tokens.clone()];
    let mut count = 0;
    while let Some(tokens) = left.pop() {
        for token in tokens {
            count += 1;
            if let TokenTree::Group(g) = token {
                left.push(g.stream());
            }
        }
    }
    count
}

/// Takes fuel; there is none left once it does not suffice.
fn spend(fuel: &mut usize, amount: usize) -> Option<()> {
    let left = fuel.checked_sub(amount);
    *fuel = left.unwrap_or(0);
    left.map(|_| ())
}

/// A call has made more than the bounds allow.
struct TooMuch;

/// Where a row of tokens stands.
#[derive(Clone, Copy)]
struct At {
    /// In a block or among items, so that a call may be a statement.
    statements: bool,
    /// How many calls have made it.
    depth: u32,
    /// How many brackets are around it.
    nesting: u32,
}

/// A macro of this file.
struct Own {
    name: String,
    tokens: TokenStream,
    rules: OnceCell<Option<Rc<Rules>>>,
}

struct Expander<'m> {
    macros: &'m Macros,
    file: &'m Module,
    /// The module being read.
    module: Vec<String>,
    imports: Imports,
    /// This file's macros in sight, the innermost block last.
    scopes: Vec<Vec<Rc<Own>>>,
    /// Macros of other files that were needed, by where they lie.
    shared: FxHashMap<*const Shared, Option<Rc<Rules>>>,
    fuel: usize,
    /// How many calls had names renamed.
    renamings: u32,
}

/// A call: its path stands at the end of what was read.
struct Call {
    /// Where its attributes and where its path begin in what was read.
    attrs: usize,
    path: usize,
    args: Group,
    span: Span,
}

type Queue = VecDeque<(TokenTree, u32)>;

impl<'m> Expander<'m> {
    /// A row of tokens with its calls replaced; `None` if none was.
    fn walk(&mut self, tokens: TokenStream, at: At) -> Result<Option<TokenStream>, TooMuch> {
        let mut queue: Queue = tokens.into_iter().map(|t| (t, at.depth)).collect();
        let mut out: Vec<TokenTree> = Vec::with_capacity(queue.len());
        let mut changed = false;
        while let Some((token, depth)) = queue.pop_front() {
            let here = At { depth, ..at };
            match token {
                TokenTree::Group(g) => {
                    let inner = self.group(&g, &out, here)?;
                    changed |= inner.is_some();
                    out.push(inner.unwrap_or(g).into());
                }
                TokenTree::Punct(p) if p.as_char() == '!' && !out.is_empty() => {
                    if self.is_definition(&out, &queue) {
                        out.push(p.into());
                        out.extend(queue.drain(..2).map(|(t, _)| t));
                    } else if self.is_replaced(&mut out, &mut queue, here)? {
                        changed = true;
                    } else {
                        out.push(p.into());
                    }
                }
                token => out.push(token),
            }
        }
        Ok(changed.then(|| out.into_iter().collect()))
    }

    /// A group with the calls in it replaced. Braces are a scope of their own; those of a module have its name.
    fn group(&mut self, g: &Group, before: &[TokenTree], at: At) -> Result<Option<Group>, TooMuch> {
        if at.depth > 0 && at.nesting > MAX_NESTING {
            return Err(TooMuch);
        }
        let is_block = g.delimiter() == Delimiter::Brace;
        let name = match before {
            [.., TokenTree::Ident(word), TokenTree::Ident(name)] if is_block && word == "mod" => Some(name.to_string()),
            _ => None,
        };
        let is_module = name.is_some();
        self.module.extend(name);
        self.scopes.push(vec![]);
        let inner = self.walk(g.stream(), At { statements: is_block, nesting: at.nesting + 1, ..at });
        let scope = self.scopes.pop().unwrap_or_default();
        if is_module {
            self.module.pop();
            let attrs = before.len().saturating_sub(8);
            if names::has_word(&before[attrs..], "macro_use") {
                self.scopes.last_mut().expect("the file's scope is open").extend(scope);
            }
        }
        let regroup = |inner| {
            let mut group = Group::new(g.delimiter(), inner);
            group.set_span(g.span());
            group
        };
        Ok(inner?.map(regroup))
    }

    /// Whether the `!` after what was read is that of a definition, which is noted then.
    fn is_definition(&mut self, out: &[TokenTree], queue: &Queue) -> bool {
        if !matches!(out.last(), Some(TokenTree::Ident(word)) if word == "macro_rules") {
            return false;
        }
        let (Some((TokenTree::Ident(name), _)), Some((TokenTree::Group(g), _))) = (queue.front(), queue.get(1)) else { return false };
        let own = Own { name: name.to_string(), tokens: g.stream(), rules: OnceCell::new() };
        self.scopes.last_mut().expect("the file's scope is open").push(Rc::new(own));
        true
    }

    /// Replaces the call whose path was read and whose `!` was taken from the queue, if that can be done.
    fn is_replaced(&mut self, out: &mut Vec<TokenTree>, queue: &mut Queue, at: At) -> Result<bool, TooMuch> {
        let Some((TokenTree::Group(args), _)) = queue.front() else { return Ok(false) };
        let Some(call) = Call::read(out, args) else { return Ok(false) };
        let Some((rules, root)) = self.meaning(&out[call.path..]) else { return Ok(false) };
        if at.nesting > MAX_NESTING || names::says_test(&out[call.attrs..call.path]) {
            return Ok(false);
        }
        let place = fit::Place::of(out, queue, &call, at.statements);
        let made = if at.depth == 0 {
            self.finished(&rules, root, &call, queue, (place, at))
        } else {
            self.made(&rules, root, &call, queue, (place, at))?
        };
        let Some(made) = made else { return Ok(false) };
        out.truncate(if place.is_statement() { call.attrs } else { call.path });
        queue.drain(..place.taken());
        if at.depth == 0 {
            out.extend(made);
        } else {
            made.into_iter().collect::<Vec<_>>().into_iter().rev().for_each(|t| queue.push_front((t, at.depth + 1)));
        }
        Ok(true)
    }

    /// What an outermost call makes, with the calls in that replaced, too: the call stays as it is if that goes too far.
    fn finished(&mut self, rules: &Rules, root: &str, call: &Call, queue: &Queue, (place, at): (fit::Place, At)) -> Option<TokenStream> {
        let spared = self.fuel.saturating_sub(FUEL_OF_CALL);
        let known = self.scopes.last().map_or(0, Vec::len);
        self.fuel -= spared;
        let finished = match self.made(rules, root, call, queue, (place, at)) {
            Ok(Some(made)) => {
                let inner = At { statements: place.is_statement(), depth: 1, ..at };
                self.walk(made.clone(), inner).map(|finished| Some(finished.unwrap_or(made)))
            }
            other => other,
        };
        self.fuel += spared;
        finished.unwrap_or_else(|TooMuch| {
            self.scopes.last_mut().expect("the file's scope is open").truncate(known);
            None
        })
    }

    /// What a call makes, as it can stand in its place; `None` if no arm takes it or it does not parse.
    fn made(
        &mut self,
        rules: &Rules,
        root: &str,
        call: &Call,
        queue: &Queue,
        (place, at): (fit::Place, At),
    ) -> Result<Option<TokenStream>, TooMuch> {
        if at.depth >= MAX_DEPTH {
            return Err(TooMuch);
        }
        let made = matching::matching(rules, call.args.stream(), &mut self.fuel).and_then(|(arm, bindings)| {
            let renamed = self.renamed(arm, call, queue, place);
            let root = if root == self.file.root.as_str() || root.contains('.') { "crate" } else { root };
            transcribe::Transcriber { span: call.span, root, renamed, fuel: &mut self.fuel }.run(&arm.makes, &bindings)
        });
        if self.fuel == 0 {
            return Err(TooMuch);
        }
        let fits = made.filter(|made| weight(made.clone()) <= MAX_WEIGHT);
        Ok(fits.and_then(|made| fit::fitted(made, place, call.span)))
    }

    /// New names for what an arm binds where the call's arguments, or what follows if the arm binds it there, has the same name.
    fn renamed(&mut self, arm: &rules::Arm, call: &Call, queue: &Queue, place: fit::Place) -> FxHashMap<String, Ident> {
        let mut out = FxHashMap::default();
        let binders = transcribe::binders(&arm.makes);
        if binders.is_empty() {
            return out;
        }
        let mut left = vec![call.args.stream()];
        if place.is_statement() && transcribe::binds_outside(&arm.makes) {
            left.push(queue.iter().skip(1).map(|(t, _)| t.clone()).collect());
        }
        while let Some(tokens) = left.pop() {
            for token in tokens {
                if spend(&mut self.fuel, 1).is_none() {
                    return out;
                }
                match token {
                    TokenTree::Group(g) => left.push(g.stream()),
                    TokenTree::Ident(i) => {
                        let name = i.to_string();
                        if binders.contains(&name) {
                            let new = Ident::new(&format!("{name}__{}", self.renamings), call.span);
                            out.insert(name, new);
                        }
                    }
                    _ => {}
                }
            }
        }
        self.renamings += u32::from(!out.is_empty());
        out
    }

    /// The macro that a path means, and its crate.
    fn meaning(&mut self, path: &[TokenTree]) -> Option<(Rc<Rules>, &'static str)> {
        let segments: Vec<String> =
            path.iter().filter_map(|t| if let TokenTree::Ident(i) = t { Some(i.to_string()) } else { None }).collect();
        let here = Here { file: self.file, module: &self.module, imports: &self.imports };
        let shared = match &segments[..] {
            [name] => {
                if let Some(own) = self.scopes.iter().rev().find_map(|s| s.iter().rfind(|m| m.name == *name)) {
                    let rules = own.rules.get_or_init(|| Rules::parse(own.tokens.clone()).map(Rc::new)).clone()?;
                    return Some((rules, self.file.root.as_str()));
                }
                self.macros.named(name, &here)
            }
            path => self.macros.at_path(path, &here),
        }?;
        let parsed = || {
            let tokens: TokenStream = shared.text.parse().ok()?;
            (weight(tokens.clone()) <= MAX_WEIGHT).then(|| Rules::parse(tokens)).flatten().map(Rc::new)
        };
        let rules = self.shared.entry(std::ptr::from_ref(shared)).or_insert_with(parsed).clone()?;
        Some((rules, shared.root))
    }
}

impl Call {
    /// The call whose path ends what was read.
    fn read(out: &[TokenTree], args: &Group) -> Option<Self> {
        let is_path_sep = |at: usize| at >= 2 && is(&out[at - 1], ':') && is(&out[at - 2], ':');
        if args.delimiter() == Delimiter::None || !matches!(out.last(), Some(TokenTree::Ident(_))) {
            return None;
        }
        let mut path = out.len() - 1;
        while is_path_sep(path) {
            path -= 2;
            match path.checked_sub(1).map(|before| &out[before]) {
                Some(TokenTree::Ident(_)) => path -= 1,
                _ => break,
            }
        }
        let mut attrs = path;
        while attrs >= 2
            && is(&out[attrs - 2], '#')
            && matches!(&out[attrs - 1], TokenTree::Group(g) if g.delimiter() == Delimiter::Bracket)
        {
            attrs -= 2;
        }
        let first = out[path].span();
        let span = first.join(args.span_close()).unwrap_or(first);
        Some(Self { attrs, path, args: args.clone(), span })
    }
}
