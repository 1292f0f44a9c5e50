//! Placeholder of the guard crate.
