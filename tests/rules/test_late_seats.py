"""D5: a late report about a seat reaches everything that it touches, whatever changed since: the seat, and what later changes of
terms carried over (E6)."""

import pytest

from billing.models import Charge
from billing.operations.subscriptions import plan_changes
from billing.operations.subscriptions.quotes import TermsRequest
from billing.wording import charge_lines
from tests.support.people import Party, at, minor, party


def change(shop: Party, tariff_id: str, now: str) -> None:
    plan_changes.change_terms(
        subscription=shop.fresh, request=TermsRequest(tariff_id=tariff_id, when="now"), as_of=at(now), actor="anna"
    )


def undo(shop: Party, now: str) -> None:
    plan_changes.undo_change(subscription=shop.fresh, as_of=at(now), actor="anna")


def member(shop: Party, who: str, now: str, since: str | None = None, status: str = "active") -> None:
    shop.tell(who, status, at(now), occurred_at=at(since) if since else None, role="member")


def cyberos(members: int) -> Party:
    """Cyberos on Build from 1 April with so many members, all there from the start."""
    shop = party(now=at("2026-03-31 12:00"), product="cyberos", tariff_id="trial")
    shop.activate(members, at("2026-03-31 13:00"))
    return shop


@pytest.fixture
def scale() -> Party:
    """102 members on Build from 1 April 2026; to Scale on the 5th; u900 comes live on the 10th: 100.00 × 20 of 30 days."""
    shop = party(now=at("2026-04-01 00:00"), product="cyberos", tariff_id="build", trial=False)
    for number in range(102):
        member(shop, f"m{number}", "2026-04-01 09:00")
    change(shop, "scale", "2026-04-05 12:00")
    member(shop, "u900", "2026-04-10 12:00")
    assert Charge.objects.last().amount_minor == minor("66.67")
    return shop


@pytest.mark.parametrize(("since", "amount"), [("2026-04-08 12:00", "73.33"), ("2026-04-03 12:00", "86.67")])
def test_d5_e6_a_late_seat_is_priced_by_the_terms_of_its_day(scale: Party, since: str, amount: str) -> None:
    """Since the 8th: 22 of 30 days of Scale. Since the 3rd: Build asks nothing for it, Scale from the 5th on, 26 of 30 days."""
    before = scale.balance
    member(scale, "u901", "2026-04-12 12:00", since=since)
    assert scale.balance - before == -minor(amount)
    charge = Charge.objects.last()
    assert charge_lines.describe(charge, "en").startswith("Scale")
    assert charge_lines.describe(charge, "ru").startswith("Scale")


def test_d5_e6_what_arrived_late_and_what_arrived_in_order_come_to_the_same(scale: Party) -> None:
    late = scale.balance
    member(scale, "u901", "2026-04-12 12:00", since="2026-04-03 12:00")
    member(scale, "u901", "2026-04-20 12:00", status="blocked")
    ordered = party("second", at("2026-04-01 00:00"), product="cyberos", tariff_id="build", trial=False)
    for number in range(102):
        member(ordered, f"m{number}", "2026-04-01 09:00")
    member(ordered, "u901", "2026-04-03 12:00")
    change(ordered, "scale", "2026-04-05 12:00")
    member(ordered, "u900", "2026-04-10 12:00")
    member(ordered, "u901", "2026-04-20 12:00", status="blocked")
    assert scale.balance == ordered.balance == late - minor("86.67") + minor("33.33")


def test_d6_a_seat_that_came_on_undone_terms_is_priced_by_those_that_stand() -> None:
    """Scale for an hour: the seat of that hour costs nothing on Build, to which the change is undone."""
    shop = party(now=at("2026-04-01 00:00"), product="cyberos", tariff_id="build", trial=False)
    for number in range(102):
        member(shop, f"m{number}", "2026-04-01 09:00")
    before = shop.balance
    change(shop, "scale", "2026-04-05 12:00")
    member(shop, "u900", "2026-04-05 12:30")
    assert shop.balance == before - minor("38393.33") - minor("83.33")
    undo(shop, "2026-04-05 13:00")
    assert shop.balance == before


def test_d5_a_late_report_reaches_seats_of_terms_that_are_left() -> None:
    """Back on Build since the 20th, at the period's end: who was there on Scale is still counted for its days."""
    shop = party(now=at("2026-04-01 00:00"), product="cyberos", tariff_id="scale", trial=False)
    for number in range(102):
        member(shop, f"m{number}", "2026-04-01 09:00")
    change(shop, "build", "2026-04-20 12:00")
    before = shop.balance
    member(shop, "late", "2026-04-25 12:00", since="2026-04-10 12:00")
    assert before - shop.balance == minor("66.67")
