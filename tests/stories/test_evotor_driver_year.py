"""A shop's year with the driver that is paid once: more terminals cost the difference (E4), a purchase regretted on its day
(D6), an invoice forgotten, an end on the owner's word and a second purchase. Sums are roubles as the customer sees them."""

import pytest

from billing.operations.subscriptions import lifecycle, plan_changes
from billing.operations.subscriptions.quotes import TermsRequest
from tests.support import people
from tests.support.people import Party, at
from tests.support.storytelling import invoices_of, ledger_of, until

# (Moscow's clock, kind of entry, amount on the balance, balance after)
YEAR = [
    ("2026-01-10 12:00", "charge", "-960.00", "-960.00"),
    ("2026-01-12 12:00", "payment", "960.00", "0.00"),
    ("2026-02-05 12:00", "charge", "-40.00", "-40.00"),  # nine cost no more than ten; and the tenth nothing
    ("2026-02-06 12:00", "payment", "40.00", "0.00"),
    ("2026-03-10 12:00", "charge", "-1500.00", "-1500.00"),  # thirty, regretted a second before midnight
    ("2026-03-10 23:59", "credit_note", "1500.00", "0.00"),
    ("2026-04-01 12:00", "charge", "-1000.00", "-1000.00"),  # twenty; forgotten: read-only from 16 April
    ("2026-04-20 12:00", "payment", "1000.00", "0.00"),
    ("2026-05-31 23:59", "charge", "-500.00", "-500.00"),  # twenty-nine cost what thirty cost
    ("2026-06-02 12:00", "payment", "3000.00", "2500.00"),
    ("2026-07-07 12:00", "charge", "-2500.00", "0.00"),  # sixty
    ("2026-11-11 11:00", "charge", "-2583.33", "-2583.33"),  # bought anew after the end: 31 × 2 500.00/30
    ("2026-11-12 12:00", "payment", "2583.33", "0.00"),
]

# (number, kind, paid from, total, credit applied at issue, due on)
INVOICES = [
    ("R-2026-000001", "purchase", "2026-01-10", "960.00", "0.00", "2026-01-24"),
    ("R-2026-000002", "purchase", "2026-02-05", "40.00", "0.00", "2026-02-19"),
    ("R-2026-000003", "purchase", "2026-03-10", "1500.00", "0.00", "2026-03-24"),
    ("R-2026-000004", "purchase", "2026-04-01", "1000.00", "0.00", "2026-04-15"),
    ("R-2026-000005", "purchase", "2026-05-31", "500.00", "0.00", "2026-06-14"),
    ("R-2026-000006", "purchase", "2026-07-07", "2500.00", "2500.00", "2026-07-21"),
    ("R-2026-000007", "purchase", "2026-11-11", "2583.33", "0.00", "2026-11-25"),
]


def buy(party: Party, when: str, quantity: int) -> int:
    """In all ``quantity`` terminals from now on; what that costs, in kopecks."""
    wish = TermsRequest(quantity=quantity)
    quote = plan_changes.quote_change(subscription=party.subscription, request=wish, as_of=at(when))
    done = plan_changes.change_terms(
        subscription=party.subscription, request=wish, as_of=at(when), actor="anna", quote_token=quote.token
    )
    assert done.due_now_minor == quote.due_now_minor
    return done.due_now_minor


def live_through(party: Party) -> None:
    """What people do in this year, each at their own instant."""
    party.pay("960.00", at("2026-01-12 12:00"))
    assert buy(party, "2026-02-05 12:00", 9) == 4_000  # never more than ten cost
    assert buy(party, "2026-02-05 12:00:01", 10) == 0
    party.pay("40.00", at("2026-02-06 12:00"))
    assert buy(party, "2026-03-10 12:00", 30) == 150_000
    plan_changes.undo_change(subscription=party.subscription, as_of=at("2026-03-10 23:59:59"), actor="anna")
    assert party.fresh.quantity == 10
    assert buy(party, "2026-04-01 12:00", 20) == 100_000
    until("2026-04-15 23:59:59")
    assert party.access(at("2026-04-15 23:59:59")) == "full"
    until("2026-04-16 00:00")
    assert party.reasons(at("2026-04-16 00:00")) == ["invoice_overdue"]
    party.pay("1000.00", at("2026-04-20 12:00"))
    assert party.access(at("2026-04-20 12:00")) == "full"
    assert buy(party, "2026-05-31 23:59:59", 29) == 50_000
    assert buy(party, "2026-06-01 00:00", 30) == 0
    party.pay("3000.00", at("2026-06-02 12:00"))
    assert buy(party, "2026-07-07 12:00", 60) == 250_000
    assert party.terminate(at("2026-09-01 12:00")) is None
    assert party.access(at("2026-09-01 12:00")) == "read_only"
    party.subscription = lifecycle.create_subscription(
        instance=party.instance, tariff_id="driver", quantity=31, as_of=at("2026-11-11 11:00"), actor="anna"
    )
    party.pay("2583.33", at("2026-11-12 12:00"))
    until("2027-01-10 00:00")


@pytest.fixture
def year(db: None) -> Party:
    people.installation()
    party = people.party(now=at("2026-01-10 12:00"), product="evotor-driver", tariff_id="driver", quantity=8)
    live_through(party)
    return party


def test_the_year_of_a_shop_with_a_driver(year: Party) -> None:
    assert ledger_of(year) == YEAR
    assert invoices_of(year) == INVOICES
    people.assert_books_are_right()
