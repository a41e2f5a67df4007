"""Mails about an invoice: issued, due soon."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts.models import Instance
from billing.models import Invoice, Notice
from billing.notices.letters.base import link, queue
from billing.notices.recipients.readers import account_recipients, each_once
from billing.pricing.due_dates import midnight_after
from billing.wording import charge_lines, formats

BY_MONTH = (Invoice.Kind.MONTHLY, Invoice.Kind.FINAL)


def invoice_recipients(invoice: Invoice) -> list[str]:
    """Lists who gets the invoice (M7): the address given at the registration of each instance on it, the customer's and the
    account's billing addresses; once each."""
    billed = Instance.objects.filter(subscriptions__invoice_lines__invoice=invoice, deleted_at=None)
    registered = billed.order_by("pk").values_list("email", flat=True)
    return each_once([*registered, *account_recipients(invoice.account)])


def period_of(invoice: Invoice) -> str:
    """Names what the invoice is for, in the active language: its month, or the days that were paid in advance."""
    if invoice.kind in BY_MONTH:
        return formats.period_text(invoice.period_start)
    return formats.span_text(invoice.period_start, invoice.span.last_day)


def _lines(invoice: Invoice) -> list[dict[str, str]]:
    return [
        {
            "description": line.description,
            "explanation": formats.formula_text(charge_lines.explanation_of(line)),
            "amount": formats.money_text(line.amount_minor, invoice.currency),
        }
        for line in invoice.lines.order_by("position")
    ]


def queue_invoice_issued(
    *, invoice: Invoice, at: datetime, edition: int = 1, requested_by: str = "", recipients: Sequence[str] | None = None
) -> list[Notice]:
    """Sends the invoice by email, its PDF attached when it is sent (M7)."""
    currency, zone = invoice.currency, invoice.seller.time_zone
    emails = invoice_recipients(invoice) if recipients is None else recipients

    def context(locale: str) -> dict[str, Any]:
        credit = invoice.credit_applied_minor
        return {
            "invoice_number": invoice.number,
            "period": period_of(invoice),
            "total": formats.money_text(invoice.total_minor, currency),
            "credit_applied": formats.money_text(credit, currency) if credit else "",
            "amount_due": formats.money_text(invoice.amount_due_minor, currency),
            "is_paid": invoice.amount_due_minor == 0,
            "due_date": formats.date_text(invoice.due_date),
            "lock_at": formats.instant_text(midnight_after(invoice.due_date, zone), zone),
            "lines": _lines(invoice),
            "invoice_url": link("portal:document", invoice.number),
        }

    return queue(
        kind="invoice_issued",
        fact=f"invoice:{invoice.number}",
        account=invoice.account,
        recipients=emails,
        context=context,
        at=at,
        invoice=invoice,
        edition=edition,
        requested_by=requested_by,
        locale=invoice.locale,
        must=each_once(emails),
    )


def queue_due_soon(*, invoice: Invoice, at: datetime) -> list[Notice]:
    """Tells the recipients of the invoice that it falls due in a few days and is not paid (D12)."""
    zone = invoice.seller.time_zone

    def context(locale: str) -> dict[str, Any]:
        return {
            "invoice_number": invoice.number,
            "open": formats.money_text(invoice.open_minor, invoice.currency),
            "due_date": formats.date_text(invoice.due_date),
            "lock_at": formats.instant_text(midnight_after(invoice.due_date, zone), zone),
            "invoice_url": link("portal:document", invoice.number),
        }

    return queue(
        kind="due_soon",
        fact=f"invoice:{invoice.number}",
        account=invoice.account,
        recipients=invoice_recipients(invoice),
        context=context,
        at=at,
        invoice=invoice,
        locale=invoice.locale,
    )
