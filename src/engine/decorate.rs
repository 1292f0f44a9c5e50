//! Decorators: what a function is once they are applied. Knows calls, not ops.

use super::frame::Frame;
use super::program::{Def, FuncId, Resolved};
use super::subst::mix;
use crate::effect::{Deps, Kind, Value};
use crate::ir;
use crate::source::Sym;

impl Frame<'_, '_> {
    /// A decorator applied to a function's value.
    pub(crate) fn apply_decorator(&mut self, d: &ir::Decorator, value: Value, f: FuncId, file: u32) -> Value {
        let program = self.cx.program;
        let function = program.function(f).1;
        let origin = {
            let mut o = self.here(d.span);
            o.key = mix((d.span.start, d.span.end, f, 17));
            o.instance = self.instance(o.key);
            o
        };
        match self.cx.resolve(file, function.scope, d.path) {
            Resolved::Def(Def::Func(g)) if g != f && !program.function(g).1.flags.is_generator => {
                let mut applied = if d.called {
                    let (positional, keywords) = self.decorator_arguments(d, file, function.scope);
                    let factory = self.call_project(g, positional, &keywords, &origin);
                    match factory.kind.as_deref() {
                        Some(Kind::Func(inner)) => self.call_func(&inner.clone(), vec![value.clone()], &[], &origin),
                        _ => return value,
                    }
                } else {
                    self.call_project(g, vec![value.clone()], &[], &origin)
                };
                if !matches!(applied.kind.as_deref(), Some(Kind::Func(_))) {
                    return value;
                }
                applied.deps = Deps::none();
                applied
            }
            Resolved::External(path) if d.called => {
                let Some(c) = self.lib.call(path) else { return value };
                let (positional, keywords) = self.decorator_arguments(d, file, function.scope);
                let lock = self.apply_library(path, c, positional, &keywords, &origin);
                self.under_lock(value, lock)
            }
            Resolved::Global(g, name, None) => {
                let lock = self.cx.global(g, name);
                self.under_lock(value, lock)
            }
            _ => value,
        }
    }

    fn under_lock(&mut self, value: Value, lock: Value) -> Value {
        match (value.kind.as_deref(), lock.kind.as_deref()) {
            (Some(Kind::Func(f)), Some(Kind::Lock { .. })) => {
                let mut f = f.clone();
                f.locks.push(lock);
                Value { kind: None, ..value }.with_kind(Kind::Func(f))
            }
            _ => value,
        }
    }

    fn decorator_arguments(&mut self, d: &ir::Decorator, file: u32, scope: Sym) -> (Vec<Value>, Vec<(Sym, Value)>) {
        let mut positional = Vec::new();
        let mut keywords = Vec::new();
        for a in &d.args {
            let v = match &a.value {
                ir::Value::Name(path) => match self.cx.resolve(file, scope, *path) {
                    Resolved::Global(g, name, rest) => self.global(g, name, rest, d.span),
                    _ => self.name(*path, d.span),
                },
                v => self.eval(v, d.span),
            };
            match a.name {
                Some(n) => keywords.push((n, v)),
                None => positional.push(v),
            }
        }
        (positional, keywords)
    }
}
