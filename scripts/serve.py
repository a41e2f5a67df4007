#!/usr/bin/env python3
"""The whole installation in one terminal: web server and job cluster, started together and stopped together.

    .venv/bin/python scripts/serve.py

Prepares the database (scripts/prepare.py), then watches both until Ctrl-C or SIGTERM. A part that ends is started anew;
so is a job cluster that is alive but no longer works, which its heartbeat in /healthz tells (django-q can hang so when a
worker of it is killed). PORT, HOST and WEB_WORKERS (gunicorn.conf.py) are read from the environment or .env.
"""

import json
import os
import shutil
import signal
import socket
import sys
import time
import urllib.request
from pathlib import Path
from types import FrameType

import environ
from supervised import Supervised

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
GRACE = 20  # seconds a part has to finish what it is doing
LOOK_EVERY = 30  # seconds between two looks at the heartbeat
PATIENCE = 180  # seconds a job cluster has for its first piece of work
SHORTEST_LIFE = 5  # seconds: a part that cannot start is not started in a tight circle


class StopRequest(Exception):
    """A signal asks the installation to stop."""


def stop(signal_number: int, frame: FrameType | None) -> None:
    raise StopRequest


def is_taken(host: str, port: str) -> bool:
    """Tells whether another process listens on the address."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, int(port)))
        except OSError:
            return True
    return False


def cluster_state(port: str) -> str:
    """Reads the job cluster's state from /healthz: ``fresh``, ``stale`` or ``never``; empty where there is no answer."""
    host = os.environ.get("HOST", "127.0.0.1")
    name = (
        os.environ.get("ALLOWED_HOSTS", "127.0.0.1").split(",")[0].strip().removeprefix(".")
    )  # we go by a name it knows
    question = urllib.request.Request(
        f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/healthz",
        headers={"Host": "127.0.0.1" if name in {"", "*"} else name},
    )
    try:
        with urllib.request.urlopen(question, timeout=10) as answer:
            health = json.load(answer)
    except (OSError, ValueError):
        return ""
    return str(health.get("cluster", "")) if isinstance(health, dict) else ""


class Part:
    """A part is one of the two programs: its command, and when it was last started."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name, self.command = name, command
        self.start()

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.running = Supervised(self.command, GRACE)

    @property
    def age(self) -> float:
        return time.monotonic() - self.started_at

    def stop(self) -> None:
        self.running.stop()
        self.running.wait()

    def restart(self, why: str) -> None:
        print(f"{self.name}: {why}, starting it anew.", file=sys.stderr, flush=True)
        self.stop()
        self.start()


def watch(web: Part, jobs: Part, port: str) -> None:
    """Restarts a part that ends or hangs. Never returns: raises StopRequest."""
    looked_at, parent = time.monotonic(), os.getppid()
    while True:
        time.sleep(0.3)
        if "MAKELEVEL" in os.environ and os.getppid() != parent:
            raise StopRequest  # make was killed, and with it the only hand on us
        for part in (web, jobs):
            if part.running.has_ended and part.age > SHORTEST_LIFE:
                part.restart("it ended by itself")
        if time.monotonic() - looked_at >= LOOK_EVERY:
            looked_at = time.monotonic()
            if jobs.age > PATIENCE and cluster_state(port) in {"stale", "never"}:
                jobs.restart("it is alive and does no work")


def main() -> int:
    os.chdir(ROOT)
    env_file = ROOT / ".env"
    if "ENV_FILE" not in os.environ and not env_file.exists():
        shutil.copyfile(ROOT / ".env.example", env_file)
        print("Wrote .env from .env.example: a sandbox, with a clock of its own and sample people.")
    environ.Env.read_env(os.environ.get("ENV_FILE", env_file))
    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, stop)
    port = os.environ.get("PORT", "8000")
    if is_taken(os.environ.get("HOST", "127.0.0.1"), port):
        sys.exit(f"Somebody serves on port {port} already: stop them, or choose another, PORT=8001 make run.")
    parts: list[Part] = []
    preparation = Supervised([PYTHON, "scripts/prepare.py"], 5)
    try:
        status = preparation.wait()
        if status != 0:
            return status
        parts.append(Part("Web server", [PYTHON, "-m", "gunicorn", "config.wsgi"]))
        parts.append(Part("Job cluster", [PYTHON, "manage.py", "qcluster"]))
        watch(parts[0], parts[1], port)
    except StopRequest:
        print("\nStopping.", flush=True)
    finally:
        for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signal_number, signal.SIG_IGN)  # once is enough: what stops now stops in order
        preparation.stop()
        preparation.wait()
        for part in parts:
            part.running.stop()  # all at once, then wait for each
        for part in parts:
            part.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
