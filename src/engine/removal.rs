//! Lock files that are removed: which removal takes away the file that somebody locks.

use rustc_hash::{FxHashMap, FxHashSet};

use super::domain::alternatives;
use super::fields::rewritten;
use super::program::FuncId;
use super::solve::{Analysis, is_constructor};
use crate::effect::{CheckKind, Domain, Event, EventKind, LockSpec, Reach, Summary, Term, WriteKind};
use crate::ir::FuncIdx;
use crate::source::Site;

/// The removal of a file on which an advisory lock is taken.
#[derive(Clone, Debug)]
pub struct LockRemoval {
    /// The function that removes it.
    pub function: FuncId,
    /// The removal.
    pub remove: Event,
    /// The acquisition: in the same function, type or file.
    pub lock: Event,
}

/// What one function does to the file in question, in the words of the function that removes it.
struct Locker<'a> {
    summary: &'a Summary,
    /// Its arguments, as the fields that keep them.
    kept: FxHashMap<Term, Term>,
}

impl Analysis<'_> {
    /// All of them, each place once: in the function where the removal stands, or the call of a helper that removes what it is given.
    #[must_use]
    pub fn lock_removals(&self) -> Vec<LockRemoval> {
        let mut out = Vec::new();
        let locking = self.locking();
        for (n, result) in self.results.iter().enumerate() {
            let (function, Some(result)) = (FuncId(n as u32), result) else { continue };
            let removes = result.summary.events.iter().filter(|e| e.kind == EventKind::Write(WriteKind::Remove));
            for remove in removes.filter(|_| !self.excluded(function)) {
                let path = &remove.resource.resource().term;
                if !path.has_unknown()
                    && !path.is_private()
                    && let Some(lock) = self.lock_on(function, path, &locking)
                {
                    out.push(LockRemoval { function, remove: remove.clone(), lock });
                }
            }
        }
        out.sort_by_key(|r| (r.remove.calls().count(), r.function, r.remove.local_site()));
        let mut told: FxHashSet<Site> = FxHashSet::default();
        out.retain(|r| {
            let is_new = !r.remove.calls().chain([r.remove.site]).any(|site| told.contains(&site));
            is_new && told.insert(r.remove.local_site())
        });
        out
    }

    /// The functions that take some kernel's lock.
    fn locking(&self) -> FxHashSet<FuncId> {
        let locks = |s: &Summary| s.events.iter().any(is_advisory);
        let results = self.results.iter().enumerate();
        results.filter(|(_, r)| r.as_ref().is_some_and(|r| locks(&r.summary))).map(|(n, _)| FuncId(n as u32)).collect()
    }

    /// The acquisition of a lock on a path, by the function itself, its type's methods or its file's functions.
    fn lock_on(&self, f: FuncId, path: &Term, locking: &FxHashSet<FuncId>) -> Option<Event> {
        let (mut methods, mut others) = (Vec::new(), Vec::new());
        if tells(path) {
            if let Some(t) = self.program.owner(f) {
                methods.extend(self.program.types[t.0 as usize].methods.values().copied().filter(|m| *m != f));
                methods.sort_unstable();
            }
            if !path.any(|t| matches!(t, Term::Field(b, _) if **b == Term::Param(0))) {
                let (file, _) = self.program.function(f);
                let count = self.program.files[file as usize].ir.functions.len() as u32;
                others.extend((0..count).map(|i| self.program.func_id(file, FuncIdx(i))).filter(|o| *o != f));
            }
        }
        let methods = methods.into_iter().map(|m| (m, true));
        let group: Vec<(FuncId, bool)> = std::iter::once((f, false)).chain(methods).chain(others.into_iter().map(|o| (o, false))).collect();
        let locker = |(f, of_type): &(FuncId, bool)| self.locker(*f, *of_type);
        // Few functions take a lock, and many remove something.
        let takers = group.iter().filter(|(f, _)| locking.contains(f));
        let lock = takers.filter_map(locker).find_map(|l| l.locks(path).next().map(|(_, lock)| lock.clone()))?;
        (!group.iter().filter_map(locker).any(|l| l.spares(path))).then_some(lock)
    }

    fn locker(&self, f: FuncId, of_type: bool) -> Option<Locker<'_>> {
        let summary = &*self.results[f.0 as usize].as_ref()?.summary;
        let (_, function) = self.program.function(f);
        let mut kept = FxHashMap::default();
        if of_type && (is_constructor(function.name) || !function.flags.has_receiver) {
            let made = summary.ret.as_ref().map(|r| r.term.root()).filter(|t| matches!(t, Term::New(_)));
            let object = if function.flags.has_receiver { Some(&Term::Param(0)) } else { made };
            for s in &summary.stores {
                if let Term::Field(base, name) = &s.place
                    && Some(&**base) == object
                {
                    kept.entry(s.value.term).or_insert_with(|| Term::Param(0).field(*name));
                }
            }
            if !function.flags.has_receiver {
                kept.entry(Term::Param(0)).or_insert(Term::Unknown);
            }
        }
        Some(Locker { summary, kept })
    }
}

impl Locker<'_> {
    fn is_on(&self, e: &Event, path: &Term) -> bool {
        let own = &e.resource.resource().term;
        own == path && self.kept.is_empty() || !self.kept.is_empty() && rewritten(own, &self.kept) == *path
    }

    /// Whether it may be on the path: where one name was taken, another is tried.
    fn may_be_on(&self, e: &Event, path: &Term) -> bool {
        self.is_on(e, path) || self.kept.is_empty() && alternatives(&e.resource.resource().term).any(|own| own == path)
    }

    /// The acquisitions of a kernel's lock on the path.
    fn locks(&self, path: &Term) -> impl Iterator<Item = (u32, &Event)> {
        (0..).zip(&self.summary.events).filter(move |(_, e)| is_advisory(e) && self.is_on(e, path))
    }

    /// Whether the file may be removed: whoever gets its lock looks at the path again, it is made exclusively, or it is data and its lock
    /// guards just that.
    fn spares(&self, path: &Term) -> bool {
        let locks: Vec<u32> = self.locks(path).map(|(n, _)| n).collect();
        self.summary.events.iter().filter(|e| self.may_be_on(e, path)).any(|e| {
            let under_it = e.held.iter().any(|h| locks.contains(h));
            match e.kind {
                EventKind::Check(CheckKind::Metadata) | EventKind::Read => under_it,
                EventKind::Write(WriteKind::CreateNew) => true,
                EventKind::Write(WriteKind::Remove) => false,
                EventKind::Write(_) => under_it && !e.data.is_empty(),
                _ => false,
            }
        })
    }
}

/// Whether a kernel's lock is taken.
fn is_advisory(e: &Event) -> bool {
    let of_kernel = |spec: &LockSpec| spec.reach == Reach::Process && matches!(spec.domain, Domain::Flock | Domain::Posix);
    matches!(&e.kind, EventKind::Acquire { spec, .. } if of_kernel(spec))
}

/// Whether a path says more than that it is some argument: it can be recognised in another function.
fn tells(path: &Term) -> bool {
    path.any(|t| match t {
        Term::Const(s) => s.as_str().chars().any(char::is_alphanumeric),
        Term::Field(base, _) => **base == Term::Param(0),
        Term::Global(_) => true,
        _ => false,
    })
}
