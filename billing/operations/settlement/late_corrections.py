"""Corrections downwards of a month that is closed and billed (D5): credit at once on the invoice that charged it (D21).

A dated correction upwards waits for the next invoice; money that was taken too much is the customer's the moment it is known.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.models import BillingPeriod, Charge, Credit, Invoice, Subscription
from billing.operations.cycle import usage
from billing.operations.ledger import charges
from billing.operations.settlement import credit_notes, payments
from billing.operations.settlement.credit_notes import NoteLine
from billing.pricing.explanations.explanation import Explanation, explain_part
from billing.wording import charge_lines

Kind = Charge.Kind


def credit_use(
    *,
    subscription: Subscription,
    periods: Sequence[BillingPeriod],
    explanation: Explanation,
    occurred_at: datetime,
    as_of: datetime,
    actor: str = "",
) -> list[Charge]:
    """Gives back what ``explanation``, below zero, corrects of the closed month of ``periods``; the caller holds the account's lock.

    What of the month no invoice has collected yet is lowered first: the next one bills the less. The rest is a credit note on
    each invoice that charged the month, the latest first, which pays that invoice and then the account's oldest (G7). What no
    invoice can give back any more, because it is credited already, is credit on the account.
    """
    left = -int(explanation["amount_minor"])
    posted = []
    waiting = min(left, _read_waiting(periods))
    if waiting:
        posted.append(_post(subscription, periods, explanation, waiting, Kind.LATE, occurred_at, as_of, actor))
    left -= waiting
    for invoice, charged in _read_charged(periods):
        part = min(left, charged, invoice.total_minor - credit_notes.credited_minor(invoice))
        if part > 0:
            posted.append(_credit_on(invoice, subscription, periods, explanation, part, occurred_at, as_of, actor))
            left -= part
    if left:
        charge = _post(subscription, periods, explanation, left, Kind.LATE_CREDITED, occurred_at, as_of, actor)
        payments.add_credit(
            account=subscription.account,
            kind=Credit.Kind.CORRECTION,
            entry=charge.entry,
            amount_minor=left,
            as_of=as_of,
        )
        payments.settle_open_invoices(subscription.account, as_of=as_of)
        posted.append(charge)
    return posted


def _read_waiting(periods: Sequence[BillingPeriod]) -> int:
    """Reads what was charged for ``periods`` and is on no invoice yet, in minor units; never below 0."""
    waiting = Charge.objects.uncollected().filter(period__in=periods)
    return max(0, sum(waiting.values_list("amount_minor", flat=True)))


def _read_charged(periods: Sequence[BillingPeriod]) -> list[tuple[Invoice, int]]:
    """Reads the invoices that charged ``periods``, the latest first, and how much of it each still stands for."""
    charged: dict[Invoice, int] = {}
    rows = Charge.objects.filter(period__in=periods).select_related("line__invoice", "entry__credit_note__invoice")
    for charge in rows.order_by("pk"):
        invoice = charge.line.invoice if charge.line is not None else None
        if charge.kind == Kind.LATE_CREDITED and hasattr(charge.entry, "credit_note"):
            invoice = charge.entry.credit_note.invoice
        if invoice is not None:
            charged[invoice] = charged.get(invoice, 0) + charge.amount_minor
    return sorted(charged.items(), key=lambda item: (item[0].issued_at, item[0].sequence), reverse=True)


def _post(
    subscription: Subscription,
    periods: Sequence[BillingPeriod],
    explanation: Explanation,
    amount_minor: int,
    kind: Charge.Kind,
    occurred_at: datetime,
    as_of: datetime,
    actor: str,
) -> Charge:
    return charges.post_charge(
        account=subscription.account,
        subscription=subscription,
        period=periods[-1],
        kind=kind,
        explanation=explain_part(explanation, -amount_minor),
        key=usage.next_charge_key(subscription, periods[-1]),
        occurred_at=occurred_at,
        as_of=as_of,
        billing_month=subscription.account.open_month,
        actor=actor,
    )


def _credit_on(
    invoice: Invoice,
    subscription: Subscription,
    periods: Sequence[BillingPeriod],
    explanation: Explanation,
    amount_minor: int,
    occurred_at: datetime,
    as_of: datetime,
    actor: str,
) -> Charge:
    """Issues a credit note on ``invoice`` and records the charge that its entry takes back."""
    description = charge_lines.describe_late(subscription, periods[-1].tariff, periods[-1].start, invoice.locale)
    with override(invoice.locale):
        reason = _("Fewer people were active than had been reported")
    note = credit_notes.issue_credit_note(
        invoice=invoice, lines=[NoteLine(description, amount_minor)], reason=reason, as_of=as_of, actor=actor
    )
    return charges.record_charge(
        entry=note.entry,
        account=subscription.account,
        subscription=subscription,
        period=periods[-1],
        kind=Kind.LATE_CREDITED,
        explanation=explain_part(explanation, -amount_minor),
        occurred_at=occurred_at,
        as_of=as_of,
        billing_month=subscription.account.open_month,
    )
