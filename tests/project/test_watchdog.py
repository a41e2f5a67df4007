"""The watch that scripts/serve.py keeps over a job cluster which is alive and no longer works."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.test import Client

from billing import clock
from billing.models import Heartbeat
from tests.support.scripts import load

serve = load("serve")


class FakePart:
    def __init__(self, age: float) -> None:
        self.age = age
        self.restarts: list[str] = []
        self.running = type("Running", (), {"has_ended": False})()

    def restart(self, why: str) -> None:
        self.restarts.append(why)


class EnoughSeen(Exception):
    pass


def watched(monkeypatch: pytest.MonkeyPatch, state: str, cluster_age: float) -> list[str]:
    """What the watch did to a cluster of that age of which the health page says ``state``."""
    instants = iter(range(0, 10_000, 31))
    rounds = iter([None, None])

    def sleep(seconds: float) -> None:
        if next(rounds, EnoughSeen) is EnoughSeen:
            raise EnoughSeen

    monkeypatch.setattr(serve.time, "sleep", sleep)
    monkeypatch.setattr(serve.time, "monotonic", lambda: next(instants))
    monkeypatch.setattr(serve, "cluster_state", lambda port: state)
    web, jobs = FakePart(cluster_age), FakePart(cluster_age)
    with pytest.raises(EnoughSeen):
        serve.watch(web, jobs, "0")
    assert web.restarts == []
    return jobs.restarts


@pytest.mark.parametrize("state", ["stale", "never"])
def test_cluster_that_does_no_work_is_started_anew(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    assert watched(monkeypatch, state, cluster_age=181)[0] == "it is alive and does no work"


@pytest.mark.parametrize("state", ["fresh", ""])
def test_cluster_that_works_or_of_which_nobody_knows_is_left_alone(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    assert watched(monkeypatch, state, cluster_age=86_400) == []


@pytest.mark.parametrize("state", ["stale", "never"])
def test_young_cluster_is_given_time_for_its_first_work(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    assert watched(monkeypatch, state, cluster_age=90) == []


@pytest.fixture
def health() -> Iterator[HTTPServer]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.server.asked_as = self.headers["Host"]  # type: ignore[attr-defined]
            status, body = self.server.says  # type: ignore[attr-defined]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, json.dumps({"status": "ok", "cluster": "stale"}).encode(), "stale"),
        (200, b"{}", ""),
        (200, b"[]", ""),
        (503, json.dumps({"status": "unavailable"}).encode(), ""),
        (500, b"<h1>Server error</h1>", ""),
    ],
)
def test_state_is_read_from_the_health_page(health: HTTPServer, status: int, body: bytes, state: str) -> None:
    health.says = (status, body)  # type: ignore[attr-defined]
    assert serve.cluster_state(str(health.server_port)) == state


@pytest.mark.django_db
def test_health_page_speaks_the_words_the_watch_waits_for(client: Client) -> None:
    assert client.get("/healthz").json()["cluster"] == "never"
    Heartbeat.objects.create(name="cluster", beat_at=clock.real_now())
    assert client.get("/healthz").json()["cluster"] == "fresh"
    Heartbeat.objects.update(beat_at=clock.real_now() - timedelta(seconds=200))
    assert client.get("/healthz").json()["cluster"] == "stale"


@pytest.mark.django_db
def test_health_page_is_open_to_a_watch_on_this_machine_where_everybody_else_is_sent_to_https(
    client: Client, settings: Any
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200
    assert client.get("/accounts/login/").status_code == 301


@pytest.mark.parametrize(
    ("allowed", "name"),
    [("saldo.example.com,other", "saldo.example.com"), (".example.com", "example.com"), ("*", "127.0.0.1")],
)
def test_watch_goes_by_a_name_the_installation_answers_to(
    health: HTTPServer, monkeypatch: pytest.MonkeyPatch, allowed: str, name: str
) -> None:
    health.says = (200, b'{"cluster": "fresh"}')  # type: ignore[attr-defined]
    monkeypatch.setenv("ALLOWED_HOSTS", allowed)
    assert serve.cluster_state(str(health.server_port)) == "fresh"
    assert health.asked_as == name  # type: ignore[attr-defined]
