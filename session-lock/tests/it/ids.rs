//! P9: no id leaves the directory (T18).
use std::path::{Component, Path};

use session_lock::{Error, SessionDir};

use crate::support::{names, scratch};

/// What the hostile ids are made of.
const ALPHABET: [&str; 17] = [".", "/", "\\", "\0", " ", "a", "Z", "0", "-", "_", ":", "~", "%2f", "é", "\n", "\u{202e}", "*"];

/// Whether the id, as a file name, is one plain component of a path and stays so with a suffix.
fn is_plain(id: &str) -> bool {
    let joined = Path::new("dir").join(format!("{id}.lock"));
    let components: Vec<_> = joined.components().collect();
    matches!(components[..], [Component::Normal(dir), Component::Normal(_)] if dir == "dir") && joined.parent() == Some(Path::new("dir"))
}

#[test]
fn t18_every_short_id_stays_in_the_directory_or_is_refused() {
    let dir = scratch();
    let sessions = SessionDir::open(dir.path()).unwrap();
    let mut ids = vec![String::new()];
    let mut from = 0;
    for _ in 0..4 {
        let longer: Vec<_> = ids[from..].iter().flat_map(|id| ALPHABET.iter().map(move |part| format!("{id}{part}"))).collect();
        from = ids.len();
        ids.extend(longer);
    }
    let mut accepted = Vec::new();
    for id in &ids {
        match sessions.try_lock(id) {
            Ok(guard) => {
                assert!(is_plain(id), "{id:?}");
                assert_eq!(guard.lock_path(), dir.path().join(format!("{id}.lock")));
                assert_eq!(guard.data_path().parent(), Some(dir.path()));
                accepted.push(format!("{id}.lock"));
            }
            Err(Error::InvalidId { .. }) => {}
            Err(other) => panic!("{id:?}: {other}"),
        }
    }
    accepted.sort();
    assert!(accepted.len() > 500);
    assert_eq!(names(dir.path()), accepted, "an id created something else");
}

#[test]
fn t18_the_known_bad_ones_are_refused_and_create_nothing() {
    let dir = scratch();
    let inner = dir.path().join("inner");
    let sessions = SessionDir::create(&inner).unwrap();
    let long = "x".repeat(300);
    for id in
        ["", ".", "..", "../x", "a/b", "/etc/passwd", "a\\b", "C:x", "CON", "con.json", "Lpt1", "nul", "é", "a\0b", "a ", ".a", "a.", &long]
    {
        let error = sessions.lock(id).unwrap_err();
        assert!(matches!(error, Error::InvalidId { .. }), "{id:?}: {error}");
        assert!(error.to_string().contains("cannot name a session: it "), "{error}");
    }
    assert_eq!(names(dir.path()), ["inner"]);
    assert!(names(&inner).is_empty());
}

#[test]
fn t18_the_limit_can_be_lowered() {
    let dir = scratch();
    let sessions = SessionDir::options().max_id_len(3).open(dir.path()).unwrap();
    assert!(sessions.lock("abc").is_ok());
    assert!(matches!(sessions.lock("abcd"), Err(Error::InvalidId { .. })));
    let longest = "x".repeat(200);
    SessionDir::options().max_id_len(9999).open(dir.path()).unwrap().lock(&longest).unwrap().replace(b"").unwrap();
}
