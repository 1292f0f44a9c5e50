//! Which functions may do something to a file or a lock, by the names that they call, and in which order to look at them. Knows names,
//! not values.

use rustc_hash::{FxHashMap, FxHashSet};

use super::acts::Acts;
use super::call::super_method;
use super::guess::{FieldGuesses, Guess, Guesses};
use super::parts::{Packages, in_parts};
use super::program::{Def, FuncId, Program, Resolved, TypeId};
use super::solve::Extent;
use crate::effect::{Library, LibraryCall, Ty};
use crate::ir::{self, Callee, Op, Scope, Var, each_op};
use crate::source::{Lang, Sym};

/// Methods that a `with` statement calls.
const MANAGER: [&str; 4] = ["__enter__", "__exit__", "__aenter__", "__aexit__"];

/// More overrides of one method are not looked at.
const MAX_OVERRIDES: usize = 8;

/// Who calls whom, as far as names tell.
pub(crate) struct CallGraph {
    /// By function: what its own text does, by the library calls in it.
    pub(crate) acts: Vec<Acts>,
    /// By function: which functions it may call or make, in order.
    pub(crate) callees: Vec<Vec<FuncId>>,
    /// By function: those of them that it names or that belong to a type that is known; not what overrides them.
    pub(crate) direct: Vec<Vec<FuncId>>,
    /// What fields are filled with.
    pub(crate) fields: FieldGuesses,
    /// Which files belong together.
    pub(crate) packages: Packages,
}

/// What a function's text tells of its calls.
struct Calls {
    acts: Acts,
    /// Functions that it names, in order.
    direct: Vec<FuncId>,
    /// What overrides methods that it calls.
    overriding: Vec<FuncId>,
    /// Methods of which it tells only the name, each once.
    named: Vec<(Sym, Which)>,
}

impl Calls {
    fn name(&mut self, name: Sym, which: Which) {
        if !self.named.contains(&(name, which)) {
            self.named.push((name, which));
        }
    }
}

/// Which of the methods of a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Of an object of some type of the program.
    Any,
    /// The same, if it is a property.
    Property,
    /// Of an object that may also be a library's: the one that has no other beside it, whatever that does.
    Only,
}

impl CallGraph {
    /// Reads all functions, on so many threads.
    pub(crate) fn of(program: &Program<'_>, threads: usize) -> Self {
        let names = [effect_names(program.library(Lang::Python)), effect_names(program.library(Lang::Rust))];
        let functions: Vec<FuncId> = (0..program.function_count()).map(FuncId).collect();
        let fields = FieldGuesses::of(program, &functions, threads);
        let kept = Kept::of(program);
        let each = |f: &FuncId| Scan::read(program, &names, &fields, &kept, *f);
        let calls: Vec<Calls> = in_parts(&functions, threads, |part| part.iter().map(each).collect());
        let packages = Packages::of(program);
        let acts: Vec<Acts> = calls.iter().map(|c| c.acts).collect();
        let methods = Methods::of(program, &packages);
        let all = |counts: &dyn Fn(FuncId) -> bool| functions.iter().zip(&calls).map(|(f, c)| methods.callees(*f, c, counts)).collect();
        let rough: Vec<Vec<FuncId>> = all(&|_| true);
        let reaching = reaching(&acts, &rough);
        let callees = all(&|m| reaching[m.0 as usize]);
        Self { acts, callees, direct: calls.into_iter().map(|c| c.direct).collect(), fields, packages }
    }

    /// The functions from which an act of weight may be reached, or all, callees before callers where there is no cycle.
    pub(crate) fn candidates(&self, extent: Extent) -> Vec<FuncId> {
        let reaching = if extent == Extent::All { vec![true; self.acts.len()] } else { reaching(&self.acts, &self.callees) };
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
}

/// The functions from which an act of weight may be reached.
fn reaching(acts: &[Acts], callees: &[Vec<FuncId>]) -> Vec<bool> {
    let mut callers: FxHashMap<FuncId, Vec<usize>> = FxHashMap::default();
    for (f, callees) in callees.iter().enumerate() {
        callees.iter().for_each(|c| callers.entry(*c).or_default().push(f));
    }
    let mut reaching: Vec<bool> = acts.iter().map(|a| a.matters()).collect();
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

/// The functions that variables of modules are made from: other names of them, and what a library or a decorator makes of them.
struct Kept(FxHashMap<(u32, Sym), Vec<FuncId>>);

impl Kept {
    fn of(program: &Program<'_>) -> Self {
        let mut kept = FxHashMap::default();
        for file in 0..program.files.len() as u32 {
            let Some(module) = program.files[file as usize].ir.functions.first() else { continue };
            let mut held: FxHashMap<Var, Vec<FuncId>> = FxHashMap::default();
            each_op(&module.body, &mut |op| {
                let (dst, from): (Var, Vec<FuncId>) = match op {
                    Op::Let { dst, value: ir::Value::Name(path), .. } => match program.resolve(file, module.scope, *path) {
                        Resolved::Def(Def::Func(f)) => (*dst, vec![f]),
                        _ => return,
                    },
                    Op::Let { dst, value: ir::Value::Var(v), .. } => (*dst, held.get(v).cloned().unwrap_or_default()),
                    Op::Call(c) => (c.dst, c.args.iter().filter_map(|a| held.get(&a.var)).flatten().copied().collect()),
                    _ => return,
                };
                if !from.is_empty() {
                    held.entry(dst).or_default().extend(from);
                }
            });
            kept.extend(held.into_iter().filter_map(|(v, all)| Some(((file, module.vars[v.0 as usize].name?), all))));
        }
        Self(kept)
    }

    fn by_variable(&self, file: u32, name: Sym) -> &[FuncId] {
        self.0.get(&(file, name)).map_or(&[], Vec::as_slice)
    }
}

/// The methods of each package, by name.
struct Methods<'a, 'p> {
    program: &'a Program<'p>,
    packages: &'a Packages,
    by_name: FxHashMap<(u32, Sym), Vec<FuncId>>,
}

impl<'a, 'p> Methods<'a, 'p> {
    fn of(program: &'a Program<'p>, packages: &'a Packages) -> Self {
        let mut by_name: FxHashMap<(u32, Sym), Vec<FuncId>> = FxHashMap::default();
        for (name, f) in program.methods.iter().flat_map(|(name, all)| all.iter().map(|f| (*name, *f))) {
            by_name.entry((packages.of_file(program.function(f).0), name)).or_default().push(f);
        }
        Self { program, packages, by_name }
    }

    /// The functions that one may call or make, in order. Where only a name is known it means a method if no other of these has that name.
    fn callees(&self, f: FuncId, calls: &Calls, counts: &dyn Fn(FuncId) -> bool) -> Vec<FuncId> {
        let visible = self.packages.visible(self.program.function(f).0);
        let named = calls.named.iter().filter_map(|(name, which)| {
            let all = visible.iter().filter_map(|p| self.by_name.get(&(*p, *name))).flatten().copied();
            let fits = |m: &FuncId| match which {
                Which::Any => counts(*m),
                Which::Property => counts(*m) && self.program.function(*m).1.flags.is_property,
                Which::Only => true,
            };
            let mut fitting = all.filter(fits);
            fitting.next().filter(|_| fitting.next().is_none())
        });
        let mut callees: Vec<FuncId> = calls.direct.iter().chain(&calls.overriding).copied().chain(named).collect();
        callees.sort_unstable();
        callees.dedup();
        callees
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
    calls: Calls,
    guesses: Guesses<'a, 'p>,
    kept: &'a Kept,
}

impl<'a, 'p> Scan<'a, 'p> {
    fn read(program: &'a Program<'p>, names: &'a [FxHashMap<Sym, Acts>; 2], fields: &'a FieldGuesses, kept: &'a Kept, f: FuncId) -> Calls {
        let (file, function) = program.function(f);
        let lang = program.files[file as usize].ir.lang;
        let calls = Calls { acts: Acts::default(), direct: Vec::new(), overriding: Vec::new(), named: Vec::new() };
        let names = &names[usize::from(lang == Lang::Rust)];
        let mut scan = Scan { program, names, f, lang, calls, guesses: Guesses::of(program, f, fields), kept };
        scan.decorators();
        scan.destructors();
        each_op(&function.body, &mut |op| scan.op(op));
        let versions: Vec<FuncId> = scan.calls.direct.iter().flat_map(|f| program.versions(*f)).copied().collect();
        scan.calls.direct.extend(versions);
        scan.calls.direct.sort_unstable();
        scan.calls.direct.dedup();
        scan.calls
    }

    fn decorators(&mut self) {
        let (_, function) = self.program.function(self.f);
        for d in &function.decorators {
            self.path(d.path);
        }
    }

    fn op(&mut self, op: &Op) {
        match op {
            Op::Call(c) => match &c.callee {
                Callee::Path(p) => self.path(*p),
                Callee::Method { recv, name } => self.method_of(*recv, *name),
                Callee::Var(_) => {}
            },
            Op::Let { value: ir::Value::Function(idx), .. } => {
                let (file, _) = self.program.function(self.f);
                self.calls.direct.push(self.program.func_id(file, *idx));
            }
            Op::Let { value: ir::Value::Name(p), .. } => self.path(*p),
            Op::Let { value: ir::Value::Item(base, _), .. } => self.element_of(*base, "__getitem__"),
            Op::StoreItem { base, .. } => self.element_of(*base, "__setitem__"),
            Op::Let { value: ir::Value::Field(base, name), .. } => self.attribute(*base, *name),
            Op::Scope { kind: Scope::With { item, .. }, .. } => MANAGER.iter().for_each(|m| self.method_of(*item, Sym::new(m))),
            _ => {}
        }
    }

    fn path(&mut self, path: Sym) {
        let (file, function) = self.program.function(self.f);
        if let Some(name) = path.as_str().strip_prefix("Self.") {
            return self.own(Sym::new(name));
        }
        if let Some(name) = super_method(self.lang, path) {
            return self.inherited(name);
        }
        match self.program.resolve(file, function.scope, path) {
            Resolved::Def(Def::Func(f)) => {
                self.calls.direct.push(f);
            }
            Resolved::Def(Def::Type(t)) => {
                let methods = &self.program.types[t.0 as usize].methods;
                self.calls.direct.extend(["__init__", "__new__"].iter().chain(&MANAGER).filter_map(|m| methods.get(&Sym::new(m)).copied()));
            }
            Resolved::Global(_, _, Some(rest)) => {
                self.any(Sym::new(rest.last()));
            }
            Resolved::Global(file, name, None) => self.calls.direct.extend(self.kept.by_variable(file, name)),
            Resolved::External(full) => match self.program.library(self.lang).call(full) {
                Some(c) => self.calls.acts = self.calls.acts.and(Acts::of(&c.summary)),
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
                if self.program.library(self.lang).any_method(name).is_none() {
                    self.calls.name(name, Which::Only);
                }
            }
        }
    }

    /// An element by key: the object's own method may give or take it.
    fn element_of(&mut self, base: Var, method: &str) {
        if let Guess::Is(t) = self.guesses.get(base) {
            self.calls.direct.extend(self.program.find_method(t, Sym::new(method), &mut Vec::new()));
        }
    }

    /// An attribute may be a property, or a method that is handed on.
    fn attribute(&mut self, base: Var, name: Sym) {
        match self.guesses.get(base) {
            Guess::Is(t) => self.calls.direct.extend(self.program.find_method(t, name, &mut Vec::new())),
            Guess::Anything => {
                self.library(name);
                self.calls.name(name, Which::Property);
            }
            Guess::Nothing => self.library(name),
        }
    }

    /// A method of a known type.
    fn typed(&mut self, t: TypeId, name: Sym) {
        let found = self.program.find_method(t, name, &mut Vec::new());
        self.calls.direct.extend(found);
        self.calls.overriding.extend(self.program.overrides(t, name, MAX_OVERRIDES));
        if found.is_none() {
            self.library(name);
        }
    }

    /// What runs when objects end.
    fn destructors(&mut self) {
        if self.lang == Lang::Rust {
            self.calls.direct.extend(self.guesses.types().filter_map(|t| self.program.destructor(t)));
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
                Ty::Project(p) => self.calls.direct.extend(self.program.find_method(TypeId(*p), name, &mut Vec::new())),
                Ty::Library(_) => self.library(name),
            }
        }
    }

    /// A method of that name, whoever has it.
    fn any(&mut self, name: Sym) {
        self.library(name);
        self.calls.name(name, Which::Any);
    }

    /// A library's method of that name.
    fn library(&mut self, name: Sym) {
        self.calls.acts = self.calls.acts.and(self.names.get(&name).copied().unwrap_or_default());
    }
}
