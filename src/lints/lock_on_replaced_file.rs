#![doc = include_str!("../../lints/lock-on-replaced-file.md")]

use rustc_hash::FxHashSet;

use super::story::{Open, analysed, lock_label, open_cycles};
use crate::engine::{Analysis, FuncId, Protection, Replaced};
use crate::finding::{Confidence, Finding, Label, Level, Process, Role, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "lock-on-replaced-file",
    summary: "the locked file is one that is replaced by another",
    level: Level::Error,
    default_on: true,
    page: include_str!("../../lints/lock-on-replaced-file.md"),
    cwe: &[362, 367],
    tags: &["lost-update", "lock"],
};

const HELP: &str = "lock a file of its own beside it (`<file>.lock`) that is never replaced or removed";

/// Reports cycles under a lock on the very file that the write replaces, and other locks on files that are replaced.
pub fn check(analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
    open_cycles(analysis, |c| {
        if let Protection::OnReplaced(lock) = c.protection() {
            let f = lock_label(tell_cycle(analysis, c), lock, "the lock belongs to the file that is replaced");
            out.push(c.interleaved(f).help(HELP));
        }
    });
    let replaced = analysed(analysis).flat_map(|(f, result)| result.replaced.iter().map(move |r| (f, r)));
    let mut found: Vec<_> = replaced.filter(|(f, _)| analysis.entered_unlocked(*f)).collect();
    // Each replacement once: in the function where it stands, if that is where it shows.
    found.sort_by_key(|(f, r)| (r.write.chain.is_some(), *f, r.write.local_site()));
    let mut told = FxHashSet::default();
    found.retain(|(_, r)| told.insert(r.write.site));
    out.extend(found.into_iter().map(|(f, r)| tell(analysis, f, r)));
}

fn tell_cycle(analysis: &Analysis<'_>, c: &Open<'_>) -> Finding {
    let message = format!("the lock is on `{}` itself, which the write replaces: the next process locks another file", c.path);
    c.finding(analysis, &RULE, Confidence::High, message)
}

fn tell(analysis: &Analysis<'_>, f: FuncId, r: &Replaced) -> Finding {
    let (_, function) = analysis.program.function(f);
    let path = analysis.program.describe(f, &r.lock.lock);
    let written = r.write.local_site();
    let (message, replaces, locks) = if r.before {
        let message = format!("`{path}` is replaced by a new file before its lock is taken: each process locks a file of its own");
        (message, "replaced here", "the new file is locked here")
    } else {
        let message = format!("the lock is on `{path}` itself, which is replaced here: the next process locks another file");
        (message, "replaced here", "the lock belongs to the file that is replaced")
    };
    let finding = Finding::new(&RULE, Confidence::High, message, Label::new(Role::Write, written, replaces))
        .in_function(function.qualname.as_str())
        .on(path.clone());
    let finding = lock_label(finding, &r.lock, locks);
    let (replace, lock) = (format!("replace {path}"), format!("lock    {path}"));
    let steps = if r.before {
        [(Process::A, &replace, written), (Process::A, &lock, r.lock.site)]
    } else {
        [(Process::A, &lock, r.lock.site), (Process::A, &replace, written)]
    };
    let finding = steps.into_iter().fold(finding, |f, (who, what, at)| f.step(who, what.clone(), at));
    let finding = if r.before { finding.step(Process::B, replace, None) } else { finding };
    finding.step(Process::B, format!("{lock}, the new file"), None).outcome("A and B both hold a lock, on two files").help(HELP)
}
