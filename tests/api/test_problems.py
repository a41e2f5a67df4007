"""Whatever is sent, the answer is a problem that says what to do: application/problem+json, and never a 500."""

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, OperationalError

from accounts.models import Customer, Instance, Member
from billing.models import BillingAccount
from tests.support.callers import ANNA, ROMASHKA, Api, Tenant

MEMBERS = {"type", "title", "status", "detail", "code", "errors"}
LONG = "x" * 100_000


def expect(api: Api, answer: tuple[int, Any], status: int, code: str) -> Any:
    assert (answer[0], answer[1]["code"]) == (status, code)
    assert api.last["Content-Type"] == "application/problem+json"
    assert set(answer[1]) >= MEMBERS
    assert answer[1]["status"] == status
    assert answer[1]["detail"]
    return answer[1]


@pytest.mark.parametrize(
    "path", ["", "nothing", "customers/", "instances/x/y/z", "docs/", "инстанс", "a%00b", "../admin"]
)
def test_unknown_address_is_a_problem(operator: Api, path: str) -> None:
    expect(operator, operator.get(path), 404, "not_found")
    assert Api("").get(path)[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("PATCH", "customers", "POST"), ("POST", "invoices", "GET"), ("DELETE", "events", "GET")],
)
def test_wrong_method_names_the_right_ones(operator: Api, method: str, path: str, allow: str) -> None:
    expect(operator, operator.call(method, path, {}), 405, "method_not_allowed")
    assert operator.last["Allow"] == allow


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"nonsense",
        b"\xff\xfe",
        b'{"name": "\xff"}',
        b"[" * 50_000,
        b'{"name": ' + b"9" * 5000 + b"}",
        b"NaN",
        b"null",
        b'"x"',
        b"[]",
        b"1",
    ],
)
def test_body_that_is_no_object_is_422(operator: Api, body: bytes) -> None:
    status, problem = operator.call("POST", "customers", body)
    assert (status, operator.last["Content-Type"]) == (422, "application/problem+json")
    assert problem["code"] in ("invalid", "invalid_json")
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"]
)
def test_body_of_another_kind_is_415(operator: Api, kind: str) -> None:
    answer = operator.call("POST", "customers", json.dumps(ROMASHKA).encode(), Content_Type=kind)
    expect(operator, answer, 415, "unsupported_media_type")


def test_body_beyond_a_mebibyte_is_413(operator: Api) -> None:
    expect(operator, operator.post("customers", {**ROMASHKA, "name": "x" * (1024 * 1024)}), 413, "too_large")
    answer = operator.post("customers", {**ROMASHKA, "name": "x" * (1024 * 1024)}, Idempotency_Key="large")
    expect(operator, answer, 413, "too_large")


BAD_TEXTS = ["a\x00b", "\ud800", "a\x07", LONG, "", "   ", 5, 1.5, True, None, [], {}, [None], {"a": 1}]


@pytest.mark.parametrize("value", BAD_TEXTS, ids=repr)
@pytest.mark.parametrize("field", ["name", "kind", "email", "locale", "currency"])
def test_customer_with_a_bad_field_is_refused_and_the_field_named(operator: Api, field: str, value: Any) -> None:
    status, problem = operator.post("customers", {**ROMASHKA, field: value})
    assert status == 422
    assert problem["errors"][0]["field"] == field
    assert len(operator.last.content) < 2000  # what was sent is not sent back
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "broken"}, "email"),
        ({"email": "a@" + "b" * 250 + ".example"}, "email"),
        ({"currency": "XXX"}, "currency"),
        ({"kind": "club"}, "kind"),
        ({"locale": "de"}, "locale"),
        ({"requisites": {"inn": "7707083894"}}, "requisites.inn"),
        ({"requisites": {"inn": "7" * 13}}, "requisites.inn"),
        ({"requisites": {"bank": "x"}}, "requisites.bank"),
        ({"requisites": {"country": "RUS"}}, "requisites.country"),
        ({"requisites": {"address": 7}}, "requisites.address"),
        ({"requisites": []}, "requisites"),
        ({"id": "cus_1"}, "id"),
        ({"\ud800": 1}, ""),
    ],
)
def test_customer_with_a_wrong_detail_is_refused(operator: Api, change: dict[str, Any], field: str) -> None:
    status, problem = operator.post("customers", {**ROMASHKA, **change})
    assert status == 422
    assert problem["errors"][0]["field"] == field
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"customer_id": "cus_000000000000000000"}, "customer_id"),
        ({"product": "nothing"}, "product"),
        ({"domain": "no dots"}, "domain"),
        ({"domain": "x" * 254 + ".ru"}, "domain"),
        ({"registered_at": "2026-04-01"}, "registered_at"),
        ({"registered_at": "2026-04-01T00:00:00"}, "registered_at"),
        ({"registered_at": "2027-04-01T00:00:00Z"}, "registered_at"),
        ({"registered_at": "0001-01-01T00:00:00+14:00"}, "registered_at"),
        ({"registered_at": "9999-12-31T23:59:59-14:00"}, "registered_at"),
        ({"registered_at": 1_775_000_000}, "registered_at"),
        ({"representative": {}}, "representative.external_id"),
        ({"representative": {**ANNA, "email": "broken"}}, "email"),
        ({"representative": {**ANNA, "external_id": ""}}, "representative.external_id"),
        ({"representative": {**ANNA, "external_id": "x" * 129}}, "representative.external_id"),
        ({"representative": {**ANNA, "role": "member"}}, "representative.role"),
        ({"representative": None}, "representative"),
    ],
)
def test_instance_with_a_wrong_detail_is_refused(operator: Api, change: dict[str, Any], field: str) -> None:
    customer = operator.create("customers", ROMASHKA)
    new = {
        "customer_id": customer["id"],
        "product": "meteor",
        "domain": "a.example.ru",
        "representative": ANNA,
        **change,
    }
    status, problem = operator.post("instances", new)
    assert status == 422
    assert problem["errors"][0]["field"] == field
    assert not Instance.objects.exists()
    assert not Member.objects.exists()


PERSON = {"email": "boris@romashka.example", "role": "member", "status": "active"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"email": "broken"}, "invalid"),
        ({"role": "captain"}, "unknown_role"),
        ({"status": "removed"}, "invalid"),
        ({"occurred_at": "2199-01-01T00:00:00Z"}, "in_the_future"),
        ({"occurred_at": "3000-01-01T00:00:00Z"}, "invalid"),
        ({"occurred_at": "yesterday"}, "invalid"),
        ({"occurred_at": "2026-03-31T12:00:00"}, "invalid"),
        ({"name": "x" * 201}, "invalid"),
        ({"name": "a\x00"}, "invalid"),
    ],
)
def test_member_with_a_wrong_detail_is_refused(tenant: Tenant, change: dict[str, Any], code: str) -> None:
    expect(tenant.api, tenant.api.put(f"{tenant.people}/boris", {**PERSON, **change}), 422, code)
    assert Member.objects.count() == 1


@pytest.mark.parametrize("name", ["x" * 129, "a%00b", "%01"])
def test_member_with_a_bad_id_is_refused(tenant: Tenant, name: str) -> None:
    expect(tenant.api, tenant.api.put(f"{tenant.people}/{name}", PERSON), 422, "invalid")
    expect(tenant.api, tenant.api.delete(f"{tenant.people}/{name}"), 422, "invalid")


@pytest.mark.parametrize("body", [{}, {"external_id": "a"}, "x", None, 5])
def test_bulk_wants_a_list(tenant: Tenant, body: Any) -> None:
    expect(tenant.api, tenant.api.call("PUT", tenant.people, json.dumps(body).encode()), 422, "invalid")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tariff_id": "nothing"}, "tariff_id"),
        ({}, "tariff_id"),
        ({"tariff_id": "meteor-cloud", "quantity": 3}, "quantity"),
        ({"tariff_id": "meteor-cloud", "quantity": 0}, "quantity"),
        ({"tariff_id": "meteor-cloud", "quantity": 10**30}, "quantity"),
        ({"tariff_id": "meteor-cloud", "quantity": "3"}, "quantity"),
        ({"tariff_id": "meteor-cloud", "trial": True}, "trial"),
        ({"tariff_id": "meteor-cloud", "trial": "yes"}, "trial"),
        ({"tariff_id": "x" * 61}, "tariff_id"),
    ],
)
def test_subscription_with_a_wrong_detail_is_refused(tenant: Tenant, body: dict[str, Any], field: str) -> None:
    new = {"customer_id": tenant.customer, "product": "meteor", "domain": "b.example.ru", "representative": ANNA}
    instance = tenant.api.create("instances", new)
    status, problem = tenant.api.post(f"instances/{instance['id']}/subscriptions", body)
    assert (status, problem["errors"][0]["field"]) == (422, field)


def test_termination_without_a_reason_is_refused(tenant: Tenant) -> None:
    for body in ({}, {"reason": " "}, {"reason": "x" * 501}, {"reason": 1}):
        assert tenant.api.post(f"subscriptions/{tenant.subscription}/terminate", body)[0] == 422
    assert tenant.api.get(f"subscriptions/{tenant.subscription}")[1]["status"] == "active"


@pytest.mark.parametrize(
    "query",
    [
        "invoices?limit=0",
        "invoices?limit=201",
        "invoices?limit=abc",
        "invoices?limit=-1",
        "invoices?limit=1e400",
        "invoices?limit=99999999999999999999",
        "invoices?limit=",
        "invoices?cursor=%00",
        "invoices?cursor=abc",
        "invoices?cursor=ключ",
        "invoices?cursor=" + "A" * 5000,
        "invoices?status=late",
        "invoices?account=%00",
        "invoices?account=",
        "events?after=evt_",
        "events?after=%00",
        "events?after=%ED%A0%80",
        "events?limit=0",
        "tariffs?cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
        "tariffs?product=%00",
        "tariffs?product=nothing",
        "{people}?limit=0",
        "{people}?cursor=4pyT",
        "{people}?cursor=LTE",
        "{instance}/usage",
        "{instance}/usage?period=",
        "{instance}/usage?period=2026-13",
        "{instance}/usage?period=2026-4",
        "{instance}/usage?period=0000-01",
        "{instance}/usage?period=9999-12",
        "{instance}/usage?period=٢٠٢٦-٠٤",
        "{account}/statement?from=2026-02-30",
        "{account}/statement?to=20260401",
        "{account}/statement?from=2026-04-02&to=2026-04-01",
        "{account}/statement?from=0001-01-01",
        "{account}/statement?to=9999-12-31",
        "{account}/statement?from=%00",
    ],
)
def test_bad_query_is_422(tenant: Tenant, query: str) -> None:
    named = {
        "people": tenant.people,
        "instance": f"instances/{tenant.instance}",
        "account": f"accounts/{tenant.account}",
    }
    status, problem = tenant.api.get(query.format(**named))
    assert (status, problem["title"]) == (422, "Unprocessable Content"), problem
    assert problem["errors"][0]["field"]


@pytest.mark.parametrize(
    "bad", ["x", "%00", "a%00b", "%ED%A0%80", "9" * 400, "тест", "-1", "1e9", "' OR 1=1 --", "%2e%2e"]
)
def test_bad_id_is_404_everywhere(operator: Api, bad: str) -> None:
    for path in (
        "customers/{}",
        "instances/{}",
        "instances/{}/members",
        "subscriptions/{}",
        "accounts/{}",
        "accounts/{}/statement",
        "invoices/{}",
        "invoices/{}/pdf",
    ):
        expect(operator, operator.get(path.format(bad)), 404, "not_found")


@pytest.mark.parametrize(
    "now", ["2026-05-01", "2026-05-01T00:00:00", "x", 5, None, "0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59Z"]
)
def test_clock_wants_an_instant_with_its_offset(operator: Api, now: Any) -> None:
    expect(operator, operator.post("sandbox/clock", {"now": now}), 422, "invalid")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RuntimeError("secret"), 500, "internal_error"),
        (OperationalError("locked"), 503, "busy"),
        (IntegrityError("twice"), 409, "conflict"),
    ],
)
def test_what_breaks_inside_is_a_problem_without_details(
    operator: Api, error: Exception, status: int, code: str
) -> None:
    with patch("billing.operations.customers.customers.create_customer", side_effect=error):
        problem = expect(operator, operator.post("customers", ROMASHKA), status, code)
        expect(operator, operator.post("customers", ROMASHKA, Idempotency_Key="a"), status, code)
    assert str(error) not in json.dumps(problem)
    assert operator.create("customers", ROMASHKA)["id"]
    assert operator.post("customers", ROMASHKA, Idempotency_Key="a")[0] == 201  # the failure was not remembered


def test_sentence_is_in_the_language_asked_for(operator: Api) -> None:
    russian = operator.call("GET", "customers/x", None, Accept_Language="ru")[1]["detail"]
    english = operator.call("GET", "customers/x", None, Accept_Language="en")[1]["detail"]
    assert english == "There is nothing here: check the address and the id in it."
    assert russian
    assert BillingAccount.objects.count() == 0
