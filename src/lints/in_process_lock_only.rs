#![doc = include_str!("../../lints/in-process-lock-only.md")]

use super::story::{Open, lock_label, open_cycles, tell_once};
use crate::engine::{Analysis, Protection};
use crate::finding::{Confidence, Finding, Level, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "in-process-lock-only",
    summary: "a file is updated under a lock that other processes don't see",
    level: Level::Warning,
    default_on: true,
    page: include_str!("../../lints/in-process-lock-only.md"),
    cwe: &[362, 367],
    tags: &["lost-update", "lock"],
};

/// Reports cycles under a lock of this process only.
pub fn check(analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
    open_cycles(analysis, |c| {
        if let Protection::ThreadOnly(lock) = c.protection()
            && super::unlocked_read_modify_write::is_update_of_state(analysis, c)
        {
            let f = lock_label(tell(analysis, c), lock, "this lock keeps out only threads of this process");
            tell_once(out, c.interleaved(f).help("hold an exclusive file lock as well, over the whole cycle"));
        }
    });
}

fn tell(analysis: &Analysis<'_>, c: &Open<'_>) -> Finding {
    let message = format!("`{}` is updated under a lock that another process doesn't see", c.path);
    c.finding(analysis, &RULE, Confidence::Medium, message)
}
