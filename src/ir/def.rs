//! Definitions: files, types, implementations, functions, imports.

use serde::{Deserialize, Serialize};

use super::{Block, FuncIdx, Var};
use crate::source::{Lang, Span, Sym};

/// Everything that is known of one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// The language, which decides whose models apply.
    pub lang: Lang,
    /// `import`, `from … import`, `use`, at any depth.
    pub imports: Vec<Import>,
    /// Classes, structs, enums, traits and type aliases.
    pub types: Vec<TypeDef>,
    /// Where methods are attached to types: one per Python class, one per Rust `impl` or trait body.
    pub impls: Vec<ImplDef>,
    /// Modules in files of their own that are compiled only for tests (`#[cfg(test)] mod x;`), by their in-file dotted names.
    pub test_modules: Vec<Sym>,
    /// All functions, methods, closures and lambdas; the first is the top level (module variables, constants and statics are its variables).
    pub functions: Vec<Function>,
}

/// Something in a file that could not be read: a syntax error, or nesting past the bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// One sentence, lower case, no full stop.
    pub message: String,
}

/// One imported name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The in-file module that it stands in: empty, or a dotted path of inline Rust modules. Imports inside functions count for their module.
    pub scope: Sym,
    /// The name that it binds here; empty for a glob.
    pub name: Sym,
    /// What it stands for, dotted as written (`crate.store.load`, `super.x`, `os.path`). For `from . import a` the target is `a` and `level` 1.
    pub target: Sym,
    /// Leading dots of a relative Python import.
    pub level: u32,
    /// `from m import *`, `use m::*`.
    pub glob: bool,
    /// The file defines the name itself for where the import fails (`try: from m import a`, `except ImportError: def a…`).
    pub has_stand_in: bool,
}

/// A type as the source writes it, references and lifetimes stripped.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TypeRef {
    /// Dotted path; `()` for tuples; `Optional` for `X | None`; the bound for `impl Bound`, `dyn Bound` and a generic parameter with one bound.
    pub path: Sym,
    /// Generic arguments in order (`Result<Config, E>`: two). For `Fn(A) -> B` and `Callable[[A], B]`: only the result type.
    pub args: Vec<TypeRef>,
}

/// What kind of type a [`TypeDef`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TypeKind {
    /// A class or a struct.
    Record,
    /// An enum.
    Enum,
    /// A trait or a protocol.
    Trait,
    /// `type A = B` (the only base is `B`).
    Alias,
}

/// A class, struct, enum, trait or alias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeDef {
    /// Bare name.
    pub name: Sym,
    /// In-file module path (inline Rust modules, enclosing Python classes), or empty.
    pub scope: Sym,
    /// Kind.
    pub kind: TypeKind,
    /// Base classes, supertraits, or the aliased type.
    pub bases: Vec<TypeRef>,
    /// Declared fields (struct fields by name, tuple fields as `0`, `1`; annotated or assigned Python class variables).
    pub fields: Vec<FieldDef>,
    /// Decorators or derives.
    pub decorators: Vec<Decorator>,
    /// The name's place.
    pub span: Span,
}

/// A declared field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldDef {
    /// Name.
    pub name: Sym,
    /// Type as written, if written.
    pub ty: Option<TypeRef>,
}

/// Methods attached to a type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImplDef {
    /// The type, dotted as written (for a Python class: its scope and name).
    pub ty: Sym,
    /// The in-file module that it stands in.
    pub scope: Sym,
    /// The trait, for `impl Trait for T`.
    pub of_trait: Option<Sym>,
    /// Methods and associated functions.
    pub functions: Vec<FuncIdx>,
}

/// A variable's name, if the source gave it one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VarInfo {
    /// `None` for temporaries.
    pub name: Option<Sym>,
    /// Type as written, for annotated variables.
    pub ty: Option<Box<TypeRef>>,
}

/// How a parameter takes its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ParamKind {
    /// By position or by name.
    Normal,
    /// Only by name.
    Keyword,
    /// `*args`.
    Rest,
    /// `**kwargs`.
    KeywordRest,
}

/// A parameter. The receiver (`self`, `cls`) is the first parameter of a method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// Name; empty for a pattern, whose parts are bound by `Let`s at the head of the body.
    pub name: Sym,
    /// The variable that it binds.
    pub var: Var,
    /// Type as written.
    pub ty: Option<TypeRef>,
    /// How it takes its argument.
    pub kind: ParamKind,
    /// The default's value, evaluated by ops at the head of nothing: a literal or a dotted name, if it is one.
    pub default: Option<super::Value>,
}

/// A variable of an enclosing function that a nested function uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// In the nested function.
    pub inner: Var,
    /// In the directly enclosing function (which captures it in turn if it stands further out).
    pub outer: Var,
}

/// A decorator or attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decorator {
    /// Dotted path as written.
    pub path: Sym,
    /// Whether it is called (`@locked(…)`), which returns the decorator proper.
    pub called: bool,
    /// Its arguments.
    pub args: Vec<DecoratorArg>,
    /// Place.
    pub span: Span,
}

/// An argument of a decorator: only literals and dotted names are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecoratorArg {
    /// Keyword.
    pub name: Option<Sym>,
    /// A literal, a [`super::Value::Name`], or `Unknown`.
    pub value: super::Value,
}

/// Yes-or-no facts of a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts of the source")]
pub struct Flags {
    /// `async def`, `async fn`, `async` block.
    pub is_async: bool,
    /// Contains `yield`.
    pub is_generator: bool,
    /// The first parameter is the receiver.
    pub has_receiver: bool,
    /// `@classmethod`: the receiver is the class.
    pub is_class_method: bool,
    /// `@property` or a cached one: read as a field.
    pub is_property: bool,
    /// `@cached_property`: computed at the first use, and a field from then on.
    pub is_cached: bool,
    /// A lambda, closure or async block.
    pub is_closure: bool,
    /// `pub` in any form (Rust).
    pub is_public: bool,
    /// Has no body (a trait's required method, an overload, a stub).
    pub is_abstract: bool,
    /// Its result type says that it does not return (`!`; `typing.NoReturn`, `typing.Never`).
    pub never_returns: bool,
}

/// A function, method, closure, lambda, or a file's top level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// Bare name; `<module>`, `<lambda>`.
    pub name: Sym,
    /// Dotted name within the file: `Store.add`, `outer.inner`, `tests.t`, for methods of a Rust impl `Type.method`.
    pub qualname: Sym,
    /// In-file module path.
    pub scope: Sym,
    /// The impl that it stands in.
    pub owner: Option<u32>,
    /// The function that lexically encloses it (`None` for top-level functions and methods).
    pub parent: Option<FuncIdx>,
    /// Facts.
    pub flags: Flags,
    /// Decorators or attributes.
    pub decorators: Vec<Decorator>,
    /// Parameters, the receiver first.
    pub params: Vec<Param>,
    /// Captured variables.
    pub captures: Vec<Capture>,
    /// Result type as written.
    pub ret: Option<TypeRef>,
    /// Variables.
    pub vars: Vec<VarInfo>,
    /// Body. A Rust body's tail expression is a `Return`.
    pub body: Block,
    /// From the first keyword to the end.
    pub span: Span,
    /// The name.
    pub name_span: Span,
}
