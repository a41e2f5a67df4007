"""Taking back other terms on the day they were chosen: everything is as if they had not been (D6)."""

from datetime import datetime

from django.utils.translation import gettext as _

from billing import notices
from billing.models import Charge, Invoice, Subscription, SubscriptionChange, TermsChange
from billing.operations import audit
from billing.operations.cycle import prepaid_periods, scheduled_changes, transitions
from billing.operations.invoices import issuing
from billing.operations.settlement import credit_notes
from billing.operations.settlement.credit_notes import NoteLine
from billing.pricing.changes import carry_full_period, change_terms
from billing.pricing.periods import business_date, start_of_day

Kind = SubscriptionChange.Kind


def undoable(subscription: Subscription, as_of: datetime) -> SubscriptionChange | None:
    """The change of this business day that can still be undone (D6): the last one that nobody has taken back."""
    zone = subscription.account.zone
    own = subscription.changes.filter(kind=Kind.TERMS_CHANGED, undone_by=None).exclude(invoice_key="")
    record = own.order_by("-pk").first()
    if record is None or business_date(record.at, zone) != business_date(as_of, zone):
        return None
    return record if subscription.is_running(as_of) else None


def undo(
    subscription: Subscription, record: SubscriptionChange, *, as_of: datetime, actor: str, reason: str = ""
) -> None:
    """Puts the subscription on the terms it was on before ``record`` and gives back what that cost; the caller holds the
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
    _schedule_again(subscription, record)
    refunded += _settle_renewal(subscription, record, as_of, actor)
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
    transitions.plan(subscription)


def _schedule_again(subscription: Subscription, record: SubscriptionChange) -> None:
    """What was scheduled and gave way to the change waits for its day again."""
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
    """A period that was paid ahead between the change and its undoing (E8) costs what it would have cost without the change:
    the difference is credited, or charged. Returns what was given back, in minor units."""
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
        names = {"en": tariff.name, "ru": tariff.name_ru}
        charge = prepaid_periods.post(
            subscription=subscription,
            period=period,
            kind=Charge.Kind.TERMS,
            occurred_at=as_of,
            as_of=as_of,
            actor=actor,
            explanation=prepaid_periods.dated(change.explanation, period.start, period.end, names=names),
            key=f"{subscription.public_id}:undone:{record.pk}",
        )
        issuing.issue(
            account=subscription.account,
            charges=[charge],
            span=period.span,
            kind=Invoice.Kind.PURCHASE,
            key=f"undone:{subscription.public_id}:{record.pk}",
            as_of=as_of,
        )
    return change.lost_minor
