"""What is somebody else's does not exist: for every call of the document the answer is the missing one's, to the byte.

The table is made from the document itself: a call that nobody has thought of here fails.
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from django.test import Client

from accounts.models import Instance, Member
from billing import clock
from billing.models import ApiToken, Entry, IdempotencyRecord
from billing.operations import api_tokens
from tests.support.callers import REAL, Api, Tenant, body_of, create_tenant

MISSING = {
    "customer_id": "cus_000000000000000000",
    "instance_id": "ins_000000000000000000",
    "subscription_id": "sub_000000000000000000",
    "account": "999999",
    "invoice": "R-2026-999999",
    "external_id": "anna",
}
# The calls that an instance's token may make, each about one instance but the last.
MARKED = {"get_instance", "get_usage", "put_member", "put_members", "remove_member", "list_members"}
STREAM = "list_events"
# Lists and creations of the operator: there is no id in their address that could be somebody's.
WITHOUT_ID = {
    "create_customer",
    "register_instance",
    "list_tariffs",
    "list_invoices",
    "get_clock",
    "move_clock",
    STREAM,
}


@cache
def operations() -> dict[str, tuple[str, str]]:
    """Every call of the document: (method, path)."""
    paths = json.loads(Client().get("/api/v1/openapi.json").content)["paths"]
    return {
        operation["operationId"]: (method.upper(), path.removeprefix("/api/v1/"))
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def fill_path(path: str, ids: dict[str, str]) -> str:
    """The address with ``ids`` in it; usage asks for a month besides."""
    number = ids["invoice" if path.startswith("invoices/") else "account"]
    address = path.format(number=number, **{name: value for name, value in ids.items() if name.endswith("_id")})
    return f"{address}?period=2026-04" if path.endswith("/usage") else address


def send(api: Api, name: str, ids: dict[str, str], **headers: str) -> tuple[int, bytes]:
    method, path = operations()[name]
    api.call(method, fill_path(path, ids), body_of(name), **headers)
    return api.last.status_code, api.last.content


def ids_of(tenant: Tenant) -> dict[str, str]:
    number = tenant.api.get(f"invoices?account={tenant.account}")[1]["items"][0]["number"]
    return {
        "customer_id": tenant.customer,
        "instance_id": tenant.instance,
        "subscription_id": tenant.subscription,
        "account": tenant.account,
        "invoice": number,
        "external_id": "anna",
    }


@pytest.fixture
def two(operator: Api) -> tuple[Tenant, Tenant]:
    """Two tenants with eleven people each, each with an invoice of April: the clock stands at 2 May."""
    own_tenant, theirs = create_tenant(operator), create_tenant(operator, "lavanda.example.ru")
    for tenant in (own_tenant, theirs):
        tenant.joins(*range(2, 12))
    assert operator.post("sandbox/clock", {"now": "2026-05-02T00:00:00+03:00"})[0] == 200
    return own_tenant, theirs


def count_rows() -> tuple[int, int, int]:
    return Entry.objects.count(), Member.objects.count(), IdempotencyRecord.objects.count()


def test_table_knows_every_call() -> None:
    """A new call has to be put among those of an instance, those without an id, or it is tried as the operator's own."""
    calls = operations()
    assert calls.keys() >= MARKED | WITHOUT_ID
    for name, (_method, path) in calls.items():
        assert ("{" in path) == (name not in WITHOUT_ID), f"{name} is new: say whose it is"
        assert ("{instance_id}" in path) or name not in MARKED


def test_instance_token_sees_nothing_of_another_tenant(
    two: tuple[Tenant, Tenant], token_of: Callable[[str], Api]
) -> None:
    own_tenant, theirs = two
    own, before = token_of(own_tenant.instance), count_rows()
    for name in operations():
        if name == STREAM:
            continue
        missing = send(own, name, MISSING)
        assert missing[0] == 404, name
        assert send(own, name, ids_of(theirs)) == missing, name
        if name not in MARKED:
            assert send(own, name, ids_of(own_tenant)) == missing, (
                f"{name}: the operator's, also where it is about oneself"
            )
    assert count_rows() == before


def test_operator_gets_one_answer_for_whatever_does_not_exist(two: tuple[Tenant, Tenant]) -> None:
    api, before, answers = two[0].api, count_rows(), set()
    for name, (_method, path) in operations().items():
        if "{" in path:
            answers.add(send(api, name, MISSING))
            odd = dict.fromkeys(MISSING, "x" * 64)
            answers.add(send(api, name, odd))
    assert {status for status, _body in answers} == {404}
    assert len(answers) == 1
    assert count_rows() == before


def test_revoked_and_unknown_tokens_get_one_answer_everywhere(
    two: tuple[Tenant, Tenant], token_of: Callable[[str], Api]
) -> None:
    own_tenant, theirs = two
    gone = token_of(own_tenant.instance)
    api_tokens.revoke_token(token=ApiToken.objects.order_by("-pk")[0], at=REAL, actor="support")
    answers = set()
    for name in operations():
        for api in (gone, Api("bp_nobody_" + "x" * 43), Api("")):
            for ids in (MISSING, ids_of(theirs), ids_of(own_tenant)):
                answers.add(send(api, name, ids))
    assert {status for status, _body in answers} == {401}
    assert len(answers) == 1


def test_another_tenants_cursors_are_missing_ones(two: tuple[Tenant, Tenant], token_of: Callable[[str], Api]) -> None:
    own_tenant, theirs = two
    own, other = token_of(own_tenant.instance), token_of(theirs.instance)
    cursors = {
        f"instances/{own_tenant.instance}/members": other.get(f"{theirs.people}?limit=1")[1]["next"],
        "events": other.get("events?limit=1")[1]["items"][0]["id"],
    }
    nobody = {f"instances/{own_tenant.instance}/members": "OTk5OTk5OTk5", "events": "evt_000000000000000000"}
    for path, cursor in cursors.items():
        own.get(f"{path}?cursor={nobody[path]}")
        missing = (own.last.status_code, own.last.content)
        assert missing[0] == 404, path
        own.get(f"{path}?cursor={cursor}")
        assert (own.last.status_code, own.last.content) == missing, path
        assert other.get(f"{path.replace(own_tenant.instance, theirs.instance)}?cursor={cursor}")[0] == 200, path


def test_another_tokens_idempotency_key_is_an_unused_one(
    two: tuple[Tenant, Tenant], token_of: Callable[[str], Api]
) -> None:
    """No answer of another token is ever played again, not even to a second token of the same instance."""
    own_tenant, theirs = two
    own, second, other = token_of(own_tenant.instance), token_of(own_tenant.instance), token_of(theirs.instance)
    assert send(own, "put_member", ids_of(own_tenant), Idempotency_Key="k")[0] == 200
    missing = send(other, "put_member", MISSING, Idempotency_Key="k")
    assert send(other, "put_member", ids_of(own_tenant), Idempotency_Key="k") == missing
    assert missing[0] == 404
    for api, ids in ((other, ids_of(theirs)), (second, ids_of(own_tenant))):
        assert send(api, "put_member", ids, Idempotency_Key="k")[0] == 200
        assert "Idempotent-Replayed" not in api.last
    assert send(own, "put_member", ids_of(own_tenant), Idempotency_Key="k")[0] == 200
    assert own.last["Idempotent-Replayed"] == "true"


def test_stream_of_an_instance_holds_its_own_alone(two: tuple[Tenant, Tenant], token_of: Callable[[str], Api]) -> None:
    own_tenant, theirs = two
    events = token_of(own_tenant.instance).get("events?limit=200")[1]["items"]
    assert {event["instance_id"] for event in events} == {own_tenant.instance}
    assert theirs.instance not in json.dumps(events)
    assert theirs.subscription not in json.dumps(events)


def test_a_limit_that_is_used_up_tells_nothing_either(
    two: tuple[Tenant, Tenant], token_of: Callable[[str], Api], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_tenant, theirs = two
    own, ids = token_of(own_tenant.instance), (ids_of(own_tenant), ids_of(theirs), MISSING)
    settings.API_RATE_LIMIT_INSTANCE = 1
    now = clock.real_now()
    monkeypatch.setattr(clock, "real_now", lambda: now)  # calls are counted by the minute, which may end in between
    own.get(f"instances/{own_tenant.instance}")
    answers = {send(own, name, id_) for name in operations() for id_ in ids}
    assert {status for status, _body in answers} == {429}
    assert len(answers) == 1
    assert Instance.objects.count() == 2
