"""What the Python module costs, by CPU time and side by side in one run, against filelock, portalocker and the bare calls.

``python bench.py PEERS``, where PEERS is the directory that ``tests/setup.sh`` has filled.
"""

from __future__ import annotations

import fcntl
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, ContextManager

HERE = Path(__file__).resolve().parent
PROCESSES, SECONDS = 8, 3
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
FILELOCKS = ("filelock==3.20.3", "filelock==3.29.7", "filelock==4.2.12")
Lock = Callable[[], ContextManager[object]]


class Bare:
    """open, flock, unlock, close: the original context manager, without its truncation."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> None:
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self.fd, fcntl.LOCK_EX)

    def __exit__(self, *exc_info: object) -> None:
        fcntl.flock(self.fd, fcntl.LOCK_UN)
        os.close(self.fd)


def peer(name: str, path: Path, peers: Path) -> Lock:
    """How to make the lock of that name; each process measures one version of a package only."""
    if name == "bare flock":
        return lambda: Bare(str(path / "s.lock"))
    if "==" in name:
        sys.path.insert(0, str(peers / name))
        module = importlib.import_module(name.partition("=")[0])
        if module.__name__ == "filelock":
            return lambda: module.FileLock(path / "s.lock", poll_interval=0.005)
        flags = module.LockFlags.EXCLUSIVE
        return lambda: module.Lock(path / "s.lock", mode="a", flags=flags)
    sys.path.insert(0, str(HERE))
    module = importlib.import_module("session_lock")
    if name == "session_lock()":
        return lambda: module.session_lock(path, "s")
    sessions = module.SessionDir(path)
    return lambda: sessions.lock("s")


NAMES = ("bare flock", "SessionDir.lock", "session_lock()", *FILELOCKS, "portalocker==3.2.0")


def sample(lock: Lock, rounds: int) -> float:
    start = time.process_time_ns()
    for _ in range(rounds):
        with lock():
            pass
    return (time.process_time_ns() - start) / rounds / 1000


def work(name: str, path: Path, peers: Path) -> None:
    """A worker: takes one sample per line it reads, or counts for a while after the word `contend`."""
    lock = peer(name, path, peers)
    sample(lock, 200)
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "sample":
            print(sample(lock, 1000), flush=True)
            continue
        done, end = 0, time.monotonic() + SECONDS
        while time.monotonic() < end:
            with lock():
                counter = path / "counter"
                counter.write_text(str(int(counter.read_text()) + 1))
            done += 1
        print(done, flush=True)


class Worker:
    def __init__(self, name: str, path: str, peers: str) -> None:
        command = [sys.executable, str(HERE / "bench.py"), peers, name, path]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n", name

    def send(self, word: str) -> None:
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def answer(self) -> float:
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        self.process.communicate()


def uncontended(peers: str) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as path:
        workers = {name: Worker(name, path, peers) for name in NAMES}
        samples: dict[str, list[float]] = {name: [] for name in NAMES}
        for _ in range(15):
            for name, worker in workers.items():
                worker.send("sample")
                samples[name].append(worker.answer())
        for worker in workers.values():
            worker.end()
    print("\nOne lock and unlock, uncontended\n\n| | min µs | median µs | × first |\n|---|---:|---:|---:|")
    first = statistics.median(samples[NAMES[0]])
    for name, values in samples.items():
        median = statistics.median(values)
        print(f"| {name} | {min(values):.1f} | {median:.1f} | {median / first:.2f} |")


def contended(peers: str) -> None:
    print(f"\n{PROCESSES} processes contend for {SECONDS} s\n\n| | updates/s | Jain index | lost |\n|---|---:|---:|---:|")
    for name in NAMES:
        with tempfile.TemporaryDirectory(dir=MEMORY) as path:
            counter = Path(path, "counter")
            counter.write_text("0")
            workers = [Worker(name, path, peers) for _ in range(PROCESSES)]
            for worker in workers:
                worker.send("contend")
            counts = [worker.answer() for worker in workers]
            for worker in workers:
                worker.end()
            lost = sum(counts) - int(counter.read_text())
        jain = sum(counts) ** 2 / (len(counts) * sum(count * count for count in counts))
        print(f"| {name} | {sum(counts) / SECONDS:.0f} | {jain:.3f} | {lost:.0f} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        uncontended(sys.argv[1])
        contended(sys.argv[1])
    else:
        work(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[1]))
