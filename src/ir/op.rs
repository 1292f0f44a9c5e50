//! Ops: what a function's body is made of.

use serde::{Deserialize, Serialize};

use super::{FuncIdx, TypeRef, Var};
use crate::source::{Span, Sym};

/// A sequence of ops.
pub type Block = Vec<Op>;

/// One op.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// `dst = value`. Assigning a named variable again replaces its value.
    Let { dst: Var, value: Value, ty: Option<Box<TypeRef>>, span: Span },
    /// A call.
    Call(Box<Call>),
    /// `base.field = value`.
    Store { base: Var, field: Sym, value: Var, span: Span },
    /// `base[key] = value`, and every other way to put data into a container that is syntax.
    StoreItem { base: Var, key: Key, value: Var, span: Span },
    /// Assignment to a name outside the function: `global x; x = …`, `STATIC = …`, `module.x = …`.
    StoreName { path: Sym, value: Var, span: Span },
    /// Exactly one arm runs (`if` without `else` has an empty last arm).
    Branch { arms: Vec<Arm>, span: Span },
    /// The body runs any number of times, also none. Its head (condition, `next`) is part of the body.
    Loop { body: Block, span: Span },
    /// A region with something that happens at its end.
    Scope { kind: Scope, span: Span },
    /// Return.
    Return { value: Option<Var>, span: Span },
    /// `dst = yield value`.
    Yield { dst: Var, value: Option<Var>, span: Span },
    /// `dst = await value`.
    Await { dst: Var, value: Var, span: Span },
    /// The variables' values end here unless they live elsewhere too: temporaries at the end of a Rust statement, `let _ = e`, `del x`.
    /// An expression statement of either language drops its temporaries so.
    Drop { vars: Box<[Var]>, span: Span, discarded: Option<Discarded> },
    /// `break` out of a loop: 0 for the innermost, 1 for the one around it.
    Break(u32),
    /// `continue`, counted alike.
    Continue(u32),
    /// `raise`, `panic!`, `bail!`: leaves the function (or goes to a handler).
    Raise { value: Option<Var>, span: Span },
}

/// The value of `let _ = e`, which a name in the place of the `_` would keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discarded {
    /// The value.
    pub value: Var,
    /// The `_`.
    pub span: Span,
}

/// What a region's end does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Scope {
    /// A Rust block: `locals`, in order of declaration, drop at its end in reverse order.
    Block { body: Block, locals: Box<[Var]> },
    /// `with item as target: body`; one item per scope. `target` is bound by the engine; further unpacking stands at the head of the body.
    With { item: Var, target: Option<Var>, body: Block, is_async: bool },
    /// `try`.
    Try(Box<Try>),
}

/// `try: body`, and what follows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Try {
    /// What may raise.
    pub body: Block,
    /// The `except` clauses.
    pub handlers: Vec<Handler>,
    /// `else`.
    pub orelse: Block,
    /// `finally`.
    pub finally: Block,
}

/// `except Types as name: body`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handler {
    /// Dotted names of the caught types; empty for a bare `except`.
    pub types: Vec<Sym>,
    /// The bound exception.
    pub name: Option<Var>,
    /// What it does.
    pub body: Block,
    /// The clause's head.
    pub span: Span,
}

/// One way of a branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// What holds in this arm, as far as it is a plain test of variables.
    pub tests: Vec<Test>,
    /// What it does.
    pub body: Block,
}

/// A variable that was tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    /// The variable.
    pub var: Var,
    /// Whether it was true (`Some`, `Ok`, not empty) in this arm.
    pub truth: bool,
    /// Whether its own truth was asked for, and not only whether there is something: `x is not None`, `Some(_)`.
    pub itself: bool,
}

/// A call. `dst` is always there; a result that nobody uses is dropped by the statement's [`Op::Drop`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The result.
    pub dst: Var,
    /// What is called.
    pub callee: Callee,
    /// Arguments in order of evaluation, without the receiver.
    pub args: Vec<Arg>,
    /// Type arguments of a turbofish, or the annotated type of the variable it initialises (through `?`, `.await` and `.unwrap()`-like calls), if written.
    pub result_type: Option<Box<TypeRef>>,
    /// The whole call expression.
    pub span: Span,
}

/// What a call calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Callee {
    /// A dotted path whose root is not a variable: `open`, `os.path.join`, `Config.load`, `crate.store.save`, `super().load` as `super.load`.
    Path(Sym),
    /// A method of a value.
    Method { recv: Var, name: Sym },
    /// A variable that holds something callable.
    Var(Var),
}

/// An argument.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arg {
    /// Keyword; `*` and `**` for unpacked arguments.
    pub name: Option<Sym>,
    /// Value.
    pub var: Var,
    /// Given by reference (`&x`, `&mut x`): what is called cannot keep it.
    pub lent: bool,
}

/// A part of formatted text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Piece {
    /// Literal text.
    Text(Sym),
    /// A hole.
    Var(Var),
}

/// What is between the brackets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Key {
    /// A literal string or number.
    Const(Sym),
    /// Anything else.
    Var(Var),
}

/// The right-hand side of a [`Op::Let`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Copy, move, borrow, cast, `?`, parentheses.
    Var(Var),
    /// What stands behind a reference or a guard, taken out of it: `*guard`.
    Behind(Var),
    /// Text or bytes.
    Str(Sym),
    /// A number.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// `None`, `()`, `...`.
    None,
    /// A name whose root is not a variable: import, function, class, constant, enum variant.
    Name(Sym),
    /// `base.field`.
    Field(Var, Sym),
    /// `base[key]`.
    Item(Var, Key),
    /// The n-th element of a tuple or sequence pattern; also the payload of `Some(x)`, `Ok(x)` (index 0) and other patterns.
    Element(Var, u32),
    /// What a pattern that names a type or a variant takes out of a value: `Found::Cached(x)`, `Found::Missing { x }`.
    Payload(Box<Payload>),
    /// f-string, `format!`, `%`, `.format` of literal templates.
    Format(Vec<Piece>),
    /// An operator over its operands, flattened (`a + b + c` is one): `+`, `/`, `|`, `==`, `not`, `in`, `<`, `and`.
    Operator(Sym, Vec<Var>),
    /// A list, set, dict (keys and values), comprehension result or array.
    Collection(Vec<Var>),
    /// A tuple.
    Tuple(Vec<Var>),
    /// `Path { field: value, ..base }`.
    Struct(Box<Structure>),
    /// A closure, lambda, nested function or async block of this file.
    Function(FuncIdx),
    /// One of these: `a or b`, `a if c else b`, the value of a `match`.
    Either(Vec<Var>),
    /// An element that a loop takes out of a container.
    Each(Var),
    /// Something that carries the data of its parts and is nothing else.
    Derived(Vec<Var>),
    /// A value about which nothing is known.
    Unknown,
}

/// What a pattern that names a type or a variant takes out of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// What is matched.
    pub of: Var,
    /// The type or variant, dotted as written.
    pub path: Sym,
    /// The field: its name, or its number as text.
    pub member: Sym,
}

impl Payload {
    /// The number of the field, if it has no name.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        self.member.as_str().parse().ok()
    }
}

/// `Path { field: value, ..base }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Structure {
    /// What is made.
    pub path: Sym,
    /// Fields by name.
    pub fields: Vec<(Sym, Var)>,
    /// Where the other fields come from.
    pub base: Option<Var>,
}
