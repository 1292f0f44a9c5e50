#![doc = include_str!("../../lints/lock-too-narrow.md")]

use super::story::{Open, lock_label, open_cycles};
use crate::engine::{Analysis, Protection};
use crate::finding::{Confidence, Finding, Level, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "lock-too-narrow",
    summary: "a lock is held, but not over the whole cycle of read, change and write",
    level: Level::Error,
    default_on: true,
    page: include_str!("../../lints/lock-too-narrow.md"),
    cwe: &[362, 367],
    tags: &["lost-update", "lock"],
};

/// Reports cycles that a lock covers only in part.
pub fn check(analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
    open_cycles(analysis, |c| {
        if !c.lock_was_dropped(analysis) {
            out.extend(tell(analysis, c));
        }
    });
}

fn tell(analysis: &Analysis<'_>, c: &Open<'_>) -> Option<Finding> {
    let path = &c.path;
    let (message, labels, help) = match c.protection() {
        Protection::WriteOnly(w) => (
            format!("`{path}` is read before the lock is taken, so what is written back may be stale"),
            vec![(w, "the lock is taken here, after the read")],
            "take the lock before the read, or read again under it",
        ),
        Protection::ReadOnly(r) if c.cycle.write.late.contains(&r.event) => (
            format!("the lock is released while what was written to `{path}` may still be in the buffer of the open file"),
            vec![(r, "this lock is released before the buffer is written out")],
            "close the file, or call `flush()`, before the lock is given up",
        ),
        Protection::ReadOnly(r) => (
            format!("the lock is released after the read of `{path}`, and the write happens outside it"),
            vec![(r, "this lock is released before the write")],
            "keep the lock until after the write",
        ),
        Protection::Split(r, w) => (
            format!("`{path}` is read under one lock and written under another acquisition: the cycle is open in between"),
            vec![(r, "taken for the read, and released"), (w, "taken again for the write")],
            "hold one acquisition over the read, the change and the write",
        ),
        _ => return None,
    };
    let mut f = c.finding(analysis, &RULE, Confidence::High, message);
    for (lock, text) in labels {
        f = lock_label(f, lock, text);
    }
    Some(c.interleaved(f).help(help))
}
