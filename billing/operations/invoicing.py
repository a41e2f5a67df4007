"""Issuing invoices: charges become lines, credit on the account pays first, the number is taken last (M7, G6, G7)."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from billing import notices, wording
from billing.models import Allocation, BillingAccount, BillingPeriod, Charge, Credit, Invoice, InvoiceLine, VatRate
from billing.models.ledger import Entry, LedgerAccount
from billing.operations import events, jobs, ledger, numbering
from billing.pricing import explanation as explaining
from billing.pricing.money import from_minor, to_minor
from billing.pricing.periods import Span, business_date


@dataclass(frozen=True)
class _Group:
    """Charges that one line collects: the use of one subscription and month, or one correction, or one adjustment."""

    charges: list[Charge]

    @property
    def first(self) -> Charge:
        return self.charges[0]

    @property
    def amount_minor(self) -> int:
        return sum(charge.amount_minor for charge in self.charges)


def _grouped(charges: Iterable[Charge]) -> list[_Group]:
    """Lines in the order of their subscriptions and months; what cancels out in full makes no line."""
    groups: dict[tuple[Any, ...], list[Charge]] = {}
    for charge in charges:
        late = charge.kind == Charge.Kind.LATE
        month = charge.explanation.get("month", "")
        key: tuple[Any, ...] = (charge.subscription_id or 0, late, month)
        if charge.kind == Charge.Kind.ADJUSTMENT:
            key = (charge.subscription_id or 0, True, "", charge.pk)
        groups.setdefault(key, []).append(charge)
    found = [_Group(groups[key]) for key in sorted(groups)]
    return [group for group in found if group.amount_minor != 0]


def _explained(group: _Group) -> dict[str, Any]:
    """The line's explanation: that of its last charge, less all that was charged for the month on other lines."""
    last: dict[str, Any] = group.charges[-1].explanation
    if last["model"] == "amount":
        return last
    price_minor = explaining.evaluate({**last, "before_minor": 0})
    return {**last, "before_minor": price_minor - group.amount_minor, "amount_minor": group.amount_minor}


def _described(group: _Group, locale: str) -> str:
    """What the line is for, in the language of the document."""
    charge = group.first
    if charge.subscription is None or charge.kind == Charge.Kind.ADJUSTMENT:
        return str(charge.explanation.get("reason", ""))[:300]
    subscription = charge.subscription
    with override(locale):
        names = {
            "product": subscription.tariff.name_in(locale),
            "domain": subscription.instance.domain,
            "month": wording.period_text(date.fromisoformat(charge.explanation["month"]), locale),
        }
        if charge.kind == Charge.Kind.LATE:
            return _("%(product)s, %(domain)s: correction for %(month)s, reported late") % names
        return _("%(product)s, %(domain)s: peak of active members, %(month)s") % names


def _line(invoice_id: uuid.UUID, position: int, group: _Group, locale: str) -> InvoiceLine:
    explanation = _explained(group)
    currency = group.first.currency
    if explanation["model"] == "amount":
        quantity, unit_price = Decimal(1), from_minor(group.amount_minor, currency)
    else:
        quantity, unit_price = explaining.units_moved(explanation), Decimal(explanation["unit_price"])
    return InvoiceLine(
        invoice_id=invoice_id,
        position=position,
        subscription=group.first.subscription,
        description=_described(group, locale),
        quantity=quantity,
        unit="unit" if explanation["model"] == "amount" else "person",
        unit_price=unit_price,
        amount_minor=group.amount_minor,
        explanation=explanation,
    )


def _tax(account: BillingAccount, total_minor: int, supplied_on: date) -> tuple[int, Decimal | None]:
    """VAT inside the total, at the rate of the date of supply; (0, None) for a seller without VAT."""
    seller = account.seller
    if not seller.vat_code:
        return 0, None
    percent = VatRate.percent_on(seller.vat_code, supplied_on)
    inside = from_minor(total_minor, account.currency) * percent / (100 + percent)
    return to_minor(inside, account.currency), percent


def _post_tax(invoice: Invoice, as_of: datetime) -> None:
    """Moves the VAT of the invoice out of the revenue, where its charges put it gross."""
    if invoice.tax_minor:
        revenue = ledger.shared(invoice.seller, LedgerAccount.Kind.REVENUE)
        vat = ledger.shared(invoice.seller, LedgerAccount.Kind.VAT)
        ledger.post(
            key=f"vat:{invoice.number}",
            kind=Entry.Kind.VAT,
            account=invoice.account,
            moves=[ledger.Move(revenue, vat, invoice.tax_minor)],
            at=as_of,
        )


def spend_credit(account: BillingAccount, invoice: Invoice, kind: Allocation.Kind, at: datetime) -> int:
    """Pays ``invoice`` from what the account holds, oldest credit first (G7); returns how much, in minor units."""
    left = invoice.open_minor
    for credit in Credit.objects.unapplied().filter(account=account):
        if left == 0:
            break
        part = min(left, credit.unapplied_minor)
        Allocation.objects.create(credit=credit, invoice=invoice, kind=kind, amount_minor=part, at=at)
        left -= part
    spent = invoice.open_minor - left
    invoice.refresh_from_db(fields=["open_minor"])
    return spent


def available_credit(account: BillingAccount) -> int:
    """What the account holds that no invoice has used yet, in minor units."""
    found = Credit.objects.unapplied().filter(account=account)
    return sum(credit.unapplied_minor for credit in found)


def _payment_days(account: BillingAccount, groups: list[_Group]) -> int:
    """Days to pay: the longest that a tariff on the invoice grants, else the seller's."""
    tariffs = [group.first.subscription.tariff for group in groups if group.first.subscription]
    return max((tariff.payment_days for tariff in tariffs), default=account.seller.payment_days)


def issue(
    *, account: BillingAccount, charges: Iterable[Charge], span: Span, kind: Invoice.Kind, key: str, as_of: datetime
) -> Invoice | None:
    """Issues one invoice over ``charges`` for the days of ``span``; None where they come to nothing or less.

    What is left below zero stays on the account as it is and is collected with the next invoice. ``key`` is the business
    fact: it is billed once. The issue date is the business day on which this really happens (D2).
    """
    groups = _grouped(charges)
    total_minor = sum(group.amount_minor for group in groups)
    if total_minor <= 0:
        return None
    invoice_id = uuid.uuid4()
    locale = account.customer.locale
    for position, group in enumerate(groups, start=1):
        line = _line(invoice_id, position, group, locale)
        line.save(force_insert=True)
        Charge.objects.filter(pk__in=[charge.pk for charge in group.charges]).update(line=line)
    credit_applied = min(total_minor, available_credit(account))
    tax_minor, percent = _tax(account, total_minor, span.last_day)
    issue_date = business_date(as_of, account.zone)
    number, year, sequence = numbering.next_document_number(account.seller, account.seller.series, as_of)
    invoice = Invoice(
        id=invoice_id, number=number, series=account.seller.series, year=year, sequence=sequence, seller=account.seller,
        account=account, key=key, kind=kind, currency=account.currency, locale=locale, period_start=span.start,
        period_end=span.end, issue_date=issue_date,
        due_date=issue_date + timedelta(days=_payment_days(account, groups)), issued_at=as_of, line_count=len(groups),
        total_minor=total_minor, tax_minor=tax_minor, tax_percent=percent, credit_applied_minor=credit_applied,
        amount_due_minor=total_minor - credit_applied, open_minor=total_minor,
        seller_snapshot=account.seller.snapshot(), buyer_snapshot=account.customer.snapshot(),
    )  # fmt: skip
    invoice.save(force_insert=True)
    _after_issue(invoice, as_of)
    return invoice


def _after_issue(invoice: Invoice, as_of: datetime) -> None:
    _post_tax(invoice, as_of)
    spend_credit(invoice.account, invoice, Allocation.Kind.AT_ISSUE, as_of)
    events.emit("invoice.issued", at=as_of, account=invoice.account, data=summary(invoice))
    if invoice.open_minor == 0:
        events.emit("invoice.paid", at=as_of, account=invoice.account, data=summary(invoice))
    notices.invoice_issued(invoice=invoice, at=as_of)
    jobs.enqueue("billing.tasks.deliver", invoice.number)


def summary(invoice: Invoice) -> dict[str, Any]:
    """What an event says of an invoice."""
    return {
        "number": invoice.number,
        "account": invoice.account.number,
        "due_date": invoice.due_date.isoformat(),
        "total": events.money(invoice.total_minor, invoice.currency),
        "open": events.money(invoice.open_minor, invoice.currency),
    }


def _uncollected(account: BillingAccount) -> Any:
    return (
        Charge.objects.filter(account=account, line=None)
        .select_related("subscription__tariff", "subscription__instance")
        .order_by("pk")
    )


def issue_monthly(*, account: BillingAccount, span: Span, as_of: datetime) -> Invoice | None:
    """The account's invoice for the month ``span``: everything posted in it and not yet on an invoice (M7, D5)."""
    return issue(
        account=account,
        charges=_uncollected(account).filter(billing_month__lte=span.start),
        span=span,
        kind=Invoice.Kind.MONTHLY,
        key=f"month:{account.number}:{span.start:%Y-%m}",
        as_of=as_of,
    )


def issue_final(*, period: BillingPeriod, as_of: datetime) -> Invoice | None:
    """The last invoice of a terminated subscription, for its month so far: ``period`` is the one that the termination
    ended (M12)."""
    subscription = period.subscription
    return issue(
        account=subscription.account,
        charges=_uncollected(subscription.account).filter(subscription=subscription),
        span=period.span,
        kind=Invoice.Kind.FINAL,
        key=f"final:{subscription.public_id}:{period.number}",
        as_of=as_of,
    )
