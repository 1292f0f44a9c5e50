#![doc = include_str!("../../lints/lock-failure-ignored.md")]

use super::story::{analysed, lock_label};
use crate::engine::{Analysis, FuncId, Unheeded};
use crate::finding::{Confidence, Finding, Label, Level, Process, Role, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "lock-failure-ignored",
    summary: "what a lock is for is done whether it was taken or not",
    level: Level::Error,
    default_on: true,
    page: include_str!("../../lints/lock-failure-ignored.md"),
    cwe: &[252, 667],
    tags: &["lock"],
};

/// Reports what is done after attempts to lock whose failure changes nothing.
pub fn check(analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
    let unheeded = analysed(analysis).flat_map(|(f, result)| result.unheeded.iter().map(move |u| (f, u)));
    let counts = |(f, u): &(FuncId, &Unheeded)| u.write.is_none() || analysis.entered_unlocked(*f);
    out.extend(unheeded.filter(counts).map(|(f, u)| tell(analysis, f, u)));
}

fn tell(analysis: &Analysis<'_>, f: FuncId, u: &Unheeded) -> Finding {
    let (_, function) = analysis.program.function(f);
    let found = match &u.write {
        Some(write) => {
            let path = analysis.program.describe(f, &write.resource.resource().term);
            let message = format!("`{path}` is written whether the lock was taken or not");
            let written = write.local_site();
            let primary = Label::new(Role::Write, written, "written in any case");
            let finding = Finding::new(&RULE, Confidence::High, message, primary).on(path.clone());
            lock_label(finding, &u.lock, "tried here; its failure is ignored")
                .step(Process::B, "lock   succeeds".to_owned(), None)
                .step(Process::A, "lock   fails, and nobody notices".to_owned(), u.lock.site)
                .step(Process::A, format!("write  {path}"), written)
                .outcome("A writes while B holds the lock")
        }
        None => {
            let path = analysis.program.describe(f, &u.lock.lock);
            let message = format!("the lock on `{path}` is handed on whether it was taken or not");
            let primary = Label::new(Role::Lock, u.lock.site, "tried here; nobody looks whether it succeeded");
            Finding::new(&RULE, Confidence::High, message, primary)
                .on(path)
                .step(Process::B, "lock   succeeds".to_owned(), None)
                .step(Process::A, "lock   fails, and nobody notices".to_owned(), u.lock.site)
                .outcome("A and B both go on as if they held the lock")
        }
    };
    found.in_function(function.qualname.as_str()).help("wait for the lock, or leave when it is taken")
}
