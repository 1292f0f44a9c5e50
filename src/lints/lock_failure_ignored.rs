#![doc = include_str!("../../lints/lock-failure-ignored.md")]

use super::story::{analysed, lock_label};
use crate::engine::{Analysis, FuncId, Unheeded};
use crate::finding::{Confidence, Finding, Label, Level, Process, Role, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "lock-failure-ignored",
    summary: "a file is written whether the lock was taken or not",
    level: Level::Error,
    default_on: true,
    page: include_str!("../../lints/lock-failure-ignored.md"),
    cwe: &[252, 667],
    tags: &["lock"],
};

/// Reports writes after attempts to lock whose failure changes nothing.
pub fn check(analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
    for (function, result) in analysed(analysis) {
        if !result.unheeded.is_empty() && analysis.entered_unlocked(function) {
            out.extend(result.unheeded.iter().map(|u| tell(analysis, function, u)));
        }
    }
}

fn tell(analysis: &Analysis<'_>, f: FuncId, u: &Unheeded) -> Finding {
    let (_, function) = analysis.program.function(f);
    let path = analysis.program.describe(f, &u.write.resource.resource().term);
    let written = u.write.local_site();
    let message = format!("`{path}` is written whether the lock was taken or not");
    let finding = Finding::new(&RULE, Confidence::High, message, Label::new(Role::Write, written, "written in any case"))
        .in_function(function.qualname.as_str())
        .on(path.clone())
        .step(Process::B, "lock   succeeds".to_owned(), None)
        .step(Process::A, "lock   fails, and nobody notices".to_owned(), u.lock.site)
        .step(Process::A, format!("write  {path}"), written)
        .outcome("A writes while B holds the lock");
    lock_label(finding, &u.lock, "tried here; its failure is ignored").help("wait for the lock, or leave when it is taken")
}
