"""A retry never does a thing twice: by its header, and without one by what the thing itself is (I-4).

The table knows every write of the document; a new one fails until somebody says what its repetition means.
"""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import Customer, Instance, Member, MemberChange
from billing.models import Charge, CreditNote, Entry, Event, Invoice, Notice, Payment, Subscription, SubscriptionChange
from tests.support.callers import ANNA, ROMASHKA, Api, Buyer, Tenant, create_buyer, create_tenant, set_clock

FACTS = [
    Customer,
    Instance,
    Member,
    MemberChange,
    Charge,
    CreditNote,
    Entry,
    Event,
    Invoice,
    Notice,
    Payment,
    Subscription,
    SubscriptionChange,
]
BORIS = {"email": "boris@romashka.example", "role": "member", "status": "active"}
NEW = {"product": "meteor", "domain": "new.romashka.example", "representative": ANNA}

# What is asked, and what the same request without a key is told the second time: the same answer again (`same`), or a refusal
# that says so. {…} are ids of the people below.
WRITES: dict[str, tuple[str, str, Any, Any]] = {
    "create_customer": ("POST", "customers", {**ROMASHKA, "external_id": "crm-1"}, "same"),
    "register_instance": ("POST", "instances", {**NEW, "customer_id": "{customer}"}, "domain_taken"),
    "delete_instance": ("DELETE", "instances/{bare}", None, "same"),
    "put_member": ("PUT", "instances/{instance}/members/boris", BORIS, "same"),
    "put_members": ("PUT", "instances/{instance}/members", [{**BORIS, "external_id": "boris"}], "same"),
    "remove_member": ("DELETE", "instances/{instance}/members/anna", None, "same"),
    "create_subscription": (
        "POST",
        "instances/{bare}/subscriptions",
        {"tariff_id": "meteor-cloud"},
        "subscription_exists",
    ),
    "choose_tariff": ("POST", "subscriptions/{trial}/choose", {"tariff_id": "blue-annual"}, "same"),
    "preview_change": ("POST", "subscriptions/{paid}/preview", {"tariff_id": "blue-annual"}, "same"),
    "change_terms": ("POST", "subscriptions/{paid}/change", {"tariff_id": "blue-annual"}, "same"),
    "undo_change": ("POST", "subscriptions/{changed}/undo-change", {"tariff_id": "plus"}, "nothing_to_undo"),
    "extend_trial": (
        "POST",
        "subscriptions/{trial}/extend-trial",
        {"days": 5, "reason": "Moving", "trial_ends_on": "2026-04-08"},
        "trial_moved",
    ),
    "cancel_subscription": ("POST", "subscriptions/{paid}/cancel", {}, "same"),
    "undo_cancel": ("POST", "subscriptions/{cancelled}/undo-cancel", {}, "not_cancelled"),
    "terminate_subscription": (
        "POST",
        "subscriptions/{subscription}/terminate",
        {"reason": "Asked"},
        "already_terminated",
    ),
    "resume_subscription": ("POST", "subscriptions/{ended}/resume", {}, "not_terminated"),
    "record_payment": (
        "POST",
        "accounts/{account}/payments",
        {"amount": "100.00", "method": "bank", "external_id": "417"},
        "same",
    ),
    "adjust": (
        "POST",
        "accounts/{account}/adjustments",
        {"amount": "-5.00", "reason_code": "tax", "comment": "A rounding", "external_id": "418"},
        "same",
    ),
    "issue_credit_note": (
        "POST",
        "invoices/{invoice}/credit-notes",
        {"amount": "10.00", "reason": "A mistake", "external_id": "419"},
        "same",
    ),
    "move_clock": ("POST", "sandbox/clock", {"now": "2026-04-01T12:00:05+03:00"}, "same"),
}
# A run of many acts and a question: there is no answer to be kept.
WITHOUT_KEY = {"move_clock", "preview_change"}


def town(operator: Api, name: str) -> dict[str, str]:
    """Whom the write ``name`` is about."""
    tenant = create_tenant(operator)
    bare = {**NEW, "customer_id": tenant.customer, "domain": "bare.romashka.example"}
    ids = {
        "customer": tenant.customer,
        "instance": tenant.instance,
        "subscription": tenant.subscription,
        "account": tenant.account,
        "bare": operator.create("instances", bare)["id"],
    }
    builders = {
        "trial": lambda: blue(operator),
        "paid": lambda: blue(operator, trial=False),
        "changed": lambda: change_the_tariff(operator),
        "cancelled": lambda: cancel_the_subscription(operator),
        "ended": lambda: end_the_subscription(operator),
        "invoice": lambda: invoice(operator),
    }
    _method, path, _body, _again = WRITES[name]
    return {**ids, **{key: build() for key, build in builders.items() if "{" + key + "}" in path}}


def blue(operator: Api, **more: Any) -> str:
    return create_buyer(operator, "blue", "blue-monthly", domain="blue.romashka.example", **more).subscription


def app(operator: Api) -> Buyer:
    return create_buyer(operator, "evotor-app", "light", domain="app.romashka.example")


def change_the_tariff(operator: Api) -> str:
    """Changed twice on this day, so that there is more than one change to take back."""
    buyer = app(operator)
    buyer.pays("1000.00")
    buyer.does("change", {"tariff_id": "max", "when": "now"})
    buyer.does("change", {"tariff_id": "plus", "when": "now"})
    return buyer.subscription


def cancel_the_subscription(operator: Api) -> str:
    buyer = app(operator)
    buyer.does("cancel")
    return buyer.subscription


def end_the_subscription(operator: Api) -> str:
    other = create_tenant(operator, "ended.romashka.example")
    assert operator.post(f"subscriptions/{other.subscription}/terminate", {"reason": "Asked"})[0] == 200
    return other.subscription


def invoice(operator: Api) -> str:
    return str(app(operator).invoices[0]["number"])


def ask(operator: Api, name: str, ids: dict[str, str], **headers: str) -> tuple[int, Any]:
    method, path, body, _again = WRITES[name]
    for key, value in ids.items():
        path = path.replace("{" + key + "}", value)
        body = json.loads(json.dumps(body).replace("{" + key + "}", value))
    return operator.call(method, path, body, **headers)


def facts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in FACTS}


def test_table_knows_every_write() -> None:
    paths = json.loads(Client().get("/api/v1/openapi.json").content)["paths"]
    writes = {
        operation["operationId"]
        for methods in paths.values()
        for method, operation in methods.items()
        if method != "get"
    }
    assert writes == set(WRITES)


@pytest.mark.parametrize("name", sorted(set(WRITES) - WITHOUT_KEY))
def test_same_key_gets_the_same_answer_and_one_effect(operator: Api, name: str) -> None:
    ids = town(operator, name)
    first = ask(operator, name, ids, Idempotency_Key="k")
    after = facts()
    assert first[0] < 300, first
    assert ask(operator, name, ids, Idempotency_Key="k") == first
    assert operator.last["Idempotent-Replayed"] == "true"
    assert facts() == after


@pytest.mark.parametrize("name", sorted(WRITES))
def test_without_a_key_a_repetition_has_no_second_effect(operator: Api, name: str) -> None:
    ids, expected = town(operator, name), WRITES[name][3]
    first = ask(operator, name, ids)
    after = facts()
    assert first[0] < 300, first
    status, again = ask(operator, name, ids)
    if expected == "same":
        assert status == first[0], again
        assert identity(again) == identity(first[1])
    else:
        assert (status, again["code"]) == (409, expected)
    assert facts() == after


def identity(answer: Any) -> Any:
    """What must be the same in both answers: all of it but where the clock's run says what it did."""
    return answer.get("id", answer) if isinstance(answer, dict) and "done" not in answer else None


# --- What exists is told ---------------------------------------------------------------------------------------------


def test_customer_of_the_same_id_is_answered_as_it_is(operator: Api) -> None:
    new = {**ROMASHKA, "requisites": {"inn": "7707083893"}, "external_id": "crm-1"}
    first = operator.create("customers", new)
    assert "Idempotent-Replayed" not in operator.last
    assert (first["external_id"], operator.create("customers", new)) == ("crm-1", first)
    assert operator.last["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Лаванда"},
        {"kind": "person"},
        {"email": "x@y.example"},
        {"locale": "en"},
        {"currency": "USD"},
        {"requisites": {"inn": "7707083893"}},
    ],
)
def test_customer_of_the_same_id_with_other_content_is_refused(operator: Api, change: dict[str, Any]) -> None:
    first = operator.create("customers", {**ROMASHKA, "external_id": "crm-1"})
    status, problem = operator.post("customers", {**ROMASHKA, "external_id": "crm-1", **change})
    assert (status, problem["code"], problem["customer_id"]) == (409, "external_id_taken", first["id"])
    assert Customer.objects.count() == 1


def test_without_an_id_of_ones_own_two_are_two(tenant: Tenant) -> None:
    assert tenant.api.create("customers", ROMASHKA)["id"] != tenant.api.create("customers", ROMASHKA)["id"]
    pay = {"amount": "1.00", "method": "cash"}
    path = f"accounts/{tenant.account}/payments"
    assert tenant.api.create(path, pay)["id"] != tenant.api.create(path, pay)["id"]


PAY = {"amount": "100.00", "method": "bank", "reference": "417", "external_id": "b-1"}
ADJUST = {"amount": "50.00", "reason_code": "goodwill", "comment": "An outage", "external_id": "d-1"}


@pytest.mark.parametrize(
    ("what", "body", "change"),
    [
        ("payments", PAY, {"amount": "100.01"}),
        ("payments", PAY, {"method": "cash"}),
        ("payments", PAY, {"reference": "418"}),
        ("payments", PAY, {"received_at": "2026-03-31T12:00:00+03:00"}),
        ("adjustments", ADJUST, {"amount": "-50.00"}),
        ("adjustments", ADJUST, {"reason_code": "tax"}),
        ("adjustments", ADJUST, {"comment": "Another"}),
    ],
)
def test_money_under_a_taken_id_is_refused(
    tenant: Tenant, what: str, body: dict[str, Any], change: dict[str, Any]
) -> None:
    path = f"accounts/{tenant.account}/{what}"
    first, before = tenant.api.create(path, body), Entry.objects.count()
    status, problem = tenant.api.post(path, {**body, **change})
    named = problem.get("payment_id", problem.get("adjustment_id"))
    assert (status, problem["code"], named) == (409, "external_id_taken", first["id"])
    assert Entry.objects.count() == before


def test_an_id_is_the_accounts_own(operator: Api, tenant: Tenant) -> None:
    other = create_tenant(operator, "lavanda.example.ru")
    first = operator.create(f"accounts/{tenant.account}/payments", PAY)
    assert operator.create(f"accounts/{other.account}/payments", PAY)["id"] != first["id"]
    assert operator.create(f"accounts/{tenant.account}/adjustments", {**ADJUST, "external_id": "b-1"})["id"]


def test_a_payment_is_found_again_when_the_clock_has_moved(tenant: Tenant) -> None:
    path = f"accounts/{tenant.account}/payments"
    first = tenant.api.create(path, PAY)
    set_clock("2026-04-03T12:00:00+03:00")
    assert tenant.api.create(path, PAY) == first


def test_who_has_the_domain_and_which_subscription_there_is_are_told(tenant: Tenant) -> None:
    new = {**NEW, "customer_id": tenant.customer, "domain": "Romashka.EXAMPLE.ru."}
    status, problem = tenant.api.post("instances", new)
    assert (status, problem["code"], problem["instance_id"]) == (409, "domain_taken", tenant.instance)
    status, problem = tenant.api.post(f"instances/{tenant.instance}/subscriptions", {"tariff_id": "meteor-cloud"})
    assert (status, problem["code"], problem["subscription_id"]) == (409, "subscription_exists", tenant.subscription)


def test_only_the_change_that_was_named_is_taken_back(operator: Api) -> None:
    subscription = change_the_tariff(operator)
    undo = f"subscriptions/{subscription}/undo-change"
    assert operator.post(undo, {"tariff_id": "max"})[1]["code"] == "nothing_to_undo"
    assert operator.post(undo, {"tariff_id": "plus"})[1]["tariff_id"] == "max"
    assert operator.post(undo, {"tariff_id": "plus"})[1]["code"] == "nothing_to_undo"
    assert operator.post(undo, {"tariff_id": "max"})[1]["tariff_id"] == "light"
