"""A Blue customer's year by the year: a twelfth of 70.00 USD for each month and seat, one invoice a day for the seats that
come, credit for those that go, and back to the month at the year's end. Sums are dollars as the customer sees them."""

import pytest

from billing.models import Notice
from billing.operations.subscriptions import plan_changes
from billing.operations.subscriptions.quotes import TermsRequest
from tests.support import people
from tests.support.people import Party, at
from tests.support.storytelling import invoices_of, ledger_of, until

TEAM = "team_member"
MONTHLY = TermsRequest(tariff_id="blue-monthly")

# (Moscow's clock, kind of entry, amount on the balance, balance after)
YEAR = [
    ("2026-02-10 12:00", "charge", "-3.96", "-3.96"),  # the rest of February: 70.00 / 12 × 19/28
    ("2026-02-11 12:00", "payment", "73.96", "70.00"),
    ("2026-03-01 00:00", "charge", "-70.00", "0.00"),  # the year
    ("2026-04-15 12:00", "charge", "-61.25", "-61.25"),
    ("2026-04-15 12:00", "charge", "-61.25", "-122.50"),  # two seats: 70.00 × (10 + 15/30) / 12 each
    ("2026-04-20 12:00", "payment", "122.50", "0.00"),
    ("2026-06-30 23:59", "charge", "46.67", "46.67"),  # one goes, 8 months are left: credit
    ("2026-08-31 12:00", "charge", "-35.00", "11.67"),  # another comes for 6 months: the credit pays
    ("2026-11-10 12:00", "charge", "-21.39", "-9.72"),
    ("2026-11-10 18:00", "charge", "21.39", "11.67"),  # came and went on one day
    ("2027-03-01 00:00", "charge", "-21.00", "-9.33"),  # by the month from the year's end on: three seats
    ("2027-03-17 09:00", "payment", "9.33", "0.00"),
    ("2027-04-01 00:00", "charge", "-210.00", "-210.00"),  # and by the year again
]

# (number, kind, paid from, total, credit applied at issue, due on)
INVOICES = [
    ("U-2026-000001", "purchase", "2026-02-10", "3.96", "0.00", "2026-02-24"),
    ("U-2026-000002", "renewal", "2026-03-01", "70.00", "70.00", "2026-03-15"),
    ("U-2026-000003", "renewal", "2026-04-16", "122.50", "0.00", "2026-04-30"),
    ("U-2026-000004", "renewal", "2026-09-01", "35.00", "35.00", "2026-09-15"),
    ("U-2027-000001", "renewal", "2027-03-01", "21.00", "11.67", "2027-03-15"),
    ("U-2027-000002", "renewal", "2027-04-01", "210.00", "0.00", "2027-04-15"),
]


def change(party: Party, when: str) -> None:
    plan_changes.change_terms(subscription=party.subscription, request=MONTHLY, as_of=at(when), actor="anna")


def live_through(party: Party) -> None:
    """What people do in this year, each at their own instant; the jobs of midnights and mornings are between."""
    party.pay("73.96", at("2026-02-11 12:00"))
    until("2026-03-01 00:00")
    party.activate(2, at("2026-04-15 12:00"), TEAM)
    until("2026-04-16 00:00")
    party.pay("122.50", at("2026-04-20 12:00"))
    party.tell("u-2", "removed", at("2026-06-30 23:59:59"))
    party.activate(1, at("2026-08-31 12:00"), TEAM)
    until("2026-09-01 00:00")
    change(party, "2026-10-10 12:00")
    plan_changes.undo_change(subscription=party.subscription, as_of=at("2026-10-12 12:00"), actor="anna")
    # Added and taken away on one day: no invoice the day after.
    party.activate(1, at("2026-11-10 12:00"), TEAM)
    party.tell("u-5", "removed", at("2026-11-10 18:00"))
    until("2026-11-11 00:00")
    until("2027-01-30 10:00")
    change(party, "2027-02-01 12:00")
    until("2027-02-22 10:00")
    until("2027-03-01 00:00")
    until("2027-03-16 00:00")
    assert (party.access(at("2027-03-16 00:00")), party.status(at("2027-03-16 00:00"))) == ("read_only", "past_due")
    party.pay("9.33", at("2027-03-17 09:00"))
    assert (party.access(at("2027-03-17 09:00")), party.status(at("2027-03-17 09:00"))) == ("full", "active")
    # The year again, from April on: March is paid already.
    plan_changes.change_terms(
        subscription=party.subscription,
        request=TermsRequest(tariff_id="blue-annual"),
        as_of=at("2027-03-20 12:00"),
        actor="anna",
    )
    until("2027-03-25 10:00")
    until("2027-04-01 00:00")


@pytest.fixture
def year(db: None) -> Party:
    people.installation()
    party = people.party(
        now=at("2026-02-10 12:00"), product="blue", tariff_id="blue-annual", currency="USD", locale="en", trial=False
    )
    live_through(party)
    return party


def test_the_year_of_a_blue_customer_by_the_year(year: Party) -> None:
    assert ledger_of(year) == YEAR
    assert invoices_of(year) == INVOICES
    # 30 days before the year that was then to come, not 7 days before the month that came; and 7 days before the next year.
    reminders = Notice.objects.filter(kind="renewal_coming", recipient="buh@romashka.example").order_by("pk")
    assert [fact.split(":", 2)[2] for fact in reminders.values_list("fact", flat=True)] == [
        "2027-03-01:30",
        "2027-04-01:7",
    ]
    people.assert_books_are_right()
