#![doc = include_str!("../../lints/in-place-rewrite.md")]

use super::story::{Open, open_cycles, tell_once};
use super::unlocked_read_modify_write::is_update_of_state;
use crate::engine::{Analysis, Protection};
use crate::finding::{Confidence, Finding, Level, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "in-place-rewrite",
    summary: "a file that the user named is rewritten in place",
    level: Level::Note,
    default_on: true,
    page: include_str!("../../lints/in-place-rewrite.md"),
    cwe: &[367],
    tags: &["lost-update"],
};

/// Reports cycles on files that somebody outside the program named.
pub fn check(analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
    open_cycles(analysis, |c| {
        let open = matches!(c.protection(), Protection::None | Protection::ThreadOnly(_));
        if open && !c.lock_was_dropped(analysis) && !is_update_of_state(analysis, c) {
            tell_once(out, tell(analysis, c));
        }
    });
}

fn tell(analysis: &Analysis<'_>, c: &Open<'_>) -> Finding {
    let message = format!("`{}`, which its user names or writes, is rewritten in place: a change made meanwhile is lost", c.path);
    let f = c.finding(analysis, &RULE, Confidence::Medium, message);
    c.interleaved(f).help("if other programs write this file too, agree on a lock file; otherwise nothing needs to change")
}
