"""A till's year on the marketplace: terms changed by the value carried over (E-b to E-e), renewals collected beforehand, from
the balance and from a card (E8), the end of what nobody paid, and a new subscription by the terminal. Sums are roubles."""

import pytest

from billing.models import Collection, Event
from billing.operations.collection import payment_methods
from billing.operations.subscriptions import lifecycle, plan_changes
from billing.operations.subscriptions.quotes import TermsRequest
from tests.support import people
from tests.support.cards import pay_and_keep
from tests.support.people import Party, at
from tests.support.storytelling import invoices_of, ledger_of, until

# (Moscow's clock, kind of entry, amount on the balance, balance after)
YEAR = [
    ("2026-04-01 12:00", "charge", "-90.00", "-90.00"),
    ("2026-04-01 13:00", "payment", "90.00", "0.00"),
    ("2026-04-15 10:00", "charge", "-48.00", "-48.00"),  # E-b: Light to Plus
    ("2026-04-21 10:00", "charge", "-60.00", "-108.00"),  # E-d: Plus to Max
    ("2026-04-22 10:00", "payment", "108.00", "0.00"),
    ("2026-04-28 15:00", "payment", "360.00", "360.00"),
    ("2026-04-28 15:01", "charge", "-360.00", "0.00"),  # May, collected before it begins: the money came after two tries
    ("2026-05-20 12:00", "payment", "200.00", "200.00"),
    ("2026-05-27 10:00", "charge", "-180.00", "20.00"),  # June, on the cheaper terms that were scheduled
    ("2026-06-21 10:00", "charge", "-30.00", "-10.00"),  # E-e: to Light on the 15th (nothing back), to Plus on the 21st
    ("2026-06-25 12:00", "payment", "30.00", "20.00"),
    ("2026-06-26 10:00", "charge", "-180.00", "-160.00"),  # July: 20.00 from the balance
    ("2026-06-26 10:00", "payment", "160.00", "0.00"),  # and the rest from the card, in the same moment
    ("2026-07-27 10:00", "charge", "-180.00", "-180.00"),
    ("2026-07-27 10:00", "payment", "180.00", "0.00"),
    ("2026-08-27 10:00", "charge", "-180.00", "-180.00"),
    ("2026-08-27 10:00", "payment", "180.00", "0.00"),
    ("2026-10-20 12:00", "charge", "-500.00", "-500.00"),  # nobody paid October; five terminals as a new subscription
    ("2026-10-20 13:00", "payment", "500.00", "0.00"),
    ("2026-10-22 12:00", "charge", "-280.65", "-280.65"),  # three more: 3 × 100.00 × 29/31, regretted in the evening
    ("2026-10-22 18:00", "credit_note", "280.65", "0.00"),
    ("2026-10-25 12:00", "charge", "-251.61", "-251.61"),  # and wanted again: 26/31
    ("2026-11-01 12:00", "payment", "1051.61", "800.00"),
    ("2026-11-15 10:00", "charge", "-800.00", "0.00"),
    ("2026-12-16 12:00", "payment", "800.00", "800.00"),
    ("2026-12-16 12:01", "charge", "-800.00", "0.00"),
]  # fmt: skip

# (number, kind, paid from, total, credit applied at issue, due on)
INVOICES = [
    ("R-2026-000001", "purchase", "2026-04-01", "90.00", "0.00", "2026-04-15"),
    ("R-2026-000002", "purchase", "2026-04-15", "48.00", "0.00", "2026-04-29"),
    ("R-2026-000003", "purchase", "2026-04-21", "60.00", "0.00", "2026-05-05"),
    ("R-2026-000004", "renewal", "2026-05-01", "360.00", "360.00", "2026-05-12"),
    ("R-2026-000005", "renewal", "2026-06-01", "180.00", "180.00", "2026-06-10"),
    ("R-2026-000006", "purchase", "2026-06-21", "30.00", "20.00", "2026-07-05"),
    ("R-2026-000007", "renewal", "2026-07-01", "180.00", "20.00", "2026-07-10"),
    ("R-2026-000008", "renewal", "2026-08-01", "180.00", "0.00", "2026-08-10"),
    ("R-2026-000009", "renewal", "2026-09-01", "180.00", "0.00", "2026-09-10"),
    ("R-2026-000010", "purchase", "2026-10-20", "500.00", "0.00", "2026-11-03"),
    ("R-2026-000011", "purchase", "2026-10-22", "280.65", "0.00", "2026-11-05"),
    ("R-2026-000012", "purchase", "2026-10-25", "251.61", "0.00", "2026-11-08"),
    ("R-2026-000013", "renewal", "2026-11-20", "800.00", "800.00", "2026-11-29"),
    ("R-2026-000014", "renewal", "2026-12-20", "800.00", "800.00", "2026-12-30"),
]

EVENTS = [
    "created",
    "terms_changed",
    "terms_changed",
    "renewed",
    "renewed",
    "terms_changed",
    "terms_changed",
    "terms_changed",
    "renewed",
    "renewed",
    "renewed",
    "terminated",
    "created",
    "terms_changed",
    "terms_changed",
    "terms_changed",
    "renewed",
    "renewed",
]

# (day, for the period from, outcome, to be paid, of that on the balance)
COLLECTED = [
    ("2026-04-26", "2026-05-01", "no_method", 36000, 0),
    ("2026-04-27", "2026-05-01", "no_method", 36000, 0),
    ("2026-05-27", "2026-06-01", "from_balance", 18000, 18000),
    ("2026-06-26", "2026-07-01", "from_card", 18000, 2000),
    ("2026-07-27", "2026-08-01", "from_card", 18000, 0),
    ("2026-08-27", "2026-09-01", "from_card", 18000, 0),
    ("2026-09-26", "2026-10-01", "no_method", 18000, 0),
    ("2026-09-27", "2026-10-01", "no_method", 18000, 0),
    ("2026-09-28", "2026-10-01", "no_method", 18000, 0),
    ("2026-09-29", "2026-10-01", "no_method", 18000, 0),
    ("2026-09-30", "2026-10-01", "no_method", 18000, 0),
    ("2026-10-01", "2026-10-01", "no_method", 18000, 0),
    ("2026-11-15", "2026-11-20", "from_balance", 80000, 80000),
    ("2026-12-16", "2026-12-20", "from_balance", 80000, 80000),
]


def put(
    party: Party, when: str, tariff_id: str | None = None, quantity: int | None = None, at_: str | None = None
) -> None:
    wish = TermsRequest(tariff_id=tariff_id, quantity=quantity, when=at_)
    plan_changes.change_terms(subscription=party.subscription, request=wish, as_of=at(when), actor="anna")


def mornings(month: str, first: int, last: int) -> None:
    for day in range(first, last + 1):
        until(f"{month}-{day:02} 10:00")


def spring(party: Party) -> None:
    """April is E-b and E-d, June E-c and E-e; May and June are collected from the balance."""
    party.pay("90.00", at("2026-04-01 13:00"))
    put(party, "2026-04-15 10:00", "plus")
    put(party, "2026-04-21 10:00", "max")
    party.pay("108.00", at("2026-04-22 10:00"))
    mornings("2026-04", 26, 27)
    party.pay("360.00", at("2026-04-28 15:00"))
    until("2026-04-28 15:01")
    put(party, "2026-05-10 12:00", "plus")  # cheaper: from June on
    party.pay("200.00", at("2026-05-20 12:00"))
    mornings("2026-05", 27, 27)
    assert party.fresh.priced_by.tariff_id == "max"
    until("2026-06-01 00:00")
    assert party.fresh.priced_by.tariff_id == "plus"
    put(party, "2026-06-15 10:00", "light", at_="now")
    put(party, "2026-06-21 10:00", "plus")


def summer(party: Party) -> None:
    """July to September are taken from a card, until it is removed."""
    pay_and_keep(party, now=at("2026-06-25 12:00"), sum_=3_000)
    mornings("2026-06", 26, 26)
    mornings("2026-07", 27, 28)
    mornings("2026-08", 27, 27)
    method = payment_methods.active_method(party.account)
    assert method is not None
    payment_methods.remove_method(method=method, as_of=at("2026-09-05 12:00"), actor="anna@romashka.example")
    mornings("2026-09", 26, 30)
    until("2026-10-01 10:00")
    assert party.access(at("2026-10-01 23:59:59")) == "full"
    until("2026-10-02 00:00")
    assert party.reasons(at("2026-10-02 00:00")) == ["subscription_terminated"]


def autumn(party: Party) -> None:
    """Back as a new subscription for five terminals; three more, regretted on their day and wanted again."""
    party.subscription = lifecycle.create_subscription(
        instance=party.instance, tariff_id="base", quantity=5, as_of=at("2026-10-20 12:00"), actor="anna"
    )
    party.pay("500.00", at("2026-10-20 13:00"))
    put(party, "2026-10-22 12:00", quantity=8)
    plan_changes.undo_change(subscription=party.subscription, as_of=at("2026-10-22 18:00"), actor="anna")
    put(party, "2026-10-25 12:00", quantity=8)
    party.pay("1051.61", at("2026-11-01 12:00"))
    until("2026-11-15 10:00")
    party.pay("800.00", at("2026-12-16 12:00"))
    until("2026-12-16 12:01")
    until("2026-12-20 00:00")


@pytest.fixture
def year(db: None) -> Party:
    people.installation()
    people.stand_at(at("2026-04-01 12:00"))
    party = people.party(now=at("2026-04-01 12:00"), product="evotor-app", tariff_id="light")
    spring(party)
    summer(party)
    autumn(party)
    return party


def test_the_year_of_a_till(year: Party) -> None:
    assert ledger_of(year) == YEAR
    assert invoices_of(year) == INVOICES
    assert [
        (row.day.isoformat(), row.period_start.isoformat(), row.outcome, row.amount_minor, row.balance_minor)
        for row in Collection.objects.order_by("pk")
    ] == COLLECTED
    event_types = Event.objects.filter(type__startswith="subscription.").order_by("pk").values_list("type", flat=True)
    assert [type_.removeprefix("subscription.") for type_ in event_types] == EVENTS
    people.assert_books_are_right()
