//! P8: what an attacker puts in the place of the lock file (T6). The victim stays as it is, and nothing appears elsewhere.
use std::fs;
use std::os::unix::fs::{chown, symlink, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use session_lock::{Error, SessionDir};

use crate::support::{is_root, names, scaled, scratch};

fn assert_untrusted<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    assert!(matches!(outcome, Err(Error::Untrusted { .. })), "{outcome:?}");
}

/// Tries every way to lock.
fn refuse_all(dir: &Path) {
    let sessions = SessionDir::open(dir).unwrap();
    assert_untrusted(sessions.try_lock("s"));
    assert_untrusted(sessions.lock_timeout("s", Duration::from_secs(5)));
    assert_untrusted(sessions.lock("s"));
    assert_untrusted(sessions.try_lock_shared("s"));
    assert_untrusted(sessions.lock_shared("s"));
    assert_eq!(session_lock::session_lock(dir, "s").unwrap_err().kind(), std::io::ErrorKind::PermissionDenied);
}

#[test]
fn t6_a_link_is_not_followed() {
    let (dir, elsewhere) = (scratch(), scratch());
    let victim = elsewhere.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, dir.path().join("s.lock")).unwrap();
    refuse_all(dir.path());
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
}

#[test]
fn t6_a_dangling_link_creates_nothing() {
    let (dir, elsewhere) = (scratch(), scratch());
    symlink(elsewhere.path().join("new"), dir.path().join("s.lock")).unwrap();
    refuse_all(dir.path());
    assert!(names(elsewhere.path()).is_empty());
}

#[test]
fn t6_a_fifo_is_refused_at_once() {
    let dir = scratch();
    let path = dir.path().join("s.lock");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR, 0).unwrap();
    refuse_all(dir.path());
}

#[test]
fn t6_a_directory_is_refused() {
    let dir = scratch();
    fs::create_dir(dir.path().join("s.lock")).unwrap();
    refuse_all(dir.path());
}

#[test]
fn t6_a_strangers_file_is_refused_where_others_may_create() {
    if !is_root("a lock file of another user") {
        return;
    }
    for (mode, refused) in [(0o755, false), (0o775, true), (0o777, true), (0o1777, true)] {
        let dir = scratch();
        let path = dir.path().join("s.lock");
        fs::write(&path, "").unwrap();
        chown(&path, Some(65534), Some(65534)).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
        let outcome = session_lock::try_session_lock(dir.path(), "s").map(drop).map_err(|error| error.kind());
        let expected = if refused { Err(std::io::ErrorKind::PermissionDenied) } else { Ok(()) };
        assert_eq!(outcome, expected, "{mode:o}");
    }
}

#[test]
fn t6_links_in_the_place_of_the_data_are_refused() {
    let (dir, elsewhere) = (scratch(), scratch());
    let victim = elsewhere.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, dir.path().join("s.json")).unwrap();
    let mut session = session_lock::session_lock(dir.path(), "s").unwrap();
    assert_untrusted(session.read());
    assert_untrusted(session.replace(b"new"));
    assert_eq!(names(dir.path()), ["s.json", "s.lock"]);
    // The temporary file: whatever is in its place is a leftover, removed and never written through.
    fs::remove_file(dir.path().join("s.json")).unwrap();
    symlink(&victim, dir.path().join(".s.json.tmp")).unwrap();
    session.replace(b"new").unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert_eq!(fs::read_to_string(dir.path().join("s.json")).unwrap(), "new");
}

#[test]
fn t6_a_lock_file_with_contents_keeps_them() {
    let dir = scratch();
    let path = dir.path().join("s.lock");
    fs::write(&path, "left by another program").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    session_lock::session_lock(dir.path(), "s").unwrap().replace(b"{}").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "left by another program");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
}

/// The attacker changes the path between a file and a link as fast as possible.
fn swap_until(dir: &Path, victim: &Path, stop: &AtomicBool) -> usize {
    let (lock, spare) = (dir.join("s.lock"), dir.join("spare"));
    let mut swaps = 0;
    while !stop.load(Ordering::Relaxed) {
        for link in [true, false] {
            if link {
                symlink(victim, &spare).unwrap();
            } else {
                fs::write(&spare, "").unwrap();
            }
            fs::rename(&spare, &lock).unwrap();
            swaps += 1;
        }
    }
    swaps
}

#[test]
fn t6_a_storm_of_swaps_never_reaches_the_victim() {
    let (dir, elsewhere) = (scratch(), scratch());
    let victim = elsewhere.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    let sessions = SessionDir::open(dir.path()).unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let attacker = scope.spawn(|| swap_until(dir.path(), &victim, &stop));
        let mut taken = 0;
        for _ in 0..scaled(3_000, 100_000) {
            match sessions.try_lock("s") {
                Ok(mut session) => {
                    taken += 1;
                    match session.replace(b"{}") {
                        Ok(()) | Err(Error::LockLost { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
                Err(Error::Untrusted { .. } | Error::WouldBlock { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
        stop.store(true, Ordering::Relaxed);
        assert!(taken > 0 && attacker.join().unwrap() > 0);
    });
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert_eq!(names(elsewhere.path()), ["victim"]);
}
