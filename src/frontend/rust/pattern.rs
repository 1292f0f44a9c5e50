//! Patterns: what they bind, and what they say of the value that they match.

use syn::{Lit, Pat};

use super::build::Lowering;
use super::types::{ident, last_name, member, with_name};
use crate::ir::{Payload, Test, TypeRef, Value, Var};
use crate::source::Sym;

/// What is known of variables when a condition holds and when it does not.
#[derive(Clone, Debug, Default)]
pub(super) struct Tests {
    pub(super) yes: Vec<Test>,
    pub(super) no: Vec<Test>,
}

impl Tests {
    /// There is something in `var` (`Some`, `Ok`), or there is not.
    pub(super) fn of(var: Var, truth: bool) -> Self {
        let test = |truth| vec![Test { var, truth, itself: false }];
        Self { yes: test(truth), no: test(!truth) }
    }

    /// `var` is true.
    pub(super) fn of_truth(var: Var) -> Self {
        let test = |truth| vec![Test { var, truth, itself: true }];
        Self { yes: test(true), no: test(false) }
    }

    /// The opposite.
    pub(super) fn not(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }
}

/// Whether an identifier in a pattern that may fail is a constant or variant rather than a new name.
fn is_constant(i: &syn::PatIdent) -> bool {
    i.by_ref.is_none() && i.mutability.is_none() && i.subpat.is_none() && with_name(&i.ident, |name| name.starts_with(char::is_uppercase))
}

/// Whether a pattern matches anything.
pub(super) fn is_irrefutable(pat: &Pat) -> bool {
    match pat {
        Pat::Wild(_) | Pat::Rest(_) => true,
        Pat::Ident(i) => !is_constant(i) && i.subpat.as_ref().is_none_or(|(_, p)| is_irrefutable(p)),
        Pat::Paren(p) => is_irrefutable(&p.pat),
        Pat::Reference(p) => is_irrefutable(&p.pat),
        Pat::Tuple(t) => t.elems.iter().all(is_irrefutable),
        Pat::Type(t) => is_irrefutable(&t.pat),
        _ => false,
    }
}

impl Lowering {
    /// Binds the names of a pattern to the parts of `value`. `refutable`: names in capitals are constants.
    pub(super) fn bind_pattern(&mut self, pat: &Pat, value: Var, ty: Option<&TypeRef>, refutable: bool) {
        let span = self.places.token(pattern_place(pat));
        self.deeper(span, |s| s.bind_within(pat, value, ty, refutable));
    }

    fn bind_within(&mut self, pat: &Pat, value: Var, ty: Option<&TypeRef>, refutable: bool) {
        match pat {
            Pat::Ident(i) => {
                if !(refutable && is_constant(i)) {
                    let name = ident(&i.ident);
                    let span = self.places.token(i.ident.span());
                    let dst = self.local(name, ty.cloned());
                    self.assign(dst, Value::Var(value), span);
                }
                if let Some((_, sub)) = &i.subpat {
                    self.bind_pattern(sub, value, ty, refutable);
                }
            }
            Pat::Guard(g) => self.bind_pattern(&g.pat, value, ty, refutable),
            Pat::Paren(p) => self.bind_pattern(&p.pat, value, ty, refutable),
            Pat::Reference(p) => self.bind_pattern(&p.pat, value, ty, refutable),
            Pat::Type(t) => {
                let ty = self.type_ref(&t.ty);
                self.bind_pattern(&t.pat, value, ty.as_ref(), refutable);
            }
            Pat::Or(o) => {
                // All alternatives bind the same names: the first says where they come from.
                if let Some(first) = o.cases.first() {
                    self.bind_pattern(first, value, ty, refutable);
                }
            }
            Pat::Tuple(t) => {
                let types = ty.filter(|t| t.path.as_str() == "()").map_or(&[][..], |t| &t.args);
                self.bind_elements(t.elems.iter(), value, types);
            }
            Pat::Slice(s) => self.bind_elements(s.elems.iter(), value, &[]),
            Pat::TupleStruct(t) if last_name(&t.path) == "Err" => {
                for p in &t.elems {
                    self.bind_part(p, Value::Unknown, None);
                }
            }
            Pat::TupleStruct(t) if matches!(last_name(&t.path), "Some" | "Ok") => self.bind_elements(t.elems.iter(), value, &[]),
            Pat::TupleStruct(t) => {
                let path = self.root_path(t.qself.as_ref(), &t.path);
                let payload = |n: u32| Payload { of: value, path, member: Sym::new(&n.to_string()) };
                self.bind_parts(t.elems.iter(), value, |n| Value::Payload(Box::new(payload(n))), &[]);
            }
            Pat::Struct(s) => {
                let path = self.root_path(s.qself.as_ref(), &s.path);
                for f in &s.fields {
                    let payload = Payload { of: value, path, member: member(&f.member) };
                    self.bind_part(&f.pat, Value::Payload(Box::new(payload)), None);
                }
            }
            // Literals, ranges, paths and `_` bind nothing.
            _ => {}
        }
    }

    fn bind_elements<'a>(&mut self, elems: impl Iterator<Item = &'a Pat>, value: Var, types: &[TypeRef]) {
        self.bind_parts(elems, value, |n| Value::Element(value, n), types);
    }

    fn bind_parts<'a>(&mut self, elems: impl Iterator<Item = &'a Pat>, value: Var, part: impl Fn(u32) -> Value, types: &[TypeRef]) {
        let mut after_rest = false;
        for (n, p) in (0..).zip(elems) {
            after_rest |= is_rest(p);
            let part = if after_rest { Value::Derived(vec![value]) } else { part(n) };
            self.bind_part(p, part, types.get(n as usize));
        }
    }

    /// Binds a pattern to a part of a value, directly if it is a name.
    fn bind_part(&mut self, pat: &Pat, part: Value, ty: Option<&TypeRef>) {
        let span = self.places.token(pattern_place(pat));
        match pat {
            Pat::Ident(i) if i.subpat.is_none() && !is_constant(i) => {
                let name = ident(&i.ident);
                let dst = self.local(name, ty.cloned());
                self.assign(dst, part, span);
            }
            p if binds_nothing(p) => {}
            _ => {
                let v = self.let_temp(part, span);
                self.bind_pattern(pat, v, ty, true);
            }
        }
    }

    /// Binds a loop's pattern to an element of `iter`, as the first op of the body.
    pub(super) fn bind_each(&mut self, pat: &Pat, iter: Var) {
        self.bind_part(pat, Value::Each(iter), None);
    }

    /// What a match of the pattern says of `value`, or of its parts if it is a tuple of these.
    pub(super) fn pattern_tests(&mut self, pat: &Pat, value: Var, parts: Option<&[Var]>) -> Tests {
        let span = self.places.token(pattern_place(pat));
        self.deeper(span, |s| s.tests_within(pat, value, parts)).unwrap_or_default()
    }

    fn tests_within(&mut self, pat: &Pat, value: Var, parts: Option<&[Var]>) -> Tests {
        match pat {
            Pat::Guard(g) => Tests { no: vec![], ..self.pattern_tests(&g.pat, value, parts) },
            Pat::Paren(p) => self.pattern_tests(&p.pat, value, parts),
            Pat::Reference(p) => self.pattern_tests(&p.pat, value, parts),
            Pat::Type(t) => self.pattern_tests(&t.pat, value, parts),
            Pat::Ident(i) if i.ident == "None" && is_constant(i) => Tests::of(value, false),
            Pat::Ident(i) => i.subpat.as_ref().map_or_else(Tests::default, |(_, p)| self.pattern_tests(p, value, parts)),
            Pat::Lit(l) => match &l.lit {
                Lit::Bool(b) if b.value => Tests::of_truth(value),
                Lit::Bool(_) => Tests::of_truth(value).not(),
                _ => Tests::default(),
            },
            Pat::TupleStruct(t) => {
                let tests = match last_name(&t.path) {
                    "Some" | "Ok" => Tests::of(value, true),
                    "Err" => Tests::of(value, false),
                    _ => return Tests::default(),
                };
                if t.elems.iter().all(is_irrefutable) {
                    return tests;
                }
                let held = self.held_truth(t, value);
                Tests { yes: tests.yes.into_iter().chain(held).collect(), no: vec![] }
            }
            Pat::Tuple(t) => self.tuple_tests(t, parts),
            Pat::Path(_) | Pat::Or(_) => self.alternative_tests(pat, value, parts),
            _ => Tests::default(),
        }
    }

    /// `Ok(true)`: what is in it is true.
    fn held_truth(&mut self, t: &syn::PatTupleStruct, value: Var) -> Option<Test> {
        let Some(Pat::Lit(l)) = t.elems.first().filter(|_| t.elems.len() == 1) else { return None };
        let Lit::Bool(b) = &l.lit else { return None };
        let var = self.let_temp(Value::Element(value, 0), self.places.token(l.lit.span()));
        Some(Test { var, truth: b.value, itself: true })
    }

    fn tuple_tests(&mut self, t: &syn::PatTuple, parts: Option<&[Var]>) -> Tests {
        let Some(parts) = parts.filter(|p| p.len() == t.elems.len()) else { return Tests::default() };
        let refutable = t.elems.iter().filter(|p| !is_irrefutable(p)).count();
        let mut all = Tests::default();
        for (p, v) in t.elems.iter().zip(parts) {
            let one = self.pattern_tests(p, *v, None);
            all.yes.extend(one.yes);
            if refutable == 1 {
                all.no.extend(one.no);
            }
        }
        all
    }

    /// `A::B` or `A::B | A::C`: compares with these names. Other alternatives count if they all say the same.
    fn alternative_tests(&mut self, pat: &Pat, value: Var, parts: Option<&[Var]>) -> Tests {
        let names = qualified_names(pat);
        if !names.is_empty() {
            let span = self.places.token(pattern_place(pat));
            let mut operands = vec![value];
            for (qself, path) in names {
                let name = self.root_path(qself, path);
                operands.push(self.let_temp(Value::Name(name), span));
            }
            let same = self.let_temp(Value::Operator(Sym::new("=="), operands), span);
            return Tests::of_truth(same);
        }
        let Pat::Or(o) = pat else { return Tests::default() };
        let each: Vec<Tests> = o.cases.iter().map(|p| self.pattern_tests(p, value, parts)).collect();
        match each.split_first() {
            Some((first, rest)) if rest.iter().all(|t| t.yes == first.yes) => Tests { yes: first.yes.clone(), no: vec![] },
            _ => Tests::default(),
        }
    }
}

/// The names of a pattern that is nothing but qualified names.
fn qualified_names(pat: &Pat) -> Vec<(Option<&syn::QSelf>, &syn::Path)> {
    match pat {
        Pat::Path(p) if p.path.segments.len() > 1 => vec![(p.qself.as_ref(), &p.path)],
        Pat::Or(o) => {
            let each: Vec<_> = o.cases.iter().map(qualified_names).collect();
            if each.iter().any(Vec::is_empty) { vec![] } else { each.into_iter().flatten().collect() }
        }
        _ => vec![],
    }
}

fn is_rest(pat: &Pat) -> bool {
    match pat {
        Pat::Rest(_) => true,
        Pat::Ident(i) => i.subpat.as_ref().is_some_and(|(_, p)| matches!(**p, Pat::Rest(_))),
        _ => false,
    }
}

fn binds_nothing(pat: &Pat) -> bool {
    match pat {
        Pat::Const(_) | Pat::Lit(_) | Pat::Macro(_) | Pat::Path(_) | Pat::Range(_) | Pat::Rest(_) | Pat::Wild(_) => true,
        Pat::Ident(i) => is_constant(i),
        _ => false,
    }
}

fn pattern_place(pat: &Pat) -> proc_macro2::Span {
    match pat {
        Pat::Ident(i) => i.ident.span(),
        Pat::Paren(p) => p.paren_token.span.open(),
        Pat::Path(p) => super::place::path_first(&p.path),
        Pat::Reference(p) => p.and_token.spans[0],
        Pat::Slice(p) => p.bracket_token.span.open(),
        Pat::Struct(p) => super::place::path_first(&p.path),
        Pat::Tuple(p) => p.paren_token.span.open(),
        Pat::TupleStruct(p) => super::place::path_first(&p.path),
        Pat::Lit(p) => p.lit.span(),
        Pat::Wild(p) => p.underscore_token.spans[0],
        Pat::Or(p) => p.cases.first().map_or_else(proc_macro2::Span::call_site, shallow_place),
        Pat::Guard(p) => shallow_place(&p.pat),
        Pat::Type(p) => shallow_place(&p.pat),
        _ => proc_macro2::Span::call_site(),
    }
}

/// As [`pattern_place`], for a pattern inside another, which has no further one to the left.
fn shallow_place(pat: &Pat) -> proc_macro2::Span {
    match pat {
        Pat::Or(_) | Pat::Guard(_) | Pat::Type(_) => proc_macro2::Span::call_site(),
        other => pattern_place(other),
    }
}
