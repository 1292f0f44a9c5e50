"""Who gets the lock, when, and who does not."""

from __future__ import annotations

import asyncio
import fcntl
import importlib.util
import json
import os
import signal
import threading
import time
from pathlib import Path
from unittest import mock

import session_lock
from session_lock import Durability, SessionDir

from .common import COUNT, HOLD, LONG, Case


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
                session_lock.try_session_lock(self.dir / "alias", "s"),
                session_lock.session_lock(self.dir, "s"),
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
            except Exception as error:
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
            async with session_lock.async_session_lock(sessions, "s"):
                tasks = []
                for number in range(4):
                    tasks.append(asyncio.ensure_future(section(number)))
                    await asyncio.sleep(0.01)
                self.assertEqual(order, [])
                self.assertFalse(self.is_free())
                with self.assertRaises(session_lock.Reentrant):
                    async with session_lock.async_session_lock(sessions, "s"):
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
                await asyncio.wait_for(session_lock.async_session_lock(sessions, "s").__aenter__(), 0.1)
            self.assertEqual((len(os.listdir("/proc/self/fd")), threading.active_count()), before)
            holder.go()
            holder.end()
            self.assertTrue(self.is_free())
            async with session_lock.async_session_lock(sessions, "s"):
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
