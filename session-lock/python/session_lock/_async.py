"""The same lock for asyncio: asked for on the event loop's timer, so that the loop never waits for it."""

from __future__ import annotations

import asyncio
import os
import weakref
from typing import Any, Optional, Union

from ._session_lock import _FIRST_PAUSE, _LONGEST_PAUSE, SessionDir, SessionLock

__all__ = ["AsyncSessionLock", "async_session_lock"]


class _Turn(asyncio.Lock):
    """A queue of tasks, and the task whose turn it is."""

    task: Optional[weakref.ref[asyncio.Task[Any]]] = None


# One queue per event loop and session, so that the tasks of a loop wait in order and only the first of them polls the file.
_queues: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, weakref.WeakValueDictionary[Any, _Turn]]
_queues = weakref.WeakKeyDictionary()


class AsyncSessionLock:
    """The exclusive lock of one session for ``async with``; cancelling the task that waits for it leaves nothing behind."""

    def __init__(self, directory: Union[SessionDir, str, os.PathLike[str]], session_id: str) -> None:
        self._lock = SessionLock(directory, session_id)
        self._turn: Optional[_Turn] = None

    async def __aenter__(self) -> SessionLock:
        lock, task = self._lock, asyncio.current_task()
        queues = _queues.setdefault(asyncio.get_running_loop(), weakref.WeakValueDictionary())
        turn = queues.setdefault((lock.directory._key, lock.id), _Turn())
        if turn.task is not None and turn.task() is task:
            raise lock._reentrant()
        await turn.acquire()
        try:
            pause = _FIRST_PAUSE
            while not lock._step(thread_bound=False):
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
        except BaseException:
            turn.release()
            raise
        turn.task = None if task is None else weakref.ref(task)
        self._turn = turn
        return lock

    async def __aexit__(self, *exc_info: object) -> None:
        turn, self._turn = self._turn, None
        if turn is None:
            return
        try:
            self._lock._release()
        finally:
            turn.task = None
            turn.release()


def async_session_lock(directory: Union[SessionDir, str, os.PathLike[str]], session_id: str) -> AsyncSessionLock:
    """The exclusive lock of the session for ``async with``; never blocks the event loop."""
    return AsyncSessionLock(directory, session_id)
