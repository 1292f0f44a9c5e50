//! The loader: every word of the format, every kind of fault with its place, and the built-in files.

use std::collections::BTreeSet;

use super::embedded::{builtin, files};
use super::{ModelError, parse};
use crate::effect::{
    Answer, CheckKind, Dep, Deps, Domain, EventKind, Flags, Kind, Library, LibraryCall, LockSpec, Mode, Outcome, Reach, Summary, Term,
    Value, Way, WriteKind,
};
use crate::source::{Lang, Sym};

const DEFAULT_LOCK: LockSpec = LockSpec { mode: Mode::Exclusive, reach: Reach::Process, way: Way::Blocking, domain: Domain::Flock };

fn library(text: &str) -> Library {
    let mut library = Library::default();
    parse("test.toml", text, Lang::Python, &mut library).unwrap_or_else(|e| panic!("{e:?}"));
    library
}

fn errors(text: &str) -> Vec<ModelError> {
    parse("test.toml", text, Lang::Python, &mut Library::default()).expect_err("the text is wrong")
}

/// The only error of a text: what its span covers, its message and help.
fn error(text: &str) -> (&str, String, String) {
    let mut all = errors(text);
    assert_eq!(all.len(), 1, "{all:?}");
    let e = all.remove(0);
    assert_eq!(e.file, "test.toml");
    (&text[e.span.start as usize..e.span.end as usize], e.message, e.help.unwrap_or_default())
}

fn call(stanza: &str) -> LibraryCall {
    library(&format!("[[call]]\npath = 'm.f'\n{stanza}")).calls.remove(&Sym::new("m.f")).expect("the path is defined")
}

fn summary(stanza: &str) -> Summary {
    call(stanza).summary
}

fn ret(stanza: &str) -> Value {
    summary(stanza).ret.expect("a result is given")
}

fn kind(does: &str) -> EventKind {
    let mut s = summary(&format!("params = ['x', 'y', 'm']\ndoes = [\"{does}\"]"));
    assert_eq!(s.events.len(), 1);
    s.events.remove(0).kind
}

fn param(i: u16) -> Value {
    Value::of(Term::Param(i))
}

fn place(i: u16) -> Dep {
    Dep::place(Term::Param(i))
}

fn deps(all: impl IntoIterator<Item = Dep>) -> Deps {
    all.into_iter().collect()
}

#[test]
fn plain_events_name_their_resource() {
    let s = summary("params = ['x']\ndoes = ['read x', 'remove x', 'flush x', 'close x', 'drop x', 'suspend']");
    let kinds: Vec<_> = s.events.iter().map(|e| e.kind.clone()).collect();
    let remove = EventKind::Write(WriteKind::Remove);
    assert_eq!(kinds, [EventKind::Read, remove, EventKind::Flush, EventKind::Close, EventKind::Drop, EventKind::Suspend]);
    assert!(s.events[..5].iter().all(|e| e.resource == param(0)));
    assert_eq!(s.ret, None);
}

#[test]
fn writes_have_a_kind_and_sources() {
    assert_eq!(kind("write x"), EventKind::Write(WriteKind::AsOpened));
    for (word, expected) in [
        ("truncate", WriteKind::Truncate),
        ("in-place", WriteKind::InPlace),
        ("append", WriteKind::Append),
        ("create-new", WriteKind::CreateNew),
        ("replace", WriteKind::Replace),
        ("metadata", WriteKind::Metadata),
    ] {
        assert_eq!(kind(&format!("write x {word}")), EventKind::Write(expected));
    }
    let s = summary("params = ['x', 'y', 'z']\ndoes = ['write x append from y z']");
    assert_eq!(s.events[0].data, deps([place(1), place(2)]));
    let s = summary("params = ['x', 'y']\ndoes = ['read y', 'read x', 'write x from y']");
    assert_eq!(s.events[2].data, deps([Dep::Event(0), place(1)]), "of what was read only the sources count");
}

#[test]
fn creation_and_removal_may_be_tolerant() {
    for (does, expected) in [("write x create-new ok y", WriteKind::CreateNew), ("remove x ok y", WriteKind::Remove)] {
        let s = summary(&format!("params = ['x', 'y=false']\ndoes = ['{does}']"));
        assert_eq!(s.events[0].kind, EventKind::Write(expected));
        let Some(Kind::AddFlags { base, flags, when }) = s.events[0].resource.kind.as_deref() else { panic!("flags") };
        assert_eq!((&**base, *flags, when.as_deref()), (&param(0), Flags::CREATE, Some(&param(1))));
    }
}

#[test]
fn quoted_text_has_holes() {
    let s = summary("params = ['dir', 'id']\ndoes = [\"acquire '{dir}/{id}.lock' scoped\"]\nreturns = \"guard '{dir}/{id.name}.json'\"");
    let join = |parts: Vec<Term>| Term::Call(Sym::new("$join"), parts.into());
    let dir = || Term::Param(0);
    assert_eq!(s.events[0].resource.term, join(vec![dir(), Term::concat([Term::Param(1), Term::text(".lock")])]));
    let id = Term::Param(1).field(Sym::new("name"));
    let guard = s.ret.expect("a guard");
    assert_eq!(guard.term, join(vec![dir(), Term::concat([id, Term::text(".json")])]));
    assert_eq!(guard.deps, deps([Dep::Guard(0), place(0), Dep::place(id)]));
    assert_eq!(ret("params = ['x']\nreturns = \"'a-{x}'\"").term, Term::concat([Term::text("a-"), Term::Param(0)]));
}

#[test]
fn renames_links_and_copies_have_two_ends() {
    assert_eq!(kind("rename x to y"), EventKind::ReplaceFrom { from: param(0), exclusive: false });
    assert_eq!(kind("link x to y"), EventKind::ReplaceFrom { from: param(0), exclusive: true });
    let s = summary("params = ['x', 'y']\ndoes = ['copy x to y']");
    assert_eq!((&s.events[0].kind, &s.events[0].resource), (&EventKind::Read, &param(0)));
    assert_eq!((&s.events[1].kind, &s.events[1].resource), (&EventKind::Write(WriteKind::Replace), &param(1)));
    assert_eq!(s.events[1].data, deps([Dep::Event(0)]));
}

#[test]
fn checks_and_opens() {
    for (word, expected) in [
        ("", CheckKind::Exists),
        (" exists", CheckKind::Exists),
        (" metadata", CheckKind::Metadata),
        (" access", CheckKind::Access),
        (" list", CheckKind::List),
        (" resolve", CheckKind::Resolve),
    ] {
        assert_eq!(kind(&format!("check x{word}")), EventKind::Check(expected));
    }
    assert_eq!(kind("open x"), EventKind::Open { mode: None });
    assert_eq!(kind("open x mode m"), EventKind::Open { mode: Some(param(2)) });
    let EventKind::Open { mode: Some(letters) } = kind("open x mode 'w'") else { panic!("a mode") };
    assert_eq!((letters.term, letters.flags), (Term::text("w"), Flags::WRITE | Flags::TRUNCATE | Flags::CREATE));
    let EventKind::Open { mode: Some(words) } = kind("open x mode 'write create-new'") else { panic!("a mode") };
    assert_eq!(words.flags, Flags::WRITE | Flags::CREATE_NEW);
}

#[test]
fn acquisitions_have_a_specification_and_are_held_until_released() {
    assert_eq!(kind("acquire x"), EventKind::Acquire { spec: DEFAULT_LOCK, mode: None, scoped: false });
    let spec = LockSpec { mode: Mode::Shared, reach: Reach::Process, way: Way::Try, domain: Domain::Posix };
    assert_eq!(kind("acquire x shared try posix mode m scoped"), EventKind::Acquire { spec, mode: Some(param(2)), scoped: true });
    let spec = LockSpec { reach: Reach::Thread, way: Way::Timed, domain: Domain::Memory, ..DEFAULT_LOCK };
    assert_eq!(kind("acquire x thread timed"), EventKind::Acquire { spec, mode: None, scoped: false });
    assert_eq!(kind("acquire x timed memory"), EventKind::Acquire { spec, mode: None, scoped: false });

    let s = summary("params = ['x', 'f']\ndoes = ['acquire x', 'run f with x', 'release x', 'read x']");
    assert_eq!(s.events[1].kind, EventKind::Run { callee: param(1), args: vec![param(0)] });
    let held: Vec<Vec<u32>> = s.events.iter().map(|e| e.held.to_vec()).collect();
    assert_eq!(held, [vec![], vec![0], vec![], vec![]]);
    assert!(s.held.is_empty());
    assert_eq!(summary("params = ['x']\ndoes = ['acquire x']").held, [0]);
}

#[test]
fn mutation_takes_up_what_was_read_and_given() {
    let s = summary("params = ['x', 'y']\ndoes = ['read x', 'mutate self from y']");
    assert_eq!(s.params[0].name, Sym::new("self"));
    assert_eq!(s.events[1].resource, param(0));
    assert_eq!(s.events[1].data, deps([Dep::Event(0), place(2)]));
}

#[test]
fn parameters_have_defaults_and_fields() {
    let s = summary("params = ['x', \"mode='r'\", 'n=-1', 'b=false', 'o=None', '*']\ndoes = ['read x.name']");
    let defaults: Vec<Option<Term>> = s.params.iter().map(|p| p.default.clone().map(|v| v.term)).collect();
    let none = Term::Global(Sym::new("None"));
    assert_eq!(defaults, [None, Some(Term::text("r")), Some(Term::text("-1")), Some(Term::text("false")), Some(none), None]);
    assert_eq!(s.events[0].resource.term, Term::Param(0).field(Sym::new("name")));
}

#[test]
fn the_receiver_is_implicit_where_it_is_spoken_of() {
    let names = |s: Summary| s.params.iter().map(|p| p.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(summary("params = ['x']\nreturns = 'self'")), ["self", "x"]);
    assert_eq!(names(summary("params = ['self', 'x']\nreturns = 'x'")), ["self", "x"]);
    assert_eq!(names(summary("params = ['x']\nreturns = 'x'")), ["x"]);
    assert_eq!(names(summary("attr = true")), ["self"]);
    assert_eq!(names(summary("params = ['x']\nreturns = \"'{self.dir}/{x}'\"")), ["self", "x"]);
}

#[test]
fn results_that_are_data_or_a_parameter() {
    assert_eq!(ret("returns = 'nothing'"), Value::of(Term::Global(Sym::new("None"))));
    let data = ret("params = ['x', 'y']\ndoes = ['read x', 'run y', 'check x', 'write x']\nreturns = 'data y'");
    assert_eq!(data, Value::unknown().with_deps(&deps([Dep::Event(0), Dep::Event(1), Dep::Event(2), place(1)])));
    assert_eq!(ret("params = ['x']\nreturns = 'x'"), param(0).with_deps(&deps([place(0)])));
    assert_eq!(ret("returns = \"'lit'\""), Value::of(Term::text("lit")));
    let of_x = Value::of(Term::Call(Sym::new("m.f"), [Term::Param(0)].into()));
    assert_eq!(ret("params = ['x']\nreturns = 'call'"), of_x);
    assert_eq!(ret("params = ['x']\nreturns = 'call x'"), of_x.with_deps(&deps([place(0)])));
}

#[test]
fn results_that_are_paths() {
    let x = || Term::Param(0);
    let y = || Term::Param(1);
    let term = |returns: &str| ret(&format!("params = ['x', 'y', '*']\nreturns = \"{returns}\"")).term;
    let operator = |name: &str, args: &[Term]| Term::Call(Sym::new(name), args.into());
    assert_eq!(term("join x *"), operator("$join", &[x(), Term::Param(2)]));
    assert_eq!(term("concat x '.lock'"), Term::concat([x(), Term::text(".lock")]));
    assert_eq!(term("suffix x y"), x().with_suffix(y()));
    assert_eq!(term("suffix x"), operator("suffix", &[x()]));
    assert_eq!(term("extension x y"), operator("$extension", &[x(), y()]));
    assert_eq!(term("name x 'n'"), operator("$name", &[x(), Term::text("n")]));
    assert_eq!(term("parent x"), x().parent());
    assert_eq!(term("item x y"), operator("$item", &[x(), y()]));
    assert_eq!(term("partial x *"), operator("$partial", &[x(), Term::Param(2)]));
    assert_eq!(ret("params = ['x', 'y']\nreturns = \"concat x '-' y\"").deps, deps([place(0), place(1)]));
}

#[test]
fn results_that_are_handles_locks_and_guards() {
    let handle = ret("params = ['x', 'm']\nreturns = 'handle x mode m'");
    assert!(matches!(handle.term, Term::New(_)));
    assert_eq!(handle.kind.as_deref(), Some(&Kind::Handle { path: Box::new(param(0)), mode: Box::new(param(1)) }));

    let lock = ret("params = ['x']\nreturns = 'lock x shared'");
    let spec = LockSpec { mode: Mode::Shared, ..DEFAULT_LOCK };
    assert_eq!(lock.kind.as_deref(), Some(&Kind::Lock { spec, target: Box::new(param(0)), inner: None }));
    let own = ret("returns = 'lock thread'");
    let Some(Kind::Lock { spec, target, .. }) = own.kind.as_deref() else { panic!("a lock") };
    assert_eq!((spec.reach, spec.domain, &target.term), (Reach::Thread, Domain::Memory, &own.term));

    let known = ret("params = ['x', 'y']\nreturns = 'lock x shared as y'");
    assert_eq!((known.term, known.deps, known.kind), (Term::Param(1), deps([place(1)]), lock.kind));

    let guard = ret("params = ['x']\ndoes = ['read x', 'acquire x scoped']\nreturns = 'guard x'");
    assert_eq!((guard.term, guard.deps), (Term::Param(0), deps([Dep::Guard(1), place(0)])));
    let own = ret("params = ['x']\ndoes = ['acquire x scoped']\nreturns = 'guard'");
    assert!(matches!(own.term, Term::New(_)));
    assert_eq!(own.deps, deps([Dep::Guard(0)]));
}

#[test]
fn answers_and_outcomes_have_words() {
    assert_eq!(call("answer = 'bool'").answer, Some(Answer { in_success: false, with: None }));
    let with = Some((Sym::new("fs4"), Sym::new("0.13")));
    assert_eq!(call("answer = 'ok-bool with fs4 0.13'").answer, Some(Answer { in_success: true, with }));
    assert_eq!(call("outcome = 'asks'").outcome, Some(Outcome::Asks));
    let message = |key: &str| error(&format!("[[call]]\npath = 'm.f'\n{key}\n")).1;
    assert_eq!(message("answer = 'ok-bol'"), "unknown answer `ok-bol`");
    assert_eq!(message("answer = 'bool with x'"), "its version is missing");
    assert_eq!(message("outcome = 'ask'"), "unknown outcome `ask`");
}

#[test]
fn bits_of_numbers_have_flags() {
    let bits = call("bits = { 2 = 'exclusive', 4 = 'try' }").bits;
    assert_eq!(bits[..], [(2, Flags::EXCLUSIVE), (4, Flags::TRY)]);
}

#[test]
fn one_call_makes_one_fresh_name() {
    let made = ret("returns = 'tuple fresh handle; fresh'");
    let Some(Kind::Tuple(parts)) = made.kind.as_deref() else { panic!("a tuple") };
    assert!(matches!(parts[1].term, Term::Fresh(_)));
    assert_eq!(parts[0].resource(), &parts[1]);
}

#[test]
fn builders_add_flags() {
    let v = ret("params = ['on']\nreturns = \"flags self + 'write create' if on\"");
    let Some(Kind::AddFlags { base, flags, when }) = v.kind.as_deref() else { panic!("flags") };
    assert_eq!((&base.term, *flags), (&Term::Param(0), Flags::WRITE | Flags::CREATE));
    assert_eq!(when.as_deref(), Some(&param(1)));
}

#[test]
fn types_constants_and_names_of_rust() {
    let mut lib = Library::default();
    let text = "[[type]]\nname = 'a::B'\nalias = ['a::C']\nis = ['a::D']\nlock = 'thread'\nwraps = true\npath = true\nmemory = true\nbuffered = true\n\
                [[const]]\npath = ['k::A', 'k::B']\nflags = ['exclusive', 'try']\ntype = 'a::B'\n[[const]]\npath = 'k::C'\nterm = 'fresh'\n\
                [[const]]\npath = 'k::D'\nterm = \"'/'\"\n\
                [[call]]\npath = ['a::B::one', 'a::B::two']\nany = true\ntype = 'a::C'\n";
    parse("r.toml", text, Lang::Rust, &mut lib).expect("the text is right");
    let t = &lib.types[&Sym::new("a.B")];
    assert_eq!((&t.is[..], t.wraps, t.path, t.lock.map(|l| l.domain)), (&[Sym::new("a.D")][..], true, true, Some(Domain::Memory)));
    assert!(lib.is_memory(Sym::new("a.C")) && !lib.is_memory(Sym::new("a.D")));
    assert!(lib.is_buffered(Sym::new("a.C")) && !lib.is_buffered(Sym::new("a.D")));
    assert_eq!(lib.type_alias[&Sym::new("a.C")], Sym::new("a.B"));
    assert_eq!(lib.consts[&Sym::new("k.B")].flags, Flags::EXCLUSIVE | Flags::TRY);
    assert!(matches!(lib.consts[&Sym::new("k.C")].term, Term::Fresh(_)));
    assert_eq!(lib.consts[&Sym::new("k.D")].term, Term::text("/"));
    assert_eq!(lib.any_receiver[&Sym::new("two")], Sym::new("a.B.two"));
    assert_eq!(lib.calls[&Sym::new("a.B.one")].ret_type, Some(Sym::new("a.C")));
}

#[test]
fn a_later_file_replaces_what_an_earlier_one_said() {
    let mut lib = library("[[call]]\npath = 'm.f'\nparams = ['x']\ndoes = ['read x']\n");
    parse("own.toml", "[[call]]\npath = 'm.f'\n", Lang::Python, &mut lib).expect("the text is right");
    assert!(lib.calls[&Sym::new("m.f")].summary.events.is_empty());
    let wrong = "[[call]]\npath = 'm.f'\ndoes = ['suspend']\n[[call]]\npath = 'm.g'\ndoes = ['nonsense']\n";
    parse("own.toml", wrong, Lang::Python, &mut lib).expect_err("the text is wrong");
    assert!(lib.calls[&Sym::new("m.f")].summary.events.is_empty(), "nothing of a wrong file is taken");
}

#[test]
fn faults_of_the_toml_have_their_place() {
    assert_eq!(
        error("[[call]]\npath = 'm.f'\nretuns = 'x'\n"),
        ("retuns", "unknown key `retuns`".into(), "did you mean `returns`?".into())
    );
    assert_eq!(error("[[cal]]\n").0, "cal");
    assert_eq!(error("[[call]]\npath = 3\n").0, "3");
    assert!(error("[[call]]\nany = true\n").1.contains("missing field `path`"));
}

#[test]
fn faults_of_words_have_their_place() {
    let wrong = |does: &str| format!("[[call]]\npath = 'm.f'\nparams = ['path', 'to']\ndoes = [\"{does}\"]\n");
    for (does, place, message, help) in [
        ("raed path", "raed", "unknown event `raed`", "known: `read`, `write`, `each`"),
        ("writ path", "writ", "unknown event `writ`", "did you mean `write`?"),
        ("read pth", "pth", "unknown parameter `pth`", "did you mean `path`?"),
        ("write path apend", "apend", "unknown word `apend`", "did you mean `append`?"),
        ("check path list list", "list", "`list` may not stand here", ""),
        ("acquire path sared", "sared", "unknown word `sared`", "did you mean `shared`?"),
        ("open path mode 'write creat'", "'write creat'", "unknown flag `creat`", "did you mean `create`?"),
        ("rename path", "\"rename path\"", "`to` and a target must follow the source", ""),
        ("read", "\"read\"", "what it happens to is missing", ""),
        ("read path path", "path", "unknown word `path`", ""),
        ("read path if pth", "pth", "unknown parameter `pth`", "did you mean `path`?"),
        ("write path unless", "\"write path unless\"", "the condition is missing", ""),
        ("write path from 'x", "'x", "this quote is not closed", ""),
        ("read '{path'", "'{path'", "this brace is not closed", ""),
        ("read '{pth}'", "'{pth}'", "unknown parameter `pth`", "did you mean `path`?"),
    ] {
        let text = wrong(does);
        let (at, said, helped) = error(&text);
        assert_eq!((at, said.as_str()), (place, message), "{does}");
        assert!(helped.starts_with(help), "{does}: {helped}");
    }
}

#[test]
fn faults_of_results_parameters_types_and_constants() {
    for (text, place, message) in [
        ("[[call]]\npath = 'm.f'\nreturns = 'nothin'\n", "nothin", "unknown result `nothin`"),
        ("[[call]]\npath = 'm.f'\nreturns = 'guard'\n", "'guard'", "a guard needs an `acquire` in `does`"),
        ("[[call]]\npath = 'm.f'\nparams = ['a=b']\n", "'a=b'", "`b` is no literal"),
        ("[[call]]\npath = 'm.f'\nparams = ['a', 'a']\n", "'a'", "parameter `a` is named twice"),
        ("[[call]]\npath = 'm.f'\nparams = ['a', 'self']\n", "'self'", "`self` must be the first parameter"),
        ("[[call]]\npath = 'm..f'\n", "'m..f'", "`m..f` is not a dotted path"),
        ("[[call]]\npath = ['m.f', 'm.f']\n", "['m.f', 'm.f']", "`m.f` is defined twice"),
        ("[[call]]\npath = 'm.f'\nparams = ['a']\nreturns = \"flags a 'write'\"\n", "\"flags a 'write'\"", "`+` and the flags are missing"),
        ("[[type]]\nname = 'T'\nlock = 'exclusiv'\n", "exclusiv", "unknown word `exclusiv`"),
        ("[[call]]\npath = 'm.f'\nbits = { 2 = 'exclusve' }\n", "'exclusve'", "unknown flag `exclusve`"),
        ("[[call]]\npath = 'm.f'\nbits = { two = 'exclusive' }\n", "'exclusive'", "`two` is not a number"),
        ("[[call]]\npath = 'm.f'\nreturns = 'base'\n", "'base'", "the parts are missing"),
        ("[[const]]\npath = 'C'\nflags = ['exclusve']\n", "'exclusve'", "unknown flag `exclusve`"),
        ("[[const]]\npath = 'C'\nterm = 'new'\n", "'new'", "unknown term `new`"),
    ] {
        let (at, said, _) = error(text);
        assert_eq!((at, said.as_str()), (place, message));
    }
}

#[test]
fn all_faulty_stanzas_are_told() {
    let text = "[[call]]\npath = 'm.f'\ndoes = ['x']\n[[type]]\nname = ''\n[[const]]\npath = []\n";
    let messages: Vec<String> = errors(text).into_iter().map(|e| e.message).collect();
    assert_eq!(messages, ["unknown event `x`", "`` is not a dotted path", "a path is missing"]);
}

#[test]
fn every_built_in_file_is_read_and_listed() {
    for (lang, folder) in [(Lang::Python, "models/python"), (Lang::Rust, "models/rust")] {
        let listed: Vec<&str> = files(lang).iter().map(|(name, _)| *name).collect();
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let present: BTreeSet<String> = walkdir::WalkDir::new(root)
            .into_iter()
            .flatten()
            .filter(|e| e.path().extension().is_some_and(|x| x == "toml"))
            .map(|e| format!("{folder}/{}", e.file_name().to_string_lossy()))
            .collect();
        assert_eq!(listed, present.iter().map(String::as_str).collect::<Vec<_>>(), "the list of {folder} in src/models/");
        let wrong: Vec<String> = files(lang)
            .iter()
            .filter_map(|(name, text)| Some((text, parse(name, text, lang, &mut Library::default()).err()?)))
            .flat_map(|(text, errors)| errors.into_iter().map(move |e| describe(&e, text)))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(builtin(lang).calls.is_empty(), listed.is_empty());
    }
}

#[test]
fn no_two_built_in_files_define_the_same() {
    for lang in [Lang::Python, Lang::Rust] {
        let mut seen: Vec<(&str, Sym, &str)> = Vec::new();
        for (name, text) in files(lang) {
            let mut one = Library::default();
            parse(name, text, lang, &mut one).expect("the file is right");
            seen.extend(one.calls.keys().map(|s| ("call", *s, *name)));
            seen.extend(one.types.keys().chain(one.type_alias.keys()).map(|s| ("type", *s, *name)));
            seen.extend(one.consts.keys().map(|s| ("const", *s, *name)));
        }
        seen.sort();
        seen.dedup();
        let twice: Vec<_> = seen.windows(2).filter(|w| (w[0].0, w[0].1) == (w[1].0, w[1].1)).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}

fn describe(e: &ModelError, text: &str) -> String {
    let line = text[..e.span.start as usize].lines().count();
    format!("{}:{line}: {} ({})", e.file, e.message, e.help.as_deref().unwrap_or_default())
}
