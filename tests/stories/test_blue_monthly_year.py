"""A Blue customer's year by the month: 7.00 USD for each paid seat. Three people, a trial that lapses, a plan chosen thrice,
an invoice forgotten, an end and a return. Sums are dollars as the customer sees them."""

import pytest

from billing.operations.subscriptions import lifecycle, plan_changes, trials
from billing.operations.subscriptions.quotes import TermsRequest
from tests.support import people
from tests.support.people import Party, at
from tests.support.storytelling import invoices_of, ledger_of, until

TEAM = "team_member"

# (Moscow's clock, kind of entry, amount on the balance, balance after)
YEAR = [
    ("2026-01-22 15:00", "charge", "-6.77", "-6.77"),  # chosen two days after the trial lapsed: 3 × 7.00 × 10/31
    ("2026-01-25 12:00", "payment", "6.77", "0.00"),
    ("2026-02-01 00:00", "charge", "-21.00", "-21.00"),  # three seats
    ("2026-02-02 12:00", "payment", "21.00", "0.00"),
    ("2026-02-10 12:00", "charge", "-4.50", "-4.50"),  # the fourth: 18 of 28 days
    ("2026-03-01 00:00", "charge", "-28.00", "-32.50"),
    ("2026-03-05 12:00", "payment", "32.50", "0.00"),
    ("2026-03-16 18:00", "charge", "3.39", "3.39"),  # one goes: 15 of 31 days, credit
    ("2026-04-01 00:00", "charge", "-21.00", "-17.61"),
    ("2026-04-07 12:00", "charge", "5.37", "-12.24"),  # one becomes a client: 23 of 30 days, credit
    ("2026-04-10 12:00", "payment", "17.61", "5.37"),
    ("2026-05-01 00:00", "charge", "-14.00", "-8.63"),  # due on 15 May and forgotten: read-only from the 16th
    ("2026-05-20 09:00", "payment", "8.63", "0.00"),
    ("2026-06-01 00:00", "charge", "-21.00", "-21.00"),  # who came at 23:59:59 on 31 May is paid from June on
    ("2026-06-03 12:00", "payment", "50.00", "29.00"),
    ("2026-07-01 00:00", "charge", "-21.00", "8.00"),
    ("2026-07-21 12:00", "charge", "2.26", "10.26"),  # 10 of 31 days; cancelled, it ends with July
    ("2026-09-15 10:00", "charge", "-7.47", "2.79"),  # back without a trial: 2 × 7.00 × 16/30
    ("2026-10-01 00:00", "charge", "-14.00", "-11.21"),
    ("2026-11-01 00:00", "charge", "-14.00", "-25.21"),
    ("2026-11-05 12:00", "payment", "20.00", "-5.21"),
    ("2026-12-01 00:00", "charge", "-14.00", "-19.21"),
    ("2027-01-01 00:00", "charge", "-140.00", "-159.21"),  # by the year, chosen on 20 December
]

# (number, kind, paid from, total, credit applied at issue, due on)
INVOICES = [
    ("U-2026-000001", "purchase", "2026-01-22", "6.77", "0.00", "2026-02-05"),
    ("U-2026-000002", "renewal", "2026-02-01", "21.00", "0.00", "2026-02-15"),
    ("U-2026-000003", "renewal", "2026-03-01", "32.50", "0.00", "2026-03-15"),
    ("U-2026-000004", "renewal", "2026-04-01", "21.00", "3.39", "2026-04-15"),
    ("U-2026-000005", "renewal", "2026-05-01", "14.00", "5.37", "2026-05-15"),
    ("U-2026-000006", "renewal", "2026-06-01", "21.00", "0.00", "2026-06-15"),
    ("U-2026-000007", "renewal", "2026-07-01", "21.00", "21.00", "2026-07-15"),
    ("U-2026-000008", "purchase", "2026-09-15", "7.47", "7.47", "2026-09-29"),
    ("U-2026-000009", "renewal", "2026-10-01", "14.00", "2.79", "2026-10-15"),
    ("U-2026-000010", "renewal", "2026-11-01", "14.00", "0.00", "2026-11-15"),
    ("U-2026-000011", "renewal", "2026-12-01", "14.00", "0.00", "2026-12-15"),
    ("U-2027-000001", "renewal", "2027-01-01", "140.00", "0.00", "2027-01-15"),
]


def live_through(party: Party) -> None:
    """What people do in this year, each at their own instant; the jobs of every midnight are between."""
    party.activate(2, at("2026-01-13 09:00"), TEAM)
    until("2026-01-20 00:00")
    assert (party.status(at("2026-01-20 00:00")), party.balance) == ("trial_ended", 0)
    trials.choose_tariff(
        subscription=party.subscription, tariff_id="blue-monthly", as_of=at("2026-01-22 15:00"), actor="anna"
    )
    party.pay("6.77", at("2026-01-25 12:00"))
    until("2026-02-01 00:00")
    party.pay("21.00", at("2026-02-02 12:00"))
    party.activate(1, at("2026-02-10 12:00"), TEAM)
    until("2026-03-01 00:00")
    party.pay("32.50", at("2026-03-05 12:00"))
    party.tell("u-2", "removed", at("2026-03-16 18:00"))
    annual = TermsRequest(tariff_id="blue-annual")
    plan_changes.change_terms(
        subscription=party.subscription, request=annual, as_of=at("2026-03-20 12:00"), actor="anna"
    )
    plan_changes.undo_change(subscription=party.subscription, as_of=at("2026-03-25 12:00"), actor="anna")
    until("2026-04-01 00:00")
    party.tell("u-3", "active", at("2026-04-07 12:00"), role="client")  # free from now on
    party.pay("17.61", at("2026-04-10 12:00"))
    until("2026-05-01 00:00")
    until("2026-05-15 23:59:59")
    assert party.access(at("2026-05-15 23:59:59")) == "full"
    until("2026-05-16 00:00")
    assert (party.access(at("2026-05-16 00:00")), party.status(at("2026-05-16 00:00"))) == ("read_only", "past_due")
    party.pay("8.63", at("2026-05-20 09:00"))
    assert party.access(at("2026-05-20 09:00")) == "full"
    party.activate(1, at("2026-05-31 23:59:59"), TEAM)  # charged from June on
    until("2026-06-01 00:00")
    party.pay("50.00", at("2026-06-03 12:00"))
    until("2026-07-01 00:00")
    plan_changes.cancel_subscription(subscription=party.subscription, as_of=at("2026-07-10 12:00"), actor="anna")
    party.tell("u-5", "blocked", at("2026-07-21 12:00"))
    until("2026-08-01 00:00")
    assert party.reasons(at("2026-08-01 00:00")) == ["subscription_terminated"]
    # Back in September: the trial has been used, so it is paid at once.
    party.subscription = lifecycle.create_subscription(
        instance=party.instance, tariff_id="blue-monthly", as_of=at("2026-09-15 10:00"), actor="anna"
    )
    assert party.access(at("2026-09-15 10:00")) == "full"
    for month in (10, 11):
        until(f"2026-{month:02}-01 00:00")
    party.pay("20.00", at("2026-11-05 12:00"))
    until("2026-12-01 00:00")
    plan_changes.change_terms(
        subscription=party.subscription, request=annual, as_of=at("2026-12-20 12:00"), actor="anna"
    )
    until("2027-01-01 00:00")


@pytest.fixture
def year(db: None) -> Party:
    people.installation()
    party = people.party(
        now=at("2026-01-12 10:00"), product="blue", tariff_id="blue-monthly", currency="USD", locale="en"
    )
    live_through(party)
    return party


def test_the_year_of_a_blue_customer_by_the_month(year: Party) -> None:
    assert ledger_of(year) == YEAR
    assert invoices_of(year) == INVOICES
    people.assert_books_are_right()
