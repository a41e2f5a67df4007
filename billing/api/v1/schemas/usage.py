"""What a month was measured from: the peak, what has been charged for it, and every change that counted (M1, G8)."""

from datetime import date

from django.conf import settings
from django.db.models import Sum
from pydantic import BaseModel

from accounts import members
from accounts.models import Instance, Member, MemberChange
from billing.api.v1.fields import InstantText, Money, instant_text, optional_instant
from billing.models import BillingAccount, BillingPeriod, Charge
from billing.operations import usage
from billing.pricing.peak import Peak, Step, peak_between
from billing.pricing.periods import next_month, start_of_day
from billing.pricing.terms import Metric


class Change(BaseModel):
    """``active_after``: how many people were active once this had happened."""

    external_id: str
    status: str
    role: str
    occurred_at: InstantText
    active_after: int


class UsageAnswer(BaseModel):
    metric: str
    period: str
    peak: int
    peak_at: InstantText | None
    charged: Money
    changes: list[Change]


def _account(instance: Instance) -> BillingAccount | None:
    """The account that the instance's use is charged to, else the customer's first."""
    accounts = BillingAccount.objects.select_related("seller").filter(customer=instance.customer)
    return accounts.filter(subscriptions__instance=instance).order_by("-subscriptions__pk").first() or accounts.first()


def _peak(steps: list[Step], periods: list[BillingPeriod], month: date, zone: str) -> Peak:
    """The highest of the month's periods (M13 leaves several); without one, of the whole calendar month."""
    spans = [(row.opened_at, row.ended_at) for row in periods]
    spans = spans or [(start_of_day(month, zone), start_of_day(next_month(month), zone))]
    peaks = [
        Peak(found.most, found.at or opened)
        for opened, ended in spans
        for found in [peak_between(steps, opened, ended)]
    ]
    highest = max(peaks, key=lambda peak: peak.most)
    return highest if highest.most else Peak(0, None)


def _changes(instance: Instance, month: date, zone: str) -> list[Change]:
    first, end = start_of_day(month, zone), start_of_day(next_month(month), zone)
    known = MemberChange.objects.filter(instance=instance, occurred_at__lt=end).select_related("member", "role")
    active: set[int] = set()
    found: list[Change] = []
    for change in members.in_order(known):
        (active.add if change.status == Member.Status.ACTIVE else active.discard)(change.member_id)
        if change.occurred_at >= first:
            found.append(
                Change(
                    external_id=change.member.external_id,
                    status=change.status,
                    role=change.role.code,
                    occurred_at=instant_text(change.occurred_at),
                    active_after=len(active),
                )
            )
    return found


def usage_answer(instance: Instance, month: date) -> UsageAnswer:
    """The use of the calendar month that begins on ``month``, worked out from the set of reports."""
    account = _account(instance)
    zone = account.zone if account else settings.BILLING_TIME_ZONE
    within = {"start__gte": month, "start__lt": next_month(month)}
    periods = BillingPeriod.objects.filter(subscription__instance=instance, **within)
    charges = Charge.objects.filter(period__in=periods)
    charged = charges.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    peak = _peak(usage.known_steps(instance), list(periods), month, zone)
    return UsageAnswer(
        metric=str(Metric.PEAK_ACTIVE),
        period=f"{month:%Y-%m}",
        peak=peak.most,
        peak_at=optional_instant(peak.at),
        charged=Money.of(charged, account.currency if account else "RUB"),
        changes=_changes(instance, month, zone),
    )
