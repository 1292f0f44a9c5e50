//! Arguments in the order of parameters. Knows signatures, not effects.

use super::frame::Frame;
use super::program::Resolved;
use super::subst::call_term;
use crate::effect::{Deps, Kind, LibraryCall, Value};
use crate::ir::{self, ParamKind};
use crate::source::Sym;

/// Arguments in the order of a function's parameters.
pub(crate) fn bind(frame: &mut Frame<'_, '_>, f: &ir::Function, positional: Vec<Value>, keywords: &[(Sym, Value)]) -> Vec<Value> {
    let mut given = positional.into_iter();
    let mut out = Vec::with_capacity(f.params.len());
    for p in &f.params {
        let keyword = || keywords.iter().find(|(k, _)| *k == p.name).map(|(_, v)| v.clone());
        let v = match p.kind {
            ParamKind::Normal => given.next().or_else(keyword),
            ParamKind::Keyword => keyword(),
            ParamKind::Rest => {
                let rest: Vec<Value> = given.by_ref().collect();
                let mut deps = Deps::none();
                rest.iter().for_each(|r| deps.extend(&r.deps));
                let term = call_term(Sym::new("$tuple"), rest.iter().map(|p| p.term).collect());
                Some(Value::of(term).with_deps(&deps).with_kind(Kind::Tuple(rest)))
            }
            ParamKind::KeywordRest => {
                let mut v = Value::unknown();
                for (k, given) in keywords {
                    if !f.params.iter().any(|p| p.name == *k) {
                        v.deps.extend(&given.deps);
                    }
                }
                Some(v)
            }
        };
        let v = v.or_else(|| {
            let default = p.default.as_ref()?;
            Some(match default {
                ir::Value::Name(path) => {
                    let (file, scope) = (frame.file, f.scope);
                    match frame.cx.resolve(file, scope, *path) {
                        Resolved::Global(g, name, rest) => frame.global(g, name, rest, f.span),
                        _ => frame.name(*path, f.span),
                    }
                }
                v => frame.eval(v, f.span),
            })
        });
        out.push(v.unwrap_or_else(Value::unknown));
    }
    // What does not fit a parameter still carries its data into the last one.
    out
}

pub(crate) fn bind_library(c: &LibraryCall, positional: Vec<Value>, keywords: &[(Sym, Value)]) -> Vec<Value> {
    let mut given = positional.into_iter();
    let mut out = Vec::with_capacity(c.summary.params.len());
    for p in &c.summary.params {
        let name = p.name.as_str();
        if name.starts_with("**") {
            let mut v = Value::unknown();
            keywords.iter().for_each(|(_, k)| v.deps.extend(&k.deps));
            out.push(v);
        } else if name.starts_with('*') {
            let rest: Vec<Value> = given.by_ref().collect();
            let mut deps = Deps::none();
            rest.iter().for_each(|r| deps.extend(&r.deps));
            let term = call_term(Sym::new("$tuple"), rest.iter().map(|r| r.resource().term).collect());
            out.push(Value::of(term).with_deps(&deps).with_kind(Kind::Tuple(rest)));
        } else {
            let keyword = || keywords.iter().find(|(k, _)| *k == p.name).map(|(_, v)| v.clone());
            let v = given.next().or_else(keyword).or_else(|| p.default.clone());
            out.push(v.unwrap_or_else(Value::unknown));
        }
    }
    // Data in arguments that the model doesn't name still reaches a result of which nothing else is known.
    out.extend(given);
    out
}
