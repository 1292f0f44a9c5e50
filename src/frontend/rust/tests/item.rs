//! Items: imports, types, implementations, constants, modules, tests.

use super::{read, shown};

#[test]
fn imports_are_flattened() {
    let text = "use std::{fs, io::{self, Read as R, Write as _}, path::*};\npub use crate::a::b;\nuse ::c::{self as d};\nuse super::super::x;\nextern crate e as f;\nmod m { use super::g; }\nfn h() { use i::j; }";
    assert_eq!(
        shown(text).lines().take_while(|l| l.starts_with("import")).collect::<Vec<_>>(),
        [
            "import fs = std.fs",
            "import io = std.io",
            "import R = std.io.Read",
            "import _ = std.io.Write",
            "import * = std.path",
            "import b = crate.a.b",
            "import d = c",
            "import x = super.super.x",
            "import f = e",
            "import m::g = super.g",
            "import j = i.j",
        ]
    );
}

#[test]
fn types_keep_what_is_written() {
    let text = "#[derive(Clone, serde::Serialize)]\nstruct S<T: Store + 'static, U> where U: Send + Load { a: Arc<Mutex<T>>, b: &'static [U], c: Option<Box<dyn Fn(u8) -> R + Send>> }\nstruct P(u8, (A, B));\nenum E { X(u8), Y { a: A }, Z }\nunion N { a: u8 }\ntrait T: Sup<u8> + Send {}\ntype A<T> = std::result::Result<T, Error>;";
    let shown = shown(text);
    let shown: Vec<&str> = shown.lines().take_while(|l| !l.starts_with("impl") && !l.starts_with("fn")).collect();
    assert_eq!(
        shown,
        [
            "@Clone",
            "@serde.Serialize",
            "record S()",
            "  a: Arc[Mutex[Store]]",
            "  b: slice[Load]",
            "  c: Option[Box[Fn[R]]]",
            "record P()",
            "  0: u8",
            "  1: ()[A, B]",
            "enum E()",
            "  X.0: u8",
            "  Y.a: A",
            "record N()",
            "  a: u8",
            "trait T(Sup[u8], Send)",
            "alias A(std.result.Result[T, Error])",
        ]
    );
}

#[test]
fn methods_belong_to_their_type() {
    let text = "mod m { pub struct S; impl super::Load for S { fn load() {} }\n impl S { pub(crate) async fn save(self: Arc<Self>, &(a, _): &(A, B)) -> io::Result<()> { } } }\ntrait Load { fn load(); fn both(&self) { self.load() } }";
    let shown = shown(text);
    let heads: Vec<&str> = shown.lines().filter(|l| l.starts_with("impl") || l.starts_with("fn")).collect();
    assert_eq!(
        heads,
        [
            "impl m::S as super.Load: m.S.load",
            "impl m::S: m.S.save",
            "impl Load: Load.load, Load.both",
            "fn 0 <module>()",
            "fn 1 m::m.S.load()",
            "fn 2 m::m.S.save(self: Arc[Self], %1: ()[A, B]) -> io.Result[()] async receiver public",
            "fn 3 Load.load() abstract",
            "fn 4 Load.both(self: Self) receiver",
        ]
    );
}

#[test]
fn parameters_are_typed_by_bounds() {
    let text = "fn f<P: AsRef<Path>, F, T: DeserializeOwned>(p: P, f: F, i: impl Into<String>, d: &mut dyn Write, t: T::X) where F: FnOnce(&mut S) -> T + Send { T::load(); <T as Load>::go(); <S as Load>::go(); <[u8]>::len(); }";
    let shown = shown(text);
    assert!(
        shown.contains("fn 1 f(p: AsRef[Path], f: FnOnce[DeserializeOwned], i: Into[String], d: Write, t: DeserializeOwned.X)"),
        "{shown}"
    );
    for call in ["<DeserializeOwned.load>", "<Load.go>", "<S.go>", "<slice.len>"] {
        assert!(shown.contains(call), "{call} in {shown}");
    }
}

#[test]
fn constants_are_variables_of_the_top_level() {
    let text = "const A: &str = \"a\";\nmod m { pub static B: Lazy<P> = Lazy::new(|| p(C)); const C: &str = super::A; const D: u8 = E; const E: u8 = 1; }\nstruct S;\nimpl S { const F: &'static str = A; const G: u8 = Self::F; }\nlazy_static! { static ref H: u8 = g(); }\nthread_local! { pub static I: RefCell<u8> = const { RefCell::new(1) }; }\nfn f() { h(A, m::C, S::F) }";
    let shown = shown(text);
    for line in [
        "  A: str = \"a\"",
        "  m.C: str = <super.A>",
        "  m.D: u8 = <E>",
        "  m.E: u8 = 1",
        "  S.F: str = A",
        "  S.G: u8 = S.F",
        "  H: u8 = %",
        "  I: RefCell[u8] = %",
        "  m.B: Lazy[P] = %",
    ] {
        assert!(shown.contains(line), "{line} in\n{shown}");
    }
    assert!(shown.contains("= <m.C>") && shown.contains("= <S.F>") && shown.contains("= <A>"), "{shown}");
    assert!(shown.contains("fn 1 m::<closure>() closure in 0") && shown.contains("= <C>"), "{shown}");
}

#[test]
fn attributes_are_decorators() {
    let shown = shown("/// doc\n#[locked(path = \"x\", LOCK, 3)]\n#[inline]\npub fn f() {}");
    assert!(shown.contains("@locked(path=\"x\", <LOCK>, 3)\n@inline\nfn 1 f() public"), "{shown}");
}

#[test]
fn functions_begin_at_their_first_keyword() {
    let text = "#[a]\npub(crate) const unsafe fn f() {}\nimpl S { #[b] async fn g(&self) -> u8 { 1 } }";
    let file = read(text);
    let of = |i: usize| &text[file.functions[i].span.start as usize..file.functions[i].span.end as usize];
    assert_eq!(of(1), "pub(crate) const unsafe fn f() {}");
    assert_eq!(of(2), "async fn g(&self) -> u8 { 1 }");
}

#[test]
fn items_in_blocks_are_seen_before_their_place() {
    let text = "fn f() { g(); const K: &str = \"k\"; fn g() { h(K) } fn h(x: &str) { g() } struct S; impl S { fn m(&self) {} } }";
    let shown = shown(text);
    assert!(shown.contains("record S()") && shown.contains("impl S: S.m"), "{shown}");
    assert!(
        shown.contains("fn 3 f.g() in 1\n  capture h = ") && shown.contains("  K = \"k\"") || shown.contains("  K: str = \"k\""),
        "{shown}"
    );
    assert!(shown.contains("call g()"), "{shown}");
}

#[test]
fn configured_items_are_all_read() {
    let text = "cfg_if! { if #[cfg(unix)] { fn a() {} } else { fn b() {} } }\nm! { struct S { x: u8 } }\nmacro_rules! n { () => { fn c() {} } }\nextern \"C\" { fn d(); }";
    let file = read(text);
    assert_eq!(file.functions.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["<module>", "a", "b"]);
    assert_eq!(file.types.len(), 1);
}

#[test]
fn closures_capture_through_each_other() {
    let text = "fn f(a: A, b: B) { let c = move |x: u8, (y, z)| -> R { g(|| a.h(x, y)); b }; let d = async { c(1).await }; }";
    let shown = shown(text);
    let expected = "\
fn 1 f(a: A, b: B)
  c = fn 2
  d = fn 4
fn 2 f.<closure>(x: u8, %1) -> R closure in 1
  capture a = %0
  capture b = %1
  y = element 0 of %1
  z = element 1 of %1
  %5 = fn 3
  %6 = call <g>(%5)
  drop %6, %5
  return b
fn 3 f.<closure>.<closure>() closure in 2
  capture a = %4
  capture x = %0
  capture y = %2
  %3 = call a.h(x, y)
  return %3
fn 4 f.<async>() async closure in 1
  capture c = %3
  %1 = 1
  %2 = call c(%1)
  %3 = await %2
  return %3
";
    assert_eq!(shown.split_once("fn 1 ").map(|(_, b)| format!("fn 1 {b}")).as_deref(), Some(expected), "{shown}");
}

#[test]
fn statics_of_blocks_outlive_the_call() {
    let shown = shown("fn f() { static L: Mutex<()> = Mutex::new(()); L.lock(); }\nfn g() { static L: u8 = 1; h(L); }");
    assert!(shown.contains("  L: Mutex[()] = %") && shown.contains("call <L.lock>()"), "{shown}");
    assert!(shown.contains("fn 2 g()\n  L: u8 = 1\n"), "{shown}");
}
