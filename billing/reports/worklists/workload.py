"""The work that needs somebody of the staff now: counts and sums, each with the list that it stands for. Nothing here writes."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, QuerySet, Sum

from billing.models import BillingAccount, Invoice, JobRun, LedgerAccount, Notice, Tariff
from billing.operations.cycle import due


@dataclass(frozen=True)
class Backlog:
    """Work of one kind that waits for the staff: how many rows, and their sums in minor units by currency."""

    count: int = 0
    sums: dict[str, int] = field(default_factory=dict)


def overdue_invoices(as_of: datetime) -> "QuerySet[Invoice]":
    """Selects open invoices whose due date has passed, each on its seller's wall calendar (M8)."""
    return due.due_rows(due.Kind.INVOICE_LOCK, as_of=as_of).order_by()


def due_soon_days() -> int:
    """Returns within how many days an invoice that falls due is worth a call: as many as its owners are reminded before."""
    return max(due.invoice_reminder_days())


def invoices_due_soon(as_of: datetime) -> "QuerySet[Invoice]":
    """Selects open invoices that fall due today or within `due_soon_days`."""
    return due.coming_rows(due.Kind.INVOICE_LOCK, as_of=as_of, days=due_soon_days()).order_by()


def invoices_not_overdue(as_of: datetime) -> "QuerySet[Invoice]":
    """Selects open invoices that are not overdue."""
    return Invoice.objects.filter(open_minor__gt=0).exclude(pk__in=overdue_invoices(as_of).values("pk"))


def count_backlog(invoices: "QuerySet[Invoice]", counted: str = "pk") -> Backlog:
    """Counts ``invoices`` (by distinct ``counted``) and adds up what is open on them, never mixing two currencies."""
    rows = (
        invoices.order_by()
        .values("currency")
        .annotate(count=Count(counted, distinct=True), still_open=Sum("open_minor"))
    )
    totals = list(rows)
    return Backlog(sum(row["count"] for row in totals), {row["currency"]: row["still_open"] for row in totals})


def debtors(as_of: datetime) -> Backlog:
    """Accounts with overdue invoices, and so read-only instances (M8), with what restores them (M9)."""
    return count_backlog(overdue_invoices(as_of), counted="account")


def accounts_to_close(as_of: datetime) -> "QuerySet[BillingAccount]":
    """Accounts with a month that is over and not closed."""
    return due.accounts_to_close(as_of=as_of)


def unfinished_work() -> "QuerySet[JobRun]":
    """Pieces of work that were started and not finished."""
    return JobRun.objects.all()


def failed_mails() -> "QuerySet[Notice]":
    return Notice.objects.filter(state=Notice.State.FAILED)


def tariffs_in_review() -> "QuerySet[Tariff]":
    return Tariff.objects.filter(status=Tariff.Status.IN_REVIEW)


def worst_debtors(as_of: datetime, limit: int = 8) -> list[Invoice]:
    """Returns the overdue invoices that have waited longest, with their accounts."""
    return list(overdue_invoices(as_of).select_related("account__customer").order_by("due_date", "number")[:limit])


def balances() -> dict[str, int]:
    """Sums what all customers' accounts hold, by currency, in minor units: below zero they owe."""
    rows = (
        LedgerAccount.objects.filter(kind=LedgerAccount.Kind.CUSTOMER)
        .order_by()
        .values("currency")
        .annotate(total=Sum("balance_minor"))
    )
    return {row["currency"]: row["total"] for row in rows}
