//! P14: a panic in the middle of an update leaves the old data and a free lock (T10).
use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::support::peers::ORIGIN;
use crate::support::{names, scratch, Agent};

#[test]
fn t10_an_unwinding_panic_changes_nothing() {
    let dir = scratch();
    session_lock::session_lock(dir.path(), "s").unwrap().replace(b"old").unwrap();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        session_lock::with_session_lock(dir.path(), "s", |session| {
            session.update(|_| -> Result<Vec<u8>, session_lock::Error> { panic!("in the middle of an update") })
        })
    }));
    assert!(outcome.is_err());
    assert!(ORIGIN.can_lock(dir.path(), "s"));
    assert_eq!(session_lock::try_session_lock(dir.path(), "s").unwrap().read().unwrap().unwrap(), b"old");
    assert_eq!(names(dir.path()), ["s.json", "s.lock"]);
}

#[test]
fn t10_an_abort_changes_nothing() {
    let dir = scratch();
    session_lock::session_lock(dir.path(), "s").unwrap().replace(b"old").unwrap();
    let mut victim = Agent::plain().start(["die-in-update", dir.path().to_str().unwrap(), "s"]);
    victim.expect("dying");
    assert!(!victim.finish().success());
    assert_eq!(session_lock::try_session_lock(dir.path(), "s").unwrap().read().unwrap().unwrap(), b"old");
}

#[test]
fn t10_a_closure_that_gives_up_changes_nothing() {
    let dir = scratch();
    let mut session = session_lock::session_lock(dir.path(), "s").unwrap();
    session.replace(b"old").unwrap();
    let outcome = session.update(|_| Err::<Vec<u8>, _>("no"));
    assert!(matches!(outcome, Err(session_lock::UpdateError::Closure("no"))));
    assert_eq!(session.read().unwrap().unwrap(), b"old");
}

#[test]
fn t10_json_that_cannot_be_read_is_not_overwritten() {
    let dir = scratch();
    let mut session = session_lock::session_lock(dir.path(), "s").unwrap();
    session.replace(b"{\"n\": to").unwrap();
    let outcome = session.update_json(|value: &mut Vec<u8>| value.push(1));
    assert_eq!(outcome.unwrap_err().kind(), std::io::ErrorKind::InvalidData);
    assert_eq!(session.read().unwrap().unwrap(), b"{\"n\": to");
}
