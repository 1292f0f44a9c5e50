//! `does`: what a call does, one event after the other.

use smallvec::SmallVec;
use toml::Spanned;

use super::Fault;
use super::signature::{LOCK_WORDS, Signature, carried, lock_spec};
use super::words::{Word, Words};
use crate::effect::{CheckKind, Dep, Deps, Event, EventId, EventKind, Flags, Kind, Term, Value, WriteKind};
use crate::source::{Site, Sym};

const EVENTS: &[&str] = &[
    "read", "write", "each", "remove", "rename", "link", "copy", "check", "open", "acquire", "release", "run", "mutate", "flush", "close",
    "drop", "suspend",
];

const WRITES: &[(&str, WriteKind)] = &[
    ("truncate", WriteKind::Truncate),
    ("in-place", WriteKind::InPlace),
    ("append", WriteKind::Append),
    ("create-new", WriteKind::CreateNew),
    ("replace", WriteKind::Replace),
    ("metadata", WriteKind::Metadata),
];

const CHECKS: &[(&str, CheckKind)] = &[
    ("exists", CheckKind::Exists),
    ("metadata", CheckKind::Metadata),
    ("access", CheckKind::Access),
    ("list", CheckKind::List),
    ("resolve", CheckKind::Resolve),
];

/// A call's events so far.
#[derive(Default)]
pub(super) struct Events {
    pub(super) list: Vec<Event>,
    pub(super) held: SmallVec<[EventId; 2]>,
}

impl Events {
    /// The data that the call brings: of what it read, looked at and ran.
    pub(super) fn brought(&self) -> Deps {
        self.indices(|k| matches!(k, EventKind::Read | EventKind::Each | EventKind::Check(_) | EventKind::Run { .. }))
            .map(Dep::Event)
            .collect()
    }

    /// What these operands bring to a write: what they carry, and what this call read of them.
    fn sources(&self, operands: &[Value]) -> Deps {
        let reads = self.indices(|k| matches!(k, EventKind::Read | EventKind::Each));
        let of = |r: &EventId| match &self.list[*r as usize].resource.term {
            Term::Call(f, args) if matches!(f.as_str(), "$if" | "$unless") => args[0],
            t => *t,
        };
        let of_them = reads.filter(|r| operands.iter().any(|o| o.term == of(r)));
        of_them.map(Dep::Event).collect::<Deps>().union(&carried(operands))
    }

    /// The last acquisition.
    pub(super) fn last_acquisition(&self) -> Option<EventId> {
        self.indices(|k| matches!(k, EventKind::Acquire { .. })).last()
    }

    fn indices(&self, test: impl Fn(&EventKind) -> bool) -> impl Iterator<Item = EventId> {
        (0..).zip(&self.list).filter(move |(_, e)| test(&e.kind)).map(|(i, _)| i)
    }

    fn push(&mut self, kind: EventKind, resource: Value, data: Deps) -> EventId {
        let id = self.list.len() as EventId;
        let held = self.held.clone();
        let site = Site::default();
        self.list.push(Event {
            kind,
            resource,
            data,
            under: Deps::none(),
            when: SmallVec::new(),
            held,
            site,
            chain: None,
            stream: false,
            aborts: false,
            late: SmallVec::new(),
            instance: 0,
        });
        id
    }

    /// Reads one string of `does`.
    pub(super) fn add(&mut self, signature: &Signature, text: &Spanned<String>) -> Result<(), Fault> {
        let mut words = Words::of(text)?;
        let verb = words.need("the event")?;
        let last = self.one(signature, verb, &mut words)?;
        words.finish(last)
    }

    /// Reads one event. Returns the words that could have followed.
    fn one(&mut self, signature: &Signature, verb: Word<'_>, words: &mut Words<'_>) -> Result<&'static [&'static str], Fault> {
        match verb.text {
            "read" => {
                let resource = signature.next_operand(words, "what it happens to")?;
                let resource = conditional(signature, words, resource)?;
                self.push(EventKind::Read, resource, Deps::none());
                Ok(CONDITIONS)
            }
            "each" => self.plain(signature, words, EventKind::Each),
            "remove" => {
                let resource = signature.next_operand(words, "what is removed")?;
                let resource = tolerant(signature, words, resource)?;
                self.push(EventKind::Write(WriteKind::Remove), resource, Deps::none());
                Ok(&["ok"])
            }
            "flush" => self.plain(signature, words, EventKind::Flush),
            "close" => self.plain(signature, words, EventKind::Close),
            "drop" => self.plain(signature, words, EventKind::Drop),
            "release" => self.release(signature, words),
            "suspend" => {
                self.push(EventKind::Suspend, Value::unknown(), Deps::none());
                Ok(&[])
            }
            "write" => self.write(signature, words),
            "rename" => self.replace(signature, words, false),
            "link" => self.replace(signature, words, true),
            "copy" => self.copy(signature, words),
            "check" => self.check(signature, words),
            "open" => {
                let resource = signature.next_operand(words, "what is opened")?;
                let mode = signature.mode(words)?;
                self.push(EventKind::Open { mode }, resource, Deps::none());
                Ok(&["mode"])
            }
            "acquire" => self.acquire(signature, words),
            "run" => {
                let callee = signature.next_operand(words, "what is run")?;
                let args = if words.eat("with") { signature.operands(words, &[])? } else { Vec::new() };
                self.push(EventKind::Run { callee, args }, Value::unknown(), Deps::none());
                Ok(&["with"])
            }
            "mutate" => {
                let resource = signature.next_operand(words, "what is changed")?;
                let from = if words.eat("from") { signature.operands(words, &[])? } else { Vec::new() };
                let data = self.brought().union(&carried(&from));
                self.push(EventKind::Mutate, resource, data);
                Ok(&["from"])
            }
            other => Err(Fault::unknown("event", other, verb.span, EVENTS)),
        }
    }

    fn plain(&mut self, signature: &Signature, words: &mut Words<'_>, kind: EventKind) -> Result<&'static [&'static str], Fault> {
        let resource = signature.next_operand(words, "what it happens to")?;
        self.push(kind, resource, Deps::none());
        Ok(&[])
    }

    fn release(&mut self, signature: &Signature, words: &mut Words<'_>) -> Result<&'static [&'static str], Fault> {
        let resource = signature.next_operand(words, "what is released")?;
        let events = &self.list;
        self.held.retain(|a| events[*a as usize].resource.term != resource.term);
        self.push(EventKind::Release, resource, Deps::none());
        Ok(&[])
    }

    fn write(&mut self, signature: &Signature, words: &mut Words<'_>) -> Result<&'static [&'static str], Fault> {
        let resource = signature.next_operand(words, "what is written")?;
        let kind = one_of(words, WRITES).unwrap_or(WriteKind::AsOpened);
        let resource = if kind == WriteKind::CreateNew { tolerant(signature, words, resource)? } else { resource };
        let from = if words.eat("from") { signature.operands(words, CONDITIONS)? } else { Vec::new() };
        let data = self.sources(&from);
        let resource = conditional(signature, words, resource)?;
        self.push(EventKind::Write(kind), resource, data);
        Ok(&["truncate", "in-place", "append", "create-new", "replace", "metadata", "ok", "from", "if", "unless"])
    }

    fn replace(&mut self, signature: &Signature, words: &mut Words<'_>, exclusive: bool) -> Result<&'static [&'static str], Fault> {
        let (from, to) = pair(signature, words)?;
        self.push(EventKind::ReplaceFrom { from, exclusive }, to, Deps::none());
        Ok(&[])
    }

    fn copy(&mut self, signature: &Signature, words: &mut Words<'_>) -> Result<&'static [&'static str], Fault> {
        let (from, to) = pair(signature, words)?;
        let read = self.push(EventKind::Read, from, Deps::none());
        self.push(EventKind::Write(WriteKind::Replace), to, Deps::one(Dep::Event(read)));
        Ok(&[])
    }

    fn check(&mut self, signature: &Signature, words: &mut Words<'_>) -> Result<&'static [&'static str], Fault> {
        let resource = signature.next_operand(words, "what is checked")?;
        let kind = one_of(words, CHECKS).unwrap_or(CheckKind::Exists);
        self.push(EventKind::Check(kind), resource, Deps::none());
        Ok(&["exists", "metadata", "access", "list", "resolve"])
    }

    fn acquire(&mut self, signature: &Signature, words: &mut Words<'_>) -> Result<&'static [&'static str], Fault> {
        let resource = signature.next_operand(words, "what is locked")?;
        let spec = lock_spec(words);
        let mode = signature.mode(words)?;
        let scoped = words.eat("scoped");
        let id = self.push(EventKind::Acquire { spec, mode, scoped }, resource, Deps::none());
        self.held.push(id);
        Ok(ACQUIRE_WORDS)
    }
}

const ACQUIRE_WORDS: &[&str] = &{
    let mut all = ["mode"; LOCK_WORDS.len() + 2];
    let mut i = 0;
    while i < LOCK_WORDS.len() {
        all[i] = LOCK_WORDS[i];
        i += 1;
    }
    all[i] = "scoped";
    all
};

/// `ok Y`: when Y is true, it is no failure that the resource is there (or gone) already. The resource then has the flag `create`.
fn tolerant(signature: &Signature, words: &mut Words<'_>, resource: Value) -> Result<Value, Fault> {
    if !words.eat("ok") {
        return Ok(resource);
    }
    let when = Some(Box::new(signature.next_operand(words, "the condition")?));
    let term = resource.term;
    Ok(Value::of(term).with_kind(Kind::AddFlags { base: Box::new(resource), flags: Flags::CREATE, when }))
}

/// How a condition begins.
const CONDITIONS: &[&str] = &["if", "unless"];

/// `if Y`, `unless Y`: otherwise the event does not happen.
fn conditional(signature: &Signature, words: &mut Words<'_>, resource: Value) -> Result<Value, Fault> {
    let operator = if words.eat("if") {
        "$if"
    } else if words.eat("unless") {
        "$unless"
    } else {
        return Ok(resource);
    };
    let when = signature.next_operand(words, "the condition")?;
    Ok(Value::of(Term::Call(Sym::new(operator), [resource.term, when.term].to_vec().into())))
}

/// `X to Y`.
fn pair(signature: &Signature, words: &mut Words<'_>) -> Result<(Value, Value), Fault> {
    let from = signature.next_operand(words, "the source")?;
    if !words.eat("to") {
        return Err(Fault::new(words.peek().map_or(words.whole(), |w| w.span), "`to` and a target must follow the source"));
    }
    Ok((from, signature.next_operand(words, "the target")?))
}

/// Takes the next word if it is in the table.
fn one_of<T: Copy>(words: &mut Words<'_>, table: &[(&str, T)]) -> Option<T> {
    let word = words.peek().filter(|w| !w.quoted)?;
    let (_, found) = table.iter().find(|(name, _)| *name == word.text)?;
    words.take();
    Some(*found)
}
