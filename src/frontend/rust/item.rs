//! Items: imports, types, implementations, constants and modules.

use proc_macro2::Span as TokenSpan;
use syn::{Fields, ForeignItem, ImplItem, Item, TraitItem, UseTree, Visibility};

use super::build::{Lowering, join};
use super::function::Method;
use super::types::{dotted, ident};
use crate::ir::{Decorator, FieldDef, ImplDef, Import, TypeDef, TypeKind, TypeRef, Value};
use crate::source::Sym;

/// Whether an item is `pub` in any form.
pub(super) fn is_public(vis: &Visibility) -> bool {
    !matches!(vis, Visibility::Inherited)
}

/// A constant or static to be evaluated.
pub(super) struct Constant<'a> {
    pub(super) name: &'a syn::Ident,
    pub(super) ty: &'a syn::Type,
    pub(super) value: &'a syn::Expr,
}

impl Lowering {
    /// Items of the file or of an inline module.
    pub(super) fn items(&mut self, items: &[Item]) {
        for item in items {
            self.item(item);
        }
    }

    /// One item that stands at the top level of its module.
    pub(super) fn item(&mut self, item: &Item) {
        match item {
            Item::Const(c) => {
                let constant = Constant { name: &c.ident, ty: &c.ty, value: &c.expr };
                let module = self.module;
                self.global(module, &constant);
            }
            Item::Static(c) => self.global(self.module, &Constant { name: &c.ident, ty: &c.ty, value: &c.expr }),
            Item::Fn(f) => self.item_fn(f),
            Item::Macro(m) if m.ident.is_none() => self.macro_item(&m.mac),
            other => self.declaration(other),
        }
    }

    /// An item without a value of its own, wherever it stands.
    pub(super) fn declaration(&mut self, item: &Item) {
        match item {
            Item::Enum(e) => {
                let fields = e.variants.iter().flat_map(|v| self.payload(v)).collect();
                self.type_def(&e.ident, TypeKind::Enum, &e.attrs, vec![], fields);
            }
            Item::ExternCrate(e) => {
                let target = if e.ident == "self" { Sym::new("crate") } else { ident(&e.ident) };
                let name = e.rename.as_ref().map_or_else(|| ident(&e.ident), |(_, n)| ident(n));
                self.import(name, target, false);
            }
            Item::ForeignMod(m) => self.foreign(m),
            Item::Impl(i) => self.at_top_level(|s| s.item_impl(i)),
            Item::Mod(m) => self.at_top_level(|s| s.item_mod(m)),
            Item::Struct(i) => {
                let fields = self.with_generics(&i.generics, |s| s.fields(&i.fields));
                self.type_def(&i.ident, TypeKind::Record, &i.attrs, vec![], fields);
            }
            Item::Union(u) => {
                let fields = self.with_generics(&u.generics, |s| u.fields.named.iter().map(|f| s.field(f, 0)).collect());
                self.type_def(&u.ident, TypeKind::Record, &u.attrs, vec![], fields);
            }
            Item::Trait(t) => self.at_top_level(|s| s.item_trait(t)),
            Item::TraitAlias(t) => {
                let bases = self.bounds(&t.bounds);
                self.type_def(&t.ident, TypeKind::Trait, &t.attrs, bases, vec![]);
            }
            Item::Type(t) => {
                let base = self.with_generics(&t.generics, |s| s.type_ref(&t.ty));
                self.type_def(&t.ident, TypeKind::Alias, &t.attrs, base.into_iter().collect(), vec![]);
            }
            Item::Use(u) => self.use_tree(&u.tree),
            // Macro definitions and what the parser only passes on say nothing.
            _ => {}
        }
    }

    fn item_mod(&mut self, m: &syn::ItemMod) {
        let outer = self.module;
        let name = join(outer, ident(&m.ident));
        let Some((_, items)) = &m.content else { return };
        self.module = name;
        let span = self.places.token(m.ident.span());
        self.deeper(span, |s| s.items(items));
        self.module = outer;
    }

    /// A constant of a module or type: a variable of the file's top level, named with its scope.
    pub(super) fn global(&mut self, scope: Sym, c: &Constant<'_>) {
        let span = self.places.between(c.name.span(), super::place::last(c.value));
        self.at_top_level(|s| {
            let ty = s.type_ref(c.ty);
            s.open_temps();
            let value = s.hinted(c.value, ty.as_ref());
            if c.name != "_" {
                let name = join(scope, ident(c.name));
                let dst = s.named(name, ty.clone());
                s.assign_from(dst, value, ty, span);
                s.globals.insert(name, dst);
            }
            s.close_temps(&[], span);
        });
    }

    // Imports.

    fn import(&mut self, name: Sym, target: Sym, glob: bool) {
        self.file.imports.push(Import { scope: self.module, name, target, level: 0, glob, has_stand_in: false });
    }

    /// All imports of a `use`, its trees walked with a list of what is left.
    pub(super) fn use_tree(&mut self, tree: &UseTree) {
        let mut left = vec![(String::new(), tree)];
        while let Some((mut prefix, mut tree)) = left.pop() {
            while let UseTree::Path(p) = tree {
                extend(&mut prefix, &p.ident);
                tree = &p.tree;
            }
            let target = |name: &syn::Ident| {
                let mut target = prefix.clone();
                if name != "self" {
                    extend(&mut target, name);
                }
                Sym::new(&target)
            };
            match tree {
                UseTree::Name(n) => {
                    let target = target(&n.ident);
                    self.import(Sym::new(target.last()), target, false);
                }
                UseTree::Rename(r) => self.import(ident(&r.rename), target(&r.ident), false),
                UseTree::Glob(_) => self.import(Sym::new(""), Sym::new(&prefix), true),
                UseTree::Group(g) => left.extend(g.items.iter().rev().map(|t| (prefix.clone(), t))),
                UseTree::Path(_) => {}
            }
        }
    }

    /// Functions of other languages are known by their names: those of C are the C library's, whoever declares them.
    fn foreign(&mut self, m: &syn::ItemForeignMod) {
        if m.abi.name.as_ref().is_some_and(|abi| !abi.value().starts_with('C')) {
            return;
        }
        for item in &m.items {
            if let ForeignItem::Fn(f) = item {
                let name = ident(&f.sig.ident);
                self.import(name, join(Sym::new("libc"), name), false);
            }
        }
    }

    // Types.

    fn type_def(&mut self, name: &syn::Ident, kind: TypeKind, attrs: &[syn::Attribute], bases: Vec<TypeRef>, fields: Vec<FieldDef>) {
        let decorators: Vec<Decorator> = self.decorators(attrs);
        let span = self.places.token(name.span());
        self.file.types.push(TypeDef { name: ident(name), scope: self.module, kind, bases, fields, decorators, span });
    }

    fn fields(&mut self, fields: &Fields) -> Vec<FieldDef> {
        fields.iter().enumerate().map(|(i, f)| self.field(f, i)).collect()
    }

    /// The fields of a variant, under its name.
    fn payload(&mut self, v: &syn::Variant) -> Vec<FieldDef> {
        let mut fields = self.fields(&v.fields);
        for f in &mut fields {
            f.name = join(ident(&v.ident), f.name);
        }
        fields
    }

    fn field(&mut self, f: &syn::Field, index: usize) -> FieldDef {
        let name = f.ident.as_ref().map_or_else(|| Sym::new(&index.to_string()), ident);
        FieldDef { name, ty: self.type_ref(&f.ty) }
    }

    fn bounds(&mut self, bounds: &syn::punctuated::Punctuated<syn::TypeParamBound, syn::Token![+]>) -> Vec<TypeRef> {
        let each = bounds.iter().map(|b| std::iter::once(b.clone()).collect());
        each.filter_map(|one| self.bound(&one)).collect()
    }

    // Methods.

    fn item_impl(&mut self, i: &syn::ItemImpl) {
        self.with_generics(&i.generics, |s| {
            let Some(ty) = s.type_ref(&i.self_ty).map(|t| t.path) else { return };
            let of_trait = i.trait_.as_ref().map(|(path, _)| dotted(path));
            let owner = s.open_impl(ty, of_trait);
            for item in &i.items {
                match item {
                    ImplItem::Const(c) => {
                        let constant = Constant { name: &c.ident, ty: &c.ty, value: &c.expr };
                        s.associated(ty, &constant);
                    }
                    ImplItem::Fn(f) => {
                        let public = is_public(&f.vis);
                        s.method(
                            &Method { attrs: &f.attrs, public, sig: &f.sig, body: Some(&f.block), start: vis_start(&f.vis) },
                            owner,
                            ty,
                        );
                    }
                    ImplItem::Type(_) | ImplItem::Macro(_) | ImplItem::Verbatim(_) => {}
                    _ => {}
                }
            }
        });
    }

    fn item_trait(&mut self, t: &syn::ItemTrait) {
        self.with_generics(&t.generics, |s| {
            let bases = s.bounds(&t.supertraits);
            s.type_def(&t.ident, TypeKind::Trait, &t.attrs, bases, vec![]);
            let ty = ident(&t.ident);
            let owner = s.open_impl(ty, None);
            for item in &t.items {
                match item {
                    TraitItem::Const(c) => {
                        if let Some((_, value)) = &c.default {
                            s.associated(ty, &Constant { name: &c.ident, ty: &c.ty, value });
                        }
                    }
                    TraitItem::Fn(f) => {
                        let public = is_public(&t.vis);
                        s.method(&Method { attrs: &f.attrs, public, sig: &f.sig, body: f.default.as_ref(), start: None }, owner, ty);
                    }
                    TraitItem::Type(_) | TraitItem::Macro(_) | TraitItem::Verbatim(_) => {}
                    _ => {}
                }
            }
        });
    }

    fn open_impl(&mut self, ty: Sym, of_trait: Option<Sym>) -> u32 {
        let owner = u32::try_from(self.file.impls.len()).unwrap_or(u32::MAX);
        self.file.impls.push(ImplDef { ty, scope: self.module, of_trait, functions: vec![] });
        owner
    }

    /// A constant of a type, where `Self` is that type.
    fn associated(&mut self, ty: Sym, c: &Constant<'_>) {
        let before = self.self_path.replace(ty);
        self.global(join(self.module, ty), c);
        self.self_path = before;
    }

    /// The value of an item in a block, as a variable of the function, which nested functions see too.
    pub(super) fn block_constant(&mut self, c: &Constant<'_>) {
        let span = self.places.between(c.name.span(), super::place::last(c.value));
        let ty = self.type_ref(c.ty);
        self.open_temps();
        let value = self.hinted(c.value, ty.as_ref());
        if c.name != "_" {
            let name = ident(c.name);
            let dst = self.named(name, ty.clone());
            self.assign_from(dst, value, ty, span);
            self.bind(name, dst, true);
        }
        self.close_temps(&[], span);
    }

    /// A static of a block, which is one for all calls: a variable of the top level, unless its name is taken there.
    pub(super) fn block_static(&mut self, c: &Constant<'_>) {
        let name = join(self.module, ident(c.name));
        if self.globals.contains_key(&name) { self.block_constant(c) } else { self.global(self.module, c) }
    }

    /// A nested function of a block, bound to a variable of its name that was declared before.
    pub(super) fn block_fn(&mut self, f: &syn::ItemFn) {
        let span = self.places.token(f.sig.ident.span());
        let name = ident(&f.sig.ident);
        let Some(dst) = self.lookup(name) else { return };
        let parent = self.current();
        let index = self.nested_fn(f, parent);
        self.assign(dst, Value::Function(index), span);
    }
}

/// Where a visibility begins.
pub(super) fn vis_start(vis: &Visibility) -> Option<TokenSpan> {
    match vis {
        Visibility::Public(t) => Some(t.span),
        Visibility::Restricted(r) => Some(r.pub_token.span),
        Visibility::Inherited => None,
    }
}

/// Appends a name to a dotted path.
fn extend(path: &mut String, name: &syn::Ident) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(ident(name).as_str());
}
