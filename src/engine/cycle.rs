//! Read-modify-write cycles: which writes put back what was read of the same file, and what was held meanwhile.

use super::domain::alternatives;
use super::frame::Frame;
use super::program::FuncId;
use crate::effect::{Domain, Event, EventId, EventKind, LockSpec, Mode, Reach, Term, Value, WriteKind};
use crate::source::{Site, Sym};

/// How sure it is that two accesses name the same file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sameness {
    /// The path of the write is kept by the object that was read: one type's functions read and write it.
    Object,
    /// The paths are equal but for a part that the read data itself supplies.
    Template,
    /// The paths are equal.
    Same,
}

/// A lock that is held at an access.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The acquisition, in the function that the cycle belongs to.
    pub event: EventId,
    /// Its kind.
    pub spec: LockSpec,
    /// What is locked.
    pub lock: Term,
    /// Where it was taken.
    pub site: Site,
}

/// What stands between a cycle and other processes.
#[derive(Clone, Debug, PartialEq)]
pub enum Protection {
    /// One exclusive lock that reaches other processes, over the whole cycle.
    Full,
    /// Nothing at all.
    None,
    /// A lock only around the write: what was read may be stale.
    WriteOnly(Held),
    /// A lock only around the read: the write happens after its release.
    ReadOnly(Held),
    /// Two critical sections, one for the read and one for the write.
    Split(Held, Held),
    /// One lock over the whole cycle, but in shared mode.
    Shared(Held),
    /// One lock over the whole cycle that other processes don't see.
    ThreadOnly(Held),
    /// One lock over the whole cycle, on the very file that the write replaces by another.
    OnReplaced(Held),
}

/// A read of a file whose data a later write of the same file carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Cycle {
    /// The read.
    pub read: Event,
    /// The write.
    pub write: Event,
    /// How sure it is that both name one file.
    pub sameness: Sameness,
    /// What is held inside the function that the cycle belongs to.
    pub protection: Protection,
    /// A context manager's: it reads on entering and writes on leaving, and whoever enters it makes the change.
    pub handed_out: bool,
}

impl Frame<'_, '_> {
    /// The cycles whose read and write meet in this function.
    pub(crate) fn cycles(&self) -> Vec<Cycle> {
        let mut out: Vec<Cycle> = Vec::new();
        for (n, w) in self.events.iter().enumerate() {
            if !(replaces(&w.kind) || self.made_anew(n, w)) || w.stream || w.data.is_empty() || w.resource.resource().term.is_private() {
                continue;
            }
            if self.read_by_the_same_call(n, w) || self.restores(n as EventId) {
                continue;
            }
            let mut found: Option<Cycle> = None;
            for r in w.data.events() {
                let Some(read) = self.events.get(r as usize) else { continue };
                if r as usize >= n || read.stream || read.kind != EventKind::Read {
                    continue;
                }
                let one_call = read.instance == w.instance && read.instance != 0;
                if one_call && !self.met_only_here(r, n as EventId) {
                    continue;
                }
                let same = same_file(r, &read.resource, &w.resource);
                let Some(sameness) = same.or_else(|| same_object(r, read, w)).filter(|s| !one_call || *s == Sameness::Same) else {
                    continue;
                };
                if self.reads_own(r) {
                    continue;
                }
                let protection = self.protection(r, w);
                let handed_out = self.is_handed_out(r, n);
                let c = Cycle { read: read.clone(), write: w.clone(), sameness, protection, handed_out };
                // A second read under the lock makes the first one harmless.
                if c.protection == Protection::Full {
                    found = Some(c);
                    break;
                }
                if found.as_ref().is_none_or(|f| f.protection == Protection::None && c.protection != Protection::None) {
                    found = Some(c);
                }
            }
            // A callee that writes in one of several places is one write for who calls it.
            let is_told = |c: &Cycle| c.write.chain.is_some() && out.iter().any(|o| o.protection == c.protection && in_one_place(o, c));
            out.extend(found.filter(|c| !is_told(c)));
        }
        let narrow: Vec<Cycle> = out.iter().filter(|c| !matches!(c.protection, Protection::None | Protection::Full)).cloned().collect();
        // A callee that writes in several ways is told of once: by the lock that is there already.
        out.retain(|c| c.protection != Protection::None || !narrow.iter().any(|o| in_one_place(o, c)));
        out
    }

    /// The callee that writes has read the file itself just before: that cycle is its own.
    fn read_by_the_same_call(&self, n: usize, w: &Event) -> bool {
        w.instance != 0
            && w.chain.is_some()
            && w.data.events().any(|r| {
                self.events.get(r as usize).is_some_and(|e| {
                    (r as usize) < n
                        && e.kind == EventKind::Read
                        && e.instance == w.instance
                        && same_file(r, &e.resource, &w.resource).is_some()
                        && !self.met_only_here(r, n as EventId)
                })
            })
    }

    /// A read and a write of one callee that has no way to know that they are of one file: it was given one path twice, or an open file
    /// and its path.
    fn met_only_here(&self, read: EventId, write: EventId) -> bool {
        let (Some((f, r)), Some((g, w))) = (self.was.get(&read), self.was.get(&write)) else { return false };
        let summary = self.cx.known_summary(*f);
        let there = summary.as_ref().and_then(|s| Some((s.events.get(*r as usize)?, s.events.get(*w as usize)?)));
        let is_given = |e: &Event| e.resource.resource().term.any(|t| matches!(t, Term::Param(_)));
        // What methods that nothing is known of return are not equal because they are called alike.
        let is_guess = |t: &Term| is_either(t) || matches!(t, Term::Call(f, _) if f.as_str().starts_with('.'));
        let is_named = !self.events[write as usize].resource.resource().term.any(is_guess);
        f == g
            && is_named
            && there.is_some_and(|(r, w)| is_given(r) && is_given(w) && same_file(u32::MAX, &r.resource, &w.resource).is_none())
    }

    fn is_handed_out(&self, read: EventId, write: usize) -> bool {
        let at = self.yielded.as_ref().map(|y| y.at);
        !self.ir.decorators.is_empty() && at.is_some_and(|at| read < at && write >= at as usize)
    }

    /// Removed and then created exclusively: what was there before is gone.
    fn made_anew(&self, n: usize, w: &Event) -> bool {
        let path = &w.resource.resource().term;
        let removed = |e: &Event| e.kind == EventKind::Write(WriteKind::Remove) && e.resource.resource().term == *path;
        w.kind == EventKind::Write(WriteKind::CreateNew) && self.events[..n].iter().any(removed)
    }

    /// A file that is created exclusively is a lock if it is removed again, not to be made anew at once nor only where making it failed, and its
    /// content is not what it is for. Of a file without a name nobody can tell.
    pub(crate) fn is_lock(&self, h: &Held) -> bool {
        if h.spec.domain != Domain::Creation {
            return true;
        }
        if h.lock == Term::Unknown || h.lock.is_private() {
            return false;
        }
        let on_it = |e: &Event| e.resource.resource().term == h.lock;
        let later = || (h.event as usize..self.events.len()).filter(|n| on_it(&self.events[*n]));
        let removed = |n: usize| self.events[n].kind == EventKind::Write(WriteKind::Remove) && !self.is_cleanup(n as EventId);
        let released = later().zip(later().skip(1).map(Some).chain([None])).any(|(n, next)| removed(n) && next.is_none_or(removed));
        released
            && !self.events.iter().filter(|e| on_it(e)).any(|e| e.data.events().next().is_some())
            && !self.events.iter().any(|e| matches!(&e.kind, EventKind::ReplaceFrom { from, .. } if from.resource().term == h.lock))
    }

    /// Whether the function whose text has this operation does it only on the way to an exception.
    fn is_cleanup(&self, id: EventId) -> bool {
        let there =
            |(f, n): &(FuncId, EventId)| self.cx.known_summary(*f).is_some_and(|s| s.events.get(*n as usize).is_some_and(|e| e.aborts));
        self.events[id as usize].aborts && self.was.get(&id).is_none_or(there)
    }

    /// Compare and swap: what is written was read before, but under the lock the file is looked at again, and that decides whether it is
    /// written at all. Where a callee looks and writes, it must compare with what was read before: it may look for another reason.
    fn checked_again(&self, h: &Held, read: EventId, write: &Event) -> bool {
        let strong = h.spec.mode == Mode::Exclusive && h.spec.reach == Reach::Process;
        let path = &write.resource.resource().term;
        let compared = write.under.events().any(|e| e == read);
        strong
            && write.under.events().any(|e| {
                self.events.get(e as usize).is_some_and(|e| {
                    matches!(e.kind, EventKind::Read | EventKind::Check(_))
                        && e.held.contains(&h.event)
                        && e.resource.resource().term == *path
                        && (compared || write.instance == 0 || e.instance != write.instance)
                })
            })
    }

    /// Under the lock the path is looked at: the lock of another file than the path's is given up.
    pub(crate) fn looked_at_again(&self, h: &Held, path: &Term) -> bool {
        self.events[h.event as usize..].iter().any(|e| {
            matches!(e.kind, EventKind::Check(_))
                && e.held.contains(&h.event)
                && (e.resource.resource().term == *path || e.resource.resource().term == h.lock)
        })
    }

    /// The lock behind an acquisition.
    pub(crate) fn held_lock(&self, id: EventId) -> Option<Held> {
        let e = self.events.get(id as usize)?;
        let EventKind::Acquire { spec, .. } = &e.kind else { return None };
        Some(Held { event: id, spec: *spec, lock: e.resource.resource().term, site: e.local_site() })
    }

    fn protection(&self, read_id: EventId, write: &Event) -> Protection {
        let read = &self.events[read_id as usize];
        // A file that is made exclusively to put the data in is no lock of that data.
        let itself = |h: &Held| h.spec.domain == Domain::Creation && h.lock == write.resource.resource().term;
        let is_lock = |h: &Held| self.is_lock(h) && !itself(h);
        let until_done = |e: &Event| e.held.iter().copied().filter(|h| !e.late.contains(h)).collect::<Vec<_>>();
        let locks = |e: &Event| until_done(e).into_iter().filter_map(|h| self.held_lock(h)).filter(is_lock).collect::<Vec<_>>();
        let protection = classify(&locks(read), &locks(write), read, write);
        match protection {
            Protection::OnReplaced(h) if self.looked_at_again(&h, &read.resource.resource().term) => Protection::Full,
            Protection::WriteOnly(h) | Protection::Split(_, h) if self.checked_again(&h, read_id, write) => Protection::Full,
            p => p,
        }
    }
}

/// What two sets of held locks amount to.
fn classify(at_read: &[Held], at_write: &[Held], read: &Event, write: &Event) -> Protection {
    let strong = |h: &&Held| h.spec.mode == Mode::Exclusive && h.spec.reach == Reach::Process;
    let both: Vec<&Held> = at_read.iter().filter(|h| at_write.iter().any(|w| w.event == h.event)).collect();
    let replaced = |h: &Held| {
        matches!(write.kind, EventKind::Write(WriteKind::Replace) | EventKind::ReplaceFrom { .. })
            && h.lock != Term::Unknown
            && (h.lock == write.resource.resource().term || h.lock == read.resource.resource().term)
            && matches!(h.spec.domain, Domain::Flock | Domain::Posix)
    };
    if both.iter().any(|h| strong(h) && !replaced(h)) {
        return Protection::Full;
    }
    if let Some(h) = both.iter().find(|h| strong(h)) {
        return Protection::OnReplaced((*h).clone());
    }
    let process = |h: &&Held| h.spec.reach == Reach::Process;
    if let Some(h) = both.iter().find(|h| process(h)) {
        return Protection::Shared((*h).clone());
    }
    match (at_read.iter().find(process), at_write.iter().find(process)) {
        (Some(r), Some(w)) => return Protection::Split(r.clone(), w.clone()),
        (Some(r), None) => return Protection::ReadOnly(r.clone()),
        (None, Some(w)) => return Protection::WriteOnly(w.clone()),
        (None, None) => {}
    }
    match both.first() {
        Some(h) => Protection::ThreadOnly((*h).clone()),
        None => Protection::None,
    }
}

/// The same read and the same call that writes the same file.
fn in_one_place(a: &Cycle, b: &Cycle) -> bool {
    let path = |c: &Cycle| c.write.resource.resource().term;
    a.read == b.read && a.write.local_site() == b.write.local_site() && path(a) == path(b)
}

/// Whether what was there before is gone after it.
fn replaces(k: &EventKind) -> bool {
    matches!(
        k,
        EventKind::Write(WriteKind::Truncate | WriteKind::InPlace | WriteKind::AsOpened | WriteKind::Replace)
            | EventKind::ReplaceFrom { .. }
    )
}

/// Whether a read and a write name the same file. A part of the written path may come from the data of that very read.
fn same_file(read_id: EventId, read: &Value, write: &Value) -> Option<Sameness> {
    let (read, write) = (read.resource(), write.resource());
    let derived = write.deps.events().any(|e| e == read_id);
    let mut best = None;
    for a in alternatives(&read.term) {
        for b in alternatives(&write.term) {
            if may_equal(a, b) && !a.has_unknown() && !is_nothing(a) {
                return Some(Sameness::Same);
            }
            let mut fixed = 0;
            let holes = if derived && !a.has_unknown() { Holes::Any } else { Holes::Flags };
            if unify(a, b, holes, &mut fixed) && fixed > 0 {
                best = Some(Sameness::Template);
            }
        }
    }
    best
}

fn is_either(t: &Term) -> bool {
    matches!(t, Term::Call(f, _) if f.as_str() == "$either")
}

/// Equal, where one of several alternatives inside is equal for both.
fn may_equal(a: &Term, b: &Term) -> bool {
    let all = |x: &[Term], y: &[Term]| x.len() == y.len() && x.iter().zip(y).all(|(a, b)| may_equal(a, b));
    if a == b {
        return true;
    }
    match (a, b) {
        _ if is_either(a) || is_either(b) => alternatives(a).any(|x| !is_nothing(x) && alternatives(b).any(|y| x == y)),
        (Term::Call(f, x), Term::Call(g, y)) => f == g && all(x, y),
        (Term::Concat(x), Term::Concat(y)) => all(x, y),
        (Term::Suffix(a, e), Term::Suffix(b, f)) => may_equal(a, b) && may_equal(e, f),
        (Term::Parent(a), Term::Parent(b)) => may_equal(a, b),
        (Term::Field(a, n), Term::Field(b, m)) => n == m && may_equal(a, b),
        _ => false,
    }
}

fn is_nothing(t: &Term) -> bool {
    match t {
        Term::Const(s) => matches!(s.as_str(), "" | "false" | "true"),
        Term::Global(s) => s.as_str() == "None",
        Term::Field(..) => is_nothing(t.root()),
        _ => false,
    }
}

/// `let mut d = Db::open()?; …; d.save()?`: a function of a type reads, a method of the same type writes, and the written path is kept in
/// what was read, out of sight. The object is made from the path that was read.
fn same_object(read_id: EventId, read: &Event, write: &Event) -> Option<Sameness> {
    let owner = |e: &Event| Some(e.chain.as_ref()?.callee.as_str().rsplit_once('.')?.0);
    let path = &write.resource.resource();
    let opaque = match &path.term {
        Term::Field(..) => true,
        Term::Call(f, _) => !f.as_str().starts_with('$'),
        _ => false,
    };
    let kept_in_it = path.deps.events().any(|e| e == read_id);
    let made_from = &read.resource.resource().term;
    let of_that_file = !made_from.has_unknown() && path.term.any(|t| t == made_from);
    (opaque && kept_in_it && of_that_file && owner(read)? == owner(write)?).then_some(Sameness::Object)
}

/// Which parts of two paths may differ.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holes {
    /// A truth value that a helper is given along the way: it does not name a file.
    Flags,
    /// Any part that is not literal: the data that was read supplies it.
    Any,
}

/// Equal but for holes; counts the fixed parts that agree.
fn unify(a: &Term, b: &Term, holes: Holes, fixed: &mut u32) -> bool {
    match (a, b) {
        (Term::Const(x), Term::Const(y)) => {
            let significant = |s: &Sym| s.as_str().chars().any(char::is_alphanumeric);
            let flag = |s: &Sym| matches!(s.as_str(), "true" | "false");
            *fixed += u32::from(x == y && significant(x));
            x == y || flag(x) && flag(y)
        }
        (Term::Concat(x), Term::Concat(y)) if x.len() == y.len() => x.iter().zip(y.iter()).enumerate().all(|(n, (a, b))| {
            // That both names end in `.json` says nothing.
            let is_extension = n > 0 && a == b && matches!(a, Term::Const(s) if s.as_str().starts_with('.'));
            is_extension || unify(a, b, holes, fixed)
        }),
        (Term::Suffix(a1, b1), Term::Suffix(a2, b2)) => unify(a1, a2, holes, fixed) && unify(b1, b2, holes, fixed),
        (Term::Parent(x), Term::Parent(y)) => unify(x, y, holes, fixed),
        (Term::Call(f, x), Term::Call(g, y)) if f == g && x.len() == y.len() && !x.is_empty() => {
            // What an unopened helper makes of another argument is another file. That both are put together says nothing.
            let is_put_together = f.as_str().starts_with('$');
            *fixed += u32::from(!is_put_together);
            let inside = if is_put_together { holes } else { Holes::Flags };
            x.iter().zip(y.iter()).all(|(a, b)| unify(a, b, inside, fixed))
        }
        (a, b) if is_either(b) && !is_either(a) => alternatives(b).any(|b| unify(a, b, holes, fixed)),
        // What is put together of literals and more is not what the data has as a whole.
        (Term::Const(_) | Term::Concat(_), _) | (_, Term::Const(_) | Term::Concat(_)) => false,
        // What is given as one argument says nothing of another.
        (Term::Param(x), Term::Param(y)) if x != y => false,
        (a, b) if a == b => {
            *fixed += u32::from(matches!(a, Term::Field(..) | Term::Global(_) | Term::Param(_) | Term::Call(..)));
            !a.has_unknown() || holes == Holes::Any
        }
        _ => holes == Holes::Any,
    }
}
