from datetime import datetime

from pydantic import BaseModel

from billing.api.v1.fields import DayText, InstantText, instant_text, optional_instant
from billing.models import BillingAccount, BillingPeriod, Subscription
from billing.operations import access
from billing.pricing.periods import business_date, next_month


class Span(BaseModel):
    """Days from ``start`` to ``end``, the latter not included (D1)."""

    start: DayText
    end: DayText


class SubscriptionBrief(BaseModel):
    id: str
    tariff_id: str
    status: str


class SubscriptionAnswer(SubscriptionBrief):
    """``status``: active, past_due (an invoice of the account is overdue) or terminated."""

    instance_id: str
    account: str
    version: int
    quantity: int | None = None
    trial_ends_on: DayText | None = None
    current_period: Span | None
    renews_on: DayText | None
    cancel_at: InstantText | None = None
    started_at: InstantText
    terminated_at: InstantText | None


def status_of(subscription: Subscription, *, in_debt: bool, as_of: datetime) -> str:
    """How the subscription stands at ``as_of``; ``in_debt``: its account has an overdue invoice then."""
    if not subscription.is_running(as_of):
        return "terminated"
    return "past_due" if in_debt else "active"


def in_debt(account: BillingAccount, as_of: datetime) -> bool:
    return bool(access.overdue_invoices(account, as_of))


def latest_period(subscription: Subscription) -> BillingPeriod | None:
    return BillingPeriod.objects.filter(subscription=subscription).order_by("-number").first()


def subscription_answer(subscription: Subscription, as_of: datetime) -> SubscriptionAnswer:
    """The subscription as it stands at ``as_of``; while it runs it renews on the next 1st (M5)."""
    period = latest_period(subscription)
    running = subscription.is_running(as_of)
    renews_on = next_month(business_date(as_of, subscription.account.zone)) if running else None
    return SubscriptionAnswer(
        id=subscription.public_id,
        instance_id=subscription.instance.public_id,
        account=subscription.account.number,
        tariff_id=subscription.tariff.tariff_id,
        version=subscription.tariff.version,
        status=status_of(subscription, in_debt=in_debt(subscription.account, as_of), as_of=as_of),
        current_period=Span(start=period.start.isoformat(), end=period.end.isoformat()) if period else None,
        renews_on=renews_on.isoformat() if renews_on else None,
        started_at=instant_text(subscription.started_at),
        terminated_at=optional_instant(subscription.terminated_at),
    )
