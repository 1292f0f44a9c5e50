//! The words that lints about cycles share: which cycles are open, their places in order, the interleaving that loses data.

use crate::effect::{Event, Term};
use crate::engine::{Analysis, Cycle, Exposure, FuncId, FuncResult, Held, Protection};
use crate::finding::{Confidence, Finding, Label, Process, Role, Rule};

/// A cycle that some way in leaves open.
pub(super) struct Open<'a> {
    pub(super) function: FuncId,
    pub(super) cycle: &'a Cycle,
    pub(super) exposure: Exposure,
    /// The path in the function's words.
    pub(super) path: String,
}

/// The functions that count, in order.
pub(super) fn analysed<'a>(analysis: &'a Analysis<'_>) -> impl Iterator<Item = (FuncId, &'a FuncResult)> {
    let numbered = analysis.results.iter().enumerate();
    let all = numbered.filter_map(|(n, r)| Some((FuncId(u32::try_from(n).expect("function numbers fit")), r.as_ref()?)));
    all.filter(|(f, _)| !analysis.excluded(*f) && !is_told_elsewhere(analysis, *f))
}

/// A provided method of a trait is one function for each type that has it, and one where the type is not known. It is told of once.
fn is_told_elsewhere(analysis: &Analysis<'_>, f: FuncId) -> bool {
    let program = &analysis.program;
    if !program.is_given(f) {
        return program.is_given_away(f) && !analysis.has_callers(f);
    }
    let text = program.text_of(f);
    let tells = |g: FuncId| analysis.results[g.0 as usize].as_ref().is_some_and(tells_something);
    let mut before = (0..f.0).rev().map(FuncId).take_while(|g| program.is_given(*g)).filter(|g| program.text_of(*g) == text);
    analysis.has_callers(text) && tells(text) || before.any(tells)
}

fn tells_something(r: &FuncResult) -> bool {
    !(r.cycles.is_empty() && r.truncations.is_empty() && r.replaced.is_empty() && r.unheeded.is_empty() && r.dropped.is_empty())
}

/// Calls `f` for every open cycle, in order.
pub(super) fn open_cycles(analysis: &Analysis<'_>, mut f: impl FnMut(&Open<'_>)) {
    for (function, result) in analysed(analysis) {
        for cycle in &result.cycles {
            if cycle.handed_out && analysis.has_callers(function) {
                continue;
            }
            if let Some(exposure) = analysis.exposure(function, cycle) {
                let path = analysis.program.describe(function, shown_path(cycle));
                f(&Open { function, cycle, exposure, path });
            }
        }
    }
}

/// The path that is shown: the written one, or the read one where the written one is spelled with parts of what was read.
fn shown_path(cycle: &Cycle) -> &Term {
    let (read, write) = (&cycle.read.resource.resource().term, &cycle.write.resource.resource().term);
    let opaque = |t: &Term| t.any(|t| matches!(t, Term::New(_)));
    if opaque(write) && !opaque(read) { read } else { write }
}

impl Open<'_> {
    /// The protection that is left.
    pub(super) fn protection(&self) -> &Protection {
        &self.exposure.protection
    }

    /// A lock was taken in this function and lost in the same statement: that is what is wrong, and another lint says so.
    pub(super) fn lock_was_dropped(&self, analysis: &Analysis<'_>) -> bool {
        let dropped = |r: &FuncResult| r.dropped.iter().any(|d| d.site.span.start < self.cycle.write.local_site().span.start);
        analysis.results[self.function.0 as usize].as_ref().is_some_and(dropped)
    }

    /// A finding with the places that every cycle has.
    pub(super) fn finding(&self, analysis: &Analysis<'_>, rule: &'static Rule, confidence: Confidence, message: String) -> Finding {
        let (_, function) = analysis.program.function(self.function);
        let write = &self.cycle.write;
        let read = &self.cycle.read;
        let primary = Label::new(Role::Write, write.local_site(), format!("written back here{}", through(write)));
        let mut f = Finding::new(rule, confidence, message, primary).in_function(function.qualname.as_str()).on(self.path.clone()).label(
            Role::Read,
            read.local_site(),
            format!("read here{}", through(read)),
        );
        f = itself(f, read, Role::Read);
        f = itself(f, write, Role::Write);
        if let Some(b) = &self.exposure.bypass {
            let who = analysis.program.function(b.by).1.qualname;
            f = f.label(Role::Lock, b.lock.site, "callers hold this lock").label(
                Role::Other,
                b.site,
                format!("`{who}` updates the file without it"),
            );
        }
        for edge in self.exposure.chain.iter().take(3) {
            f = f.label(Role::Call, edge.site, "called from here without a lock");
        }
        f
    }

    /// The two processes, one of which loses its change.
    pub(super) fn interleaved(&self, f: Finding) -> Finding {
        let (read, write) = (format!("read   {}", self.path), format!("write  {}", self.path));
        f.step(Process::A, read.clone(), self.cycle.read.local_site())
            .step(Process::B, read, None)
            .step(Process::B, write.clone(), None)
            .step(Process::A, write, self.cycle.write.local_site())
            .outcome("B's change is lost")
    }
}

/// One call that loads and one call that saves are one place to mend, and one finding, however many files they touch: the worst. So is one
/// write of one file, whatever reads come before it, and in whichever functions it counts.
pub(super) fn tell_once(out: &mut Vec<Finding>, f: Finding) {
    let read = |f: &Finding| f.labels.first().map(|read| read.site);
    let is_same = |o: &&mut Finding| {
        let one_write = o.message == f.message || o.function == f.function && read(o) == read(&f);
        o.rule.id == f.rule.id && o.primary.site == f.primary.site && one_write
    };
    match out.iter_mut().rev().find(is_same) {
        Some(told) if told.level < f.level => *told = f,
        Some(_) => {}
        None => out.push(f),
    }
}

/// The place of a lock as a label.
pub(super) fn lock_label(f: Finding, lock: &Held, message: &str) -> Finding {
    f.label(Role::Lock, lock.site, message)
}

/// Where a callee does something: the operation itself, and the call that leads to it where that is another than the function's own.
pub(super) fn itself(mut f: Finding, e: &Event, role: Role) -> Finding {
    if e.chain.is_none() || e.site == e.local_site() {
        return f;
    }
    if let Some(call) = e.last_call().filter(|call| *call != e.site) {
        f = f.label(Role::Call, call, format!("{} through this call", if role == Role::Read { "read" } else { "written" }));
    }
    f.label(role, e.site, if role == Role::Read { "the read itself" } else { "the write itself" })
}

/// ` through `helper``, for what happens in a callee.
fn through(e: &Event) -> String {
    e.chain.as_ref().map_or_else(String::new, |c| format!(" through `{}`", c.callee.last()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Level;
    use crate::source::{FileId, Site, Span};

    fn finding(function: &str, read: u32, write: u32, path: &str, level: Level) -> Finding {
        let at = |start| Site { file: FileId(0), span: Span { start, end: start + 1 } };
        let primary = Label::new(Role::Write, at(write), "written back here");
        let rule = &super::super::unlocked_read_modify_write::RULE;
        let mut f = Finding::new(rule, Confidence::High, format!("`{path}` is read"), primary).in_function(function);
        f.labels.insert(0, Label::new(Role::Read, at(read), "read here"));
        f.level = level;
        f
    }

    #[test]
    fn one_write_of_one_file_is_told_of_once_and_as_the_worst() {
        let mut out = Vec::new();
        tell_once(&mut out, finding("f", 1, 9, "a", Level::Warning));
        tell_once(&mut out, finding("f", 2, 9, "a", Level::Error));
        tell_once(&mut out, finding("g", 3, 9, "a", Level::Warning));
        assert_eq!(out.iter().map(|f| f.level).collect::<Vec<_>>(), [Level::Error]);
    }

    #[test]
    fn two_files_are_one_place_only_if_one_call_loads_both() {
        let mut out = vec![finding("f", 1, 9, "a", Level::Warning)];
        tell_once(&mut out, finding("f", 1, 9, "b", Level::Warning));
        assert_eq!(out.len(), 1);
        tell_once(&mut out, finding("f", 2, 9, "b", Level::Warning));
        tell_once(&mut out, finding("f", 1, 8, "a", Level::Warning));
        assert_eq!(out.len(), 3);
    }
}
