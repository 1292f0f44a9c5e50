"""One peer of the interop matrix: peer.py KIND VERB DIR ID [HOW_LONG].

Verbs: `hold` takes the lock, says so and keeps it until its input has a line or ends; `try` says whether the lock is free;
`count` waits for the start signal and then adds one to the counter, under the lock, so many times (`rounds:N`) or so long (`ms:N`).
"""

import contextlib
import fcntl
import json
import os
import struct
import sys
import time

KIND, VERB, DIR, ID = sys.argv[1:5]
LOCK = os.path.join(DIR, ID + ".lock")
DATA = os.path.join(DIR, ID + ".json")


class Busy(Exception):
    """Somebody else has the lock."""


def say(line):
    print("@" + line, flush=True)


@contextlib.contextmanager
def flock(path, how, wait, mode="w"):
    with open(path, mode) as lock:
        try:
            how(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError as error:
            raise Busy from error
        try:
            yield
        finally:
            how(lock, fcntl.LOCK_UN)


def ofd(lock, operation):
    """`fcntl(F_OFD_SETLK*)`: another domain than flock's."""
    kind = {fcntl.LOCK_EX: fcntl.F_WRLCK, fcntl.LOCK_UN: fcntl.F_UNLCK}[operation & ~fcntl.LOCK_NB]
    command = 37 if operation & fcntl.LOCK_NB else 38
    fcntl.fcntl(lock, command, struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 0, 0))


@contextlib.contextmanager
def by_filelock(wait):
    import filelock

    lock = filelock.FileLock(LOCK, timeout=-1 if wait else 0, poll_interval=0.002)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise Busy from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def by_portalocker(wait):
    import portalocker

    flags = portalocker.LockFlags.EXCLUSIVE | (portalocker.LockFlags(0) if wait else portalocker.LockFlags.NON_BLOCKING)
    with open(LOCK, "a") as lock:
        try:
            portalocker.lock(lock, flags)
        except portalocker.LockException as error:
            raise Busy from error
        try:
            yield
        finally:
            portalocker.unlock(lock)


@contextlib.contextmanager
def by_fasteners(wait):
    import fasteners

    lock = fasteners.InterProcessLock(LOCK)
    if not lock.acquire(blocking=wait):
        raise Busy
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def by_session_lock(wait):
    import session_lock

    try:
        with session_lock.SessionDir(DIR).lock(ID, timeout=None if wait else 0):
            yield
    except (session_lock.WouldBlock, session_lock.TimedOut) as error:
        raise Busy from error


def locked(wait=True):
    if KIND == "origin":
        return flock(LOCK, fcntl.flock, wait)
    if KIND == "lockf":
        return flock(LOCK, fcntl.lockf, wait)
    if KIND == "ofd":
        return flock(LOCK, ofd, wait)
    if KIND == "data":
        return flock(DATA, fcntl.flock, wait, "a")
    if KIND == "none":
        return contextlib.nullcontext()
    return {"filelock": by_filelock, "portalocker": by_portalocker, "fasteners": by_fasteners, "session_lock": by_session_lock}[KIND](wait)


def add_one():
    try:
        with open(DATA) as data:
            count = json.load(data)["n"]
    except (FileNotFoundError, ValueError):
        count = 0  # Without a lock a reader may meet a file that is just being written.
    temp = f"{DATA}.{os.getpid()}"
    with open(temp, "w") as data:
        json.dump({"n": count + 1}, data)
    os.replace(temp, DATA)


def count(how_long):
    unit, _, amount = how_long.partition(":")
    with locked():
        pass  # Import everything before the start.
    say("ready")
    sys.stdin.readline()
    done, end = 0, time.monotonic() + int(amount) / 1000
    while done < int(amount) if unit == "rounds" else time.monotonic() < end:
        with locked():
            add_one()
        done += 1
    say(f"done {done}")


if VERB == "hold":
    with locked():
        say("held")
        sys.stdin.readline()
    say("freed")
elif VERB == "try":
    try:
        with locked(wait=False):
            say("yes")
    except Busy:
        say("no")
elif VERB == "lease":
    # A lease on the lock file, which delays every open of it that waits.
    import signal

    signal.signal(signal.SIGIO, signal.SIG_IGN)
    with open(LOCK, "a") as lock:
        fcntl.fcntl(lock, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        say("held")
        sys.stdin.readline()
else:
    count(sys.argv[5])
