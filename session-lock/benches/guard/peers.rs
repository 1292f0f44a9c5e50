//! One lock and unlock, by whom.
#![allow(unsafe_code)]
use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use session_lock::SessionDir;

/// A way to run a section under the lock of the file in that directory.
pub(crate) type Peer = (&'static str, fn(&Path, &SessionDir, &mut dyn FnMut()));

pub(crate) const RAW: Peer = ("raw open, flock, unlock, close", raw);
pub(crate) const GUARD: Peer = ("SessionDir::lock", guard);
pub(crate) const TIMED: Peer = ("SessionDir::lock_timeout", timed);

pub(crate) const ALL: [Peer; 9] = [
    RAW,
    ("the same calls as the guard, bare", raw_checked),
    GUARD,
    TIMED,
    ("session_lock()", free_function),
    ("std::fs::File::lock", by_std),
    ("fs2", by_fs2),
    ("fs4", by_fs4),
    ("fd-lock", by_fd_lock),
];

/// What a C program does.
fn raw(dir: &Path, _: &SessionDir, section: &mut dyn FnMut()) {
    let path = CString::new(dir.join("s.lock").as_os_str().as_bytes()).unwrap();
    // SAFETY: the path is a C string, and the descriptor is closed once, at the end.
    unsafe {
        let file = libc::open(path.as_ptr(), libc::O_RDWR | libc::O_CREAT | libc::O_CLOEXEC, 0o600);
        assert_eq!(libc::flock(file, libc::LOCK_EX), 0);
        section();
        assert_eq!(libc::flock(file, libc::LOCK_UN), 0);
        assert_eq!(libc::close(file), 0);
    }
}

/// All that the guard asks the kernel, without the guard: what its checks cost at least.
fn raw_checked(dir: &Path, _: &SessionDir, section: &mut dyn FnMut()) {
    let path = CString::new(dir.join("s.lock").as_os_str().as_bytes()).unwrap();
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_CLOEXEC | libc::O_NOFOLLOW | libc::O_NONBLOCK;
    // SAFETY: as above; the status is written by the calls.
    unsafe {
        let mut status: libc::stat = std::mem::zeroed();
        let file = libc::open(path.as_ptr(), flags, 0o600);
        assert_eq!(libc::fstat(file, &mut status), 0);
        assert_eq!(libc::flock(file, libc::LOCK_EX), 0);
        assert_eq!(libc::lstat(path.as_ptr(), &mut status), 0);
        let owner = libc::getpid();
        section();
        assert_eq!(libc::getpid(), owner);
        assert_eq!(libc::flock(file, libc::LOCK_UN), 0);
        assert_eq!(libc::close(file), 0);
    }
}

fn guard(_: &Path, sessions: &SessionDir, section: &mut dyn FnMut()) {
    let _guard = sessions.lock("s").unwrap();
    section();
}

fn timed(_: &Path, sessions: &SessionDir, section: &mut dyn FnMut()) {
    let _guard = sessions.lock_timeout("s", std::time::Duration::from_secs(60)).unwrap();
    section();
}

fn free_function(dir: &Path, _: &SessionDir, section: &mut dyn FnMut()) {
    let _guard = session_lock::session_lock(dir, "s").unwrap();
    section();
}

fn lock_file(dir: &Path) -> File {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(dir.join("s.lock")).unwrap()
}

#[allow(clippy::incompatible_msrv)]
fn by_std(dir: &Path, _: &SessionDir, section: &mut dyn FnMut()) {
    let file = lock_file(dir);
    file.lock().unwrap();
    section();
    file.unlock().unwrap();
}

fn by_fs2(dir: &Path, _: &SessionDir, section: &mut dyn FnMut()) {
    let file = lock_file(dir);
    fs2::FileExt::lock_exclusive(&file).unwrap();
    section();
    fs2::FileExt::unlock(&file).unwrap();
}

fn by_fs4(dir: &Path, _: &SessionDir, section: &mut dyn FnMut()) {
    let file = lock_file(dir);
    fs4::FileExt::lock(&file).unwrap();
    section();
    fs4::FileExt::unlock(&file).unwrap();
}

fn by_fd_lock(dir: &Path, _: &SessionDir, section: &mut dyn FnMut()) {
    let mut lock = fd_lock::RwLock::new(lock_file(dir));
    let _guard = lock.write().unwrap();
    section();
}
