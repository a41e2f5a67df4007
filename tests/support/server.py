"""A real server: gunicorn on loopback with a database file of its own, as an operator would start it."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_URL", "VAR_DIR", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "BASE_URL", "ALLOWED_HOSTS", "PORT")


@dataclass
class Installation:
    """Its settings, and how to run its commands and call its API."""

    env: dict[str, str]
    port: int
    secret: str = ""

    def manage(self, *arguments: str) -> str:
        """What a command of manage.py wrote on its standard output; fails where the command does."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def raw(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """(status, headers in lower case, body) as they came over the wire."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        sent = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """(status, JSON) of a call of the API."""
        data = None if body is None else json.dumps(body).encode()
        status, _headers, content = self.raw(method, f"/api/v1/{path}", data, **headers)
        return status, json.loads(content) if content else None

    def wait(self) -> None:
        """Until the server answers, half a minute at most."""
        for _attempt in range(300):
            try:
                if self.raw("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the server did not come up")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(folder: Path) -> Iterator[Installation]:
    """An installation in ``folder``: migrated, with the catalogue and an operator's token, served by two workers."""
    port = free_port()
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    env |= {
        "ENV_FILE": os.devnull,
        "BILLING_SANDBOX": "true",
        "DEBUG": "false",
        "VAR_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "PORT": str(port),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    installation = Installation(env, port)
    for command in ("migrate", "load_profiles"):
        installation.manage(command)
    installation.secret = installation.manage("create_api_token", "--scope", "operator")
    log = (folder / "server.log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--no-control-socket"],
        cwd=ROOT,
        env=env,
        stdout=log,
        stderr=log,
    )
    try:
        installation.wait()
        yield installation
    finally:
        server.terminate()
        server.wait(timeout=30)
        log.close()
