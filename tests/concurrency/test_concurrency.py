"""Many at once on a real PostgreSQL: no lost update, no deadlock, no gap, and nothing that a kill -9 leaves half done."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from billing import notices, triggers
from billing.models import (
    BillingAccount,
    BillingPeriod,
    Charge,
    Credit,
    CreditNote,
    Event,
    Invoice,
    JobRun,
    LedgerAccount,
    Notice,
    NumberSeries,
    Subscription,
)
from billing.operations import jobs
from billing.operations.cycle import month_close
from billing.operations.invoices import issuing
from billing.operations.ledger import numbering
from billing.operations.run import billing_run
from billing.operations.settlement import credit_notes
from billing.operations.settlement.credit_notes import NoteLine
from billing.operations.subscriptions import lifecycle
from tests.support import people
from tests.support.people import Party, at
from tests.support.processes import at_once, die, patient

pytestmark = [pytest.mark.pg, pytest.mark.django_db(transaction=True)]

MAY = at("2026-05-01 00:00")
PROCESSES = 16


@pytest.fixture(autouse=True)
def _installation() -> Iterator[None]:
    people.installation()
    people.publish_tariff(tariff_id="solo", unit_price="599.00", included_quantity=0)
    yield
    people.assert_books_are_right()


def many(count: int) -> list[Party]:
    """Customers who owe 599.00 each from the day they came."""
    return [people.party(f"c{number:02}", tariff_id="solo") for number in range(count)]


# --- One hot account ---------------------------------------------------------------------------------------------------------


def test_sixteen_processes_on_one_account_lose_nothing() -> None:
    hot = people.party("hot")
    hot.activate(9, at("2026-04-10 14:03"))
    [invoice] = hot.close(MAY)
    now = at("2026-05-05 12:00")

    def busy(number: int) -> Callable[[], None]:
        def credit() -> object:
            lines = [NoteLine("A part", 100)]
            return credit_notes.issue_credit_note(
                invoice=invoice, lines=lines, reason="A part", as_of=now, actor="finance"
            )

        def work() -> None:
            for step in (1, 2):
                patient(lambda step=step: hot.tell(f"p{number}-{step}", "active", now))
                patient(lambda: hot.pay("100.00", now))
                patient(lambda step=step: hot.tell(f"p{(number + 1) % PROCESSES}-{step}", "active", now))
            patient(credit)
            patient(lambda: hot.tell(f"p{number}-2", "blocked", now))

        return work

    at_once([busy(number) for number in range(PROCESSES)])
    invoice.refresh_from_db()
    assert invoice.open_minor == 599_000 - 320_000 - 1_600
    assert list(CreditNote.objects.order_by("sequence").values_list("sequence", flat=True)) == list(range(1, 17))
    assert Credit.objects.filter(unapplied_minor__gt=0).count() == 0
    # Who blocked whom in which moment is theirs to decide: the peak is what was active at once, and it is what is charged.
    assert 26 <= hot.peak <= 42
    assert hot.balance == -599_000 - hot.peak * 59_900 + 320_000 + 1_600
    assert sum(hot.charges) == 599_000 + hot.peak * 59_900


def test_payments_and_new_subscriptions_of_one_customer_do_not_wait_for_each_other_forever() -> None:
    first = people.party("first", tariff_id="solo")
    now = at("2026-04-05 12:00")
    bare = [people.party(f"more{number}", customer=first.customer, tariff_id="solo") for number in range(6)]
    for party in bare:
        party.terminate(now)
    first.pay("3594.00", now)

    def resume(party: Party) -> Callable[[], None]:
        def work() -> None:
            patient(lambda: party.resume(now))
            patient(lambda: party.terminate(now))

        return work

    def pay() -> None:
        for _again in range(4):
            patient(lambda: first.pay("1.00", now))

    def come(number: int) -> Callable[[], None]:
        attempt = (
            count()
        )  # an instance that was registered stays: whoever comes again after the lock takes another domain

        def work() -> None:
            patient(
                lambda: people.party(f"new{number}-{next(attempt)}", now, customer=first.customer, tariff_id="solo")
            )

        return work

    at_once([*[resume(party) for party in bare], pay, pay, pay, pay, *[come(number) for number in range(6)]])
    assert BillingAccount.objects.count() == 1
    assert Subscription.objects.running().count() == 7  # type: ignore[attr-defined]
    assert first.balance == 359_400 + 1_600 - 13 * 59_900


# --- The close ---------------------------------------------------------------------------------------------------------------


def test_four_closes_at_once_issue_every_invoice_once() -> None:
    parties = many(40)
    done = at_once([lambda: billing_run.close_months(as_of=MAY).invoices for _process in range(4)])
    numbers = [f"R-2026-{sequence:06}" for sequence in range(1, 41)]
    assert sorted(number for issued in done for number in issued) == numbers
    assert sorted(Invoice.objects.values_list("number", flat=True)) == numbers
    assert {party.balance for party in parties} == {-119_800}
    assert Counter(Invoice.objects.values_list("account", flat=True)) == dict.fromkeys(
        [party.account.pk for party in parties], 1
    )
    assert Notice.objects.filter(kind="invoice_issued").count() == 80
    assert JobRun.objects.count() == 0


def dump() -> dict[str, object]:
    """The books as an accountant compares them: everything but ids and the moments of writing."""
    books: dict[str, object] = {"counters": sorted(NumberSeries.objects.values_list("key", "last"))}
    for account in BillingAccount.objects.select_related("customer").order_by("customer__name"):
        invoices = Invoice.objects.filter(account=account).order_by("sequence")
        books[account.customer.name] = {
            "balance": LedgerAccount.objects.get(billing_account=account).balance_minor,
            "open month": account.open_month,
            "invoices": [
                (
                    row.period_start,
                    row.issue_date,
                    row.due_date,
                    row.total_minor,
                    row.amount_due_minor,
                    row.open_minor,
                    [(line.description, line.amount_minor) for line in row.lines.order_by("position")],
                )
                for row in invoices
            ],
            "charges": list(
                Charge.objects.filter(account=account)
                .order_by("pk")
                .values_list("kind", "amount_minor", "billing_month")
            ),
            "credit": list(
                Credit.objects.filter(account=account).order_by("pk").values_list("amount_minor", "unapplied_minor")
            ),
            "events": sorted(Event.objects.filter(account=account).values_list("type", flat=True)),
            "notices": sorted(Notice.objects.filter(account=account).values_list("kind", "recipient", "edition")),
        }
    return books


def build() -> None:
    for number, party in enumerate(many(14)):
        party.activate(number % 3, at("2026-04-10 14:03"))
        if number % 4 == 0:
            party.pay("700.00", at("2026-04-11 12:00"))


def empty() -> None:
    triggers.drop(connection)
    call_command("flush", verbosity=0, interactive=False)
    people.furnish()
    people.publish_tariff(tariff_id="solo", unit_price="599.00", included_quantity=0)


# Where the process dies: (the function, before or after it, at which call). Each account has two months to close, so the first
# account of a run is closed and the second one is torn: none is started five times.
PLACES: list[tuple[Any, str, str, int]] = [
    (BillingPeriod, "close", "before", 3),
    (BillingPeriod, "close", "after", 4),
    (issuing, "build_line", "after", 3),
    (numbering, "next_document_number", "after", 3),
    (issuing, "spend_credit", "before", 4),
    (issuing, "spend_credit", "after", 3),
    (notices, "queue_invoice_issued", "after", 4),
    (jobs, "enqueue", "after", 3),
    (month_close, "open_period", "before", 3),
    (month_close, "open_period", "after", 4),
    (month_close, "close_due_months", "after", 2),
    (jobs, "attempt", "after", 2),
]


def kill_at(place: tuple[Any, str, str, int], now: Any) -> Callable[[], None]:
    module, name, when, nth = place

    def work() -> None:
        original, calls = getattr(module, name), Counter[str]()

        def fatal(*args: Any, **kwargs: Any) -> Any:
            calls["made"] += 1
            if when == "before" and calls["made"] == nth:
                die()
            result = original(*args, **kwargs)
            if calls["made"] == nth:
                die()
            return result

        setattr(module, name, fatal)
        billing_run.close_months(as_of=now)

    return work


def test_a_close_killed_at_twelve_places_and_resumed_leaves_the_books_of_an_undisturbed_one() -> None:
    now = at("2026-06-01 00:00")
    build()
    undisturbed = billing_run.close_months(as_of=now)
    expected = dump()
    assert len(undisturbed.invoices) == 28
    assert billing_run.close_months(as_of=now).invoices == []

    empty()
    build()
    for place in PLACES:
        assert at_once([kill_at(place, now)]) == [None], place
        people.assert_books_are_right()
    assert Invoice.objects.count() < 28, "something is left for the last one to do"
    billing_run.close_months(as_of=now)
    assert dump() == expected
    assert JobRun.objects.count() == 0


def test_an_account_that_kills_its_worker_is_set_aside_after_five_starts_while_the_rest_go_on() -> None:
    parties = many(6)
    poison = parties[3].account

    def fatal_run() -> None:
        issue_monthly = issuing.issue_monthly

        def fatal(*, account: BillingAccount, **others: Any) -> Invoice | None:
            if account == poison:
                die()
            return issue_monthly(account=account, **others)

        issuing.issue_monthly = fatal
        billing_run.close_months(as_of=MAY)

    for start in range(1, 6):
        assert at_once([fatal_run]) == [None]
        assert JobRun.objects.get(kind="close", key=poison.number).attempts == start
    assert Invoice.objects.count() == 3
    at_once([fatal_run])
    assert Invoice.objects.count() == 5
    [run] = JobRun.objects.all()
    assert (run.key, run.attempts) == (poison.number, 5)
    assert sorted(Invoice.objects.values_list("sequence", flat=True)) == [1, 2, 3, 4, 5]

    jobs.retry(run=run, as_of=MAY)
    assert billing_run.close_months(as_of=MAY + timedelta(hours=1)).invoices == ["R-2026-000006"]
    assert parties[3].balance == -119_800


def test_one_terminates_while_another_reports_and_a_third_closes() -> None:
    parties = many(4)
    now = at("2026-05-01 00:00:05")

    def end(party: Party) -> Callable[[], None]:
        return lambda: (
            patient(
                lambda: lifecycle.terminate(
                    subscription=party.subscription, as_of=now, actor="support", reason="The owner asked"
                )
            )
            and None
        )

    works: list[Callable[[], Any]] = [lambda: billing_run.close_months(as_of=now).set_aside]
    for party in parties:
        works += [end(party), lambda party=party: patient(lambda: party.tell("new", "active", now)) and None]
    outcomes = at_once(works)
    assert outcomes[0] == 0
    for party in parties:
        assert [row.kind for row in party.invoices] == ["monthly", "final"]
        assert party.balance in (-119_800, -179_700), "reported before the end it costs 599.00, after it nothing"
