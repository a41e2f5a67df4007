"""Reminders at ten in the morning of the billing zone (D12): what falls due soon is said before it hurts."""

from datetime import datetime, timedelta

from django.db import transaction

from billing import notices
from billing.models import Invoice, Notice, Seller
from billing.pricing.periods import at_hour, business_date

KIND = "due_soon"
DAYS_BEFORE_DUE = 3
HOUR = 10


def invoices_to_remind_of(as_of: datetime) -> list[Invoice]:
    """Open invoices due within three days of which nobody has been reminded; none before ten o'clock."""
    found: list[Invoice] = []
    for seller in Seller.objects.order_by("pk"):
        today = business_date(as_of, seller.time_zone)
        if as_of < at_hour(today, HOUR, seller.time_zone):
            continue
        soon = Invoice.objects.open().filter(
            seller=seller, due_date__gte=today, due_date__lte=today + timedelta(days=DAYS_BEFORE_DUE)
        )
        reminded = Notice.objects.filter(kind=KIND, invoice__in=soon).values("invoice")
        found += soon.exclude(pk__in=reminded).select_related("account__customer", "account__seller", "seller")
    return found


@transaction.atomic
def remind(*, invoice: Invoice, as_of: datetime) -> int:
    """Reminds of one invoice; once, whoever calls. Returns how many mails were written."""
    return len(notices.due_soon(invoice=invoice, at=as_of))
