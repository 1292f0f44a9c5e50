#![doc = include_str!("../../lints/shared-lock-for-update.md")]

use super::story::{Open, lock_label, open_cycles};
use crate::engine::{Analysis, Protection};
use crate::finding::{Confidence, Finding, Level, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "shared-lock-for-update",
    summary: "a file is updated under a shared lock, which several processes hold at once",
    level: Level::Error,
    default_on: true,
    page: include_str!("../../lints/shared-lock-for-update.md"),
    cwe: &[362, 367],
    tags: &["lost-update", "lock"],
};

/// Reports cycles under a lock in shared mode.
pub fn check(analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
    open_cycles(analysis, |c| {
        if let Protection::Shared(lock) = c.protection() {
            let f = lock_label(tell(analysis, c), lock, "taken in shared mode here");
            out.push(c.interleaved(f).help("take the lock in exclusive mode"));
        }
    });
}

fn tell(analysis: &Analysis<'_>, c: &Open<'_>) -> Finding {
    let message = format!("`{}` is updated under a shared lock, which other processes can hold at the same time", c.path);
    c.finding(analysis, &RULE, Confidence::High, message)
}
