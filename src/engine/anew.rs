//! What an execution has made anew: files that it wrote whole, folders that it removed, before it reads what is in them.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::frame::{Frame, Origin};
use super::subst::Subst;
use crate::effect::{Dep, Deps, Event, EventId, EventKind, Flags, Summary, Term, Value, WriteKind};

/// The files and folders that were written whole or removed on every way here, with all that was put into them since.
#[derive(Clone, Debug, Default)]
pub(crate) struct Anew(IndexMap<Term, Deps, FxBuildHasher>);

impl Anew {
    /// What is so on both ways.
    pub(crate) fn keep_common(&mut self, other: &Self) {
        self.0.retain(|path, _| other.0.contains_key(path));
        for (path, data) in &mut self.0 {
            data.extend(&other.0[path]);
        }
    }

    /// Each with its content.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Term, &Deps)> {
        self.0.iter()
    }

    fn put(&mut self, path: Term, data: &Deps) {
        self.0.entry(path).or_default().extend(data);
    }
}

impl Frame<'_, '_> {
    /// An operation changes or reads what a path names.
    pub(super) fn heed_content(&mut self, id: EventId, at: &Origin) {
        let e = &self.events[id as usize];
        let path = e.resource.resource().term;
        if matches!(e.kind, EventKind::Write(WriteKind::Replace) | EventKind::ReplaceFrom { .. }) {
            self.heed_restoring(id);
        }
        let e = &self.events[id as usize];
        match e.kind {
            // What a callee does on some of its ways only, its summary doesn't tell; nor is a callback certain to run.
            EventKind::Write(WriteKind::Truncate | WriteKind::Remove) if at.chain.is_none() && self.depth == 0 && !path.has_unknown() => {
                let data = e.data.clone();
                self.state.anew.put(path, &data);
            }
            // `exist_ok=True` says nothing about who made it.
            EventKind::Write(WriteKind::CreateNew)
                if at.chain.is_none() && self.depth == 0 && !path.has_unknown() && !e.resource.flags.has(Flags::CREATE) =>
            {
                let data = e.data.clone();
                self.state.anew.put(path, &data);
            }
            EventKind::Write(_) | EventKind::ReplaceFrom { .. } => {
                if let Some(content) = self.state.anew.0.get_mut(&path) {
                    content.extend(&e.data);
                }
            }
            // The same read may be reached on several ways.
            EventKind::Read => {
                let own = self.is_own(&path);
                *self.own_reads.entry(id).or_insert(own) &= own;
            }
            _ => {}
        }
    }

    /// Somebody else has made the file that was to be created.
    pub(super) fn is_there_already(&mut self, creating: EventId) {
        if let Some(e) = self.events.get(creating as usize) {
            self.state.anew.0.shift_remove(&e.resource.resource().term);
        }
    }

    /// Whether a read finds only what this execution has put there.
    pub(super) fn reads_own(&self, id: EventId) -> bool {
        self.own_reads.get(&id) == Some(&true)
    }

    /// Whether all that is in a file comes from this execution.
    fn is_own(&self, path: &Term) -> bool {
        self.state.anew.iter().any(|(made, data)| (path == made || is_inside(path, made)) && data.iter().all(|d| self.is_fresh(d, path)))
    }

    /// What an object or the program held before may have been read of the file. What was given as an argument, the caller has told of.
    fn is_fresh(&self, d: &Dep, path: &Term) -> bool {
        match d {
            Dep::Event(id) => self.reads_own(*id) || self.events.get(*id as usize).is_some_and(|e| is_of_other(e, path)),
            Dep::Guard(_) => true,
            Dep::Place(p) => matches!(p.term(), Term::Param(_)),
        }
    }

    /// What a callee has made anew on all its ways.
    pub(super) fn renewed_by(&mut self, s: &Subst, summary: &Summary) {
        if self.depth > 0 {
            return;
        }
        for (path, data) in &summary.anew {
            let path = self.subst_value(s, &Value::of(*path)).resource().term;
            let data = self.subst_deps(s, data);
            if !path.has_unknown() {
                self.state.anew.put(path, &data);
            }
        }
    }
}

/// Not a read of this path.
fn is_of_other(e: &Event, path: &Term) -> bool {
    let from = &e.resource.resource().term;
    e.kind != EventKind::Read || from != path && !from.has_unknown()
}

/// Whether a path is in a folder.
fn is_inside(path: &Term, folder: &Term) -> bool {
    if let Term::Suffix(path, _) = path {
        return is_inside(path, folder);
    }
    let parts = |t: &Term| if let Term::Concat(parts) = t { parts.to_vec() } else { vec![*t] };
    let (path, folder) = (parts(path), parts(folder));
    let Some((last, first)) = folder.split_last() else { return false };
    let goes_down = |text: &str| text.starts_with('/');
    match path.strip_prefix(first) {
        Some([next, Term::Const(below), ..]) if next == last => goes_down(below.as_str()),
        Some([Term::Const(next), ..]) => {
            matches!(last, Term::Const(name) if next.as_str().strip_prefix(name.as_str()).is_some_and(goes_down))
        }
        _ => false,
    }
}
