//! Summaries: what a call does, in terms of its parameters.

use super::{Event, Term, Value};
use crate::source::Sym;

/// A parameter of a summary.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Name, for keyword arguments.
    pub name: Sym,
    /// The value when no argument is given.
    pub default: Option<Value>,
}

/// A value left behind in a place that outlives the call.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    /// A field of a parameter, of a new object, or a global.
    pub place: Term,
    /// What it holds afterwards.
    pub value: Value,
}

/// What a call does. Terms are over [`Term::Param`]; events refer to each other by index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Parameters, the receiver first.
    pub params: Vec<Param>,
    /// Operations in order.
    pub events: Vec<Event>,
    /// Values left behind.
    pub stores: Vec<Store>,
    /// The result; `None` when nothing is known of it, so that it carries the data of all arguments.
    pub ret: Option<Value>,
    /// Acquisitions still held when it returns.
    pub held: Vec<u32>,
    /// Acquisitions of which the result tells whether they succeeded: it is false, or nothing, where they did not.
    pub told: Vec<u32>,
    /// For a generator: how many events come before the first `yield`.
    pub yield_at: Option<u32>,
    /// For a generator: what it yields.
    pub yields: Option<Value>,
    /// For a generator: the acquisitions held at the `yield`.
    pub yield_held: Vec<u32>,
    /// For a generator: it yields an open file, and gives up a lock before what was written to that file must be in it.
    pub yields_unflushed: bool,
    /// Nothing runs after a call of it: it ends the program, or always ends with an exception.
    pub never_returns: bool,
    /// The files that are written whole and the folders that are removed on all its ways, with what is put into them.
    pub anew: Vec<(Term, super::Deps)>,
}
