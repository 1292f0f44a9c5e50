#![doc = include_str!("../../lints/truncate-before-lock.md")]

use super::story::analysed;
use crate::engine::{Analysis, FuncId, Truncation};
use crate::finding::{Confidence, Finding, Label, Level, Process, Role, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "truncate-before-lock",
    summary: "a data file is emptied by being opened, before its lock is held",
    level: Level::Error,
    default_on: true,
    page: include_str!("../../lints/truncate-before-lock.md"),
    cwe: &[362, 667],
    tags: &["lock"],
};

/// Reports data files that are empty while another process holds their lock.
pub fn check(analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
    let mut told = Vec::new();
    for (function, result) in analysed(analysis) {
        for t in &result.truncations {
            if !told.contains(&t.opening.site) && analysis.entered_unlocked(function) {
                told.push(t.opening.site);
                out.push(tell(analysis, function, t));
            }
        }
    }
}

fn tell(analysis: &Analysis<'_>, f: FuncId, t: &Truncation) -> Finding {
    let (_, function) = analysis.program.function(f);
    let path = analysis.program.describe(f, &t.opening.resource.resource().term);
    let message = format!("opening `{path}` empties it before its lock is held, also while another process holds that lock");
    let opened = t.opening.site;
    Finding::new(&RULE, Confidence::High, message, Label::new(Role::Write, opened, "emptied here"))
        .in_function(function.qualname.as_str())
        .on(path.clone())
        .label(Role::Lock, t.lock.site, "locked only here")
        .label(Role::Write, t.write.local_site(), "filled again under the lock")
        .step(Process::B, format!("lock   {path}"), None)
        .step(Process::A, format!("empty  {path}"), opened)
        .step(Process::B, format!("read   {path}"), None)
        .outcome("B finds an empty file under its own lock")
        .help("open it without truncation, take the lock, and empty it then")
}
