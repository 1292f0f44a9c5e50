//! The options of a session directory.
use std::path::Path;

use crate::{id, Error, SessionDir};

/// How far a written session is on its way to the disk when the call returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// File and directory are synced: the update survives a power cut. The default.
    #[default]
    Full,
    /// Only the file is synced: after a power cut the data is old or new, never torn.
    FileOnly,
    /// Nothing is synced: the update survives the death of the process, not that of the machine.
    None,
}

/// Options for [`SessionDir`], made by [`SessionDir::options`].
#[derive(Clone, Debug)]
pub struct SessionDirOptions {
    pub(crate) mode: u32,
    pub(crate) data_ext: String,
    pub(crate) durability: Durability,
    pub(crate) allow_network_fs: bool,
    pub(crate) max_id_len: usize,
}

impl Default for SessionDirOptions {
    fn default() -> Self {
        Self {
            mode: 0o600,
            data_ext: "json".to_owned(),
            durability: Durability::Full,
            allow_network_fs: false,
            max_id_len: id::DEFAULT_MAX_LEN,
        }
    }
}

impl SessionDirOptions {
    /// The permissions of new lock and data files, less the umask. The default is `0o600`. Without effect on Windows.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// The extension of the data files. The default is `json`.
    #[must_use]
    pub fn data_ext(mut self, ext: impl Into<String>) -> Self {
        self.data_ext = ext.into();
        self
    }

    /// How durable an update is when it returns. The default is [`Durability::Full`].
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Whether a directory on NFS is accepted. The default is `false`, since locks there depend on the server, the mount options
    /// and the caches of every client.
    #[must_use]
    pub fn allow_network_fs(mut self, allow: bool) -> Self {
        self.allow_network_fs = allow;
        self
    }

    /// The longest id in bytes. The default, and the most that is possible, is 200.
    #[must_use]
    pub fn max_id_len(mut self, len: usize) -> Self {
        self.max_id_len = len.min(id::DEFAULT_MAX_LEN);
        self
    }

    /// Opens an existing directory with these options.
    ///
    /// # Errors
    ///
    /// If the directory cannot be opened, lies on a network file system, or an option is invalid.
    pub fn open(self, path: impl AsRef<Path>) -> Result<SessionDir, Error> {
        SessionDir::with_options(path.as_ref(), self)
    }

    /// Creates the directory, for its owner only, unless it exists, and opens it with these options.
    ///
    /// # Errors
    ///
    /// As [`SessionDirOptions::open`], and if the directory cannot be created.
    pub fn create(self, path: impl AsRef<Path>) -> Result<SessionDir, Error> {
        let path = path.as_ref();
        crate::sys::create_dir(path).map_err(|source| Error::io("create directory", path, source))?;
        self.open(path)
    }
}
