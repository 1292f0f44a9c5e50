//! The house's rules about files: sizes, first lines, and what a lint consists of.

mod support;

use std::collections::BTreeSet;

use support::{entries, files_below, repository, text};

/// No file is longer than this.
const MAX_LINES: usize = 500;

/// Where our own Rust code lives; programs below `fixtures/` are data.
const CODE: &[&str] = &["src", "tests", "session-lock", "session-lock-macros"];

#[test]
fn every_rust_file_opens_with_a_sentence() {
    let silent: Vec<String> = code().into_iter().filter(|path| !opens_with_a_sentence(&text(path))).collect();
    assert!(silent.is_empty(), "do not begin with a `//!` sentence: {silent:#?}");
}

#[test]
fn no_file_is_too_long() {
    let lines = |path: &String| text(path).lines().count();
    let long: Vec<(usize, String)> = code().into_iter().map(|path| (lines(&path), path)).filter(|(n, _)| *n > MAX_LINES).collect();
    assert!(long.is_empty(), "longer than {MAX_LINES} lines: {long:#?}");
}

#[test]
fn every_lint_has_its_parts() {
    for rule in toctou::check::rules() {
        let id = rule.id;
        let logic = format!("src/lints/{}.rs", id.replace('-', "_"));
        let needed = [Some(format!("lints/{id}.md")), (!about_comments(rule)).then_some(logic), Some(format!("fixtures/{id}"))];
        for part in needed.into_iter().flatten() {
            assert!(repository(&part).exists(), "`{id}` has no {part}");
        }
        for ext in ["py", "rs"] {
            for prefix in ["case_", "ok_"] {
                assert!(has_program(id, prefix, ext), "`{id}` has no fixture {prefix}*.{ext}");
            }
        }
    }
}

#[test]
fn the_registry_is_complete() {
    let registered: BTreeSet<String> = toctou::check::rules().iter().map(|rule| rule.id.to_owned()).collect();
    let lints: BTreeSet<String> = toctou::lints::LINTS.iter().map(|lint| lint.rule.id.to_owned()).collect();
    let stem = |path: &str| path.rsplit(['/', '.']).nth(1).map(str::to_owned).expect("a file name has an extension");
    let with_page: BTreeSet<String> = files_below("lints", &["md"]).iter().map(|path| stem(path)).collect();
    let is_lint = |path: &&String| text(path).contains("pub static RULE: Rule");
    let with_logic: BTreeSet<String> =
        files_below("src/lints", &["rs"]).iter().filter(is_lint).map(|p| stem(p).replace('_', "-")).collect();
    assert_eq!(registered, with_page, "the registry and the pages");
    assert_eq!(lints, with_logic, "the registry and the logic files");
}

/// Rules about suppression comments need no analysis, and have no lint.
fn about_comments(rule: &toctou::finding::Rule) -> bool {
    rule.tags.contains(&"suppression")
}

fn code() -> Vec<String> {
    let there = CODE.iter().filter(|dir| repository(dir).is_dir());
    there.flat_map(|dir| files_below(dir, &["rs"])).filter(|path| !path.contains("/target/")).collect()
}

fn opens_with_a_sentence(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let sentence = first.strip_prefix("//! ").is_some_and(|words| words.len() > 10);
    // A lint's page is its module's documentation.
    sentence || first.starts_with("#![doc = include_str!(")
}

/// Whether a lint has a fixture whose name starts with `prefix`: a program, or a folder that holds one.
fn has_program(id: &str, prefix: &str, ext: &str) -> bool {
    entries(&format!("fixtures/{id}")).iter().any(|(path, is_dir)| {
        let named = path.rsplit('/').next().is_some_and(|name| name.starts_with(prefix));
        named && if *is_dir { !files_below(path, &[ext]).is_empty() } else { path.ends_with(&format!(".{ext}")) }
    })
}
