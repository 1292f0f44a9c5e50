//! One function being analysed: its state, the events seen so far, and small helpers on them.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::domain::State;
use super::program::{FuncId, TypeId};
use super::solve::Solver;
use super::vars::Vars;
use crate::effect::{Answer, Chain, Condition, Dep, Deps, Event, EventId, EventKind, Library, LockSpec, Term, Value, WriteKind};
use crate::ir::{self, Var};
use crate::source::{FileId, Site, Span, Sym};

/// A lock that ended with the statement that took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Where.
    pub site: Site,
    /// The acquisition, if there was one.
    pub event: Option<EventId>,
    /// In which way.
    pub how: How,
    /// The `_` in whose place a name would keep the lock.
    pub unnamed: Option<Site>,
}

/// How a lock is lost at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The guard or the locked handle was a temporary, or bound to `_`.
    Temporary,
    /// A context manager was called and never entered.
    NeverEntered,
}

/// What is known of an acquisition.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) spec: LockSpec,
    /// The lock object, handle or path.
    pub(crate) object: Term,
    /// How many calls had been made when it was taken.
    pub(crate) acts: u32,
    /// It ends only by a release: its object outlives the function, or a scope releases it.
    pub(crate) outlives: bool,
    /// It is on a handle whose opening emptied the file.
    pub(crate) emptied: bool,
}

/// A call as the frame sees it.
pub(crate) struct PendingEdge {
    pub(crate) callee: FuncId,
    pub(crate) site: Site,
    pub(crate) held: SmallVec<[EventId; 2]>,
    pub(crate) args: Vec<Value>,
}

/// The state when the function is left.
pub(crate) struct Exit {
    pub(crate) value: Value,
    pub(crate) state: State,
}

/// A generator's first `yield`.
pub(crate) struct YieldPoint {
    pub(crate) at: u32,
    pub(crate) value: Value,
    pub(crate) held: SmallVec<[EventId; 4]>,
    /// The attempts to lock of which the value tells how they went.
    pub(crate) told: SmallVec<[EventId; 2]>,
    /// It is an open file, and one of the locks is given up while that is neither flushed nor closed.
    pub(crate) unflushed: bool,
}

/// Where events that are emitted now come from.
#[derive(Clone, Default)]
pub(crate) struct Origin {
    /// Place of the operation, or of the call.
    pub(crate) site: Site,
    /// Calls that lead there.
    pub(crate) chain: Option<Arc<Chain>>,
    /// Identity of the event, stable over repeated passes.
    pub(crate) key: u64,
    /// The call of this function that brings it; 0 for its own operations.
    pub(crate) instance: u32,
}

/// A function being analysed.
pub(crate) struct Frame<'c, 'p> {
    pub(crate) cx: &'c mut Solver<'p>,
    pub(crate) id: FuncId,
    pub(crate) file: u32,
    pub(crate) ir: &'p ir::Function,
    pub(crate) owner: Option<TypeId>,
    pub(crate) lib: &'p Library,
    pub(crate) state: State,
    pub(crate) events: Vec<Event>,
    keys: FxHashMap<u64, EventId>,
    pub(crate) taken: FxHashMap<EventId, Taken>,
    /// Which event of which callee an event was.
    pub(crate) was: FxHashMap<EventId, (FuncId, EventId)>,
    /// For each read: whether it finds only what this execution has put there.
    pub(crate) own_reads: FxHashMap<EventId, bool>,
    /// For each write by which a file is replaced: whether it only puts back what was there.
    pub(crate) restoring: FxHashMap<EventId, bool>,
    /// How many handlers of exceptions the operation at hand is in.
    pub(crate) handling: u32,
    pub(crate) exits: Vec<Exit>,
    /// What was given up on the way to an exception.
    raised: SmallVec<[EventId; 2]>,
    /// For each loop that is open: the states that leave it by `break`, and those that go on by `continue`.
    pub(crate) loops: Vec<(Vec<State>, Vec<State>)>,
    pub(crate) yielded: Option<YieldPoint>,
    pub(crate) dropped: Vec<Dropped>,
    /// Variables whose value says whether these locks were taken.
    pub(crate) told_by: FxHashMap<Var, SmallVec<[EventId; 2]>>,
    /// Attempts to lock whose failure changes nothing, and how many events came before what follows.
    pub(crate) unheeded: Vec<(EventId, EventId)>,
    /// The variable that the operation at hand gives a value to. It tells operations at one place apart: all that a macro makes
    /// stands where the macro is called.
    pub(crate) now: Option<ir::Var>,
    /// Which call has which number.
    instances: FxHashMap<u64, u32>,
    /// Acquisitions that a replayed callee holds at the moment, beyond those of the state.
    pub(crate) extra_held: SmallVec<[EventId; 2]>,
    /// What must be true of the function's parameters for a replayed event to happen, beyond the state's conditions.
    pub(crate) extra_when: SmallVec<[Condition; 1]>,
    /// The variables of parameters and captures that keep what was given; none before they are asked for.
    pub(crate) unchanged: Option<Vec<Var>>,
    /// The variables as the function is entered.
    pub(crate) entered: Vars,
    /// Calls of functions with open obligations made so far.
    pub(crate) edges: Vec<PendingEdge>,
    /// Whether it has open obligations or calls something that has.
    pub(crate) carries: bool,
    /// Calls made so far that may do something: all but models of pure functions.
    pub(crate) acts: u32,
    /// How many calls were seen of which nothing is known.
    pub(crate) unknown_calls: u32,
    /// What the last library call makes of its receiver's variable.
    pub(crate) becomes: Option<Value>,
    /// How the result of the last library call says whether a lock was taken.
    pub(crate) answer: Option<Answer>,
    /// The locks of which the result of the last call of a known function tells whether they were taken.
    pub(crate) told: SmallVec<[EventId; 2]>,
    /// The operation at hand is on a stream that was opened out of sight.
    pub(crate) on_stream: bool,
    /// The operation at hand only happens on the way to an exception.
    pub(crate) aborts: bool,
    /// Only the fields of this type are wanted: its methods are not followed.
    pub(crate) sketch_of: Option<TypeId>,
    /// How deep decorators are nested in decorators' arguments.
    pub(crate) decorating: u32,
    /// Operations seen so far, those that were seen before included.
    pub(crate) emitted: u32,
    /// Events of callees replayed so far.
    pub(crate) replayed: u32,
    /// How deep blocks are nested.
    pub(crate) nesting: u32,
    /// How deep callbacks are nested in the call that is replayed.
    pub(crate) depth: u32,
    /// The bound on events was reached.
    pub(crate) bound_reached: bool,
}

/// Past this many events a function takes no more.
const MAX_EVENTS: usize = 600;

impl<'c, 'p> Frame<'c, 'p> {
    pub(crate) fn new(cx: &'c mut Solver<'p>, id: FuncId) -> Self {
        let program = cx.program;
        let (file, ir) = program.function(id);
        let input = &program.files[file as usize];
        let owner = program.owner(id).or_else(|| outer_owner(program, file, ir));
        Self {
            id,
            file,
            ir,
            owner,
            lib: program.library(input.ir.lang),
            state: State { vars: Vars::new(ir.vars.len()), ..State::default() },
            events: Vec::new(),
            keys: FxHashMap::default(),
            taken: FxHashMap::default(),
            was: FxHashMap::default(),
            own_reads: FxHashMap::default(),
            restoring: FxHashMap::default(),
            handling: 0,
            exits: Vec::new(),
            raised: SmallVec::new(),
            loops: Vec::new(),
            yielded: None,
            dropped: Vec::new(),
            told_by: FxHashMap::default(),
            unheeded: Vec::new(),
            now: None,
            instances: FxHashMap::default(),
            extra_held: SmallVec::new(),
            extra_when: SmallVec::new(),
            unchanged: None,
            entered: Vars::default(),
            edges: Vec::new(),
            carries: false,
            depth: 0,
            nesting: 0,
            emitted: 0,
            replayed: 0,
            decorating: 0,
            acts: 0,
            unknown_calls: 0,
            sketch_of: None,
            on_stream: false,
            aborts: false,
            becomes: None,
            answer: None,
            told: SmallVec::new(),
            bound_reached: false,
            cx,
        }
    }

    pub(crate) fn file_id(&self) -> FileId {
        self.cx.program.files[self.file as usize].id
    }

    pub(crate) fn site(&self, span: Span) -> Site {
        Site { file: self.file_id(), span }
    }

    /// An origin for the function's own operations at a place.
    pub(crate) fn here(&self, span: Span) -> Origin {
        let site = self.site(span);
        Origin { site, chain: None, key: super::subst::mix((span.start, span.end, self.now)), instance: 0 }
    }

    /// The identity of what the operation at hand makes.
    pub(crate) fn made_at(&self, span: Span) -> u64 {
        super::subst::mix((self.id, span.start, span.end, self.now))
    }

    /// An origin for a call at a place; `what` tells several calls at one place apart.
    pub(crate) fn call_at(&mut self, span: Span, what: impl std::hash::Hash) -> Origin {
        let mut origin = self.here(span);
        origin.key = super::subst::mix((origin.key, what));
        origin.instance = self.instance(origin.key);
        origin
    }

    pub(crate) fn var(&self, v: Var) -> Value {
        self.state.vars.get(v.0 as usize).and_then(|v| v.as_deref()).cloned().unwrap_or_else(Value::unknown)
    }

    /// Assigns a variable. A guard that was kept only by its old value ends.
    pub(crate) fn set(&mut self, v: Var, value: Value) {
        let Some(slot) = self.state.vars.get_mut(v.0 as usize) else { return };
        let old = slot.replace(Arc::new(value));
        if !self.state.held.is_empty() && old.is_some_and(|o| o.deps.guards().next().is_some()) {
            self.release_unkept();
        }
    }

    /// The written type of a variable.
    pub(crate) fn written_type(&self, written: Option<&ir::TypeRef>) -> Option<crate::effect::Ty> {
        self.cx.program.type_of(self.file, self.ir.scope, self.owner, written?)
    }

    /// Records an event, or adds to it when the same operation is seen again.
    /// `None` when the bound on events is reached.
    pub(crate) fn emit(&mut self, kind: EventKind, resource: Value, data: Deps, origin: &Origin) -> Option<EventId> {
        self.emitted += 1;
        let salt = std::mem::discriminant(&kind);
        let key = super::subst::mix((origin.key, salt, write_kind(&kind)));
        let held: SmallVec<[EventId; 2]> = {
            let extra = self.extra_held.iter().filter(|h| !self.state.held.contains(h));
            self.state.held.iter().chain(extra).copied().collect()
        };
        if let Some(&id) = self.keys.get(&key) {
            self.passes(id);
            let e = &mut self.events[id as usize];
            e.aborts &= self.aborts;
            e.data.extend(&data);
            e.held.retain(|h| held.contains(h));
            e.when.retain(|c| self.state.when.contains(c) || self.extra_when.contains(c));
            if e.resource.term != resource.term {
                e.resource = super::domain::either(&e.resource, &resource);
            }
            self.heed_content(id, origin);
            return Some(id);
        }
        if self.events.len() >= MAX_EVENTS {
            self.bound_reached = true;
            return None;
        }
        let id = self.events.len() as EventId;
        self.keys.insert(key, id);
        self.events.push(Event {
            kind,
            resource,
            data,
            under: self.state.under.clone(),
            when: self.conditions(),
            held,
            site: origin.site,
            chain: origin.chain.clone(),
            stream: self.on_stream,
            aborts: self.aborts,
            late: SmallVec::new(),
            instance: origin.instance,
        });
        self.passes(id);
        self.heed_content(id, origin);
        Some(id)
    }

    /// An exception ends this path.
    pub(crate) fn raise(&mut self) {
        let passed = std::mem::take(&mut self.state.passed);
        super::domain::add_all(&mut self.raised, &passed);
        self.state.dead = true;
    }

    /// Tells what was given up on the way to an exception, and on no way to an end of the function, or only where the function answers
    /// otherwise than where it was not.
    pub(crate) fn mark_aborting(&mut self) {
        if self.exits.is_empty() {
            return;
        }
        let ends = |id: &EventId| self.exits.iter().any(|e| e.state.passed.contains(id));
        let mut apart: SmallVec<[EventId; 2]> = self.raised.iter().copied().filter(|id| !ends(id)).collect();
        apart.extend(self.exits.iter().flat_map(|e| e.state.passed.iter().copied()).filter(|id| self.is_told(*id)));
        for id in apart {
            self.events[id as usize].aborts = true;
        }
    }

    /// Whether the answer tells that something was given up: a constant that no way without it ends with.
    fn is_told(&self, id: EventId) -> bool {
        let is_constant = |e: &Exit| matches!(e.value.term, Term::Const(_)) || super::domain::is_nothing(&e.value);
        let (with, without): (Vec<&Exit>, Vec<&Exit>) = self.exits.iter().partition(|e| e.state.passed.contains(&id));
        !without.is_empty()
            && self.exits.iter().all(is_constant)
            && with.iter().all(|e| without.iter().all(|o| o.value.term != e.value.term))
    }

    /// Remembers that something was given up on the way here.
    fn passes(&mut self, id: EventId) {
        if !self.aborts && gives_up(&self.events[id as usize].kind) && !self.state.passed.contains(&id) {
            self.state.passed.push(id);
        }
    }

    /// Releases the acquisitions that no value keeps alive any more. Returns them.
    pub(crate) fn release_unkept(&mut self) -> SmallVec<[EventId; 2]> {
        let held = self.state.held.clone();
        let gone: SmallVec<[EventId; 2]> =
            held.into_iter().filter(|a| self.taken.get(a).is_some_and(|t| !t.outlives) && !self.state.keeps(*a)).collect();
        self.state.held.retain(|a| !gone.contains(a));
        gone
    }

    /// The number of the call with this key, counted from 1.
    pub(crate) fn instance(&mut self, key: u64) -> u32 {
        let next = self.instances.len() as u32 + 1;
        *self.instances.entry(key).or_insert(next)
    }

    /// Remembers who calls a function that has open obligations, and under which locks.
    pub(crate) fn note_call(&mut self, callee: FuncId, origin: &Origin, args: &[Value]) {
        let versions = self.cx.program.versions(callee);
        self.note_call_of(callee, origin, args);
        versions.iter().filter(|v| **v != callee).for_each(|v| self.note_call_of(*v, origin, args));
    }

    fn note_call_of(&mut self, callee: FuncId, origin: &Origin, args: &[Value]) {
        if self.sketch_of.is_some() || !self.cx.carries(callee) {
            return;
        }
        self.carries = true;
        let held = self.state.held.iter().chain(&self.extra_held).copied().collect();
        let args = args.iter().map(|a| a.resource().clone()).collect();
        let site = origin.chain.as_ref().map_or(origin.site, |c| c.site);
        self.edges.push(PendingEdge { callee, site, held, args });
    }

    /// The initial value of a place that outlives the function.
    pub(crate) fn place(term: Term) -> Value {
        Value::of(term).with_deps(&Deps::one(Dep::place(term)))
    }
}

/// A nested function's `self` type is its enclosing method's.
fn outer_owner(program: &super::Program<'_>, file: u32, f: &ir::Function) -> Option<TypeId> {
    let mut at = f.parent;
    for _ in 0..8 {
        let id = program.func_id(file, at?);
        if let Some(t) = program.owner(id) {
            return Some(t);
        }
        at = program.function(id).1.parent;
    }
    None
}

fn write_kind(kind: &EventKind) -> Option<WriteKind> {
    if let EventKind::Write(w) = kind { Some(*w) } else { None }
}

/// One element of a chain in front of another chain.
pub(crate) fn chained(site: Site, callee: Sym, next: Option<Arc<Chain>>) -> Option<Arc<Chain>> {
    const MAX: usize = 12;
    let mut n = 0;
    let mut at = next.as_ref();
    while let Some(c) = at {
        n += 1;
        at = c.next.as_ref();
    }
    if n >= MAX { next } else { Some(Arc::new(Chain { site, callee, next })) }
}

/// Whether an event may be the end of a lock that the caller holds.
pub(crate) fn gives_up(kind: &EventKind) -> bool {
    // A callable may be the `close` of a file that was handed on.
    matches!(kind, EventKind::Release | EventKind::Close | EventKind::Run { .. } | EventKind::Write(WriteKind::Remove))
}
