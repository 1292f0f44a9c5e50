//! Terms as people write them.

use std::fmt::Write as _;

use super::program::{FuncId, Program};
use crate::effect::Term;

/// Arguments of a call are shown up to this many bytes.
const MAX_ARGUMENTS: usize = 32;

impl Program<'_> {
    /// A path term in the words of the function that it stands in: `{self.dir}/{id}.json`.
    #[must_use]
    pub fn describe(&self, f: FuncId, t: &Term) -> String {
        match t {
            Term::Concat(parts) => {
                let mut out = String::new();
                for p in parts.iter() {
                    match p {
                        Term::Const(s) => out.push_str(s.as_str()),
                        p => {
                            let _ = write!(out, "{{{}}}", self.expression(f, p));
                        }
                    }
                }
                out
            }
            Term::Const(s) => s.to_string(),
            t => self.expression(f, t),
        }
    }

    fn expression(&self, f: FuncId, t: &Term) -> String {
        match t {
            Term::Const(s) => format!("\"{s}\""),
            Term::Param(i) => self.parameter(f, *i),
            Term::Global(g) => g.last().to_owned(),
            Term::Field(base, name) if name.as_str().starts_with("[#") || name.as_str().starts_with("[=") => {
                format!("{}[]", self.expression(f, base))
            }
            Term::Field(base, name) if name.as_str().starts_with('[') => format!("{}{name}", self.expression(f, base)),
            Term::Field(base, name) => format!("{}.{name}", self.expression(f, base)),
            Term::Concat(_) => self.describe(f, t),
            Term::Suffix(a, b) => format!("{} with suffix {}", self.expression(f, a), self.describe(f, b)),
            Term::Parent(a) => format!("parent of {}", self.expression(f, a)),
            Term::Call(op, args) if matches!(op.as_str(), "$either" | "$like") => {
                args.first().map_or_else(String::new, |a| self.describe(f, a))
            }
            Term::Call(op, args) if op.as_str() == "$join" => args.iter().map(|a| self.describe(f, a)).collect::<Vec<_>>().join("/"),
            Term::Call(op, args) => {
                let name = op.last().trim_start_matches('$');
                match (op.as_str().starts_with('.'), args.split_first()) {
                    (true, Some((recv, rest))) => format!("{}.{name}({})", self.expression(f, recv), self.arguments(f, rest)),
                    _ => format!("{name}({})", self.arguments(f, args)),
                }
            }
            Term::New(_) => "the object".to_owned(),
            Term::Fresh(_) => "a private file".to_owned(),
            Term::Unknown => "?".to_owned(),
        }
    }

    /// What a call is given, as far as it is short and plain.
    fn arguments(&self, f: FuncId, args: &[Term]) -> String {
        let mut told = String::new();
        for (n, a) in args.iter().enumerate() {
            let shown = self.expression(f, a);
            let is_plain = !a.any(|t| matches!(t, Term::Call(..))) && told.len() + shown.len() <= MAX_ARGUMENTS;
            let comma = if n == 0 { "" } else { ", " };
            let _ = write!(told, "{comma}{}", if is_plain { &shown } else { "…" });
            if !is_plain {
                break;
            }
        }
        told
    }

    fn parameter(&self, f: FuncId, i: u16) -> String {
        let (_, function) = self.function(f);
        let i = i as usize;
        let named = |name: &str| if name.is_empty() { format!("argument {}", i + 1) } else { name.to_owned() };
        match function.params.get(i) {
            Some(p) => named(p.name.as_str()),
            None => {
                let captured = i.checked_sub(function.params.len()).and_then(|k| function.captures.get(k));
                let name = captured.and_then(|c| function.vars.get(c.inner.0 as usize)).and_then(|v| v.name);
                named(name.map_or("", crate::source::Sym::as_str))
            }
        }
    }
}
