//! One lock and unlock, by whom.
use std::fs::{File, OpenOptions};
use std::path::Path;

use rustix::fs::{flock, open, FlockOperation, Mode, OFlags};
use session_lock::SessionDir;

/// A way to run a section under the lock of the file in that directory.
pub(crate) type Peer = (&'static str, fn(&Path, &SessionDir, &mut dyn FnMut()));

pub(crate) const RAW: Peer = ("raw open, flock, unlock, close", raw);
pub(crate) const GUARD: Peer = ("SessionDir::lock", guard);
pub(crate) const TIMED: Peer = ("SessionDir::lock_timeout", timed);

pub(crate) const ALL: [Peer; 8] = [
    RAW,
    GUARD,
    TIMED,
    ("session_lock()", free_function),
    ("std::fs::File::lock", by_std),
    ("fs2", by_fs2),
    ("fs4", by_fs4),
    ("fd-lock", by_fd_lock),
];

fn raw(dir: &Path, _: &SessionDir, section: &mut dyn FnMut()) {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
    let file = open(dir.join("s.lock"), flags, Mode::RUSR | Mode::WUSR).unwrap();
    flock(&file, FlockOperation::LockExclusive).unwrap();
    section();
    flock(&file, FlockOperation::Unlock).unwrap();
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
