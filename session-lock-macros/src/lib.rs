//! Placeholder of the attribute macro crate.
