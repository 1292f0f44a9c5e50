#![doc = include_str!("../../lints/lock-file-deleted.md")]

use crate::engine::{Analysis, LockRemoval};
use crate::finding::{Confidence, Finding, Label, Level, Process, Role, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "lock-file-deleted",
    summary: "a lock file is removed, and two processes can hold its lock",
    level: Level::Error,
    default_on: true,
    page: include_str!("../../lints/lock-file-deleted.md"),
    cwe: &[362, 667],
    tags: &["lock"],
};

/// Reports removals of lock files.
pub fn check(analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
    out.extend(analysis.lock_removals().iter().map(|r| tell(analysis, r)));
}

fn tell(analysis: &Analysis<'_>, r: &LockRemoval) -> Finding {
    let (_, function) = analysis.program.function(r.function);
    let path = analysis.program.describe(r.function, &r.remove.resource.resource().term);
    let message = format!("the lock file `{path}` is removed: who waits for its lock and who creates it anew both get one");
    let removed = r.remove.local_site();
    let through = r.remove.chain.as_ref().map_or_else(String::new, |c| format!(" through `{}`", c.callee.last()));
    let mut f = Finding::new(&RULE, Confidence::High, message, Label::new(Role::Act, removed, format!("removed here{through}")));
    if r.remove.site != removed {
        f = f.label(Role::Act, r.remove.site, "the removal itself");
    }
    f.in_function(function.qualname.as_str())
        .on(path.clone())
        .label(Role::Lock, r.lock.site, "its lock is taken here")
        .step(Process::B, format!("open   {path}, wait for its lock"), None)
        .step(Process::A, format!("remove {path}"), removed)
        .step(Process::B, "lock   the removed file".to_owned(), None)
        .step(Process::A, format!("create {path}, lock it"), r.lock.site)
        .outcome("A and B both hold the lock")
        .help("leave the lock file where it is: an empty file does no harm")
}
