#![doc = include_str!("../../lints/unlocked-read-modify-write.md")]

use super::story::{Open, open_cycles};
use crate::effect::{EventKind, Reach, WriteKind};
use crate::engine::{Analysis, NamedBy, Protection};
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
            out.push(tell(analysis, c));
        }
    });
}

/// Not a tool that rewrites what its user named.
pub(super) fn is_update_of_state(analysis: &Analysis<'_>, c: &Open<'_>) -> bool {
    let path = &c.cycle.write.resource.resource().term;
    analysis.named_by(c.function, path) != NamedBy::User || has_evidence(analysis, c)
}

/// The code around it knows of other processes or threads: it takes locks, is asynchronous, or updates the file in several places.
pub(super) fn has_evidence(analysis: &Analysis<'_>, c: &Open<'_>) -> bool {
    let (file, function) = analysis.program.function(c.function);
    let path = &c.cycle.write.resource.resource().term;
    let same = |o: &crate::engine::Cycle| o.write.site != c.cycle.write.site && o.write.resource.resource().term == *path;
    let updated_elsewhere = || analysis.results_of(file).flat_map(|r| &r.cycles).filter(|o| same(o)).count() > 0;
    function.flags.is_async || locks_in_file(analysis, file).next().is_some() || updated_elsewhere()
}

/// The locks that the functions of a file take.
fn locks_in_file<'a>(analysis: &'a Analysis<'_>, file: u32) -> impl Iterator<Item = Reach> + 'a {
    analysis
        .results_of(file)
        .flat_map(|r| r.summary.events.iter())
        .filter_map(|e| if let EventKind::Acquire { spec, .. } = &e.kind { Some(spec.reach) } else { None })
}

fn tell(analysis: &Analysis<'_>, c: &Open<'_>) -> Finding {
    let evidence = has_evidence(analysis, c);
    let confidence = if evidence { Confidence::High } else { Confidence::Medium };
    let atomic = matches!(c.cycle.write.kind, EventKind::Write(WriteKind::Replace) | EventKind::ReplaceFrom { .. });
    let how = if atomic { "; replacing it atomically doesn't help" } else { "" };
    let message = format!("`{}` is read, changed and written back with no lock held{how}", c.path);
    let mut f = c.finding(analysis, &RULE, confidence, message);
    if evidence {
        f.level = Level::Error;
    }
    c.interleaved(f).help("hold one exclusive file lock from before the read until after the write")
}
