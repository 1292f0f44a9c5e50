//! Definitions: the module itself, imports, classes, functions, parameters, decorators.

use ruff_python_ast::{
    Decorator as AstDecorator, Expr, ExprLambda, Number, Parameter, Parameters, Stmt, StmtClassDef, StmtFunctionDef, StmtImport,
    StmtImportFrom, UnaryOp,
};
use ruff_text_size::{Ranged, TextRange};

use super::bindings;
use super::build::{Lowerer, span};
use super::scope::{Kind, Meaning, dotted};
use super::types::dotted_text;
use crate::ir::{
    Decorator, DecoratorArg, FieldDef, Flags, FuncIdx, Function, ImplDef, Import, Op, Param, ParamKind, TypeDef, TypeKind, TypeRef, Value,
    Var,
};
use crate::source::{Span, Sym};

/// A parameter before it has a variable.
struct Declared<'e> {
    parameter: &'e Parameter,
    kind: ParamKind,
    default: Option<Value>,
}

impl Lowerer<'_> {
    /// Lowers a whole file.
    pub(super) fn module(&mut self, body: &[Stmt]) {
        let whole = Span::new(0, self.text.len());
        let empty = Sym::new("");
        let index = self.reserve(Sym::new("<module>"), Sym::new("<module>"), whole, Span::new(0, 0));
        self.open_frame(index);
        self.open_scope(Kind::Module, empty, empty, &[], body);
        if self.text.contains("global") {
            bindings::globals_below(body).into_iter().for_each(|n| self.declare_global(n));
        }
        self.body(body);
        self.close_scope();
        self.close_frame();
    }

    /// Reserves a function's number, so that functions are numbered in the order of the text.
    fn reserve(&mut self, name: Sym, qualname: Sym, whole: Span, name_span: Span) -> FuncIdx {
        self.file.functions.push(Function {
            name,
            qualname,
            scope: Sym::new(""),
            owner: None,
            parent: None,
            flags: Flags::default(),
            decorators: Vec::new(),
            params: Vec::new(),
            captures: Vec::new(),
            ret: None,
            vars: Vec::new(),
            body: Vec::new(),
            span: whole,
            name_span,
        });
        FuncIdx(self.file.functions.len() as u32 - 1)
    }

    fn function(&mut self, index: FuncIdx) -> &mut Function {
        &mut self.file.functions[index.0 as usize]
    }

    /// `def`.
    pub(super) fn function_def(&mut self, f: &StmtFunctionDef) {
        let decorators = self.decorators(&f.decorator_list);
        let scope = self.statement_scope();
        let (owner, name) = (scope.kind, Sym::new(f.name.as_str()));
        let qualname = dotted(scope.qualname, f.name.as_str());
        let defaults = self.declared(&f.parameters, qualname);
        let whole = Span { start: keyword_start(self.text, f), end: f.range.end().to_u32() };
        let index = self.reserve(name, qualname, whole, span(f.name.range));
        let params_before = self.type_params.len();
        self.open_type_params(f.type_params.as_deref());
        let ret = f.returns.as_deref().and_then(|r| self.type_ref(r));
        let flags = flags_of(f, owner, &decorators);
        let parent = Some(self.frame().index).filter(|p| p.0 != 0);
        let function = self.function(index);
        (function.flags, function.decorators, function.ret, function.parent) = (flags, decorators, ret, parent);
        if let Kind::Class(_, impl_index) = owner {
            function.owner = Some(impl_index);
            self.file.impls[impl_index as usize].functions.push(index);
        }
        self.open_frame(index);
        let params = self.params(defaults);
        self.open_scope(Kind::Function, Sym::new(""), qualname, &params, &f.body);
        self.body(&f.body);
        self.end_of_function(&f.body);
        self.close_scope();
        self.close_frame();
        self.type_params.truncate(params_before);
        if owner == Kind::Function {
            self.assign_name(name, Value::Function(index), None, TextRange::new(f.name.start(), f.end()));
        }
    }

    /// `lambda`.
    pub(super) fn lambda(&mut self, e: &ExprLambda) -> Value {
        let qualname = dotted(self.statement_scope().qualname, "<lambda>");
        let declared = e.parameters.as_deref().map(|p| self.declared(p, qualname)).unwrap_or_default();
        let index = self.reserve(Sym::new("<lambda>"), qualname, span(e.range), span(e.range));
        let parent = self.frame().index;
        let function = self.function(index);
        function.parent = Some(parent);
        function.flags.is_closure = true;
        self.open_frame(index);
        let params = self.params(declared);
        self.open_scope(Kind::Function, Sym::new(""), qualname, &params, &[]);
        let value = self.expr(&e.body);
        self.emit(Op::Return { value: Some(value), span: span(e.body.range()) });
        self.close_scope();
        self.close_frame();
        Value::Function(index)
    }

    /// Reads parameters; their defaults mean what they mean outside of the function.
    fn declared<'e>(&mut self, parameters: &'e Parameters, function: Sym) -> Vec<Declared<'e>> {
        let mut out = Vec::new();
        for (list, kind) in [(&parameters.posonlyargs, ParamKind::Normal), (&parameters.args, ParamKind::Normal)] {
            for p in list {
                let default = p.default.as_deref().map(|d| self.default(d, function, &p.parameter.name));
                out.push(Declared { parameter: &p.parameter, kind, default });
            }
        }
        out.extend(parameters.vararg.as_deref().map(|parameter| Declared { parameter, kind: ParamKind::Rest, default: None }));
        for p in &parameters.kwonlyargs {
            let default = p.default.as_deref().map(|d| self.default(d, function, &p.parameter.name));
            out.push(Declared { parameter: &p.parameter, kind: ParamKind::Keyword, default });
        }
        out.extend(parameters.kwarg.as_deref().map(|parameter| Declared { parameter, kind: ParamKind::KeywordRest, default: None }));
        out
    }

    /// A parameter's default. What a module computes is kept in a variable of the module, as it is computed once: every call without that
    /// argument gets the same.
    fn default(&mut self, e: &Expr, function: Sym, parameter: &str) -> Value {
        if self.frames.len() > 1 || !matches!(e, Expr::Call(_) | Expr::BinOp(_) | Expr::FString(_)) {
            return self.constant(e);
        }
        let name = Sym::new(&format!("{}({parameter})", function.as_str().replace('.', " ")));
        let dst = self.variable(Some(name), None);
        let value = self.expr(e);
        self.emit(Op::Let { dst, value: Value::Var(value), ty: None, span: span(e.range()) });
        Value::Name(name)
    }

    /// Gives parameters their variables in the current frame.
    fn params(&mut self, declared: Vec<Declared<'_>>) -> Vec<(Sym, Var)> {
        let index = self.frame().index;
        let mut names = Vec::new();
        for Declared { parameter, kind, default } in declared {
            let name = Sym::new(parameter.name.as_str());
            let ty = parameter.annotation().and_then(|a| self.type_ref(a));
            // `*args: T` is a tuple of `T`, which is not the variable's own type.
            let own = ty.clone().filter(|_| matches!(kind, ParamKind::Normal | ParamKind::Keyword));
            let var = self.variable(Some(name), own);
            self.function(index).params.push(Param { name, var, ty, kind, default });
            names.push((name, var));
        }
        names
    }

    /// A literal or a dotted name; anything else is unknown. Evaluates nothing.
    pub(super) fn constant(&mut self, e: &Expr) -> Value {
        match e {
            Expr::Name(_) | Expr::Attribute(_) => self.constant_path(e).map_or(Value::Unknown, Value::Name),
            Expr::UnaryOp(u) if u.op == UnaryOp::USub => match &*u.operand {
                Expr::NumberLiteral(n) => match &n.value {
                    Number::Int(i) => i.as_i64().and_then(i64::checked_neg).map_or(Value::Unknown, Value::Int),
                    _ => Value::Unknown,
                },
                _ => Value::Unknown,
            },
            _ => super::expr::literal(e).unwrap_or(Value::Unknown),
        }
    }

    fn constant_path(&mut self, e: &Expr) -> Option<Sym> {
        let text = dotted_text(e)?;
        let (root, rest) = text.split_once('.').map_or((text.as_str(), ""), |(r, rest)| (r, rest));
        let root = match self.meaning(Sym::new(root)) {
            Meaning::Path(p) => p,
            // A variable of the module or of a class: other functions know it by its name.
            Meaning::Var(v) if self.frames.len() == 1 => self.frame().vars[v.0 as usize].name?,
            Meaning::Var(_) => return None,
        };
        Some(if rest.is_empty() { root } else { dotted(root, rest) })
    }

    fn decorators(&mut self, list: &[AstDecorator]) -> Vec<Decorator> {
        list.iter().filter_map(|d| self.decorator(d)).collect()
    }

    fn decorator(&mut self, d: &AstDecorator) -> Option<Decorator> {
        let span = span(d.range);
        let Expr::Call(call) = &d.expression else {
            return Some(Decorator { path: Sym::new(&dotted_text(&d.expression)?), called: false, args: Vec::new(), span });
        };
        let path = Sym::new(&dotted_text(&call.func)?);
        let mut args = Vec::new();
        for arg in &call.arguments.args {
            args.push(DecoratorArg { name: None, value: self.constant(arg) });
        }
        for keyword in &call.arguments.keywords {
            let name = Some(keyword.arg.as_ref().map_or(Sym::new("**"), |n| Sym::new(n.as_str())));
            args.push(DecoratorArg { name, value: self.constant(&keyword.value) });
        }
        Some(Decorator { path, called: true, args, span })
    }

    /// `class`. Its body belongs to the function around it.
    pub(super) fn class_def(&mut self, c: &StmtClassDef) {
        let decorators = self.decorators(&c.decorator_list);
        let params_before = self.type_params.len();
        self.open_type_params(c.type_params.as_deref());
        let bases: Vec<TypeRef> = c.bases().iter().filter_map(|b| self.type_ref(b)).collect();
        let (outer, qualname) = (self.statement_scope().class_path, self.statement_scope().qualname);
        let path = dotted(outer, c.name.as_str());
        let type_index = self.file.types.len();
        self.file.types.push(TypeDef {
            name: Sym::new(c.name.as_str()),
            scope: outer,
            kind: kind_of(&bases),
            bases,
            fields: Vec::new(),
            decorators,
            span: span(c.name.range),
        });
        let impl_index = self.file.impls.len() as u32;
        self.file.impls.push(ImplDef { ty: path, scope: Sym::new(""), of_trait: None, functions: Vec::new() });
        let qualname = dotted(qualname, c.name.as_str());
        self.open_scope(Kind::Class(type_index, impl_index), path, qualname, &[], &c.body);
        self.body(&c.body);
        self.close_scope();
        self.type_params.truncate(params_before);
    }

    /// A type alias, as a statement or an annotated assignment.
    pub(super) fn type_alias(&mut self, name: &Expr, value: &Expr) {
        let (Expr::Name(n), Some(base)) = (name, self.type_ref(value)) else { return };
        let scope = self.statement_scope().class_path;
        self.file.types.push(TypeDef {
            name: Sym::new(&n.id),
            scope,
            kind: TypeKind::Alias,
            bases: vec![base],
            fields: Vec::new(),
            decorators: Vec::new(),
            span: span(n.range),
        });
    }

    /// Declares a field of a type, or adds the type to a declared one.
    pub(super) fn field(&mut self, type_index: usize, name: Sym, ty: Option<TypeRef>) {
        let fields = &mut self.file.types[type_index].fields;
        match fields.iter_mut().find(|f| f.name == name) {
            Some(have) => have.ty = have.ty.take().or(ty),
            None => fields.push(FieldDef { name, ty }),
        }
    }

    /// `import a.b`, `import a.b as c`.
    pub(super) fn import(&mut self, s: &StmtImport) {
        for alias in &s.names {
            let full = alias.name.as_str();
            let (name, target) = match &alias.asname {
                Some(name) => (name.as_str(), full),
                None => {
                    let root = full.split('.').next().unwrap_or(full);
                    (root, root)
                }
            };
            self.push_import(name, target, 0, false);
        }
    }

    /// `from a import b as c`, `from . import b`, `from a import *`.
    pub(super) fn import_from(&mut self, s: &StmtImportFrom) {
        let module = s.module.as_ref().map_or("", |m| m.as_str());
        if module == "__future__" {
            return;
        }
        for alias in &s.names {
            let original = alias.name.as_str();
            if original == "*" {
                self.push_import("", module, s.level, true);
            } else {
                let name = alias.asname.as_ref().map_or(original, |n| n.as_str());
                self.push_import(name, dotted(Sym::new(module), original).as_str(), s.level, false);
            }
        }
    }

    fn push_import(&mut self, name: &str, target: &str, level: u32, glob: bool) {
        let name = Sym::new(name);
        let has_stand_in = self.stand_ins.contains(&name);
        let import = Import { scope: Sym::new(""), name, target: Sym::new(target), level, glob, has_stand_in };
        if !self.file.imports.contains(&import) {
            self.file.imports.push(import);
        }
    }
}

/// Where `def` or `async def` starts: the node's own range starts at the first decorator.
fn keyword_start(text: &str, f: &StmtFunctionDef) -> u32 {
    let start = f.decorator_list.last().map_or(f.start(), Ranged::end);
    let before_name = &text[start.to_usize()..f.name.start().to_usize()];
    let keyword = if f.is_async { "async" } else { "def" };
    start.to_u32() + before_name.rfind(keyword).unwrap_or(0) as u32
}

fn kind_of(bases: &[TypeRef]) -> TypeKind {
    let has = |names: &[&str]| bases.iter().any(|b| names.contains(&b.path.last()));
    if has(&["Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"]) {
        TypeKind::Enum
    } else if has(&["Protocol"]) {
        TypeKind::Trait
    } else {
        TypeKind::Record
    }
}

fn flags_of(f: &StmtFunctionDef, scope: Kind, decorators: &[Decorator]) -> Flags {
    let has = |names: &[&str]| decorators.iter().any(|d| names.contains(&d.path.last()));
    let is_method = matches!(scope, Kind::Class(..));
    let implicit = matches!(f.name.as_str(), "__new__" | "__init_subclass__" | "__class_getitem__");
    let declared = has(&["abstractmethod", "overload"]);
    Flags {
        is_async: f.is_async,
        has_receiver: is_method && !has(&["staticmethod"]),
        is_class_method: is_method && (implicit || has(&["classmethod"])),
        is_property: is_method && has(&["property", "cached_property"]),
        is_cached: is_method && has(&["cached_property"]),
        is_abstract: has_no_body(&f.body, declared),
        never_returns: f.returns.as_deref().is_some_and(says_never),
        ..Flags::default()
    }
}

/// `NoReturn` or `Never`, by whatever module.
fn says_never(annotation: &Expr) -> bool {
    let name = match annotation {
        Expr::Name(n) => n.id.as_str(),
        Expr::Attribute(a) => a.attr.as_str(),
        Expr::StringLiteral(s) => s.value.to_str(),
        _ => "",
    };
    matches!(name, "NoReturn" | "Never")
}

/// Only a docstring and `...`, or `raise NotImplementedError`; `pass` and nothing at all count where a decorator says that the body is elsewhere.
fn has_no_body(body: &[Stmt], declared: bool) -> bool {
    let is_docstring = |s: &Stmt| matches!(s, Stmt::Expr(e) if matches!(&*e.value, Expr::StringLiteral(_)));
    let rest = if body.first().is_some_and(is_docstring) { &body[1..] } else { body };
    match rest {
        [] => declared,
        [Stmt::Pass(_)] => declared,
        [Stmt::Expr(e)] => matches!(&*e.value, Expr::EllipsisLiteral(_)),
        [Stmt::Raise(r)] => {
            let raised = r.exc.as_deref().map(|e| if let Expr::Call(c) = e { &*c.func } else { e });
            matches!(raised, Some(Expr::Name(n)) if n.id == "NotImplementedError")
        }
        _ => false,
    }
}
