"""`GET instances/{id}`, which a product asks before it lets anybody write: until when the answer holds, whether it has changed, and
how little it takes (D3, M8, G9). No job runs in any of these tests: the cluster might as well be dead."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Instance, MemberChange
from billing.operations.cycle import month_close
from billing.operations.settlement import reliefs
from tests.support import people
from tests.support.callers import Api, Tenant, create_buyer, set_clock


def ask(api: Api, tenant: Any, tag: str = "") -> tuple[int, Any, str]:
    """(status, answer, ETag)."""
    headers = {"If_None_Match": tag} if tag else {}
    status, answer = api.call("GET", f"instances/{tenant.instance}", **headers)
    return status, answer, api.last["ETag"]


def test_unchanged_is_told_without_a_body_and_a_change_in_full(tenant: Tenant, token_of: Callable[[str], Api]) -> None:
    product = token_of(tenant.instance)
    status, answer, tag = ask(product, tenant)
    assert (status, answer["access"], product.last["Cache-Control"]) == (200, "full", "private, no-cache")
    for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        assert ask(product, tenant, sent) == (304, None, tag)
    assert "Content-Type" not in product.last
    assert ask(product, tenant, '"other"')[0] == 200
    tenant.joins(2)
    status, answer, new_tag = ask(product, tenant, tag)
    assert (status, answer["seats"]["active"]) == (200, 2)
    assert new_tag != tag


def test_another_instances_tag_is_no_key(tenant: Tenant, operator: Api, token_of: Callable[[str], Api]) -> None:
    other = create_buyer(operator, "evotor-app", "light", domain="other.example.ru")
    status, problem = token_of(tenant.instance).call("GET", f"instances/{other.instance}", If_None_Match="*")
    assert (status, problem["code"]) == (404, "not_found")


def test_the_answer_holds_to_midnight_in_moscow_and_is_another_then(
    tenant: Tenant, token_of: Callable[[str], Api]
) -> None:
    product = token_of(tenant.instance)
    tenant.joins(*range(2, 12))
    month_close.close_due_months(account_id=_account(tenant), as_of=people.at("2026-05-01 00:00"))
    set_clock("2026-05-15T23:59:59+03:00")
    status, answer, tag = ask(product, tenant)
    assert (status, answer["access"], answer["valid_until"]) == (200, "full", "2026-05-15T21:00:00+00:00")
    set_clock("2026-05-16T00:00:00+03:00")
    status, answer, later = ask(product, tenant, tag)
    assert (status, answer["access"], answer["valid_until"]) == (200, "read_only", "2026-05-16T21:00:00+00:00")
    assert answer["access_reasons"][0]["since"] == "2026-05-15T21:00:00+00:00"
    set_clock("2026-05-16T18:00:00+03:00")
    assert ask(product, tenant, later)[0] == 304


def _account(tenant: Tenant) -> int:
    return Instance.objects.get(public_id=tenant.instance).subscriptions.get().account_id


def test_a_relief_ends_within_the_day(tenant: Tenant) -> None:
    tenant.joins(*range(2, 12))
    month_close.close_due_months(account_id=_account(tenant), as_of=people.at("2026-05-01 00:00"))
    now = people.at("2026-05-16 10:00")
    reliefs.grant_relief(
        instance=Instance.objects.get(public_id=tenant.instance),
        ends_at=now + timedelta(hours=3),
        reason="платят",
        as_of=now,
        actor="support",
    )
    set_clock("2026-05-16T10:00:00+03:00")
    answer = ask(tenant.api, tenant)[1]
    assert (answer["access"], answer["valid_until"]) == ("full", "2026-05-16T10:00:00+00:00")
    set_clock("2026-05-16T13:00:00+03:00")
    assert ask(tenant.api, tenant)[1]["access"] == "read_only"


def test_time_changes_nothing_where_there_is_no_subscription_or_no_instance(operator: Api) -> None:
    customer = operator.create(
        "customers", {"name": "A", "kind": "company", "email": "a@a.example", "locale": "ru", "currency": "RUB"}
    )
    person = {"external_id": "anna", "email": "anna@a.example"}
    new = {"customer_id": customer["id"], "product": "meteor", "domain": "a.example.ru", "representative": person}
    instance = operator.create("instances", new)
    assert (instance["access"], instance["valid_until"]) == ("read_only", None)
    assert operator.delete(f"instances/{instance['id']}")[0] == 204
    gone = operator.get(f"instances/{instance['id']}")[1]
    assert (gone["access"], gone["valid_until"]) == ("deleted", None)


def test_a_trial_is_over_at_the_instant_that_was_told(operator: Api) -> None:
    buyer = create_buyer(operator, "blue", "blue-monthly")
    set_clock("2026-04-08T12:00:00+03:00")
    answer = buyer.access
    assert (answer["access"], answer["subscription"]["status"]) == ("full", "trialing")
    set_clock("2026-04-09T00:00:00+03:00")
    assert answer["valid_until"] == "2026-04-08T21:00:00+00:00"
    assert (buyer.access["access"], buyer.access["access_reasons"][0]["code"]) == ("read_only", "trial_ended")


PLANS = (
    ("meteor", "meteor-cloud"),
    ("blue", "blue-monthly"),
    ("evotor-app", "light"),
    ("evotor-driver", "driver"),
    ("evotor-free", None),
    ("cyberos", "scale"),
)


@pytest.mark.parametrize(("product", "tariff"), PLANS)
def test_a_handful_of_reads_however_long_the_past(
    operator: Api, token_of: Callable[[str], Api], product: str, tariff: str | None
) -> None:
    more = {"trial": False} if tariff in ("blue-monthly", "scale") else {}
    buyer = create_buyer(operator, product, tariff, **more)
    caller = token_of(buyer.instance)
    instance = Instance.objects.get(public_id=buyer.instance)
    member = instance.members.get()
    past = people.at("2026-01-01 00:00")

    MemberChange.objects.bulk_create(
        MemberChange(
            instance=instance,
            member=member,
            status=("blocked", "active")[number % 2],
            role=member.role,
            occurred_at=past + timedelta(minutes=number),
            received_at=past,
            source="api",
        )
        for number in range(500)
    )
    caller.get(f"instances/{buyer.instance}")  # the token's use is noted once a minute, its window is opened
    with CaptureQueriesContext(connection) as spent:
        assert caller.get(f"instances/{buyer.instance}")[0] == 200
    # Where a sandbox's clock stands is asked in a sandbox alone.
    statements = [query["sql"] for query in spent.captured_queries if "billing_sandboxclock" not in query["sql"]]
    assert len(statements) <= 8, "\n".join(statements)


def test_payment_restores_in_the_same_moment(tenant: Tenant) -> None:
    tenant.joins(*range(2, 12))
    month_close.close_due_months(account_id=_account(tenant), as_of=people.at("2026-05-01 00:00"))
    set_clock("2026-05-20T12:00:00+03:00")
    _status, answer, tag = ask(tenant.api, tenant)
    assert (answer["access"], answer["access_reasons"][0]["invoices"]) == ("read_only", ["R-2026-000001"])
    tenant.api.create(f"accounts/{tenant.account}/payments", {"amount": "6589.00", "method": "bank"})
    status, answer, _tag = ask(tenant.api, tenant, tag)
    assert (status, answer["access"]) == (200, "full")
