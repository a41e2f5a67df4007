"""A METEOR customer's year, told as a ledger: when, what, how much, and what the account shows after it.

Nine are free, the tenth makes all of them cost 599.00 a month. Amounts and balances are roubles as the customer sees them.
"""

import pytest

from billing.models import Charge, Entry, Event
from billing.operations.run import billing_run
from billing.operations.settlement import adjustments
from billing.pricing.money import from_minor
from tests.support import people
from tests.support.people import Party, at
from tests.support.storytelling import ledger_of

# (Moscow's clock, kind of entry, amount on the balance, balance after)
YEAR = [
    # Anna pays in advance, then the team grows past the free nine.
    ("2026-01-15 10:00", "payment", "10000.00", "10000.00"),
    ("2026-01-20 12:00", "charge", "-5990.00", "4010.00"),  # the 10th
    ("2026-01-27 12:00", "charge", "-599.00", "3411.00"),  # the 11th
    ("2026-02-01 00:00", "charge", "-6589.00", "-3178.00"),  # February begins with eleven; January's invoice is paid already
    ("2026-02-10 12:00", "charge", "-599.00", "-3777.00"),  # the 12th
    ("2026-03-01 00:00", "charge", "-7188.00", "-10965.00"),
    # February's invoice (7 188.00, of which 3 411.00 lay on the account) is due on 15 March.
    ("2026-03-14 12:00", "payment", "3777.00", "-7188.00"),
    # In March four leave; April begins with eight and costs nothing. March's invoice is due on 15 April and stays unpaid.
    ("2026-04-16 09:00", "payment", "5000.00", "-2188.00"),  # read-only since midnight; a part is not enough
    ("2026-04-17 09:00", "payment", "2188.00", "0.00"),  # and this is the last kopeck
    # In May, late news of April: two more were there for three days, ten in all.
    ("2026-05-06 12:00", "charge", "-5990.00", "-5990.00"),
    ("2026-05-20 12:00", "charge", "-5990.00", "-11980.00"),  # May has a tenth of its own
    # June begins with ten; May's invoice carries both, 11 980.00, due on 15 June.
    ("2026-06-01 00:00", "charge", "-5990.00", "-17970.00"),
    ("2026-06-10 12:00", "payment", "11980.00", "-5990.00"),
    # The owner ends it on 20 June: the final invoice is June's, due on 4 July, and paid.
    ("2026-06-30 12:00", "payment", "6000.00", "10.00"),
    # Taken up again in October with ten people.
    ("2026-10-12 11:00", "charge", "-5990.00", "-5980.00"),
    ("2026-11-01 00:00", "charge", "-5990.00", "-11970.00"),
    ("2026-11-10 12:00", "payment", "5980.00", "-5990.00"),
    ("2026-11-20 12:00", "adjustment", "599.00", "-5391.00"),  # for an outage
    ("2026-12-01 00:00", "charge", "-5990.00", "-11381.00"),
    ("2026-12-10 12:00", "payment", "11381.00", "0.00"),
    ("2027-01-01 00:00", "charge", "-5990.00", "-5990.00"),  # the new year begins with ten
]  # fmt: skip

# (number, for the month that begins on, total, credit applied at issue, due on)
INVOICES = [
    ("R-2026-000001", "2026-01-01", "6589.00", "6589.00", "2026-02-15"),
    ("R-2026-000002", "2026-02-01", "7188.00", "3411.00", "2026-03-15"),
    ("R-2026-000003", "2026-03-01", "7188.00", "0.00", "2026-04-15"),
    ("R-2026-000004", "2026-05-01", "11980.00", "0.00", "2026-06-15"),
    ("R-2026-000005", "2026-06-01", "5990.00", "0.00", "2026-07-04"),
    ("R-2026-000006", "2026-10-01", "5990.00", "10.00", "2026-11-15"),
    ("R-2026-000007", "2026-11-01", "5990.00", "599.00", "2026-12-15"),
    ("R-2027-000001", "2026-12-01", "5990.00", "5990.00", "2027-01-15"),
]


def live_through(party: Party) -> None:
    """What people do in this year, each at their own instant; the run of every midnight is between."""

    def until(instant: str) -> None:
        billing_run.close_months(as_of=at(instant))
        billing_run.announce_changes(as_of=at(instant))

    party.activate(8, at("2026-01-15 09:30"))
    party.pay("10000.00", at("2026-01-15 10:00"))
    party.activate(1, at("2026-01-20 12:00"))
    party.activate(1, at("2026-01-27 12:00"))
    until("2026-02-01 00:00")
    party.activate(1, at("2026-02-10 12:00"))
    until("2026-03-01 00:00")
    party.pay("3777.00", at("2026-03-14 12:00"))
    until("2026-03-16 00:00")
    party.block([9, 10, 11, 12], at("2026-03-20 12:00"))
    until("2026-04-01 00:00")
    until("2026-04-16 00:00")
    assert party.access(at("2026-04-16 00:00")) == "read_only"
    party.pay("5000.00", at("2026-04-16 09:00"))
    assert party.access(at("2026-04-16 09:00")) == "read_only"
    party.pay("2188.00", at("2026-04-17 09:00"))
    assert party.access(at("2026-04-17 09:00")) == "full"
    until("2026-05-01 00:00")
    for who in ("g-1", "g-2"):
        party.tell(who, "removed", at("2026-05-06 12:00"), occurred_at=at("2026-04-13 18:00"))
        party.tell(who, "active", at("2026-05-06 12:00"), occurred_at=at("2026-04-10 09:00"))
    party.activate(2, at("2026-05-20 12:00"))
    until("2026-06-01 00:00")
    party.pay("11980.00", at("2026-06-10 12:00"))
    party.terminate(at("2026-06-20 12:00"))
    assert party.access(at("2026-06-20 12:00")) == "read_only"
    party.pay("6000.00", at("2026-06-30 12:00"))
    for month in (7, 8, 9, 10):
        until(f"2026-{month:02}-01 00:00")
    party.resume(at("2026-10-12 11:00"))
    assert party.access(at("2026-10-12 11:00")) == "full"
    until("2026-11-01 00:00")
    party.pay("5980.00", at("2026-11-10 12:00"))
    adjustments.adjust_balance(
        account=party.account,
        amount_minor=59_900,
        currency="RUB",
        reason_code="service_failure",
        comment="The outage of 18 November",
        as_of=at("2026-11-20 12:00"),
        actor="finance",
    )
    until("2026-12-01 00:00")
    party.pay("11381.00", at("2026-12-10 12:00"))
    until("2027-01-01 00:00")


@pytest.fixture
def year(db: None) -> Party:
    people.installation()
    party = people.party(now=at("2026-01-15 09:00"))
    live_through(party)
    return party


def test_the_year_of_a_meteor_customer(year: Party) -> None:
    assert ledger_of(year) == YEAR
    assert [
        (
            row.number,
            row.period_start.isoformat(),
            str(from_minor(row.total_minor, "RUB")),
            str(from_minor(row.credit_applied_minor, "RUB")),
            row.due_date.isoformat(),
        )
        for row in year.invoices
    ] == INVOICES
    assert [row.open_minor for row in year.invoices] == [0] * 8
    late = Charge.objects.get(kind="late")
    assert (late.amount_minor, late.explanation["month"]) == (599_000, "2026-04-01")
    assert list(Event.objects.filter(type__startswith="instance.").values_list("type", flat=True)) == [
        "instance.read_only",
        "instance.restored",
        "instance.read_only",
        "instance.restored",
    ]
    assert Entry.objects.filter(account=year.account).count() == len(YEAR)
    people.assert_books_are_right()
