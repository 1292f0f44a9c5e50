//! The models that come with the program.

use std::sync::LazyLock;

use super::parse;
use super::{embedded_python, embedded_rust};
use crate::effect::Library;
use crate::source::Lang;

/// What holds in every language.
const COMMON: (&str, &str) = ("models/documents.toml", include_str!("../../models/documents.toml"));

/// The built-in models of a language.
#[must_use]
pub fn builtin(lang: Lang) -> &'static Library {
    static PYTHON: LazyLock<Library> = LazyLock::new(|| load(Lang::Python));
    static RUST: LazyLock<Library> = LazyLock::new(|| load(Lang::Rust));
    match lang {
        Lang::Python => &PYTHON,
        Lang::Rust => &RUST,
    }
}

/// File names and texts of a language's models.
pub(super) fn files(lang: Lang) -> &'static [(&'static str, &'static str)] {
    match lang {
        Lang::Python => embedded_python::FILES,
        Lang::Rust => embedded_rust::FILES,
    }
}

fn load(lang: Lang) -> Library {
    let mut library = Library::default();
    for (name, text) in files(lang).iter().chain(&[COMMON]) {
        parse(name, text, lang, &mut library).expect("a test reads every built-in model");
    }
    library
}
