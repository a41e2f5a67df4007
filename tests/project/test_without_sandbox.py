"""An installation outside the sandbox, in a process of its own: nothing of the sandbox is made, found or even imported."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.scripts import ROOT, an_installations_environment

LOOK = """
import io, json, sys
import django
django.setup()
from django.core.management import call_command, get_commands
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from billing import clock
from billing.gateways.registry import providers
from billing.operations import api_tokens

call_command("migrate", verbosity=0)
call_command("check")
call_command("makemigrations", check=True, dry_run=True, stdout=io.StringIO())
token = api_tokens.create_token(scope="operator", at=clock.real_now(), actor="test", label="test")[1]
client = Client(headers={"Authorization": f"Bearer {token}"})
json_body = {"content_type": "application/json"}
with CaptureQueriesContext(connection) as asked:
    clock.now()
answers = {
    "GET clock": client.get("/api/v1/sandbox/clock"),
    "POST clock": client.post("/api/v1/sandbox/clock", {"now": "2026-05-01T00:00:00Z"}, **json_body),
    "GET bank": client.get("/sample-bank/sample-1/"),
    "GET wallet": client.get("/sample-bank/wallet/visit-1/"),
    "POST webhook": client.post("/webhooks/sample/", {"id": "sample-1"}, **json_body),
    "GET style": client.get("/static/sandbox/sample_bank.css"),
    "GET events": client.get("/api/v1/events"),
    "GET sign-in": client.get("/accounts/login/"),
}
document = client.get("/api/v1/openapi.json").json()
print(json.dumps({
    "tables": connection.introspection.table_names(),
    "statuses": {name: answer.status_code for name, answer in answers.items()},
    "code": answers["GET clock"].json()["code"],
    "queries of the clock": len(asked),
    "providers": list(providers()),
    "commands": sorted({"advance", "demo"} & set(get_commands())),
    "document": sorted(path for path in document["paths"] if "sandbox" in path) + [
        tag["name"] for tag in document["tags"] if tag["name"] == "sandbox"],
    "modules": sorted(name for name in sys.modules if name.startswith("billing.sandbox")),
}))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a new installation shows of itself after its first `migrate`."""
    environment = an_installations_environment(tmp_path_factory.mktemp("production"), BILLING_SANDBOX="false")
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
    run = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def test_no_table_of_the_sandbox_is_made(seen: Any) -> None:
    assert "billing_paymentattempt" in seen["tables"]
    assert [name for name in seen["tables"] if "sample" in name or "sandbox" in name] == []


def test_no_page_no_call_and_no_webhook_of_it_exists(seen: Any) -> None:
    assert seen["statuses"] == {
        "GET clock": 404,
        "POST clock": 404,
        "GET bank": 404,
        "GET wallet": 404,
        "POST webhook": 404,
        "GET style": 404,
        "GET events": 200,
        "GET sign-in": 200,
    }
    assert (seen["code"], seen["document"]) == ("not_found", [])


def test_nobody_takes_payments_and_no_command_moves_the_time(seen: Any) -> None:
    assert (seen["providers"], seen["commands"]) == ([], [])


def test_g1_the_time_is_the_systems_and_no_table_is_asked_for_it(seen: Any) -> None:
    assert seen["queries of the clock"] == 0


def test_none_of_its_modules_is_imported(seen: Any) -> None:
    assert seen["modules"] == []
