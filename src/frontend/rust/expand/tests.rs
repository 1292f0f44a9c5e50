//! What calls become: each fragment, repetition and place, and nothing at all where that cannot be done.

mod bounds;
mod names;

use proc_macro2::TokenStream;

use super::{Macros, defined, expand};
use crate::source::Sym;
use crate::source::modules::Module;

fn module(path: &str) -> Module {
    let root = path.split('.').next().unwrap_or(path);
    Module { path: Sym::new(path), root: Sym::new(root), is_package: false, manifest: None }
}

/// Tokens as text without spaces but between words; groups without brackets are shown as `‹…›`.
fn shown(tokens: TokenStream) -> String {
    use proc_macro2::{Delimiter, TokenTree};
    let mut out = String::new();
    for token in tokens {
        let text = match token {
            TokenTree::Group(g) => {
                let (open, close) = match g.delimiter() {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Brace => ('{', '}'),
                    Delimiter::Bracket => ('[', ']'),
                    Delimiter::None => ('‹', '›'),
                };
                format!("{open}{}{close}", shown(g.stream()))
            }
            other => other.to_string(),
        };
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if out.ends_with(is_word) && text.starts_with(is_word) {
            out.push(' ');
        }
        out.push_str(&text);
    }
    out
}

/// A text that follows definitions, with its calls replaced.
fn expanded(definitions: &str, text: &str) -> String {
    let tokens: TokenStream = format!("{definitions}\nstruct Mark;\n{text}").parse().expect("tokens");
    let out = expand(&tokens, &Macros::default(), module("app")).unwrap_or(tokens);
    let (_, after) = shown(out).split_once("struct Mark;").map(|(a, b)| (a.to_owned(), b.to_owned())).expect("the mark is kept");
    after
}

#[track_caller]
fn becomes(definitions: &str, text: &str, expected: &str) {
    assert_eq!(expanded(definitions, text), expected);
}

#[track_caller]
fn stays(definitions: &str, text: &str) {
    let tokens: TokenStream = text.parse().expect("tokens");
    assert_eq!(expanded(definitions, text), shown(tokens));
}

#[test]
fn each_kind_of_fragment() {
    let cases = [
        ("ident", "a", "a"),
        ("ident", "_", "no"),
        ("ident", "a.b", "no"),
        ("expr", "a", "a"),
        ("expr", "a + b(c)?", "‹a+b(c)?›"),
        ("expr", "f::<A, B>(1)", "‹f::<A,B>(1)›"),
        ("expr", "let x = 1", "no"),
        ("expr", "_", "no"),
        ("ty", "Vec<u8>", "‹Vec<u8>›"),
        ("ty", "&'a [T]", "‹&'a[T]›"),
        ("ty", "1", "no"),
        ("path", "a::b::<C>", "a::b::<C>"),
        ("literal", "-1.5", "-1.5"),
        ("literal", "\"s\"", "\"s\""),
        ("literal", "true", "true"),
        ("literal", "x", "no"),
        ("block", "{ f(); }", "{f();}"),
        ("block", "f", "no"),
        ("stmt", "let x = f()", "let x=f()"),
        ("stmt", "f()", "f()"),
        ("stmt", "fn f() {}", "fn f(){}"),
        ("pat", "Some(x) | None", "Some(x)|None"),
        ("pat_param", "Some(x)", "Some(x)"),
        ("pat_param", "A | B", "no"),
        ("item", "pub struct S { x: u8 }", "pub struct S{x:u8}"),
        ("tt", "{ a b }", "{a b}"),
        ("tt", "=>", "=>"),
        ("tt", "'a", "'a"),
        ("tt", "a b", "no"),
        ("vis", "pub(crate)", "pub(crate)"),
        ("vis", "", ""),
        ("lifetime", "'a", "'a"),
        ("lifetime", "a", "no"),
        ("meta", "cfg(test)", "cfg(test)"),
        ("meta", "path = \"x\"", "path=\"x\""),
    ];
    for (kind, input, expected) in cases {
        let m = format!("macro_rules! m {{ ($x:{kind}) => {{ got! {{ $x }} }}; ($($t:tt)*) => {{ got! {{ no }} }} }}");
        becomes(&m, &format!("m!({input});"), &format!("got!{{{expected}}}"));
    }
}

#[test]
fn the_first_arm_that_takes_all_is_taken() {
    let m = "macro_rules! m { (add $a:expr, $b:expr) => { $a + $b }; ($a:expr) => { one($a) }; ($($t:tt)*) => { rest() } }";
    becomes(m, "const A: u8 = m!(add 1, 2);", "const A:u8=‹1+2›;");
    becomes(m, "const A: u8 = m!(x.y);", "const A:u8=‹one(‹x.y›)›;");
    becomes(m, "const A: u8 = m!(1, 2);", "const A:u8=‹rest()›;");
}

#[test]
fn tokens_are_compared_whole() {
    let m =
        "macro_rules! m { ($a:ident = $b:ident) => { set }; ($a:ident == $b:ident) => { same }; ('a) => { life }; (\"s\") => { text } }";
    becomes(m, "const A: u8 = m!(x == y);", "const A:u8=same;");
    becomes(m, "const A: u8 = m!(x = y);", "const A:u8=set;");
    becomes(m, "const A: u8 = m!('a);", "const A:u8=life;");
    becomes(m, "const A: u8 = m!(\"s\");", "const A:u8=text;");
    stays(m, "const A: u8 = m!(x => y);");
}

#[test]
fn repetitions() {
    let m = "macro_rules! m { ($($k:ident => $v:expr),+ $(,)?) => { fill(&[$(stringify!($k), $v),*]) } }";
    becomes(m, "const A: u8 = m!(a => 1, b => 2 + 3,);", "const A:u8=‹fill(&[stringify!(a),1,stringify!(b),‹2+3›])›;");
    stays(m, "const A: u8 = m!();");
    let m = "macro_rules! m { ($($a:ident)? ; $($b:ident)*) => { [$($a)? $(,$b)*] } }";
    becomes(m, "const A: u8 = m!(;);", "const A:u8=[];");
    becomes(m, "const A: u8 = m!(x; y z);", "const A:u8=[x,y,z];");
    stays(m, "const A: u8 = m!(x y; z);");
}

#[test]
fn repetitions_in_repetitions() {
    let m = "macro_rules! m { ($($t:ident { $($f:ident: $ty:ty),* })*) => { $(impl $t { $(fn $f(&self) -> $ty { self.$f })* })* } }";
    becomes(m, "m! { A { x: u8, y: Vec<u8> } B {} }", "impl A{fn x(&self)->u8{self.x}fn y(&self)->‹Vec<u8>›{self.y}}impl B{}");
    let m = "macro_rules! m { ($o:ident: $($f:ident),*) => { f($($o.$f),*) } }";
    becomes(m, "const A: u8 = m!(o: x, y);", "const A:u8=‹f(o.x,o.y)›;");
    // Of different lengths: as many as both have.
    let m = "macro_rules! m { ($($a:ident)*; $($b:ident)*) => { f($($a.$b),*) } }";
    becomes(m, "const A: u8 = m!(x y; z);", "const A:u8=‹f(x.z)›;");
}

#[test]
fn macros_call_macros() {
    let m = "macro_rules! a { ($x:ty; $($f:ident),*) => { fn base() -> $x {} $(a!(@one $x, $f);)* }; (@one $x:ty, get) => { fn get() -> $x {} }; (@one $x:ty, set) => { fn set(x: $x) {} } }";
    becomes(m, "a!(Vec<T>; get, set);", "fn base()->‹Vec<T>›{}fn get()->‹Vec<T>›{}fn set(x:‹Vec<T>›){}");
    let count = "macro_rules! n { () => { 0 }; ($h:tt $($t:tt)*) => { 1 + n!($($t)*) } }";
    becomes(count, "const A: u8 = n!(a b);", "const A:u8=‹1+‹1+0››;");
    let maker = "macro_rules! maker { ($n:ident) => { macro_rules! $n { ($x:expr) => { $n($x) } } } } maker!(made);";
    becomes(maker, "const A: u8 = made!(1);", "const A:u8=‹made(1)›;");
}

#[test]
fn types_and_paths() {
    let m = "macro_rules! m { ($t:ty) => { fn f() { $t::new(); <$t as New>::new(); g::<$t>(); } } }";
    becomes(m, "m!(Vec<u8>);", "fn f(){<Vec<u8>>::new();<‹Vec<u8>›as New>::new();g::<‹Vec<u8>›>();}");
    becomes(m, "m!(T);", "fn f(){T::new();<T as New>::new();g::<T>();}");
    let m = "macro_rules! m { () => { u8 } } macro_rules! p { () => { Some(_) | None } }";
    becomes(m, "fn f(x: m!()) { match x { p!() => 1 } }", "fn f(x:u8){match x{‹Some(_)|None›=>1}}");
    becomes("macro_rules! m { () => { $crate::a::b() } }", "const A: u8 = m!();", "const A:u8=‹crate::a::b()›;");
}

#[test]
fn places() {
    let m = "macro_rules! stmts { ($e:expr) => { let a = $e; a.run() } } macro_rules! item { ($n:ident) => { fn $n() {} } } macro_rules! e { ($e:expr) => { $e + 1 } }";
    becomes(m, "fn f() { stmts!(1); g() }", "fn f(){let a=1;a.run();g()}");
    becomes(m, "fn f() { g(); stmts!(1) }", "fn f(){g();let a=1;a.run()}");
    becomes(m, "fn f() { stmts! { 1 } g() }", "fn f(){let a=1;a.run();g()}");
    becomes(m, "fn f() { let x = || stmts!(1); }", "fn f(){let x=||{let a=1;a.run()};}");
    becomes(m, "fn f() { e!(1) * 2; e!(1).abs(); x[e!(2)] }", "fn f(){‹1+1›*2;‹1+1›.abs();x[‹2+1›]}");
    becomes(m, "fn f() { match x { A => {} B => e!(1), } }", "fn f(){match x{A=>{}B=>‹1+1›,}}");
    becomes(m, "#![allow(x)] item!(a); mod m { item! { b } } impl T { item!(c); }", "#![allow(x)]fn a(){}mod m{fn b(){}}impl T{fn c(){}}");
    becomes(m, "fn f() { println!(\"{}\", e!(1)); select! { x = e!(2) => {} } }", "fn f(){println!(\"{}\",‹1+1›);select!{x=‹2+1›=>{}}}");
    becomes(m, "fn f() { item!(g); g(); }", "fn f(){fn g(){}g();}");
    becomes(m, "/// Text.\n#[allow(y)] item!(a);", "fn a(){}");
    stays(m, "#[cfg(test)] item!(a);");
    stays(m, "fn f() { if !e { !(e) } else { e != (x) } }");
}

#[test]
fn methods_of_a_trait() {
    let m = "macro_rules! m { ($n:ident) => { fn $n(&self) -> Self::Out; type Out; } }";
    becomes(m, "trait T { m!(a); }", "trait T{fn a(&self)->Self::Out;type Out;}");
}

#[test]
fn names_of_the_macro_are_not_those_of_the_caller() {
    let m = "macro_rules! keep { ($p:expr) => { let file = open($p); file.lock() } }";
    becomes(m, "fn f() { keep!(file); use_it(file) }", "fn f(){let file__0=open(file);file__0.lock();use_it(file)}");
    becomes(m, "fn f() { keep!(path); use_it(file) }", "fn f(){let file__0=open(path);file__0.lock();use_it(file)}");
    becomes(m, "fn f() { keep!(path); use_it(x) }", "fn f(){let file=open(path);file.lock();use_it(x)}");
    let m = "macro_rules! each { ($x:ident, $b:expr) => { for i in $x { match i { Ok(v) => $b(v), Err(e) => (|w| $b(w))(e) } } } }";
    becomes(m, "fn f() { each!(v, w.i); }", "fn f(){for i__0 in v{match i__0{Ok(v__0)=>‹w.i›(v__0),Err(e)=>(|w__0|‹w.i›(w__0))(e)}}}");
}

#[test]
fn what_cannot_be_replaced_stays() {
    stays("", "unknown!(a); fn f() { println!(\"x\"); }");
    stays("macro_rules! m { ($x:ident) => { $y } }", "fn f() { m!(1); }");
    stays("macro_rules! m { ($($x:ident)*) => { $x } }", "const A: u8 = m!(a b);");
    stays("macro_rules! m { () => { fn } }", "fn f() { m!(); let x = m!(); }");
    stays("macro_rules! m { () => { ) } }".replace(')', "= >").as_str(), "fn f() { m!(); }");
    stays("macro_rules! m { no arms }", "fn f() { m!(); }");
    stays("macro_rules! m { ($x:nonsense) => { $x } }", "fn f() { m!(a); }");
}

#[test]
fn only_what_is_in_sight_counts() {
    let inner = "fn g() { macro_rules! m { () => { inner() } } } mod a { macro_rules! n { () => { inner() } } } #[macro_use] mod b { macro_rules! o { () => { 1 } } }";
    stays(inner, "fn f() { m!(); n!(); }");
    becomes(inner, "const A: u8 = o!();", "const A:u8=1;");
    let twice = "macro_rules! m { () => { 1 } } const A: u8 = m!(); macro_rules! m { () => { 2 } }";
    becomes(
        twice,
        "const B: u8 = m!(); fn f() { macro_rules! m { () => { 3 } } m!() } const C: u8 = m!();",
        "const B:u8=2;fn f(){macro_rules!m{()=>{3}}3}const C:u8=2;",
    );
}
