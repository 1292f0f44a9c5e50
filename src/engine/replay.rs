//! Replaying a summary at a call: its events in the caller's terms, its stores, its result.

use std::ops::Range;

use smallvec::SmallVec;

use super::domain::{add_all, is_below, is_nothing, outlives};
use super::frame::{Frame, Origin, chained};
use super::handle::{handle_kind, mode_flags};
use super::subst::{RUN, Subst, mix};
use crate::effect::{Dep, Deps, Event, EventId, EventKind, Flags, FuncRef, Kind, Store, Summary, Term, Ty, Value, WriteKind};
use crate::source::Sym;

/// The element that stands for all elements of a sequence of arguments (`*args`).
pub(crate) const SPREAD: &str = "[*]";
/// Callbacks of callbacks past this depth are not run.
const MAX_CALLBACK_DEPTH: u32 = 4;
/// Past this many events of callees a function replays no more.
const MAX_REPLAYED: u32 = 3000;

impl<'p> Frame<'_, 'p> {
    /// Replays some of a summary's events. `callee` is the name for the call chain; `None` for a library call, whose operations
    /// stand where the call stands.
    pub(crate) fn replay(&mut self, s: &mut Subst, summary: &Summary, range: Range<usize>, origin: &Origin, callee: Option<Sym>) {
        let (kept, around) = (self.extra_held.clone(), self.extra_when.clone());
        for i in range {
            let Some(e) = summary.events.get(i) else { break };
            self.replayed += 1;
            if self.replayed > MAX_REPLAYED {
                self.bound_reached = true;
                break;
            }
            let at = match callee {
                None => Origin { key: mix((origin.key, i)), ..origin.clone() },
                Some(name) => Origin {
                    site: e.site,
                    chain: chained(origin.site, name, e.chain.clone()),
                    key: mix((origin.key, i, 1)),
                    instance: origin.instance,
                },
            };
            let Some(when) = self.conditions_of(s, e) else { continue };
            self.extra_when = around.iter().copied().chain(when).collect();
            self.extra_held = kept.clone();
            for h in &e.held {
                if let Some(Some(mine)) = s.events.get(*h as usize) {
                    self.extra_held.push(*mine);
                }
            }
            let takes = callee.is_some() && matches!(e.kind, EventKind::Acquire { .. });
            let held = if takes { self.state.held.clone() } else { SmallVec::new() };
            let id = self.perform(s, i as EventId, e, &at);
            s.events[i] = id;
            if let Some(id) = id.filter(|_| !e.late.is_empty()) {
                let late: SmallVec<[EventId; 1]> = e.late.iter().filter_map(|h| s.events[*h as usize]).collect();
                add_all(&mut self.events[id as usize].late, &late);
            }
            if let Some(id) = id.filter(|_| !e.under.is_empty()) {
                let under: Deps = self.subst_deps(s, &e.under).events().map(Dep::Event).collect();
                self.events[id as usize].under.extend(&under);
            }
            if let (Some(id), Some(callee)) = (id, s.of) {
                self.was.entry(id).or_insert((callee, i as EventId));
            }
            if let Some(lock) = id.filter(|_| takes) {
                // What the callee takes and still holds in the end, its summary says.
                if !held.contains(&lock) {
                    self.state.held.retain(|h| *h != lock);
                }
                // A locked handle that it puts into its result keeps the lock there.
                if let Some(taken) = self.taken.get(&lock).filter(|t| !t.outlives) {
                    s.keep_lock(taken.object, lock);
                }
            }
        }
        (self.extra_held, self.extra_when) = (kept, around);
    }

    fn perform(&mut self, s: &mut Subst, number: EventId, e: &Event, at: &Origin) -> Option<EventId> {
        let resource = self.subst_value(s, &e.resource);
        let opened = matches!(resource.kind.as_deref(), Some(Kind::Handle { .. }));
        let typed_stream = matches!(&resource.ty, Some(Ty::Library(t)) if self.lib.is_stream(*t)) && resource.kind.is_none();
        let is_access = matches!(e.kind, EventKind::Read | EventKind::Write(WriteKind::AsOpened));
        self.on_stream = !opened && (typed_stream && is_access || e.stream || s.on_stream && e.resource.term == Term::Param(0));
        let aborts = self.aborts;
        self.aborts |= e.aborts;
        let done = self.perform_on(s, number, e, resource, at);
        self.aborts = aborts;
        self.on_stream = false;
        done
    }

    fn perform_on(&mut self, s: &mut Subst, number: EventId, e: &Event, resource: Value, at: &Origin) -> Option<EventId> {
        let is_file_event = matches!(e.kind, EventKind::Read | EventKind::Write(_) | EventKind::Check(_) | EventKind::Open { .. });
        if is_file_event && is_nothing(&resource) {
            // An optional file that was not given: `print`'s, `yaml.dump`'s.
            return None;
        }
        let in_memory = matches!(&resource.ty, Some(Ty::Library(t)) if self.lib.is_memory(*t));
        if is_file_event && (in_memory || self.lib.is_device(&resource.resource().term)) {
            let data = self.subst_deps(s, &e.data);
            self.mutate(&resource, &data);
            return None;
        }
        match &e.kind {
            EventKind::Read => {
                if resource.term == Term::Unknown && resource.kind.is_none() && resource.deps.is_empty() {
                    return self.emit(EventKind::Read, resource, Deps::none(), at);
                }
                self.emit(EventKind::Read, resource.resource().clone(), Deps::none(), at)
            }
            EventKind::Each => {
                let opened = matches!(resource.kind.as_deref(), Some(Kind::Handle { .. }));
                if !opened && self.may_be_open_file(&resource) {
                    return self.emit(EventKind::Each, resource, Deps::none(), at);
                }
                opened.then(|| self.emit(EventKind::Read, resource.resource().clone(), Deps::none(), at)).flatten()
            }
            EventKind::Write(kind) => {
                let mut data = self.subst_deps(s, &e.data);
                data.retain(|d| !matches!(d, Dep::Guard(_)));
                self.write(*kind, &resource, data, at)
            }
            EventKind::Check(kind) => self.emit(EventKind::Check(*kind), resource.resource().clone(), Deps::none(), at),
            EventKind::Open { mode } => {
                let mode = mode.as_ref().map(|m| self.subst_value(s, m));
                self.open(&resource, mode, at)
            }
            EventKind::ReplaceFrom { from, exclusive } => {
                let from = self.subst_value(s, from);
                let data = self.subst_deps(s, &e.data);
                self.replace_from(&resource, from, *exclusive, data, at)
            }
            EventKind::Acquire { spec, mode, scoped } => {
                let mode = mode.as_ref().map(|m| self.subst_value(s, m));
                self.acquire(&resource, *spec, mode, *scoped, at)
            }
            EventKind::Release => {
                self.release(&resource);
                outlives(&resource.term).then(|| self.emit(EventKind::Release, resource, Deps::none(), at)).flatten()
            }
            EventKind::Run { callee, args } => {
                let method = callee.term;
                let callee = self.subst_value(s, callee);
                let args: Vec<Value> = args.iter().flat_map(|a| self.spread(s, a)).collect();
                if let Term::Field(base, name) = &method {
                    let file = self.subst_value(s, &Value::of(**base));
                    if let Some(v) = self.deferred_method(&file, *name, args.clone(), at) {
                        s.has_run(number, v);
                        return None;
                    }
                }
                // A callable runs on behalf of the call that stands in this function.
                let here = Origin { site: at.chain.as_ref().map_or(at.site, |c| c.site), chain: None, ..at.clone() };
                let (id, v) = self.run_value(&callee, args, &here);
                s.has_run(number, v);
                id
            }
            EventKind::Mutate => {
                let data = self.subst_deps(s, &e.data);
                self.mutate(&resource, &data);
                None
            }
            EventKind::Flush => {
                self.flush(&resource.term);
                let written = |e: &Event| matches!(e.kind, EventKind::Write(_)) && e.resource.resource().term == resource.resource().term;
                let tells = outlives(&resource.term) && self.events.iter().any(written);
                tells.then(|| self.emit(EventKind::Flush, resource, Deps::none(), at)).flatten()
            }
            EventKind::Close => {
                self.close(&resource);
                outlives(&resource.term).then(|| self.emit(EventKind::Close, resource, Deps::none(), at)).flatten()
            }
            EventKind::Drop => {
                self.drop_value(&resource);
                None
            }
            EventKind::Suspend => None,
        }
    }

    /// An argument of a callback: all of them where a library's parameter takes the rest.
    fn spread(&mut self, s: &Subst, arg: &Value) -> Vec<Value> {
        if let Term::Field(all, name) = &arg.term
            && name.as_str() == SPREAD
            && let Some(Kind::Tuple(parts)) = self.subst_value(s, &Value::of(**all)).kind.as_deref()
        {
            return parts.clone();
        }
        let v = self.subst_value(s, arg);
        match (&arg.term, v.kind.as_deref()) {
            (Term::Param(i), Some(Kind::Tuple(parts))) if s.rest == Some(*i) => parts.clone(),
            _ => vec![v],
        }
    }

    /// Data flows into an object; a guard that is put into it lives on there.
    pub(crate) fn mutate(&mut self, object: &Value, data: &Deps) {
        if matches!(object.term, Term::New(_)) && !data.is_empty() {
            self.state.heap.add(&object.term, &self.without_own_guards(&object.term, data));
        }
        self.may_mutate(object, data);
    }

    /// Data may flow into an object, of which a function does not know what else holds it.
    pub(crate) fn may_mutate(&mut self, object: &Value, data: &Deps) {
        let data = &self.without_own_guards(&object.term, data);
        self.state.taint(&object.term, data);
        // An element or field that takes up data changes the object that it belongs to.
        let mut at = &object.term;
        while let Term::Field(base, _) = at {
            self.state.taint(base, data);
            at = base;
        }
    }

    /// What a place may keep: what lies behind a lock is reached through its guard, and does not keep it.
    fn without_own_guards(&self, place: &Term, data: &Deps) -> Deps {
        let is_own = |h: EventId| self.taken.get(&h).is_some_and(|t| is_below(place, &t.object));
        let mut data = data.clone();
        if data.guards().any(is_own) {
            data.retain(|d| !matches!(d, Dep::Guard(h) if is_own(*h)));
        }
        data
    }

    /// Content is written to a file.
    fn write(&mut self, kind: WriteKind, target: &Value, data: Deps, at: &Origin) -> Option<EventId> {
        if matches!(target.term, Term::New(_)) && target.kind.is_none() {
            // A buffer in memory.
            self.mutate(target, &data);
            return None;
        }
        let mut kind = kind;
        if kind == WriteKind::AsOpened {
            kind = match target.kind.as_deref() {
                Some(Kind::Handle { mode, .. }) => match handle_kind(mode) {
                    Some(k) => k?,
                    None => WriteKind::AsOpened,
                },
                _ if outlives(&target.term) && !is_path_like(target) => WriteKind::AsOpened,
                _ => WriteKind::Truncate,
            };
        }
        let resource = match kind {
            // Kept as a handle: what it was opened for may be known to a caller.
            WriteKind::AsOpened => target.clone(),
            _ => target.resource().clone(),
        };
        let path = target.resource().term;
        if kind == WriteKind::Append && !data.is_empty() && self.has_emptied(&path) {
            kind = WriteKind::InPlace;
        }
        if path.is_private() {
            // What is put into a buffer or a temporary file can be taken out of it again.
            self.mutate(target, &data);
        }
        if path != Term::Unknown && !data.is_empty() {
            self.state.content.entry(path).or_default().extend(&data);
        }
        match kind {
            // `exist_ok=True`: it says nothing about who made it.
            WriteKind::CreateNew if target.flags.has(Flags::CREATE) => {}
            WriteKind::CreateNew if data.is_empty() && at.chain.is_none() => self.acquire_by_creating(&resource, at),
            WriteKind::Remove => self.release_by_removing(&resource),
            _ => {}
        }
        let id = self.emit(EventKind::Write(kind), resource, data, at);
        if let Some(id) = id {
            self.buffer(target, id);
            self.heed_write(id);
        }
        id
    }

    /// Whether a file was emptied before: what is appended then takes the place of what was there. Not so under a lock that was given up
    /// since: what is there now is what others have appended.
    fn has_emptied(&self, path: &Term) -> bool {
        let is_held = |h: &EventId| self.state.held.contains(h) || self.extra_held.contains(h);
        let emptied = |e: &Event| {
            e.kind == EventKind::Write(WriteKind::Truncate) && e.resource.resource().term == *path && e.held.iter().all(is_held)
        };
        self.events.iter().any(emptied)
    }

    /// A file is opened: it may be emptied or created by that.
    fn open(&mut self, path: &Value, mode: Option<Value>, at: &Origin) -> Option<EventId> {
        let mode = mode?;
        match mode_flags(&mode) {
            Some(f) if f.has(Flags::CREATE_NEW) => self.write(WriteKind::CreateNew, path, Deps::none(), at),
            Some(f) if f.has(Flags::TRUNCATE) => {
                let term = path.resource().term;
                self.state.content.shift_remove(&term);
                self.emit(EventKind::Write(WriteKind::Truncate), path.resource().clone(), Deps::none(), at)
            }
            Some(_) => None,
            None if mode.term.any(|t| matches!(t, Term::Param(_))) => {
                self.emit(EventKind::Open { mode: Some(mode) }, path.clone(), Deps::none(), at)
            }
            None => None,
        }
    }

    fn replace_from(&mut self, to: &Value, from: Value, exclusive: bool, data: Deps, at: &Origin) -> Option<EventId> {
        let source = from.resource().term;
        let mut data = data;
        if let Some(content) = self.state.content.get(&source) {
            data.extend(&content.clone());
        }
        let to = to.resource().clone();
        // A directory of one's own that takes a name takes it alone.
        if exclusive || source.is_private() && from.flags.has(Flags::DIRECTORY) {
            return self.write(WriteKind::CreateNew, &to, data, at);
        }
        if to.term != Term::Unknown && !data.is_empty() {
            self.state.content.entry(to.term).or_default().extend(&data);
        }
        // What a generator has handed out is filled by whoever runs it, and what a callable of the caller's was given by that.
        if outlives(&source) || self.yielded.is_some() || self.is_filled_elsewhere(&source) {
            return self.emit(EventKind::ReplaceFrom { from, exclusive }, to, data, at);
        }
        self.emit(EventKind::Write(WriteKind::Replace), to, data, at)
    }

    /// Whether a callable that only the callers know was given this file.
    fn is_filled_elsewhere(&self, file: &Term) -> bool {
        let gives = |e: &Event| matches!(&e.kind, EventKind::Run { args, .. } if args.iter().any(|a| a.resource().term == *file));
        self.events.iter().any(gives)
    }

    /// A callable runs. What is not known yet is left to the callers.
    pub(crate) fn run_value(&mut self, callee: &Value, args: Vec<Value>, at: &Origin) -> (Option<EventId>, Value) {
        match callee.kind.as_deref() {
            Some(Kind::Func(f)) => {
                if self.depth >= MAX_CALLBACK_DEPTH {
                    return (None, Value::unknown());
                }
                self.depth += 1;
                // A callable is a part of its own of what the function does: who runs it knows nothing of its files.
                let key = mix((at.key, 7));
                let instance = self.instance(key);
                let origin = Origin { instance, key, ..at.clone() };
                let v = self.call_func(f, args, &[], &origin);
                self.depth -= 1;
                (None, v)
            }
            None if self.external_function(callee).is_some() => {
                let key = mix((at.key, 7));
                let instance = self.instance(key);
                let origin = Origin { instance, key, ..at.clone() };
                let v = self.external_function(callee).map(|(path, c)| self.apply_library(path, c, args, &[], &origin));
                (None, v.unwrap_or_else(Value::unknown))
            }
            Some(Kind::Method { path, given }) => {
                let key = mix((at.key, 7));
                let origin = Origin { instance: self.instance(key), key, ..at.clone() };
                let args = given.iter().cloned().chain(args).collect();
                (None, self.call_library_method(*path, args, &[], &origin))
            }
            // A context manager that is entered for longer than a block.
            Some(Kind::Lock { .. } | Kind::Suspended { .. }) => {
                let held = self.state.held.clone();
                let v = self.enter_for_good(callee, at);
                let new: SmallVec<[EventId; 4]> = self.state.held.iter().copied().filter(|h| !held.contains(h)).collect();
                self.pin(&new);
                (None, v)
            }
            _ if matches!(callee.term.root(), Term::Param(_)) => {
                let mut deps = Deps::none();
                for a in &args {
                    deps.extend(&self.full_deps(a));
                }
                let id = self.emit(EventKind::Run { callee: callee.clone(), args }, callee.clone(), Deps::none(), at);
                let Some(id) = id else { return (None, Value::unknown().with_deps(&deps)) };
                // Equal calls of what is not known give equal results.
                let same =
                    self.events.iter().position(|e| super::summary::same_operation(e, &self.events[id as usize])).unwrap_or(id as usize);
                let term = Term::Call(Sym::new(RUN), [Term::text(&same.to_string())].into());
                (Some(id), Value::of(term).with_deps(&deps).with_deps(&Deps::one(Dep::Event(id))))
            }
            _ => {
                let mut deps = Deps::none();
                for a in &args {
                    deps.extend(&self.full_deps(a));
                }
                (None, Value::unknown().with_deps(&deps))
            }
        }
    }

    /// A library's function used as a value.
    fn external_function(&self, callee: &Value) -> Option<(Sym, &'p crate::effect::LibraryCall)> {
        match &callee.term {
            Term::Global(path) => self.lib.call(*path).filter(|c| !c.attr).map(|c| (*path, c)),
            _ => None,
        }
    }

    /// A summary's result and stores, after its events.
    pub(crate) fn finish(&mut self, s: &Subst, summary: &Summary, func: Option<&FuncRef>) -> Option<Value> {
        self.renewed_by(s, summary);
        let ret = summary.ret.as_ref().map(|r| self.subst_value(s, r));
        let stores: Vec<(Term, Value, &Store)> = summary
            .stores
            .iter()
            .map(|st| {
                let place = match &st.place {
                    Term::Field(base, name) => self.subst_place(s, base).field(*name),
                    p => self.subst_place(s, p),
                };
                (place, self.subst_value(s, &st.value), st)
            })
            .collect();
        for (place, value, st) in stores {
            match &st.place {
                Term::Param(_) | Term::Global(_) if st.value.term == st.place => {
                    let deps = self.full_deps(&value);
                    self.mutate(&Value::of(place), &deps);
                }
                Term::Param(i) => self.assign_capture(func, *i, value),
                _ => self.store(place, value),
            }
        }
        let mut held: SmallVec<[EventId; 2]> = SmallVec::new();
        for h in &summary.held {
            if let Some(Some(mine)) = s.events.get(*h as usize)
                && !self.state.held.contains(mine)
            {
                held.push(*mine);
            }
        }
        for mine in held {
            self.state.held.push(mine);
            let guard = Dep::Guard(mine);
            let kept = ret.as_ref().is_some_and(|r| r.deps.contains(&guard)) || self.state.keeps(mine);
            if !kept && let Some(t) = self.taken.get_mut(&mine) {
                t.outlives = true;
            }
        }
        ret
    }

    fn subst_place(&mut self, s: &Subst, t: &Term) -> Term {
        match t {
            Term::Field(base, name) => {
                let place = self.subst_place(s, base).field(*name);
                self.state.heap.get(&place).map_or(place, |v| v.term)
            }
            t => self.subst_value(s, &Value::of(*t)).term,
        }
    }

    fn assign_capture(&mut self, func: Option<&FuncRef>, param: u16, value: Value) {
        let Some(func) = func.filter(|f| f.creator == self.id.0) else { return };
        let params = self.cx.program.function(super::program::FuncId(func.func)).1.params.len();
        if let Some(var) = (param as usize).checked_sub(params).and_then(|k| func.capture_vars.get(k)) {
            self.set(crate::ir::Var(*var), value);
        }
    }

    /// Puts a value in a place: a field or a global.
    pub(crate) fn store(&mut self, place: Term, value: Value) {
        if place == Term::Unknown {
            return;
        }
        let mut value = value;
        value.deps = self.without_own_guards(&place, &value.deps);
        let guards: Deps = value.deps.guards().map(Dep::Guard).collect();
        if let Term::Field(base, name) = &place {
            self.forget_renewed(base, *name);
            self.state.keep_in(base, &guards);
        }
        let old = self.state.heap.insert(place, value);
        if !self.state.held.is_empty() && old.is_some_and(|o| o.deps.guards().next().is_some()) {
            self.release_unkept();
        }
    }
}

/// Whether a value is text, or made of text as paths are.
pub(super) fn is_path_like(v: &Value) -> bool {
    matches!(v.term, Term::Concat(_) | Term::Suffix(..) | Term::Parent(_) | Term::Const(_))
}
