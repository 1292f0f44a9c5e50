//! Which definition of which file a name means.

use super::super::{Defined, concerns};
use super::{Macros, defined, expand, module, shown};

/// The calls of a file that is the last of these, each a module and its text, replaced.
fn last_of(files: &[(&str, &str)]) -> String {
    let of = |(path, text): &(&str, &str)| (module(path), defined(text));
    let macros = Macros::new(files.iter().map(of).collect::<Vec<(_, Defined)>>());
    let (path, text) = files.last().expect("there is a file");
    let tokens = text.parse().expect("tokens");
    if !concerns(text, &macros) {
        return shown(tokens);
    }
    shown(expand(&tokens, &macros, module(path)).unwrap_or(tokens))
}

const ONE: &str = "macro_rules! m { () => { 1 } }";

#[test]
fn modules_below_see_the_macros_of_those_above() {
    assert_eq!(last_of(&[("app", ONE), ("app.a.b", "const A: u8 = m!();")]), "const A:u8=1;");
    assert_eq!(last_of(&[("app.a", ONE), ("app.b", "const A: u8 = m!();")]), "const A:u8=m!();");
    let nearer = [("app", ONE), ("app.a", "macro_rules! m { () => { 2 } }"), ("app.a.b", "const A: u8 = m!();")];
    assert_eq!(last_of(&nearer), "const A:u8=2;");
    assert_eq!(last_of(&[("other", ONE), ("app.a", "const A: u8 = m!();")]), "const A:u8=m!();");
}

#[test]
fn a_module_may_open_its_macros() {
    let files = [("app", "#[macro_use] mod a; mod b;"), ("app.a", ONE), ("app.b", "const A: u8 = m!();")];
    assert_eq!(last_of(&files), "const A:u8=1;");
    let files = [("app", "mod c;"), ("app.c", "#[macro_use]\n/// Text.\npub mod a;"), ("app.c.a", ONE), ("app.b", "const A: u8 = m!();")];
    assert_eq!(last_of(&files), "const A:u8=m!();");
    let files = [("app", "mod c { #[macro_use] mod a { macro_rules! m { () => { 1 } } } }"), ("app.c.d", "const A: u8 = m!();")];
    assert_eq!(last_of(&files), "const A:u8=1;");
}

#[test]
fn paths_lead_to_what_is_exported_or_handed_on() {
    let exported = "#[macro_export] macro_rules! m { () => { $crate::f() } }";
    assert_eq!(last_of(&[("app.a", exported), ("app.b", "const A: u8 = crate::m!();")]), "const A:u8=‹crate::f()›;");
    assert_eq!(last_of(&[("app.a", exported), ("tool", "const A: u8 = app::m!();")]), "const A:u8=‹app::f()›;");
    assert_eq!(last_of(&[("app.a", exported), ("tool", "use app::m; const A: u8 = m!();")]), "use app::m;const A:u8=‹app::f()›;");
    assert_eq!(
        last_of(&[("app.a", exported), ("tool", "#[macro_use] extern crate app; const A: u8 = m!();")]).split(';').nth(1),
        Some("const A:u8=‹app::f()›")
    );
    let handed = format!("{ONE} pub(crate) use m; pub use m as n;");
    assert_eq!(
        last_of(&[("app.a", &handed), ("app.b", "use crate::a::m as k; const A: u8 = a::m!();")]),
        "use crate::a::m as k;const A:u8=1;"
    );
    assert_eq!(last_of(&[("app.a", &handed), ("app.b", "use super::a::n; const A: u8 = n!();")]), "use super::a::n;const A:u8=1;");
    assert_eq!(last_of(&[("app.a", &handed), ("app.b", "use crate::a::*; const A: u8 = m!();")]), "use crate::a::*;const A:u8=1;");
    assert_eq!(last_of(&[("app.a", ONE), ("app.b", "const A: u8 = crate::a::m!();")]), "const A:u8=crate::a::m!();");
    assert_eq!(last_of(&[("app.a", &handed), ("app.b", "const A: u8 = std::m!();")]), "const A:u8=std::m!();");
}

#[test]
fn an_import_says_which_is_meant() {
    let files = [("app", "macro_rules! info { () => { 1 } }"), ("app.b", "use {log::{info, warn}, x}; const A: u8 = info!();")];
    assert_eq!(last_of(&files), "use{log::{info,warn},x};const A:u8=info!();");
}

#[test]
fn macros_of_tests_are_for_tests() {
    let files =
        [("app", "#[cfg(test)] macro_rules! m { () => { 1 } } #[cfg(test)] mod t { #[macro_export] macro_rules! n { () => { 1 } } }")];
    assert!(defined(files[0].1).is_empty());
}
