//! An interleaving as two columns of text.

use crate::finding::{Process, Step};

/// The two columns with their heads, one line per step; no line for an empty interleaving.
///
/// What follows from a step of process A stands in the other column behind an arrow; what follows from one of B's stands behind it.
pub(super) fn lines(steps: &[Step]) -> Vec<String> {
    if steps.is_empty() {
        return Vec::new();
    }
    let left = steps.iter().filter(|s| s.process == Process::A).map(|s| s.what.chars().count()).max().unwrap_or(0).max(20) + 4;
    let head = format!("{:<left$}process B", "process A");
    std::iter::once(head).chain(steps.iter().map(|step| line(step, left))).collect()
}

fn line(step: &Step, left: usize) -> String {
    let outcome = if step.outcome.is_empty() { String::new() } else { format!("← {}", step.outcome) };
    let text = match step.process {
        Process::A => format!("{:<left$}{outcome}", step.what),
        Process::B => format!("{:left$}{}  {outcome}", "", step.what),
    };
    text.trim_end().to_owned()
}
