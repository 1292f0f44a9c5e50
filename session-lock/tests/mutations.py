#!/usr/bin/env python3
"""Breaks each guarantee on purpose and sees that a test goes red: mutations.py [--list] [NAME..].

Works on a copy of the two crates and of the Python package under the target directory; run `setup.sh` first. A mutation that no
test notices, or that does not apply any more, is an error. `docs/MUTATIONS.md` is what `--list` prints.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
COPY = TARGET / "session-lock-mutants"
WORKSPACE = '[workspace]\nmembers = ["session-lock", "session-lock-macros"]\nresolver = "2"\n'
# A mutant that hangs is noticed too.
LIMIT = 60


@dataclass(frozen=True)
class Mutation:
    name: str
    file: str
    old: str
    new: str
    test: str

    @property
    def is_python(self) -> bool:
        return self.file.endswith(".py")


SRC = "session-lock/src/"
PY = "session-lock/python/session_lock/_session_lock.py"
CHECK = "if named.as_ref() == Some(&self.key) && self.pid == std::process::id() {"

MUTATIONS = [
    Mutation("links are followed (no O_NOFOLLOW)", SRC + "sys/unix.rs", "OFlags::NOFOLLOW.union(OFlags::CLOEXEC)", "OFlags::CLOEXEC", "attacks::t6_a_dangling_link_creates_nothing"),
    Mutation("opens wait (no O_NONBLOCK)", SRC + "sys/unix.rs", ".union(OFlags::NONBLOCK)", "", "order::t13_the_lock_file_is_never_changed"),
    Mutation("programs inherit the lock (no O_CLOEXEC)", SRC + "sys/unix.rs", "OFlags::NOFOLLOW.union(OFlags::CLOEXEC)", "OFlags::NOFOLLOW", "fork::t8_a_program_does_not_inherit_the_lock"),
    Mutation("the temporary file may exist (no O_EXCL)", SRC + "sys/unix.rs", ".union(OFlags::CREATE).union(OFlags::EXCL)", ".union(OFlags::CREATE)", "attacks::t6_links_in_the_place_of_the_data_are_refused"),
    Mutation("the lock file is truncated (O_TRUNC)", SRC + "sys/unix.rs", "COMMON.union(OFlags::RDWR).union(OFlags::CREATE)", "COMMON.union(OFlags::RDWR).union(OFlags::CREATE).union(OFlags::TRUNC)", "attacks::t6_a_lock_file_with_contents_keeps_them"),
    Mutation("any kind of file is locked", SRC + "sys/unix.rs", 'let stat = fs::fstat(&file).map_err(io::Error::from)?;\n        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {', 'let stat = fs::fstat(&file).map_err(io::Error::from)?;\n        if false {', "attacks::t6_a_fifo_is_refused_at_once"),
    Mutation("strangers' lock files are trusted", SRC + "sys/unix.rs", "match others_create && !trusted {", "match others_create && trusted && !trusted {", "attacks::t6_a_strangers_file_is_refused_where_others_may_create"),
    Mutation("permissions are not kept", SRC + "sys/unix.rs", "if old.st_mode != new.st_mode {", "if false {", "errors::new_files_are_private_and_replaced_ones_keep_their_permissions"),
    Mutation("the directory is not synced", SRC + "sys/unix.rs", "Ok(retry_on_intr(|| fs::fsync(&self.fd))?)", "Ok(())", "order::t13_the_calls_come_in_the_safe_order"),
    Mutation("NFS is accepted", SRC + "sys/unix.rs", "(kind == fs::NFS_SUPER_MAGIC)", "(kind == fs::NFS_SUPER_MAGIC && kind != kind)", "errors::p15_nfs_is_refused_unless_allowed"),
    Mutation("a file system that cannot lock is an ordinary error", SRC + "sys/unix.rs", "Errno::NOSYS, Errno::NOLCK, Errno::OPNOTSUPP, Errno::NOTSUP, ", "", "errors::p15_a_file_system_that_cannot_lock_is_never_pretended_to"),
    Mutation("the path is not compared with the locked file (no inode check)", SRC + "acquire.rs", "if named.as_ref() != Some(&key) {", "if named.is_none() && named.is_some() {", "identity::t7_a_waiter_locks_the_file_that_replaced_its_own"),
    Mutation("an id is not checked", SRC + "acquire.rs", "id::check(id, dir.options_ref().max_id_len)", 'id::check("s", dir.options_ref().max_id_len.max(id.len()))', "ids::"),
    Mutation("re-entry is not noticed", SRC + "held.rs", "any(|record| record.dir == *dir && record.id == id)", "any(|record| record.dir == *dir && record.id == id && false)", "reentry::t9_a_deleted_lock_file_does_not_hide_reentry"),
    Mutation("re-entry by another name is not noticed", SRC + "held.rs", "any(|record| record.file == *file)", "any(|record| record.file == *file && false)", "reentry::t9_other_names_of_the_same_lock_are_seen_through"),
    Mutation("a child takes the parent's sessions for its own", SRC + "held.rs", "record.pid == pid && matches(record)", "(record.pid == pid || true) && matches(record)", "fork::t8_a_child_is_a_stranger_to_the_parents_session"),
    Mutation("a drop does not unlock (no LOCK_UN)", SRC + "session.rs", "flock::unlock(&self.file).map_err(|source| Error::io(\"unlock\", self.lock_path(), source))", "Ok(())", "fork::t8_the_parents_drop_frees_while_a_child_lives"),
    Mutation("a child unlocks (no pid check)", SRC + "session.rs", "if self.released || self.pid != std::process::id() {", "if self.released {", "fork::t8_a_childs_drop_keeps_the_parents_lock"),
    Mutation("a child writes (no pid check)", SRC + "session.rs", CHECK, "if named.as_ref() == Some(&self.key) {", "fork::t8_a_child_cannot_write_by_the_parents_guard"),
    Mutation("a lost lock is not noticed", SRC + "session.rs", CHECK, "if self.pid == std::process::id() {", "identity::t7_a_holder_whose_file_was_deleted_writes_nothing"),
    Mutation("no last check before the rename", SRC + "session.rs", "fn commit(&self, temp: &str, data: &str) -> Result<(), Error> {\n        self.verify()?;", "fn commit(&self, temp: &str, data: &str) -> Result<(), Error> {", "identity::t7_a_deletion_in_the_middle_of_an_update_stops_it"),
    Mutation("no first check before the temporary file", SRC + "session.rs", "        self.verify()?;\n        let file = self.create_temp(&temp)?;", "        let file = self.create_temp(&temp)?;", "identity::t7_a_leftover_is_not_taken_from_the_real_holder"),
    Mutation("the file is not synced (no fsync)", SRC + "session.rs", "file.sync_all()", "Ok::<(), io::Error>(())", "order::t13_the_calls_come_in_the_safe_order"),
    Mutation("a failed update leaves its temporary file", SRC + "session.rs", "Err(_) => drop(self.dir.sys().remove(&temp)),", "Err(_) => {}", "errors::t11_a_file_size_limit_leaves_the_old_data"),
    Mutation("a leftover is not reclaimed", SRC + "session.rs", "if error.kind() == io::ErrorKind::AlreadyExists => {", "if error.kind() == io::ErrorKind::AlreadyExists && temp.is_empty() => {", "crash::t5_a_leftover_is_reclaimed"),
    Mutation("the data is written in place, not renamed over", SRC + "session.rs", "        let outcome = self.fill(file, &data, bytes).and_then(|()| self.commit(&temp, &data));", "        drop(file);\n        let outcome = std::fs::write(self.data_path(), bytes).and_then(|()| self.dir.sys().remove(&temp)).map_err(|source| Error::io(\"write\", self.data_path(), source));", "crash::t5_kills_in_memory"),
    Mutation("the lock is shared, not exclusive", SRC + "flock.rs", "Mode::Exclusive => fs2::FileExt::try_lock_exclusive(file)", "Mode::Exclusive => fs2::FileExt::try_lock_shared(file)", "exclusion::t1_eight_processes_lose_nothing"),
    Mutation("signals end a wait (no EINTR loop)", SRC + "flock.rs", "Err(error) if error.kind() == io::ErrorKind::Interrupted => {}\n", "", "signals::t14_a_storm_of_signals_does_not_end_the_wait"),
    Mutation("sessions are locked in the caller's order", SRC + "dir.rs", "let ids: BTreeSet<&str> = ids.into_iter().collect();", "let ids: Vec<&str> = ids.into_iter().collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().into_iter().take(3).collect();", "many::"),
    Mutation("tasks do not wait in order", SRC + "async_lock.rs", "if let Some(queue) = queues.get(&key).and_then(Weak::upgrade) {", "if let Some(queue) = queues.get(&key).and_then(Weak::upgrade).filter(|_| false) {", "waits::t15_a_cancelled_task_leaves_nothing_behind"),
    Mutation("a timed wait has no end", SRC + "wait.rs", "(!left.is_zero()).then(|| pause.min(left))", "Some(pause.min(left))", "waits::t15_a_timed_wait_ends_in_time"),
    Mutation("Python: links are followed", PY, 'getattr(os, "O_NOFOLLOW", 0) | ', "", "Attacks"),
    Mutation("Python: no inode check", PY, "if named is None or _key(named) != key:", "if False:", "test_a_waiter_locks_the_file_that_replaced_its_own"),
    Mutation("Python: no LOCK_UN", PY, "                _unlock(fd)\n", "                pass\n", "test_the_parents_exit_frees_while_a_child_lives"),
    Mutation("Python: a child unlocks", PY, "            if self._pid == os.getpid():\n", "            if True:\n", "test_a_childs_exit_and_write_leave_the_parents_lock"),
    Mutation("Python: no fsync", PY, "                os.fsync(fd)", "                pass", "test_the_calls_come_in_the_safe_order"),
    Mutation("Python: the temporary file may exist", PY, "os.O_WRONLY | os.O_CREAT | os.O_EXCL", "os.O_WRONLY | os.O_CREAT", "test_data_and_leftovers_that_are_links_are_not_written_through"),
    Mutation("Python: no last check before the rename", PY, "            self._fill(fd, data)\n            self.verify()\n", "            self._fill(fd, data)\n", "test_a_deletion_in_the_middle_of_an_update_stops_it"),
    Mutation("Python: re-entry is not noticed", PY, "        self._entries.append(self._entry)\n", "", "test_the_same_thread_gets_an_error"),
]


def table() -> str:
    lines = ["| Mutation | File | Test that goes red |", "|---|---|---|"]
    lines += [f"| {one.name} | `{one.file.removeprefix('session-lock/')}` | `{one.test}` |" for one in MUTATIONS]
    return "\n".join(lines)


def copy_sources() -> None:
    COPY.mkdir(parents=True, exist_ok=True)
    for crate in ("session-lock", "session-lock-macros"):
        shutil.rmtree(COPY / crate, ignore_errors=True)
        shutil.copytree(ROOT / crate, COPY / crate, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    (COPY / "Cargo.toml").write_text(WORKSPACE)
    if not (COPY / "Cargo.lock").exists():
        shutil.copy(ROOT / "Cargo.lock", COPY / "Cargo.lock")


def command(tests: list[str], python: bool) -> list[str]:
    if python:
        return [sys.executable, "-m", "unittest", "discover", "-f", "-t", ".", "-s", "tests", *(word for test in tests for word in ("-k", test))]
    return ["cargo", "test", "--quiet", "-p", "session-lock", "--test", "it", "--", *tests]


def run(words: list[str], python: bool, limit: int | None) -> tuple[int | None, str]:
    """The exit status, None for a run that was stuck, and what was printed."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(COPY / "target"), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.setdefault("SESSION_LOCK_PEERS", str(TARGET / "session-lock-peers"))
    where = COPY / "session-lock/python" if python else COPY
    process = subprocess.Popen(words, cwd=where, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=limit)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.communicate()
        return None, ""


def build(mutation: Mutation) -> tuple[int | None, str]:
    if mutation.is_python:
        return 0, ""
    return run(["cargo", "test", "--quiet", "-p", "session-lock", "--test", "it", "--no-run"], False, None)


def try_out(mutation: Mutation) -> str:
    """`red` if the test notices, and otherwise what is wrong."""
    file = COPY / mutation.file
    original = file.read_text()
    if original.count(mutation.old) != 1:
        return f"DOES NOT APPLY: {original.count(mutation.old)} places"
    file.write_text(original.replace(mutation.old, mutation.new))
    try:
        status, output = build(mutation)
        if status != 0:
            return "DOES NOT COMPILE:\n" + output
        status, output = run(command([mutation.test], mutation.is_python), mutation.is_python, LIMIT)
    finally:
        file.write_text(original)
    if status is None:
        return "red (stuck)"
    if status == 0:
        return "SURVIVED:\n" + output
    return "red"


def check_unbroken(wanted: list[Mutation]) -> None:
    """All the tests must pass without a mutation, or red would say nothing."""
    for python in (False, True):
        tests = sorted({one.test for one in wanted if one.is_python is python})
        status, output = run(command(tests, python), python, None) if tests else (0, "")
        if status != 0:
            sys.exit("the tests do not even pass without a mutation:\n" + output)


def main() -> int:
    if sys.argv[1:] == ["--list"]:
        print(table())
        return 0
    wanted = [one for one in MUTATIONS if not sys.argv[1:] or any(word in one.name for word in sys.argv[1:])]
    copy_sources()
    check_unbroken(wanted)
    survivors = 0
    for number, mutation in enumerate(wanted, 1):
        verdict = try_out(mutation)
        survivors += not verdict.startswith("red")
        print(f"[{number}/{len(wanted)}] {verdict.splitlines()[0]}: {mutation.name}: {mutation.test}", flush=True)
        if not verdict.startswith("red"):
            print(verdict, flush=True)
    print(f"{len(wanted) - survivors} passed, {survivors} failed")
    return min(survivors, 1)


if __name__ == "__main__":
    sys.exit(main())
