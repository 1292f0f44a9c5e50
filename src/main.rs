//! The command `toctou`.
fn main() {}
