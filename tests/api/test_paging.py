"""Pages stay right while rows are added: what is inserted between two of them is neither repeated nor lost."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Member
from tests.support import people
from tests.support.callers import Api, Tenant, create_buyer, member_row


def walk(api: Api, path: str, key: str, between: Callable[[int], None]) -> list[str]:
    """Every row of a list, two at a time; ``between`` is called with the number of each page that has been read."""
    values, cursor, page = [], "", 0
    while True:
        status, answer = api.get(f"{path}{'&' if '?' in path else '?'}limit=2&cursor={cursor}")
        assert status == 200, answer
        assert len(answer["items"]) <= 2
        values += [row[key] for row in answer["items"]]
        page += 1
        between(page)
        if answer["next"] is None:
            return values
        cursor = answer["next"]


def test_members_who_join_meanwhile_stand_at_the_end(tenant: Tenant) -> None:
    tenant.joins(2, 3, 4, 5)

    def join(page: int) -> None:
        if page <= 2:
            tenant.joins(10 + page)

    assert walk(tenant.api, tenant.people, "external_id", join) == ["anna", "p2", "p3", "p4", "p5", "p11", "p12"]


def test_a_member_who_leaves_takes_nobody_along(tenant: Tenant) -> None:
    tenant.joins(2, 3, 4, 5)

    def leave(page: int) -> None:
        if page == 1:
            assert (
                tenant.api.delete(f"{tenant.people}/p2")[0] == 204
            )  # the last of the page that was read: the cursor names it

    assert walk(tenant.api, tenant.people, "external_id", leave) == ["anna", "p2", "p3", "p4", "p5"]


def test_tariffs_that_are_published_meanwhile_stand_at_the_end(tenant: Tenant) -> None:
    before = walk(tenant.api, "tariffs?product=cyberos", "tariff_id", lambda page: None)

    def publish(page: int) -> None:
        if page == 1:
            people.publish_tariff(product="cyberos", tariff_id="late", unit_price="1.00")

    assert len(before) == len(set(before)) == 5
    assert sorted(walk(tenant.api, "tariffs?product=cyberos", "tariff_id", publish)) == sorted([*before, "late"])


def test_a_draft_that_was_written_long_ago_stands_where_it_was_published(tenant: Tenant) -> None:
    """Its row is older than those of the page that was read: by its row it would be lost."""
    from billing.models import Tariff

    tariff_ids = walk(tenant.api, "tariffs?product=cyberos", "tariff_id", lambda page: None)
    published = list(Tariff.objects.published().filter(product__code="cyberos").order_by("published_at", "pk"))
    assert tariff_ids == [tariff.tariff_id for tariff in published]


def test_invoices_issued_meanwhile_are_neither_repeated_nor_in_the_way(operator: Api) -> None:
    for number in range(5):
        create_buyer(operator, "evotor-app", "light", domain=f"a{number}.romashka.example")
    before = walk(operator, "invoices", "number", lambda page: None)

    def issue(page: int) -> None:
        if page <= 2:
            create_buyer(operator, "evotor-app", "light", domain=f"b{page}.romashka.example")

    assert walk(operator, "invoices", "number", issue) == before
    assert before == [f"R-2026-00000{number}" for number in (5, 4, 3, 2, 1)]


def test_a_cursor_of_another_instance_is_none(operator: Api, tenant: Tenant) -> None:
    other = create_buyer(operator, "blue", "blue-monthly", domain="blue.romashka.example")
    other.reports("boris", "team_member")
    cursor = operator.get(f"instances/{other.instance}/members?limit=1")[1]["next"]
    assert operator.get(f"{tenant.people}?cursor={cursor}")[0] == 404
    assert operator.get("tariffs?cursor=OTk5OTk5")[1]["code"] == "invalid_cursor"


# --- A thousand people at once ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [500])
def test_a_thousand_rows_in_one_call_with_a_bad_one_in_the_middle(tenant: Tenant, bad: int) -> None:
    rows = [member_row(number, **({"role": "captain"} if number == bad else {})) for number in range(1000)]
    with CaptureQueriesContext(connection) as captured:
        status, answer = tenant.api.put(tenant.people, rows)
    assert status == 200
    refused = [item for item in answer["items"] if item["status"] != 200]
    assert [(item["external_id"], item["error"]["code"]) for item in refused] == [("p500", "unknown_role")]
    assert len(answer["items"]) == 1000
    assert Member.objects.active().count() == 1000  # Anna, and all but one
    assert tenant.api.get(f"accounts/{tenant.account}")[1]["owed"]["amount"] == "599000.00"
    assert len(captured) <= 1000 * 12 + 100, len(captured)


def test_one_row_too_many_is_refused_whole(tenant: Tenant) -> None:
    status, problem = tenant.api.put(tenant.people, [member_row(number) for number in range(1001)])
    assert (status, problem["code"]) == (422, "too_many_rows")
    assert Member.objects.count() == 1
