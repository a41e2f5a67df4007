"""The API's answer about a subscription: its status, the paid period, renewal and scheduled change."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel

from accounts.models import Instance
from billing.api.v1.fields import DayText, InstantText, instant_text, one_of, optional_instant
from billing.errors import BillingError
from billing.models import BillingPeriod, Subscription
from billing.operations.cycle import access, prepaid_periods, scheduled_changes, subscription_status
from billing.pricing import periods
from billing.pricing.periods import business_date, month_span, next_month, start_of_day
from billing.pricing.terms import Renewal

STATUSES = ("trialing", "trial_ended", "active", "past_due", "cancelling", "terminated")
# Refusals of a further subscription; they carry the id of the existing one.
SECOND_SUBSCRIPTION_CODES = ("subscription_exists", "resume_instead")


class Span(BaseModel):
    """Days from ``start`` to ``end``, the latter not included (D1)."""

    start: DayText
    end: DayText


class SubscriptionBrief(BaseModel):
    """``tariff_id`` is null where the product is free (E1)."""

    id: str
    tariff_id: str | None
    status: Annotated[str, one_of(*STATUSES)]


class ScheduledChange(BaseModel):
    """The terms it will be on from ``effective_on`` (B8, D7), or after its trial (B2)."""

    tariff_id: str
    version: int
    quantity: int | None
    effective_on: DayText


class SubscriptionAnswer(SubscriptionBrief):
    """``status``: trialing, trial_ended, active, past_due (an invoice of the account is overdue), cancelling or terminated.

    ``current_period`` is the period that today lies in; ``renews_on`` the end of what is paid, null where nothing renews;
    ``cancel_at`` the instant at which it ends by the owner's wish (C4).
    """

    instance_id: str
    account: str
    version: int | None
    quantity: int | None
    trial_ends_on: DayText | None
    current_period: Span | None
    renews_on: DayText | None
    cancel_at: InstantText | None
    scheduled_change: ScheduledChange | None
    started_at: InstantText
    terminated_at: InstantText | None


def brief(subscription: Subscription, *, in_debt: bool, as_of: datetime) -> SubscriptionBrief:
    """Answers the subscription in short; ``in_debt``: its account has an overdue invoice at ``as_of``."""
    tariff = subscription.tariff
    return SubscriptionBrief(
        id=subscription.public_id,
        tariff_id=tariff.tariff_id if tariff else None,
        status=subscription_status.status_of(subscription, in_debt=in_debt, as_of=as_of),
    )


def latest_period(subscription: Subscription) -> BillingPeriod | None:
    return BillingPeriod.objects.filter(subscription=subscription).order_by("-number").first()


def _period_not_opened(subscription: Subscription, today: date) -> periods.Span | None:
    """Returns the paid period of ``today`` where the run has not opened it yet: it has begun all the same (G9)."""
    last, anchor = latest_period(subscription), subscription.anchor_date
    if last is not None:
        tariff, span = scheduled_changes.terms_on(subscription, last.end)[0], last.span
    else:
        change = scheduled_changes.waiting_change(subscription)  # chosen in the trial that is over
        if change is None:
            return None
        tariff, anchor = change.tariff, change.effective_date
        span = prepaid_periods.first_span(tariff.terms(), anchor)
    while span.end <= today:
        span = prepaid_periods.next_span(tariff.terms(), anchor, span.end)
    return span


def _period(subscription: Subscription, status: str, today: date) -> periods.Span | None:
    """Returns the period that ``today`` lies in; None in a trial, and for what is free or paid once."""
    stored = subscription.periods.filter(start__lte=today, end__gt=today).order_by("-number").first()
    if stored is not None:
        return stored.span
    tariff = subscription.tariff
    if tariff is None or tariff.terms().is_one_off or status in ("trialing", "trial_ended", "terminated"):
        return None
    return month_span(today) if tariff.is_metered else _period_not_opened(subscription, today)


def _renews_on(subscription: Subscription, status: str, today: date) -> date | None:
    """Returns the end of what is paid; the next 1st where usage is metered (M5); None where nothing renews."""
    tariff = subscription.tariff
    if tariff is None or tariff.terms().is_one_off or subscription.cancel_date is not None:
        return None
    if status not in ("active", "past_due"):
        return None
    if tariff.is_metered:
        return next_month(today)
    last = latest_period(subscription)
    # On the payment date itself the money is still being taken (E8).
    if last is not None and (last.end > today or (last.end == today and tariff.renewal == Renewal.COLLECTED)):
        return last.end
    span = _period_not_opened(subscription, today)
    return span.end if span is not None else None


def _ended_at(subscription: Subscription, as_of: datetime) -> datetime | None:
    """Returns when the subscription ended, also where the run has not recorded it yet (D3)."""
    lapse = subscription_status.find_lapse(subscription, as_of)
    return lapse.since if lapse is not None and lapse.code == "subscription_terminated" else None


def _scheduled_change(subscription: Subscription) -> ScheduledChange | None:
    change = scheduled_changes.waiting_change(subscription)
    if change is None:
        return None
    return ScheduledChange(
        tariff_id=change.tariff.tariff_id,
        version=change.tariff.version,
        quantity=change.quantity,
        effective_on=change.effective_date.isoformat(),
    )


def subscription_answer(subscription: Subscription, as_of: datetime) -> SubscriptionAnswer:
    """Answers the subscription's state at ``as_of``, computed from its dates and payments (D3)."""
    zone = subscription.account.zone
    today = business_date(as_of, zone)
    short = brief(subscription, in_debt=bool(access.overdue_invoices(subscription.account, as_of)), as_of=as_of)
    period, renews_on = _period(subscription, short.status, today), _renews_on(subscription, short.status, today)
    trial_end, cancel_date = subscription.trial_ends_on, subscription.cancel_date
    return SubscriptionAnswer(
        **short.model_dump(),
        instance_id=subscription.instance.public_id,
        account=subscription.account.number,
        version=subscription.tariff.version if subscription.tariff else None,
        quantity=subscription.quantity,
        trial_ends_on=trial_end.isoformat() if trial_end else None,
        current_period=Span(start=period.start.isoformat(), end=period.end.isoformat()) if period else None,
        renews_on=renews_on.isoformat() if renews_on else None,
        cancel_at=instant_text(start_of_day(cancel_date, zone)) if cancel_date else None,
        scheduled_change=_scheduled_change(subscription),
        started_at=instant_text(subscription.started_at),
        terminated_at=optional_instant(_ended_at(subscription, as_of)),
    )


def add_subscription_id(refusal: BillingError, instance: Instance) -> BillingError:
    """Adds the ``subscription_id`` of the existing subscription to the refusal of a second one; leaves any other as it is."""
    if refusal.code in SECOND_SUBSCRIPTION_CODES:
        latest = Subscription.objects.filter(instance=instance).order_by("-pk")
        refusal.extra = {"subscription_id": latest.values_list("public_id", flat=True)[0]}
    return refusal
