//! A locked session: its data, its identity and its release. The guards wrap it.
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::sys::FileKey;
use crate::{event, flock, Durability, Error, SessionDir, UpdateError};

/// A locked session; dropping it unlocks.
pub(crate) struct Session {
    dir: SessionDir,
    lock_name: String,
    file: File,
    key: FileKey,
    /// The process that took the lock. A child of a fork shares the descriptor but must not unlock it.
    pid: u32,
    released: bool,
    lock_path: OnceLock<PathBuf>,
    data_path: OnceLock<PathBuf>,
}

impl Session {
    pub(crate) fn new(dir: SessionDir, lock_name: String, file: File, key: FileKey) -> Self {
        let pid = std::process::id();
        Self { dir, lock_name, file, key, pid, released: false, lock_path: OnceLock::new(), data_path: OnceLock::new() }
    }

    pub(crate) fn dir(&self) -> &SessionDir {
        &self.dir
    }

    pub(crate) fn key(&self) -> &FileKey {
        &self.key
    }

    /// The process that took the lock.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) fn id(&self) -> &str {
        self.lock_name.strip_suffix(".lock").unwrap_or(&self.lock_name)
    }

    pub(crate) fn lock_path(&self) -> &Path {
        self.lock_path.get_or_init(|| self.dir.path().join(&self.lock_name))
    }

    pub(crate) fn data_path(&self) -> &Path {
        self.data_path.get_or_init(|| self.dir.path().join(self.data_name()))
    }

    fn data_name(&self) -> String {
        format!("{}.{}", self.id(), self.dir.options_ref().data_ext)
    }

    /// An error unless this process took the lock and the path still names the locked file.
    pub(crate) fn verify(&self) -> Result<(), Error> {
        let named = self.dir.sys().identity(&self.lock_name).map_err(|source| Error::io("inspect", self.lock_path(), source))?;
        if named.as_ref() == Some(&self.key) && self.pid == std::process::id() {
            return Ok(());
        }
        Err(self.lost())
    }

    fn lost(&self) -> Error {
        event::lost(self.lock_path());
        Error::LockLost { path: self.lock_path().to_owned() }
    }

    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, Error> {
        self.dir.sys().read_data(&self.data_name()).map_err(|failure| failure.about("read", self.data_path()))
    }

    /// Writes a temporary file, syncs it, sees that the session is still ours, and renames it over the data. A session that is
    /// no longer ours is left alone altogether.
    pub(crate) fn replace(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let data = self.data_name();
        let temp = format!(".{data}.tmp");
        self.verify()?;
        let file = self.create_temp(&temp)?;
        let outcome = self.fill(file, &data, bytes).and_then(|()| self.commit(&temp, &data));
        match outcome {
            // A temporary file of that name may be the new holder's by now.
            Ok(()) | Err(Error::LockLost { .. }) => {}
            // Best effort: what remains is reclaimed by the next holder.
            Err(_) => drop(self.dir.sys().remove(&temp)),
        }
        outcome
    }

    /// Creates the temporary file. One that exists is a dead holder's, for only the holder of the lock makes it.
    fn create_temp(&self, temp: &str) -> Result<File, Error> {
        let sys = self.dir.sys();
        let mode = self.dir.options_ref().mode;
        let created = match sys.create_new(temp, mode) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let path = self.dir.path().join(temp);
                sys.remove(temp).map_err(|source| Error::io("remove leftover", &path, source))?;
                event::reclaimed(&path);
                sys.create_new(temp, mode)
            }
            created => created,
        };
        created.map_err(|source| Error::io("create", self.dir.path().join(temp), source))
    }

    fn fill(&self, mut file: File, data: &str, bytes: &[u8]) -> Result<(), Error> {
        self.dir.sys().adopt_attributes(&file, data).map_err(|failure| failure.about("keep permissions of", self.data_path()))?;
        file.write_all(bytes).map_err(|source| Error::io("write", self.data_path(), source))?;
        if self.dir.options_ref().durability != Durability::None {
            file.sync_all().map_err(|source| Error::io("sync", self.data_path(), source))?;
        }
        Ok(())
    }

    fn commit(&self, temp: &str, data: &str) -> Result<(), Error> {
        self.verify()?;
        match self.dir.sys().rename(temp, data) {
            Ok(()) => {}
            // Another holder has reclaimed our temporary file, so the lock file was replaced after `verify`.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(self.lost()),
            Err(source) => return Err(Error::io("replace", self.data_path(), source)),
        }
        if self.dir.options_ref().durability == Durability::Full {
            self.dir.sys().sync().map_err(|source| Error::io("sync directory", self.dir.path(), source))?;
        }
        Ok(())
    }

    pub(crate) fn update<E>(&mut self, change: impl FnOnce(Option<&[u8]>) -> Result<Vec<u8>, E>) -> Result<(), UpdateError<E>> {
        let old = self.read()?;
        let new = change(old.as_deref()).map_err(UpdateError::Closure)?;
        Ok(self.replace(&new)?)
    }

    #[cfg(feature = "json")]
    pub(crate) fn update_json<T, R>(&mut self, change: impl FnOnce(&mut T) -> R) -> Result<R, Error>
    where
        T: Default + serde::Serialize + serde::de::DeserializeOwned,
    {
        let mut value = match self.read()? {
            None => T::default(),
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| Error::io("parse", self.data_path(), error))?,
        };
        let answer = change(&mut value);
        let bytes = serde_json::to_vec(&value).map_err(|error| Error::io("serialize", self.data_path(), error))?;
        self.replace(&bytes)?;
        Ok(answer)
    }

    pub(crate) fn remove_files(&self) -> Result<(), Error> {
        self.verify()?;
        let sys = self.dir.sys();
        match sys.remove(&self.data_name()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::io("remove", self.data_path(), error)),
            _ => {}
        }
        sys.remove(&self.lock_name).map_err(|source| Error::io("remove", self.lock_path(), source))
    }

    /// Unlocks, once, and only in the process that locked.
    pub(crate) fn release(&mut self) -> Result<(), Error> {
        if self.released || self.pid != std::process::id() {
            return Ok(());
        }
        self.released = true;
        flock::unlock(&self.file).map_err(|source| Error::io("unlock", self.lock_path(), source))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Closing the file, which follows, frees the lock too unless a child of a fork shares it.
        let _ = self.release();
    }
}
