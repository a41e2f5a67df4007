"""Undoing a change of terms on its business day: everything is as if it had not been made (D6)."""

from datetime import datetime

from django.utils.translation import gettext as _

from billing import notices
from billing.models import Charge, Invoice, Subscription, SubscriptionChange, TermsChange
from billing.operations import audit
from billing.operations.cycle import prepaid_periods, scheduled_changes, transitions
from billing.operations.invoices import issuing
from billing.operations.settlement import credit_notes
from billing.operations.settlement.credit_notes import NoteLine
from billing.operations.subscriptions import seats
from billing.pricing.changes import carry_full_period, change_terms
from billing.pricing.periods import business_date, start_of_day

Kind = SubscriptionChange.Kind


def find_undoable_change(subscription: Subscription, as_of: datetime) -> SubscriptionChange | None:
    """Finds the change of this business day that can still be undone (D6): the last one, unless it is undone already."""
    zone = subscription.account.zone
    own_changes = subscription.changes.filter(kind=Kind.TERMS_CHANGED, undone_by=None).exclude(invoice_key="")
    record = own_changes.order_by("-pk").first()
    if record is None or business_date(record.at, zone) != business_date(as_of, zone):
        return None
    return record if subscription.is_running(as_of) else None


def undo_terms_change(
    subscription: Subscription, record: SubscriptionChange, *, as_of: datetime, actor: str, reason: str = ""
) -> None:
    """Changes ``subscription`` back to its terms before ``record`` and credits what the change cost; the caller holds the
    account's lock."""
    assert record.from_tariff is not None
    invoice = Invoice.objects.filter(key=record.invoice_key).first()
    refunded = 0
    if invoice is not None:
        refunded = invoice.total_minor
        credit_notes.credit_in_full(invoice=invoice, as_of=as_of, actor=actor, reason=_("Change undone on its day"))
    scheduled_changes.put_on(
        subscription,
        record.from_tariff,
        record.from_quantity,
        as_of=as_of,
        actor=actor,
        kind=Kind.UNDONE,
        undoes=record,
        reason=reason,
    )
    _reschedule(subscription, record)
    refunded += _settle_renewal(subscription, record, as_of, actor)
    if seats.has_paid_seats(subscription):  # who came or left since the change was priced by it
        seats.count_again(subscription=subscription, as_of=as_of, actor=actor)
    notices.queue_change_undone(subscription=subscription, refunded_minor=refunded, at=as_of)
    audit.record(
        actor=actor,
        action="subscription.change_undone",
        target=subscription,
        at=as_of,
        customer=subscription.instance.customer,
        reason=reason,
        after={"refunded_minor": refunded},
    )
    transitions.set_next_date(subscription)


def _reschedule(subscription: Subscription, record: SubscriptionChange) -> None:
    """Schedules again the change that was called off in favour of ``record``."""
    called_off = subscription.terms_changes.filter(cancelled_at=record.at).order_by("pk").last()
    earlier = subscription.changes.filter(kind=Kind.TERMS_CHANGED, at=record.at, pk__lt=record.pk)
    if called_off is not None and not earlier.exists():
        TermsChange.objects.create(
            subscription=subscription,
            tariff=called_off.tariff,
            quantity=called_off.quantity,
            move=called_off.move,
            effective_date=called_off.effective_date,
            decided_at=called_off.decided_at,
            decided_by=called_off.decided_by,
        )


def _settle_renewal(subscription: Subscription, record: SubscriptionChange, as_of: datetime, actor: str) -> int:
    """Reprices a period that was paid ahead (E8) since the change as if the change had not been made: the difference is
    credited, or charged. Returns what was credited, in minor units."""
    if not subscription.changes.filter(kind=Kind.RENEWED, pk__gt=record.pk).exists():
        return 0
    period = subscription.periods.select_related("tariff").order_by("number").last()
    assert period is not None
    tariff, bought = scheduled_changes.terms_on(subscription, period.start)
    units = prepaid_periods.units(subscription, tariff, bought, start_of_day(period.start, subscription.account.zone))
    days = period.span.days
    change = change_terms(
        carry_full_period(period.tariff.terms(), period.quantity, days), 0, tariff.terms(), units, days
    )
    if change.lost_minor:
        renewal = Charge.objects.get(period=period, kind=Charge.Kind.RENEWAL)
        assert renewal.line is not None
        line = NoteLine(renewal.line.description, change.lost_minor)
        credit_notes.issue_credit_note(
            invoice=renewal.line.invoice, lines=[line], as_of=as_of, actor=actor, reason=_("Change undone on its day")
        )
    elif change.pay_minor:
        charge = prepaid_periods.post_charge(
            subscription=subscription,
            period=period,
            kind=Charge.Kind.TERMS,
            occurred_at=as_of,
            as_of=as_of,
            actor=actor,
            explanation=prepaid_periods.add_dates(change.explanation, period.start, period.end, names=tariff.names),
            key=f"{subscription.public_id}:undone:{record.pk}",
        )
        issuing.issue_invoice(
            account=subscription.account,
            charges=[charge],
            span=period.span,
            kind=Invoice.Kind.PURCHASE,
            key=f"undone:{subscription.public_id}:{record.pk}",
            as_of=as_of,
        )
    return change.lost_minor
