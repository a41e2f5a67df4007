"""What needs somebody of the staff now: counts and sums, each with the list that it stands for. Nothing here writes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, Sum

from billing.models import BillingAccount, Invoice, JobRun, LedgerAccount, Notice, Seller, Tariff
from billing.pricing.periods import business_date, month_start

# An invoice that falls due within so many days is worth a look: the customer may be called.
SOON_DAYS = 3


@dataclass(frozen=True)
class Heap:
    """Rows of one kind that wait: how many, and their sums in minor units by currency."""

    count: int = 0
    sums: dict[str, int] = field(default_factory=dict)


def overdue(as_of: datetime) -> "QuerySet[Invoice]":
    """Open invoices whose due date has passed, each on its seller's wall calendar (M8)."""
    late = Q(pk__in=[])
    for seller in Seller.objects.order_by("pk"):
        late |= Q(seller=seller, due_date__lt=business_date(as_of, seller.time_zone))
    return Invoice.objects.filter(late, open_minor__gt=0)


def due_soon(as_of: datetime, days: int = SOON_DAYS) -> "QuerySet[Invoice]":
    """Open invoices that fall due today or within ``days`` days."""
    soon = Q(pk__in=[])
    for seller in Seller.objects.order_by("pk"):
        today = business_date(as_of, seller.time_zone)
        soon |= Q(seller=seller, due_date__gte=today, due_date__lte=today + timedelta(days=days))
    return Invoice.objects.filter(soon, open_minor__gt=0)


def not_due(as_of: datetime) -> "QuerySet[Invoice]":
    """Open invoices that are not overdue."""
    return Invoice.objects.filter(open_minor__gt=0).exclude(pk__in=overdue(as_of).values("pk"))


def heap(invoices: "QuerySet[Invoice]", counted: str = "pk") -> Heap:
    """How many (distinct ``counted``) and what is open on them, by currency: sums of two currencies are never mixed."""
    rows = (
        invoices.order_by()
        .values("currency")
        .annotate(count=Count(counted, distinct=True), still_open=Sum("open_minor"))
    )
    found = list(rows)
    return Heap(sum(row["count"] for row in found), {row["currency"]: row["still_open"] for row in found})


def debtors(as_of: datetime) -> Heap:
    """Accounts with overdue invoices, and so read-only instances (M8), with what restores them (M9)."""
    return heap(overdue(as_of), counted="account")


def to_close(as_of: datetime) -> "QuerySet[BillingAccount]":
    """Accounts with a month that is over and not closed."""
    late = Q(pk__in=[])
    for seller in Seller.objects.order_by("pk"):
        late |= Q(seller=seller, open_month__lt=month_start(business_date(as_of, seller.time_zone)))
    return BillingAccount.objects.filter(late)


def set_aside() -> "QuerySet[JobRun]":
    """Work that was begun and not finished."""
    return JobRun.objects.all()


def failed_mails() -> "QuerySet[Notice]":
    return Notice.objects.filter(state=Notice.State.FAILED)


def in_review() -> "QuerySet[Tariff]":
    return Tariff.objects.filter(status=Tariff.Status.IN_REVIEW)


def worst_debtors(as_of: datetime, limit: int = 8) -> list[Invoice]:
    """The overdue invoices that have waited longest, with their accounts."""
    return list(overdue(as_of).select_related("account__customer").order_by("due_date", "number")[:limit])


def balances() -> dict[str, int]:
    """What all customers' accounts hold, by currency, in minor units: below zero they owe."""
    rows = (
        LedgerAccount.objects.filter(kind=LedgerAccount.Kind.CUSTOMER)
        .order_by()
        .values("currency")
        .annotate(total=Sum("balance_minor"))
    )
    return {row["currency"]: row["total"] for row in rows}
