"""D5: every report that arrives is a dated fact and is kept, also of somebody unknown and also when it repeats what is known."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.members import Report
from accounts.models import Member, MemberChange, MemberConfirmation
from billing.errors import BadInput
from billing.models import Charge
from billing.operations.subscriptions import metering
from tests.support.people import Party, assert_books_are_right, at, minor, party

APRIL = at("2026-04-01 09:00")


def meteor(people: int) -> Party:
    """METEOR with so many active people from 1 April on; the first nine are free."""
    shop = party(now=APRIL)
    shop.activate(people - 1, APRIL)
    return shop


def remove(shop: Party, who: str, now: str, occurred_at: str | None = None) -> None:
    """What a product's queue sends when somebody is gone: no address, no role."""
    report = Report(who, "removed", occurred_at=at(occurred_at) if occurred_at else None)
    metering.report_member(instance=shop.instance, report=report, as_of=at(now), source="api")


def join(shop: Party, who: str, now: str, occurred_at: str) -> None:
    shop.tell(who, "active", at(now), occurred_at=at(occurred_at))


def test_d5_the_removal_of_somebody_unknown_ends_what_is_reported_late() -> None:
    """x10 came on 9 April and left on the 12th; the removal arrived first. April has ten people once, May has nine."""
    shop = meteor(9)
    remove(shop, "x10", now="2026-04-12 10:00")
    assert shop.balance == 0
    join(shop, "x10", now="2026-04-14 10:00", occurred_at="2026-04-09 10:00")
    assert (shop.peak, shop.balance) == (10, minor("-5990.00"))
    assert Member.objects.get(external_id="x10").status == "removed"
    shop.close(at("2026-05-01 00:00"))
    assert (shop.peak, shop.balance) == (9, minor("-5990.00"))
    assert_books_are_right()


def test_d5_a_late_report_reaches_to_the_next_repeat_and_not_to_the_last_one() -> None:
    """Ten are active. u-10 is said to be active on the 5th and on the 10th, then blocked since the 3rd, late: it is back on
    the 5th, so that u-11, who comes on the 7th for an hour, makes eleven and not ten."""
    shop = meteor(10)
    for day in ("2026-04-05 09:00", "2026-04-10 09:00"):
        shop.tell("u-10", "active", at(day))
    shop.tell("u-11", "active", at("2026-04-07 09:00"))
    shop.tell("u-11", "blocked", at("2026-04-07 10:00"))
    shop.tell("u-10", "blocked", at("2026-04-12 09:00"), occurred_at=at("2026-04-03 09:00"))
    assert (shop.peak, shop.balance) == (11, minor("-6589.00"))
    shop.tell("u-10", "blocked", at("2026-04-13 09:00"), occurred_at=at("2026-04-06 09:00"))
    assert (shop.peak, shop.balance) == (10, minor("-5990.00"))
    assert Member.objects.get(external_id="u-10").status == "active"
    assert_books_are_right()


def test_d5_a_dated_repeat_is_kept_as_well() -> None:
    """A queue names the instants of what it repeats: the 5th holds against a late removal on the 3rd."""
    shop = meteor(10)
    shop.tell("u-10", "active", at("2026-04-06 09:00"), occurred_at=at("2026-04-05 09:00"))
    shop.tell("u-10", "removed", at("2026-04-07 09:00"), occurred_at=at("2026-04-03 09:00"))
    assert Member.objects.get(external_id="u-10").status == "active"
    assert list(MemberChange.objects.filter(member__external_id="u-10").values_list("status", flat=True)) == [
        "active",
        "removed",
        "active",
    ]


def test_d5_a_report_without_a_role_goes_on_with_the_role_of_its_instant() -> None:
    """Blue: on the 5th a client is blocked and on the 20th active again, no role named. That the client had become a team
    member on the 3rd is told later: from the 20th on it is a seat, 10 days of 30 at 7.00."""
    blue = party(now=APRIL, product="blue", tariff_id="blue-monthly", trial=False, currency="USD")
    blue.tell("vera", "active", at("2026-04-02 09:00"), role="client")
    blue.tell("vera", "blocked", at("2026-04-05 09:00"))
    blue.tell("vera", "active", at("2026-04-20 09:00"))
    assert blue.charges == [700]
    blue.tell("vera", "blocked", at("2026-04-21 09:00"), occurred_at=at("2026-04-06 09:00"), role="team_member")
    assert Member.objects.get(external_id="vera").role.code == "team_member"
    assert blue.charges == [700, 233]
    assert_books_are_right()


def test_of_whom_only_the_leaving_is_known_a_role_is_asked_before_they_come() -> None:
    shop = meteor(1)
    remove(shop, "ghost", now="2026-04-12 10:00")
    ghost = Member.objects.get(external_id="ghost")
    assert (ghost.status, ghost.email, ghost.role.code) == ("removed", "", "member")
    with pytest.raises(BadInput) as refused:
        metering.report_member(
            instance=shop.instance,
            report=Report("ghost", "active", email="ghost@romashka.example"),
            as_of=at("2026-04-13 10:00"),
            source="api",
        )
    assert refused.value.field == "role"


def test_d5_a_nightly_synchronisation_adds_no_rows() -> None:
    """Nineteen people are repeated on five nights. The first adds a row for each, the others none; each person takes seven
    statements, of which one keeps the instant. Who is repeated costs nothing."""
    shop = meteor(20)
    rows = [
        Report(f"u-{number}", "active", email=f"u-{number}@romashka.example", role="member") for number in range(2, 21)
    ]
    statements = []
    for night in range(2, 7):
        with CaptureQueriesContext(connection) as queries:
            metering.report_members(
                instance=shop.instance, reports=rows, as_of=at(f"2026-04-0{night} 03:00"), source="api"
            )
        statements.append(len(queries))
        assert (MemberChange.objects.count(), MemberConfirmation.objects.count()) == (20, 19)
    assert statements == [8 + 19 * 8, *[8 + 19 * 7] * 4]
    assert len(MemberConfirmation.objects.first().instants.split()) == 5
    assert Charge.objects.filter(account=shop.account).count() == 11
