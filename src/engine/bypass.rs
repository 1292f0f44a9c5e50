//! Locks that callers hold for another reason: they guard a file only if whoever else updates it takes them too. Knows callers, not ops.

use super::cycle::{Cycle, Held, Protection};
use super::domain::alternatives;
use super::eval::is_closed;
use super::program::FuncId;
use super::solve::Analysis;
use crate::effect::Term;
use crate::source::Site;

/// Another function that updates a file without the lock that the callers of a cycle on it hold.
#[derive(Clone, Debug)]
pub struct Bypass {
    /// The lock.
    pub lock: Held,
    /// Who doesn't take it.
    pub by: FuncId,
    /// Where that function writes the file.
    pub site: Site,
}

impl Analysis<'_> {
    /// All that guards a cycle are callers' locks on files in another place (that of a daemon, say), and another function updates the
    /// same file without them.
    pub(super) fn bypass(&self, f: FuncId, cycle: &Cycle, guards: &[Held]) -> Option<Bypass> {
        let path = &cycle.write.resource.resource().term;
        let lock = guards.first()?;
        if cycle.protection != Protection::None || !is_closed(path) || !guards.iter().all(|g| is_elsewhere(&g.lock, path)) {
            return None;
        }
        self.results.iter().enumerate().find_map(|(n, r)| {
            let by = FuncId(u32::try_from(n).expect("function numbers fit"));
            let same = |c: &&Cycle| c.protection == Protection::None && c.write.resource.resource().term == *path;
            let other = r.as_ref()?.cycles.iter().find(same)?;
            let site = other.write.local_site();
            (by != f && !self.excluded(by) && self.entered_unlocked(by)).then(|| Bypass { lock: lock.clone(), by, site })
        })
    }
}

/// Whether a lock's file lies below another folder than a file does, as far as their names tell.
fn is_elsewhere(lock: &Term, path: &Term) -> bool {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    roots(lock, &mut a);
    roots(path, &mut b);
    a.iter().chain(&b).all(is_closed) && !a.iter().any(|t| b.contains(t))
}

/// What a path begins with: a folder that the environment or a helper names, or that stands at the top.
fn roots(t: &Term, out: &mut Vec<Term>) {
    for one in alternatives(t) {
        match one {
            Term::Concat(parts) => roots(&parts[0], out),
            Term::Suffix(path, _) | Term::Parent(path) => roots(path, out),
            Term::Const(text) => out.push(top(text.as_str())),
            root => out.push(*root),
        }
    }
}

/// `/run` of `/run/agent.lock`; unknown for a relative path.
fn top(path: &str) -> Term {
    let end = path.match_indices('/').map(|(at, _)| at).find(|at| *at > 0).unwrap_or(path.len());
    if path.starts_with(['/', '~']) { Term::text(&path[..end]) } else { Term::Unknown }
}
