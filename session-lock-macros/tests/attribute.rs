//! The attribute: what it accepts does what it says, what it rejects is rejected with a message at the right place.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};

use session_lock::{session_locked, try_session_lock};

#[test]
fn what_is_rejected_says_why() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

/// Whether another thread finds the session locked.
fn is_locked(dir: &Path, id: &str) -> bool {
    let outcome = std::thread::scope(|scope| scope.spawn(|| try_session_lock(dir, id).map(drop)).join().unwrap());
    match outcome {
        Ok(()) => false,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => true,
        Err(error) => panic!("{error}"),
    }
}

#[session_locked(dir = dir, id = id)]
fn locked(dir: &Path, id: &str) -> io::Result<bool> {
    Ok(is_locked(dir, id))
}

#[session_locked(id = &id, dir = dir.join("inner"))]
fn early(dir: &Path, id: String, leave: bool) -> io::Result<&'static str> {
    if leave {
        return Ok("early");
    }
    let text = std::fs::read_to_string(dir.join("inner/missing"))?;
    assert!(text.is_empty());
    Ok("late")
}

/// An error of its own.
#[derive(Debug)]
struct Failure;

impl From<io::Error> for Failure {
    fn from(_: io::Error) -> Self {
        Self
    }
}

type AppResult<T> = Result<T, Failure>;

struct Store {
    dir: PathBuf,
}

/// Looks, when it is dropped, whether the session is still locked.
struct Witness<'a>(&'a Path, &'a Cell<bool>);

impl Drop for Witness<'_> {
    fn drop(&mut self) {
        self.1.set(is_locked(self.0, "s"));
    }
}

impl Witness<'_> {
    fn length(&self) -> usize {
        7
    }
}

impl Store {
    #[session_locked(dir = &self.dir, id = "s")]
    fn boxed(&self) -> AppResult<Box<dyn Fn() -> bool + '_>> {
        Ok(Box::new(|| is_locked(&self.dir, "s")))
    }

    #[session_locked(dir = self.dir, id = "s")]
    fn temporary(&self, seen: &Cell<bool>) -> AppResult<usize> {
        Ok(Witness(&self.dir, seen).length())
    }
}

#[test]
fn the_body_runs_under_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    assert!(locked(dir.path(), "s").unwrap());
    assert!(!is_locked(dir.path(), "s"));
}

#[test]
fn every_way_out_unlocks() {
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    assert_eq!(early(dir.path(), "s".to_owned(), true).unwrap(), "early");
    assert_eq!(early(dir.path(), "s".to_owned(), false).unwrap_err().kind(), io::ErrorKind::NotFound);
    assert!(!is_locked(&inner, "s"));
}

#[test]
fn methods_coercions_and_own_errors_work() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store { dir: dir.path().to_owned() };
    assert!(!store.boxed().unwrap()(), "the value outlives the lock");
    let missing = Store { dir: dir.path().join("missing") };
    assert!(matches!(missing.boxed(), Err(Failure)));
}

#[test]
fn temporaries_of_the_last_expression_go_before_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    let seen = Cell::new(false);
    assert_eq!(Store { dir: dir.path().to_owned() }.temporary(&seen).unwrap(), 7);
    assert!(seen.get());
}
