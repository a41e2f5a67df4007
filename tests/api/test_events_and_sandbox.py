from collections.abc import Callable
from typing import Any

from django.db import connection

from billing.operations.run import billing_run
from billing.sandbox.models import SandboxClock
from tests.support.callers import ROMASHKA, Api, Tenant


def types(answer: Any) -> list[str]:
    return [event["type"] for event in answer["items"]]


def test_stream_tells_what_happened_in_order(tenant: Tenant) -> None:
    tenant.joins(*range(2, 12))
    assert tenant.api.post("sandbox/clock", {"now": "2026-05-01T00:00:00+03:00"})[0] == 200
    answer = tenant.api.get("events")[1]
    assert types(answer) == [
        "subscription.created",
        "seats.peak_raised",
        "seats.peak_raised",
        "invoice.issued",
        "seats.peak_raised",
    ]
    raised = answer["items"][2]
    assert (raised["sequence"], raised["instance_id"], raised["subscription_id"]) == (
        3,
        tenant.instance,
        tenant.subscription,
    )
    assert raised["data"] == {"peak": 11, "amount": {"amount": "599.00", "currency": "RUB"}}
    assert raised["at"] == "2026-04-01T09:00:00+00:00"


def test_stream_goes_on_after_the_last_event_one_has(tenant: Tenant) -> None:
    tenant.joins(*range(2, 12))
    first = tenant.api.get("events?limit=2")[1]
    assert first["next"] == first["items"][-1]["id"]
    rest = tenant.api.get(f"events?after={first['next']}")[1]
    assert (types(rest), rest["next"]) == (["seats.peak_raised"], None)
    last = rest["items"][-1]["id"]
    assert tenant.api.get(f"events?after={last}")[1] == {"items": [], "next": None}


def test_instance_hears_of_itself_alone(tenant: Tenant, token_of: Callable[[str], Api]) -> None:
    tenant.joins(*range(2, 12))
    assert tenant.api.post("sandbox/clock", {"now": "2026-05-16T00:00:00+03:00"})[0] == 200
    heard = token_of(tenant.instance).get("events")[1]
    assert {event["instance_id"] for event in heard["items"]} == {tenant.instance}
    assert types(heard)[-1] == "instance.read_only"
    assert "invoice.issued" not in types(heard)


def test_clock_moves_forward_does_what_is_due_and_stands(tenant: Tenant) -> None:
    tenant.joins(*range(2, 12))
    assert tenant.api.get("sandbox/clock") == (200, {"now": "2026-04-01T09:00:00+00:00"})
    status, moved = tenant.api.post("sandbox/clock", {"now": "2026-05-16T00:00:00+03:00"})
    assert (status, moved["now"]) == (200, "2026-05-15T21:00:00+00:00")
    assert moved["done"]["invoices"] == ["R-2026-000001"]
    assert (moved["done"]["documents"], moved["done"]["accounts_locked"]) == (1, 1)
    status, again = tenant.api.post("sandbox/clock", {"now": "2026-05-16T00:00:00+03:00"})
    assert (status, again["done"]["invoices"]) == (200, [])
    status, problem = tenant.api.post("sandbox/clock", {"now": "2026-05-15T23:59:59+03:00"})
    assert (status, problem["code"]) == (409, "clock_moves_forward")
    assert tenant.api.get("sandbox/clock")[1]["now"] == "2026-05-15T21:00:00+00:00"


def test_clock_is_not_moved_inside_one_transaction(operator: Api, monkeypatch: Any) -> None:
    depths = []
    around = len(connection.savepoint_ids)  # the test's own
    step = lambda *, as_of: depths.append(len(connection.savepoint_ids)) or billing_run.RunResult()  # noqa: E731
    monkeypatch.setattr(billing_run, "STEPS", (step,))
    assert operator.post("sandbox/clock", {"now": "2026-04-03T00:00:00+03:00"}, Idempotency_Key="k")[0] == 200
    assert set(depths) == {around}


def test_there_is_no_clock_outside_the_sandbox(operator: Api, settings: Any) -> None:
    settings.BILLING_SANDBOX = False
    for status, problem in (
        operator.get("sandbox/clock"),
        operator.post("sandbox/clock", {"now": "2026-05-01T00:00:00Z"}),
    ):
        assert (status, problem["code"]) == (404, "not_found")


def test_first_call_may_set_the_clock_into_the_past(operator: Api) -> None:
    SandboxClock.objects.all().delete()
    status, moved = operator.post("sandbox/clock", {"now": "2024-02-29T12:00:00+03:00"})
    assert (status, moved["now"]) == (200, "2024-02-29T09:00:00+00:00")
    assert operator.create("customers", ROMASHKA)["created_at"] == "2024-02-29T09:00:00+00:00"
