//! P7: the lock counts only while the path names the locked file (T7).
use std::fs;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use session_lock::{Error, SessionDir};

use crate::support::peers::{ORIGIN, OURS};
use crate::support::{scratch, Agent};

#[test]
fn t7_a_waiter_locks_the_file_that_replaced_its_own() {
    let dir = scratch();
    let lock = dir.path().join("s.lock");
    let mut old_holder = ORIGIN.hold(dir.path(), "s");
    let (sender, taken) = mpsc::channel();
    thread::scope(|scope| {
        let path = dir.path();
        scope.spawn(move || {
            let guard = SessionDir::open(path).unwrap().lock("s").unwrap();
            sender.send(()).unwrap();
            guard.verify().unwrap();
        });
        // The waiter is in the kernel's queue once /proc/locks has a second entry, marked by an arrow.
        wait_until(|| fs::read_to_string("/proc/locks").unwrap().lines().any(|line| line.contains("->") && line.contains(&inode(&lock))));
        fs::remove_file(&lock).unwrap();
        let mut new_holder = ORIGIN.hold(dir.path(), "s");
        old_holder.go();
        old_holder.expect("freed");
        assert_eq!(taken.recv_timeout(Duration::from_millis(300)), Err(mpsc::RecvTimeoutError::Timeout), "it took the deleted file's lock");
        new_holder.go();
        taken.recv_timeout(Duration::from_secs(60)).unwrap();
    });
}

fn inode(path: &std::path::Path) -> String {
    use std::os::unix::fs::MetadataExt;
    format!(":{} ", fs::metadata(path).unwrap().ino())
}

fn wait_until(condition: impl Fn() -> bool) {
    for _ in 0..12_000 {
        if condition() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("it never came to pass");
}

#[test]
fn t7_a_holder_whose_file_was_deleted_writes_nothing() {
    let dir = scratch();
    let mut session = session_lock::session_lock(dir.path(), "s").unwrap();
    session.replace(b"old").unwrap();
    fs::remove_file(session.lock_path()).unwrap();
    assert!(matches!(session.verify(), Err(Error::LockLost { .. })));
    assert!(matches!(session.replace(b"new"), Err(Error::LockLost { .. })));
    assert_eq!(session.read().unwrap().unwrap(), b"old");
}

#[test]
fn t7_two_holders_after_a_deletion_do_not_mix() {
    let dir = scratch();
    let mut first = session_lock::session_lock(dir.path(), "s").unwrap();
    first.replace(b"old").unwrap();
    fs::remove_file(first.lock_path()).unwrap();
    let mut second = OURS.hold(dir.path(), "s");
    let outcome = first.update(|old| {
        assert_eq!(old, Some(&b"old"[..]));
        Ok::<_, Error>(b"new".to_vec())
    });
    assert!(matches!(outcome, Err(session_lock::UpdateError::Lock(Error::LockLost { .. }))), "{outcome:?}");
    assert_eq!(fs::read(first.data_path()).unwrap(), b"old");
    second.go();
}

#[test]
fn t7_a_deletion_in_the_middle_of_an_update_stops_it() {
    let dir = scratch();
    fs::write(dir.path().join("s.json"), "old").unwrap();
    let (lock, temp, log) = (dir.path().join("s.lock"), dir.path().join(".s.json.tmp"), dir.path().join("log"));
    // The sync of the temporary file takes half a second, the last thing before the last check.
    let slow = ["strace", "-f", "-o", log.to_str().unwrap(), "-e", "trace=fsync", "-e", "inject=fsync:delay_enter=500000"];
    let mut writer = Agent::under(slow).start(["update", dir.path().to_str().unwrap(), "s", "3", "full"]);
    wait_until(|| fs::metadata(&temp).is_ok_and(|temp| temp.len() == 3));
    fs::remove_file(&lock).unwrap();
    writer.expect("LockLost");
    assert_eq!(fs::read(dir.path().join("s.json")).unwrap(), b"old");
}

#[test]
fn t7_a_leftover_is_not_taken_from_the_real_holder() {
    let dir = scratch();
    let mut loser = session_lock::session_lock(dir.path(), "s").unwrap();
    fs::remove_file(loser.lock_path()).unwrap();
    // The new holder is in the middle of an update.
    fs::write(dir.path().join(".s.json.tmp"), "the real holder's").unwrap();
    assert!(matches!(loser.replace(b"x"), Err(Error::LockLost { .. })));
    assert_eq!(fs::read_to_string(dir.path().join(".s.json.tmp")).unwrap(), "the real holder's");
}

#[test]
fn t7_remove_session_leaves_nothing_and_waiters_start_anew() {
    let dir = scratch();
    let sessions = SessionDir::open(dir.path()).unwrap();
    let mut session = sessions.lock("s").unwrap();
    session.replace(b"{}").unwrap();
    session.remove_session().unwrap();
    assert!(crate::support::names(dir.path()).is_empty());
    sessions.lock("s").unwrap().verify().unwrap();
}
