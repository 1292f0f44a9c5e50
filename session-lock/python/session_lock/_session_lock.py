"""One exclusive lock per session, around every read-modify-write cycle on a shared file.

A session is a pair of files in one directory: the data (``{id}.json``) and an empty lock file beside it (``{id}.lock``). Whoever
holds the ``flock`` of the lock file owns the session; the data is only ever replaced by a rename::

    with session_lock(SESSIONS_DIR, session_id) as session:
        session.update_json(lambda data: data["events"].append(event), default=dict)

The same lock on the same file as the Rust crate ``session-lock``, ``fcntl.flock``, the package ``filelock`` and the program
``flock``. This module needs the standard library only, so that it can be copied into a project.
"""

from __future__ import annotations

import contextlib
import enum
import errno
import functools
import json
import os
import re
import stat
import sys
import threading
import time
import weakref
from typing import Any, Callable, Iterable, Iterator, Optional, Tuple, TypeVar, Union

__all__ = [
    "Durability",
    "InvalidId",
    "LockLost",
    "Reentrant",
    "SessionDir",
    "SessionLock",
    "SessionLockError",
    "TimedOut",
    "Unsupported",
    "Untrusted",
    "WouldBlock",
    "session_lock",
    "session_lock_timeout",
    "try_session_lock",
]

_StrPath = Union[str, "os.PathLike[str]"]
_Id = Union[str, Callable[..., str]]
_Key = Tuple[int, int]  # device and inode
_Entry = Tuple[int, _Key, str, _Key]  # process, directory, id, lock file
_F = TypeVar("_F", bound=Callable[..., Any])

_FIRST_PAUSE = 0.000_05
_LONGEST_PAUSE = 0.001
_MAX_ID = 200
_MAX_REPLACED = 64
_CANNOT_LOCK = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])(?:\..*)?\Z", re.IGNORECASE)
_O_COMMON = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

if sys.platform == "win32":
    import msvcrt

    def _flock(fd: int, shared: bool, wait: bool) -> bool:
        """Takes the lock, of the first byte; False if somebody else has it and the caller does not wait. Never shared."""
        while True:
            try:
                os.lseek(fd, 0, os.SEEK_SET)
                msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
                return True
            except OSError as error:
                if error.errno not in (errno.EACCES, errno.EDEADLK):
                    raise
            if not wait:
                return False
            time.sleep(_LONGEST_PAUSE)

    def _unlock(fd: int) -> None:
        os.lseek(fd, 0, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _flock(fd: int, shared: bool, wait: bool) -> bool:
        """Takes the lock; False if somebody else has it and the caller does not wait. Signals do not end the wait (PEP 475)."""
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True

    def _unlock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_UN)


class SessionLockError(OSError):
    """A session could not be locked, read or written."""


class InvalidId(SessionLockError, ValueError):
    """The id cannot be a file name everywhere; nothing was created."""


class WouldBlock(SessionLockError, BlockingIOError):
    """Somebody else holds the session, and the caller did not want to wait."""


class TimedOut(SessionLockError, TimeoutError):
    """Somebody else held the session all the time."""


class Reentrant(SessionLockError, RuntimeError):
    """This thread or task holds the session already: waiting for it would never end."""


class Untrusted(SessionLockError, PermissionError):
    """The file at that path is a link, not a regular file or a stranger's; it was neither written nor followed."""


class LockLost(SessionLockError):
    """The lock file was deleted or replaced while the session was held, so somebody else may hold it too."""


class Unsupported(SessionLockError):
    """The file system cannot lock, or not reliably."""


class Durability(enum.Enum):
    """How far an update is on its way to the disk when the call returns."""

    FULL = "full"
    """File and directory are synced: the update survives a power cut."""
    FILE_ONLY = "file"
    """Only the file is synced: after a power cut the data is old or new, never torn."""
    NONE = "none"
    """Nothing is synced: the update survives the death of the process."""


def _check_id(session_id: str, longest: int) -> None:
    """Ids are rejected, never escaped, so that every peer derives the same file names."""
    if not isinstance(session_id, str):
        raise TypeError(f"a session id is a str, not {type(session_id).__name__}")
    reason = None
    if not session_id:
        reason = "it is empty"
    elif len(session_id) > longest:
        reason = f"it is longer than {longest} bytes"
    elif not re.fullmatch(r"[A-Za-z0-9._-]+", session_id):
        reason = "it has a character other than A-Z, a-z, 0-9, '.', '_' and '-'"
    elif session_id[0] == "." or session_id[-1] == ".":
        reason = "it starts or ends with '.'"
    elif _DEVICE.match(session_id):
        reason = "it is a device name on Windows"
    if reason is not None:
        raise InvalidId(errno.EINVAL, f"{session_id[:64]!r} cannot name a session: {reason}")


class _Held(threading.local):
    """What this thread holds: the process, the directory and id, and the lock file of each session."""

    def __init__(self) -> None:
        self.entries: list[_Entry] = []

    def holds(self, directory: _Key, session_id: str) -> bool:
        pid = os.getpid()
        return any(entry[0] == pid and entry[1] == directory and entry[2] == session_id for entry in self.entries)

    def holds_file(self, key: _Key) -> bool:
        pid = os.getpid()
        return any(entry[0] == pid and entry[3] == key for entry in self.entries)


_held = _Held()


def _key(status: os.stat_result) -> _Key:
    return (status.st_dev, status.st_ino)


@functools.lru_cache(maxsize=64)
def _is_nfs(device: int) -> bool:
    """Whether the device is an NFS mount, by Linux's list of mounts; elsewhere the lock call has to say so."""
    if sys.platform != "linux":
        return False
    number = f"{os.major(device)}:{os.minor(device)}"
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as mounts:
            for line in mounts:
                fields, _, kind = line.partition(" - ")
                if fields.split(" ")[2] == number:
                    return kind.startswith("nfs")
    except OSError:
        pass
    return False


class SessionDir:
    """A directory of sessions, opened once. It must exist unless ``create`` is true."""

    def __init__(
        self,
        path: _StrPath,
        *,
        create: bool = False,
        mode: int = 0o600,
        data_ext: str = "json",
        durability: Durability = Durability.FULL,
        allow_network_fs: bool = False,
        max_id_len: int = _MAX_ID,
    ) -> None:
        if not re.fullmatch(r"[A-Za-z0-9]{1,16}", data_ext) or data_ext.lower() == "lock":
            raise InvalidId(errno.EINVAL, f"{data_ext!r} cannot be the extension of the data: 1 to 16 of A-Z, a-z, 0-9, and not 'lock'")
        self.path = os.fspath(path)
        self._fd: Optional[int] = None
        self._mode = mode
        self._ext = data_ext
        self._durability = durability
        self._max_id_len = min(max_id_len, _MAX_ID)
        if create:
            os.makedirs(self.path, mode=0o700, exist_ok=True)
        if sys.platform != "win32":
            self._fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            # Closed with the last user of this object, whoever that is.
            self._closer = weakref.finalize(self, os.close, self._fd)
            status = os.fstat(self._fd)
        else:
            status = os.stat(self.path)
            if not stat.S_ISDIR(status.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, "not a directory", self.path)
        self._key = _key(status)
        if not allow_network_fs and _is_nfs(status.st_dev):
            raise Unsupported(errno.EOPNOTSUPP, "NFS does not lock reliably (allow_network_fs accepts it)", self.path)

    def __repr__(self) -> str:
        return f"SessionDir({self.path!r})"

    def lock(self, session_id: str, timeout: Optional[float] = None) -> SessionLock:
        """The exclusive lock of the session, taken by ``with``; waits for ever, or no longer than ``timeout`` seconds."""
        return SessionLock(self, session_id, wait=True, timeout=timeout)

    def try_lock(self, session_id: str) -> SessionLock:
        """The exclusive lock of the session, taken by ``with``; raises `WouldBlock` if it is not free."""
        return SessionLock(self, session_id, wait=False)

    def lock_shared(self, session_id: str, timeout: Optional[float] = None) -> SessionLock:
        """A lock against writers, together with other readers, taken by ``with``. It cannot write or become exclusive."""
        return SessionLock(self, session_id, wait=True, timeout=timeout, shared=True)

    @contextlib.contextmanager
    def lock_all(self, session_ids: Iterable[str]) -> Iterator[dict[str, SessionLock]]:
        """The exclusive locks of several sessions, all or none, in the order of their ids, so that callers cannot deadlock."""
        with contextlib.ExitStack() as stack:
            yield {name: stack.enter_context(self.lock(name)) for name in sorted(set(session_ids))}

    # What follows works on names in the directory and never follows a link there.

    def _at(self, name: str) -> str:
        return name if self._fd is not None else os.path.join(self.path, name)

    def _open(self, name: str, flags: int, mode: int = 0o600) -> int:
        return os.open(self._at(name), flags | _O_COMMON, mode, dir_fd=self._fd)

    def _stat(self, name: str) -> Optional[os.stat_result]:
        try:
            return os.stat(self._at(name), dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ESTALE:
                return None
            raise

    def _remove(self, name: str) -> None:
        os.unlink(self._at(name), dir_fd=self._fd)

    def _open_lock(self, name: str, shared: bool) -> Optional[int]:
        """Opens the lock file; None if a lease keeps it shut for the moment."""
        path = os.path.join(self.path, name)
        try:
            fd = self._open_lock_file(name, shared)
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EMLINK):
                raise Untrusted(errno.EPERM, "the lock file is a symbolic link", path) from None
            if error.errno in (errno.EISDIR, errno.ENXIO):
                raise Untrusted(errno.EPERM, "the lock file is not a regular file", path) from None
            raise
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                raise Untrusted(errno.EPERM, "the lock file is not a regular file", path)
            self._check_owner(status, path)
        except BaseException:
            os.close(fd)
            raise
        return fd

    def _open_lock_file(self, name: str, shared: bool) -> int:
        try:
            return self._open(name, os.O_RDWR | os.O_CREAT, self._mode)
        except OSError as error:
            if shared and error.errno in (errno.EROFS, errno.EACCES):
                return self._open(name, os.O_RDONLY)
            raise

    def _check_owner(self, status: os.stat_result, path: str) -> None:
        """A lock file of another user is an ambush where anybody may create files."""
        if sys.platform == "win32" or self._fd is None or status.st_uid in (0, os.geteuid()):
            return
        directory = os.fstat(self._fd)
        if directory.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and status.st_uid != directory.st_uid:
            raise Untrusted(errno.EPERM, "another user owns the lock file, in a directory where others may create files", path)


class SessionLock:
    """The lock of one session, taken by ``with`` (or as a decorator, for each call) and given back at the end of the block."""

    def __init__(
        self,
        directory: Union[SessionDir, _StrPath],
        session_id: _Id,
        *,
        wait: bool = True,
        timeout: Optional[float] = None,
        shared: bool = False,
    ) -> None:
        self._where = directory
        self._id = session_id
        self._wait = wait
        self._timeout = timeout
        self._shared = shared
        self._fd: Optional[int] = None
        self._key: _Key = (0, 0)
        self._pid = 0
        self._entry: Optional[_Entry] = None
        self._entries: list[_Entry] = []
        if not callable(session_id):
            _check_id(session_id, directory._max_id_len if isinstance(directory, SessionDir) else _MAX_ID)

    def __repr__(self) -> str:
        return f"<SessionLock {self._id!r} in {self._where!r}, {'free' if self._fd is None else 'held'}>"

    @functools.cached_property
    def directory(self) -> SessionDir:
        """The directory, opened when it is first needed."""
        return self._where if isinstance(self._where, SessionDir) else SessionDir(self._where)

    @property
    def id(self) -> str:
        """The session's id."""
        if callable(self._id):
            raise TypeError("an id that is a function works with a decorator only")
        return self._id

    @property
    def lock_path(self) -> str:
        """The path of the lock file."""
        return os.path.join(self.directory.path, self._lock_name)

    @property
    def data_path(self) -> str:
        """The path of the data file."""
        return os.path.join(self.directory.path, self._data_name)

    @property
    def _lock_name(self) -> str:
        return self.id + ".lock"

    @property
    def _data_name(self) -> str:
        return f"{self.id}.{self.directory._ext}"

    def __enter__(self) -> SessionLock:
        if self._fd is not None or _held.holds(self.directory._key, self.id):
            raise self._reentrant()
        if not self._wait:
            if not self._step(thread_bound=True):
                raise WouldBlock(errno.EAGAIN, "somebody else holds the session", self.lock_path)
        elif self._timeout is None:
            self._wait_for_ever()
        else:
            self._poll(self._timeout)
        self._entry = (self._pid, self.directory._key, self.id, self._key)
        # A lock that another thread gives back is still in the list of this one.
        self._entries = _held.entries
        self._entries.append(self._entry)
        return self

    def __exit__(self, *exc_info: object) -> None:
        entry, self._entry = self._entry, None
        try:
            self._release()
        finally:
            if entry in self._entries:
                self._entries.remove(entry)

    def _reentrant(self) -> Reentrant:
        return Reentrant(errno.EDEADLK, "this thread or task holds the session already", self.lock_path)

    def _open(self, thread_bound: bool) -> Optional[int]:
        fd = self.directory._open_lock(self._lock_name, self._shared)
        if fd is not None and thread_bound and _held.entries and _held.holds_file(_key(os.fstat(fd))):
            os.close(fd)
            raise self._reentrant()
        return fd

    def _lock_and_confirm(self, fd: int, wait: bool) -> Optional[bool]:
        """True: the lock is ours. False: somebody else has it. None: the lock file was replaced, start anew. Else fd is closed."""
        try:
            if not _flock(fd, self._shared, wait):
                os.close(fd)
                return False
            named = self.directory._stat(self._lock_name)
            key = _key(os.fstat(fd))
            if named is None or _key(named) != key:
                os.close(fd)
                return None
        except OSError as error:
            os.close(fd)
            if error.errno in _CANNOT_LOCK:
                raise Unsupported(error.errno, f"the file system cannot lock: {error.strerror}", self.lock_path) from error
            raise
        except BaseException:
            os.close(fd)
            raise
        self._fd, self._key, self._pid = fd, key, os.getpid()
        return True

    def _step(self, thread_bound: bool) -> bool:
        """Takes the lock if that is possible without waiting."""
        for _ in range(_MAX_REPLACED):
            fd = self._open(thread_bound)
            if fd is None:
                return False
            outcome = self._lock_and_confirm(fd, wait=False)
            if outcome is not None:
                return outcome
        return False

    def _wait_for_ever(self) -> None:
        while True:
            fd = self._open(thread_bound=True)
            if fd is None:
                time.sleep(_LONGEST_PAUSE)
            elif self._lock_and_confirm(fd, wait=True):
                return

    def _poll(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        pause = _FIRST_PAUSE
        while not self._step(thread_bound=True):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimedOut(errno.ETIMEDOUT, f"somebody else held the session for {timeout} s", self.lock_path)
            time.sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _release(self) -> None:
        """Unlocks, once, and only in the process that locked: a child of a fork has but a copy."""
        fd, self._fd = self._fd, None
        if fd is None:
            return
        try:
            if self._pid == os.getpid():
                _unlock(fd)
        finally:
            os.close(fd)

    def verify(self) -> None:
        """Raises `LockLost` unless this process took the lock and the path still names the locked file."""
        if self._fd is None:
            raise RuntimeError(f"the session is not locked: {self.lock_path}")
        named = self.directory._stat(self._lock_name)
        if named is None or _key(named) != self._key or self._pid != os.getpid():
            raise LockLost(errno.EIO, "the lock file was deleted or replaced while it was held", self.lock_path)

    def read(self) -> Optional[bytes]:
        """The session's data, or None if there is none yet."""
        if self._fd is None:
            raise RuntimeError(f"the session is not locked: {self.lock_path}")
        try:
            fd = self.directory._open(self._data_name, os.O_RDONLY)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EMLINK):
                raise Untrusted(errno.EPERM, "the data is a symbolic link", self.data_path) from None
            raise
        with open(fd, "rb", buffering=0) as data:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise Untrusted(errno.EPERM, "the data is not a regular file", self.data_path)
            return data.readall()

    def replace(self, data: bytes) -> None:
        """Replaces the data, atomically and as durably as the directory's options say."""
        if self._shared:
            raise PermissionError(errno.EPERM, "a shared lock cannot write", self.data_path)
        self.verify()
        temp = f".{self._data_name}.tmp"
        fd = self._create_temp(temp)
        try:
            self._fill(fd, data)
            self.verify()
            self._commit(temp)
        except LockLost:
            raise  # A temporary file of that name may be the new holder's by now.
        except BaseException:
            with contextlib.suppress(OSError):
                self.directory._remove(temp)
            raise

    def _create_temp(self, temp: str) -> int:
        """One that exists is a dead holder's, for only the holder of the lock makes it."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            return self.directory._open(temp, flags, self.directory._mode)
        except FileExistsError:
            self.directory._remove(temp)
            return self.directory._open(temp, flags, self.directory._mode)

    def _fill(self, fd: int, data: bytes) -> None:
        with open(fd, "wb", buffering=0) as file:
            old = self.directory._stat(self._data_name)
            if old is not None:
                if not stat.S_ISREG(old.st_mode):
                    raise Untrusted(errno.EPERM, "the data is not a regular file", self.data_path)
                self._adopt(fd, old)
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            if self.directory._durability is not Durability.NONE:
                os.fsync(fd)

    @staticmethod
    def _adopt(fd: int, old: os.stat_result) -> None:
        """Gives the new file the owner, as far as that is allowed, and the permissions of the old one."""
        if sys.platform == "win32":
            return
        new = os.fstat(fd)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            with contextlib.suppress(OSError):
                os.fchown(fd, old.st_uid, old.st_gid)
        if old.st_mode != new.st_mode:
            os.fchmod(fd, stat.S_IMODE(old.st_mode))

    def _commit(self, temp: str) -> None:
        directory = self.directory
        try:
            os.replace(directory._at(temp), directory._at(self._data_name), src_dir_fd=directory._fd, dst_dir_fd=directory._fd)
        except FileNotFoundError:
            raise LockLost(errno.EIO, "another holder removed the temporary file", self.lock_path) from None
        if directory._durability is Durability.FULL and directory._fd is not None:
            os.fsync(directory._fd)

    def update(self, change: Callable[[Optional[bytes]], bytes]) -> None:
        """Reads the data, gives it to ``change`` and replaces it by the answer."""
        self.replace(change(self.read()))

    def update_json(self, change: Callable[[Any], Any], default: Callable[[], Any] = dict) -> Any:
        """Reads the data as JSON (``default()`` if there is none), lets ``change`` modify it in place, and replaces it.

        Returns what ``change`` returns. A value that cannot be modified in place is replaced by working on `read` and `replace`.
        """
        old = self.read()
        value = default() if old is None else json.loads(old)
        answer = change(value)
        self.replace(json.dumps(value, separators=(",", ":")).encode())
        return answer

    def remove_session(self) -> None:
        """Deletes the data and the lock file, while holding the lock. Only where every peer verifies the lock file."""
        self.verify()
        with contextlib.suppress(FileNotFoundError):
            self.directory._remove(self._data_name)
        self.directory._remove(self._lock_name)

    def __call__(self, function: _F) -> _F:
        """As a decorator: each call of the function runs under the lock of the id, or of what the id makes of its arguments."""

        @functools.wraps(function)
        def locked(*args: Any, **kwargs: Any) -> Any:
            name = self._id(*args, **kwargs) if callable(self._id) else self._id
            with SessionLock(self._where, name, wait=self._wait, timeout=self._timeout, shared=self._shared):
                return function(*args, **kwargs)

        return locked  # type: ignore[return-value]


def session_lock(directory: _StrPath, session_id: _Id, timeout: Optional[float] = None) -> SessionLock:
    """The exclusive lock of the session, for ``with`` or as a decorator; waits until it is free, or ``timeout`` seconds.

    As a decorator the id may be a function of the decorated function's arguments::

        @session_lock(SESSIONS_DIR, lambda session_id, *rest: session_id)
        def add_event(session_id, message): ...

    Nothing is locked by the call alone.
    """
    return SessionLock(directory, session_id, timeout=timeout)


def try_session_lock(directory: _StrPath, session_id: _Id) -> SessionLock:
    """The exclusive lock of the session, for ``with`` or as a decorator; raises `WouldBlock` if it is not free."""
    return SessionLock(directory, session_id, wait=False)


def session_lock_timeout(directory: _StrPath, session_id: _Id, timeout: float) -> SessionLock:
    """The exclusive lock of the session, for ``with`` or as a decorator; raises `TimedOut` after ``timeout`` seconds."""
    return SessionLock(directory, session_id, timeout=timeout)
