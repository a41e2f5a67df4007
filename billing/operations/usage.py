"""The price of a month's use against what has been charged for it (M1–M4): what both reports and the turn of a month need.

The charge of a month follows from the *set* of reports: their peak is priced, and the difference is posted.
"""

from datetime import date, datetime

from django.db.models import Sum

from accounts import members
from accounts.models import Instance, Member, MemberChange
from billing import notices
from billing.models import BillingPeriod, Charge, Subscription
from billing.operations import charging, events
from billing.pricing import peak as peaks
from billing.pricing.explanation import explain_quantity
from billing.pricing.periods import month_start, next_month


def known_steps(instance: Instance) -> list[peaks.Step]:
    """All steps of the number of active members of ``instance``, in the order in which they count."""
    changes = MemberChange.objects.filter(instance=instance).only(
        "pk", "member_id", "status", "occurred_at", "is_dated"
    )
    return peaks.steps_of(
        peaks.Report(row.member_id, row.occurred_at, row.status == Member.Status.ACTIVE, row.is_dated)
        for row in members.in_order(changes)
    )


def active_count(instance: Instance) -> int:
    return Member.objects.filter(instance=instance, status=Member.Status.ACTIVE).count()


def charged_for(subscription: Subscription, month: date) -> int:
    """What has been charged so far for the use of the calendar month that begins on ``month``, in minor units."""
    charges = Charge.objects.filter(
        period__subscription=subscription, period__start__gte=month, period__start__lt=next_month(month)
    )
    return charges.aggregate(sum=Sum("amount_minor"))["sum"] or 0


def _kind(period: BillingPeriod, amount_minor: int, opening: bool) -> Charge.Kind:
    if period.closed_at is not None:
        return Charge.Kind.LATE
    if opening:
        return Charge.Kind.OPENING
    return Charge.Kind.PEAK_RAISED if amount_minor > 0 else Charge.Kind.CORRECTION


def settle_month(
    *,
    subscription: Subscription,
    periods: list[BillingPeriod],
    occurred_at: datetime,
    as_of: datetime,
    opening: bool = False,
    member: Member | None = None,
    actor: str = "",
) -> Charge | None:
    """Posts the difference between the price of the month's peak and what has been charged for the month (M4).

    ``periods`` are all of the subscription's within one calendar month: a subscription that was terminated and resumed
    within it has several, and one peak (M13). None where nothing is to be posted.
    """
    period = periods[-1]
    month = month_start(period.start)
    terms = subscription.tariff.terms()
    before = charged_for(subscription, month)
    highest = max(periods, key=lambda row: row.peak)
    explanation = explain_quantity(terms, highest.peak, before)
    if explanation["amount_minor"] == 0:
        return None
    explanation["month"] = month.isoformat()
    explanation["peak_at"] = highest.peak_at.isoformat() if highest.peak_at else None
    explanation["member"] = member.pk if member else None
    posted = Charge.objects.filter(period__subscription=subscription).count()
    charge = charging.post_charge(
        account=subscription.account,
        subscription=subscription,
        period=period,
        kind=_kind(period, explanation["amount_minor"], opening),
        explanation=explanation,
        key=f"{subscription.public_id}:{month:%Y-%m}:{posted + 1}",
        occurred_at=occurred_at,
        as_of=as_of,
        billing_month=subscription.account.open_month,
        actor=actor,
    )
    _tell_of_rise(charge, highest.peak, before, as_of)
    return charge


def _tell_of_rise(charge: Charge, peak: int, before_minor: int, as_of: datetime) -> None:
    """The outside hears of every rise; the owner of the one that crossed the free quota, where all begin to count (D8)."""
    subscription = charge.subscription
    assert subscription is not None
    if charge.kind not in (Charge.Kind.PEAK_RAISED, Charge.Kind.OPENING):
        return
    events.emit(
        "seats.peak_raised",
        at=as_of,
        subscription=subscription,
        data={"peak": peak, "amount": events.money(charge.amount_minor, charge.currency)},
    )
    if before_minor == 0 and charge.kind == Charge.Kind.PEAK_RAISED:
        notices.quota_crossed(charge=charge, peak=peak, at=as_of)
