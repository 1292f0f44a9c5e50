//! Which names a body binds, found before it is lowered, since Python decides so what is local.

use ruff_python_ast::{ExceptHandler, Expr, Pattern, Stmt};
use rustc_hash::FxHashMap;

use crate::source::Sym;

/// In which ways a body binds a name.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts of the source")]
pub(super) struct Bound {
    pub(super) value: bool,
    pub(super) def: bool,
    pub(super) class: bool,
    pub(super) import: bool,
    pub(super) global: bool,
    pub(super) nonlocal: bool,
}

/// The names that a body binds, in order of appearance. Walrus targets are declared where they are met.
pub(super) fn of_body(body: &[Stmt]) -> Vec<(Sym, Bound)> {
    let mut names = Names::default();
    let mut todo: Vec<&Stmt> = body.iter().rev().collect();
    while let Some(stmt) = todo.pop() {
        names.statement(stmt);
        let at = todo.len();
        blocks_of(stmt, &mut |block| todo.extend(block));
        todo[at..].reverse();
    }
    names.order
}

/// The names that functions and classes anywhere below a body declare `global`.
pub(super) fn globals_below(body: &[Stmt]) -> Vec<Sym> {
    let mut found = Vec::new();
    let mut todo: Vec<&Stmt> = body.iter().rev().collect();
    while let Some(stmt) = todo.pop() {
        let at = todo.len();
        match stmt {
            Stmt::Global(s) => found.extend(s.names.iter().map(|n| Sym::new(n.as_str()))),
            Stmt::FunctionDef(s) => todo.extend(&s.body),
            Stmt::ClassDef(s) => todo.extend(&s.body),
            _ => blocks_of(stmt, &mut |block| todo.extend(block)),
        }
        todo[at..].reverse();
    }
    found
}

/// Whether a loop's body leaves that loop by `break`.
pub(super) fn has_break(body: &[Stmt]) -> bool {
    let mut todo: Vec<&Stmt> = body.iter().collect();
    while let Some(stmt) = todo.pop() {
        match stmt {
            Stmt::Break(_) => return true,
            Stmt::For(s) => todo.extend(&s.orelse),
            Stmt::While(s) => todo.extend(&s.orelse),
            _ => blocks_of(stmt, &mut |block| todo.extend(block)),
        }
    }
    false
}

/// The names that an assignment target binds.
pub(super) fn of_target(target: &Expr) -> Vec<Sym> {
    let mut found = Vec::new();
    let mut todo = vec![target];
    while let Some(e) = todo.pop() {
        match e {
            Expr::Name(n) => found.push(Sym::new(&n.id)),
            Expr::Tuple(t) => todo.extend(t.elts.iter().rev()),
            Expr::List(t) => todo.extend(t.elts.iter().rev()),
            Expr::Starred(s) => todo.push(&s.value),
            _ => {}
        }
    }
    found
}

/// The names that a pattern binds.
pub(super) fn of_pattern(pattern: &Pattern) -> Vec<Sym> {
    let mut found = Vec::new();
    let mut todo = vec![pattern];
    while let Some(p) = todo.pop() {
        match p {
            Pattern::MatchAs(p) => {
                found.extend(p.name.as_ref().map(|n| Sym::new(n.as_str())));
                todo.extend(p.pattern.as_deref());
            }
            Pattern::MatchStar(p) => found.extend(p.name.as_ref().map(|n| Sym::new(n.as_str()))),
            Pattern::MatchSequence(p) => todo.extend(p.patterns.iter().rev()),
            Pattern::MatchOr(p) => todo.extend(p.patterns.iter().rev()),
            Pattern::MatchMapping(p) => {
                found.extend(p.rest.as_ref().map(|n| Sym::new(n.as_str())));
                todo.extend(p.patterns.iter().rev());
            }
            Pattern::MatchClass(p) => {
                todo.extend(p.arguments.keywords.iter().rev().map(|k| &k.pattern));
                todo.extend(p.arguments.patterns.iter().rev());
            }
            Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
        }
    }
    found
}

/// The blocks of a compound statement that belong to the same scope, in order.
fn blocks_of<'a>(stmt: &'a Stmt, visit: &mut dyn FnMut(&'a [Stmt])) {
    match stmt {
        Stmt::If(s) => {
            visit(&s.body);
            s.elif_else_clauses.iter().for_each(|c| visit(&c.body));
        }
        Stmt::For(s) => {
            visit(&s.body);
            visit(&s.orelse);
        }
        Stmt::While(s) => {
            visit(&s.body);
            visit(&s.orelse);
        }
        Stmt::With(s) => visit(&s.body),
        Stmt::Match(s) => s.cases.iter().for_each(|c| visit(&c.body)),
        Stmt::Try(s) => {
            visit(&s.body);
            for ExceptHandler::ExceptHandler(h) in &s.handlers {
                visit(&h.body);
            }
            visit(&s.orelse);
            visit(&s.finalbody);
        }
        _ => {}
    }
}

#[derive(Default)]
struct Names {
    order: Vec<(Sym, Bound)>,
    /// Where a name stands in the order.
    places: FxHashMap<Sym, usize>,
}

impl Names {
    fn add(&mut self, name: &str, set: impl FnOnce(&mut Bound)) {
        let name = Sym::new(name);
        let place = *self.places.entry(name).or_insert(self.order.len());
        if place == self.order.len() {
            self.order.push((name, Bound::default()));
        }
        set(&mut self.order[place].1);
    }

    fn targets<'a>(&mut self, targets: impl IntoIterator<Item = &'a Expr>) {
        for target in targets {
            match target {
                Expr::Name(n) => self.add(&n.id, |b| b.value = true),
                Expr::Attribute(_) | Expr::Subscript(_) => {}
                _ => of_target(target).iter().for_each(|n| self.add(n.as_str(), |b| b.value = true)),
            }
        }
    }

    fn statement(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::FunctionDef(s) => self.add(s.name.as_str(), |b| b.def = true),
            Stmt::ClassDef(s) => self.add(s.name.as_str(), |b| b.class = true),
            Stmt::Assign(s) => self.targets(&s.targets),
            Stmt::AugAssign(s) => self.targets([&*s.target]),
            Stmt::AnnAssign(s) if s.value.is_some() => self.targets([&*s.target]),
            Stmt::Delete(s) => self.targets(&s.targets),
            Stmt::For(s) => self.targets([&*s.target]),
            Stmt::With(s) => self.targets(s.items.iter().filter_map(|i| i.optional_vars.as_deref())),
            Stmt::TypeAlias(s) => of_target(&s.name).iter().for_each(|n| self.add(n.as_str(), |b| b.class = true)),
            Stmt::Match(s) => {
                let names = s.cases.iter().flat_map(|c| of_pattern(&c.pattern));
                names.for_each(|n| self.add(n.as_str(), |b| b.value = true));
            }
            Stmt::Try(s) => {
                for ExceptHandler::ExceptHandler(h) in &s.handlers {
                    if let Some(n) = &h.name {
                        self.add(n.as_str(), |b| b.value = true);
                    }
                }
            }
            Stmt::Import(s) => {
                for alias in &s.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    self.add(name.split('.').next().unwrap_or(name), |b| b.import = true);
                }
            }
            Stmt::ImportFrom(s) if s.module.as_deref() != Some("__future__") => {
                for alias in s.names.iter().filter(|a| a.name.as_str() != "*") {
                    self.add(alias.asname.as_ref().unwrap_or(&alias.name).as_str(), |b| b.import = true);
                }
            }
            Stmt::Global(s) => s.names.iter().for_each(|n| self.add(n.as_str(), |b| b.global = true)),
            Stmt::Nonlocal(s) => s.names.iter().for_each(|n| self.add(n.as_str(), |b| b.nonlocal = true)),
            _ => {}
        }
    }
}
