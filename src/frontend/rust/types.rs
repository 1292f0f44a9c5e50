//! Types and paths as the source writes them, type parameters by their bounds.

use std::cell::Cell;
use std::fmt::Write as _;

use proc_macro2::Span as TokenSpan;
use syn::punctuated::Punctuated;
use syn::{GenericArgument, GenericParam, PathArguments, ReturnType, Type, TypeParamBound};

use super::build::Lowering;
use crate::ir::TypeRef;
use crate::source::Sym;

thread_local! {
    /// Room for the text of an identifier, which can only be printed.
    static ROOM: Cell<String> = const { Cell::new(String::new()) };
}

/// Runs `f` on the text of an identifier without `r#`.
pub(super) fn with_name<R>(i: &syn::Ident, f: impl FnOnce(&str) -> R) -> R {
    let mut room = ROOM.take();
    room.clear();
    // Writing to a string cannot fail.
    let _ = write!(room, "{i}");
    let out = f(room.strip_prefix("r#").unwrap_or(&room));
    ROOM.set(room);
    out
}

/// An identifier without `r#`.
pub(super) fn ident(i: &syn::Ident) -> Sym {
    with_name(i, Sym::new)
}

/// A member of a struct or tuple.
pub(super) fn member(m: &syn::Member) -> Sym {
    match m {
        syn::Member::Named(n) => ident(n),
        syn::Member::Unnamed(n) => Sym::new(&n.index.to_string()),
    }
}

/// A path with dots, generic arguments left out.
pub(super) fn dotted(p: &syn::Path) -> Sym {
    match p.segments.first() {
        Some(only) if p.segments.len() == 1 => ident(&only.ident),
        _ => {
            let mut text = String::new();
            for (i, segment) in p.segments.iter().enumerate() {
                text.push_str(if i == 0 { "" } else { "." });
                with_name(&segment.ident, |name| text.push_str(name));
            }
            Sym::new(&text)
        }
    }
}

/// The last name of a path.
pub(super) fn last_name(p: &syn::Path) -> &'static str {
    p.segments.last().map_or("", |s| ident(&s.ident).as_str())
}

impl Lowering {
    /// A type, or nothing if it is inferred or a macro.
    pub(super) fn type_ref(&mut self, ty: &Type) -> Option<TypeRef> {
        let place = self.places.token(type_place(ty));
        self.deeper(place, |s| s.type_within(ty)).flatten()
    }

    fn type_within(&mut self, ty: &Type) -> Option<TypeRef> {
        match ty {
            Type::Array(t) => Some(self.wrapped("array", &t.elem)),
            Type::Slice(t) => Some(self.wrapped("slice", &t.elem)),
            Type::FnPtr(t) => Some(TypeRef { path: Sym::new("fn"), args: self.return_type(&t.output).into_iter().collect() }),
            Type::Group(t) => self.type_ref(&t.elem),
            Type::Paren(t) => self.type_ref(&t.elem),
            Type::Ptr(t) => self.type_ref(&t.elem),
            Type::Reference(t) => self.type_ref(&t.elem),
            Type::ImplTrait(t) => self.bound(&t.bounds),
            Type::TraitObject(t) => self.bound(&t.bounds),
            Type::Never(_) => Some(TypeRef { path: Sym::new("!"), args: vec![] }),
            Type::Tuple(t) => Some(TypeRef { path: Sym::new("()"), args: t.elems.iter().map(|e| self.argument(e)).collect() }),
            Type::Path(t) => Some(self.path_type(t.qself.as_ref(), &t.path)),
            _ => None,
        }
    }

    fn wrapped(&mut self, name: &str, elem: &Type) -> TypeRef {
        TypeRef { path: Sym::new(name), args: vec![self.argument(elem)] }
    }

    /// A type where one must stand: `_` when nothing is known.
    fn argument(&mut self, ty: &Type) -> TypeRef {
        self.type_ref(ty).unwrap_or_else(|| TypeRef { path: Sym::new("_"), args: vec![] })
    }

    /// The type of a path: of a type parameter its bound.
    fn path_type(&mut self, qself: Option<&syn::QSelf>, path: &syn::Path) -> TypeRef {
        let text = self.root_path(qself, path);
        if qself.is_none()
            && path.segments.len() == 1
            && let Some(bound) = self.generic(text)
        {
            return bound;
        }
        TypeRef { path: text, args: path.segments.last().map(|s| self.arguments(&s.arguments)).unwrap_or_default() }
    }

    /// The type arguments of a path's segment; of `Fn(A) -> B` only the result.
    pub(super) fn arguments(&mut self, args: &PathArguments) -> Vec<TypeRef> {
        match args {
            PathArguments::None => vec![],
            PathArguments::Parenthesized(p) => self.return_type(&p.output).into_iter().collect(),
            PathArguments::AngleBracketed(a) => self.angle_arguments(a),
        }
    }

    /// The type arguments between `<` and `>`, those of associated types included.
    pub(super) fn angle_arguments(&mut self, args: &syn::AngleBracketedGenericArguments) -> Vec<TypeRef> {
        let types = args.args.iter().filter_map(|a| match a {
            GenericArgument::Type(t) => Some(t),
            GenericArgument::AssocType(t) => Some(&t.ty),
            _ => None,
        });
        types.map(|t| self.argument(t)).collect()
    }

    /// The type of a turbofish, if it says one.
    pub(super) fn turbofish(&mut self, args: &syn::AngleBracketedGenericArguments) -> Option<TypeRef> {
        self.angle_arguments(args).into_iter().next().filter(|t| t.path.as_str() != "_")
    }

    /// A function's result type; `None` for the unit type.
    pub(super) fn return_type(&mut self, ret: &ReturnType) -> Option<TypeRef> {
        match ret {
            ReturnType::Default => None,
            ReturnType::Type(_, t) => self.type_ref(t),
        }
    }

    /// A path as a dotted name. `<T as Trait>::f` is `T.f`, and `Trait.f` for a type parameter; a type parameter at the root of a
    /// longer path stands for its bound.
    pub(super) fn root_path(&mut self, qself: Option<&syn::QSelf>, path: &syn::Path) -> Sym {
        if let Some(q) = qself {
            return self.qualified(q, path);
        }
        let text = dotted(path);
        let (root, rest) = text.as_str().split_once('.').map_or((text.as_str(), ""), |(a, b)| (a, b));
        let replaced = match root {
            "Self" => self.self_path,
            _ if rest.is_empty() || self.generics.is_empty() => None,
            _ => self.generic(Sym::new(root)).map(|b| b.path),
        };
        replaced.map_or(text, |new| super::build::join(new, Sym::new(rest)))
    }

    fn qualified(&mut self, q: &syn::QSelf, path: &syn::Path) -> Sym {
        let rest: Vec<&str> = path.segments.iter().skip(q.position).map(|s| ident(&s.ident).as_str()).collect();
        let of_trait: Vec<&str> = path.segments.iter().take(q.position).map(|s| ident(&s.ident).as_str()).collect();
        let is_parameter = matches!(&*q.ty, Type::Path(p) if p.qself.is_none() && self.is_generic(dotted(&p.path)));
        let root = match self.type_ref(&q.ty) {
            Some(ty) if of_trait.is_empty() || (!is_parameter && ty.path.as_str() != "_") => ty.path,
            _ => Sym::new(&of_trait.join(".")),
        };
        super::build::join(root, Sym::new(&rest.join(".")))
    }

    fn generic(&self, name: Sym) -> Option<TypeRef> {
        self.generics.iter().rev().find(|(n, _)| *n == name).map(|(_, b)| b.clone()).filter(|b| b.path != name)
    }

    fn is_generic(&self, name: Sym) -> bool {
        self.generics.iter().any(|(n, _)| *n == name)
    }

    /// The first bound that is more than a marker.
    pub(super) fn bound(&mut self, bounds: &Punctuated<TypeParamBound, syn::Token![+]>) -> Option<TypeRef> {
        let mut marker = None;
        for b in bounds {
            let TypeParamBound::Trait(t) = b else { continue };
            if t.maybe.is_some() {
                continue;
            }
            if !is_marker(last_name(&t.path)) {
                return Some(self.path_type(None, &t.path));
            }
            marker = marker.or(Some(&t.path));
        }
        marker.map(|p| TypeRef { path: dotted(p), args: vec![] })
    }

    /// Runs `f` with the type parameters of `generics` in sight.
    pub(super) fn with_generics<R>(&mut self, generics: &syn::Generics, f: impl FnOnce(&mut Self) -> R) -> R {
        let before = self.generics.len();
        let params = || generics.params.iter().filter_map(|p| if let GenericParam::Type(t) = p { Some(t) } else { None });
        let unbounded = |name: Sym| (name, TypeRef { path: name, args: vec![] });
        self.generics.extend(params().map(|p| unbounded(ident(&p.ident))));
        for p in params() {
            self.learn(ident(&p.ident), &p.bounds, before);
        }
        for predicate in generics.where_clause.iter().flat_map(|w| &w.predicates) {
            if let syn::WherePredicate::Type(t) = predicate
                && let Type::Path(p) = &t.bounded_ty
                && let Some(name) = p.path.get_ident()
            {
                self.learn(ident(name), &t.bounds, before);
            }
        }
        let out = f(self);
        self.generics.truncate(before);
        out
    }

    /// Notes a bound of a type parameter that was declared at or after `from`, unless it has one.
    fn learn(&mut self, name: Sym, bounds: &Punctuated<TypeParamBound, syn::Token![+]>, from: usize) {
        let Some(at) = self.generics.iter().skip(from).position(|(n, _)| *n == name).map(|i| i + from) else { return };
        let bare = self.generics[at].1.path == name || is_marker(self.generics[at].1.path.last());
        if bare && let Some(bound) = self.bound(bounds) {
            self.generics[at].1 = bound;
        }
    }
}

fn is_marker(name: &str) -> bool {
    matches!(
        name,
        "Send" | "Sync" | "Sized" | "Copy" | "Clone" | "Unpin" | "Debug" | "Default" | "Eq" | "PartialEq" | "Ord" | "PartialOrd" | "Hash"
    )
}

fn type_place(ty: &Type) -> TokenSpan {
    match ty {
        Type::Path(p) => super::place::path_first(&p.path),
        Type::Reference(r) => r.and_token.spans[0],
        Type::Tuple(t) => t.paren_token.span.open(),
        Type::Slice(t) => t.bracket_token.span.open(),
        Type::Array(t) => t.bracket_token.span.open(),
        Type::Ptr(t) => t.star_token.spans[0],
        _ => TokenSpan::call_site(),
    }
}
