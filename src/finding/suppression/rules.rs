//! The two rules about suppressions themselves.

use crate::finding::{Level, Rule};

/// A suppression that cannot be obeyed.
pub static INVALID: Rule = Rule {
    id: "invalid-suppression",
    summary: "a suppression comment has no reason, no rule or an unknown one",
    level: Level::Warning,
    default_on: true,
    page: include_str!("../../../lints/invalid-suppression.md"),
    cwe: &[],
    tags: &["suppression"],
};

/// A suppression that silences nothing.
pub static UNUSED: Rule = Rule {
    id: "unused-suppression",
    summary: "a suppression comment silences nothing",
    level: Level::Warning,
    default_on: true,
    page: include_str!("../../../lints/unused-suppression.md"),
    cwe: &[],
    tags: &["suppression"],
};
