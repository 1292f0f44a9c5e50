//! Cycles that span an object's life: one method reads a file into a field, another writes that field back.

use rustc_hash::FxHashSet;

use super::program::FuncId;
use super::solve::Analysis;
use crate::effect::{Dep, Event, EventKind, Term, WriteKind};
use crate::ir::FuncIdx;
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
}

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
        let own = self.own_writes(writers);
        for &writer in writers {
            let Some(w) = &self.results[writer.0 as usize] else { continue };
            if self.object_holds_lock(writer) {
                continue;
            }
            for write in &w.summary.events {
                let replaces = matches!(
                    write.kind,
                    EventKind::Write(WriteKind::Truncate | WriteKind::Replace | WriteKind::InPlace) | EventKind::ReplaceFrom { .. }
                );
                // The innermost function of the group: what a helper of the same group writes is that helper's.
                let inner = write.chain.is_some() && own.contains(&write.site);
                if !replaces || inner || write.data.is_empty() || write.data.events().next().is_some() {
                    continue;
                }
                for d in write.data.iter() {
                    let Dep::Place(place) = d else { continue };
                    let place = place.term();
                    if counts(place)
                        && let Some((reader, read)) = self.source_of(readers, writer, place, &write.resource.resource().term)
                    {
                        let place = self.program.describe(writer, place);
                        out.push(Snapshot { reader, read, writer, write: write.clone(), place });
                        break;
                    }
                }
            }
        }
    }

    /// Where these functions write by their own operations.
    fn own_writes(&self, functions: &[FuncId]) -> FxHashSet<Site> {
        let results = functions.iter().filter_map(|f| self.results[f.0 as usize].as_ref());
        let events = results.flat_map(|r| r.summary.events.iter()).filter(|e| e.chain.is_none() && !matches!(e.kind, EventKind::Read));
        events.map(|e| e.site).collect()
    }

    /// A function that leaves data of a read of this very file in this place.
    fn source_of(&self, readers: &[FuncId], writer: FuncId, place: &Term, path: &Term) -> Option<(FuncId, Event)> {
        for &reader in readers {
            if reader == writer || self.leaves_locked(reader) {
                continue;
            }
            let Some(r) = &self.results[reader.0 as usize] else { continue };
            let summary = &r.summary;
            // What the constructor got as an argument and keeps in a field is that field for everybody else.
            // A function that makes the object speaks of it as its result.
            let object = summary.ret.as_ref().map(|r| r.term.root().clone()).filter(|t| matches!(t, Term::New(_)));
            let own = |t: &Term| object.as_ref().map_or_else(|| t.clone(), |o| on_receiver(t, o));
            let of_object = |t: &Term| matches!(t, Term::Field(b, _) if **b == Term::Param(0));
            let kept = |t: &Term| {
                let kept = summary.stores.iter().find(|s| s.value.term == *t && of_object(&own(&s.place)));
                kept.map_or_else(|| t.clone(), |s| own(&s.place))
            };
            for s in &summary.stores {
                let stored = own(&s.place);
                if stored != *place && !is_within(&stored, place) && !is_within(place, &stored) {
                    continue;
                }
                for e in s.value.deps.events() {
                    let Some(read) = summary.events.get(e as usize) else { continue };
                    let term = &read.resource.resource().term;
                    if read.kind == EventKind::Read && !term.has_unknown() && (term == path || kept(term) == *path) {
                        return Some((reader, read.clone()));
                    }
                }
            }
        }
        None
    }
}

/// A place below a new object, as the object's methods name it.
fn on_receiver(t: &Term, object: &Term) -> Term {
    match t {
        t if t == object => Term::Param(0),
        Term::Field(base, name) => on_receiver(base, object).field(*name),
        t => t.clone(),
    }
}

fn is_within(inner: &Term, outer: &Term) -> bool {
    match inner {
        Term::Field(base, _) => **base == *outer || is_within(base, outer),
        _ => false,
    }
}
