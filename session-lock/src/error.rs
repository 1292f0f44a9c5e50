//! What can go wrong, and how it looks as a [`std::io::Error`].
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a session could not be locked, read or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The id cannot be a file name everywhere; nothing was created.
    InvalidId {
        /// The offending id.
        id: String,
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// Somebody else holds the session, and the caller did not want to wait.
    WouldBlock {
        /// The lock file.
        path: PathBuf,
    },
    /// Somebody else held the session all the time.
    TimedOut {
        /// How long the caller waited.
        after: Duration,
        /// The lock file.
        path: PathBuf,
    },
    /// This thread holds the session already: waiting for it would never end.
    Reentrant {
        /// The lock file.
        path: PathBuf,
    },
    /// The file at that path is not one to trust; it was neither written nor followed.
    Untrusted {
        /// The lock or data file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The lock file was deleted or replaced while the session was held, so somebody else may hold it too. Nothing was written.
    LockLost {
        /// The lock file.
        path: PathBuf,
    },
    /// The file system cannot lock, or not reliably.
    Unsupported {
        /// The lock file or the directory.
        path: PathBuf,
        /// The file system or the answer that it gave.
        fs: String,
    },
    /// Another call failed.
    Io {
        /// What was tried.
        op: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl Error {
    /// An I/O failure of `op` on `path`.
    pub(crate) fn io(op: &'static str, path: impl Into<PathBuf>, source: impl Into<io::Error>) -> Self {
        Self::Io { op, path: path.into(), source: source.into() }
    }

    /// A failure of the lock call: an error of its own if the file system cannot lock at all.
    pub(crate) fn lock_call(path: &Path, source: io::Error) -> Self {
        match crate::sys::cannot_lock(&source) {
            true => Self::Unsupported { path: path.to_owned(), fs: source.to_string() },
            false => Self::io("lock", path, source),
        }
    }

    /// The kind that this error has as an [`io::Error`].
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            Self::InvalidId { .. } => io::ErrorKind::InvalidInput,
            Self::WouldBlock { .. } => io::ErrorKind::WouldBlock,
            Self::TimedOut { .. } => io::ErrorKind::TimedOut,
            Self::Reentrant { .. } => crate::sys::deadlock_kind(),
            Self::Untrusted { .. } => io::ErrorKind::PermissionDenied,
            Self::LockLost { .. } => io::ErrorKind::Other,
            Self::Unsupported { .. } => io::ErrorKind::Unsupported,
            Self::Io { source, .. } => source.kind(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidId { id, reason } => write!(f, "{id:?} cannot name a session: {reason}"),
            Self::WouldBlock { path } => write!(f, "{} is held by somebody else", path.display()),
            Self::TimedOut { after, path } => write!(f, "{} was held by somebody else for {after:?}", path.display()),
            Self::Reentrant { path } => write!(f, "{} is held by this thread already", path.display()),
            Self::Untrusted { path, reason } => write!(f, "{} is not to be trusted: {reason}", path.display()),
            Self::LockLost { path } => write!(f, "{} was deleted or replaced while it was held", path.display()),
            Self::Unsupported { path, fs } => write!(f, "{} is on a file system that cannot lock: {fs}", path.display()),
            Self::Io { op, path, source } => write!(f, "cannot {op} {}: {source}", path.display()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(error.kind(), error)
    }
}

/// Why an update did not happen: the lock and the files, or the caller's closure. Either way the data is unchanged.
#[derive(Debug)]
pub enum UpdateError<E> {
    /// The session could not be read or written.
    Lock(Error),
    /// The closure gave up.
    Closure(E),
}

impl<E: fmt::Display> fmt::Display for UpdateError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock(error) => error.fmt(f),
            Self::Closure(error) => error.fmt(f),
        }
    }
}

impl<E: StdError + 'static> StdError for UpdateError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Lock(error) => error.source(),
            Self::Closure(error) => error.source(),
        }
    }
}

impl<E> From<Error> for UpdateError<E> {
    fn from(error: Error) -> Self {
        Self::Lock(error)
    }
}

impl<E: Into<io::Error>> From<UpdateError<E>> for io::Error {
    fn from(error: UpdateError<E>) -> Self {
        match error {
            UpdateError::Lock(error) => error.into(),
            UpdateError::Closure(error) => error.into(),
        }
    }
}
