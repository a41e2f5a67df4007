#!/usr/bin/env python3
"""`make bench`, the API: requests a second that a product's backend sees, on the database that DATABASE_URL names (SQLite where it
names none). A real gunicorn answers on loopback while four callers ask without a pause, on the same machine.

Each figure is the median of five rounds. Beside it stands how many times as long one takes as what it is built on, measured in
the same run: the health page, which is Django and one query, and the same facts read with plain SQL.
"""

import http.client
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CALLERS, ROUNDS, SECONDS = 4, 5, 2.0
INSTANCES, PEOPLE = 20, 200

# What the access call reads, for one instance.
PLAIN = (
    "SELECT * FROM accounts_instance WHERE public_id = %s",
    (
        "SELECT s.*, t.* FROM billing_subscription s JOIN accounts_instance i ON i.id = s.instance_id "
        "LEFT JOIN billing_tariff t ON t.id = s.tariff_id WHERE i.public_id = %s"
    ),
    (
        "SELECT v.number, v.due_date FROM billing_invoice v JOIN billing_subscription s ON s.account_id = v.account_id "
        "JOIN accounts_instance i ON i.id = s.instance_id WHERE v.open_minor > 0 AND i.public_id = %s"
    ),
    (
        "SELECT count(*) FROM accounts_member m JOIN accounts_instance i ON i.id = m.instance_id "
        "WHERE m.status = 'active' AND i.public_id = %s"
    ),
)


class Server:
    """A gunicorn with the project's own configuration, on a free port of loopback."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.env = os.environ | {
            "ENV_FILE": os.devnull,
            "BILLING_SANDBOX": "false",
            "DEBUG": "false",
            "VAR_DIR": str(folder),
            "SECRET_KEY": secrets.token_urlsafe(50),
            "PORT": str(self.port),
            "SECURE_SSL_REDIRECT": "false",
            # Calls are counted as in production, and never too many.
            "ALLOWED_HOSTS": "127.0.0.1",
            "EMAIL_URL": "dummymail://",
            "API_RATE_LIMIT_INSTANCE": "1000000000",
            "BASE_URL": f"http://127.0.0.1:{self.port}",
        }
        self.env.setdefault("DATABASE_URL", f"sqlite:///{folder / 'bench.sqlite3'}")
        for command in ("migrate", "load_profiles"):
            self.manage(command)
        self.operator = self.manage("create_api_token", "--scope", "operator")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "config.wsgi",
                "--bind",
                f"127.0.0.1:{self.port}",
                "--no-control-socket",
            ],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def manage(self, *arguments: str) -> str:
        process = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
        )
        return process.stdout.strip()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def wait(self) -> None:
        for _attempt in range(300):
            try:
                if ask(self.connect(), "GET", "/healthz", "")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("The server did not come up.")


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, token: str, body: Any = None, **headers: str
) -> tuple[int, Any, http.client.HTTPMessage]:
    """Calls the API and returns (status, JSON, headers)."""
    headers_sent = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | headers
    data = None if body is None else json.dumps(body)
    try:
        connection.request(method, path, data, headers_sent)
        answer = connection.getresponse()
    except (ConnectionError, http.client.RemoteDisconnected):  # it lay idle for longer than the server keeps it
        connection.close()
        connection.request(method, path, data, headers_sent)
        answer = connection.getresponse()
    content = answer.read()
    return answer.status, json.loads(content) if content else None, answer.headers


def register_instances(server: Server) -> list[tuple[str, str]]:
    """Registers instances of METEOR with their people. Returns (id, token) of each."""
    line, tokens = server.connect(), []

    def create(path: str, body: Any) -> Any:
        status, answer, _headers = ask(line, "POST", f"/api/v1/{path}", server.operator, body)
        assert status == 201, answer
        return answer

    for number in range(INSTANCES):
        customer = create(
            "customers",
            {
                "name": f"Customer {number}",
                "kind": "company",
                "email": f"c{number}@example.com",
                "locale": "en",
                "currency": "RUB",
            },
        )
        owner = {"external_id": "owner", "email": f"owner{number}@example.com"}
        instance = create(
            "instances",
            {
                "customer_id": customer["id"],
                "product": "meteor",
                "domain": f"c{number}.example.com",
                "representative": owner,
            },
        )["id"]
        create(f"instances/{instance}/subscriptions", {"tariff_id": "meteor-cloud"})
        rows = [
            {"external_id": f"p{person}", "email": f"p{person}@example.com", "role": "member", "status": "active"}
            for person in range(PEOPLE)
        ]
        ask(line, "PUT", f"/api/v1/instances/{instance}/members", server.operator, rows)
        tokens.append((instance, server.manage("create_api_token", "--scope", "instance", "--instance", instance)))
    return tokens


def rate(server: Server, call: Callable[[http.client.HTTPConnection, int, int], int], expected: int) -> float:
    """Measures requests a second of all callers together: the median of the rounds. ``call(connection, caller, number)`` makes one."""

    def caller(number: int) -> int:
        line, until, call_number = server.connect(), time.perf_counter() + SECONDS, 0
        while time.perf_counter() < until:
            status = call(line, number, call_number)
            assert status == expected, status
            call_number += 1
        return call_number

    rates = []
    with ThreadPoolExecutor(CALLERS) as pool:
        for _round in range(ROUNDS):
            started = time.perf_counter()
            calls = sum(pool.map(caller, range(CALLERS)))
            rates.append(calls / (time.perf_counter() - started))
    return statistics.median(rates)


def plain_seconds(server: Server, instance: str) -> float:
    """Measures how many seconds the same facts take with plain SQL, on one connection."""
    os.environ.update(server.env, DJANGO_SETTINGS_MODULE="config.settings")
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.db import connection

    rounds = []
    with connection.cursor() as cursor:
        for _round in range(ROUNDS):
            started = time.perf_counter()
            for _repeat in range(100):
                for statement in PLAIN:
                    cursor.execute(statement, [instance])
                    cursor.fetchall()
            rounds.append((time.perf_counter() - started) / 100)
        print(f"{connection.vendor}, gunicorn, {CALLERS} callers, {INSTANCES} instances of {PEOPLE + 1} people\n")
    connection.close()
    return statistics.median(rounds)


def measure(server: Server) -> None:
    instances = register_instances(server)
    plain = plain_seconds(server, instances[0][0])
    tags = {}
    for instance, token in instances:
        tags[instance] = ask(server.connect(), "GET", f"/api/v1/instances/{instance}", token)[2]["ETag"]

    def healthz(line: http.client.HTTPConnection, _caller: int, _call_number: int) -> int:
        return ask(line, "GET", "/healthz", "")[0]

    def access(line: http.client.HTTPConnection, caller: int, call_number: int) -> int:
        instance, token = instances[(caller * 5 + call_number) % INSTANCES]
        return ask(line, "GET", f"/api/v1/instances/{instance}", token)[0]

    def unchanged(line: http.client.HTTPConnection, caller: int, call_number: int) -> int:
        instance, token = instances[(caller * 5 + call_number) % INSTANCES]
        tag = {"If-None-Match": tags[instance]}
        return ask(line, "GET", f"/api/v1/instances/{instance}", token, **tag)[0]

    def member(line: http.client.HTTPConnection, caller: int, call_number: int) -> int:
        instance, token = instances[(caller * 5 + call_number) % INSTANCES]
        row = {
            "email": f"p{caller}@example.com",
            "role": "member",
            "status": ("blocked", "active")[(call_number // INSTANCES) % 2],
        }
        return ask(line, "PUT", f"/api/v1/instances/{instance}/members/p{caller}", token, row)[0]

    base = rate(server, healthz, 200)
    print(f"{'the health page':<44}{base:>8.0f} /s")
    for title, call, expected in (
        ("access asked for", access, 200),
        ("access asked for, unchanged: 304", unchanged, 304),
        ("one member's change reported", member, 200),
    ):
        calls = rate(server, call, expected)
        against = f"{base / calls:>7.1f} × health page"
        if call is access:
            against += f"{1 / calls / plain * CALLERS:>8.1f} × plain SQL ({plain * 1000:.2f} ms)"
        print(f"{title:<44}{calls:>8.0f} /s{against}", flush=True)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            server.wait()
            measure(server)
        finally:
            server.process.terminate()
            server.process.wait(timeout=30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
