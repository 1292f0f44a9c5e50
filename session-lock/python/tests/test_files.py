"""What happens to the files: attacks on them, updates and deaths in the middle of one."""

from __future__ import annotations

import fcntl
import json
import os
import time
import unittest
from pathlib import Path
from unittest import mock

import session_lock
from session_lock import Durability, SessionDir

from .common import COUNT, HOLD, LONG, Case


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
            inode = f":{os.fstat(old.fileno()).st_ino} "
            while not any("->" in line and inode in line for line in Path("/proc/locks").read_text().splitlines()):
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
