//! What a function's variables may hold, guessed from its text alone: only so much that calls of methods find the functions that they
//! may mean. Knows types, not values.

use std::cell::Cell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::call::super_method;
use super::copies::copied;
use super::parts::in_parts;
use super::program::{Def, FuncId, Program, Resolved, TypeId};
use super::variants::payload_place;
use crate::effect::{EventKind, Kind, Library, LibraryCall, Term, Ty, Value};
use crate::ir::{self, Call, Callee, Op, Scope, TypeRef, Var, each_op};
use crate::source::Sym;

/// The text is gone through so often at most; what is not settled by then may be anything.
const MAX_PASSES: usize = 3;

/// More bases of a type are not looked at.
const MAX_BASES: usize = 16;

/// What a variable may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Guess {
    /// No object of a project type that anybody knows of.
    #[default]
    Nothing,
    /// An object of this type.
    Is(TypeId),
    /// An object of some type.
    Anything,
}

impl Guess {
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, g) | (g, Self::Nothing) => g,
            (a, b) if a == b => a,
            _ => Self::Anything,
        }
    }

    /// What is taken out of such an object, or handed back by code that was given it.
    fn part(self) -> Self {
        if self == Self::Nothing { Self::Nothing } else { Self::Anything }
    }
}

/// What the fields of objects may hold that their types do not declare, by what the program puts into them.
#[derive(Debug, Default)]
pub(crate) struct FieldGuesses {
    known: FxHashMap<(TypeId, Sym), Guess>,
    /// Methods that give back the object that they are called on.
    fluent: FxHashSet<FuncId>,
    /// What was guessed on the way about functions that put something into fields, where that holds in the end.
    guessed: FxHashMap<FuncId, Vec<Guess>>,
}

impl FieldGuesses {
    pub(crate) fn of(program: &Program<'_>, functions: &[FuncId], threads: usize) -> Self {
        let looked = in_parts(functions, threads, |part| part.iter().map(|f| Look::at(program, *f)).collect());
        let that = |is: fn(&Look) -> bool| functions.iter().zip(&looked).filter(move |(_, l)| is(l)).map(|(f, _)| *f);
        let filling: Vec<FuncId> = that(|l| l.fills).collect();
        let fluent = that(|l| l.gives_back_its_object).collect();
        let mut known = Self { fluent, ..Self::default() };
        let mut stores: Vec<Stores> = filling.iter().map(|_| Stores { places: Vec::new(), vars: Vec::new(), asked: true }).collect();
        let mut settled = false;
        for round in 0..MAX_PASSES {
            // Only those that have asked for what a field holds can store anything else than the last time.
            let asking: Vec<usize> = (0..filling.len()).filter(|n| stores[*n].asked).collect();
            let each = |n: &usize| Guesses::of(program, filling[*n], &known).stores();
            let again = in_parts(&asking, threads, |part| part.iter().map(each).collect());
            asking.into_iter().zip(again).for_each(|(n, s)| stores[n] = s);
            let mut found: FxHashMap<(TypeId, Sym), Guess> = FxHashMap::default();
            for (place, guess) in stores.iter().flat_map(|s| &s.places) {
                let entry = found.entry(*place).or_default();
                *entry = entry.or(*guess);
            }
            settled = found == known.known;
            if settled {
                break;
            }
            if round + 1 == MAX_PASSES {
                // Not settled: what still changes may be anything.
                found.iter_mut().filter(|(place, guess)| known.known.get(place) != Some(guess)).for_each(|(_, g)| *g = Guess::Anything);
            }
            known.known = found;
        }
        let holding = filling.into_iter().zip(stores).filter(|(_, s)| settled || !s.asked);
        known.guessed = holding.map(|(f, s)| (f, s.vars)).collect();
        known
    }

    /// What a field of a type, or of one of its bases, is filled with.
    pub(crate) fn get(&self, program: &Program<'_>, t: TypeId, name: Sym) -> Guess {
        let (mut guess, mut types, mut next) = (Guess::Nothing, vec![t], 0);
        while let Some(at) = types.get(next).copied() {
            next += 1;
            guess = guess.or(self.known.get(&(at, name)).copied().unwrap_or_default());
            for base in &program.types[at.0 as usize].bases {
                match base {
                    Ty::Project(p) if !types.contains(&TypeId(*p)) && types.len() < MAX_BASES => types.push(TypeId(*p)),
                    _ => {}
                }
            }
        }
        guess
    }
}

/// What a function's text tells at once.
struct Look {
    /// Whether it puts something into fields.
    fills: bool,
    /// Whether it gives back the object that it is called on, and never anything else.
    gives_back_its_object: bool,
}

impl Look {
    fn at(program: &Program<'_>, f: FuncId) -> Self {
        let (_, function) = program.function(f);
        let own = function.params.first().filter(|_| function.flags.has_receiver && !function.flags.is_class_method).map(|p| p.var);
        let (mut fills, mut own_returned, mut other_returned) = (false, false, false);
        each_op(&function.body, &mut |op| match op {
            Op::Store { .. } => fills = true,
            Op::Return { value, .. } if value.is_some() && *value == own => own_returned = true,
            Op::Return { .. } => other_returned = true,
            _ => {}
        });
        Self { fills, gives_back_its_object: own_returned && !other_returned }
    }
}

/// What a function puts into fields of objects whose type is known.
struct Stores {
    places: Vec<((TypeId, Sym), Guess)>,
    /// What its variables may hold.
    vars: Vec<Guess>,
    /// Whether that may depend on what is known of fields.
    asked: bool,
}

/// The guesses about one function's variables.
pub(crate) struct Guesses<'a, 'p> {
    program: &'a Program<'p>,
    fields: &'a FieldGuesses,
    f: FuncId,
    file: u32,
    function: &'a ir::Function,
    vars: Vec<Guess>,
    /// Which variables something has been taken from in this pass, so that the pass is repeated if one of them grows afterwards.
    taken: Vec<Cell<bool>>,
    again: bool,
    /// Whether it was asked what a field holds that its type does not declare.
    asked: Cell<bool>,
}

impl<'a, 'p> Guesses<'a, 'p> {
    pub(crate) fn of(program: &'a Program<'p>, f: FuncId, fields: &'a FieldGuesses) -> Self {
        let (file, function) = program.function(f);
        let vars = vec![Guess::Nothing; function.vars.len()];
        let taken = vec![Cell::new(false); vars.len()];
        let mut out = Self { program, fields, f, file, function, vars, taken, again: false, asked: Cell::new(false) };
        if let Some(guessed) = fields.guessed.get(&f) {
            out.vars.clone_from(guessed);
            return out;
        }
        for (n, p) in function.params.iter().enumerate() {
            let own = (n == 0 && function.flags.has_receiver && !function.flags.is_class_method).then(|| program.owner(f)).flatten();
            let guess = own.map_or_else(|| p.ty.as_ref().map_or(Guess::Nothing, |t| out.written(file, function.scope, t)), Guess::Is);
            out.learn(p.var, guess);
        }
        for c in &function.captures {
            out.learn(c.inner, Guess::Anything);
        }
        for pass in 0..MAX_PASSES {
            out.again = false;
            each_op(&function.body, &mut |op| out.op(op));
            if !out.again {
                break;
            }
            out.taken.iter().for_each(|t| t.set(false));
            if pass + 1 == MAX_PASSES {
                out.vars.iter_mut().for_each(|g| *g = g.part());
            }
        }
        out
    }

    /// What a variable may hold.
    pub(crate) fn get(&self, v: Var) -> Guess {
        if let Some(taken) = self.taken.get(v.0 as usize) {
            taken.set(true);
        }
        self.vars.get(v.0 as usize).copied().unwrap_or(Guess::Anything)
    }

    /// The types that variables are known to have.
    pub(crate) fn types(&self) -> impl Iterator<Item = TypeId> {
        self.vars.iter().filter_map(|g| if let Guess::Is(t) = g { Some(*t) } else { None })
    }

    fn learn(&mut self, v: Var, guess: Guess) {
        if let Some(known) = self.vars.get_mut(v.0 as usize) {
            let joined = known.or(guess);
            self.again |= joined != *known && self.taken[v.0 as usize].get();
            *known = joined;
        }
    }

    fn op(&mut self, op: &Op) {
        match op {
            Op::Let { dst, value, ty, .. } => {
                let written = ty.as_ref().map_or(Guess::Nothing, |t| self.written(self.file, self.function.scope, t));
                let guess = if written == Guess::Nothing { self.value(value) } else { written };
                self.learn(*dst, guess);
            }
            Op::Call(c) => self.call(c),
            // What is put into an object may be taken out of it.
            Op::Store { base, value, .. } | Op::StoreItem { base, value, .. } if self.get(*base) == Guess::Nothing => {
                self.learn(*base, self.get(*value).part());
            }
            Op::Scope { kind: Scope::With { item, target: Some(target), .. }, .. } => self.learn(*target, self.get(*item).part()),
            Op::Await { dst, value, .. } => self.learn(*dst, self.get(*value)),
            _ => {}
        }
    }

    fn value(&self, value: &ir::Value) -> Guess {
        let all = |vars: &[Var]| vars.iter().fold(Guess::Nothing, |g, v| g.or(self.get(*v)));
        match value {
            ir::Value::Var(v) | ir::Value::Behind(v) => self.get(*v),
            ir::Value::Either(vars) => all(vars),
            ir::Value::Tuple(vars) | ir::Value::Collection(vars) => all(vars).part(),
            ir::Value::Payload(p) => match (self.get(p.of), p.number()) {
                (Guess::Is(t), _) if self.program.type_def(t).kind == ir::TypeKind::Enum => {
                    self.field(t, payload_place(Sym::new(p.path.last()), p.member))
                }
                (Guess::Is(t), None) => self.field(t, p.member),
                (g, _) => g.part(),
            },
            ir::Value::Item(v, _) | ir::Value::Element(v, _) | ir::Value::Each(v) => self.get(*v).part(),
            ir::Value::Function(_) => Guess::Anything,
            ir::Value::Struct(s) => match self.resolve(s.path) {
                Some(t) => Guess::Is(t),
                None => Guess::Nothing,
            },
            ir::Value::Name(path) => match self.program.resolve(self.file, self.function.scope, *path) {
                Resolved::Def(Def::Module(_)) | Resolved::External(_) => Guess::Nothing,
                _ => Guess::Anything,
            },
            ir::Value::Field(base, name) => match self.get(*base) {
                Guess::Is(t) => self.field(t, *name),
                g => g.part(),
            },
            ir::Value::Str(_) | ir::Value::Int(_) | ir::Value::Bool(_) | ir::Value::None => Guess::Nothing,
            ir::Value::Format(_) | ir::Value::Operator(..) | ir::Value::Derived(_) | ir::Value::Unknown => Guess::Nothing,
        }
    }

    /// A field as its type declares it, or as it is filled.
    fn field(&self, t: TypeId, name: Sym) -> Guess {
        let def = self.program.type_def(t);
        let file = self.program.types[t.0 as usize].file;
        if let Some(declared) = def.fields.iter().find(|f| f.name == name) {
            return declared.ty.as_ref().map_or(Guess::Anything, |w| self.owned(file, def.scope, Some(t), w));
        }
        if self.program.find_method(t, name, &mut Vec::new()).is_some() {
            return Guess::Anything;
        }
        self.asked.set(true);
        self.fields.get(self.program, t, name)
    }

    fn stores(self) -> Stores {
        let mut places = Vec::new();
        each_op(&self.function.body, &mut |op| {
            if let Op::Store { base, field, value, .. } = op
                && let Guess::Is(t) = self.get(*base)
                && self.get(*value) != Guess::Nothing
            {
                places.push(((t, *field), self.get(*value)));
            }
        });
        Stores { places, vars: self.vars, asked: self.asked.get() }
    }

    fn call(&mut self, call: &Call) {
        let given = call.args.iter().fold(Guess::Nothing, |g, a| g.or(self.get(a.var))).part();
        let found = match &call.callee {
            Callee::Path(p) => {
                let copied = |n: u16| call.args.get(usize::from(n)).map(|a| self.get(a.var));
                self.call_path(*p, given, &copied)
            }
            Callee::Method { recv, name } => {
                if self.get(*recv) == Guess::Nothing {
                    // What is put into a container may be taken out of it.
                    self.learn(*recv, given);
                }
                self.method(*recv, *name, given)
            }
            Callee::Var(_) => Guess::Anything,
        };
        let written = call.result_type.as_ref().map_or(Guess::Nothing, |t| self.written(self.file, self.function.scope, t));
        self.learn(call.dst, if matches!(found, Guess::Is(_)) || written == Guess::Nothing { found } else { written });
    }

    fn call_path(&self, path: Sym, given: Guess, argument: &dyn Fn(u16) -> Option<Guess>) -> Guess {
        if path.as_str() == "Self" {
            return self.program.owner(self.f).map_or(Guess::Anything, Guess::Is);
        }
        if let Some(name) = path.as_str().strip_prefix("Self.") {
            let found = self.program.owner(self.f).and_then(|t| self.program.find_method(t, Sym::new(name), &mut Vec::new()));
            return found.map_or(Guess::Anything, |f| self.result(f));
        }
        if super_method(self.program.files[self.file as usize].ir.lang, path).is_some() {
            return Guess::Anything;
        }
        match self.program.resolve(self.file, self.function.scope, path) {
            Resolved::Def(Def::Type(t)) => Guess::Is(self.program.through_alias(t)),
            Resolved::Def(Def::Func(f)) => self.result(f),
            Resolved::Def(Def::Module(_)) => Guess::Nothing,
            Resolved::Global(..) => Guess::Anything,
            Resolved::External(full) => match self.library().call(full) {
                Some(c) if copied(c).is_some() => copied(c).and_then(argument).unwrap_or(given),
                Some(c) if gives_back(c) => given,
                _ => Guess::Nothing,
            },
        }
    }

    fn method(&self, recv: Var, name: Sym, given: Guess) -> Guess {
        match self.get(recv) {
            Guess::Nothing if self.program.methods.contains_key(&name) && self.library().any_method(name).is_none() => Guess::Anything,
            Guess::Nothing => match self.library().any_method(name) {
                Some((_, c)) if gives_back(c) => given,
                _ => Guess::Nothing,
            },
            Guess::Is(t) => {
                let mut library = Vec::new();
                let found = self.program.find_method(t, name, &mut library).map(|f| self.result(f));
                let of_library = || library.iter().find_map(|l| self.library().method(*l, name));
                found.unwrap_or_else(|| match of_library() {
                    Some((_, c)) if copied(c) == Some(0) => Guess::Is(t),
                    _ => Guess::Anything,
                })
            }
            Guess::Anything => Guess::Anything,
        }
    }

    /// What a function gives back, as far as it is written.
    fn result(&self, f: FuncId) -> Guess {
        let (file, function) = self.program.function(f);
        match &function.ret {
            Some(written) => self.owned(file, function.scope, self.program.owner(f), written),
            None if self.fields.fluent.contains(&f) => self.program.owner(f).map_or(Guess::Anything, Guess::Is),
            None => Guess::Anything,
        }
    }

    fn library(&self) -> &'p Library {
        self.program.library(self.program.files[self.file as usize].ir.lang)
    }

    fn written(&self, file: u32, scope: Sym, written: &TypeRef) -> Guess {
        self.owned(file, scope, self.program.owner(self.f), written)
    }

    fn owned(&self, file: u32, scope: Sym, owner: Option<TypeId>, written: &TypeRef) -> Guess {
        match self.program.type_of(file, scope, owner, written) {
            Some(Ty::Project(t)) => Guess::Is(TypeId(t)),
            // Nothing is said of what a container holds.
            _ if !written.args.is_empty() => Guess::Anything,
            _ => Guess::Nothing,
        }
    }

    fn resolve(&self, path: Sym) -> Option<TypeId> {
        if path.as_str() == "Self" {
            return self.program.owner(self.f);
        }
        match self.program.resolve(self.file, self.function.scope, path) {
            Resolved::Def(Def::Type(t)) => Some(self.program.through_alias(t)),
            _ => None,
        }
    }
}

/// Whether a library function may hand back something that it was given, or what a callback makes.
fn gives_back(c: &LibraryCall) -> bool {
    let runs = c.summary.events.iter().any(|e| matches!(e.kind, EventKind::Run { .. }));
    let hands_over = |r: &Value| match r.kind.as_deref() {
        None => r.term.any(|t| matches!(t, Term::Param(_))),
        Some(Kind::Handle { .. }) => false,
        Some(_) => true,
    };
    runs || c.summary.ret.as_ref().is_some_and(hands_over)
}
