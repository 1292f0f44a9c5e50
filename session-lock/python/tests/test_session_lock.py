"""The guarantees of the module, with real processes where the property is about processes."""

from __future__ import annotations

import asyncio
import fcntl
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

import session_lock
from session_lock import Durability, SessionDir

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


class Exclusion(Case):
    def test_processes_lose_nothing(self) -> None:
        rounds = 20_000 if LONG else 500
        counting = [self.process(COUNT, rounds) for _ in range(4)]
        self.assertEqual([process.line() for process in counting], ["ready"] * 4)
        for process in counting:
            process.go()
        for process in counting:
            process.end()
        self.assertEqual(json.loads(self.data.read_bytes()), {"n": 4 * rounds})

    def test_threads_lose_nothing(self) -> None:
        sessions = SessionDir(self.dir, durability=Durability.NONE)

        def count() -> None:
            for _ in range(200):
                with sessions.lock("s") as session:
                    session.update_json(lambda data: data.__setitem__("n", data.get("n", 0) + 1))

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(json.loads(self.data.read_bytes()), {"n": 800})

    def test_plain_flock_is_kept_out_and_keeps_out(self) -> None:
        with session_lock.session_lock(self.dir, "s"):
            self.assertFalse(self.is_free())
        self.assertTrue(self.is_free())
        with open(self.lock, "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with self.assertRaises(session_lock.WouldBlock) as raised:
                session_lock.try_session_lock(self.dir, "s").__enter__()
            self.assertIsInstance(raised.exception, BlockingIOError)

    def test_a_call_without_with_locks_nothing(self) -> None:
        held = [session_lock.session_lock(self.dir, "s"), session_lock.try_session_lock(self.dir, "s"), SessionDir(self.dir).lock("s")]
        self.assertEqual(self.names(), [])
        del held


class Waiting(Case):
    def test_a_timeout_is_kept(self) -> None:
        holder = self.process(HOLD)
        self.assertEqual(holder.line(), "held")
        start = time.monotonic()
        with self.assertRaises(TimeoutError) as raised:
            session_lock.session_lock_timeout(self.dir, "s", 0.3).__enter__()
        self.assertIsInstance(raised.exception, session_lock.TimedOut)
        self.assertGreaterEqual(time.monotonic() - start, 0.3)
        self.assertLess(time.monotonic() - start, 0.35 if LONG else 2)
        holder.go()
        with session_lock.session_lock(self.dir, "s", timeout=60):
            pass

    def test_signals_do_not_end_the_wait(self) -> None:
        holder = self.process(HOLD)
        self.assertEqual(holder.line(), "held")
        waiter = self.process("import signal; signal.signal(signal.SIGUSR1, lambda *_: None); print('ready', flush=True)" + HOLD)
        self.assertEqual(waiter.line(), "ready")
        for _ in range(100):
            waiter.process.send_signal(signal.SIGUSR1)
            time.sleep(0.001)
        self.assertIsNone(waiter.process.poll())
        holder.go()
        self.assertEqual(waiter.line(), "held")

    def test_shared_locks_share_and_keep_writers_out(self) -> None:
        sessions = SessionDir(self.dir)
        with sessions.lock_shared("s") as reader, open(self.lock) as other:
            fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)
            self.assertFalse(self.is_free())
            with self.assertRaises(PermissionError):
                reader.replace(b"")


class Reentry(Case):
    def test_the_same_thread_gets_an_error(self) -> None:
        (self.dir / "alias").symlink_to(self.dir)
        with session_lock.session_lock(self.dir, "s"):
            for again in (
                session_lock.session_lock(self.dir, "s"),
                session_lock.try_session_lock(self.dir / "alias", "s"),
                SessionDir(self.dir).lock_shared("s"),
            ):
                with self.assertRaises(session_lock.Reentrant):
                    again.__enter__()
            os.link(self.lock, self.dir / "t.lock")
            with self.assertRaises(session_lock.Reentrant):
                session_lock.session_lock(self.dir, "t").__enter__()
        with session_lock.session_lock(self.dir, "s"):
            pass

    def test_a_child_of_a_fork_is_a_stranger(self) -> None:
        with session_lock.session_lock(self.dir, "s"):
            outcome = self.forked(lambda: session_lock.try_session_lock(self.dir, "s").__enter__())
        self.assertEqual(outcome, "WouldBlock")

    def forked(self, action) -> str:
        """The name of the exception that the action raises in a child."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                action()
                answer = "nothing"
            except BaseException as error:
                answer = type(error).__name__
            os.write(writer, answer.encode())
            os._exit(0)
        os.close(writer)
        with open(reader) as pipe:
            answer = pipe.read()
        os.waitpid(child, 0)
        return answer

    def test_a_childs_exit_and_write_leave_the_parents_lock(self) -> None:
        lock = SessionDir(self.dir).lock("s")
        with lock:
            lock.replace(b"parent")
            self.assertEqual(self.forked(lambda: lock.replace(b"child")), "LockLost")
            self.assertEqual(self.forked(lambda: lock.__exit__(None, None, None)), "nothing")
            self.assertFalse(self.is_free(), "the child freed the parent's lock")
        self.assertTrue(self.is_free())
        self.assertEqual(self.data.read_bytes(), b"parent")

    def test_the_parents_exit_frees_while_a_child_lives(self) -> None:
        with session_lock.session_lock(self.dir, "s"):
            child = os.fork()
            if child == 0:
                signal.pause()
        free = self.is_free()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        self.assertTrue(free)


class Attacks(Case):
    def refuse(self) -> None:
        with self.assertRaises(session_lock.Untrusted) as raised:
            session_lock.session_lock(self.dir, "s", timeout=5).__enter__()
        self.assertIsInstance(raised.exception, PermissionError)

    def test_links_are_not_followed(self) -> None:
        victim = self.dir / "victim"
        victim.write_text("precious")
        for target in (victim, self.dir / "missing"):
            self.lock.symlink_to(target)
            self.refuse()
            self.lock.unlink()
        self.assertEqual(self.names(), ["victim"])
        self.assertEqual(victim.read_text(), "precious")

    def test_fifos_and_directories_are_refused(self) -> None:
        os.mkfifo(self.lock)
        self.refuse()
        self.lock.unlink()
        self.lock.mkdir()
        self.refuse()

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_a_strangers_file_is_refused_where_others_may_create(self) -> None:
        self.lock.touch()
        os.chown(self.lock, 65534, 65534)
        os.chmod(self.dir, 0o755)
        with session_lock.session_lock(self.dir, "s"):
            pass
        os.chmod(self.dir, 0o777)
        self.refuse()

    def test_the_lock_file_is_never_changed(self) -> None:
        self.lock.write_text("kept")
        with session_lock.session_lock(self.dir, "s") as session:
            session.replace(b"{}")
        self.assertEqual(self.lock.read_text(), "kept")

    def test_data_and_leftovers_that_are_links_are_not_written_through(self) -> None:
        victim = self.dir / "victim"
        victim.write_text("precious")
        self.temp.symlink_to(victim)
        with session_lock.session_lock(self.dir, "s") as session:
            session.replace(b"new")
            self.assertFalse(self.data.is_symlink())
            self.data.unlink()
            self.data.symlink_to(victim)
            for action in (session.read, lambda: session.replace(b"new")):
                with self.assertRaises(session_lock.Untrusted):
                    action()
        self.assertEqual(victim.read_text(), "precious")

    def test_ids_stay_in_the_directory(self) -> None:
        for bad in ("", ".", "../x", "a/b", "a\\b", "CON", "com1.x", "é", "a\0b", ".a", "a.", "a\n", "x" * 300):
            with self.assertRaises(session_lock.InvalidId) as raised:
                session_lock.session_lock(self.dir, bad)
            self.assertIsInstance(raised.exception, ValueError)
            self.assertIn("cannot name a session: it ", str(raised.exception))
        self.assertEqual(self.names(), [])
        with self.assertRaises(TypeError):
            session_lock.session_lock(self.dir, 7)


class Data(Case):
    def test_the_calls_come_in_the_safe_order(self) -> None:
        calls: list[str] = []

        def noting(name: str, call):
            def noted(*args, **kwargs):
                calls.append(name)
                return call(*args, **kwargs)

            return noted

        with mock.patch("os.fsync", noting("fsync", os.fsync)), mock.patch("os.replace", noting("replace", os.replace)):
            for durability in Durability:
                calls.append(durability.value)
                with SessionDir(self.dir, durability=durability).lock("s") as session:
                    session.replace(b"{}")
        self.assertEqual(calls, ["full", "fsync", "replace", "fsync", "file", "fsync", "replace", "none", "replace"])

    def test_a_leftover_is_reclaimed_and_permissions_stay(self) -> None:
        self.temp.write_text("half of an upd")
        with session_lock.session_lock(self.dir, "s") as session:
            session.replace(b"1")
            self.assertEqual(self.data.stat().st_mode & 0o777, 0o600)
            self.data.chmod(0o640)
            session.replace(b"2")
        self.assertEqual(self.data.stat().st_mode & 0o777, 0o640)
        self.assertEqual(self.names(), ["s.json", "s.lock"])

    def test_a_failure_changes_nothing(self) -> None:
        with session_lock.session_lock(self.dir, "s") as session:
            session.replace(b"old")
            with self.assertRaises(ValueError):
                session.update_json(lambda data: None)
            with mock.patch("os.fsync", side_effect=OSError("full")), self.assertRaises(OSError):
                session.replace(b"new")
            with self.assertRaises(ZeroDivisionError):
                session.update(lambda old: b"%d" % (1 // 0))
        self.assertEqual(self.data.read_bytes(), b"old")
        self.assertEqual(self.names(), ["s.json", "s.lock"])
        self.assertTrue(self.is_free())

    def test_a_deleted_lock_file_stops_the_writer(self) -> None:
        with session_lock.session_lock(self.dir, "s") as session:
            session.replace(b"old")
            self.lock.unlink()
            with self.assertRaises(session_lock.LockLost):
                session.replace(b"new")
        self.assertEqual(self.data.read_bytes(), b"old")

    def test_a_deletion_in_the_middle_of_an_update_stops_it(self) -> None:
        with session_lock.session_lock(self.dir, "s") as session:
            session.replace(b"old")
            with mock.patch("os.fsync", lambda fd: self.lock.unlink()), self.assertRaises(session_lock.LockLost):
                session.replace(b"new")
        self.assertEqual(self.data.read_bytes(), b"old")

    def test_a_waiter_locks_the_file_that_replaced_its_own(self) -> None:
        with open(self.lock, "a") as old:
            fcntl.flock(old, fcntl.LOCK_EX)
            waiter = self.process(HOLD)
            while "->" not in "".join(line for line in Path("/proc/locks").read_text().splitlines() if f":{os.fstat(old.fileno()).st_ino} " in line):
                time.sleep(0.005)
            self.lock.unlink()
        self.assertEqual(waiter.line(), "held")
        self.assertFalse(self.is_free(), "it holds the deleted file")

    def test_json_values_and_answers(self) -> None:
        with session_lock.session_lock(self.dir, "s") as session:
            self.assertIsNone(session.read())
            session.update_json(lambda events: events.append("é"), default=list)
            self.assertEqual(session.update_json(len), 1)
        self.assertEqual(json.loads(self.data.read_bytes()), ["é"])
        with self.assertRaises(RuntimeError):
            SessionDir(self.dir).lock("s").read()

    def test_remove_session_leaves_nothing(self) -> None:
        with session_lock.session_lock(self.dir, "s") as session:
            session.replace(b"{}")
            session.remove_session()
        self.assertEqual(self.names(), [])

    def test_kills_lose_nothing_acknowledged(self) -> None:
        acknowledged = 0
        kills = 200 if LONG else 12
        for kill in range(kills):
            victim = self.process(COUNT, 10**9, "ack")
            self.assertEqual(victim.line(), "ready")
            victim.go()
            time.sleep(0.003 * (kill % 7))
            acknowledged += victim.end(kill=True).count("ack\n")
            self.assertLessEqual(sum(name.endswith(".tmp") for name in self.names()), 1)
        total = json.loads(self.data.read_bytes())["n"]
        self.assertGreaterEqual(total, acknowledged)
        self.assertLessEqual(total, acknowledged + kills)
        self.assertGreater(acknowledged, 0)
        with session_lock.session_lock(self.dir, "s", timeout=1) as session:
            session.replace(b"{}")
        self.assertEqual(self.names(), ["s.json", "s.lock"])


class Several(Case):
    def test_all_or_none_in_order(self) -> None:
        sessions = SessionDir(self.dir)
        with sessions.lock_all(["s", "a", "s"]) as locks:
            self.assertEqual(list(locks), ["a", "s"])
            self.assertFalse(self.is_free())
        self.assertTrue(self.is_free())
        with self.assertRaises(session_lock.InvalidId), sessions.lock_all(["s", "z/"]):
            self.fail("locked")
        self.assertTrue(self.is_free())

    def test_a_decorator_locks_each_call(self) -> None:
        @session_lock.session_lock(self.dir, lambda name, free: name)
        def by_argument(name: str, free) -> bool:
            return free()

        @session_lock.try_session_lock(self.dir, "s")
        def fixed() -> bool:
            return self.is_free()

        @SessionDir(self.dir).lock("s")
        def of_directory() -> bool:
            return self.is_free()

        for _ in range(2):
            self.assertFalse(by_argument("s", self.is_free))
            self.assertTrue(by_argument("t", self.is_free))
            self.assertFalse(fixed())
            self.assertFalse(of_directory())
        self.assertTrue(self.is_free())

    def test_options_are_checked(self) -> None:
        for ext in ("lock", "LOCK", "", "a/b", "a.b"):
            with self.assertRaises(session_lock.InvalidId):
                SessionDir(self.dir, data_ext=ext)
        with self.assertRaises(FileNotFoundError):
            SessionDir(self.dir / "missing")
        self.assertEqual(self.names(), [])
        SessionDir(self.dir / "a" / "b", create=True)
        self.assertEqual((self.dir / "a" / "b").stat().st_mode & 0o777, 0o700)

    def test_file_systems_that_cannot_lock(self) -> None:
        with mock.patch("session_lock._session_lock._is_nfs", return_value=True):
            with self.assertRaises(session_lock.Unsupported):
                SessionDir(self.dir)
            SessionDir(self.dir, allow_network_fs=True)
        with mock.patch("fcntl.flock", side_effect=OSError(37, "No locks available")), self.assertRaises(session_lock.Unsupported):
            session_lock.session_lock(self.dir, "s").__enter__()

    def test_no_descriptor_is_left(self) -> None:
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(3):
            with session_lock.session_lock(self.dir, "s") as session:
                session.update_json(lambda data: None)
        with self.assertRaises(session_lock.InvalidId):
            session_lock.session_lock(self.dir, "")
        del session
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_the_module_works_as_a_copied_file(self) -> None:
        source = Path(session_lock.__file__).with_name("_session_lock.py")
        spec = importlib.util.spec_from_file_location("vendored_session_lock", source)
        vendored = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(vendored)
        with vendored.session_lock(self.dir, "s"):
            self.assertFalse(self.is_free())


class Async(Case):
    def test_tasks_wait_in_order_and_the_loop_goes_on(self) -> None:
        order: list[int] = []

        async def section(number: int) -> None:
            async with session_lock.async_session_lock(self.dir, "s") as session:
                order.append(number)
                session.update_json(lambda data: None)
                await asyncio.sleep(0)

        async def main() -> None:
            sessions = SessionDir(self.dir)
            async with sessions.lock_async("s"):
                tasks = []
                for number in range(4):
                    tasks.append(asyncio.ensure_future(section(number)))
                    await asyncio.sleep(0.01)
                self.assertEqual(order, [])
                self.assertFalse(self.is_free())
                with self.assertRaises(session_lock.Reentrant):
                    async with sessions.lock_async("s"):
                        pass
            await asyncio.gather(*tasks)

        asyncio.run(main())
        self.assertEqual(order, [0, 1, 2, 3])
        self.assertTrue(self.is_free())

    def test_a_cancelled_wait_leaves_nothing(self) -> None:
        holder = self.process(HOLD)
        self.assertEqual(holder.line(), "held")

        async def main() -> None:
            sessions = SessionDir(self.dir)
            before = (len(os.listdir("/proc/self/fd")), threading.active_count())
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(sessions.lock_async("s").__aenter__(), 0.1)
            self.assertEqual((len(os.listdir("/proc/self/fd")), threading.active_count()), before)
            holder.go()
            holder.end()
            self.assertTrue(self.is_free())
            async with sessions.lock_async("s"):
                self.assertFalse(self.is_free())

        asyncio.run(main())

    def test_an_error_in_the_block_unlocks(self) -> None:
        async def main() -> None:
            for _ in range(2):
                with self.assertRaises(ZeroDivisionError):
                    async with session_lock.async_session_lock(self.dir, "s"):
                        raise ZeroDivisionError

        asyncio.run(main())
        self.assertTrue(self.is_free())


if __name__ == "__main__":
    unittest.main()
