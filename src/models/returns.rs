//! `returns`: what a call's result is.

use toml::Spanned;

use super::Fault;
use super::does::Events;
use super::signature::{LOCK_WORDS, Signature, carried, flag_words, lock_spec, nothing};
use super::words::Words;
use crate::effect::{Dep, Deps, Flags, Keeps, Kind, Term, Value};
use crate::source::Sym;

const WORDS: &[&str] = &[
    "nothing",
    "never",
    "data",
    "content",
    "join",
    "concat",
    "suffix",
    "extension",
    "name",
    "base",
    "parent",
    "locked",
    "call",
    "handle",
    "lock",
    "guard",
    "copy",
    "like",
    "whether",
    "fresh",
    "new",
    "flags",
    "tuple",
];

/// Reads a result.
pub(super) fn read(signature: &Signature, events: &Events, text: &Spanned<String>) -> Result<Value, Fault> {
    let mut words = Words::of(text)?;
    let reader = Reader { signature, events };
    let value = if words.eat("tuple") { reader.tuple(&mut words)? } else { reader.value(&mut words, 0)? };
    words.finish(&[])?;
    Ok(value)
}

/// Which locks a result keeps.
pub(super) fn keeps(text: &Spanned<String>) -> Keeps {
    match text.as_ref().split_whitespace().next() {
        Some("copy" | "like") => Keeps::OfFiles,
        Some("content") => Keeps::Nothing,
        _ => Keeps::All,
    }
}

/// Whether nothing runs after the call.
pub(super) fn is_never(text: &Spanned<String>) -> bool {
    text.as_ref() == "never"
}

struct Reader<'a> {
    signature: &'a Signature,
    events: &'a Events,
}

impl Reader<'_> {
    fn tuple(&self, words: &mut Words<'_>) -> Result<Value, Fault> {
        let mut parts = vec![self.value(words, 0)?];
        while words.eat(";") {
            parts.push(self.value(words, parts.len())?);
        }
        let deps = parts.iter().fold(Deps::none(), |all, p| all.union(&p.deps));
        Ok(Value::unknown().with_deps(&deps).with_kind(Kind::Tuple(parts)))
    }

    /// One value; `n` tells the objects of a tuple apart.
    fn value(&self, words: &mut Words<'_>, n: usize) -> Result<Value, Fault> {
        let word = words.need("the result")?;
        if word.quoted {
            return self.signature.operand(word);
        }
        match word.text {
            "nothing" | "never" => Ok(nothing()),
            "data" | "content" => {
                let of = self.signature.operands(words, &[])?;
                Ok(Value::unknown().with_deps(&self.events.brought()).with_deps(&carried(&of)))
            }
            "join" => self.built(words, |parts| operator("$join", parts)),
            "concat" => self.built(words, Term::concat),
            "suffix" => self.suffix(words),
            "extension" => self.two(words, |a, b| operator("$extension", vec![a, b])),
            "name" => self.two(words, |a, b| operator("$name", vec![a, b])),
            "base" => self.built(words, |parts| operator("$basename", parts)),
            "whether" => self.built(words, |parts| operator("$whether", parts)),
            "item" => self.two(words, |a, b| operator("$item", vec![a, b])),
            "partial" => self.built(words, |parts| operator("$partial", parts)),
            "like" => self.built(words, |parts| operator("$like", parts)),
            "locked" => {
                let x = self.signature.next_operand(words, "the lock")?;
                Ok(Value::of(operator("$locked", vec![x.term])).with_deps(&carried(&[x])))
            }
            "parent" => {
                let x = self.signature.next_operand(words, "the path")?;
                Ok(Value::of(x.term.parent()).with_deps(&carried(&[x])))
            }
            "call" => {
                let args = (0..self.signature.params.len()).map(|i| Term::Param(i as u16));
                let of = self.signature.operands(words, &[])?;
                Ok(Value::of(Term::Call(self.signature.path, args.collect())).with_deps(&carried(&of)))
            }
            "handle" => self.handle(words, n),
            "lock" => self.lock(words, n),
            "guard" => self.guard(words, n),
            "copy" => self.value(words, n),
            "new" => Ok(self.object(n)),
            "fresh" => {
                let fresh = Value::of(Term::Fresh(self.signature.object(0)));
                if words.eat("directory") {
                    return Ok(Value { flags: Flags::DIRECTORY, ..fresh });
                }
                Ok(if words.eat("handle") { self.opened(fresh, Value::unknown(), n) } else { fresh })
            }
            "flags" => self.flags(words),
            _ => match self.signature.operand(word) {
                Ok(v) => Ok(v.clone().with_deps(&carried(&[v]))),
                Err(_) => {
                    let params = self.signature.params.iter().map(|p| p.name.as_str());
                    let known: Vec<&str> = WORDS.iter().copied().chain(params).collect();
                    Err(Fault::unknown("result", word.text, word.span, &known))
                }
            },
        }
    }

    fn built(&self, words: &mut Words<'_>, build: impl FnOnce(Vec<Term>) -> Term) -> Result<Value, Fault> {
        let parts = self.signature.operands(words, &[])?;
        if parts.is_empty() {
            return Err(Fault::new(words.whole(), "the parts are missing"));
        }
        let deps = carried(&parts);
        Ok(Value::of(build(parts.into_iter().map(|p| p.term).collect())).with_deps(&deps))
    }

    fn two(&self, words: &mut Words<'_>, build: impl FnOnce(Term, Term) -> Term) -> Result<Value, Fault> {
        let a = self.signature.next_operand(words, "the path")?;
        let b = self.signature.next_operand(words, "the replacement")?;
        Ok(Value::of(build(a.term, b.term)).with_deps(&carried(&[a, b])))
    }

    fn suffix(&self, words: &mut Words<'_>) -> Result<Value, Fault> {
        let path = self.signature.next_operand(words, "the path")?;
        match words.peek().filter(|w| w.text != ";") {
            Some(_) => {
                let ext = self.signature.next_operand(words, "the extension")?;
                Ok(Value::of(path.term.with_suffix(ext.term)).with_deps(&carried(&[path, ext])))
            }
            None => Ok(Value::of(operator("suffix", vec![path.term])).with_deps(&carried(&[path]))),
        }
    }

    fn handle(&self, words: &mut Words<'_>, n: usize) -> Result<Value, Fault> {
        let path = self.signature.next_operand(words, "the path")?;
        let mode = self.signature.mode(words)?.unwrap_or_else(Value::unknown);
        Ok(self.opened(path, mode, n))
    }

    fn opened(&self, path: Value, mode: Value, n: usize) -> Value {
        let object = self.object(n).with_deps(&self.events.brought());
        object.with_kind(Kind::Handle { path: Box::new(path), mode: Box::new(mode) })
    }

    /// A lock object; without a target it locks itself. It may be known by another name than a new object's: `as`.
    fn lock(&self, words: &mut Words<'_>, n: usize) -> Result<Value, Fault> {
        let object = self.object(n);
        let named = words.peek().filter(|w| w.quoted || w.text != ";" && !LOCK_WORDS.contains(&w.text));
        let target = match named {
            Some(_) => self.signature.next_operand(words, "what it locks")?,
            None => object.clone(),
        };
        let spec = lock_spec(words);
        let object = match words.eat("as") {
            true => {
                let name = self.signature.next_operand(words, "what the object is known as")?;
                name.clone().with_deps(&carried(&[name]))
            }
            false => object,
        };
        Ok(object.with_kind(Kind::Lock { spec, target: Box::new(target), inner: None }))
    }

    fn guard(&self, words: &mut Words<'_>, n: usize) -> Result<Value, Fault> {
        let Some(acquisition) = self.events.last_acquisition() else {
            return Err(Fault::new(words.whole(), "a guard needs an `acquire` in `does`"));
        };
        let value = match words.peek().filter(|w| w.text != ";") {
            Some(_) => {
                let x = self.signature.next_operand(words, "what it carries")?;
                x.clone().with_deps(&carried(&[x]))
            }
            None => self.object(n),
        };
        Ok(value.with_deps(&Deps::one(Dep::Guard(acquisition))))
    }

    fn flags(&self, words: &mut Words<'_>) -> Result<Value, Fault> {
        let base = self.signature.next_operand(words, "what gets the flags")?;
        if !words.eat("+") {
            return Err(Fault::new(words.whole(), "`+` and the flags are missing").with_help("`flags self + 'write'`"));
        }
        let flags = flag_words(words.need("the flags")?)?;
        let when = if words.eat("if") { Some(Box::new(self.signature.next_operand(words, "the condition")?)) } else { None };
        let term = base.term;
        let base = Box::new(base.clone().with_deps(&carried(&[base])));
        Ok(Value::of(term).with_kind(Kind::AddFlags { base, flags, when }))
    }

    fn object(&self, n: usize) -> Value {
        Value::of(Term::New(self.signature.object(n)))
    }
}

fn operator(name: &str, args: Vec<Term>) -> Term {
    Term::Call(Sym::new(name), args.into())
}
