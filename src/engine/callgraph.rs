//! Which functions may do something to a file or a lock, by the names that they call, and in which order to look at them. Knows names,
//! not values.

use rustc_hash::{FxHashMap, FxHashSet};

use super::acts::Acts;
use super::guess::{Guess, Guesses};
use super::program::{Def, FuncId, Program, Resolved, TypeId};
use crate::effect::{Library, LibraryCall, Ty};
use crate::ir::{self, Block, Callee, Op, Scope, Var};
use crate::source::{Lang, Sym};

/// Methods that a `with` statement calls.
const MANAGER: [&str; 4] = ["__enter__", "__exit__", "__aenter__", "__aexit__"];

/// More overrides of one method are not looked at.
const MAX_OVERRIDES: usize = 8;

/// Nesting of blocks past this is not followed; the engine does not either.
const MAX_NESTING: u32 = 200;

/// Who calls whom, as far as names tell.
pub(crate) struct CallGraph {
    /// By function: what its own text does, by the library calls in it.
    pub(crate) acts: Vec<Acts>,
    /// By function: which functions it may call or make, in order.
    pub(crate) callees: Vec<Vec<FuncId>>,
}

impl CallGraph {
    pub(crate) fn of(program: &Program<'_>) -> Self {
        let names = [effect_names(program.library(Lang::Python)), effect_names(program.library(Lang::Rust))];
        let n = program.function_count();
        let mut graph = Self { acts: Vec::with_capacity(n as usize), callees: Vec::with_capacity(n as usize) };
        for id in (0..n).map(FuncId) {
            let (file, function) = program.function(id);
            let lang = program.files[file as usize].ir.lang;
            let names = &names[usize::from(lang == Lang::Rust)];
            let guesses = Guesses::of(program, id);
            let mut scan = Scan { program, names, f: id, lang, acts: Acts::default(), callees: FxHashSet::default(), guesses };
            scan.decorators();
            scan.destructors();
            scan.block(&function.body, 0);
            let mut callees: Vec<FuncId> = scan.callees.into_iter().collect();
            callees.sort_unstable();
            graph.acts.push(scan.acts);
            graph.callees.push(callees);
        }
        graph
    }

    /// The functions from which an effect may be reached, callees before callers where there is no cycle.
    pub(crate) fn candidates(&self) -> Vec<FuncId> {
        let reaching = self.reaching();
        let mut order = Vec::new();
        let mut seen = vec![false; reaching.len()];
        for start in (0..reaching.len()).filter(|f| reaching[*f]) {
            let mut path = vec![(start, 0)];
            if std::mem::replace(&mut seen[start], true) {
                continue;
            }
            while let Some((f, next)) = path.last_mut() {
                match self.callees[*f].get(*next) {
                    Some(callee) => {
                        *next += 1;
                        let callee = callee.0 as usize;
                        if reaching[callee] && !std::mem::replace(&mut seen[callee], true) {
                            path.push((callee, 0));
                        }
                    }
                    None => {
                        order.push(FuncId(*f as u32));
                        path.pop();
                    }
                }
            }
        }
        order
    }

    fn reaching(&self) -> Vec<bool> {
        let mut callers: FxHashMap<FuncId, Vec<usize>> = FxHashMap::default();
        for (f, callees) in self.callees.iter().enumerate() {
            callees.iter().for_each(|c| callers.entry(*c).or_default().push(f));
        }
        let mut reaching: Vec<bool> = self.acts.iter().map(|a| a.any()).collect();
        let mut open: Vec<usize> = (0..reaching.len()).filter(|f| reaching[*f]).collect();
        while let Some(f) = open.pop() {
            for caller in callers.get(&FuncId(f as u32)).into_iter().flatten() {
                if !std::mem::replace(&mut reaching[*caller], true) {
                    open.push(*caller);
                }
            }
        }
        reaching
    }
}

/// Methods that act on files and locks, by name. A name that also belongs to a method which does nothing of the kind (`replace`, `copy`)
/// does not count: where it acts, others do too.
fn effect_names(lib: &Library) -> FxHashMap<Sym, Acts> {
    let is_method = |c: &LibraryCall| c.summary.params.first().is_some_and(|p| p.name.as_str() == "self");
    let mut names: FxHashMap<Sym, Acts> = FxHashMap::default();
    let mut harmless = FxHashSet::default();
    for (path, c) in lib.calls.iter().filter(|(_, c)| is_method(c)) {
        let (name, acts) = (Sym::new(path.last()), Acts::of(&c.summary));
        if acts.any() {
            let known = names.entry(name).or_default();
            *known = known.and(acts);
        } else {
            harmless.insert(name);
        }
    }
    names.retain(|n, _| !harmless.contains(n) || lib.any_method(*n).is_some_and(|(_, c)| Acts::of(&c.summary).any()));
    names
}

struct Scan<'a, 'p> {
    program: &'a Program<'p>,
    names: &'a FxHashMap<Sym, Acts>,
    f: FuncId,
    lang: Lang,
    acts: Acts,
    callees: FxHashSet<FuncId>,
    guesses: Guesses<'a, 'p>,
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
                    Callee::Method { recv, name } => self.method_of(*recv, *name),
                    Callee::Var(_) => {}
                },
                Op::Let { value: ir::Value::Function(idx), .. } => {
                    let (file, _) = self.program.function(self.f);
                    self.callees.insert(self.program.func_id(file, *idx));
                }
                Op::Let { value: ir::Value::Name(p), .. } => self.path(*p),
                Op::Let { value: ir::Value::Field(base, name), .. } => self.attribute(*base, *name),
                Op::Branch { arms, .. } => arms.iter().for_each(|a| self.block(&a.body, depth + 1)),
                Op::Loop { body, .. } => self.block(body, depth + 1),
                Op::Scope { kind, .. } => match kind {
                    Scope::Block { body, .. } => self.block(body, depth + 1),
                    Scope::With { item, body, .. } => {
                        MANAGER.iter().for_each(|m| self.method_of(*item, Sym::new(m)));
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
        if let Some(name) = path.as_str().strip_prefix("Self.") {
            return self.own(Sym::new(name));
        }
        if let Some(name) = path.as_str().strip_prefix("super.") {
            return self.inherited(Sym::new(name));
        }
        match self.program.resolve(file, function.scope, path) {
            Resolved::Def(Def::Func(f)) => {
                self.callees.insert(f);
            }
            Resolved::Def(Def::Type(t)) => {
                let methods = &self.program.types[t.0 as usize].methods;
                self.callees.extend(["__init__", "__new__"].iter().chain(&MANAGER).filter_map(|m| methods.get(&Sym::new(m)).copied()));
            }
            Resolved::Global(_, _, Some(rest)) => {
                self.any(Sym::new(rest.last()));
            }
            Resolved::External(full) => match self.program.library(self.lang).call(full) {
                Some(c) => self.acts = self.acts.and(Acts::of(&c.summary)),
                None => self.library(Sym::new(full.last())),
            },
            _ => {}
        }
    }

    /// A method of a variable.
    fn method_of(&mut self, recv: Var, name: Sym) {
        match self.guesses.get(recv) {
            Guess::Is(t) => self.typed(t, name),
            Guess::Anything => self.any(name),
            Guess::Nothing => {
                self.library(name);
                // The engine takes it for the only method of that name.
                if let Some([only]) = self.program.methods.get(&name).map(Vec::as_slice) {
                    self.callees.insert(*only);
                }
            }
        }
    }

    /// An attribute may be a property, or a method that is handed on.
    fn attribute(&mut self, base: Var, name: Sym) {
        match self.guesses.get(base) {
            Guess::Is(t) => self.callees.extend(self.program.find_method(t, name, &mut Vec::new())),
            Guess::Anything => {
                let is_property = |f: &&FuncId| self.program.function(**f).1.flags.is_property;
                self.callees.extend(self.program.methods.get(&name).into_iter().flatten().filter(is_property));
            }
            Guess::Nothing => {}
        }
    }

    /// A method of a known type.
    fn typed(&mut self, t: TypeId, name: Sym) {
        let found = self.program.find_method(t, name, &mut Vec::new());
        self.callees.extend(found);
        self.callees.extend(self.program.overrides(t, name, MAX_OVERRIDES));
        if found.is_none() {
            self.library(name);
        }
    }

    /// What runs when objects end.
    fn destructors(&mut self) {
        if self.lang == Lang::Rust {
            self.callees.extend(self.guesses.types().filter_map(|t| self.program.destructor(t)));
        }
    }

    fn own(&mut self, name: Sym) {
        match self.program.owner(self.f) {
            Some(t) => self.typed(t, name),
            None => self.any(name),
        }
    }

    /// A method of one of the bases of the function's own type.
    fn inherited(&mut self, name: Sym) {
        let Some(t) = self.program.owner(self.f) else { return self.any(name) };
        let bases = &self.program.types[t.0 as usize].bases;
        for base in bases {
            match base {
                Ty::Project(p) => self.callees.extend(self.program.find_method(TypeId(*p), name, &mut Vec::new())),
                Ty::Library(_) => self.library(name),
            }
        }
    }

    /// A method of that name, whoever has it.
    fn any(&mut self, name: Sym) {
        self.library(name);
        self.by_name(name);
    }

    /// A library's method of that name.
    fn library(&mut self, name: Sym) {
        self.acts = self.acts.and(self.names.get(&name).copied().unwrap_or_default());
    }

    fn by_name(&mut self, name: Sym) {
        let same_lang = |f: &&FuncId| self.program.files[self.program.function(**f).0 as usize].ir.lang == self.lang;
        let found: Vec<FuncId> = self.program.methods.get(&name).into_iter().flatten().filter(same_lang).copied().collect();
        self.callees.extend(found);
    }
}
