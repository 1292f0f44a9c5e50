//! Windows: files are opened without the right of others to delete them, so that an open lock file keeps its name.
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::OpenFailure;
use crate::flock::Mode;

const FILE_SHARE_READ: u32 = 1;
const FILE_SHARE_WRITE: u32 = 2;
const FILE_SHARE_DELETE: u32 = 4;
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
const FILE_ATTRIBUTE_DIRECTORY: u32 = 0x10;
const FILE_ATTRIBUTE_REPARSE_POINT: u32 = 0x400;
const ERROR_INVALID_FUNCTION: i32 = 1;
const ERROR_ACCESS_DENIED: i32 = 5;
const ERROR_SHARING_VIOLATION: i32 = 32;
const ERROR_NOT_SUPPORTED: i32 = 50;
const ERROR_POSSIBLE_DEADLOCK: i32 = 1131;
/// How often a rename is repeated while a virus scanner or a reader has the target open, 1 ms apart at first.
const RENAME_TRIES: u32 = 8;

/// Which file this is: its full path in lower case, for the names of files that are open cannot change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FileKey(OsString);

/// A directory, by its full path.
pub(crate) struct Dir {
    path: PathBuf,
    full: PathBuf,
    key: FileKey,
}

impl Dir {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let full = fs::canonicalize(path)?;
        if !fs::metadata(&full)?.is_dir() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a directory"));
        }
        let key = FileKey(full.as_os_str().to_ascii_lowercase());
        Ok(Self { path: path.to_owned(), full, key })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn key(&self) -> &FileKey {
        &self.key
    }

    /// `LockFileEx` works over SMB; there is nothing to refuse.
    pub(crate) fn network_fs(&self) -> io::Result<Option<&'static str>> {
        Ok(None)
    }

    fn key_of(&self, name: &str) -> FileKey {
        FileKey(self.full.join(name).into_os_string().to_ascii_lowercase())
    }

    /// Opens the lock file, creating it if need be.
    pub(crate) fn open_lock(&self, name: &str, _mode: u32, lock: Mode) -> Result<(File, FileKey), OpenFailure> {
        let mut options = options(FILE_SHARE_READ | FILE_SHARE_WRITE);
        let opened = match options.read(true).write(true).create(true).truncate(false).open(self.full.join(name)) {
            Err(error) if lock == Mode::Shared && error.kind() == io::ErrorKind::PermissionDenied => {
                options.write(false).create(false).open(self.full.join(name))
            }
            opened => opened,
        };
        let file = opened.map_err(|error| match error.raw_os_error() {
            Some(ERROR_SHARING_VIOLATION) => OpenFailure::Busy,
            _ => OpenFailure::Io(error),
        })?;
        check_regular(&file)?;
        Ok((file, self.key_of(name)))
    }

    /// Which file the name stands for now: the open one, whose name cannot be taken away.
    pub(crate) fn identity(&self, name: &str) -> io::Result<Option<FileKey>> {
        match fs::symlink_metadata(self.full.join(name)) {
            Ok(_) => Ok(Some(self.key_of(name))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The contents of the data file, `None` if there is none.
    pub(crate) fn read_data(&self, name: &str) -> Result<Option<Vec<u8>>, OpenFailure> {
        let shared = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
        let mut file = match options(shared).read(true).open(self.full.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        check_regular(&file)?;
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut file, &mut bytes)?;
        Ok(Some(bytes))
    }

    /// Creates a file that must not exist.
    pub(crate) fn create_new(&self, name: &str, _mode: u32) -> io::Result<File> {
        options(FILE_SHARE_READ).write(true).create_new(true).open(self.full.join(name))
    }

    /// New files inherit the directory's access control list; only the target is checked.
    pub(crate) fn adopt_attributes(&self, _file: &File, data: &str) -> Result<(), OpenFailure> {
        match fs::symlink_metadata(self.full.join(data)) {
            Ok(metadata) if !metadata.is_file() => Err(OpenFailure::Untrusted("it is not a regular file")),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Renames over the target, again and again while a scanner or a reader without `FILE_SHARE_DELETE` has it open.
    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (from, to) = (self.full.join(from), self.full.join(to));
        for exponent in 0..RENAME_TRIES {
            match fs::rename(&from, &to) {
                Err(error) if matches!(error.raw_os_error(), Some(ERROR_ACCESS_DENIED | ERROR_SHARING_VIOLATION)) => {
                    thread::sleep(Duration::from_millis(1 << exponent));
                }
                outcome => return outcome,
            }
        }
        fs::rename(&from, &to)
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.full.join(name))
    }

    /// Windows has no way to sync a directory.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Options that never follow a link at the last component.
fn options(share: u32) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.share_mode(share).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    options
}

fn check_regular(file: &File) -> Result<(), OpenFailure> {
    match file.metadata()?.file_attributes() & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT) {
        0 => Ok(()),
        _ => Err(OpenFailure::Untrusted("it is a link or not a regular file")),
    }
}

/// Whether a failed lock call means that this file system cannot lock.
pub(crate) fn cannot_lock(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(ERROR_INVALID_FUNCTION | ERROR_NOT_SUPPORTED))
}

/// `ErrorKind::Deadlock`, which cannot be named before Rust 1.83.
pub(crate) fn deadlock_kind() -> io::ErrorKind {
    io::Error::from_raw_os_error(ERROR_POSSIBLE_DEADLOCK).kind()
}

/// Creates the directory and its parents.
pub(crate) fn create_dir(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}
