//! A directory of sessions.
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::acquire::Attempt;
use crate::flock::Mode;
use crate::guard::{SessionLock, SessionLocks, SharedSessionLock};
use crate::options::SessionDirOptions;
use crate::{id, sys, Error};

/// A directory of sessions, opened once; clones share the handle.
///
/// The directory itself is trusted: whoever can rename files in it can break every lock in it. It stays the same directory even
/// if its path is later given to another one.
///
/// ```
/// # let scratch = std::env::temp_dir().join(format!("session-lock-dir-{}", std::process::id()));
/// use session_lock::{Durability, SessionDir};
///
/// let dir = SessionDir::options().durability(Durability::FileOnly).create(&scratch)?;
/// dir.lock("2f1c")?.replace(b"{}")?;
/// assert_eq!(dir.lock_shared("2f1c")?.read()?.as_deref(), Some(&b"{}"[..]));
/// # std::fs::remove_dir_all(&scratch).unwrap();
/// # Ok::<(), session_lock::Error>(())
/// ```
#[derive(Clone)]
pub struct SessionDir {
    inner: Arc<Inner>,
}

struct Inner {
    sys: sys::Dir,
    options: SessionDirOptions,
}

impl SessionDir {
    /// Opens an existing directory with the default options.
    ///
    /// # Errors
    ///
    /// If it cannot be opened or lies on a network file system.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::options().open(path)
    }

    /// Creates the directory, for its owner only, unless it exists, and opens it with the default options.
    ///
    /// # Errors
    ///
    /// As [`SessionDir::open`], and if it cannot be created.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::options().create(path)
    }

    /// Options to open or create a directory with.
    #[must_use]
    pub fn options() -> SessionDirOptions {
        SessionDirOptions::default()
    }

    pub(crate) fn with_options(path: &Path, options: SessionDirOptions) -> Result<Self, Error> {
        id::check_ext(&options.data_ext).map_err(|reason| Error::InvalidId { id: options.data_ext.clone(), reason })?;
        let sys = sys::Dir::open(path).map_err(|source| Error::io("open directory", path, source))?;
        if !options.allow_network_fs {
            if let Some(fs) = sys.network_fs().map_err(|source| Error::io("inspect file system of", path, source))? {
                return Err(Error::Unsupported { path: path.to_owned(), fs: format!("{fs} (allow_network_fs accepts it)") });
            }
        }
        Ok(Self { inner: Arc::new(Inner { sys, options }) })
    }

    /// The path that the directory was opened by.
    pub fn path(&self) -> &Path {
        self.inner.sys.path()
    }

    pub(crate) fn sys(&self) -> &sys::Dir {
        &self.inner.sys
    }

    pub(crate) fn options_ref(&self) -> &SessionDirOptions {
        &self.inner.options
    }

    /// Locks the session exclusively and waits in the kernel's queue until it is free.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidId`], [`Error::Reentrant`], [`Error::Untrusted`], [`Error::Unsupported`] or [`Error::Io`].
    pub fn lock(&self, id: &str) -> Result<SessionLock, Error> {
        Attempt::new(self, id, Mode::Exclusive, true)?.wait().map(SessionLock::new)
    }

    /// Locks the session exclusively if it is free and never waits.
    ///
    /// # Errors
    ///
    /// As [`SessionDir::lock`], and [`Error::WouldBlock`].
    pub fn try_lock(&self, id: &str) -> Result<SessionLock, Error> {
        Attempt::new(self, id, Mode::Exclusive, true)?.once().map(SessionLock::new)
    }

    /// Locks the session exclusively and waits no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// As [`SessionDir::lock`], and [`Error::TimedOut`].
    pub fn lock_timeout(&self, id: &str, timeout: Duration) -> Result<SessionLock, Error> {
        Attempt::new(self, id, Mode::Exclusive, true)?.wait_for(timeout).map(SessionLock::new)
    }

    /// Locks the session against writers, together with any number of other readers; waits until no writer has it.
    ///
    /// There is no way to make it exclusive: two readers that both tried would wait for each other. Let it go, lock anew and read
    /// again. A reader that only wants *some* consistent state needs no lock at all.
    ///
    /// # Errors
    ///
    /// As [`SessionDir::lock`].
    pub fn lock_shared(&self, id: &str) -> Result<SharedSessionLock, Error> {
        Attempt::new(self, id, Mode::Shared, true)?.wait().map(SharedSessionLock::new)
    }

    /// Locks the session against writers if none has it and never waits.
    ///
    /// # Errors
    ///
    /// As [`SessionDir::try_lock`].
    pub fn try_lock_shared(&self, id: &str) -> Result<SharedSessionLock, Error> {
        Attempt::new(self, id, Mode::Shared, true)?.once().map(SharedSessionLock::new)
    }

    /// Locks the session against writers and waits no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// As [`SessionDir::lock_timeout`].
    pub fn lock_shared_timeout(&self, id: &str, timeout: Duration) -> Result<SharedSessionLock, Error> {
        Attempt::new(self, id, Mode::Shared, true)?.wait_for(timeout).map(SharedSessionLock::new)
    }

    /// Locks several sessions exclusively, all or none.
    ///
    /// They are locked in the order of their ids, each once, so that callers who name the same sessions in different orders
    /// cannot wait for each other in a circle.
    ///
    /// ```
    /// # let scratch = std::env::temp_dir().join(format!("session-lock-all-{}", std::process::id()));
    /// let dir = session_lock::SessionDir::create(&scratch)?;
    /// let mut both = dir.lock_all(["to", "from", "to"])?;
    /// assert_eq!(both.ids().collect::<Vec<_>>(), ["from", "to"]);
    /// if let Some(from) = both.get_mut("from") {
    ///     from.replace(b"0")?;
    /// }
    /// # drop(both);
    /// # std::fs::remove_dir_all(&scratch).unwrap();
    /// # Ok::<(), session_lock::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`SessionDir::lock`]; the sessions locked so far are let go.
    pub fn lock_all<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Result<SessionLocks, Error> {
        let ids: BTreeSet<&str> = ids.into_iter().collect();
        ids.into_iter().map(|id| self.lock(id)).collect::<Result<Vec<_>, _>>().map(SessionLocks::new)
    }
}

impl fmt::Debug for SessionDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionDir").field("path", &self.path()).field("options", &self.inner.options).finish()
    }
}
