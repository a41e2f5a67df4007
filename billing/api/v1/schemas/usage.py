"""The API's answer about a month's usage: the peak, what was charged for it, and every member change that counted (M1, G8)."""

from datetime import date, datetime
from typing import Annotated

from django.conf import settings
from django.db.models import Sum
from pydantic import BaseModel

from accounts import members
from accounts.models import Instance, Member, MemberChange
from billing.api.v1.fields import InstantText, Money, instant_text, one_of, optional_instant
from billing.models import BillingAccount, BillingPeriod, Charge, Subscription, SubscriptionChange
from billing.operations.cycle import access, usage
from billing.pricing.peak import Peak, Step, peak_between
from billing.pricing.periods import business_date, month_start, next_month, start_of_day
from billing.pricing.terms import Metric

Kind = SubscriptionChange.Kind
# Changes of a subscription that set its quantity.
SETS_QUANTITY = (Kind.CREATED, Kind.STARTED, Kind.TERMS_CHANGED, Kind.UNDONE, Kind.TERMINATED)


class Change(BaseModel):
    """``active_after``: how many people were active once this had happened; ``billable_after``: in paid roles among them."""

    external_id: str
    status: Annotated[str, one_of(*Member.Status.values)]
    role: str
    occurred_at: InstantText
    active_after: int
    billable_after: int


class UsageAnswer(BaseModel):
    """``metric``: what the tariff counts, peak_active, paid_members, quantity or none. ``peak``: the most of it at once in the
    month, people active where nothing is counted; ``charged``: for the month's use where that is measured, else what was
    charged in the month, seats given back taken off."""

    metric: str
    period: str
    peak: int
    peak_at: InstantText | None
    charged: Money
    changes: list[Change]


def _account(instance: Instance) -> BillingAccount | None:
    """Returns the account that the instance's usage is charged to, else the customer's first."""
    accounts = BillingAccount.objects.select_related("seller").filter(customer=instance.customer)
    return accounts.filter(subscriptions__instance=instance).order_by("-subscriptions__pk").first() or accounts.first()


def _metric(instance: Instance, periods: list[BillingPeriod]) -> Metric:
    """Returns the metric of the month: that of its last period's tariff, else of the current subscription's."""
    if periods:
        return Metric(periods[-1].tariff.metric)
    subscription = access.current_subscription(instance)
    tariff = subscription.tariff if subscription is not None else None
    return Metric(tariff.metric) if tariff is not None else Metric.NONE


# --- The peak --------------------------------------------------------------------------------------------------------


def _metered_peak(instance: Instance, periods: list[BillingPeriod], span: tuple[datetime, datetime]) -> Peak:
    """Returns the highest peak of the month's periods (a resumption leaves several, M13); without one, of the whole month."""
    steps = usage.known_steps(instance, min(row.opened_at for row in periods) if periods else span[0])
    peaks = [
        Peak(peak.most, peak.at or opened)
        for opened, ended in [(row.opened_at, row.ended_at) for row in periods] or [span]
        for peak in [peak_between(steps, opened, ended)]
    ]
    return max(peaks, key=lambda peak: peak.most)


def _people_peak(instance: Instance, metric: Metric, span: tuple[datetime, datetime]) -> Peak:
    """Returns the most seats at once within ``span`` (B1); active people where seats are not what counts."""
    if metric == Metric.PAID_MEMBERS:
        seats = usage.seat_steps(instance, span[0])
        steps = [Step(seat.change.occurred_at, seat.by, seat.change.is_dated) for seat in seats]
    else:
        steps = usage.known_steps(instance, span[0])
    peak = peak_between(steps, *span)
    return Peak(peak.most, peak.at or span[0])


def _quantity_peak(instance: Instance, span: tuple[datetime, datetime]) -> Peak:
    """Returns the largest quantity in force within ``span``."""
    steps = SubscriptionChange.objects.filter(subscription__instance=instance, kind__in=SETS_QUANTITY, at__lt=span[1])
    best = Peak(0, None)
    for kind, at, quantity in steps.order_by("at", "pk").values_list("kind", "at", "to_quantity"):
        level = 0 if kind == Kind.TERMINATED else quantity or 0
        if at <= span[0]:
            best = Peak(level, span[0])
        elif level > best.most:
            best = Peak(level, at)
    return best


def _month(month: date, zone: str) -> tuple[datetime, datetime]:
    """Returns the first instant of the calendar month that begins on ``month``, and of the next one."""
    return start_of_day(month, zone), start_of_day(next_month(month), zone)


def peak_now(instance: Instance, subscription: Subscription | None, as_of: datetime) -> int:
    """Returns the most people at once so far: in the open period where use is measured (M1), in paid roles in this calendar month where
    seats are paid, else in any role; 0 without a subscription."""
    if subscription is None:
        return 0
    metric = Metric(subscription.tariff.metric) if subscription.tariff else Metric.NONE
    if metric == Metric.PEAK_ACTIVE:
        last = subscription.periods.order_by("-number").first()
        return last.peak if last is not None else 0
    zone = subscription.account.zone
    return _people_peak(instance, metric, _month(month_start(business_date(as_of, zone)), zone)).most


# --- What was charged, and the changes -------------------------------------------------------------------------------


def _sum_charges(
    instance: Instance, metric: Metric, periods: list[BillingPeriod], span: tuple[datetime, datetime]
) -> int:
    if metric == Metric.PEAK_ACTIVE:
        charges = Charge.objects.filter(period__in=periods)
    else:
        charges = Charge.objects.filter(
            subscription__instance=instance, occurred_at__gte=span[0], occurred_at__lt=span[1]
        )
    return charges.aggregate(sum=Sum("amount_minor"))["sum"] or 0


def _changes(instance: Instance, span: tuple[datetime, datetime]) -> list[Change]:
    reports = MemberChange.objects.filter(instance=instance, occurred_at__lt=span[1]).select_related("member", "role")
    active: set[int] = set()
    billable: set[int] = set()
    changes: list[Change] = []
    for change in members.fold_roles(members.order_changes(reports)):
        is_active = change.status == Member.Status.ACTIVE
        (active.add if is_active else active.discard)(change.member_id)
        (billable.add if is_active and change.role.is_paid else billable.discard)(change.member_id)
        if change.occurred_at >= span[0]:
            changes.append(
                Change(
                    external_id=change.member.external_id,
                    status=change.status,
                    role=change.role.code,
                    occurred_at=instant_text(change.occurred_at),
                    active_after=len(active),
                    billable_after=len(billable),
                )
            )
    return changes


def usage_answer(instance: Instance, month: date) -> UsageAnswer:
    """Answers the usage of the calendar month that begins on ``month``, computed from the set of reports."""
    account = _account(instance)
    span = _month(month, account.zone if account else settings.BILLING_TIME_ZONE)
    starting_periods = BillingPeriod.objects.filter(
        subscription__instance=instance, start__gte=month, start__lt=next_month(month)
    )
    periods = list(starting_periods.select_related("tariff").order_by("opened_at", "pk"))
    metric = _metric(instance, periods)
    if metric == Metric.PEAK_ACTIVE:
        peak = _metered_peak(instance, periods, span)
    elif metric == Metric.QUANTITY:
        peak = _quantity_peak(instance, span)
    else:
        peak = _people_peak(instance, metric, span)
    return UsageAnswer(
        metric=str(metric),
        period=f"{month:%Y-%m}",
        peak=peak.most,
        peak_at=optional_instant(peak.at if peak.most else None),
        charged=Money.of(_sum_charges(instance, metric, periods, span), account.currency if account else "RUB"),
        changes=_changes(instance, span),
    )
