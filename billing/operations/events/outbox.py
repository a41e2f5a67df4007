"""What the outside hears (E9): one row per logical event, written in the transaction of the fact."""

from datetime import datetime
from typing import Any

from django.db.models import Max

from accounts.models import Instance
from billing.models import BillingAccount, Event, Subscription
from billing.operations.events import fan_out
from billing.operations.events.event_types import TYPES
from billing.pricing.money import from_minor


def money(minor: int, currency: str) -> dict[str, str]:
    """A sum as the outside reads it: {"amount": "599.00", "currency": "RUB"}."""
    return {"amount": str(from_minor(minor, currency)), "currency": currency}


def about(subscription: Subscription) -> dict[str, Any]:
    """What every event of a subscription says of it: whose it is and the terms it is on."""
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
    """Appends an event of ``type_``. Events of a subscription are numbered 1, 2, 3 …; the caller holds the lock of its
    account, so no number is given twice. ``fact`` names what may be told only once (IntegrityError on a second time).
    ``type_`` is one of `event_types.TYPES`: what nobody has described is not emitted (KeyError)."""
    TYPES[type_]
    sequence = 0
    if subscription is not None:
        account, instance = account or subscription.account, instance or subscription.instance
        last = Event.objects.filter(subscription=subscription).aggregate(last=Max("sequence"))["last"]
        sequence = (last or 0) + 1
    event = Event.objects.create(
        type=type_,
        at=at,
        data=data,
        account=account,
        instance=instance,
        subscription=subscription,
        sequence=sequence,
        fact=fact,
    )
    fan_out.fan_out(event)
    return event
