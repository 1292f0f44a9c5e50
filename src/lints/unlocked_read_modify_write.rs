#![doc = include_str!("../../lints/unlocked-read-modify-write.md")]

use super::story::{Open, open_cycles, tell_once};
use crate::effect::{Domain, EventKind, Reach, WriteKind};
use crate::engine::{Analysis, NamedBy, Protection, Sameness};
use crate::finding::{Confidence, Finding, Level, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "unlocked-read-modify-write",
    summary: "a file is read, changed and written back with no exclusive lock held over the whole cycle",
    level: Level::Warning,
    default_on: true,
    page: include_str!("../../lints/unlocked-read-modify-write.md"),
    cwe: &[362, 367],
    tags: &["lost-update"],
};

/// Reports cycles that nothing protects.
pub fn check(analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
    open_cycles(analysis, |c| {
        if *c.protection() == Protection::None && !c.lock_was_dropped(analysis) && is_update_of_state(analysis, c) {
            tell_once(out, tell(analysis, c));
        }
    });
}

/// Not a tool that rewrites what its user named.
pub(super) fn is_update_of_state(analysis: &Analysis<'_>, c: &Open<'_>) -> bool {
    let path = &c.cycle.write.resource.resource().term;
    analysis.named_by(c.function, path) != NamedBy::User
}

/// The code around it knows of other processes or threads: it takes locks, is asynchronous, or updates the file in several places.
pub(super) fn has_evidence(analysis: &Analysis<'_>, c: &Open<'_>) -> bool {
    let (file, function) = analysis.program.function(c.function);
    function.flags.is_async || locks_in_file(analysis, file) || analysis.updated_elsewhere(c.function, c.cycle)
}

/// Whether some function of a file takes a lock that other processes see.
fn locks_in_file(analysis: &Analysis<'_>, file: u32) -> bool {
    analysis.results_of(file).flat_map(|r| r.summary.events.iter()).any(|e| match &e.kind {
        EventKind::Acquire { spec, .. } => spec.reach == Reach::Process && spec.domain != Domain::Creation,
        _ => false,
    })
}

fn tell(analysis: &Analysis<'_>, c: &Open<'_>) -> Finding {
    let evidence = has_evidence(analysis, c);
    let confidence = if evidence && c.cycle.sameness != Sameness::Object { Confidence::High } else { Confidence::Medium };
    let atomic = matches!(c.cycle.write.kind, EventKind::Write(WriteKind::Replace) | EventKind::ReplaceFrom { .. });
    let how = if atomic { "; replacing it atomically doesn't help" } else { "" };
    let message = match &c.exposure.bypass {
        Some(b) => {
            let who = analysis.program.function(b.by).1.qualname;
            format!("`{}` is read, changed and written back under a lock that `{who}` doesn't take", c.path)
        }
        None => format!("`{}` is read, changed and written back with no lock held{how}", c.path),
    };
    let mut f = c.finding(analysis, &RULE, confidence, message);
    if evidence {
        f.level = Level::Error;
    }
    c.interleaved(f).help("hold one exclusive file lock from before the read until after the write")
}
