#![doc = include_str!("../../lints/lock-dropped-at-once.md")]

use super::story::analysed;
use crate::engine::{Analysis, Dropped, FuncId, How};
use crate::finding::{Confidence, Finding, Label, Level, Role, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "lock-dropped-at-once",
    summary: "a lock ends in the statement that takes it",
    level: Level::Error,
    default_on: true,
    page: include_str!("../../lints/lock-dropped-at-once.md"),
    cwe: &[667],
    tags: &["lock"],
};

/// The name that a guard gets which is bound to `_`.
const NAME: &str = "_lock";

/// Reports locks that nothing keeps.
pub fn check(analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
    for (function, r) in analysed(analysis) {
        out.extend(r.dropped.iter().map(|d| tell(analysis, function, d)));
    }
}

fn tell(analysis: &Analysis<'_>, f: FuncId, d: &Dropped) -> Finding {
    let (_, function) = analysis.program.function(f);
    let (message, help) = match d.how {
        How::Temporary => (
            "the lock is released again in the statement that takes it",
            "keep the guard or the file handle in a variable until after the write",
        ),
        How::NeverEntered => (
            "the lock is never taken: the context manager is called but not entered",
            "enter it with a `with` statement around the whole cycle",
        ),
    };
    let finding = Finding::new(&RULE, Confidence::High, message, Label::new(Role::Lock, d.site, "nothing is locked after this statement"))
        .in_function(function.qualname.as_str())
        .help(help);
    match d.unnamed {
        Some(place) if !function.vars.iter().any(|v| v.name.is_some_and(|n| n.as_str() == NAME)) => {
            finding.fix("give the guard a name, which keeps it to the end of the block", place, NAME)
        }
        _ => finding,
    }
}
