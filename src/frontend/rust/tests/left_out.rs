//! Tests are left out of what is lowered, unless they are asked for.

use super::read;
use crate::frontend::rust::{Macros, Tests, lower_in};
use crate::ir::File;
use crate::source::Sym;
use crate::source::modules::Module;

fn names(file: &File) -> Vec<String> {
    file.functions[1..].iter().map(|f| f.name.to_string()).collect()
}

#[test]
fn tests_are_left_out() {
    let text = "#[test] fn a() {}\n#[tokio::test] async fn b() {}\n#[cfg(test)] mod t { fn c() { || 1; } mod u { fn d() {} } }\n#[cfg(not(test))] fn e() {}\n#[cfg(all(test, unix))] fn f() {}\n#[cfg(any(test, unix))] fn g() {}\n#[cfg(feature = \"test\")] fn h() {}";
    assert_eq!(names(&read(text)), ["e", "g", "h"]);
    let module = Module { path: Sym::new("crate"), root: Sym::new("crate"), is_package: false, manifest: None };
    let (all, _) = lower_in(text, &Macros::default(), &module, Tests::Kept);
    assert_eq!(names(&all), ["a", "b", "c", "<closure>", "d", "e", "f", "g", "h"]);
}

#[test]
fn tests_end_where_the_item_ends() {
    let text = "#![allow(x)]\n#[cfg(test)] const A: B = if c { B {} } else { B {} };\nfn a() {}\n#[cfg(test)]\nuse b::{c, d};\nmod m { #[cfg(test)] mod t { fn t() {} } fn b() {} }\nimpl S { #[cfg(test)] fn t(&self) {} fn c(&self) {} }\n#[test] fn last() {}";
    assert_eq!(names(&read(text)), ["a", "b", "c"]);
    assert_eq!(read(text).imports, []);
}

#[test]
fn modules_of_tests_are_named() {
    let modules = |text| read(text).test_modules.iter().map(|m| m.to_string()).collect::<Vec<_>>();
    assert_eq!(modules("mod a;\n#[cfg(test)] mod b;\nmod c { #[cfg(test)] mod d; }\n#[cfg(test)] mod e { mod f; }"), ["b", "c.d", "e.f"]);
    assert_eq!(modules("#![cfg(test)]\nmod a;\nfn b() {}"), ["a"]);
    assert_eq!(names(&read("#![cfg(test)]\nmod a;\nfn b() {}")), Vec::<String>::new());
}
