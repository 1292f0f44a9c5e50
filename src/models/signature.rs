//! What a model's events and result refer to: the call's parameters, and literals.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;
use toml::Spanned;

use super::Fault;
use super::stanza::CallStanza;
use super::words::{Word, Words};
use crate::effect::{Dep, Deps, Domain, Flags, LockSpec, Mode, Param, Reach, Term, Value, Way};
use crate::source::{Span, Sym};

/// A call's name and parameters.
pub(super) struct Signature {
    /// Its first path.
    pub(super) path: Sym,
    /// Parameters, the receiver first.
    pub(super) params: Vec<Param>,
}

impl Signature {
    /// Reads the parameters. The receiver is added when the stanza speaks of `self` and does not list it.
    pub(super) fn read(path: Sym, stanza: &CallStanza) -> Result<Self, Fault> {
        let mut params: Vec<Param> = Vec::new();
        for text in &stanza.params {
            let param = parameter(text)?;
            if params.iter().any(|p| p.name == param.name) {
                return Err(Fault::new(span_of(text), format!("parameter `{}` is named twice", param.name)));
            }
            params.push(param);
        }
        let receiver = Sym::new("self");
        if stanza.attr || mentions_receiver(stanza)? {
            match params.iter().position(|p| p.name == receiver) {
                Some(0) => {}
                Some(n) => return Err(Fault::new(span_of(&stanza.params[n]), "`self` must be the first parameter")),
                None => params.insert(0, Param { name: receiver, default: None }),
            }
        }
        Ok(Self { path, params })
    }

    /// A parameter, a field of one, or quoted text.
    pub(super) fn operand(&self, word: Word<'_>) -> Result<Value, Fault> {
        let term = if word.quoted { self.template(word)? } else { self.place(word.text, word.span)? };
        Ok(Value::of(term))
    }

    /// Quoted text with a parameter, or a field of one, in each pair of braces. Its slashes join paths.
    fn template(&self, word: Word<'_>) -> Result<Term, Fault> {
        if !word.text.contains('{') {
            return Ok(Term::text(word.text));
        }
        let mut segments = Vec::new();
        for segment in word.text.split('/') {
            let mut parts = Vec::new();
            let mut rest = segment;
            while let Some((before, after)) = rest.split_once('{') {
                let Some((name, tail)) = after.split_once('}') else {
                    return Err(Fault::new(word.span, "this brace is not closed"));
                };
                parts.extend([Term::text(before), self.place(name, word.span)?]);
                rest = tail;
            }
            parts.push(Term::text(rest));
            segments.push(Term::concat(parts));
        }
        Ok(if segments.len() == 1 { segments.swap_remove(0) } else { Term::Call(Sym::new("$join"), segments.into()) })
    }

    /// A parameter, or a field of one.
    fn place(&self, text: &str, span: Span) -> Result<Term, Fault> {
        let mut parts = text.split('.');
        let name = parts.next().unwrap_or_default();
        let Some(index) = self.params.iter().position(|p| p.name.as_str() == name) else {
            let known: Vec<&str> = self.params.iter().map(|p| p.name.as_str()).collect();
            return Err(Fault::unknown("parameter", name, span, &known));
        };
        let root = Term::Param(u16::try_from(index).unwrap_or(u16::MAX));
        Ok(parts.fold(root, |t, field| t.field(Sym::new(field))))
    }

    /// The next word as an operand.
    pub(super) fn next_operand(&self, words: &mut Words<'_>, what: &str) -> Result<Value, Fault> {
        let word = words.need(what)?;
        self.operand(word)
    }

    /// All words up to a keyword, a `;` or the end, as operands.
    pub(super) fn operands(&self, words: &mut Words<'_>, stop: &[&str]) -> Result<Vec<Value>, Fault> {
        let mut out = Vec::new();
        while let Some(w) = words.peek().filter(|w| w.quoted || w.text != ";" && !stop.contains(&w.text)) {
            out.push(self.operand(w)?);
            words.take();
        }
        Ok(out)
    }

    /// What follows the keyword `mode`, if it stands next: a parameter, or a literal with mode letters or flags.
    pub(super) fn mode(&self, words: &mut Words<'_>) -> Result<Option<Value>, Fault> {
        if !words.eat("mode") {
            return Ok(None);
        }
        let word = words.need("the mode")?;
        let mut mode = self.operand(word)?;
        if word.quoted {
            mode.flags = match Flags::of_mode_letters(word.text) {
                Some(flags) => flags,
                None => flag_words(word)?,
            };
        }
        Ok(Some(mode))
    }

    /// A number for the n-th new object that the call makes.
    pub(super) fn object(&self, n: usize) -> u64 {
        hash(self.path, n)
    }
}

/// A number for a new object by the path that makes it, the same in every run.
pub(super) fn hash(path: Sym, n: usize) -> u64 {
    FxBuildHasher.hash_one((path.as_str(), n))
}

/// What operands carry: what their places held at the call. Literals carry nothing.
pub(super) fn carried(operands: &[Value]) -> Deps {
    let mut deps = Deps::none();
    for operand in operands {
        operand.term.walk(&mut |t| {
            let is_place = matches!(t, Term::Param(_) | Term::Field(..));
            if is_place {
                deps.insert(Dep::place(*t));
            }
            !is_place
        });
    }
    deps
}

/// A quoted word's flags.
pub(super) fn flag_words(word: Word<'_>) -> Result<Flags, Fault> {
    word.text.split_whitespace().try_fold(Flags::NONE, |all, name| Ok(all | flag(name, word.span)?))
}

/// The flag of this name.
pub(super) fn flag(name: &str, span: Span) -> Result<Flags, Fault> {
    Flags::of_word(name).ok_or_else(|| {
        let known: Vec<&str> = Flags::WORDS.iter().map(|(w, _)| *w).collect();
        Fault::unknown("flag", name, span, &known)
    })
}

/// The words of a lock's specification.
pub(super) const LOCK_WORDS: &[&str] =
    &["exclusive", "shared", "process", "thread", "blocking", "try", "timed", "flock", "posix", "existence", "memory"];

/// Reads a lock's specification. What is left out: exclusive, between processes, blocking, and `flock` between processes,
/// `memory` between threads.
pub(super) fn lock_spec(words: &mut Words<'_>) -> LockSpec {
    let (mut mode, mut reach, mut way, mut domain) = (Mode::Exclusive, None, Way::Blocking, None);
    while let Some(w) = words.peek().filter(|w| !w.quoted) {
        match w.text {
            "exclusive" => mode = Mode::Exclusive,
            "shared" => mode = Mode::Shared,
            "process" => reach = Some(Reach::Process),
            "thread" => reach = Some(Reach::Thread),
            "blocking" => way = Way::Blocking,
            "try" => way = Way::Try,
            "timed" => way = Way::Timed,
            "flock" => domain = Some(Domain::Flock),
            "posix" => domain = Some(Domain::Posix),
            "existence" => domain = Some(Domain::Existence),
            "memory" => domain = Some(Domain::Memory),
            _ => break,
        }
        words.take();
    }
    let reach = reach.unwrap_or(if domain == Some(Domain::Memory) { Reach::Thread } else { Reach::Process });
    let domain = domain.unwrap_or(if reach == Reach::Thread { Domain::Memory } else { Domain::Flock });
    LockSpec { mode, reach, way, domain }
}

fn mentions_receiver(stanza: &CallStanza) -> Result<bool, Fault> {
    for text in stanza.does.iter().chain(&stanza.returns).chain(&stanza.becomes) {
        let names = |w: &Word<'_>| if w.quoted { w.text.contains("{self}") || w.text.contains("{self.") } else { receiver(w.text) };
        if Words::of(text)?.all().iter().any(names) {
            return Ok(true);
        }
    }
    Ok(stanza.params.iter().any(|p| p.as_ref() == "self"))
}

/// `self`, or a field of it.
fn receiver(text: &str) -> bool {
    text == "self" || text.starts_with("self.")
}

fn parameter(text: &Spanned<String>) -> Result<Param, Fault> {
    let (name, default) = text.as_ref().split_once('=').map_or((text.as_ref().as_str(), None), |(n, d)| (n, Some(d.trim())));
    let name = name.trim();
    if !matches!(name, "*" | "**") && (name.is_empty() || !name.chars().all(|c| c == '_' || c.is_alphanumeric())) {
        return Err(Fault::new(span_of(text), format!("`{name}` is not a parameter's name")));
    }
    let default = default.map(|d| literal(d, span_of(text))).transpose()?;
    Ok(Param { name: Sym::new(name), default })
}

/// A default: quoted text, a number, `true`, `false` or `None`.
fn literal(text: &str, span: Span) -> Result<Value, Fault> {
    if let Some(quoted) = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')) {
        return Ok(Value::text(Sym::new(quoted)));
    }
    match text {
        "None" => Ok(nothing()),
        "true" | "false" => Ok(Value::text(Sym::new(text))),
        number if number.parse::<f64>().is_ok() => Ok(Value::text(Sym::new(number))),
        _ => Err(Fault::new(span, format!("`{text}` is no literal"))
            .with_help("text is quoted: `mode='r'`; else a number, `true`, `false` or `None`")),
    }
}

/// The value that carries nothing.
pub(super) fn nothing() -> Value {
    Value::of(Term::Global(Sym::new("None")))
}

pub(super) fn span_of<T>(text: &Spanned<T>) -> Span {
    let range = text.span();
    Span::new(range.start, range.end)
}
