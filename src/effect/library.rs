//! What is known of library calls, types and constants: summaries that somebody wrote, by dotted path.

use rustc_hash::FxHashMap;

use super::{LockSpec, Summary, Value};
use crate::source::Sym;

/// A library call, method or attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryCall {
    /// What it does. The receiver of a method is parameter 0, named `self`.
    pub summary: Summary,
    /// An attribute or property: read without a call.
    pub attr: bool,
    /// The result's type.
    pub ret_type: Option<Sym>,
}

/// A library type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LibraryType {
    /// Where methods are looked up next.
    pub is: Vec<Sym>,
    /// A wrapper that is its first type argument (`Option`, `Result`, `Arc`).
    pub wraps: bool,
    /// A declared value of this type is a lock object with this specification.
    pub lock: Option<LockSpec>,
    /// Values of this type are paths.
    pub path: bool,
}

/// All models of one language, the user's appended.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// Calls, methods and attributes by dotted path.
    pub calls: FxHashMap<Sym, LibraryCall>,
    /// Methods that count for receivers of unknown type: bare name to dotted path.
    pub any_receiver: FxHashMap<Sym, Sym>,
    /// Types by dotted path; an alias maps to the same entry through `type_alias`.
    pub types: FxHashMap<Sym, LibraryType>,
    /// Other paths of a type.
    pub type_alias: FxHashMap<Sym, Sym>,
    /// Constants.
    pub consts: FxHashMap<Sym, Value>,
}
