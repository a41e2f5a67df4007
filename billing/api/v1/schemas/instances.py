from datetime import datetime
from typing import Annotated

from django.db.models import Count, Q
from pydantic import BaseModel

from accounts.models import Instance, Member
from billing.api.v1.fields import InstantText, instant_text, one_of, optional_instant
from billing.api.v1.schemas.subscriptions import SubscriptionBrief, brief
from billing.api.v1.schemas.usage import peak_now
from billing.models import Subscription
from billing.operations.cycle import access

REASONS = ("invoice_overdue", "trial_ended", "subscription_terminated", "no_subscription", "deleted", "relief")


class AccessReason(BaseModel):
    """Why access is less than full, and which invoices to pay."""

    code: Annotated[str, one_of(*REASONS)]
    since: InstantText
    until: InstantText | None
    invoices: list[str]


class Seats(BaseModel):
    """``active`` members, ``billable`` ones among them (in paid roles); ``peak``: the most at once so far in the period, where
    use is measured, else in the month; ``included``: the free quota."""

    active: int
    billable: int
    peak: int
    included: int


class InstanceAnswer(BaseModel):
    """``access`` is worked out at the instant of the call (D3): full, read_only or deleted; ``valid_until`` is the first
    instant at which time alone can change the answer, null where it never does: ask again then, or at an event. ``is_test``
    marks a test environment (C1)."""

    id: str
    customer_id: str
    product: str
    domain: str
    registered_at: InstantText
    is_test: bool
    access: Annotated[str, one_of(*access.Level.values)]
    access_reasons: list[AccessReason]
    valid_until: InstantText | None
    subscription: SubscriptionBrief | None
    seats: Seats


def _seats(instance: Instance, subscription: Subscription | None, as_of: datetime) -> Seats:
    active = Member.objects.active().filter(instance=instance)
    counted = active.aggregate(active=Count("pk"), billable=Count("pk", filter=Q(role__is_paid=True)))
    tariff = subscription.tariff if subscription is not None else None
    return Seats(
        active=counted["active"],
        billable=counted["billable"],
        peak=peak_now(instance, subscription, as_of),
        included=tariff.included_quantity if tariff else 0,
    )


def instance_answer(instance: Instance, as_of: datetime) -> InstanceAnswer:
    """Answers the instance with its access at ``as_of``."""
    level = access.level(instance, as_of=as_of)
    subscription = level.subscription
    # Under a relief the debt is there all the same (M16).
    in_debt = any(reason.invoices for reason in level.reasons)
    return InstanceAnswer(
        id=instance.public_id,
        customer_id=instance.customer.public_id,
        product=instance.product.code,
        domain=instance.domain,
        registered_at=instant_text(instance.registered_at),
        is_test=instance.is_test,
        access=str(level.level),
        access_reasons=[
            AccessReason(
                code=reason.code,
                since=instant_text(reason.since),
                until=optional_instant(reason.until),
                invoices=reason.invoices,
            )
            for reason in level.reasons
        ],
        valid_until=optional_instant(level.valid_until(as_of)),
        subscription=brief(subscription, in_debt=in_debt, as_of=as_of) if subscription else None,
        seats=_seats(instance, subscription, as_of),
    )
