import json
import re
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.contrib.staticfiles import finders
from django.db import OperationalError
from django.test import Client

from billing import clock
from billing.models import Heartbeat
from tests.support.callers import Api, document

CONTRACT = {
    ("post", "/customers"),
    ("get", "/customers/{customer_id}"),
    ("post", "/instances"),
    ("get", "/instances/{instance_id}"),
    ("delete", "/instances/{instance_id}"),
    ("get", "/instances/{instance_id}/usage"),
    ("put", "/instances/{instance_id}/members/{external_id}"),
    ("delete", "/instances/{instance_id}/members/{external_id}"),
    ("put", "/instances/{instance_id}/members"),
    ("get", "/instances/{instance_id}/members"),
    ("get", "/tariffs"),
    ("post", "/instances/{instance_id}/subscriptions"),
    ("get", "/subscriptions/{subscription_id}"),
    ("post", "/subscriptions/{subscription_id}/terminate"),
    ("post", "/subscriptions/{subscription_id}/resume"),
    ("post", "/subscriptions/{subscription_id}/choose"),
    ("post", "/subscriptions/{subscription_id}/preview"),
    ("post", "/subscriptions/{subscription_id}/change"),
    ("post", "/subscriptions/{subscription_id}/cancel"),
    ("post", "/subscriptions/{subscription_id}/undo-cancel"),
    ("post", "/subscriptions/{subscription_id}/undo-change"),
    ("post", "/subscriptions/{subscription_id}/extend-trial"),
    ("get", "/accounts/{number}"),
    ("get", "/accounts/{number}/statement"),
    ("post", "/accounts/{number}/payments"),
    ("post", "/accounts/{number}/adjustments"),
    ("get", "/invoices"),
    ("get", "/invoices/{number}"),
    ("get", "/invoices/{number}/pdf"),
    ("post", "/invoices/{number}/credit-notes"),
    ("get", "/events"),
    ("get", "/sandbox/clock"),
    ("post", "/sandbox/clock"),
}


def test_openapi_lists_the_contract_and_nothing_else() -> None:
    schema = document()
    assert schema["openapi"] == "3.1.0"
    calls = {(method, path.removeprefix("/api/v1")) for path, methods in schema["paths"].items() for method in methods}
    assert calls == CONTRACT


def test_every_call_documents_its_problems_and_every_write_its_key() -> None:
    for methods in document()["paths"].values():
        for method, call in methods.items():
            assert {"401", "404", "422", "429"} <= set(call["responses"])
            assert "application/problem+json" in call["responses"]["404"]["content"]
            keyed = any(parameter["name"] == "Idempotency-Key" for parameter in call["parameters"])
            assert keyed == (method != "get" and call["operationId"] not in ("move_clock", "preview_change"))
            assert call["security"]


def test_a_refused_quote_is_documented_with_its_fresh_preview() -> None:
    schemas = document()["components"]["schemas"]
    assert schemas["Problem"]["properties"]["preview"]["$ref"] == "#/components/schemas/PreviewAnswer"
    assert {"due_now", "lines", "lost", "next_charge", "quote"} <= set(schemas["PreviewAnswer"]["properties"])
    assert {"status", "renews_on", "due_now", "lost"} <= set(schemas["ChangeAnswer"]["properties"])


def test_every_reference_of_the_schema_is_there() -> None:
    text = json.dumps(document())
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert named <= set(document()["components"]["schemas"])


def test_human_pages_take_everything_from_here() -> None:
    answer = Client().get("/api/v1/docs")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    files = [address for address in addresses if address.startswith("/static/")]
    assert set(addresses) - set(files) == {"/", "/rules/", "/api/v1/openapi.json"}
    assert len(files) >= 6
    for address in files:
        assert finders.find(address.removeprefix("/static/")), address
    assert "<title>API · Saldo</title>" in page
    assert "'unsafe-inline'" in answer["Content-Security-Policy"]
    assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_no_answer_of_the_api_is_kept_by_a_cache(operator: Api) -> None:
    operator.get("tariffs")
    assert operator.last["Cache-Control"] == "private, no-store"


# --- Health ----------------------------------------------------------------------------------------------------------


def healthz() -> tuple[int, Any]:
    answer = Client().get("/healthz")
    return answer.status_code, json.loads(answer.content)


def test_health_says_whether_the_jobs_run(db: None) -> None:
    never = {"status": "ok", "database": True, "cluster": "never", "cluster_heartbeat_fresh": False, "run": "ok"}
    assert healthz() == (200, never)
    Heartbeat.objects.create(name="cluster", beat_at=clock.real_now() - timedelta(seconds=170))
    assert healthz()[1]["cluster"] == "fresh"
    Heartbeat.objects.update(beat_at=clock.real_now() - timedelta(seconds=190))
    assert healthz() == (200, {**never, "cluster": "stale"})


def test_health_without_a_database_is_503_and_tells_nothing(db: None) -> None:
    with patch("billing.api.health.read_health", side_effect=OperationalError("host=10.0.0.7 password=x")):
        status, answer = healthz()
    assert (status, answer) == (503, {"status": "unavailable", "database": False})
    assert Client().post("/healthz").status_code == 405
