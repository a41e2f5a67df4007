"""Real processes: what `make run` and scripts/with_postgres.py start is gone when they are, however they end."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.scripts import ROOT, alive, an_installations_environment, command_line, family, free_port, until

PYTHON = sys.executable


def answers(port: int) -> bool:
    """Whether somebody speaks HTTP there, whatever they say."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@pytest.fixture
def serving(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """scripts/serve.py on a port of its own, with its web server answering and its job cluster's workers there."""
    port = free_port()
    environment = an_installations_environment(tmp_path, PORT=str(port), WEB_WORKERS="1")
    process = subprocess.Popen([PYTHON, "scripts/serve.py"], cwd=ROOT, env=environment, start_new_session=True)
    try:
        until(lambda: process.poll() is not None or answers(port), "an answer from the web server")
        assert process.poll() is None
        until(
            lambda: sum("qcluster" in line for line in alive(family(process.pid))) >= 4,
            "the workers of the job cluster",
        )
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_run_stops_both_parts_when_asked(serving: "subprocess.Popen[bytes]", how: signal.Signals) -> None:
    everybody = family(serving.pid)
    serving.send_signal(how)
    assert serving.wait(timeout=40) == 0
    assert alive(everybody) == []


def test_run_leaves_no_orphan_when_it_is_killed(serving: "subprocess.Popen[bytes]") -> None:
    everybody = family(serving.pid)
    serving.kill()
    serving.wait()
    until(lambda: alive(everybody) == [], "the end of both parts")
    assert alive(everybody) == []


def test_run_starts_a_killed_job_cluster_anew(serving: "subprocess.Popen[bytes]") -> None:
    def cluster() -> list[int]:
        lines = {process.pid: command_line(process) for process in family(serving.pid)}
        return [
            pid
            for pid, line in lines.items()
            if "qcluster" in line and not any("supervised.py" in part for part in line)
        ]

    before = cluster()
    os.killpg(before[0], signal.SIGKILL)
    until(lambda: len(set(cluster()) - set(before)) >= 4, "another job cluster")
    assert set(cluster()).isdisjoint(before)


def test_run_says_in_a_sentence_that_its_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        environment = an_installations_environment(tmp_path, PORT=str(listening.getsockname()[1]))
        refused = subprocess.run(
            [PYTHON, "scripts/serve.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    assert refused.returncode == 1
    assert "choose another, PORT=8001 make run" in refused.stderr
    assert "Traceback" not in refused.stderr


HOME = 'import os, re, sys; print(re.search(r"host=(.*)", os.environ["DATABASE_URL"])[1], flush=True); sys.stdin.read()'


def with_postgres(command: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [PYTHON, "scripts/with_postgres.py", *command],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_with_postgres_hands_on_the_status_and_leaves_nothing_behind() -> None:
    process = with_postgres([PYTHON, "-c", HOME + "; sys.exit(7)"])
    assert process.stdout is not None
    home = Path(process.stdout.readline().strip())
    everybody = family(process.pid)
    assert home.is_dir()
    process.communicate("")
    assert process.returncode == 7
    assert alive(everybody) == []
    assert not home.exists()


def test_with_postgres_leaves_nothing_behind_when_it_is_killed() -> None:
    process = with_postgres([PYTHON, "-c", HOME])
    assert process.stdout is not None
    home = Path(process.stdout.readline().strip())
    everybody = family(process.pid)
    process.kill()
    process.communicate("")
    until(lambda: alive(everybody) == [], "the end of the server")
    until(lambda: not home.exists(), "its directory swept away")
    assert not home.exists()


def test_with_postgres_says_in_a_sentence_that_there_is_none(tmp_path: Path) -> None:
    environment = {**os.environ, "PG_BINDIR": str(tmp_path)}
    done = subprocess.run(
        [PYTHON, "scripts/with_postgres.py", "true"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "No PostgreSQL 15 or newer" in done.stderr
    assert "Traceback" not in done.stderr
