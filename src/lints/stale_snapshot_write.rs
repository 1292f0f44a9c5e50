#![doc = include_str!("../../lints/stale-snapshot-write.md")]

use super::story::itself;
use crate::engine::{Analysis, FuncId, Snapshot};
use crate::finding::{Confidence, Finding, Label, Level, Process, Role, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    id: "stale-snapshot-write",
    summary: "an object writes back a file that it read earlier in its life",
    level: Level::Note,
    default_on: true,
    page: include_str!("../../lints/stale-snapshot-write.md"),
    cwe: &[362, 367],
    tags: &["lost-update"],
};

/// Reports writes of what an earlier call has read.
pub fn check(analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
    out.extend(analysis.snapshots().iter().filter(|s| !analysis.excluded(s.writer)).map(|s| tell(analysis, s)));
}

fn tell(analysis: &Analysis<'_>, s: &Snapshot) -> Finding {
    let name = |f: FuncId| analysis.program.function(f).1.qualname;
    let path = analysis.program.describe(s.writer, &s.write.resource.resource().term);
    let message = format!(
        "`{}` writes back to `{path}` what `{}` has read earlier: changes made in between are lost",
        name(s.writer),
        name(s.reader)
    );
    let primary = Label::new(Role::Write, s.write.local_site(), "the whole of it is written here");
    let finding = Finding::new(&RULE, Confidence::Medium, message, primary).in_function(name(s.writer).as_str()).on(path.clone()).label(
        Role::Read,
        s.read.local_site(),
        format!("read here, into `{}`", s.place),
    );
    let mut finding = itself(itself(finding, &s.read, Role::Read), &s.write, Role::Write);
    if s.contended || s.read.resource.resource().term.is_well_known() {
        finding.level = Level::Warning;
    }
    if let Some([read, write]) = s.locks {
        // Who locks the file for both knows of other processes.
        finding.level = Level::Warning;
        finding =
            finding.label(Role::Lock, read, "locked for the read, and released").label(Role::Lock, write, "locked again for the write");
    }
    let calls = s.calls.iter();
    calls
        .fold(finding, |f, call| f.label(Role::Call, *call, "called from here"))
        .step(Process::A, format!("read   {path}"), s.read.local_site())
        .step(Process::B, format!("write  {path}"), None)
        .step(Process::A, format!("write  {path}"), s.write.local_site())
        .outcome("B's change is lost")
        .help("read the file again under an exclusive lock, apply the change, and write it before the lock is released")
}
