"""Real processes on a real database: forked, so that they share the test's code and nothing of its connection."""

import os
import pickle
import select
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from django.db import OperationalError, connections

SECONDS = 90


def _child(work: Callable[[], Any], write: int) -> None:
    """Does the work and tells the result or the error; never comes back into the test."""
    try:
        answer = ("done", work())
    except BaseException:
        answer = ("failed", traceback.format_exc())
    try:
        connections.close_all()
        with os.fdopen(write, "wb") as out:
            pickle.dump(answer, out)
    finally:
        os._exit(0)


def at_once(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Runs every work in a process of its own, all at the same time; what they returned, None for one that was killed.

    Fails where one of them raised or took too long.
    """
    connections.close_all()
    running: list[tuple[int, int]] = []
    for work in works:
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            _child(work, write)
        os.close(write)
        running.append((pid, read))
    answers, deadline = [], time.monotonic() + SECONDS
    for pid, read in running:
        ready, _, _ = select.select([read], [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            os.kill(pid, signal.SIGKILL)
        with os.fdopen(read, "rb") as heard:
            answers.append(heard.read())
        os.waitpid(pid, 0)
        assert ready, "a process took too long"
    results = [pickle.loads(answer) if answer else ("killed", None) for answer in answers]
    failed = [result for state, result in results if state == "failed"]
    assert failed == [], "\n".join(failed)
    return [result for _state, result in results]


def patient(work: Callable[[], Any]) -> Any:
    """What a client does that is told to come again: a wait for a lock that took too long wrote nothing. A deadlock is no
    such thing and goes through to the test."""
    for _attempt in range(20):
        try:
            return work()
        except OperationalError as error:
            if "lock timeout" not in str(error):
                raise
    raise AssertionError("the lock never came free")


def die() -> None:
    """What a power cut, an OOM kill or an impatient operator does."""
    os.kill(os.getpid(), signal.SIGKILL)
