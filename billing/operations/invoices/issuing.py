"""Issuing invoices: charges become lines, credit on the account pays first, the number is taken last (M7, G6, G7)."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import models

from billing import notices
from billing.models import (
    Allocation,
    BillingAccount,
    BillingPeriod,
    Charge,
    Credit,
    Invoice,
    SavedMethod,
    Subscription,
    VatRate,
)
from billing.models.ledger import Entry, LedgerAccount
from billing.operations import jobs
from billing.operations.events import outbox
from billing.operations.invoices.invoice_lines import ONE_LINE_EACH, Group, build_line, group_charges, tariff_of
from billing.operations.ledger import numbering, posting
from billing.pricing import due_dates
from billing.pricing.money import from_minor, to_minor
from billing.pricing.periods import Span, business_date
from billing.wording import charge_lines

# Invoices that the saved payment method pays at once where the balance does not (D17).
PAID_AT_ONCE = (Invoice.Kind.PURCHASE, Invoice.Kind.RENEWAL)


def _included_tax(account: BillingAccount, total_minor: int, supplied_on: date) -> tuple[int, Decimal | None]:
    """Works out the VAT inside the total at the rate of the date of supply; (0, None) for a seller without VAT."""
    seller = account.seller
    if not seller.vat_code:
        return 0, None
    percent = VatRate.percent_on(seller.vat_code, supplied_on)
    included = from_minor(total_minor, account.currency) * percent / (100 + percent)
    return to_minor(included, account.currency), percent


def spend_credit(account: BillingAccount, invoice: Invoice, kind: Allocation.Kind, at: datetime) -> int:
    """Pays ``invoice`` from what the account holds, oldest credit first (G7); returns how much, in minor units."""
    remaining = invoice.open_minor
    for credit in Credit.objects.unapplied().filter(account=account):
        if remaining == 0:
            break
        amount = min(remaining, credit.unapplied_minor)
        Allocation.objects.create(credit=credit, invoice=invoice, kind=kind, amount_minor=amount, at=at)
        remaining -= amount
    spent = invoice.open_minor - remaining
    invoice.refresh_from_db(fields=["open_minor"])
    return spent


def available_credit(account: BillingAccount) -> int:
    """Returns the credit of ``account`` that no invoice has used yet, in minor units."""
    return sum(credit.unapplied_minor for credit in Credit.objects.unapplied().filter(account=account))


def _payment_days(account: BillingAccount, groups: list[Group]) -> int:
    """Days to pay: the longest that a tariff on the invoice grants, else the seller's."""
    tariffs = [tariff_of(group.first) for group in groups if group.first.subscription]
    return max((tariff.payment_days for tariff in tariffs), default=account.seller.payment_days)


def issue_invoice(
    *, account: BillingAccount, charges: Iterable[Charge], span: Span, kind: Invoice.Kind, key: str, as_of: datetime
) -> Invoice | None:
    """Issues one invoice over ``charges`` for the days of ``span``; None where they come to nothing or less.

    What is left below zero stays on the account as it is and is collected with the next invoice. ``key`` is the business
    fact: it is billed once. The issue date is the business day on which this really happens (D2).
    """
    groups = group_charges(charges)
    total_minor = sum(group.amount_minor for group in groups)
    if total_minor <= 0:
        return None
    invoice_id = uuid.uuid4()
    locale = account.customer.locale
    people = charge_lines.people_of(group.first for group in groups)
    for position, group in enumerate(groups, start=1):
        line = build_line(invoice_id, position, group, locale, people)
        line.save(force_insert=True)
        Charge.objects.filter(pk__in=[charge.pk for charge in group.charges]).update(line=line)
    credit_applied = min(total_minor, available_credit(account))
    tax_minor, percent = _included_tax(account, total_minor, span.last_day)
    issue_date = business_date(as_of, account.zone)
    number, year, sequence = numbering.next_document_number(account.seller, account.seller.series, as_of)
    invoice = Invoice(
        id=invoice_id,
        number=number,
        series=account.seller.series,
        year=year,
        sequence=sequence,
        seller=account.seller,
        account=account,
        key=key,
        kind=kind,
        currency=account.currency,
        locale=locale,
        period_start=span.start,
        period_end=span.end,
        issue_date=issue_date,
        due_date=due_dates.payment_date(issue_date, _payment_days(account, groups)),
        issued_at=as_of,
        line_count=len(groups),
        total_minor=total_minor,
        tax_minor=tax_minor,
        tax_percent=percent,
        credit_applied_minor=credit_applied,
        amount_due_minor=total_minor - credit_applied,
        open_minor=total_minor,
        seller_snapshot=account.seller.snapshot(),
        buyer_snapshot=account.customer.snapshot(),
    )
    invoice.save(force_insert=True)
    _settle_and_announce(invoice, as_of)
    return invoice


def _settle_and_announce(invoice: Invoice, as_of: datetime) -> None:
    """Posts the VAT of a new invoice, pays it from the account's credit, and emits its event, mails and nudges."""
    if invoice.tax_minor:  # its charges put it gross into the revenue
        revenue = posting.seller_account(invoice.seller, LedgerAccount.Kind.REVENUE)
        vat = posting.seller_account(invoice.seller, LedgerAccount.Kind.VAT)
        posting.post(
            key=f"vat:{invoice.number}",
            kind=Entry.Kind.VAT,
            account=invoice.account,
            moves=[posting.Move(revenue, vat, invoice.tax_minor)],
            at=as_of,
        )
    spend_credit(invoice.account, invoice, Allocation.Kind.AT_ISSUE, as_of)
    outbox.emit("invoice.issued", at=as_of, account=invoice.account, data=event_data(invoice))
    if invoice.open_minor == 0:
        outbox.emit("invoice.paid", at=as_of, account=invoice.account, data=event_data(invoice))
    notices.queue_invoice_issued(invoice=invoice, at=as_of)
    jobs.enqueue("billing.tasks.deliver", invoice.number)
    methods = SavedMethod.objects.filter(account=invoice.account, removed_at=None)
    if invoice.open_minor and invoice.kind in PAID_AT_ONCE and methods.exists():
        jobs.enqueue("billing.tasks.collect", invoice.number)


def event_data(invoice: Invoice) -> dict[str, Any]:
    """Returns the data of ``invoice`` that events carry."""
    return {
        "number": invoice.number,
        "account": invoice.account.number,
        "due_date": invoice.due_date.isoformat(),
        "total": outbox.money_data(invoice.total_minor, invoice.currency),
        "open": outbox.money_data(invoice.open_minor, invoice.currency),
    }


def uncollected_minor(account: BillingAccount, subscription: Subscription) -> int:
    """Returns the sum that `issue_prepaid` of ``subscription`` would bill now, in minor units; neither row needs to be stored."""
    if account._state.adding:
        return 0
    is_billed_together = models.Q(subscription=None)
    if not subscription._state.adding:
        is_billed_together |= models.Q(subscription=subscription)
    return sum(
        charge.amount_minor for charge in Charge.objects.uncollected().filter(is_billed_together, account=account)
    )


def _uncollected_charges(account: BillingAccount) -> Any:
    return (
        Charge.objects.uncollected()
        .filter(account=account)
        .select_related("subscription__tariff", "subscription__instance", "period__tariff")
        .order_by("pk")
    )


def issue_monthly(*, account: BillingAccount, span: Span, as_of: datetime) -> Invoice | None:
    """Issues the account's invoice for the month ``span``: all use posted in it and not yet on an invoice (M7, D5). Paid time
    is billed when it begins (D17), together with adjustments where nothing is metered."""
    charges = _uncollected_charges(account).filter(billing_month__lte=span.start).exclude(kind__in=ONE_LINE_EACH)
    if not charges.exclude(subscription=None).exists():
        beginning = account.subscriptions.filter(
            terminated_at=None, next_transition_date=span.end, paid_from__isnull=False
        )
        if beginning.exists():  # its invoice takes the adjustments along
            return None
    return issue_invoice(
        account=account,
        charges=charges,
        span=span,
        kind=Invoice.Kind.MONTHLY,
        key=f"month:{account.number}:{span.start:%Y-%m}",
        as_of=as_of,
    )


def issue_prepaid(
    *,
    account: BillingAccount,
    subscriptions: Sequence[Subscription],
    key: str,
    as_of: datetime,
    kind: Invoice.Kind = Invoice.Kind.RENEWAL,
) -> Invoice | None:
    """Issues the invoice of paid time that begins or changes: everything of ``subscriptions`` that is not on one yet (D17, B7),
    and adjustments of the account. None where there is nothing to bill."""
    is_billed_together = models.Q(subscription__in=list(subscriptions)) | models.Q(subscription=None)
    charges = list(_uncollected_charges(account).filter(is_billed_together)) if subscriptions else []
    if not any(charge.subscription_id for charge in charges):
        return None
    return issue_invoice(
        account=account, charges=charges, span=_span_of(charges, account, as_of), kind=kind, key=key, as_of=as_of
    )


def _span_of(charges: Sequence[Charge], account: BillingAccount, as_of: datetime) -> Span:
    """Returns the days of the periods that begin, else those that the charges pay for; today for what is bought once."""
    beginning = [row for row in charges if row.kind in (Charge.Kind.START, Charge.Kind.RENEWAL)]
    days = [
        date.fromisoformat(row.explanation[name])
        for row in beginning or charges
        for name in ("from", "until")
        if name in row.explanation
    ]
    today = business_date(as_of, account.zone)
    first, until = min(days, default=today), max(days, default=today)
    return Span(first, max(until, first + timedelta(days=1)))


def issue_final(*, period: BillingPeriod, as_of: datetime) -> Invoice | None:
    """Issues the final invoice of a terminated subscription for its month so far: ``period`` is the one that the termination
    ended (M12)."""
    subscription = period.subscription
    return issue_invoice(
        account=subscription.account,
        charges=_uncollected_charges(subscription.account).filter(subscription=subscription),
        span=period.span,
        kind=Invoice.Kind.FINAL,
        key=f"final:{subscription.public_id}:{period.number}",
        as_of=as_of,
    )
