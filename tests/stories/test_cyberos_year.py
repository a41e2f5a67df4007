"""A company's year on Cyberos: the trial of everything, Build by the month, Scale from the middle of a month, a year at once for
10 % less, cancelled and kept, cancelled and ended, and a return. Sums are roubles as the customer sees them."""

import pytest

from accounts.members import Report
from billing.models import Event
from billing.operations.subscriptions import lifecycle, metering, plan_changes, trials
from billing.operations.subscriptions.quotes import TermsRequest
from tests.support import people
from tests.support.people import Party, at
from tests.support.storytelling import invoices_of, ledger_of, until

# (Moscow's clock, kind of entry, amount on the balance, balance after)
YEAR = [
    ("2026-02-10 00:00", "charge", "-4900.00", "-4900.00"),  # the trial's last day was 9 February
    ("2026-02-11 12:00", "payment", "4900.00", "0.00"),
    ("2026-03-10 00:00", "charge", "-4900.00", "-4900.00"),
    ("2026-03-12 12:00", "payment", "4900.00", "0.00"),
    ("2026-03-25 23:59", "charge", "-22761.29", "-22761.29"),  # to Scale: 16/31 of 49 000.00 less 16/31 of 4 900.00
    ("2026-04-02 12:00", "payment", "22761.29", "0.00"),
    ("2026-04-05 12:00", "charge", "-12.90", "-12.90"),
    ("2026-04-05 12:00", "charge", "-12.90", "-25.80"),
    ("2026-04-05 12:00", "charge", "-12.90", "-38.70"),  # the 101st to the 103rd: 4/31 of 100.00 each
    ("2026-04-10 00:00", "charge", "-49300.00", "-49338.70"),  # due on the 24th, paid on the 27th
    ("2026-04-27 12:00", "payment", "50000.00", "661.30"),
    ("2026-05-10 00:00", "charge", "-532440.00", "-531778.70"),  # 12 × 49 300.00 less 10 %
    ("2026-05-12 12:00", "payment", "532000.00", "221.30"),
    ("2026-08-31 12:00", "charge", "742.68", "963.98"),  # the 103rd goes: 1 080.00 × 251/365, credit
    ("2027-05-31 10:00", "charge", "-4900.00", "-3936.02"),  # back on Build; the next periods begin on 30 June, 31 July
    ("2027-06-30 00:00", "charge", "-4900.00", "-8836.02"),
    ("2027-07-31 00:00", "charge", "-4900.00", "-13736.02"),
]

# (number, kind, paid from, total, credit applied at issue, due on)
INVOICES = [
    ("R-2026-000001", "renewal", "2026-02-10", "4900.00", "0.00", "2026-02-24"),
    ("R-2026-000002", "renewal", "2026-03-10", "4900.00", "0.00", "2026-03-24"),
    ("R-2026-000003", "purchase", "2026-03-25", "22761.29", "0.00", "2026-04-08"),
    ("R-2026-000004", "renewal", "2026-04-10", "49338.70", "0.00", "2026-04-24"),
    ("R-2026-000005", "renewal", "2026-05-10", "532440.00", "661.30", "2026-05-24"),
    ("R-2027-000001", "purchase", "2027-05-31", "4900.00", "963.98", "2027-06-14"),
    ("R-2027-000002", "renewal", "2027-06-30", "4900.00", "0.00", "2027-07-14"),
    ("R-2027-000003", "renewal", "2027-07-31", "4900.00", "0.00", "2027-08-14"),
]


def put(party: Party, when: str, tariff_id: str, at_: str | None = None) -> None:
    wish = TermsRequest(tariff_id=tariff_id, when=at_)
    plan_changes.change_terms(subscription=party.subscription, request=wish, as_of=at(when), actor="anna")


def come(party: Party, count: int, when: str) -> None:
    """``count`` more members in one report of the product."""
    already = party.reported
    party.reported += count
    reports = [
        Report(external_id=f"u-{number}", status="active", email=f"u-{number}@romashka.example", role="member")
        for number in range(already + 1, party.reported + 1)
    ]
    metering.report_members(instance=party.instance, reports=reports, as_of=at(when), source="api")


def live_through(party: Party) -> None:
    """What people do in this year, each at their own instant; the jobs of every midnight are between."""
    trials.choose_tariff(subscription=party.subscription, tariff_id="build", as_of=at("2026-01-20 12:00"), actor="anna")
    until("2026-02-10 00:00")
    party.pay("4900.00", at("2026-02-11 12:00"))
    until("2026-03-10 00:00")
    party.pay("4900.00", at("2026-03-12 12:00"))
    come(party, 99, "2026-03-20 12:00")
    put(party, "2026-03-25 23:59:59", "scale")
    party.pay("22761.29", at("2026-04-02 12:00"))
    come(party, 4, "2026-04-05 12:00")  # 103 with the owner, who is none of them: three above the hundred
    until("2026-04-10 00:00")
    until("2026-04-25 00:00")
    assert (party.access(at("2026-04-25 00:00")), party.status(at("2026-04-25 00:00"))) == ("read_only", "past_due")
    party.pay("50000.00", at("2026-04-27 12:00"))
    assert party.access(at("2026-04-27 12:00")) == "full"
    put(party, "2026-04-28 12:00", "scale-annual")
    until("2026-05-10 00:00")
    party.pay("532000.00", at("2026-05-12 12:00"))
    party.tell("u-4", "removed", at("2026-08-31 12:00"))
    plan_changes.cancel_subscription(subscription=party.subscription, as_of=at("2026-11-01 12:00"), actor="anna")
    plan_changes.undo_cancellation(subscription=party.subscription, as_of=at("2026-11-02 12:00"), actor="anna")
    plan_changes.cancel_subscription(subscription=party.subscription, as_of=at("2026-12-20 12:00"), actor="anna")
    until("2027-05-09 23:59:59")
    assert (party.access(at("2027-05-09 23:59:59")), party.status(at("2027-05-09 23:59:59"))) == ("full", "cancelling")
    until("2027-05-10 00:00")
    assert party.reasons(at("2027-05-10 00:00")) == ["subscription_terminated"]
    party.subscription = lifecycle.create_subscription(
        instance=party.instance, tariff_id="build", as_of=at("2027-05-31 10:00"), actor="anna"
    )
    until("2027-06-30 00:00")
    until("2027-07-31 00:00")


@pytest.fixture
def year(db: None) -> Party:
    people.installation()
    party = people.party(now=at("2026-01-10 12:00"), product="cyberos", tariff_id="trial")
    live_through(party)
    return party


def test_the_year_of_a_company_on_cyberos(year: Party) -> None:
    assert ledger_of(year) == YEAR
    assert invoices_of(year) == INVOICES
    assert [str(row.start) for row in year.periods] == ["2027-05-31", "2027-06-30", "2027-07-31"]
    assert Event.objects.filter(type="subscription.terminated").get().data["reason"] == "cancelled"
    people.assert_books_are_right()
