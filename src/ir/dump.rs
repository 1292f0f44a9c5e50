//! The IR as text: one op per line, stable, without places. For tests and for people who want to see what a front end said.
//!
//! A named variable is shown by its name (`x`, or `x'7` when the function has several of that name), a temporary as `%3`.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use super::{
    Arg, Block, Call, Callee, Decorator, File, Flags, Function, Handler, Import, Key, Op, Param, ParamKind, Piece, Scope, Test, TypeDef,
    TypeKind, TypeRef, Value, Var,
};
use crate::source::Sym;

/// A file's definitions and functions as text.
#[must_use]
pub fn dump(file: &File) -> String {
    let mut out = String::new();
    for import in &file.imports {
        dump_import(&mut out, import);
    }
    for ty in &file.types {
        dump_type(&mut out, ty);
    }
    for im in &file.impls {
        let of = im.of_trait.map_or_else(String::new, |t| format!(" as {t}"));
        let methods = im.functions.iter().map(|f| file.functions[f.0 as usize].qualname.to_string()).collect::<Vec<_>>();
        line(&mut out, 0, &format!("impl {}{}{of}: {}", in_scope(im.scope), im.ty, methods.join(", ")));
    }
    for (i, function) in file.functions.iter().enumerate() {
        Dump { out: &mut out, function, several: names_of_several(function) }.function(i);
    }
    out
}

fn line(out: &mut String, indent: usize, text: &str) {
    let shown = format!("{:1$}{text}", "", indent * 2);
    out.push_str(shown.trim_end());
    out.push('\n');
}

fn in_scope(scope: Sym) -> String {
    if scope.as_str().is_empty() { String::new() } else { format!("{scope}::") }
}

fn dump_import(out: &mut String, import: &Import) {
    let name = if import.glob { "*" } else { import.name.as_str() };
    let dots = ".".repeat(import.level as usize);
    line(out, 0, &format!("import {}{name} = {dots}{}", in_scope(import.scope), import.target));
}

fn dump_type(out: &mut String, ty: &TypeDef) {
    for d in &ty.decorators {
        line(out, 0, &decorator(d));
    }
    let kind = match ty.kind {
        TypeKind::Record => "record",
        TypeKind::Enum => "enum",
        TypeKind::Trait => "trait",
        TypeKind::Alias => "alias",
    };
    let bases = ty.bases.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    line(out, 0, &format!("{kind} {}{}({bases})", in_scope(ty.scope), ty.name));
    for field in &ty.fields {
        let written = field.ty.as_ref().map_or_else(String::new, |t| format!(": {t}"));
        line(out, 1, &format!("{}{written}", field.name));
    }
}

fn decorator(d: &Decorator) -> String {
    let args = d.args.iter().map(|a| a.name.map_or_else(String::new, |n| format!("{n}=")) + &constant(&a.value)).collect::<Vec<_>>();
    if d.called { format!("@{}({})", d.path, args.join(", ")) } else { format!("@{}", d.path) }
}

/// A value that names no variable.
fn constant(value: &Value) -> String {
    match value {
        Value::Str(s) => format!("{s:?}"),
        Value::Int(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::None => "none".to_owned(),
        Value::Name(n) => format!("<{n}>"),
        Value::Collection(v) if v.is_empty() => "[]".to_owned(),
        Value::Tuple(v) if v.is_empty() => "()".to_owned(),
        _ => "?".to_owned(),
    }
}

impl fmt::Display for TypeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        for (i, arg) in self.args.iter().enumerate() {
            write!(f, "{}{arg}", if i == 0 { "[" } else { ", " })?;
        }
        if self.args.is_empty() { Ok(()) } else { f.write_char(']') }
    }
}

struct Dump<'a> {
    out: &'a mut String,
    function: &'a Function,
    /// Names that several variables have.
    several: BTreeSet<Sym>,
}

fn names_of_several(function: &Function) -> BTreeSet<Sym> {
    let mut seen = BTreeSet::new();
    function.vars.iter().filter_map(|v| v.name).filter(|n| !seen.insert(*n)).collect()
}

impl Dump<'_> {
    fn function(&mut self, index: usize) {
        let f = self.function;
        for d in &f.decorators {
            line(self.out, 0, &decorator(d));
        }
        let params = f.params.iter().map(|p| self.param(p)).collect::<Vec<_>>().join(", ");
        let ret = f.ret.as_ref().map_or_else(String::new, |t| format!(" -> {t}"));
        let mut head = format!("fn {index} {}{}({params}){ret}{}", in_scope(f.scope), f.qualname, flags(f.flags));
        if let Some(parent) = f.parent {
            let _ = write!(head, " in {}", parent.0);
        }
        line(self.out, 0, &head);
        for c in &f.captures {
            line(self.out, 1, &format!("capture {} = %{}", self.var(c.inner), c.outer.0));
        }
        self.block(&f.body, 1);
    }

    fn param(&self, p: &Param) -> String {
        let stars = match p.kind {
            ParamKind::Normal => "",
            ParamKind::Keyword => "kw ",
            ParamKind::Rest => "*",
            ParamKind::KeywordRest => "**",
        };
        let ty = p.ty.as_ref().map_or_else(String::new, |t| format!(": {t}"));
        let default = p.default.as_ref().map_or_else(String::new, |d| format!(" = {}", constant(d)));
        let name = if p.name.as_str().is_empty() { self.var(p.var) } else { p.name.to_string() };
        format!("{stars}{name}{ty}{default}")
    }

    fn var(&self, var: Var) -> String {
        let Some(name) = self.function.vars.get(var.0 as usize).and_then(|v| v.name) else { return format!("%{}", var.0) };
        if self.several.contains(&name) { format!("{name}'{}", var.0) } else { name.to_string() }
    }

    fn vars(&self, vars: &[Var]) -> String {
        vars.iter().map(|v| self.var(*v)).collect::<Vec<_>>().join(", ")
    }

    fn line(&mut self, indent: usize, text: &str) {
        line(self.out, indent, text);
    }

    fn block(&mut self, block: &Block, indent: usize) {
        for op in block {
            self.op(op, indent);
        }
    }

    fn op(&mut self, op: &Op, indent: usize) {
        let text = match op {
            Op::Let { dst, value, ty, .. } => format!("{}{} = {}", self.var(*dst), annotation(ty.as_deref()), self.value(value)),
            Op::Call(call) => self.call(call),
            Op::Store { base, field, value, .. } => format!("{}.{field} := {}", self.var(*base), self.var(*value)),
            Op::StoreItem { base, key, value, .. } => format!("{}[{}] := {}", self.var(*base), self.key(key), self.var(*value)),
            Op::StoreName { path, value, .. } => format!("<{path}> := {}", self.var(*value)),
            Op::Return { value, .. } => self.optional("return", *value),
            Op::Raise { value, .. } => self.optional("raise", *value),
            Op::Yield { dst, value, .. } => format!("{} = {}", self.var(*dst), self.optional("yield", *value)),
            Op::Await { dst, value, .. } => format!("{} = await {}", self.var(*dst), self.var(*value)),
            Op::Drop { vars, .. } => format!("drop {}", self.vars(vars)),
            Op::Break(0) => "break".to_owned(),
            Op::Continue(0) => "continue".to_owned(),
            Op::Break(n) => format!("break {n}"),
            Op::Continue(n) => format!("continue {n}"),
            Op::Branch { arms, .. } => {
                self.line(indent, "branch");
                for arm in arms {
                    let tests = arm.tests.iter().map(|t| self.test(*t)).collect::<Vec<_>>().join(", ");
                    self.line(indent + 1, &format!("when {tests}"));
                    self.block(&arm.body, indent + 2);
                }
                return;
            }
            Op::Loop { body, .. } => {
                self.line(indent, "loop");
                return self.block(body, indent + 1);
            }
            Op::Scope { kind, .. } => return self.scope(kind, indent),
        };
        self.line(indent, &text);
    }

    fn scope(&mut self, scope: &Scope, indent: usize) {
        match scope {
            Scope::Block { body, locals } => {
                let locals = self.vars(locals);
                self.line(indent, &format!("block {locals}"));
                self.block(body, indent + 1);
            }
            Scope::With { item, target, body, is_async } => {
                let target = target.map_or_else(String::new, |t| format!(" as {}", self.var(t)));
                let keyword = if *is_async { "async with" } else { "with" };
                self.line(indent, &format!("{keyword} {}{target}", self.var(*item)));
                self.block(body, indent + 1);
            }
            Scope::Try(t) => {
                self.line(indent, "try");
                self.block(&t.body, indent + 1);
                for handler in &t.handlers {
                    self.handler(handler, indent);
                }
                for (name, block) in [("else", &t.orelse), ("finally", &t.finally)] {
                    if !block.is_empty() {
                        self.line(indent, name);
                        self.block(block, indent + 1);
                    }
                }
            }
        }
    }

    fn handler(&mut self, handler: &Handler, indent: usize) {
        let types = handler.types.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ");
        let name = handler.name.map_or_else(String::new, |n| format!(" as {}", self.var(n)));
        self.line(indent, &format!("except {types}{name}"));
        self.block(&handler.body, indent + 1);
    }

    fn optional(&self, keyword: &str, value: Option<Var>) -> String {
        value.map_or_else(|| keyword.to_owned(), |v| format!("{keyword} {}", self.var(v)))
    }

    fn test(&self, test: Test) -> String {
        format!("{}{}", if test.truth { "" } else { "not " }, self.var(test.var))
    }

    fn call(&self, call: &Call) -> String {
        let callee = match &call.callee {
            Callee::Path(p) => format!("<{p}>"),
            Callee::Method { recv, name } => format!("{}.{name}", self.var(*recv)),
            Callee::Var(v) => self.var(*v),
        };
        let args = call.args.iter().map(|a| self.arg(*a)).collect::<Vec<_>>().join(", ");
        format!("{}{} = call {callee}({args})", self.var(call.dst), annotation(call.result_type.as_deref()))
    }

    fn arg(&self, arg: Arg) -> String {
        match arg.name {
            Some(n) if n.as_str().starts_with('*') => format!("{n}{}", self.var(arg.var)),
            Some(n) => format!("{n}={}", self.var(arg.var)),
            None => self.var(arg.var),
        }
    }

    fn key(&self, key: &Key) -> String {
        match key {
            Key::Const(text) => format!("{text:?}"),
            Key::Var(v) => self.var(*v),
        }
    }

    fn value(&self, value: &Value) -> String {
        match value {
            Value::Var(v) => self.var(*v),
            Value::Behind(v) => format!("*{}", self.var(*v)),
            Value::Field(base, name) => format!("{}.{name}", self.var(*base)),
            Value::Item(base, key) => format!("{}[{}]", self.var(*base), self.key(key)),
            Value::Element(base, n) => format!("element {n} of {}", self.var(*base)),
            Value::Payload(p) => format!("{} of {} as <{}>", p.member, self.var(p.of), p.path),
            Value::Each(v) => format!("each of {}", self.var(*v)),
            Value::Format(pieces) => {
                let pieces = pieces.iter().map(|p| match p {
                    Piece::Text(text) => format!("{text:?}"),
                    Piece::Var(v) => self.var(*v),
                });
                format!("format {}", pieces.collect::<Vec<_>>().join(" "))
            }
            Value::Operator(op, operands) => format!("op {op} ({})", self.vars(operands)),
            Value::Collection(parts) => format!("[{}]", self.vars(parts)),
            Value::Tuple(parts) => format!("({})", self.vars(parts)),
            Value::Either(parts) => format!("either ({})", self.vars(parts)),
            Value::Derived(parts) => format!("derived ({})", self.vars(parts)),
            Value::Function(f) => format!("fn {}", f.0),
            Value::Struct(s) => {
                let mut parts = s.fields.iter().map(|(n, v)| format!("{n}: {}", self.var(*v))).collect::<Vec<_>>();
                parts.extend(s.base.map(|b| format!("..{}", self.var(b))));
                format!("<{}> {{{}}}", s.path, parts.join(", "))
            }
            Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::None | Value::Name(_) | Value::Unknown => constant(value),
        }
    }
}

fn annotation(ty: Option<&TypeRef>) -> String {
    ty.map_or_else(String::new, |t| format!(": {t}"))
}

fn flags(flags: Flags) -> String {
    let named = [
        (flags.is_async, "async"),
        (flags.is_generator, "generator"),
        (flags.has_receiver, "receiver"),
        (flags.is_class_method, "classmethod"),
        (flags.is_property, "property"),
        (flags.is_cached, "cached"),
        (flags.is_closure, "closure"),
        (flags.is_public, "public"),
        (flags.is_abstract, "abstract"),
        (flags.never_returns, "never"),
    ];
    named.iter().filter(|(on, _)| *on).map(|(_, name)| format!(" {name}")).collect()
}
