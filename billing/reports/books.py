"""The proof of the books: every invariant of the ledger, the documents and the events that can be counted is counted.

A check yields its faults: the balance of an account against its postings (G5), documents against their charges (G6), what has
to hold at any time (I-1 … I-9).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, F, Max, Min, Q, Sum, Window
from django.db.models.functions import Lag

from billing import triggers
from billing.models import (
    Allocation,
    BillingAccount,
    Charge,
    Credit,
    CreditNote,
    Entry,
    Event,
    Invoice,
    InvoiceLine,
    LedgerAccount,
    NumberSeries,
    Offer,
    Posting,
)
from billing.operations.events import stream
from billing.pricing.explanations.explanation import evaluate


@dataclass(frozen=True)
class Fault:
    """Something that does not agree: which rule, what it is about, and the two figures."""

    check: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.check}: {self.subject}: {self.detail}"


def _sums(queryset: object, key: str, amount: str) -> dict[object, int]:
    return {row[key]: row["sum"] for row in queryset.values(key).annotate(sum=Sum(amount))}  # type: ignore[attr-defined]


def balances() -> Iterator[Fault]:
    """Checks that the balance kept on each customer's account equals the sum of its postings (G5)."""
    debits = _sums(Posting.objects.order_by(), "debit", "amount_minor")
    credits = _sums(Posting.objects.order_by(), "credit", "amount_minor")
    for account in LedgerAccount.objects.filter(kind=LedgerAccount.Kind.CUSTOMER).iterator():
        posted = credits.get(account.pk, 0) - debits.get(account.pk, 0)
        if posted != account.balance_minor:
            yield Fault("balance", f"ledger account {account.pk}", f"kept {account.balance_minor}, postings {posted}")


def entries() -> Iterator[Fault]:
    """Checks that every entry has postings, and every posting moves one currency (G5)."""
    for entry in Entry.objects.annotate(n=Count("postings")).filter(n=0):
        yield Fault("entry", entry.key, "has no postings")
    mixed = Posting.objects.exclude(currency=F("debit__currency")) | Posting.objects.exclude(
        currency=F("credit__currency")
    )
    for posting in mixed:
        yield Fault("posting", str(posting.pk), "mixes currencies")


def invoices() -> Iterator[Fault]:
    """Invoices equal their lines and charges; what is open is total less allocations (G6, G7)."""
    lines = _sums(Invoice.objects.order_by(), "id", "lines__amount_minor")
    charges = _sums(Charge.objects.exclude(line=None).order_by(), "line__invoice", "amount_minor")
    paid = _sums(Allocation.objects.exclude(invoice=None).order_by(), "invoice", "amount_minor")
    at_issue = _sums(Allocation.objects.filter(kind=Allocation.Kind.AT_ISSUE).order_by(), "invoice", "amount_minor")
    for invoice in Invoice.objects.iterator():
        figures = {
            "lines": (lines.get(invoice.pk, 0), invoice.total_minor),
            "charges": (charges.get(invoice.pk, 0), invoice.total_minor),
            "open": (invoice.total_minor - paid.get(invoice.pk, 0), invoice.open_minor),
            "credit applied": (at_issue.get(invoice.pk, 0), invoice.credit_applied_minor),
        }
        for name, (counted, stored) in figures.items():
            if counted != stored:
                yield Fault("invoice", invoice.number, f"{name}: counted {counted}, kept {stored}")


def credits() -> Iterator[Fault]:
    """Checks that what is left of each credit is its amount less its allocations, and belongs to the balance (G7)."""
    used = _sums(Allocation.objects.order_by(), "credit", "amount_minor")
    for credit in Credit.objects.iterator():
        left = credit.amount_minor - used.get(credit.pk, 0)
        if left != credit.unapplied_minor:
            yield Fault("credit", str(credit.pk), f"left {left}, kept {credit.unapplied_minor}")


def accounts() -> Iterator[Fault]:
    """Checks that the balance is unused credit less what is open less what is not yet on an invoice (G3, G7)."""
    unused = _sums(Credit.objects.order_by(), "account", "unapplied_minor")
    open_ = _sums(Invoice.objects.order_by(), "account", "open_minor")
    uncollected = _sums(Charge.objects.uncollected().order_by(), "account", "amount_minor")
    for account in BillingAccount.objects.select_related("ledger_account").iterator():
        expected = unused.get(account.pk, 0) - open_.get(account.pk, 0) - uncollected.get(account.pk, 0)
        if expected != account.ledger_account.balance_minor:
            stored = account.ledger_account.balance_minor
            yield Fault("account", account.number, f"documents say {expected}, balance {stored}")


def debts() -> Iterator[Fault]:
    """Checks that there is one truth about debt (D21): no credit waits while an invoice is open, and what is open on invoices is
    never more than what is owed.

    Corrections downwards that an earlier release left for the next invoice are not counted: they wait for it.
    """
    unused = _sums(Credit.objects.order_by(), "account", "unapplied_minor")
    unbilled = Charge.objects.uncollected().exclude(kind=Charge.Kind.LATE, amount_minor__lt=0)
    uncollected = _sums(unbilled.order_by(), "account", "amount_minor")
    open_sums = _sums(Invoice.objects.filter(open_minor__gt=0).order_by(), "account", "open_minor")
    for account in BillingAccount.objects.filter(pk__in=Invoice.objects.open().values("account")).iterator():
        open_minor = open_sums[account.pk]
        if unused.get(account.pk, 0) > 0:
            yield Fault("debt", account.number, f"credit of {unused[account.pk]} waits, open are {open_minor}")
        if uncollected.get(account.pk, 0) < 0:
            yield Fault("debt", account.number, f"open are {open_minor}, owed is {-uncollected[account.pk]} less")


def charges() -> Iterator[Fault]:
    """Checks that every charge is what its explanation works out to, and what its entry posted (G8)."""
    customers = LedgerAccount.objects.filter(kind=LedgerAccount.Kind.CUSTOMER)
    on_accounts = Posting.objects.filter(
        Q(debit__in=customers) | Q(credit__in=customers)
    )  # not the VAT of a credit note
    posted = _sums(on_accounts.order_by(), "entry", "amount_minor")
    for charge in Charge.objects.iterator():
        if evaluate(charge.explanation) != charge.amount_minor:
            yield Fault(
                "charge", str(charge.pk), f"explained {evaluate(charge.explanation)}, kept {charge.amount_minor}"
            )
        if posted.get(charge.entry_id, 0) != abs(charge.amount_minor):
            yield Fault("charge", str(charge.pk), "differs from its entry")


def lines() -> Iterator[Fault]:
    """Checks that every line of an invoice is what its explanation works out to (G8)."""
    for line in InvoiceLine.objects.select_related("invoice").iterator():
        if evaluate(line.explanation) != line.amount_minor:
            subject = f"{line.invoice.number} line {line.position}"
            yield Fault("line", subject, f"explained {evaluate(line.explanation)}, kept {line.amount_minor}")


def numbers() -> Iterator[Fault]:
    """Numbers run 1, 2, 3 … within a series and year, and no further than was handed out (G6)."""
    counters = dict(NumberSeries.objects.exclude(key__in=["account", stream.SERIES]).values_list("key", "last"))
    for model in (Invoice, CreditNote, Offer):
        spans = (
            model.objects.order_by()
            .values("series", "year")
            .annotate(n=Count("pk"), first=Min("sequence"), last=Max("sequence"))
        )
        for row in spans:
            key = f"{row['series']}-{row['year']}"
            handed_out = counters.pop(key, None)
            if not (row["first"] == 1 and row["last"] == row["n"] == handed_out):
                yield Fault(
                    "numbers", key, f"{row['n']} documents, {row['first']} to {row['last']}, counter {handed_out}"
                )
    for key, last in counters.items():
        yield Fault("numbers", key, f"no documents, counter {last}")


def stream_positions() -> Iterator[Fault]:
    """Events stand in the stream at 1, 2, 3 … and in each subscription in the order of their numbers (E9)."""
    counter = NumberSeries.objects.filter(key=stream.SERIES).values_list("last", flat=True).first() or 0
    placed = Event.objects.aggregate(n=Count("position"), first=Min("position"), last=Max("position"))
    if not placed["n"] == counter == (placed["last"] or 0) or placed["first"] not in (None, 1):
        yield Fault("stream", f"{placed['n']} places", f"{placed['first']} to {placed['last']}, counter {counter}")
    before = Window(Lag("position"), partition_by=F("subscription"), order_by=F("sequence").asc())
    placed_events = Event.objects.exclude(subscription=None).exclude(position=None).annotate(before=before)
    for public_id in placed_events.filter(before__gt=F("position")).values_list("public_id", flat=True):
        yield Fault("stream", public_id, "stands before an earlier one of its subscription")


def guards() -> Iterator[Fault]:
    """Checks that every trigger is in the database (2.2)."""
    for name in triggers.list_missing(connection):
        yield Fault("trigger", name, "is missing")


CHECKS = (guards, balances, entries, invoices, credits, accounts, debts, charges, lines, numbers, stream_positions)


def faults() -> list[Fault]:
    """Lists everything that is wrong with the books; empty where they are right."""
    return [fault for check in CHECKS for fault in check()]
