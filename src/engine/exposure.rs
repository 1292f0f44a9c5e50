//! Obligations: whether some way into a function leaves its cycle open, and who names the file. Knows callers, not ops.

use smallvec::SmallVec;

use super::bypass::Bypass;
use super::cycle::{Cycle, Held, Protection};
use super::domain::alternatives;
use super::program::{FuncId, TypeId};
use super::solve::{Analysis, Edge, FuncResult};
use crate::effect::{Condition, Domain, EventKind, Mode, Reach, Term, Ty};
use crate::ir::FuncIdx;
use crate::source::Sym;

/// How a cycle is seen from outside its function.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// What is left of protection on the least protected way in.
    pub protection: Protection,
    /// The calls on that way, outermost first.
    pub chain: Vec<Edge>,
    /// Every way in is guarded, by a lock that somebody else who updates the file doesn't take.
    pub bypass: Option<Bypass>,
}

/// Who chose the name of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedBy {
    /// Whoever runs the program: an argument, an entry of a listing, a file found by a search.
    User,
    /// A caller outside the program.
    Caller,
    /// The program itself: a literal name, a fixed place.
    Program,
}

/// Way in: its calls, and the strongest lock that some caller holds across them.
struct Way {
    chain: Vec<Edge>,
    lock: Option<Held>,
}

const MAX_DEPTH: usize = 12;

/// What a cycle takes of the parameters.
#[derive(Default)]
struct Given {
    /// Those that the file's name is made from.
    any: SmallVec<[u16; 2]>,
    /// Those that have the file: it is theirs, or they are it, and no other name is taken in its place.
    owners: SmallVec<[u16; 2]>,
    /// What must be true of them for the file to be read.
    when: SmallVec<[Condition; 1]>,
}

impl Analysis<'_> {
    /// The least protected way into a cycle; `None` if every way is guarded.
    #[must_use]
    pub fn exposure(&self, f: FuncId, cycle: &Cycle) -> Option<Exposure> {
        if cycle.protection == Protection::Full {
            return None;
        }
        let around = self.results[f.0 as usize].as_ref().map_or(&[][..], |r| &r.around);
        let mut guards = Vec::new();
        let path = &cycle.write.resource.resource().term;
        let given = Given { when: cycle.read.when.clone(), ..Given::of([path].into_iter(), [path].into_iter()) };
        let Some(mut way) = self.unlocked_way(f, &given, &mut guards) else {
            let bypass = Some(self.bypass(f, cycle, &guards)?);
            return Some(Exposure { protection: Protection::None, chain: Vec::new(), bypass });
        };
        way.lock = way.lock.or_else(|| around.first().cloned());
        let protection = match (&cycle.protection, way.lock) {
            (Protection::None, Some(h)) if h.spec.reach == Reach::Process => Protection::Shared(h),
            (Protection::None, Some(h)) => Protection::ThreadOnly(h),
            (p, _) => p.clone(),
        };
        Some(Exposure { protection, chain: way.chain, bypass: None })
    }

    /// Whether something in the program calls it.
    #[must_use]
    pub fn has_callers(&self, f: FuncId) -> bool {
        self.callers.get(&f).is_some_and(|c| c.iter().any(|e| !self.excluded(e.caller)))
    }

    /// Whether some way into a function holds no exclusive lock that other processes see.
    #[must_use]
    pub fn entered_unlocked(&self, f: FuncId) -> bool {
        self.unlocked_way(f, &Given::default(), &mut Vec::new()).is_some()
    }

    /// A way into a function that holds no exclusive lock that other processes see, and does not hand it a private file, or no file at all,
    /// as one of the parameters that name it; the locks of the other ways are put into `guards`.
    fn unlocked_way(&self, f: FuncId, given: &Given, guards: &mut Vec<Held>) -> Option<Way> {
        let around = self.results[f.0 as usize].as_ref().map_or(&[][..], |r| &r.around);
        if around.iter().any(protects) || self.object_holds_lock(f) {
            return None;
        }
        self.open_way(f, given, &mut vec![f], guards)
    }

    /// Whether a function works on an object of its type that holds a lock for its whole life: its constructor takes one and leaves it in
    /// the object.
    #[must_use]
    pub fn object_holds_lock(&self, f: FuncId) -> bool {
        let Some(t) = self.program.owner(f).filter(|_| self.is_method(f)) else { return false };
        let mut makers: Vec<FuncId> = self.program.types[t.0 as usize].methods.values().copied().collect();
        makers.retain(|m| *m != f && self.makes_object(*m, t));
        makers.iter().any(|m| self.leaves_locked(*m))
    }

    fn makes_object(&self, f: FuncId, t: TypeId) -> bool {
        let (_, function) = self.program.function(f);
        let returned =
            || self.results[f.0 as usize].as_ref().and_then(|r| r.summary.ret.as_ref()).is_some_and(|v| v.ty == Some(Ty::Project(t.0)));
        super::solve::is_constructor(function.name) || !function.flags.has_receiver && returned()
    }

    /// Whether a function returns with an exclusive lock held that other processes see.
    #[must_use]
    pub fn leaves_locked(&self, f: FuncId) -> bool {
        let Some(r) = &self.results[f.0 as usize] else { return false };
        r.summary.held.iter().any(|h| {
            let kind = r.summary.events.get(*h as usize).map(|e| &e.kind);
            matches!(kind, Some(EventKind::Acquire { spec, .. }) if spec.mode == Mode::Exclusive && spec.reach == Reach::Process && spec.domain != Domain::Creation)
        })
    }

    fn open_way(&self, f: FuncId, given: &Given, seen: &mut Vec<FuncId>, guards: &mut Vec<Held>) -> Option<Way> {
        let nothing = Way { chain: Vec::new(), lock: None };
        if seen.len() > MAX_DEPTH {
            return Some(nothing);
        }
        let counted = |e: &&Edge| !self.excluded(e.caller);
        let callers: Vec<&Edge> = self.callers.get(&f).map_or(Vec::new(), |c| c.iter().filter(counted).collect());
        if callers.is_empty() {
            return Some(nothing);
        }
        let mut best: Option<Way> = None;
        let mut guarded = false;
        for e in callers {
            if let Some(h) = e.held.iter().find(|h| protects(h)) {
                guards.push(h.clone());
                guarded = true;
                continue;
            }
            let argument = |p: &u16| Some(&e.args.get(*p as usize)?.term);
            let names = || given.any.iter().filter_map(argument);
            let owners = || given.owners.iter().filter_map(argument);
            if names().any(Term::is_private) || owners().any(is_nothing) || given.when.iter().any(|c| reads_nothing(c, e)) {
                guarded = true;
                continue;
            }
            if seen.contains(&e.caller) {
                continue;
            }
            seen.push(e.caller);
            let way = self.open_way(e.caller, &Given::of(names(), owners()), seen, guards);
            seen.pop();
            let Some(mut way) = way else {
                guarded = true;
                continue;
            };
            way.chain.push(e.clone());
            way.lock = way.lock.or_else(|| e.held.iter().max_by_key(|h| h.spec.reach == Reach::Process).cloned());
            if way.lock.is_none() {
                return Some(way);
            }
            best = best.or(Some(way));
        }
        // Functions that call only each other are entered from somewhere that is not seen.
        best.or_else(|| (!guarded).then_some(nothing))
    }

    /// Whether another function of the same source file updates the same file: by an equal path, by the same field of the same type, or
    /// by the same scheme of names.
    #[must_use]
    pub fn updated_elsewhere(&self, f: FuncId, cycle: &Cycle) -> bool {
        let (file, _) = self.program.function(f);
        let path = |c: &Cycle| c.read.resource.resource().term;
        let mine = path(cycle);
        let functions = 0..self.program.files[file as usize].ir.functions.len() as u32;
        functions.map(|n| self.program.func_id(file, FuncIdx(n))).filter(|g| *g != f).any(|g| {
            let cycles = self.results[g.0 as usize].as_ref().map_or(&[][..], |r| &r.cycles);
            let same_object = self.program.owner(f).is_some() && self.program.owner(f) == self.program.owner(g);
            cycles.iter().map(path).any(|other| {
                other == mine && (same_object || !mine.any(|t| matches!(t, Term::Param(_))))
                    || scheme(&other).is_some_and(|s| scheme(&mine) == Some(s))
            })
        })
    }

    /// The results of one file's functions.
    pub fn results_of(&self, file: u32) -> impl Iterator<Item = &FuncResult> {
        let n = self.program.files[file as usize].ir.functions.len();
        let first = if n == 0 { 0 } else { self.program.func_id(file, FuncIdx(0)).0 as usize };
        self.results[first..first + n].iter().flatten()
    }

    /// Whether a function is left out of reports and discharges nothing.
    #[must_use]
    pub fn excluded(&self, f: FuncId) -> bool {
        let (file, _) = self.program.function(f);
        self.program.files[file as usize].excluded
    }

    /// Who chose a file's name, as far as the callers tell.
    #[must_use]
    pub fn named_by(&self, f: FuncId, path: &Term) -> NamedBy {
        alternatives(path).map(|t| self.name_source(f, t, 0)).max().unwrap_or(NamedBy::Caller)
    }

    fn name_source(&self, f: FuncId, t: &Term, depth: u32) -> NamedBy {
        if depth > 6 {
            return NamedBy::Caller;
        }
        match t {
            // Where a file is asked for, `-` is a standard stream (POSIX, guideline 13 of the utility syntax).
            Term::Const(s) if s.as_str() == "-" || self.is_document(f, s.as_str()) => NamedBy::User,
            // It names nothing: another way does.
            t if is_nothing(t) => NamedBy::User,
            Term::Const(_) | Term::Global(_) | Term::Fresh(_) | Term::New(_) => NamedBy::Program,
            Term::Param(i) => self.through_callers(f, *i, |caller, arg| self.name_source(caller, arg, depth + 1)),
            // The object that the method belongs to keeps the name of its own file.
            Term::Field(base, name) if **base == Term::Param(0) && !name.as_str().starts_with('[') && self.is_method(f) => NamedBy::Program,
            Term::Field(table, name) if is_by_key(*name) && self.program.is_variable(table) => NamedBy::Program,
            Term::Field(_, name) if name.as_str().starts_with('[') => NamedBy::User,
            Term::Field(base, _) => self.name_source(f, base, depth + 1),
            Term::Concat(parts) => match parts.last() {
                Some(Term::Const(s)) if self.is_document(f, s.as_str()) => NamedBy::User,
                Some(Term::Const(s)) if names_a_file(s.as_str()) => NamedBy::Program,
                // `{path}.bak`, `{stem}.json`: the name is its stem's.
                Some(Term::Const(_)) => {
                    parts.iter().rev().nth(1).map_or(NamedBy::Program, |p| self.name_source(f, p, depth + 1).max(stem(parts)))
                }
                Some(last) => self.name_source(f, last, depth + 1),
                None => NamedBy::Caller,
            },
            Term::Suffix(a, _) | Term::Parent(a) => self.name_source(f, a, depth + 1),
            Term::Call(op, args) if op.as_str() == "$either" => {
                args.iter().map(|a| self.name_source(f, a, depth + 1)).max().unwrap_or(NamedBy::Caller)
            }
            Term::Call(op, args) if op.as_str() == "$join" => args.last().map_or(NamedBy::Caller, |a| self.name_source(f, a, depth + 1)),
            Term::Call(op, args) if op.as_str() == "$name" => args.last().map_or(NamedBy::Caller, |a| self.name_source(f, a, depth + 1)),
            Term::Call(op, args) if op.as_str().starts_with('$') && op.as_str() != "$basename" => {
                args.first().map_or(NamedBy::Caller, |a| self.name_source(f, a, depth + 1))
            }
            Term::Call(..) => NamedBy::Program,
            Term::Unknown => NamedBy::Caller,
        }
    }

    /// A file that people write and keep in their projects.
    fn is_document(&self, f: FuncId, path: &str) -> bool {
        let (file, _) = self.program.function(f);
        let name = path.rsplit('/').next().unwrap_or(path);
        let library = self.program.library(self.program.files[file as usize].ir.lang);
        library.documents.contains(&Sym::new(name)) || library.document_endings.iter().any(|e| name.ends_with(e.as_str()))
    }

    fn is_method(&self, f: FuncId) -> bool {
        let (_, function) = self.program.function(f);
        function.flags.has_receiver
    }

    fn through_callers(&self, f: FuncId, param: u16, source: impl Fn(FuncId, &Term) -> NamedBy) -> NamedBy {
        let counted = |e: &&Edge| !self.excluded(e.caller) && e.caller != f;
        let edges = self.callers.get(&f).map_or(&[][..], Vec::as_slice);
        let from = |e: &Edge| {
            e.args.get(param as usize).map(|a| alternatives(&a.term).map(|t| source(e.caller, t)).max().unwrap_or(NamedBy::Caller))
        };
        let inside = edges.iter().filter(counted).filter_map(from).max().unwrap_or(NamedBy::Caller);
        if self.program.is_exported(f) { inside.max(NamedBy::Caller) } else { inside }
    }
}

impl Given {
    fn of<'a>(names: impl Iterator<Item = &'a Term>, owners: impl Iterator<Item = &'a Term>) -> Self {
        let mut out = Self::default();
        out.owners.extend(owners.filter_map(|t| if let Term::Param(i) = t.root() { Some(*i) } else { None }));
        for name in names {
            name.walk(&mut |t| {
                if let Term::Param(i) = t
                    && !out.any.contains(i)
                {
                    out.any.push(*i);
                }
                true
            });
        }
        out
    }
}

/// Whether a call gives what a read needs not to be given.
fn reads_nothing(c: &Condition, call: &Edge) -> bool {
    let Term::Param(p) = c.on else { return false };
    call.args.get(p as usize).is_some_and(|v| c.is_instead_of(v))
}

/// Whether an element was asked for by a key, and not met in a listing.
fn is_by_key(element: Sym) -> bool {
    element.as_str().starts_with('[') && !element.as_str().starts_with("[#") && element.as_str() != "[]"
}

/// `None`: no file, and no object that has one.
fn is_nothing(given: &Term) -> bool {
    matches!(given, Term::Global(g) if g.as_str() == "None")
}

/// A hole between literal parts of a name (`{id}.json` behind a folder) is filled in by the program's own scheme.
fn stem(parts: &[Term]) -> NamedBy {
    let n = parts.len();
    let behind_folder = n >= 3 && matches!(&parts[n - 3], Term::Const(s) if s.as_str().contains('/'));
    if behind_folder { NamedBy::Program } else { NamedBy::User }
}

/// A path whose name is partly literal, its holes alike. A part may be one of several: each system has folders of its own.
fn scheme(path: &Term) -> Option<Term> {
    let Term::Concat(parts) = path else { return None };
    let literal = |t: &Term| matches!(t, Term::Const(s) if s.as_str().contains('/') && s.as_str().chars().any(char::is_alphanumeric));
    let one_of = |t: &Term| alternatives(t).any(|a| matches!(a, Term::Concat(parts) if parts.iter().any(literal)));
    let hole = |t: &Term| if matches!(t, Term::Const(_) | Term::Global(_)) || one_of(t) { *t } else { Term::Unknown };
    parts.iter().any(|p| literal(p) || one_of(p)).then(|| Term::Concat(parts.iter().map(hole).collect()))
}

/// More than an extension.
fn names_a_file(end: &str) -> bool {
    end.contains('/') || end.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// An exclusive lock that other processes see.
fn protects(h: &Held) -> bool {
    h.spec.mode == Mode::Exclusive && h.spec.reach == Reach::Process
}
