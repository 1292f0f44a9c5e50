//! The registry of lints.
