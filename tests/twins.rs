//! The same program in each language has the same effects: what the engine derives does not depend on the syntax that it came from.

mod support;

use support::{entries, fail_on, kept, run};

/// The languages' file extensions.
const EXTENSIONS: &[&str] = &["py", "rs"];

#[test]
fn twins_have_the_same_effects() {
    let names = names();
    assert!(!names.is_empty(), "there are no twins");
    let mut complaints = Vec::new();
    for name in &names {
        let mut siblings = EXTENSIONS.iter().map(|ext| (*ext, effects(name, ext)));
        let (_, first) = siblings.next().expect("there is a language");
        complaints.extend(kept::agrees(&format!("fixtures/twins/{name}.effects"), Some(&first)).err());
        for (ext, other) in siblings.filter(|(_, other)| *other != first) {
            complaints.push(kept::diff(&format!("{name}.{}", EXTENSIONS[0]), &first, &format!("{name}.{ext}"), &other));
        }
    }
    fail_on(&complaints, names.len(), "twins");
}

/// The twins' names: every program must be there in each language.
fn names() -> Vec<String> {
    let programs = entries("fixtures/twins").into_iter().map(|(path, _)| path).filter(|path| !path.ends_with(".effects"));
    let stem = |path: String| path.rsplit(['/', '.']).nth(1).map(str::to_owned).expect("a twin's name has an extension");
    let mut stems: Vec<String> = programs.map(stem).collect();
    stems.sort();
    stems.chunk_by(|a, b| a == b).for_each(|same| assert_eq!(same.len(), EXTENSIONS.len(), "{}: a language is missing", same[0]));
    stems.dedup();
    stems
}

/// The effects of one twin, without what its file is called.
fn effects(name: &str, ext: &str) -> String {
    run::effects(&format!("fixtures/twins/{name}.{ext}")).replace(&format!("{name}.{ext}"), name)
}
