//! The guards that callers hold.
use std::fmt;
use std::path::Path;

use crate::held::{self, Entry};
use crate::session::Session;
use crate::{Error, UpdateError};

/// The methods of every guard, on a guard with a field `session`.
macro_rules! reading_methods {
    () => {
        /// The session's id.
        pub fn id(&self) -> &str {
            self.session.id()
        }

        /// The path of the lock file.
        pub fn lock_path(&self) -> &Path {
            self.session.lock_path()
        }

        /// The path of the data file.
        pub fn data_path(&self) -> &Path {
            self.session.data_path()
        }

        /// The session's data, or `None` if there is none yet.
        ///
        /// # Errors
        ///
        /// [`Error::Untrusted`] if the data is not a regular file, otherwise [`Error::Io`].
        pub fn read(&self) -> Result<Option<Vec<u8>>, Error> {
            self.session.read()
        }

        /// Checks that the path still names the lock file that this guard holds.
        ///
        /// # Errors
        ///
        /// [`Error::LockLost`] if it was deleted or replaced, or if this process is a fork of the one that locked.
        pub fn verify(&self) -> Result<(), Error> {
            self.session.verify()
        }

        /// Unlocks, as dropping the guard does, and reports what goes wrong.
        ///
        /// # Errors
        ///
        /// [`Error::Io`] if the system refuses.
        pub fn unlock(mut self) -> Result<(), Error> {
            self.session.release()
        }
    };
}

/// The methods of the exclusive guards, on a guard with a field `session`.
macro_rules! writing_methods {
    () => {
        /// Replaces the data, atomically and as durably as the directory's options say.
        ///
        /// # Errors
        ///
        /// [`Error::LockLost`] if somebody else may hold the session too, otherwise [`Error::Io`]. If the call that syncs the
        /// directory fails, the data may be new; in all other cases it is unchanged.
        pub fn replace(&mut self, bytes: &[u8]) -> Result<(), Error> {
            self.session.replace(bytes)
        }

        /// Reads the data, gives it to `change` and replaces it by the answer.
        ///
        /// # Errors
        ///
        /// As `read` and `replace`, or the error of the closure.
        pub fn update<E>(&mut self, change: impl FnOnce(Option<&[u8]>) -> Result<Vec<u8>, E>) -> Result<(), UpdateError<E>> {
            self.session.update(change)
        }

        /// Reads the data as JSON (the default if there is none), lets `change` modify it, and replaces it.
        ///
        /// # Errors
        ///
        /// As `read` and `replace`; the kind is `InvalidData` if the data is not JSON of this type.
        #[cfg(feature = "json")]
        #[cfg_attr(docsrs, doc(cfg(feature = "json")))]
        pub fn update_json<T, R>(&mut self, change: impl FnOnce(&mut T) -> R) -> Result<R, Error>
        where
            T: Default + serde::Serialize + serde::de::DeserializeOwned,
        {
            self.session.update_json(change)
        }

        /// Deletes the session's data and its lock file, and unlocks.
        ///
        /// Only for directories all of whose users check, once they have the lock, that the path still names the locked file.
        /// This crate, its Python sibling and recent versions of `filelock` do; a plain `flock` does not, and then two holders
        /// meet.
        ///
        /// # Errors
        ///
        /// [`Error::LockLost`], or [`Error::Io`] if a file cannot be removed.
        pub fn remove_session(self) -> Result<(), Error> {
            self.session.remove_files()?;
            self.unlock()
        }
    };
}
#[cfg(feature = "tokio")]
pub(crate) use {reading_methods, writing_methods};

/// The exclusive lock of one session, until it is dropped.
///
/// It stays on the thread that took it (it is not `Send`), which is what makes a second lock by the same thread an error instead
/// of a wait without end:
///
/// ```compile_fail,E0277
/// fn leave(guard: session_lock::SessionLock) {
///     std::thread::spawn(move || drop(guard));
/// }
/// ```
///
/// Bind it to a name. The compiler warns about a guard that nobody keeps (here as an error):
///
/// ```compile_fail
/// #![deny(unused_must_use)]
/// fn section() -> std::io::Result<()> {
///     session_lock::session_lock("sessions", "2f1c")?;
///     Ok(())
/// }
/// ```
///
/// but not about `let _ = session_lock(..)?`, which unlocks at once. This is right:
///
/// ```
/// #![deny(unused_must_use)]
/// fn section() -> std::io::Result<()> {
///     let _session_guard = session_lock::session_lock("sessions", "2f1c")?;
///     Ok(())
/// }
/// ```
///
/// `unlock` takes the guard, so that nothing can be written after it:
///
/// ```compile_fail,E0382
/// fn late(mut guard: session_lock::SessionLock) -> Result<(), session_lock::Error> {
///     guard.unlock()?;
///     guard.replace(b"{}")
/// }
/// ```
#[must_use = "the session is unlocked as soon as the guard is dropped"]
pub struct SessionLock {
    // Unlocks before the thread forgets that it holds the session.
    session: Session,
    _entry: Entry,
}

impl SessionLock {
    pub(crate) fn new(session: Session) -> Self {
        Self { _entry: enter(&session), session }
    }

    reading_methods!();
    writing_methods!();
}

impl fmt::Debug for SessionLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLock").field("path", &self.lock_path()).finish()
    }
}

/// A shared lock of one session, until it is dropped: no writer gets in, other readers do.
///
/// It cannot write, and it cannot become exclusive:
///
/// ```compile_fail,E0599
/// fn write(mut guard: session_lock::SharedSessionLock) -> Result<(), session_lock::Error> {
///     guard.replace(b"{}")
/// }
/// ```
#[must_use = "the session is unlocked as soon as the guard is dropped"]
pub struct SharedSessionLock {
    session: Session,
    _entry: Entry,
}

impl SharedSessionLock {
    pub(crate) fn new(session: Session) -> Self {
        Self { _entry: enter(&session), session }
    }

    reading_methods!();
}

impl fmt::Debug for SharedSessionLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSessionLock").field("path", &self.lock_path()).finish()
    }
}

fn enter(session: &Session) -> Entry {
    held::enter(session.pid(), session.dir().sys().key(), session.id(), session.key())
}

/// The exclusive locks of several sessions, until they are dropped; made by [`SessionDir::lock_all`](crate::SessionDir::lock_all).
#[must_use = "the sessions are unlocked as soon as the guard is dropped"]
#[derive(Debug)]
pub struct SessionLocks {
    /// Sorted by id.
    locks: Vec<SessionLock>,
}

impl SessionLocks {
    pub(crate) fn new(locks: Vec<SessionLock>) -> Self {
        Self { locks }
    }

    /// The ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.locks.iter().map(SessionLock::id)
    }

    /// The guard of one of the sessions.
    pub fn get(&self, id: &str) -> Option<&SessionLock> {
        self.position(id).map(|at| &self.locks[at])
    }

    /// The guard of one of the sessions, to write with.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut SessionLock> {
        self.position(id).map(|at| &mut self.locks[at])
    }

    /// All guards, in the order of the ids.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut SessionLock> {
        self.locks.iter_mut()
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.locks.binary_search_by(|lock| lock.id().cmp(id)).ok()
    }
}
