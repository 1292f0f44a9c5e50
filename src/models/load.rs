//! Stanzas to library entries.

use toml::Spanned;

use super::signature::{LOCK_WORDS, Signature, flag, hash, lock_spec, span_of};
use super::stanza::{CallStanza, ConstStanza, ModelFile, Paths, TypeStanza, read};
use super::words::Words;
use super::{Fault, ModelError, does::Events, returns};
use crate::effect::{Answer, Flags, Library, LibraryCall, LibraryType, LockSpec, Outcome, Summary, Term, Ty, Value};
use crate::source::{Lang, Span, Sym};

/// Reads one model file into a library; what it defines replaces what was there under the same path.
///
/// # Errors
/// All faults of the file; nothing of it is taken then.
pub fn parse(name: &str, text: &str, lang: Lang, into: &mut Library) -> Result<(), Vec<ModelError>> {
    let in_file = |f: Fault| f.in_file(name);
    let file = read(text).map_err(|f| vec![in_file(f)])?;
    let mut loaded = Library::default();
    let mut faults = Vec::new();
    Loader { lang, into: &mut loaded }.file(&file, &mut faults);
    if !faults.is_empty() {
        return Err(faults.into_iter().map(in_file).collect());
    }
    into.calls.extend(loaded.calls);
    into.any_receiver.extend(loaded.any_receiver);
    into.types.extend(loaded.types);
    into.documents.extend(loaded.documents);
    into.document_endings.extend(loaded.document_endings);
    into.devices.extend(loaded.devices);
    into.type_alias.extend(loaded.type_alias);
    into.consts.extend(loaded.consts);
    Ok(())
}

struct Loader<'a> {
    lang: Lang,
    into: &'a mut Library,
}

impl Loader<'_> {
    fn file(&mut self, file: &ModelFile, faults: &mut Vec<Fault>) {
        faults.extend(file.call.iter().filter_map(|s| self.call(s).err()));
        self.into.documents.extend(file.document.iter().flat_map(|d| &d.names).map(|n| Sym::new(n.as_ref())));
        self.into.document_endings.extend(file.document.iter().flat_map(|d| &d.endings).map(|e| e.as_ref().clone()));
        self.into.devices.extend(file.device.iter().flat_map(|d| &d.paths).map(|p| p.as_ref().clone()));
        faults.extend(file.types.iter().filter_map(|s| self.type_(s).err()));
        faults.extend(file.consts.iter().filter_map(|s| self.const_(s).err()));
    }

    fn call(&mut self, stanza: &CallStanza) -> Result<(), Fault> {
        let paths = self.paths(&stanza.path)?;
        let signature = Signature::read(paths[0], stanza)?;
        let mut events = Events::default();
        for text in &stanza.does {
            events.add(&signature, text)?;
        }
        let never_returns = stanza.returns.as_ref().is_some_and(returns::is_never);
        let ret = stanza.returns.as_ref().map(|text| returns::read(&signature, &events, text)).transpose()?;
        let becomes = stanza.becomes.as_ref().map(|text| returns::read(&signature, &events, text)).transpose()?;
        let ret_type = stanza.ret_type.as_ref().map(|t| self.path(t.as_ref(), span_of(t))).transpose()?;
        let answer = stanza.answer.as_ref().map(answer).transpose()?;
        let outcome = stanza.outcome.as_ref().map(outcome).transpose()?;
        let bits = stanza.bits.iter().map(bit).collect::<Result<Vec<_>, _>>()?;
        let (params, held) = (signature.params, events.held.to_vec());
        let summary = Summary { params, held, events: events.list, ret, never_returns, ..Summary::default() };
        for path in paths {
            if self.into.calls.contains_key(&path) {
                return Err(Fault::new(span_of(&stanza.path), format!("`{path}` is defined twice")));
            }
            if stanza.any {
                self.into.any_receiver.insert(Sym::new(path.last()), path);
            }
            let (summary, becomes) = (summary.clone(), becomes.clone());
            let keeps = stanza.returns.as_ref().map(returns::keeps).unwrap_or_default();
            let call = LibraryCall { summary, attr: stanza.attr, ret_type, becomes, keeps, answer, outcome, bits: bits.clone() };
            self.into.calls.insert(path, call);
        }
        Ok(())
    }

    fn type_(&mut self, stanza: &TypeStanza) -> Result<(), Fault> {
        let name = self.path(stanza.name.as_ref(), span_of(&stanza.name))?;
        for alias in &stanza.alias {
            let alias = self.path(alias.as_ref(), span_of(alias))?;
            self.into.type_alias.insert(alias, name);
        }
        let is = stanza.is.iter().map(|t| self.path(t.as_ref(), span_of(t))).collect::<Result<_, _>>()?;
        let lock = stanza.lock.as_ref().map(whole_lock_spec).transpose()?;
        let TypeStanza { wraps, path, memory, buffered, busy, .. } = *stanza;
        let ty = LibraryType { is, wraps, lock, path, memory, buffered, busy };
        if self.into.types.insert(name, ty).is_some() {
            return Err(Fault::new(span_of(&stanza.name), format!("`{name}` is defined twice")));
        }
        Ok(())
    }

    fn const_(&mut self, stanza: &ConstStanza) -> Result<(), Fault> {
        let flags = stanza.flags.iter().try_fold(Flags::NONE, |all, f| Ok(all | flag(f.as_ref(), span_of(f))?))?;
        let ty = stanza.ty.as_ref().map(|t| self.path(t.as_ref(), span_of(t))).transpose()?.map(Ty::Library);
        for path in self.paths(&stanza.path)? {
            let term = match &stanza.term {
                None => Term::Global(path),
                Some(word) if word.as_ref() == "fresh" => Term::Fresh(hash(path, 0)),
                Some(word) if word.as_ref() == "nothing" => Term::Global(Sym::new("None")),
                Some(word) => match word.as_ref().strip_prefix('\'').and_then(|t| t.strip_suffix('\'')) {
                    Some(literal) => Term::text(literal),
                    None => return Err(Fault::unknown("term", word.as_ref(), span_of(word), &["fresh", "nothing"])),
                },
            };
            let mut value = Value::of(term).with_type(ty.clone());
            value.flags = flags;
            if self.into.consts.insert(path, value).is_some() {
                return Err(Fault::new(span_of(&stanza.path), format!("`{path}` is defined twice")));
            }
        }
        Ok(())
    }

    fn paths(&self, paths: &Spanned<Paths>) -> Result<Vec<Sym>, Fault> {
        let all = paths.as_ref().as_slice();
        if all.is_empty() {
            return Err(Fault::new(span_of(paths), "a path is missing"));
        }
        all.iter().map(|p| self.path(p, span_of(paths))).collect()
    }

    /// A path with dots, whichever way its language writes it.
    fn path(&self, text: &str, span: Span) -> Result<Sym, Fault> {
        let dotted = if self.lang == Lang::Rust { text.replace("::", ".") } else { text.to_owned() };
        let is_name = |part: &str| !part.is_empty() && part.chars().all(|c| c == '_' || c.is_alphanumeric());
        if !dotted.split('.').all(is_name) {
            return Err(Fault::new(span, format!("`{text}` is not a dotted path")));
        }
        Ok(Sym::new(&dotted))
    }
}

/// `bool` or `ok-bool`, and perhaps `with` a package and the version for which that is so.
fn answer(text: &Spanned<String>) -> Result<Answer, Fault> {
    const KINDS: &[&str] = &["bool", "ok-bool"];
    let mut words = Words::of(text)?;
    let kind = words.need("the kind of answer")?;
    if !KINDS.contains(&kind.text) {
        return Err(Fault::unknown("answer", kind.text, kind.span, KINDS));
    }
    let with = if words.eat("with") {
        let (package, version) = (words.need("the package")?, words.need("its version")?);
        Some((Sym::new(package.text), Sym::new(version.text)))
    } else {
        None
    };
    words.finish(&["with"])?;
    Ok(Answer { in_success: kind.text == "ok-bool", with })
}

fn bit((number, word): (&String, &Spanned<String>)) -> Result<(i64, Flags), Fault> {
    let span = span_of(word);
    let number = number.parse().map_err(|_| Fault::new(span, format!("`{number}` is not a number")))?;
    Ok((number, flag(word.as_ref(), span)?))
}

fn outcome(text: &Spanned<String>) -> Result<Outcome, Fault> {
    match text.as_ref().as_str() {
        "unwraps" => Ok(Outcome::Unwraps),
        "asks" => Ok(Outcome::Asks),
        other => Err(Fault::unknown("outcome", other, span_of(text), &["unwraps", "asks"])),
    }
}

fn whole_lock_spec(text: &Spanned<String>) -> Result<LockSpec, Fault> {
    let mut words = Words::of(text)?;
    let spec = lock_spec(&mut words);
    words.finish(LOCK_WORDS)?;
    Ok(spec)
}
