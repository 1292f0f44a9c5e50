//! One exclusive lock per session, around every read-modify-write cycle on a shared file.
//!
//! A *session* is a pair of files in one directory: the data (`{id}.json`) and an empty lock file beside it (`{id}.lock`). Whoever
//! holds the whole-file `flock` of the lock file owns the session; the data file itself is only ever replaced by a rename, so
//! that a reader without the lock sees the old or the new contents and nothing between. The lock is the one that Python's
//! `fcntl.flock`, the package `filelock` and the program `flock` of util-linux take, so all of them exclude each other.
//!
//! ```
//! # let scratch = std::env::temp_dir().join(format!("session-lock-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&scratch)?;
//! # let sessions = scratch.as_path();
//! let mut session = session_lock::session_lock(sessions, "2f1c")?;
//! session.update(|old| {
//!     let seen = old.map_or(0, |bytes| bytes.len());
//!     Ok::<_, std::io::Error>(vec![b'x'; seen + 1])
//! })?;
//! assert_eq!(session.read()?, Some(b"x".to_vec()));
//! drop(session); // the next one may have it
//! # std::fs::remove_dir_all(&scratch)?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! What is guaranteed, and what is not, is listed in the README.
#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::panic, clippy::todo, clippy::dbg_macro, clippy::print_stdout)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod acquire;
#[cfg(feature = "tokio")]
mod async_lock;
mod dir;
mod error;
mod event;
mod flock;
mod guard;
mod held;
mod id;
mod options;
mod session;
mod sys;
mod wait;

use std::io;
use std::path::Path;
use std::time::Duration;

#[cfg(feature = "tokio")]
pub use crate::async_lock::OwnedSessionLock;
pub use crate::dir::SessionDir;
pub use crate::error::{Error, UpdateError};
pub use crate::guard::{SessionLock, SessionLocks, SharedSessionLock};
pub use crate::options::{Durability, SessionDirOptions};
#[cfg(feature = "macros")]
pub use session_lock_macros::session_locked;

/// Locks session `id` in `dir` exclusively and waits, in the kernel's queue, until it is free.
///
/// The directory must exist. The session is unlocked when the guard is dropped, on a panic and when the process dies.
///
/// # Errors
///
/// The kind is `InvalidInput` for an id that could not be a file name, `Deadlock` if this thread holds the session already,
/// `PermissionDenied` for a lock file that is a link, not a regular file or a stranger's, `Unsupported` on a file system that
/// cannot lock, and otherwise that of the failed call. The error inside is an [`enum@Error`].
pub fn session_lock(dir: impl AsRef<Path>, id: impl AsRef<str>) -> io::Result<SessionLock> {
    Ok(SessionDir::open(dir)?.lock(id.as_ref())?)
}

/// Locks session `id` in `dir` exclusively if it is free and never waits.
///
/// A session that somebody else holds is an *error* of kind `WouldBlock`, so that `let _guard = try_session_lock(..)?;` cannot
/// turn into a section without a lock.
///
/// # Errors
///
/// As [`session_lock()`], and `WouldBlock` if the session is held.
pub fn try_session_lock(dir: impl AsRef<Path>, id: impl AsRef<str>) -> io::Result<SessionLock> {
    Ok(SessionDir::open(dir)?.try_lock(id.as_ref())?)
}

/// Locks session `id` in `dir` exclusively and waits no longer than `timeout`.
///
/// A timed waiter asks again and again (at most 1 ms apart) and so gives way to those that wait in the kernel's queue.
///
/// # Errors
///
/// As [`session_lock()`], and `TimedOut` if the session was held all the time.
pub fn session_lock_timeout(dir: impl AsRef<Path>, id: impl AsRef<str>, timeout: Duration) -> io::Result<SessionLock> {
    Ok(SessionDir::open(dir)?.lock_timeout(id.as_ref(), timeout)?)
}

/// Locks session `id` in `dir`, calls `section` with the guard and unlocks.
///
/// ```
/// # let scratch = std::env::temp_dir().join(format!("session-lock-with-{}", std::process::id()));
/// # std::fs::create_dir_all(&scratch)?;
/// let length = session_lock::with_session_lock(&scratch, "2f1c", |session| {
///     session.replace(b"{}")?;
///     Ok::<_, session_lock::Error>(session.read()?.map_or(0, |bytes| bytes.len()))
/// })??;
/// assert_eq!(length, 2);
/// # std::fs::remove_dir_all(&scratch)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// As [`session_lock()`].
pub fn with_session_lock<R>(dir: impl AsRef<Path>, id: impl AsRef<str>, section: impl FnOnce(&mut SessionLock) -> R) -> io::Result<R> {
    let mut guard = session_lock(dir, id)?;
    Ok(section(&mut guard))
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
