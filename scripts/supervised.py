"""Supervises a command, which cannot outlive the process that started it, however that ends.

    python scripts/supervised.py FD GRACE command …

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

HELD_BACK = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervised:
    """The owner starts a supervised command, asks it to stop, and waits for it."""

    def __init__(self, command: list[str], grace: int, env: dict[str, str] | None = None) -> None:
        reading, self.writing = os.pipe()  # neither end is inherited by anything else we start
        arguments = [sys.executable, __file__, str(reading), str(grace), *command]
        self.process = subprocess.Popen(arguments, pass_fds=[reading], env=env, start_new_session=True)
        os.close(reading)

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def stop(self) -> None:
        """Asks the command to stop: after ``grace`` seconds at the latest it is killed. Returns at once."""
        if self.writing >= 0:
            os.close(self.writing)
            self.writing = -1

    def wait(self) -> int:
        return self.process.wait()


def owner_is_gone(fd: int, seconds: float) -> bool:
    """Tells whether the owner has closed the pipe, waiting at most ``seconds``."""
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        return bool(selector.select(seconds))


def supervise(fd: int, grace: int, command: list[str]) -> int:
    """Runs ``command`` in a process group of its own until it or the owner ends. Returns its exit status."""
    for signal_number in HELD_BACK:
        signal.signal(signal_number, signal.SIG_IGN)  # the pipe alone says when: Ctrl-C is the owner's to handle
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=restore_signals)  # noqa: PLW1509 (no threads here)
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


def restore_signals() -> None:
    """Restores the default signal handlers in the child, which inherits the ignored ones."""
    for signal_number in HELD_BACK:
        signal.signal(signal_number, signal.SIG_DFL)


if __name__ == "__main__":
    status = supervise(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
    sys.exit(status if status >= 0 else 128 - status)
