from datetime import datetime

from django.db.models import Count, Q
from pydantic import BaseModel

from accounts.models import Instance, Member
from billing.api.v1.fields import InstantText, instant_text, optional_instant
from billing.api.v1.schemas.subscriptions import SubscriptionBrief, latest_period, status_of
from billing.models import Subscription
from billing.operations import access


class AccessReason(BaseModel):
    """Why access is less than full, and which invoices to pay."""

    code: str
    since: InstantText
    until: InstantText | None
    invoices: list[str]


class Seats(BaseModel):
    """``active`` members, ``billable`` ones among them (in paid roles), the current period's ``peak``, the free quota."""

    active: int
    billable: int
    peak: int
    included: int


class InstanceAnswer(BaseModel):
    """``access`` is worked out at the instant of the call (D3): full, read_only or deleted."""

    id: str
    customer_id: str
    product: str
    domain: str
    registered_at: InstantText
    access: str
    access_reasons: list[AccessReason]
    subscription: SubscriptionBrief | None
    seats: Seats


def _seats(instance: Instance, subscription: Subscription | None) -> Seats:
    active = Member.objects.active().filter(instance=instance)
    counted = active.aggregate(active=Count("pk"), billable=Count("pk", filter=Q(role__is_paid=True)))
    period = latest_period(subscription) if subscription else None
    return Seats(
        active=counted["active"],
        billable=counted["billable"],
        peak=period.peak if period else 0,
        included=subscription.tariff.included_quantity if subscription else 0,
    )


def instance_answer(instance: Instance, as_of: datetime) -> InstanceAnswer:
    """The instance and what it may do at ``as_of``."""
    level = access.level(instance, as_of=as_of)
    subscription = access.current_subscription(instance)
    brief = None
    if subscription is not None:
        in_debt = any(reason.code == "invoice_overdue" for reason in level.reasons)
        status = status_of(subscription, in_debt=in_debt, as_of=as_of)
        brief = SubscriptionBrief(id=subscription.public_id, tariff_id=subscription.tariff.tariff_id, status=status)
    return InstanceAnswer(
        id=instance.public_id,
        customer_id=instance.customer.public_id,
        product=instance.product.code,
        domain=instance.domain,
        registered_at=instant_text(instance.registered_at),
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
        subscription=brief,
        seats=_seats(instance, subscription),
    )
