#![doc = include_str!("../../lints/lock-on-replaced-file.md")]

use super::story::{Open, lock_label, open_cycles};
use crate::engine::{Analysis, Protection};
use crate::finding::{Confidence, Finding, Level, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "lock-on-replaced-file",
    summary: "the locked file is the one that the write replaces by another",
    level: Level::Error,
    default_on: true,
    page: include_str!("../../lints/lock-on-replaced-file.md"),
    cwe: &[362, 367],
    tags: &["lost-update", "lock"],
};

/// Reports cycles under a lock on the very file that the write replaces.
pub fn check(analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
    open_cycles(analysis, |c| {
        if let Protection::OnReplaced(lock) = c.protection() {
            let f = lock_label(tell(analysis, c), lock, "the lock belongs to the file that is replaced");
            out.push(c.interleaved(f).help("lock a file of its own beside it (`<file>.lock`) that is never replaced or removed"));
        }
    });
}

fn tell(analysis: &Analysis<'_>, c: &Open<'_>) -> Finding {
    let message = format!("the lock is on `{}` itself, which the write replaces: the next process locks another file", c.path);
    c.finding(analysis, &RULE, Confidence::High, message)
}
