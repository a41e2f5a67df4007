"""The outbox of events for products and API clients (E9): one row for each event, written in the transaction of the fact."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max

from accounts.models import Instance
from billing.models import BillingAccount, Event, Subscription
from billing.operations.events import fan_out
from billing.operations.events.event_types import TYPES
from billing.pricing.money import from_minor


def money_data(minor: int, currency: str) -> dict[str, str]:
    """Writes a sum as events carry it: {"amount": "599.00", "currency": "RUB"}."""
    return {"amount": str(from_minor(minor, currency)), "currency": currency}


def subscription_data(subscription: Subscription) -> dict[str, Any]:
    """Returns the data that every event of ``subscription`` carries: its instance and its terms."""
    tariff = subscription.tariff
    return {
        "id": subscription.public_id,
        "instance_id": subscription.instance.public_id,
        "tariff_id": tariff.tariff_id if tariff else None,
        "version": tariff.version if tariff else None,
        "quantity": subscription.quantity,
    }


def emit(
    type_: str,
    *,
    at: datetime,
    data: dict[str, Any],
    account: BillingAccount | None = None,
    instance: Instance | None = None,
    subscription: Subscription | None = None,
    fact: str | None = None,
) -> Event:
    """Appends an event of ``type_`` and its webhook deliveries, in the caller's transaction.

    Events of a subscription are numbered 1, 2, 3 …; the caller holds the lock of its account, so no number is given twice.
    ``fact`` names what may be announced only once (IntegrityError on a second time). ``type_`` is one of `event_types.TYPES`:
    what is not described there is not emitted (KeyError).
    """
    if subscription is not None:
        account, instance = account or subscription.account, instance or subscription.instance
    event = Event(
        type=type_, at=at, data=data, account=account, instance=instance, subscription=subscription, fact=fact
    )
    emit_all([event])
    return event


def emit_all(events: Sequence[Event]) -> None:
    """Appends ``events``, unsaved, of one instant and no two of one subscription: as `emit` does each, and with as many
    statements for many as for one. Each has its account and instance."""
    for event in events:
        TYPES[event.type]
    numbered = [event for event in events if event.subscription_id is not None]
    if numbered:
        earlier = Event.objects.filter(subscription__in=[event.subscription_id for event in numbered]).order_by()
        last = dict(earlier.values_list("subscription").annotate(last=Max("sequence")))
        for event in numbered:
            event.sequence = last.get(event.subscription_id, 0) + 1
    Event.objects.bulk_create(events)
    fan_out.fan_out(events)
