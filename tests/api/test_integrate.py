"""The examples of docs/integrate.md, run as they stand against a live server, and checked as strictly as our own code."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.callers import ANNA, ROMASHKA
from tests.support.server import ROOT, Installation, free_port, running

BLOCK = re.compile(r"^```python (\w+\.py)\n(.*?)^```", re.S | re.M)


def examples(folder: Path) -> list[str]:
    """Writes the document's programs into ``folder``; their names."""
    programs = BLOCK.findall((ROOT / "docs" / "integrate.md").read_text(encoding="utf-8"))
    for name, text in programs:
        (folder / name).write_text(text, encoding="utf-8")
    return [name for name, _text in programs]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("examples")
    examples(place)
    return place


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("server")) as installation:
        assert installation.call("POST", "sandbox/clock", {"now": "2026-04-01T12:00:00+03:00"})[0] == 200
        yield installation


def connect(server: Installation, domain: str) -> dict[str, str]:
    """An instance of METEOR on its tariff: what the examples read from their environment."""
    customer = server.call("POST", "customers", ROMASHKA)[1]["id"]
    new = {"customer_id": customer, "product": "meteor", "domain": domain, "representative": ANNA}
    instance = server.call("POST", "instances", new)[1]["id"]
    assert server.call("POST", f"instances/{instance}/subscriptions", {"tariff_id": "meteor-cloud"})[0] == 201
    token = server.manage("create_api_token", "--scope", "instance", "--instance", instance)
    return {"SALDO_URL": f"http://127.0.0.1:{server.port}", "SALDO_TOKEN": token, "SALDO_INSTANCE": instance}


def run(folder: Path, name: str, settings: dict[str, str]) -> str:
    """What the example printed; fails where it failed."""
    done = subprocess.run(
        [sys.executable, name],
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_examples_are_typed_as_strictly_as_our_own_code(folder: Path) -> None:
    assert sorted(path.name for path in folder.glob("*.py")) == [
        "check_access.py",
        "read_events.py",
        "receive_webhooks.py",
        "report_people.py",
        "saldo.py",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.11", "--config-file", os.devnull, "."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_people_are_reported_and_counted(server: Installation, folder: Path) -> None:
    settings = connect(server, "people.example.ru")
    output = run(folder, "report_people.py", settings)
    assert output.startswith("invalid ")
    seats = server.call("GET", f"instances/{settings['SALDO_INSTANCE']}")[1]["seats"]
    # Anna, ten reported at once and two more; one of them blocked, one gone.
    assert (seats["active"], seats["included"]) == (11, 9)
    again = run(folder, "report_people.py", settings)
    assert again == output
    assert server.call("GET", f"instances/{settings['SALDO_INSTANCE']}")[1]["seats"]["active"] == 11


def test_access_is_asked_and_told(server: Installation, folder: Path) -> None:
    settings = connect(server, "access.example.ru")
    assert run(folder, "check_access.py", settings) == "write on until 2026-04-01 21:00:00+00:00\n"
    subscription = server.call("GET", f"instances/{settings['SALDO_INSTANCE']}")[1]["subscription"]["id"]
    assert server.call("POST", f"subscriptions/{subscription}/terminate", {"reason": "по заявлению"})[0] == 200
    assert run(folder, "check_access.py", settings) == "read-only: subscription_terminated\n"


def test_the_stream_is_read_to_its_end(server: Installation, folder: Path) -> None:
    settings = connect(server, "stream.example.ru")
    run(folder, "report_people.py", settings)
    assert run(folder, "read_events.py", settings).splitlines() == [
        "1 subscription.created",
        "2 seats.peak_raised",
        "3 seats.peak_raised",
        "4 seats.peak_raised",
    ]


def test_webhooks_arrive_signed_and_once(server: Installation, folder: Path) -> None:
    port = free_port()
    secret = server.manage("add_webhook", "--url", f"http://127.0.0.1:{port}/saldo", "--product", "evotor-free")
    heard = subprocess.Popen(
        [sys.executable, "receive_webhooks.py", str(port)],
        cwd=folder,
        env={**os.environ, "SALDO_WEBHOOK_SECRET": secret},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        customer = server.call("POST", "customers", ROMASHKA)[1]["id"]
        new = {"customer_id": customer, "product": "evotor-free", "domain": "hook.example.ru", "representative": ANNA}
        instance = server.call("POST", "instances", new)[1]["id"]
        subscription = server.call("POST", f"instances/{instance}/subscriptions", {})[1]["id"]
        _wait_for(port)
        assert server.call("POST", "sandbox/clock", {"now": "2026-04-02T12:00:00+03:00"})[0] == 200
        assert server.call("POST", f"subscriptions/{subscription}/terminate", {"reason": "по заявлению"})[0] == 200
        assert server.call("POST", "sandbox/clock", {"now": "2026-04-03T12:00:00+03:00"})[0] == 200
    finally:
        heard.terminate()
    calls: list[Any] = [json.loads(line) for line in heard.communicate(timeout=30)[0].splitlines()]
    assert [(call["sequence"], call["type"]) for call in calls] == [
        (1, "subscription.created"),
        (2, "subscription.terminated"),
        (3, "instance.read_only"),
    ]


def _wait_for(port: int) -> None:
    import socket

    for _attempt in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the receiver did not come up")
