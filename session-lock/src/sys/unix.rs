//! Unix: everything is relative to the directory's descriptor, and no link is ever followed in it.
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fd::OwnedFd;
use rustix::fs::{self, AtFlags, FileType, Mode as Permissions, OFlags, RawMode, Stat};
use rustix::io::{retry_on_intr, Errno};

use super::OpenFailure;
use crate::flock::Mode;

/// Which file this is, whatever its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FileKey {
    dev: u64,
    ino: u64,
}

impl FileKey {
    // The fields' types differ between the platforms.
    #[allow(clippy::unnecessary_cast)]
    fn of(stat: &Stat) -> Self {
        Self { dev: stat.st_dev as u64, ino: stat.st_ino as u64 }
    }
}

/// An open directory.
pub(crate) struct Dir {
    fd: OwnedFd,
    path: PathBuf,
    key: FileKey,
    user: u32,
}

/// Opens never wait (a FIFO, a lease), never follow a link at the last component and are not inherited by programs that are run.
const COMMON: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);
/// The flags that open a lock file; it is never truncated and never written.
const LOCK_FILE: OFlags = COMMON.union(OFlags::RDWR).union(OFlags::CREATE);
/// The flags that create a temporary file.
const TEMP_FILE: OFlags = COMMON.union(OFlags::WRONLY).union(OFlags::CREATE).union(OFlags::EXCL);

impl Dir {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = retry_on_intr(|| fs::open(path, flags, Permissions::empty()))?;
        let key = FileKey::of(&fs::fstat(&fd)?);
        Ok(Self { fd, path: path.to_owned(), key, user: rustix::process::geteuid().as_raw() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn key(&self) -> &FileKey {
        &self.key
    }

    /// The name of the network file system that the directory lies on, if it is one whose locks cannot be relied on.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn network_fs(&self) -> io::Result<Option<&'static str>> {
        let kind = retry_on_intr(|| fs::fstatfs(&self.fd))?.f_type;
        Ok((kind == fs::NFS_SUPER_MAGIC).then_some("NFS"))
    }

    /// Only Linux tells file systems apart by number; elsewhere the lock call has to say so.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn network_fs(&self) -> io::Result<Option<&'static str>> {
        Ok(None)
    }

    /// Opens the lock file, creating it if need be.
    pub(crate) fn open_lock(&self, name: &str, mode: u32, lock: Mode) -> Result<(File, FileKey), OpenFailure> {
        let opened = match self.open_at(name, LOCK_FILE, mode) {
            // A reader may lock what it cannot write: NFS alone wants a writable descriptor, and only for an exclusive lock.
            Err(Errno::ROFS | Errno::ACCESS) if lock == Mode::Shared => self.open_at(name, COMMON | OFlags::RDONLY, 0),
            opened => opened,
        };
        let file = File::from(opened.map_err(open_failure)?);
        let stat = fs::fstat(&file).map_err(io::Error::from)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(OpenFailure::Untrusted("it is not a regular file"));
        }
        if stat.st_uid != self.user {
            self.check_stranger(stat.st_uid)?;
        }
        Ok((file, FileKey::of(&stat)))
    }

    /// A lock file of another user is an ambush if anybody may create files here: that user could delete it or lock it for ever.
    fn check_stranger(&self, owner: u32) -> Result<(), OpenFailure> {
        let dir = fs::fstat(&self.fd).map_err(io::Error::from)?;
        let trusted = owner == 0 || owner == dir.st_uid || owner == rustix::process::geteuid().as_raw();
        let others_create = Permissions::from_raw_mode(dir.st_mode).intersects(Permissions::WGRP | Permissions::WOTH);
        match others_create && !trusted {
            true => Err(OpenFailure::Untrusted("another user owns it, in a directory where others may create files")),
            false => Ok(()),
        }
    }

    fn open_at(&self, name: &str, flags: OFlags, mode: u32) -> rustix::io::Result<OwnedFd> {
        retry_on_intr(|| fs::openat(&self.fd, name, flags, Permissions::from_raw_mode(mode as RawMode)))
    }

    /// What `part` takes from the file's status; `None` if there is no file of that name.
    #[inline]
    fn stat<T>(&self, name: &str, part: impl Fn(&Stat) -> T) -> io::Result<Option<T>> {
        match retry_on_intr(|| fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).map(|stat| part(&stat))) {
            Ok(part) => Ok(Some(part)),
            Err(Errno::NOENT | Errno::STALE) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Which file the name stands for now.
    pub(crate) fn identity(&self, name: &str) -> io::Result<Option<FileKey>> {
        self.stat(name, FileKey::of)
    }

    /// The contents of the data file, `None` if there is none.
    pub(crate) fn read_data(&self, name: &str) -> Result<Option<Vec<u8>>, OpenFailure> {
        let fd = match self.open_at(name, COMMON | OFlags::RDONLY, 0) {
            Err(Errno::NOENT) => return Ok(None),
            opened => opened.map_err(open_failure)?,
        };
        let stat = fs::fstat(&fd).map_err(io::Error::from)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(OpenFailure::Untrusted("it is not a regular file"));
        }
        // One byte more than the size, so that the end is seen without growing.
        let mut bytes = Vec::with_capacity(usize::try_from(stat.st_size).unwrap_or(0).saturating_add(1));
        loop {
            if bytes.len() == bytes.capacity() {
                bytes.reserve(4096);
            }
            let count = retry_on_intr(|| rustix::io::read(&fd, rustix::buffer::spare_capacity(&mut bytes))).map_err(io::Error::from)?;
            if count == 0 {
                return Ok(Some(bytes));
            }
        }
    }

    /// Creates a file that must not exist.
    pub(crate) fn create_new(&self, name: &str, mode: u32) -> io::Result<File> {
        Ok(File::from(self.open_at(name, TEMP_FILE, mode)?))
    }

    /// Gives a new file the owner and permissions of the data file that it will replace, if there is one.
    pub(crate) fn adopt_attributes(&self, file: &File, data: &str) -> Result<(), OpenFailure> {
        let Some(old) = self.stat(data, Stat::clone)? else { return Ok(()) };
        if FileType::from_raw_mode(old.st_mode) != FileType::RegularFile {
            return Err(OpenFailure::Untrusted("it is not a regular file"));
        }
        let new = fs::fstat(file).map_err(io::Error::from)?;
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid) {
            // Only root and members of the group may; for everybody else the new file stays the writer's own.
            let _ = fs::fchown(file, Some(fs::Uid::from_raw(old.st_uid)), Some(fs::Gid::from_raw(old.st_gid)));
        }
        if old.st_mode != new.st_mode {
            fs::fchmod(file, Permissions::from_raw_mode(old.st_mode)).map_err(io::Error::from)?;
        }
        Ok(())
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(fs::renameat(&self.fd, from, &self.fd, to)?)
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(fs::unlinkat(&self.fd, name, AtFlags::empty())?)
    }

    /// Syncs the directory, so that a rename in it survives a power cut.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(retry_on_intr(|| fs::fsync(&self.fd))?)
    }
}

/// What an open of a lock or data file was refused for.
fn open_failure(error: Errno) -> OpenFailure {
    match error {
        Errno::LOOP | Errno::MLINK => OpenFailure::Untrusted("it is a symbolic link"),
        Errno::ISDIR | Errno::NXIO => OpenFailure::Untrusted("it is not a regular file"),
        Errno::AGAIN => OpenFailure::Busy,
        other => OpenFailure::Io(other.into()),
    }
}

/// Whether a failed lock call means that this file system cannot lock.
pub(crate) fn cannot_lock(error: &io::Error) -> bool {
    let unable = [Errno::NOSYS, Errno::NOLCK, Errno::OPNOTSUPP, Errno::NOTSUP, Errno::INVAL];
    error.raw_os_error().is_some_and(|code| unable.iter().any(|errno| errno.raw_os_error() == code))
}

/// `ErrorKind::Deadlock`, which cannot be named before Rust 1.83.
pub(crate) fn deadlock_kind() -> io::ErrorKind {
    io::Error::from(Errno::DEADLK).kind()
}

/// Creates the directory and its parents, for the owner only.
pub(crate) fn create_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}
