"""How a year is told: the jobs of every midnight and morning between what people do, and an account's ledger as tuples."""

from datetime import datetime
from decimal import Decimal

from billing.models import Posting
from billing.operations.run import billing_run
from billing.pricing.money import from_minor
from tests.support import people
from tests.support.people import Party, at

# What `running.run_due` does but for rendering and sending, which say nothing of money.
STEPS = (
    billing_run.settle_payments,
    billing_run.close_months,
    billing_run.announce_changes,
    billing_run.collect_renewals,
    billing_run.remind,
)

# (Moscow's clock, kind of entry, amount on the balance, balance after)
LedgerRow = tuple[str, str, str, str]


def run(now: datetime) -> None:
    """The jobs of this instant, as the schedules nudge them."""
    people.stand_at(now)
    for step in STEPS:
        assert step(as_of=now).set_aside == 0


def until(instant: str) -> None:
    run(at(instant))


def ledger_of(party: Party) -> list[LedgerRow]:
    """The account's entries in the order of their writing."""
    own, entries, balance = party.account.ledger_account, [], Decimal(0)
    postings = Posting.objects.filter(debit=own) | Posting.objects.filter(credit=own)
    for row in postings.select_related("entry").order_by("pk"):
        amount = from_minor(row.amount_minor if row.credit_id == own.pk else -row.amount_minor, row.currency)
        balance += amount
        moment = row.entry.at.astimezone(people.MOSCOW).strftime("%Y-%m-%d %H:%M")
        entries.append((moment, row.entry.kind, str(amount), str(balance)))
    return entries


def invoices_of(party: Party) -> list[tuple[str, str, str, str, str, str]]:
    """(number, kind, first day, total, credit applied at issue, due on) of every invoice, in their order."""
    return [
        (
            row.number,
            row.kind,
            row.period_start.isoformat(),
            str(from_minor(row.total_minor, row.currency)),
            str(from_minor(row.credit_applied_minor, row.currency)),
            row.due_date.isoformat(),
        )
        for row in party.invoices
    ]
