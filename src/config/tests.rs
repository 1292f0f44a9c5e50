//! Layers, mistakes and where values come from.

use std::path::Path;

use super::{Layer, Settings, parse_inline, show};
use crate::finding::tests::RULE;
use crate::finding::{Confidence, Level};

fn layer(text: &str) -> Layer {
    parse_inline(text, Path::new("/p"), &[&RULE]).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn settings(text: &str) -> Settings {
    Settings::new(vec![layer(text)], "/p".into()).expect("patterns are globs")
}

fn mistake(text: &str) -> (String, String, String) {
    let e = parse_inline(text, Path::new("/p"), &[&RULE]).expect_err("a mistake");
    let at = e.span.map_or("", |s| &e.text[s]).to_owned();
    (e.message, at, e.help.unwrap_or_default())
}

#[test]
fn unknown_keys_and_rules_are_errors_with_a_place_and_a_suggestion() {
    let (message, at, help) = mistake("exlcude = []");
    assert_eq!((&*message, &*at), ("unknown key `exlcude`", "exlcude"));
    assert!(help.starts_with("did you mean `exclude`?"), "{help}");
    let (message, at, help) = mistake("[[per-path]]\npaths = []\nignroe = []");
    assert_eq!((&*message, &*at), ("unknown key `ignroe`", "ignroe"));
    assert!(help.starts_with("did you mean `ignore`?"), "{help}");
    assert_eq!(mistake("models = { pyhton = [] }").2.split('?').next(), Some("did you mean `python`"));
    let (message, at, _) = mistake("select = [\"sample-rase\"]");
    assert_eq!((&*message, &*at), ("unknown rule `sample-rase`", "\"sample-rase\""));
    assert_eq!(mistake("levels = { nonsense = \"off\" }").0, "unknown rule `nonsense`");
}

#[test]
fn values_of_the_wrong_kind_have_a_place() {
    let (message, at, _) = mistake("pedantic = \"yes\"");
    assert!(message.contains("expected a boolean"), "{message}");
    assert_eq!(at, "\"yes\"");
    assert_eq!(mistake("min-confidence = \"hihg\"").1, "\"hihg\"");
}

#[test]
fn levels_follow_rules_paths_and_confidence() {
    let at = |s: &Settings, level, confidence, path| s.level(&RULE, level, confidence, path);
    let plain = settings("");
    assert_eq!(at(&plain, Level::Warning, Confidence::Medium, "a.py"), Some(Level::Warning));
    assert_eq!(at(&plain, Level::Warning, Confidence::Low, "a.py"), None);
    assert_eq!(at(&plain, Level::Note, Confidence::High, "a.py"), None);
    let pedantic = settings("pedantic = true");
    assert_eq!(at(&pedantic, Level::Note, Confidence::Low, "a.py"), Some(Level::Note));
    let chosen = settings("select = [\"sample-race\"]");
    assert_eq!(at(&chosen, Level::Note, Confidence::High, "a.py"), Some(Level::Note));
    let raised = settings("levels.sample-race = \"error\"\n[[per-path]]\npaths = [\"old/\"]\nlevels.sample-race = \"off\"");
    assert_eq!(at(&raised, Level::Warning, Confidence::High, "a.py"), Some(Level::Error));
    assert_eq!(at(&raised, Level::Warning, Confidence::High, "old/x/a.py"), None);
    assert_eq!(at(&settings("ignore = [\"sample-race\"]"), Level::Error, Confidence::High, "a.py"), None);
}

#[test]
fn the_last_layer_wins_and_is_named() {
    let layers = [layer("pedantic = false\nexclude = [\"a\"]"), layer("pedantic = true")];
    let text = show(&layers);
    assert!(text.contains("pedantic = true  # --config pedantic = true\n"), "{text}");
    assert!(text.contains("report-all = false  # default\n"), "{text}");
    assert!(text.contains("# baseline is not set\n"), "{text}");
    let settings = Settings::new(layers.to_vec(), "/p".into()).expect("globs");
    assert!(settings.pedantic && settings.exclude.matches("x/a/b.py"));
}

#[test]
fn the_nearest_file_with_our_table_counts() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let write = |path: &str, text: &str| std::fs::write(dir.path().join(path), text).expect("written");
    std::fs::create_dir_all(dir.path().join("a/b")).expect("made");
    write("toctou.toml", "pedantic = true");
    write("a/pyproject.toml", "[tool.toctou]\nreport-all = true");
    write("a/b/pyproject.toml", "[tool.other]\nx = 1");
    write("a/b/Cargo.toml", "[package]\nname = \"toctou-user\"");
    let found = |path: &str| super::find(&dir.path().join(path), &[&RULE]).expect("usable").expect("found").raw;
    assert_eq!((found("a/b").report_all, found("a/b").pedantic), (Some(true), None));
    assert_eq!(found("").pedantic, Some(true));
    write("a/b/Cargo.toml", "[workspace.metadata.toctou]\nfail-on = \"error\"");
    assert!(found("a/b").fail_on.is_some());
}
