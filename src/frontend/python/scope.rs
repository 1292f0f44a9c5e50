//! What a name means: a variable of the function, a captured one, or a path that the engine resolves.

use ruff_python_ast::{Expr, Stmt};
use rustc_hash::FxHashMap;

use super::bindings::{self, Bound};
use super::build::Lowerer;
use crate::ir::{Capture, Var};
use crate::source::Sym;

/// What kind of scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Module,
    Function,
    /// A class body, by its type's and its impl's index.
    Class(usize, u32),
    /// A comprehension's targets, which live in the function around it.
    Comprehension,
}

/// What a scope says of a name.
#[derive(Clone, Copy, Debug)]
enum Binding {
    Var(Var),
    /// An import, a class, a function that is no variable: its dotted path.
    Path(Sym),
    Global,
    Nonlocal,
}

/// An open scope.
pub(super) struct Scope {
    pub(super) kind: Kind,
    /// The frame whose variables it binds.
    frame: usize,
    /// Dotted classes around, for the names of class variables; empty outside classes.
    pub(super) class_path: Sym,
    /// Dotted functions and classes around.
    pub(super) qualname: Sym,
    names: FxHashMap<Sym, Binding>,
}

/// What a name means where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Var(Var),
    Path(Sym),
}

/// Joins two dotted parts, either of which may be empty.
pub(super) fn dotted(prefix: Sym, name: &str) -> Sym {
    if prefix.as_str().is_empty() { Sym::new(name) } else { Sym::new(&format!("{prefix}.{name}")) }
}

impl Lowerer<'_> {
    /// Opens a scope of the current frame. The names that `body` binds are declared.
    pub(super) fn open_scope(&mut self, kind: Kind, class_path: Sym, qualname: Sym, params: &[(Sym, Var)], body: &[Stmt]) {
        let names = params.iter().map(|(n, v)| (*n, Binding::Var(*v))).collect();
        let frame = self.frames.len() - 1;
        self.scopes.push(Scope { kind, frame, class_path, qualname, names });
        for (name, bound) in bindings::of_body(body) {
            self.declare(name, bound);
        }
    }

    pub(super) fn close_scope(&mut self) {
        self.scopes.pop();
    }

    /// Opens the scope of a comprehension with these targets.
    pub(super) fn open_comprehension<'e>(&mut self, targets: impl Iterator<Item = &'e Expr>) {
        let frame = self.frames.len() - 1;
        let (class_path, qualname) = (self.scope().class_path, self.scope().qualname);
        self.scopes.push(Scope { kind: Kind::Comprehension, frame, class_path, qualname, names: FxHashMap::default() });
        for target in targets {
            for name in bindings::of_target(target) {
                let var = self.variable(Some(name), None);
                self.keep_until_drop(var);
                self.scope_mut().names.insert(name, Binding::Var(var));
            }
        }
    }

    fn scope(&self) -> &Scope {
        self.scopes.last().expect("the module's scope is open")
    }

    fn scope_mut(&mut self) -> &mut Scope {
        self.scopes.last_mut().expect("the module's scope is open")
    }

    /// The innermost scope that statements can stand in.
    pub(super) fn statement_scope(&self) -> &Scope {
        &self.scopes[self.statement_scope_index()]
    }

    fn statement_scope_index(&self) -> usize {
        self.scopes.iter().rposition(|s| s.kind != Kind::Comprehension).expect("the module's scope is open")
    }

    fn declare(&mut self, name: Sym, bound: Bound) {
        let at = self.statement_scope_index();
        let kind = self.scopes[at].kind;
        let class_path = self.scopes[at].class_path;
        if matches!(self.scopes[at].names.get(&name), Some(Binding::Var(_))) && !bound.global {
            return;
        }
        let binding = if bound.global && kind != Kind::Module {
            Binding::Global
        } else if bound.nonlocal {
            Binding::Nonlocal
        } else {
            match kind {
                _ if bound.import => Binding::Path(name),
                Kind::Class(..) if bound.class || bound.def => Binding::Path(dotted(class_path, name.as_str())),
                Kind::Class(..) => Binding::Var(self.variable(Some(dotted(class_path, name.as_str())), None)),
                _ if bound.class || bound.def && kind == Kind::Module => Binding::Path(name),
                _ => Binding::Var(self.variable(Some(name), None)),
            }
        };
        self.scopes[at].names.insert(name, binding);
    }

    /// Declares a variable of the module that some function assigns with `global`.
    pub(super) fn declare_global(&mut self, name: Sym) {
        if !self.scopes[0].names.contains_key(&name) {
            self.declare(name, Bound { value: true, ..Bound::default() });
        }
    }

    /// Declares the target of a walrus, which binds in the function around any comprehension.
    pub(super) fn walrus_target(&mut self, name: Sym) -> Meaning {
        let at = self.statement_scope_index();
        if !self.scopes[at].names.contains_key(&name) {
            self.declare(name, Bound { value: true, ..Bound::default() });
        }
        self.meaning_from(at, name)
    }

    /// What a name means here.
    pub(super) fn meaning(&mut self, name: Sym) -> Meaning {
        self.meaning_from(self.scopes.len() - 1, name)
    }

    fn meaning_from(&mut self, top: usize, name: Sym) -> Meaning {
        let here = self.frames.len() - 1;
        for at in (0..=top).rev() {
            let scope = &self.scopes[at];
            if matches!(scope.kind, Kind::Class(..)) && self.left_function(at, top) {
                continue;
            }
            match scope.names.get(&name) {
                Some(Binding::Var(_)) if scope.kind == Kind::Module && here != 0 => return Meaning::Path(name),
                Some(Binding::Var(v)) => {
                    let (v, frame) = (*v, scope.frame);
                    return Meaning::Var(self.captured(frame, v));
                }
                Some(Binding::Path(p)) => return Meaning::Path(*p),
                Some(Binding::Global) => return Meaning::Path(name),
                Some(Binding::Nonlocal) | None => {}
            }
        }
        Meaning::Path(name)
    }

    /// Whether a function's scope lies between a scope and the place of use.
    fn left_function(&self, at: usize, top: usize) -> bool {
        self.scopes[at..=top].iter().any(|s| s.kind == Kind::Function) || self.scopes[at].frame != self.frames.len() - 1
    }

    /// The variable of the current frame that stands for one of an enclosing frame, captured by every frame in between.
    fn captured(&mut self, frame: usize, var: Var) -> Var {
        let mut outer = var;
        for at in frame + 1..self.frames.len() {
            let found = self.frames[at].captures.iter().find(|c| c.outer == outer).map(|c| c.inner);
            outer = found.unwrap_or_else(|| {
                let info = self.frames[at - 1].vars[outer.0 as usize].clone();
                let inner = &mut self.frames[at];
                inner.vars.push(info);
                let var = Var(inner.vars.len() as u32 - 1);
                inner.captures.push(Capture { inner: var, outer });
                var
            });
        }
        outer
    }
}
