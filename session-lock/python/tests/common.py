"""What the tests share: other processes with this module, and a scratch directory."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import session_lock

LONG = "SESSION_LOCK_LONG" in os.environ

COUNT = """
import sys, session_lock
sessions = session_lock.SessionDir(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    with sessions.lock("s") as session:
        session.update_json(lambda data: data.__setitem__("n", data.get("n", 0) + 1))
        if len(sys.argv) > 3:
            print("ack", flush=True)
"""

HOLD = """
import sys, session_lock
with session_lock.session_lock(sys.argv[1], "s"):
    print("held", flush=True)
    sys.stdin.readline()
"""


class Process:
    """Another Python process with this module."""

    def __init__(self, code: str, *arguments: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(Path(session_lock.__file__).parent.parent)}
        command = [sys.executable, "-c", code, *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def line(self) -> str:
        return self.process.stdout.readline().strip()

    def go(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self, kill: bool = False) -> str:
        if kill:
            self.process.kill()
        rest, _ = self.process.communicate(timeout=120)
        return rest


class Case(unittest.TestCase):
    def setUp(self) -> None:
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
        scratch = tempfile.TemporaryDirectory(dir=memory)
        self.addCleanup(scratch.cleanup)
        self.dir = Path(scratch.name)
        self.lock = self.dir / "s.lock"
        self.data = self.dir / "s.json"
        self.temp = self.dir / ".s.json.tmp"

    def process(self, code: str, *arguments: object) -> Process:
        process = Process(code, str(self.dir), *map(str, arguments))
        self.addCleanup(process.process.stdout.close)
        self.addCleanup(process.process.stdin.close)
        self.addCleanup(process.process.wait)
        self.addCleanup(process.process.kill)
        return process

    def is_free(self) -> bool:
        """Whether a plain flock gets in."""
        with open(self.lock, "a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    def names(self) -> list[str]:
        return sorted(os.listdir(self.dir))
