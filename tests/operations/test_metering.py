"""Many reports at once cost what they would cost one after another."""

from datetime import datetime

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.members import Report
from accounts.models import Member, MemberChange
from billing.errors import BadInput, BillingError
from billing.models import Charge, Event, Notice
from billing.operations.customers import instances
from billing.operations.subscriptions import metering
from tests.support import people
from tests.support.people import Party, at


def report(who: str, status: str = "active", occurred_at: datetime | None = None, **changed: str) -> Report:
    values = {"email": f"{who}@romashka.example", "role": "member", **changed}
    return Report(external_id=who, status=status, occurred_at=occurred_at, **values)  # type: ignore[arg-type]


def tell_many(party: Party, reports: list[Report], now: datetime) -> list[object]:
    return list(metering.report_members(instance=party.instance, reports=reports, as_of=now, source="api"))


def test_a_thousand_people_make_one_movement(meteor: Party) -> None:
    outcomes = tell_many(meteor, [report(f"m-{number}") for number in range(999)], at("2026-04-10 12:00"))
    assert all(isinstance(outcome, Member) for outcome in outcomes)
    assert (meteor.peak, meteor.balance, meteor.charges) == (1000, -59_900_000, [59_900_000])
    assert Event.objects.filter(type="seats.peak_raised").count() == 1
    assert Notice.objects.filter(kind="quota_crossed", recipient="anna@romashka.example").count() == 1


def test_a_refused_row_is_undone_alone_and_the_rest_stands(meteor: Party) -> None:
    future = report("future", occurred_at=at("2026-05-10 12:00"))
    rows = [
        report("good"),
        report("bad", email="not an address"),
        report("odd", role="emperor"),
        future,
        report("fine"),
    ]
    outcomes = tell_many(meteor, rows, at("2026-04-10 12:00"))
    assert [getattr(outcome, "code", None) for outcome in outcomes] == [
        None,
        "invalid",
        "unknown_role",
        "in_the_future",
        None,
    ]
    assert sorted(Member.objects.active().values_list("external_id", flat=True)) == ["fine", "good", "u-1"]  # type: ignore[attr-defined]


def test_those_who_come_and_go_within_one_batch_were_there_together(meteor: Party) -> None:
    meteor.activate(8, at("2026-04-05 12:00"))
    tell_many(meteor, [report("guest"), report("guest", "blocked"), report("other")], at("2026-04-10 12:00"))
    assert (meteor.peak, meteor.balance) == (10, -599_000)


def test_dated_rows_of_a_batch_reach_into_closed_months(meteor: Party) -> None:
    meteor.activate(8, at("2026-04-05 12:00"))
    meteor.close(at("2026-05-01 00:00"))
    rows = [report("late", occurred_at=at("2026-04-20 12:00")), report("now")]
    tell_many(meteor, rows, at("2026-05-06 12:00"))
    assert [(row.kind, row.amount_minor) for row in Charge.objects.order_by("pk")] == [
        ("late", 599_000),
        ("peak_raised", 658_900),
    ]


def test_after_the_termination_a_batch_costs_nothing_unless_it_tells_of_the_time_before(meteor: Party) -> None:
    meteor.activate(8, at("2026-04-05 12:00"))
    meteor.terminate(at("2026-04-20 12:00"))
    tell_many(meteor, [report("a"), report("b")], at("2026-04-21 12:00"))
    assert meteor.balance == 0
    tell_many(meteor, [report("c", occurred_at=at("2026-04-19 12:00"))], at("2026-04-22 12:00"))
    assert meteor.balance == -599_000


def test_a_deleted_instance_takes_no_batch(meteor: Party) -> None:
    meteor.terminate(at("2026-04-20 12:00"))
    instances.delete_instance(instance=meteor.instance, as_of=at("2026-04-20 13:00"), actor="support")
    with pytest.raises(BillingError) as refused:
        tell_many(meteor, [report("a")], at("2026-04-21 12:00"))
    assert refused.value.code == "instance_deleted"


def test_a_repeated_batch_writes_nothing(meteor: Party) -> None:
    rows = [report(f"m-{number}") for number in range(12)]
    tell_many(meteor, rows, at("2026-04-10 12:00"))
    before = (MemberChange.objects.count(), meteor.entries)
    tell_many(meteor, rows, at("2026-04-11 12:00"))
    assert (MemberChange.objects.count(), meteor.entries) == before


rows = st.lists(
    st.tuples(st.integers(1, 5), st.sampled_from(["active", "blocked", "invited"]), st.none() | st.integers(1, 40)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=10)
@given(rows)
def test_a_batch_is_the_same_as_its_rows_one_by_one(drawn: list[tuple[int, str, int | None]]) -> None:
    now, results = at("2026-05-20 12:00"), []
    reports = [
        report(f"m-{who}", status, at(f"2026-{4 + day // 30:02}-{day % 30 + 1:02} 12:00") if day else None)
        for who, status, day in drawn
    ]
    for together in (True, False):
        with transaction.atomic():
            party = people.party()
            party.activate(7, at("2026-04-01 12:00"))
            party.close(at("2026-05-01 00:00"))
            if together:
                tell_many(party, reports, now)
            else:
                for one_report in reports:
                    metering.report_member(instance=party.instance, report=one_report, as_of=now, source="api")
            results.append((party.balance, party.peak, sorted(Member.objects.values_list("external_id", "status"))))
            transaction.set_rollback(True)
    assert results[0] == results[1]


@pytest.mark.parametrize(("changed", "field"), [({"email": "nobody"}, "email"), ({"role": "emperor"}, "role")])
def test_a_broken_report_writes_nothing(meteor: Party, changed: dict[str, str], field: str) -> None:
    before = MemberChange.objects.count()
    with pytest.raises(BadInput) as refused:
        metering.report_member(
            instance=meteor.instance, report=report("new", **changed), as_of=at("2026-04-10 12:00"), source="api"
        )
    assert refused.value.field == field
    assert (MemberChange.objects.count(), Member.objects.count()) == (before, 1)


def test_a_late_repeat_leaves_no_row(meteor: Party) -> None:
    meteor.tell("new", "active", at("2026-04-10 12:00"), occurred_at=at("2026-04-05 12:00"))
    meteor.tell("new", "active", at("2026-04-11 12:00"), occurred_at=at("2026-04-05 12:00"))
    assert MemberChange.objects.filter(member__external_id="new").count() == 1


def test_what_was_only_confirmed_becomes_a_row_when_a_late_report_contradicts_the_time_before(meteor: Party) -> None:
    meteor.activate(8, at("2026-04-02 12:00"))
    meteor.tell("new", "active", at("2026-04-03 12:00"))
    meteor.tell("new", "active", at("2026-04-20 12:00"))
    meteor.tell("new", "blocked", at("2026-04-21 12:00"), occurred_at=at("2026-04-05 12:00"))
    changes = MemberChange.objects.filter(member__external_id="new").order_by("occurred_at")
    assert [(row.status, row.occurred_at) for row in changes] == [
        ("active", at("2026-04-03 12:00")),
        ("blocked", at("2026-04-05 12:00")),
        ("active", at("2026-04-20 12:00")),
    ]
    assert Member.objects.get(external_id="new").status == Member.Status.ACTIVE


def test_a_late_report_about_the_time_between_termination_and_resumption_costs_nothing(meteor: Party) -> None:
    meteor.activate(8, at("2026-04-02 12:00"))
    meteor.terminate(at("2026-04-10 12:00"))
    meteor.tell("guest", "removed", at("2026-04-15 12:00"), occurred_at=at("2026-04-12 12:00"))
    tell_many(meteor, [report("guest", occurred_at=at("2026-04-11 12:00"))], at("2026-04-15 12:00"))
    assert (meteor.balance, meteor.charges) == (0, [])
