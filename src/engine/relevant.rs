//! Which functions can do something to a file or a lock, by the names that they call: the others are looked into only where a value
//! that they compute is needed. Knows names, not values.

use rustc_hash::{FxHashMap, FxHashSet};

use super::program::{Def, FuncId, Program, Resolved};
use crate::effect::{EventKind, Kind, Library, LibraryCall};
use crate::ir::{Block, Callee, Op, Scope, Value, Var};
use crate::source::{Lang, Sym};

/// Nesting of blocks past this is not followed; the engine does not either.
const MAX_NESTING: u32 = 200;

/// For every function, whether an effect can be reached from it.
pub(crate) fn relevant(program: &Program<'_>) -> Vec<bool> {
    let names = [effect_names(program.library(Lang::Python)), effect_names(program.library(Lang::Rust))];
    let n = program.function_count();
    let mut out = vec![false; n as usize];
    let mut callers: FxHashMap<FuncId, Vec<u32>> = FxHashMap::default();
    let mut open = Vec::new();
    for f in 0..n {
        let id = FuncId(f);
        let (file, function) = program.function(id);
        let lang = program.files[file as usize].ir.lang;
        let mut scan =
            Scan { program, names: &names[usize::from(lang == Lang::Rust)], f: id, lang, touches: false, callees: FxHashSet::default() };
        scan.decorators();
        scan.block(&function.body, 0);
        if scan.touches {
            out[f as usize] = true;
            open.push(id);
        }
        for callee in scan.callees {
            callers.entry(callee).or_default().push(f);
        }
    }
    while let Some(f) = open.pop() {
        for caller in callers.get(&f).into_iter().flatten() {
            if !std::mem::replace(&mut out[*caller as usize], true) {
                open.push(FuncId(*caller));
            }
        }
    }
    out
}

/// Methods that act on files and locks, by name. A name that also belongs to a method which does nothing of the kind (`replace`, `copy`)
/// does not count: where it acts, others do too.
fn effect_names(lib: &Library) -> FxHashSet<Sym> {
    let is_method = |c: &LibraryCall| c.summary.params.first().is_some_and(|p| p.name.as_str() == "self");
    let named =
        |wanted: bool| lib.calls.iter().filter(move |(_, c)| is_method(c) && acts(c) == wanted).map(|(path, _)| Sym::new(path.last()));
    let harmless: FxHashSet<Sym> = named(false).collect();
    named(true).filter(|n| !harmless.contains(n) || lib.any_method(*n).is_some_and(|(_, c)| acts(c))).collect()
}

/// Whether a library call does something to a file or a lock, or makes a lock.
fn acts(c: &LibraryCall) -> bool {
    c.summary.events.iter().any(|e| !matches!(e.kind, EventKind::Mutate | EventKind::Run { .. } | EventKind::Suspend | EventKind::Drop))
        || c.summary.ret.as_ref().is_some_and(|r| matches!(r.kind.as_deref(), Some(Kind::Lock { .. })))
}

struct Scan<'a, 'p> {
    program: &'a Program<'p>,
    names: &'a FxHashSet<Sym>,
    f: FuncId,
    lang: Lang,
    touches: bool,
    callees: FxHashSet<FuncId>,
}

impl Scan<'_, '_> {
    fn decorators(&mut self) {
        let (_, function) = self.program.function(self.f);
        for d in &function.decorators {
            self.path(d.path);
        }
    }

    fn block(&mut self, ops: &Block, depth: u32) {
        if depth > MAX_NESTING {
            return;
        }
        for op in ops {
            match op {
                Op::Call(c) => match &c.callee {
                    Callee::Path(p) => self.path(*p),
                    Callee::Method { recv, name } => self.method(*recv, *name),
                    Callee::Var(_) => {}
                },
                Op::Let { value: Value::Function(idx), .. } => {
                    let (file, _) = self.program.function(self.f);
                    self.callees.insert(self.program.func_id(file, *idx));
                }
                Op::Let { value: Value::Name(p), .. } => self.path(*p),
                Op::Let { value: Value::Field(_, name), .. } => self.property(*name),
                Op::Branch { arms, .. } => arms.iter().for_each(|a| self.block(&a.body, depth + 1)),
                Op::Loop { body, .. } => self.block(body, depth + 1),
                Op::Scope { kind, .. } => match kind {
                    Scope::Block { body, .. } => self.block(body, depth + 1),
                    Scope::With { body, .. } => {
                        self.by_name(Sym::new("__enter__"));
                        self.block(body, depth + 1);
                    }
                    Scope::Try { body, handlers, orelse, finally } => {
                        let handlers = handlers.iter().map(|h| &h.body);
                        [body, orelse, finally].into_iter().chain(handlers).for_each(|b| self.block(b, depth + 1));
                    }
                },
                _ => {}
            }
        }
    }

    fn path(&mut self, path: Sym) {
        let (file, function) = self.program.function(self.f);
        let text = path.as_str();
        let of_owner = text.strip_prefix("Self.").or_else(|| text.strip_prefix("super."));
        if let Some(rest) = of_owner {
            return self.by_name(Sym::new(rest));
        }
        match self.program.resolve(file, function.scope, path) {
            Resolved::Def(Def::Func(f)) => {
                self.callees.insert(f);
            }
            Resolved::Def(Def::Type(t)) => {
                let methods = &self.program.types[t.0 as usize].methods;
                self.callees.extend(["__init__", "__new__", "__enter__"].iter().filter_map(|m| methods.get(&Sym::new(m)).copied()));
            }
            Resolved::Global(_, _, Some(rest)) => {
                let name = Sym::new(rest.last());
                self.touches |= self.names.contains(&name);
                self.by_name(name);
            }
            Resolved::External(full) => {
                let known = self.program.library(self.lang).call(full);
                self.touches |= known.map_or_else(|| self.names.contains(&Sym::new(full.last())), acts);
            }
            _ => {}
        }
    }

    fn method(&mut self, recv: Var, name: Sym) {
        let (_, function) = self.program.function(self.f);
        let own = function.flags.has_receiver && function.params.first().is_some_and(|p| p.var == recv);
        if own && let Some(t) = self.program.owner(self.f) {
            let mut library = Vec::new();
            if let Some(f) = self.program.find_method(t, name, &mut library) {
                self.callees.insert(f);
                self.callees.extend(self.program.overrides(t, name, 8));
                return;
            }
        }
        self.touches |= self.names.contains(&name);
        self.by_name(name);
    }

    fn by_name(&mut self, name: Sym) {
        let same_lang = |f: &&FuncId| self.program.files[self.program.function(**f).0 as usize].ir.lang == self.lang;
        let found: Vec<FuncId> = self.program.methods.get(&name).into_iter().flatten().filter(same_lang).copied().collect();
        self.callees.extend(found);
    }

    fn property(&mut self, name: Sym) {
        let is_property = |f: &&FuncId| self.program.function(**f).1.flags.is_property;
        let found: Vec<FuncId> = self.program.methods.get(&name).into_iter().flatten().filter(is_property).copied().collect();
        self.callees.extend(found);
    }
}
