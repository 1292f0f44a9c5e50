//! Cycles that span an object's life: one method reads a file into a field, another writes that field back.

use rustc_hash::{FxHashMap, FxHashSet};

use super::cycle::{Cycle, Protection};
use super::fields::rewritten;
use super::program::{Def, FuncId, Resolved};
use super::solve::Analysis;
use crate::effect::{Dep, Domain, Event, EventId, EventKind, Mode, Reach, Store, Summary, Term, WriteKind};
use crate::ir::{Callee, FuncIdx, Op, each_op};
use crate::source::Site;

/// A write of what an earlier call of another function has read.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The function that reads.
    pub reader: FuncId,
    /// Its read.
    pub read: Event,
    /// The function that writes.
    pub writer: FuncId,
    /// Its write.
    pub write: Event,
    /// The field or variable in between, as written.
    pub place: String,
    /// Calls that make it read or write.
    pub calls: Vec<Site>,
    /// The locks between processes that are held at the read and at the write, if both hold one.
    pub locks: Option<[Site; 2]>,
    /// Some lock, be it one of this process, is held at the write: others write too.
    pub contended: bool,
}

/// So many callers in a row are looked at for a fresh read.
const MAX_DEPTH: usize = 6;

/// So many calls are told of one write.
const MAX_CALLS: usize = 8;

impl Analysis<'_> {
    /// All of them, by writer.
    #[must_use]
    pub fn snapshots(&self) -> Vec<Snapshot> {
        let mut out = Vec::new();
        for t in 0..self.program.types.len() {
            let mut methods: Vec<FuncId> = self.program.types[t].methods.values().copied().collect();
            methods.sort_unstable();
            self.pairs(&methods, &mut out);
        }
        for file in 0..self.program.files.len() as u32 {
            let n = self.program.files[file as usize].ir.functions.len() as u32;
            let functions: Vec<FuncId> = (0..n).map(|i| self.program.func_id(file, FuncIdx(i))).collect();
            self.global_pairs(&functions, &mut out);
        }
        // Where the read and the write of the same file meet in one function, that cycle has been told.
        // What is read anew only for some callers says nothing of the others.
        let counts = |c: &&Cycle| c.protection != Protection::Full || c.read.when.is_empty();
        let told: FxHashSet<Site> = self.results.iter().flatten().flat_map(|r| &r.cycles).filter(counts).map(|c| c.write.site).collect();
        out.retain(|s: &Snapshot| !told.contains(&s.write.site));
        out.sort_by_key(|s| (s.writer, s.write.local_site()));
        out.dedup_by_key(|s| (s.writer, s.write.local_site()));
        out
    }

    fn pairs(&self, methods: &[FuncId], out: &mut Vec<Snapshot>) {
        let of_self = |t: &Term| matches!(t.root(), Term::Param(0)) && matches!(t, Term::Field(..));
        self.match_up(methods, methods, of_self, out);
    }

    fn global_pairs(&self, functions: &[FuncId], out: &mut Vec<Snapshot>) {
        let global = |t: &Term| matches!(t.root(), Term::Global(_));
        self.match_up(functions, functions, global, out);
    }

    fn match_up(&self, readers: &[FuncId], writers: &[FuncId], counts: impl Fn(&Term) -> bool, out: &mut Vec<Snapshot>) {
        let sources = self.sources(readers, &counts);
        if sources.is_empty() {
            return;
        }
        let innermost = self.innermost_writes(writers, &counts);
        for &writer in writers {
            let Some(w) = &self.results[writer.0 as usize] else { continue };
            if self.object_holds_lock(writer) {
                continue;
            }
            for write in &w.summary.events {
                // The innermost function of the group: what a helper of the same group writes is that helper's.
                let of_helper = innermost.get(&write.site).is_some_and(|n| *n < calls_to(write));
                if !replaces(write) || of_helper || write.data.is_empty() || write.data.events().next().is_some() {
                    continue;
                }
                for d in write.data.iter() {
                    let Dep::Place(place) = d else { continue };
                    let place = place.term();
                    let path = &write.resource.resource().term;
                    let is_source = |s: &&Source<'_>| {
                        s.reader != writer
                            && self.is_of_both(writer, path)
                            && s.paths.contains(path)
                            && (is_within(&s.place, place) || is_within(place, &s.place))
                    };
                    if counts(place)
                        && let Some(source) = sources.iter().find(is_source)
                        && self.is_stale_in(writer, write, writers, &mut vec![writer])
                    {
                        let (reader, read) = (source.reader, source.read.clone());
                        let locks = source.lock.zip(process_lock(&w.summary, write)).map(|(r, w)| [r, w]);
                        let place = self.program.describe(writer, place);
                        let calls = self.calls_around(writers, reader, writer, write);
                        let contended = self.is_contended(writers, write);
                        out.push(Snapshot { reader, read, writer, write: write.clone(), place, calls, locks, contended });
                        break;
                    }
                }
            }
        }
    }

    /// Whether a path means the same in two functions: the arguments of one are not those of the other, but for the object that methods share.
    fn is_of_both(&self, writer: FuncId, path: &Term) -> bool {
        let shared = u16::from(self.program.function(writer).1.flags.has_receiver);
        !path.any(|t| matches!(t, Term::Param(i) if *i >= shared))
    }

    /// Whether a function comes to a write without reading the file anew, under a lock that is held until then: itself, or some caller of it among these.
    fn is_stale_in(&self, f: FuncId, write: &Event, among: &[FuncId], seen: &mut Vec<FuncId>) -> bool {
        let Some(r) = &self.results[f.0 as usize] else { return false };
        let Some(n) = r.summary.events.iter().position(|e| e.site == write.site && replaces(e)) else { return false };
        let w = &r.summary.events[n];
        let excludes = |h: &EventId| match r.summary.events.get(*h as usize).map(|e| &e.kind) {
            Some(EventKind::Acquire { spec, .. }) => spec.mode == Mode::Exclusive && spec.reach == Reach::Process,
            _ => false,
        };
        let same_file = |e: &Event| e.kind == EventKind::Read && e.resource.resource().term == w.resource.resource().term;
        let until_then = |e: &&Event| same_file(e) && e.held.iter().any(|h| w.held.contains(h) && excludes(h));
        if r.summary.events[..n].iter().any(|e| until_then(&e)) {
            return false;
        }
        let calls_it = |c: &FuncId| !seen.contains(c) && !self.excluded(*c) && !self.calls_of(*c, &[f]).is_empty();
        let callers: Vec<FuncId> = among.iter().copied().filter(calls_it).collect();
        if callers.is_empty() || seen.len() > MAX_DEPTH {
            return true;
        }
        callers.into_iter().any(|c| {
            seen.push(c);
            let stale = self.is_stale_in(c, write, among, seen);
            seen.pop();
            stale
        })
    }

    /// Where these functions call what reads, and what does this write.
    fn calls_around(&self, functions: &[FuncId], reader: FuncId, writer: FuncId, write: &Event) -> Vec<Site> {
        let counted = || functions.iter().copied().filter(|f| !self.excluded(*f));
        let writes =
            self.events_of(functions).filter(|e| e.site == write.site && e.kind == write.kind && e.chain.is_some()).map(Event::local_site);
        let mut calls: Vec<Site> = counted().flat_map(|f| self.calls_of(f, &[reader, writer])).collect();
        calls.sort_unstable();
        calls.extend(writes);
        let mut seen = FxHashSet::default();
        calls.retain(|s| *s != write.local_site() && seen.insert(*s));
        calls.truncate(MAX_CALLS);
        calls.sort_unstable();
        calls
    }

    /// Whether some function of these comes to a write under a lock.
    fn is_contended(&self, functions: &[FuncId], write: &Event) -> bool {
        let lock = |s: &Summary, h: EventId| match s.events.get(h as usize).map(|e| &e.kind) {
            Some(EventKind::Acquire { spec, .. }) => spec.domain != Domain::Creation,
            _ => false,
        };
        let summaries =
            functions.iter().filter(|f| !self.excluded(**f)).filter_map(|f| self.results[f.0 as usize].as_ref()).map(|r| &*r.summary);
        let mut writes = summaries.flat_map(|s| s.events.iter().filter(|e| e.site == write.site && replaces(e)).map(move |e| (s, e)));
        writes.any(|(s, e)| e.held.iter().any(|h| lock(s, *h)))
    }

    /// What these functions do, as far as they are not left out.
    fn events_of<'a>(&'a self, functions: &'a [FuncId]) -> impl Iterator<Item = &'a Event> {
        let counted = functions.iter().filter(|f| !self.excluded(**f));
        counted.filter_map(|f| self.results[f.0 as usize].as_ref()).flat_map(|r| r.summary.events.iter())
    }

    /// Where a function calls one of these: by name, or as a method of its own object.
    fn calls_of(&self, f: FuncId, callees: &[FuncId]) -> Vec<Site> {
        let (file, function) = self.program.function(f);
        let this = function.params.first().filter(|_| function.flags.has_receiver).map(|p| p.var);
        let mut out = Vec::new();
        each_op(&function.body, &mut |op| {
            let Op::Call(c) = op else { return };
            let wanted = |callee: &FuncId| match &c.callee {
                Callee::Method { recv, name } => Some(*recv) == this && self.program.function(*callee).1.name == *name,
                Callee::Path(path) => self.program.resolve(file, function.scope, *path) == Resolved::Def(Def::Func(*callee)),
                Callee::Var(_) => false,
            };
            if callees.iter().any(wanted) {
                out.push(Site { file: self.program.files[file as usize].id, span: c.span });
            }
        });
        out
    }

    /// Writes of what these functions find in such places, with the fewest calls that lead there.
    fn innermost_writes(&self, functions: &[FuncId], counts: &impl Fn(&Term) -> bool) -> FxHashMap<Site, usize> {
        let from_place = |e: &&Event| e.data.iter().any(|d| matches!(d, Dep::Place(p) if counts(p.term())));
        let results = functions.iter().filter_map(|f| self.results[f.0 as usize].as_ref());
        let mut out = FxHashMap::default();
        for e in results.flat_map(|r| r.summary.events.iter()).filter(|e| e.kind != EventKind::Read).filter(from_place) {
            let calls = out.entry(e.site).or_insert(usize::MAX);
            *calls = calls_to(e).min(*calls);
        }
        out
    }

    /// What these functions leave behind of the files that they read.
    fn sources(&self, readers: &[FuncId], counts: &impl Fn(&Term) -> bool) -> Vec<Source<'_>> {
        let mut out = Vec::new();
        for &reader in readers {
            let Some(r) = &self.results[reader.0 as usize] else { continue };
            let reads =
                |s: &&Store| s.value.deps.events().any(|e| r.summary.events.get(e as usize).is_some_and(|e| e.kind == EventKind::Read));
            let stores: Vec<&Store> = r.summary.stores.iter().filter(reads).collect();
            if !stores.is_empty() && !self.leaves_locked(reader) {
                sources_of(reader, &r.summary, &stores, counts, &mut out);
            }
        }
        out
    }
}

/// Data of a file in a place that outlives the read.
struct Source<'a> {
    place: Term,
    /// The file, as it is called and as the object keeps it.
    paths: [Term; 2],
    reader: FuncId,
    read: &'a Event,
    /// The lock between processes that is held at the read.
    lock: Option<Site>,
}

fn sources_of<'a>(reader: FuncId, summary: &'a Summary, stores: &[&Store], counts: &impl Fn(&Term) -> bool, out: &mut Vec<Source<'a>>) {
    // A function that makes the object speaks of it as its result.
    let object = summary.ret.as_ref().map(|r| *r.term.root()).filter(|t| matches!(t, Term::New(_)));
    let own = |t: &Term| object.as_ref().map_or_else(|| *t, |o| on_receiver(t, o));
    // What the constructor got as an argument and keeps in a field is that field for everybody else.
    let of_object = |t: &Term| matches!(t, Term::Field(b, _) if **b == Term::Param(0));
    let mut fields: FxHashMap<Term, Term> = FxHashMap::default();
    for s in summary.stores.iter().filter(|s| of_object(&own(&s.place)) && matches!(s.value.term, Term::Param(_))) {
        fields.entry(s.value.term).or_insert_with(|| own(&s.place));
    }
    let whole = |t: &Term| summary.stores.iter().find(|s| s.value.term == *t).map(|s| own(&s.place)).filter(&of_object);
    let by_parts = |t: &Term| Some(rewritten(t, &fields)).filter(|t| !fields.is_empty() && !t.has_unknown());
    let kept = |t: &Term| whole(t).or_else(|| by_parts(t)).unwrap_or(*t);
    for s in stores {
        let place = own(&s.place);
        if !counts(&place) {
            continue;
        }
        for read in s.value.deps.events().filter_map(|e| summary.events.get(e as usize)) {
            let term = &read.resource.resource().term;
            if read.kind == EventKind::Read && !term.has_unknown() {
                let lock = process_lock(summary, read);
                out.push(Source { place, paths: [*term, kept(term)], reader, read, lock });
            }
        }
    }
}

/// Whether what was in the file before is gone.
fn replaces(e: &Event) -> bool {
    matches!(e.kind, EventKind::Write(WriteKind::Truncate | WriteKind::Replace | WriteKind::InPlace) | EventKind::ReplaceFrom { .. })
}

/// How many calls lead to an event.
fn calls_to(e: &Event) -> usize {
    std::iter::successors(e.chain.as_deref(), |c| c.next.as_deref()).count()
}

/// Where a lock between processes was taken that is held at an event.
fn process_lock(summary: &Summary, e: &Event) -> Option<Site> {
    let held = e.held.iter().filter_map(|h| summary.events.get(*h as usize));
    let mut locks = held.filter(|l| matches!(&l.kind, EventKind::Acquire { spec, .. } if spec.reach == Reach::Process));
    locks.next().map(Event::local_site)
}

/// A place below a new object, as the object's methods name it.
fn on_receiver(t: &Term, object: &Term) -> Term {
    match t {
        t if t == object => Term::Param(0),
        Term::Field(base, name) => on_receiver(base, object).field(*name),
        t => *t,
    }
}

fn is_within(inner: &Term, outer: &Term) -> bool {
    inner == outer || is_below(inner, outer)
}

fn is_below(inner: &Term, outer: &Term) -> bool {
    match inner {
        Term::Field(base, _) => **base == *outer || is_below(base, outer),
        _ => false,
    }
}
