//! What the tests share: scratch directories, other processes, and the length of the run.
pub(crate) mod child;
pub(crate) mod fork;
pub(crate) mod peers;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

pub(crate) use child::{Agent, Proc};

/// Whether this is the long form.
pub(crate) fn long() -> bool {
    std::env::var_os("SESSION_LOCK_LONG").is_some()
}

/// `short` in the normal test run, `long` in the long form.
pub(crate) fn scaled(short: usize, long_form: usize) -> usize {
    if long() {
        long_form
    } else {
        short
    }
}

/// A scratch directory in memory where there is one, since the test is not about the disk.
pub(crate) fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        disk()
    }
}

/// A scratch directory on the disk.
pub(crate) fn disk() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Keeps tests apart that measure time or load all cores.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the tests run as root; says so if not, since then a part of the test cannot be made.
pub(crate) fn is_root(part: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("not root: {part} is not tested");
    }
    root
}

/// The counter that the peers share.
pub(crate) fn counter(dir: &Path, id: &str) -> usize {
    let text = std::fs::read_to_string(dir.join(format!("{id}.json"))).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    usize::try_from(value["n"].as_u64().unwrap()).unwrap()
}

/// The names in the directory, sorted.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
