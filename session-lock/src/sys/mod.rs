//! The file system calls, relative to an open directory where the platform can do that.
use std::io;
use std::path::Path;

use crate::Error;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::{cannot_lock, create_dir, deadlock_kind, Dir, FileKey};

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::{cannot_lock, create_dir, deadlock_kind, Dir, FileKey};

#[cfg(not(any(unix, windows)))]
compile_error!("session-lock knows the locks of Unix and Windows only");

/// Why a file was not opened.
pub(crate) enum OpenFailure {
    /// A lease on the file, or a program that shares it with nobody, keeps it shut for the moment.
    Busy,
    /// The file is not one to trust.
    Untrusted(&'static str),
    /// The call failed.
    Io(io::Error),
}

impl OpenFailure {
    /// The failure of `op` on the file at `path`.
    pub(crate) fn about(self, op: &'static str, path: &Path) -> Error {
        match self {
            Self::Busy => Error::io(op, path, io::ErrorKind::WouldBlock),
            Self::Untrusted(reason) => Error::Untrusted { path: path.to_owned(), reason },
            Self::Io(source) => Error::io(op, path, source),
        }
    }
}

impl From<io::Error> for OpenFailure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
