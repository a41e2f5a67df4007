"""Other terms that a subscription takes on when its next period begins: what was scheduled takes effect here (D7, E2)."""

from datetime import date, datetime

from billing.models import BillingPeriod, Subscription, SubscriptionChange, Tariff, TermsChange
from billing.operations.events import outbox
from billing.pricing.periods import month_start
from billing.pricing.terms import Metric

Kind = SubscriptionChange.Kind


def waiting_change(subscription: Subscription) -> TermsChange | None:
    """The change that is scheduled for ``subscription``, None where nothing is."""
    return subscription.terms_changes.waiting().select_related("tariff__product").first()


def call_off(change: TermsChange, *, as_of: datetime, actor: str) -> None:
    """``change`` waits no more and never takes effect; the row keeps who called it off."""
    change.cancelled_at, change.cancelled_by = as_of, actor
    change.save(update_fields=["cancelled_at", "cancelled_by"])


def _quantity_after(change: TermsChange, subscription: Subscription) -> int | None:
    """The units bought under the terms of ``change``: none where its tariff counts by itself."""
    if change.tariff.metric != Metric.QUANTITY:
        return None
    return change.quantity or subscription.quantity


def terms_on(subscription: Subscription, day: date) -> tuple[Tariff, int | None]:
    """The tariff and the units bought that a period which begins on ``day`` is for: as scheduled, else as they are."""
    change = waiting_change(subscription)
    if change is None or change.effective_date > day:
        return subscription.priced_by, subscription.quantity
    return change.tariff, _quantity_after(change, subscription)


def paid_ahead(subscription: Subscription) -> BillingPeriod | None:
    """The period that is paid on the scheduled terms before they are in force: E8 collects it up to five days before."""
    change = waiting_change(subscription)
    if change is None:
        return None
    return subscription.periods.filter(start__gte=change.effective_date).order_by("start").first()


def take_effect(*, subscription: Subscription, on: date, as_of: datetime) -> TermsChange | None:
    """Puts ``subscription`` on the terms scheduled for a period that begins on ``on``; the caller holds the account's lock.

    A month that already has a metered period keeps its terms to its end: it has one price (M13).
    """
    change = waiting_change(subscription)
    if change is None or change.effective_date > on:
        return None
    metered = subscription.is_metered
    if metered and subscription.periods.filter(start__gte=month_start(on)).exists():
        return None
    return apply(change, subscription, as_of=as_of)


def apply(change: TermsChange, subscription: Subscription, *, as_of: datetime) -> TermsChange:
    """Puts ``subscription`` on the terms of ``change`` now."""
    quantity = _quantity_after(change, subscription)
    put_on(subscription, change.tariff, quantity, as_of=as_of, actor=change.decided_by)
    change.applied_at = as_of
    change.save(update_fields=["applied_at"])
    return change


def put_on(
    subscription: Subscription,
    tariff: Tariff,
    quantity: int | None,
    *,
    as_of: datetime,
    actor: str,
    invoice_key: str = "",
    kind: SubscriptionChange.Kind = Kind.TERMS_CHANGED,
    undoes: SubscriptionChange | None = None,
    reason: str = "",
) -> SubscriptionChange:
    """Writes the new terms into the row, keeps what they were before, and tells the outside (E9)."""
    record = SubscriptionChange.objects.create(
        subscription=subscription,
        kind=kind,
        at=as_of,
        actor=actor,
        from_tariff=subscription.tariff,
        from_quantity=subscription.quantity,
        to_tariff=tariff,
        to_quantity=quantity,
        invoice_key=invoice_key,
        undoes=undoes,
        reason=reason,
    )
    subscription.tariff, subscription.quantity = tariff, quantity
    subscription.save(update_fields=["tariff", "quantity"])
    outbox.emit("subscription.terms_changed", at=as_of, subscription=subscription, data=outbox.about(subscription))
    return record
