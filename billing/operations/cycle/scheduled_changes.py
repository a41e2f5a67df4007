"""Changes of terms that are scheduled for the next period of a subscription, and take effect when it begins (D7, E2)."""

from datetime import date, datetime

from billing.models import BillingPeriod, Subscription, SubscriptionChange, Tariff, TermsChange
from billing.operations.events import outbox
from billing.pricing.periods import month_start
from billing.pricing.terms import Metric

Kind = SubscriptionChange.Kind


def waiting_change(subscription: Subscription) -> TermsChange | None:
    """Returns the change that is scheduled for ``subscription``; None where none is."""
    return subscription.terms_changes.waiting().select_related("tariff__product").first()


def call_off(change: TermsChange, *, as_of: datetime, actor: str) -> None:
    """Cancels the scheduled ``change``: it never takes effect, and the row says who called it off."""
    change.cancelled_at, change.cancelled_by = as_of, actor
    change.save(update_fields=["cancelled_at", "cancelled_by"])


def _quantity_after(change: TermsChange, subscription: Subscription) -> int | None:
    """Returns the units bought under the terms of ``change``: none where its tariff counts by itself."""
    if change.tariff.metric != Metric.QUANTITY:
        return None
    return change.quantity or subscription.quantity


def terms_on(subscription: Subscription, day: date) -> tuple[Tariff, int | None]:
    """Returns the tariff and the bought quantity for a period of ``subscription`` that begins on ``day``: as scheduled, else present."""
    change = waiting_change(subscription)
    if change is None or change.effective_date > day:
        return subscription.priced_by, subscription.quantity
    return change.tariff, _quantity_after(change, subscription)


def period_paid_ahead(subscription: Subscription) -> BillingPeriod | None:
    """Returns the period that was paid on the scheduled terms before they are in force; None where none was.

    A renewal is collected up to five days before its period begins (E8).
    """
    change = waiting_change(subscription)
    if change is None:
        return None
    return subscription.periods.filter(start__gte=change.effective_date).order_by("start").first()


def take_effect(*, subscription: Subscription, on: date, as_of: datetime) -> TermsChange | None:
    """Changes ``subscription`` to the terms scheduled for a period that begins on ``on``; the caller holds the account's lock.

    A month that already has a metered period keeps its terms to its end: it has one price (M13).
    """
    change = waiting_change(subscription)
    if change is None or change.effective_date > on:
        return None
    is_metered = subscription.is_metered
    if is_metered and subscription.periods.filter(start__gte=month_start(on)).exists():
        return None
    return apply_change(change, subscription, as_of=as_of)


def apply_change(change: TermsChange, subscription: Subscription, *, as_of: datetime) -> TermsChange:
    """Changes ``subscription`` to the terms of ``change`` now and marks the change as applied."""
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
    """Stores the new terms of ``subscription``, records those before and emits the event (E9); returns the record.

    ``invoice_key``: the invoice that billed the change, by which it can be undone; ``undoes``: the change it takes back.
    """
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
    outbox.emit(
        "subscription.terms_changed", at=as_of, subscription=subscription, data=outbox.subscription_data(subscription)
    )
    return record
