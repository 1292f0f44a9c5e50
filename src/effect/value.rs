//! Values: what the analysis knows of a variable.

use std::sync::Arc;

use super::{Deps, Flags, LockSpec, Term};
use crate::source::Sym;

/// A type: one of the project's, or a library's by dotted path. Wrappers (`Option`, `Result`, `Arc`, …) are peeled.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    /// A type that the project defines, by the engine's number.
    Project(u32),
    /// A library's type, by its full dotted path.
    Library(Sym),
}

/// A function that a value stands for, with the values that it captured.
#[derive(Clone, Debug, PartialEq)]
pub struct FuncRef {
    /// The engine's number of the function.
    pub func: u32,
    /// Leading arguments already given: the receiver of a bound method, `functools.partial`'s.
    pub bound: Vec<Value>,
    /// Captured values, in the order of the function's captures.
    pub captures: Vec<Value>,
    /// For captured variables of the function that is being analysed: their numbers, so that their newest value is used.
    pub capture_vars: Vec<u32>,
    /// The function whose variables `capture_vars` number.
    pub creator: u32,
    /// Lock objects that are held while it runs (a locking decorator).
    pub locks: Vec<Value>,
}

/// What a value is, beyond its identity.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// An open file. `mode`: `fopen(3)` letters as a literal, or a value with flags; unknown when it was opened by other means.
    Handle { path: Box<Value>, mode: Box<Value> },
    /// A lock object that is not held by being there: `threading.Lock()`, `FileLock(path)`, `Mutex<T>`. `target` is what it locks,
    /// `inner` the type of the data that it wraps.
    Lock { spec: LockSpec, target: Box<Value>, inner: Option<Ty> },
    /// A function, closure or bound method.
    Func(Box<FuncRef>),
    /// A library's function with its first arguments given: a method of an object.
    Method { path: Sym, given: Vec<Value> },
    /// A type used as a value (its constructor, its class methods).
    Type(Ty),
    /// A tuple of known parts.
    Tuple(Vec<Value>),
    /// The result of calling a generator or coroutine function that has not run yet: the call, kept for `with`, `for`, `await`.
    Suspended { func: Box<FuncRef>, args: Vec<Value> },
    /// `base` with flags added, if `when` (absent: always) is true. Only in models; it is resolved when the call is seen.
    AddFlags { base: Box<Value>, flags: Flags, when: Option<Box<Value>> },
}

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Identity.
    pub term: Term,
    /// What it is made from.
    pub deps: Deps,
    /// Its type, if known.
    pub ty: Option<Ty>,
    /// Flags that it stands for.
    pub flags: Flags,
    /// What it is.
    pub kind: Option<Arc<Kind>>,
}

impl Value {
    /// A value of which only the identity is known.
    #[must_use]
    pub fn of(term: Term) -> Self {
        Self { term, deps: Deps::none(), ty: None, flags: Flags::NONE, kind: None }
    }

    /// The same value with other terms: its own, and those of the file that it is open on or locks.
    #[must_use]
    pub fn with_terms(&self, on: &dyn Fn(&Term) -> Term) -> Self {
        let inner = |v: &Self| Box::new(v.with_terms(on));
        let kind = self.kind.as_ref().map(|k| match &**k {
            Kind::Handle { path, mode } => Arc::new(Kind::Handle { path: inner(path), mode: mode.clone() }),
            Kind::Lock { spec, target, inner: wrapped } => {
                Arc::new(Kind::Lock { spec: *spec, target: inner(target), inner: wrapped.clone() })
            }
            _ => k.clone(),
        });
        Self { term: on(&self.term), kind, ..self.clone() }
    }

    /// Nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        Self::of(Term::Unknown)
    }

    /// Literal text.
    #[must_use]
    pub fn text(s: Sym) -> Self {
        Self::of(Term::Const(s))
    }

    /// With these dependences added.
    #[must_use]
    pub fn with_deps(mut self, deps: &Deps) -> Self {
        self.deps.extend(deps);
        self
    }

    /// With this type.
    #[must_use]
    pub fn with_type(mut self, ty: Option<Ty>) -> Self {
        self.ty = ty;
        self
    }

    /// With this kind.
    #[must_use]
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.kind = Some(Arc::new(kind));
        self
    }

    /// The open file's path, or the value itself: what an operation on it touches.
    #[must_use]
    pub fn resource(&self) -> &Self {
        match self.kind.as_deref() {
            Some(Kind::Handle { path, .. }) => path,
            _ => self,
        }
    }
}
