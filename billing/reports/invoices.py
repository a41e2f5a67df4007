"""The state of invoices on a day: status, what was credited, what met them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from billing.models import Allocation, BillingAccount, CreditNote, Invoice


@dataclass(frozen=True)
class InvoiceState:
    """An invoice on one business date: its ``status``, the minor units credited; ``days_late`` from the day after the due date."""

    invoice: Invoice
    status: Invoice.Status
    credited_minor: int
    days_late: int

    @property
    def is_part_paid(self) -> bool:
        return 0 < self.invoice.open_minor < self.invoice.total_minor


def with_credited(invoices: "QuerySet[Invoice]") -> "QuerySet[Invoice]":
    """Annotates each invoice with ``credited``, the sum of each invoice's credit notes in minor units, within the one query."""
    notes = CreditNote.objects.filter(invoice=OuterRef("pk")).values("invoice").annotate(given_back=Sum("total_minor"))
    return invoices.annotate(credited=Coalesce(Subquery(notes.values("given_back")), Value(0)))


def invoice_states(invoices: Iterable[Invoice], today: date) -> list[InvoiceState]:
    """Works out the state on the business date ``today`` of invoices that came through `with_credited`."""
    states = []
    for invoice in invoices:
        credited = int(invoice.credited)  # type: ignore[attr-defined]
        status = invoice.status_on(today, credited)
        late = (today - invoice.due_date).days if status == Invoice.Status.OVERDUE else 0
        states.append(InvoiceState(invoice, status, credited, late))
    return states


def invoices_of(account: BillingAccount) -> "QuerySet[Invoice]":
    """Returns the account's invoices, newest first, ready for `invoice_states`."""
    return with_credited(Invoice.objects.filter(account=account).order_by("-issued_at", "-number"))


def settlements(invoice: Invoice) -> list[Allocation]:
    """Lists what met the invoice, oldest first: payments, earlier credit, credit notes, and what was undone."""
    return list(
        Allocation.objects.filter(invoice=invoice)
        .select_related("credit__payment", "credit__entry__credit_note")
        .order_by("pk")
    )
