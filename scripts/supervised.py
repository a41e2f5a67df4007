"""Runs a command that cannot outlive whoever started it, however they end.

    python scripts/leash.py FD GRACE command …

FD is the reading end of a pipe whose writing end only the owner holds. When the owner exits, is killed, or closes it, the
pipe ends: the command gets SIGTERM, and GRACE seconds later everything left in its process group gets SIGKILL. A job
cluster without this goes on working as an orphan when its parent is killed.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time

SPARED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Leashed:
    """A command on a leash, seen from its owner."""

    def __init__(self, command: list[str], grace: int, env: dict[str, str] | None = None) -> None:
        reading, self.writing = os.pipe()  # neither end is inherited by anything else we start
        arguments = [sys.executable, __file__, str(reading), str(grace), *command]
        self.process = subprocess.Popen(arguments, pass_fds=[reading], env=env, start_new_session=True)
        os.close(reading)

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def let_go(self) -> None:
        """Ask the command to stop; it is gone ``grace`` seconds later at the latest."""
        if self.writing >= 0:
            os.close(self.writing)
            self.writing = -1

    def wait(self) -> int:
        return self.process.wait()


def owner_is_gone(fd: int, seconds: float) -> bool:
    """Whether the owner has let go of the pipe, waiting at most ``seconds``."""
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        return bool(selector.select(seconds))


def hold(fd: int, grace: int, command: list[str]) -> int:
    """Run ``command`` in a group of its own until it ends or the owner does; its exit status."""
    for signalled in SPARED:
        signal.signal(signalled, signal.SIG_IGN)  # the pipe alone says when: Ctrl-C is the owner's to handle
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=hear_signals)  # noqa: PLW1509 (no threads here)
    while child.poll() is None and not owner_is_gone(fd, 0.2):
        pass
    if child.poll() is None:
        child.terminate()
        deadline = time.monotonic() + grace
        while child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)  # whatever of the group is left, orphans included
    return child.wait()


def hear_signals() -> None:
    """A child inherits what we ignore: give it its signals back."""
    for signalled in SPARED:
        signal.signal(signalled, signal.SIG_DFL)


if __name__ == "__main__":
    status = hold(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
    sys.exit(status if status >= 0 else 128 - status)
