"""Prepaid seats that come and go (B5–B7): each change is one line for the rest of the period, up or down.

A report about now posts its own line. Any other makes the periods it can touch be counted again from the *set* of reports,
and posts one difference for each (D5), so that the books do not depend on the order in which reports arrive.
"""

from collections.abc import Sequence
from datetime import date, datetime

from accounts.models import MemberChange
from billing.models import BillingPeriod, Charge, Credit, Subscription
from billing.operations.cycle import prepaid_periods, usage
from billing.operations.cycle.usage import SeatStep
from billing.operations.settlement import payments
from billing.pricing.explanations.evaluation import Explanation
from billing.pricing.explanations.explanation import explain_amount
from billing.pricing.periods import business_date, start_of_day
from billing.pricing.seats import explain_seat_change
from billing.pricing.terms import Metric

Kind = Charge.Kind


def counts(subscription: Subscription) -> bool:
    """Whether people in paid roles are what ``subscription`` pays for in advance."""
    return subscription.tariff is not None and subscription.tariff.metric == Metric.PAID_MEMBERS


def apply(
    *, subscription: Subscription, changes: Sequence[MemberChange], as_of: datetime, actor: str = ""
) -> list[Charge]:
    """Posts what ``changes``, just reported, cost or give back; the caller holds the locks."""
    first = min(change.occurred_at for change in changes)
    periods = list(subscription.periods.filter(ended_at__gt=first).select_related("tariff").order_by("number"))
    if not periods:
        return []
    steps = usage.seat_steps(subscription.instance, min(first, periods[0].opened_at))
    reported = {change.pk for change in changes}
    latest = [step for step in steps if step.change.pk in reported]
    # Where the terms changed within a period, its opening price is not that of its end: each report posts its own line.
    has_changed = Charge.objects.filter(period__in=periods, kind=Kind.TERMS).exists()
    is_late = any(change.is_dated for change in changes) or steps[len(steps) - len(latest) :] != latest
    if is_late and not has_changed:
        return [charge for period in periods for charge in _recount(subscription, period, steps, as_of, actor)]
    return _charge_each(subscription, periods, steps, len(steps) - len(latest), as_of, actor)


def _charge_each(
    subscription: Subscription,
    periods: list[BillingPeriod],
    steps: list[SeatStep],
    start: int,
    as_of: datetime,
    actor: str,
) -> list[Charge]:
    """One line for each of the steps from ``start`` on: they are the newest of all."""
    level = sum(step.by for step in steps[:start])
    posted = []
    for step in steps[start:]:
        period = next((row for row in periods if row.opened_at <= step.change.occurred_at < row.ended_at), None)
        if period is not None:
            explanation = line(subscription, period, step, level)
            if explanation["amount_minor"]:
                posted.append(_post(subscription, period, step.change, explanation, as_of, actor))
        level += step.by
    return posted


def line(subscription: Subscription, period: BillingPeriod, step: SeatStep, before: int) -> Explanation:
    """What the seat that ``step`` adds to or takes from ``before`` seats comes to: from the day after, to the period's end
    (B5, B6)."""
    tariff = subscription.priced_by if period.closed_at is None else period.tariff
    terms = tariff.terms()
    first_day = prepaid_periods.day_after(business_date(step.change.occurred_at, subscription.account.zone))
    rest = prepaid_periods.share(terms, period.span, first_day)
    explanation = explain_seat_change(terms, before, before + step.by, **rest)
    return prepaid_periods.dated(explanation, first_day, period.end, member=step.change.member_id)


def _recount(
    subscription: Subscription, period: BillingPeriod, steps: list[SeatStep], as_of: datetime, actor: str
) -> list[Charge]:
    """Counts ``period`` again from all reports and posts what has been charged too little or too much (D5)."""
    level = sum(step.by for step in steps if step.is_before(period.opened_at, period.counted_to))
    opening = prepaid_periods.explain_period(period.tariff.terms(), level, period.span)
    expected = int(opening["amount_minor"])
    for step in steps:
        if step.change.occurred_at < period.ended_at and not step.is_before(period.opened_at, period.counted_to):
            expected += int(line(subscription, period, step, level)["amount_minor"])
            level += step.by
    seats = Charge.objects.filter(period=period).exclude(kind=Kind.TERMS)
    charged = sum(seats.values_list("amount_minor", flat=True))
    if expected == charged:
        return []
    explanation = explain_amount(expected - charged, period.tariff.currency, "recount") | {
        "expected_minor": expected,
        "before_minor": charged,
        "from": period.start.isoformat(),
        "until": period.end.isoformat(),
    }
    return [_post(subscription, period, None, explanation, as_of, actor)]


def _post(
    subscription: Subscription,
    period: BillingPeriod,
    change: MemberChange | None,
    explanation: Explanation,
    as_of: datetime,
    actor: str,
) -> Charge:
    amount = int(explanation["amount_minor"])
    occurred_at = change.occurred_at if change else as_of
    opposite = _opposite_of_today(subscription, amount, business_date(occurred_at, subscription.account.zone))
    if amount > 0:
        kind = Kind.SEAT_ADDED if opposite is None else Kind.SEAT_NOT_REMOVED
    else:
        kind = Kind.SEAT_REMOVED if opposite is None else Kind.SEAT_NOT_ADDED
    charge = prepaid_periods.post(
        subscription=subscription,
        period=period,
        kind=kind,
        explanation=explanation if opposite is None else explanation | {"opposite": opposite.pk},
        key=f"{subscription.public_id}:seats:{period.number}:{Charge.objects.filter(period=period).count() + 1}",
        occurred_at=occurred_at,
        as_of=as_of,
        actor=actor,
    )
    if kind == Kind.SEAT_REMOVED:
        payments.add_credit(
            account=subscription.account, kind=Credit.Kind.SEATS, entry=charge.entry, amount_minor=-amount, as_of=as_of
        )
    elif kind == Kind.SEAT_NOT_REMOVED and opposite is not None:
        payments.take_off(credit=opposite.entry.credit, as_of=as_of)
    return charge


def _opposite_of_today(subscription: Subscription, amount: int, day: date) -> Charge | None:
    """The change of the same day that this one takes back: block and unblock on one day net to nothing (B7). Not one that an
    invoice has collected or whose credit is spent."""
    zone = subscription.account.zone
    today = Charge.objects.filter(
        subscription=subscription,
        occurred_at__gte=start_of_day(day, zone),
        occurred_at__lt=start_of_day(prepaid_periods.day_after(day), zone),
    )
    netting = today.filter(kind__in=[Kind.SEAT_NOT_ADDED, Kind.SEAT_NOT_REMOVED])
    taken = {row.explanation.get("opposite") for row in netting}
    wanted = Kind.SEAT_REMOVED if amount > 0 else Kind.SEAT_ADDED
    opposites = today.filter(kind=wanted, amount_minor=-amount, line=None)
    for charge in opposites.select_related("entry").order_by("-pk"):
        if charge.pk in taken:
            continue
        credit = Credit.objects.filter(entry=charge.entry).first() if amount > 0 else None
        if amount < 0 or (credit is not None and credit.unapplied_minor == credit.amount_minor):
            return charge
    return None
