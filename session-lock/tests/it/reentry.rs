//! P10: a thread that holds the session gets an error at once, not a wait without end (T9).
use std::os::unix::fs::symlink;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use session_lock::{Error, SessionDir};

use crate::support::{alone, scratch};

fn assert_reentrant<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    assert!(matches!(outcome, Err(Error::Reentrant { .. })), "{outcome:?}");
}

#[test]
fn t9_the_same_thread_gets_an_error_at_once() {
    let _alone = alone();
    let dir = scratch();
    let sessions = SessionDir::open(dir.path()).unwrap();
    let guard = sessions.lock("s").unwrap();
    let asked = Instant::now();
    assert_reentrant(sessions.lock("s"));
    assert!(asked.elapsed() < Duration::from_millis(10), "{:?}", asked.elapsed());
    assert_reentrant(sessions.try_lock("s"));
    assert_reentrant(sessions.lock_timeout("s", Duration::from_secs(9)));
    assert_reentrant(sessions.lock_shared("s"));
    assert_reentrant(sessions.lock_all(["r", "s"]));
    let error = session_lock::session_lock(dir.path(), "s").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::Deadlock);
    assert!(error.get_ref().unwrap().downcast_ref::<Error>().is_some());
    drop(guard);
    drop(sessions.lock("s").unwrap());
}

#[test]
fn t9_another_session_is_no_reentry() {
    let dir = scratch();
    let sessions = SessionDir::open(dir.path()).unwrap();
    let _one = sessions.lock("s").unwrap();
    let _other = sessions.lock("t").unwrap();
}

#[test]
fn t9_other_names_of_the_same_lock_are_seen_through() {
    let dir = scratch();
    let real = dir.path().join("real");
    std::fs::create_dir(&real).unwrap();
    symlink(&real, dir.path().join("alias")).unwrap();
    let _guard = session_lock::session_lock(&real, "s").unwrap();
    assert_reentrant(SessionDir::open(dir.path().join("alias")).unwrap().lock("s"));
    assert_reentrant(SessionDir::open(dir.path().join("real/../real/.")).unwrap().lock("s"));
    // A hard link, as a backup makes it, is the same lock.
    std::fs::hard_link(real.join("s.lock"), real.join("t.lock")).unwrap();
    assert_reentrant(SessionDir::open(&real).unwrap().lock("t"));
}

#[test]
fn t9_a_deleted_lock_file_does_not_hide_reentry() {
    let dir = scratch();
    let guard = session_lock::session_lock(dir.path(), "s").unwrap();
    std::fs::remove_file(guard.lock_path()).unwrap();
    assert_reentrant(SessionDir::open(dir.path()).unwrap().lock("s"));
}

#[test]
fn t9_shared_locks_share_but_do_not_nest() {
    let dir = scratch();
    let sessions = SessionDir::open(dir.path()).unwrap();
    let reader = sessions.lock_shared("s").unwrap();
    assert_reentrant(sessions.lock("s"));
    assert_reentrant(sessions.lock_shared("s"));
    thread::scope(|scope| {
        scope.spawn(|| {
            let _second = sessions.try_lock_shared("s").unwrap();
            drop(sessions.try_lock_shared("t").unwrap());
        });
    });
    let writer = thread::scope(|scope| scope.spawn(|| sessions.try_lock("s").map(drop)).join().unwrap());
    assert!(matches!(writer, Err(Error::WouldBlock { .. })), "{writer:?}");
    assert_eq!(reader.read().unwrap(), None);
    reader.unlock().unwrap();
    thread::scope(|scope| scope.spawn(|| sessions.try_lock("s").map(drop)).join().unwrap()).unwrap();
}

#[test]
fn t9_another_thread_waits() {
    let dir = scratch();
    let sessions = SessionDir::open(dir.path()).unwrap();
    let guard = sessions.lock("s").unwrap();
    let (sender, taken) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            let _guard = sessions.lock("s").unwrap();
            sender.send(()).unwrap();
        });
        assert_eq!(taken.recv_timeout(Duration::from_millis(100)), Err(mpsc::RecvTimeoutError::Timeout));
        drop(guard);
        taken.recv_timeout(Duration::from_secs(60)).unwrap();
    });
}
