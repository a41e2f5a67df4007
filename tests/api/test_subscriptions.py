"""What every subscription's calls have in common: METEOR's life, who may call, keys, and what cannot be meant."""

import json
import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from billing.models import Entry, Event, SubscriptionChange
from tests.support.callers import ANNA, Api, Buyer, Tenant, create_buyer, money, set_clock
from tests.support.people import assert_books_are_right

ACTS: dict[str, Any] = {
    "choose": {"tariff_id": "plus"},
    "preview": {"tariff_id": "plus"},
    "change": {"tariff_id": "plus"},
    "cancel": {},
    "undo-cancel": {},
    "undo-change": {},
    "extend-trial": {"days": 1, "reason": "x"},
    "terminate": {"reason": "x"},
    "resume": {},
}


# --- METEOR ----------------------------------------------------------------------------------------------------------


def test_subscription_tells_its_period_and_when_it_renews(tenant: Tenant) -> None:
    status, answer = tenant.api.get(f"subscriptions/{tenant.subscription}")
    assert status == 200
    assert answer == {
        "id": tenant.subscription,
        "instance_id": tenant.instance,
        "account": tenant.account,
        "tariff_id": "meteor-cloud",
        "version": 1,
        "status": "active",
        "quantity": None,
        "trial_ends_on": None,
        "current_period": {"start": "2026-04-01", "end": "2026-05-01"},
        "renews_on": "2026-05-01",
        "cancel_at": None,
        "scheduled_change": None,
        "started_at": "2026-04-01T09:00:00+00:00",
        "terminated_at": None,
    }
    set_clock("2026-05-03T12:00:00+03:00")  # nobody has closed April yet
    answer = tenant.api.get(f"subscriptions/{tenant.subscription}")[1]
    assert (answer["current_period"], answer["renews_on"]) == (
        {"start": "2026-05-01", "end": "2026-06-01"},
        "2026-06-01",
    )


def test_termination_issues_the_final_invoice_and_locks(tenant: Tenant) -> None:
    api, path = tenant.api, f"subscriptions/{tenant.subscription}"
    tenant.joins(*range(2, 12))
    set_clock("2026-04-20T12:00:00+03:00")
    status, answer = api.post(f"{path}/terminate", {"reason": "Закрываемся", "requested_by": "Анна"})
    assert (status, answer["status"], answer["renews_on"]) == (200, "terminated", None)
    assert answer["current_period"] == {"start": "2026-04-01", "end": "2026-04-21"}
    assert answer["terminated_at"] == "2026-04-20T09:00:00+00:00"
    final = api.get("invoices")[1]["items"][0]
    assert (final["kind"], final["total"]["amount"]) == ("final", "6589.00")
    assert api.get(f"instances/{tenant.instance}")[1]["access_reasons"][0]["code"] == "subscription_terminated"
    status, problem = api.post(f"{path}/terminate", {"reason": "Ещё раз"})
    assert (status, problem["code"], problem["rule"]) == (409, "already_terminated", "M12")


def test_resumption_needs_the_debt_paid(tenant: Tenant) -> None:
    api, path = tenant.api, f"subscriptions/{tenant.subscription}"
    tenant.joins(*range(2, 12))
    assert api.post(f"{path}/resume", {})[1]["code"] == "not_terminated"
    assert api.post(f"{path}/terminate", {"reason": "Пауза"})[0] == 200
    status, problem = api.post(f"{path}/resume", {})
    assert (status, problem["code"], problem["rule"]) == (409, "debt_outstanding", "M13")
    assert problem["owed"] == {"amount": "6589.00", "currency": "RUB"}
    api.create(f"accounts/{tenant.account}/payments", {"amount": "6589.00", "method": "cash", "reference": "КО-1"})
    status, answer = api.call("POST", f"{path}/resume")  # a body may be left out
    assert (status, answer["status"], answer["renews_on"]) == (200, "active", "2026-05-01")
    assert api.get(f"accounts/{tenant.account}")[1]["balance"]["amount"] == "0.00"


def test_resumption_is_refused_after_a_year(tenant: Tenant) -> None:
    api, path = tenant.api, f"subscriptions/{tenant.subscription}"
    assert api.post(f"{path}/terminate", {"reason": "Пауза"})[0] == 200
    set_clock("2027-04-02T00:00:00+03:00")
    status, problem = api.post(f"{path}/resume", {})
    assert (status, problem["code"], problem["rule"]) == (409, "resume_window_over", "M13")


def test_second_subscription_is_refused(tenant: Tenant) -> None:
    status, problem = tenant.api.post(f"instances/{tenant.instance}/subscriptions", {"tariff_id": "meteor-cloud"})
    assert (status, problem["code"]) == (409, "subscription_exists")


@pytest.mark.parametrize(
    ("act", "status", "code", "rule"),
    [
        ("choose", 409, "no_trial", "D18"),
        ("cancel", 409, "not_prepaid", "M12"),
        ("undo-cancel", 409, "not_cancelled", "C4"),
        ("undo-change", 409, "nothing_to_undo", "D6"),
        ("extend-trial", 409, "no_trial", "B2"),
        ("preview", 422, "unknown_tariff", "E5"),
        ("change", 422, "unknown_tariff", "E5"),
    ],
)
def test_what_is_measured_refuses_what_is_for_paid_time(
    tenant: Tenant, act: str, status: int, code: str, rule: str
) -> None:
    answer = tenant.api.post(f"subscriptions/{tenant.subscription}/{act}", ACTS[act])
    assert (answer[0], answer[1]["code"], answer[1]["rule"]) == (status, code, rule)
    assert answer[1]["detail"]


# --- Who may call, and keys ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ACTS)
def test_an_instance_gets_404_for_an_act_on_its_own_subscription(
    light: Buyer, token_of: Callable[[str], Api], act: str
) -> None:
    own = token_of(light.instance)
    path = f"subscriptions/{light.subscription}/{act}"
    assert own.post(path, ACTS[act]) == own.get("nothing/of/the/kind")
    assert own.last.status_code == 404
    assert Api("").post(path, ACTS[act])[0] == 401
    assert (light.details["tariff_id"], light.details["status"]) == ("light", "active")
    assert own.get(f"instances/{light.instance}")[1]["subscription"]["tariff_id"] == "light"


@pytest.mark.parametrize("act", ACTS)
def test_an_act_on_an_unknown_subscription_is_404(operator: Api, act: str) -> None:
    for named in ("sub_000000000000000000", "%00", "x" * 65):
        assert operator.post(f"subscriptions/{named}/{act}", ACTS[act])[1]["code"] == "not_found"


@pytest.mark.parametrize("act", ["change", "cancel"])
def test_the_same_key_acts_once(light: Buyer, act: str) -> None:
    first = light.asks(act, ACTS[act], Idempotency_Key="a")
    entries, events = Entry.objects.count(), Event.objects.count()
    set_clock("2026-04-03T12:00:00+03:00")
    assert light.asks(act, ACTS[act], Idempotency_Key="a") == first
    assert light.api.last["Idempotent-Replayed"] == "true"
    assert (first[0], Entry.objects.count(), Event.objects.count()) == (200, entries, events)
    status, problem = light.asks("undo-change", {}, Idempotency_Key="a")
    assert (status, problem["code"]) == (422, "idempotency_key_reused")


def test_a_preview_writes_nothing_and_takes_no_notice_of_a_key(light: Buyer) -> None:
    before = (Entry.objects.count(), Event.objects.count(), SubscriptionChange.objects.count(), light.details)
    first = light.asks("preview", {"tariff_id": "plus"}, Idempotency_Key="a")
    set_clock("2026-04-02T12:00:00+03:00")
    again = light.asks("preview", {"tariff_id": "plus"}, Idempotency_Key="a")
    assert (first[0], first[1]["due_now"], again[1]["due_now"]) == (200, money("90.00"), money("87.00"))
    assert (Entry.objects.count(), Event.objects.count(), SubscriptionChange.objects.count(), light.details) == before


def test_acts_without_details_need_no_body(light: Buyer) -> None:
    for act, status in (("cancel", "cancelling"), ("undo-cancel", "active")):
        code, answer = light.api.call("POST", f"subscriptions/{light.subscription}/{act}")
        assert (code, answer["status"]) == (200, status)


# --- What cannot be meant --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        ("preview", {}, "tariff_id"),
        ("preview", {"tariff_id": "light"}, "tariff_id"),
        ("preview", {"tariff_id": "x"}, "tariff_id"),
        ("preview", {"tariff_id": ""}, "tariff_id"),
        ("preview", {"tariff_id": "a\x00"}, "tariff_id"),
        ("preview", {"quantity": 5}, "quantity"),
        ("preview", {"tariff_id": "base", "quantity": 0}, "quantity"),
        ("preview", {"tariff_id": "base", "quantity": -1}, "quantity"),
        ("preview", {"tariff_id": "base", "quantity": 10**30}, "quantity"),
        ("preview", {"tariff_id": "base", "quantity": "5"}, "quantity"),
        ("preview", {"tariff_id": "base", "quantity": 1.5}, "quantity"),
        ("preview", {"tariff_id": "plus", "when": "later"}, "when"),
        ("preview", {"tariff_id": "plus", "quote": "x"}, "quote"),
        ("preview", {"tariff_id": "driver"}, "tariff_id"),
        ("change", {"tariff_id": "plus", "quote": ""}, "quote"),
        ("change", {"tariff_id": "plus", "quote": "x" * 65}, "quote"),
        ("change", {"tariff_id": "plus", "quote": 5}, "quote"),
        ("choose", {}, "tariff_id"),
        ("choose", {"tariff_id": None}, "tariff_id"),
        ("cancel", {"why": "x"}, "why"),
        ("undo-cancel", {"x": 1}, "x"),
        ("undo-change", {"x": 1}, "x"),
        ("extend-trial", {}, "days"),
    ],
)
def test_a_detail_that_cannot_be_meant_is_named(light: Buyer, act: str, body: Any, field: str) -> None:
    status, problem = light.asks(act, body)
    assert (status, problem["errors"][0]["field"]) == (422, field)
    assert problem["errors"][0]["message"]
    assert (light.details["status"], light.balance) == ("active", "-90.00")


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"5", b"null", b"\xff", b'{"tariff_id": {}}', b"[" * 20_000])
def test_a_body_of_another_shape_is_never_our_fault(light: Buyer, act: str, body: bytes) -> None:
    status, problem = light.api.call("POST", f"subscriptions/{light.subscription}/{act}", body)
    optional = act in ("cancel", "undo-cancel", "undo-change", "resume") and body == b"null"
    assert status == 422 or (optional and status in (200, 409)), problem


PRODUCTS = {
    "meteor": ["meteor-cloud"],
    "blue": ["blue-monthly", "blue-annual"],
    "evotor-driver": ["driver"],
    "evotor-app": ["base", "light", "plus", "max"],
    "cyberos": ["trial", "build", "build-annual", "scale", "scale-annual"],
    "evotor-free": [None],
}
ROLES = ["owner", "member", "team_member", "client", "custom", "project_administrator", "administrator"]
ODD = [None, "", "x", 0, -1, 1, 3, 30, 10**9, 1.5, True, [], {}, "now", "period_end", "light", "blue-annual", "\ud800"]


def _some_call(chance: random.Random, buyer: Buyer, tariffs: list[Any]) -> tuple[str, str, Any]:
    """A call that makes sense, nearly makes sense, or makes none."""
    kind = chance.random()
    if kind < 0.2:
        who, status = f"p{chance.randrange(4)}", chance.choice(["active", "blocked", "invited"])
        body = {"email": f"{who}@a.example", "role": chance.choice(ROLES), "status": status}
        return "PUT", f"instances/{buyer.instance}/members/{who}", body
    if kind < 0.3:
        return (
            "POST",
            f"accounts/{buyer.account}/payments",
            {"amount": chance.choice(["90.00", "7", "5000"]), "method": "bank"},
        )
    if kind < 0.4:
        return "POST", f"instances/{buyer.instance}/subscriptions", {"tariff_id": chance.choice(tariffs)}
    act = chance.choice(list(ACTS))
    full = {
        "tariff_id": chance.choice(tariffs),
        "quantity": chance.choice([None, 1, 5, 30]),
        "days": 2,
        "reason": "x",
        "when": chance.choice([None, "now", "period_end"]),
        "quote": chance.choice([None, "x"]),
    }
    fields = {
        "choose": ["tariff_id"],
        "preview": ["tariff_id", "quantity", "when"],
        "extend-trial": ["days", "reason"],
        "change": ["tariff_id", "quantity", "when"],
        "terminate": ["reason"],
    }.get(act, [])
    body = {name: full[name] for name in fields if full[name] is not None}
    if chance.random() < 0.3:
        body[chance.choice(list(full))] = chance.choice(ODD)
    return "POST", f"subscriptions/{buyer.subscription}/{act}", body


# As many as `make prove` takes: 8.
CALLS_A_DAY = int(os.environ.get("CALLS_A_DAY", "2"))


@pytest.mark.parametrize("product", PRODUCTS)
def test_random_calls_in_random_order_never_answer_5xx_and_leave_right_books(operator: Api, product: str) -> None:
    chance, answers = random.Random(f"saldo {product}"), set()
    tariffs = PRODUCTS[product]
    more = {"quantity": 5} if tariffs[0] in ("driver", "base") else {}
    buyer = create_buyer(operator, product, tariffs[0], **more)
    for day in range(45):
        set_clock(f"2026-{4 + day // 30:02}-{1 + day % 30:02}T{chance.randrange(12, 24):02}:30:00+03:00")
        for _call in range(CALLS_A_DAY):
            method, path, body = _some_call(chance, buyer, tariffs)
            status, answer = operator.call(method, path, json.dumps(body).encode())
            assert status < 500, (day, path, body, answer)
            answers.add(status)
            if status == 201 and path.endswith("subscriptions"):
                buyer.subscription = answer["id"]
            assert operator.get(f"instances/{buyer.instance}")[0] == 200
            assert buyer.details["status"]
    assert {200, 201, 409, 422} <= answers
    assert operator.get(f"instances/{buyer.instance}/usage?period=2026-04")[0] == 200
    assert_books_are_right()


def test_an_instance_without_any_subscription_can_be_asked(operator: Api) -> None:
    buyer = create_buyer(operator, "evotor-free")
    new = {"customer_id": buyer.customer, "product": "evotor-app", "domain": "b.example.ru"}
    instance = operator.create("instances", {**new, "representative": {**ANNA, "external_id": "vera"}})["id"]
    answer = operator.get(f"instances/{instance}")[1]
    assert (answer["access"], answer["subscription"]) == ("read_only", None)
    used = operator.get(f"instances/{instance}/usage?period=2026-04")[1]
    assert (used["metric"], used["peak"], used["charged"]) == ("none", 1, money("0.00"))
