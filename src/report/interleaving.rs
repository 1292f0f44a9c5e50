//! An interleaving as two columns of text.

use crate::finding::{Process, Step};

/// A longer step is cut in its middle.
const MAX_STEP: usize = 60;

/// The two columns with their heads, one line per step; no line for an empty interleaving.
///
/// What follows from a step of process A stands in the other column behind an arrow; what follows from one of B's stands behind it.
pub(super) fn lines(steps: &[Step]) -> Vec<String> {
    if steps.is_empty() {
        return Vec::new();
    }
    let left = steps.iter().filter(|s| s.process == Process::A).map(|s| shortened(&s.what).chars().count()).max().unwrap_or(0).max(20) + 4;
    let head = format!("{:<left$}process B", "process A");
    std::iter::once(head).chain(steps.iter().map(|step| line(step, left))).collect()
}

fn line(step: &Step, left: usize) -> String {
    let outcome = if step.outcome.is_empty() { String::new() } else { format!("← {}", step.outcome) };
    let what = shortened(&step.what);
    let text = match step.process {
        Process::A => format!("{what:<left$}{outcome}"),
        Process::B => format!("{:left$}{what}  {outcome}", ""),
    };
    text.trim_end().to_owned()
}

/// A step without the middle of an overlong path, whose ends say most.
pub(super) fn shortened(what: &str) -> String {
    let chars: Vec<char> = what.chars().collect();
    let Some(cut) = chars.len().checked_sub(MAX_STEP).filter(|cut| *cut > 0) else { return what.to_owned() };
    let (head, tail) = chars.split_at(MAX_STEP * 2 / 3);
    head.iter().chain(['…'].iter()).chain(&tail[cut + 1..]).collect()
}

#[cfg(test)]
mod tests {
    use super::{MAX_STEP, shortened};

    #[test]
    fn only_what_is_too_long_is_cut() {
        let fits = "read   ".to_owned() + &"é".repeat(MAX_STEP - 7);
        assert_eq!(shortened(&fits), fits);
        let long = shortened(&format!("read   /etc/{}/x.json", "é".repeat(MAX_STEP)));
        assert_eq!(long.chars().count(), MAX_STEP);
        assert!(long.starts_with("read   /etc/é") && long.contains('…') && long.ends_with("é/x.json"), "{long}");
    }
}
