from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import members
from accounts.errors import BadInput
from accounts.models import Member, MemberChange
from tests.support.callers import Tenant, member_row, set_clock

BORIS = {"email": "boris@romashka.example", "name": "Борис", "role": "member", "status": "active"}


def balance(tenant: Tenant) -> str:
    return str(tenant.api.get(f"accounts/{tenant.account}")[1]["balance"]["amount"])


def test_report_answers_the_member_and_a_repeat_changes_nothing(tenant: Tenant) -> None:
    expected = {"external_id": "boris", **BORIS, "paid": True}
    assert tenant.api.put(f"{tenant.people}/boris", BORIS) == (200, expected)
    assert tenant.api.put(f"{tenant.people}/boris", BORIS) == (200, expected)
    assert MemberChange.objects.filter(member__external_id="boris").count() == 1


def test_external_id_may_hold_a_slash_and_russian_letters(tenant: Tenant) -> None:
    assert tenant.api.put(f"{tenant.people}/отдел/борис", BORIS)[1]["external_id"] == "отдел/борис"
    assert tenant.api.delete(f"{tenant.people}/отдел/борис") == (204, None)


def test_removal_answers_204_also_when_already_gone(tenant: Tenant) -> None:
    tenant.joins(2)
    assert tenant.api.delete(f"{tenant.people}/p2") == (204, None)
    assert tenant.api.delete(f"{tenant.people}/p2") == (204, None)
    assert tenant.api.delete(f"{tenant.people}/nobody") == (204, None)
    assert [row["external_id"] for row in tenant.api.get(tenant.people)[1]["items"]] == ["anna"]
    assert tenant.api.delete("instances/ins_000000000000000000/members/p2")[0] == 404


def test_usage_tells_the_peak_what_it_cost_and_every_change(tenant: Tenant) -> None:
    tenant.joins(*range(2, 10))
    set_clock("2026-04-10T09:41:00+03:00")
    tenant.joins(10)
    set_clock("2026-04-10T14:03:00+03:00")
    tenant.joins(11)
    set_clock("2026-04-14T10:05:00+03:00")
    tenant.joins(11, status="blocked")
    status, usage = tenant.api.get(f"instances/{tenant.instance}/usage?period=2026-04")
    assert status == 200
    assert (usage["metric"], usage["peak"], usage["peak_at"]) == ("peak_active", 11, "2026-04-10T11:03:00+00:00")
    assert usage["charged"] == {"amount": "6589.00", "currency": "RUB"}
    assert usage["changes"][0]["external_id"] == "anna"
    assert usage["changes"][-1] == {
        "external_id": "p11",
        "status": "blocked",
        "role": "member",
        "occurred_at": "2026-04-14T07:05:00+00:00",
        "active_after": 10,
        "billable_after": 10,
    }
    assert [change["active_after"] for change in usage["changes"]] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 10]


def test_usage_of_other_months(tenant: Tenant) -> None:
    usage = f"instances/{tenant.instance}/usage?period="
    march = tenant.api.get(f"{usage}2026-03")[1]
    assert (march["peak"], march["peak_at"], march["charged"]["amount"], march["changes"]) == (0, None, "0.00", [])
    tenant.joins(*range(2, 12))
    assert tenant.api.post("sandbox/clock", {"now": "2026-05-02T00:00:00+03:00"})[0] == 200
    may = tenant.api.get(f"{usage}2026-05")[1]
    assert (may["peak"], may["peak_at"]) == (11, "2026-04-30T21:00:00+00:00")
    assert (may["charged"]["amount"], may["changes"]) == ("6589.00", [])


def test_late_report_counts_from_the_instant_it_names(tenant: Tenant) -> None:
    tenant.joins(*range(2, 10))
    set_clock("2026-04-20T12:00:00+03:00")
    late = {**BORIS, "occurred_at": "2026-04-10T09:41:00+03:00"}
    assert tenant.api.put(f"{tenant.people}/boris", late)[0] == 200
    assert tenant.api.delete(f"{tenant.people}/boris?occurred_at=2026-04-10T10:00:00+03:00")[0] == 204
    usage = tenant.api.get(f"instances/{tenant.instance}/usage?period=2026-04")[1]
    assert (usage["peak"], usage["peak_at"]) == (10, "2026-04-10T06:41:00+00:00")
    assert balance(tenant) == "-5990.00"


def test_bulk_gives_every_row_its_own_answer_and_lets_the_good_ones_stand(tenant: Tenant) -> None:
    rows = [
        member_row(2),
        member_row(3, email="broken"),
        member_row(4, role="captain"),
        member_row(5, occurred_at="2027-01-01T00:00:00Z"),
        member_row(6, status="removed"),
        {**member_row(7), "surprise": 1},
        "not an object",
        {"external_id": "p8"},
        member_row(2, name="Второй"),
        member_row(9),
    ]
    status, answer = tenant.api.put(tenant.people, rows)
    assert (status, answer["next"]) == (200, None)
    answers = [(item["external_id"], item["status"]) for item in answer["items"]]
    assert answers == [
        ("p2", 200),
        ("p3", 422),
        ("p4", 422),
        ("p5", 422),
        ("p6", 422),
        ("p7", 422),
        (None, 422),
        ("p8", 422),
        ("p2", 200),
        ("p9", 200),
    ]
    codes = [item["error"]["code"] if item["error"] else None for item in answer["items"]]
    assert codes == [
        None,
        "invalid",
        "unknown_role",
        "in_the_future",
        "invalid",
        "invalid",
        "invalid",
        "invalid",
        None,
        None,
    ]
    assert [error["field"] for error in answer["items"][7]["error"]["errors"]] == ["email", "role", "status"]
    assert answer["items"][8]["member"]["name"] == "Второй"
    assert list(Member.objects.order_by("pk").values_list("external_id", flat=True)) == ["anna", "p2", "p9"]


def test_bulk_costs_what_single_reports_cost_in_one_movement(tenant: Tenant) -> None:
    assert tenant.api.put(tenant.people, [member_row(number) for number in range(2, 12)])[0] == 200
    assert balance(tenant) == "-6589.00"
    [movement] = tenant.api.get(f"accounts/{tenant.account}/statement")[1]["entries"]
    assert movement["amount"]["amount"] == "-6589.00"
    raised = tenant.api.get("events")[1]["items"][-1]
    assert (raised["type"], raised["data"]["peak"]) == ("seats.peak_raised", 11)


def test_bulk_sees_the_peak_between_its_own_rows(tenant: Tenant) -> None:
    rows = [member_row(number) for number in range(2, 12)]
    gone = [member_row(number, status="blocked") for number in range(2, 12)]
    assert tenant.api.put(tenant.people, [*rows, *gone])[0] == 200
    assert balance(tenant) == "-6589.00"


def test_bulk_with_late_rows_corrects_the_month_that_is_over(tenant: Tenant) -> None:
    set_clock("2026-05-10T12:00:00+03:00")
    late = [member_row(number, occurred_at="2026-04-10T12:00:00+03:00") for number in range(2, 11)]
    status, answer = tenant.api.put(tenant.people, [*late, member_row(11)])
    assert (status, {item["status"] for item in answer["items"]}) == (200, {200})
    kinds = [
        (row["kind"], row["amount"]["amount"])
        for row in tenant.api.get(f"accounts/{tenant.account}/statement")[1]["entries"]
    ]
    assert kinds == [("charge", "-5990.00"), ("charge", "-6589.00")]


def test_bulk_undoes_a_row_that_is_refused_half_way(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = members.report

    def refuse_third(*, report: members.Report, **more: Any) -> Any:
        outcome = taken(report=report, **more)
        if report.external_id == "p3":
            raise BadInput("refused half-way")
        return outcome

    monkeypatch.setattr(members, "report", refuse_third)
    status, answer = tenant.api.put(tenant.people, [member_row(2), member_row(3), member_row(4)])
    assert (status, [item["status"] for item in answer["items"]]) == (200, [200, 422, 200])
    assert list(Member.objects.order_by("pk").values_list("external_id", flat=True)) == ["anna", "p2", "p4"]
    assert MemberChange.objects.count() == 3


def test_bulk_takes_a_thousand_rows_and_no_more(tenant: Tenant) -> None:
    status, answer = tenant.api.put(tenant.people, [member_row(number) for number in range(1001)])
    assert (status, answer["code"]) == (422, "too_many_rows")
    assert tenant.api.put(tenant.people, []) == (200, {"items": [], "next": None})
    assert Member.objects.count() == 1


def test_members_are_paged_by_a_cursor(tenant: Tenant) -> None:
    tenant.joins(*range(2, 7))
    first = tenant.api.get(f"{tenant.people}?limit=4")[1]
    second = tenant.api.get(f"{tenant.people}?limit=4&cursor={first['next']}")[1]
    assert [row["external_id"] for row in first["items"]] == ["anna", "p2", "p3", "p4"]
    assert [row["external_id"] for row in second["items"]] == ["p5", "p6"]
    assert second["next"] is None


@pytest.mark.parametrize("path", ["members", "", "usage?period=2026-04"])
def test_reading_costs_the_same_however_many_people_there_are(tenant: Tenant, path: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert tenant.api.get(f"instances/{tenant.instance}/{path}".rstrip("/"))[0] == 200
        return len(captured)

    tenant.joins(2)
    few = queries()
    tenant.joins(*range(3, 20))
    assert queries() == few
    assert few <= 12
