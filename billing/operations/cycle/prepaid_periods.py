"""Prepaid periods: how long they are, what they cost in full or by their share, and how they are opened (B3, B4, E5, C2)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import MemberChange
from billing.models import BillingPeriod, Charge, Subscription, Tariff
from billing.operations.cycle import usage
from billing.operations.ledger import charges
from billing.pricing.explanations.explanation import Explanation, explain_quantity, explain_share
from billing.pricing.periods import Span, add_months, month_span, next_period, start_of_day
from billing.pricing.seats import rest_until
from billing.pricing.terms import Cycle, Metric, Terms

Kind = Charge.Kind


def first_span(terms: Terms, start: date) -> Span:
    """The first paid period from ``start``: to the month's end (B3, B4), or a whole interval (E5)."""
    if terms.cycle == Cycle.CALENDAR:
        return Span(start, month_span(start).end)
    return Span(start, add_months(start, terms.interval_months or 1))


def next_span(terms: Terms, anchor: date | None, start: date) -> Span:
    """The period that follows one which ends on ``start``; ``anchor`` keeps the day of the month (E5)."""
    months = terms.interval_months or 1
    if anchor is None or terms.cycle == Cycle.CALENDAR:
        return Span(start, add_months(start, months))
    return next_period(anchor, start, months)


def share(terms: Terms, span: Span, first_day: date) -> dict[str, int]:
    """The part of the period ``span`` that is left from ``first_day`` on, as `explain_share` takes it (B3–B6, E6).

    Where periods begin on the 1st a month is its share of the interval and a broken one goes by its days; else the days of
    the period count.
    """
    if terms.cycle == Cycle.CALENDAR:
        return {**rest_until(first_day, span.end)._asdict(), "of_months": terms.interval_months or 1}
    return {"days": max(0, (span.end - first_day).days), "of_days": span.days, "of_months": 1}


def is_whole(terms: Terms, span: Span) -> bool:
    """Whether the period is a full interval, so that its price is the tariff's own figure."""
    if terms.cycle == Cycle.ANNIVERSARY:
        return True
    rest = rest_until(span.start, span.end)
    return rest.days == 0 and rest.whole_months == (terms.interval_months or 1)


def explain_period(terms: Terms, quantity: int, span: Span) -> Explanation:
    """Explains the price of the period ``span`` for ``quantity`` units from its first day on."""
    if is_whole(terms, span):
        return explain_quantity(terms, quantity)
    return explain_share(terms, quantity, **share(terms, span, span.start))


def add_dates(explanation: Explanation, first_day: date, until: date, **more: Any) -> Explanation:
    """Adds to ``explanation`` the days that it pays for, ``until`` not included, and whatever is in ``more``."""
    return explanation | {"from": first_day.isoformat(), "until": until.isoformat()} | more


def units(
    subscription: Subscription,
    tariff: Tariff,
    quantity: int | None,
    opened_at: datetime,
    counted_to: int = 0,
    foreseen: Sequence[MemberChange] = (),
) -> int:
    """The units of ``subscription`` under ``tariff`` when a period is opened at ``opened_at``: the ``quantity`` bought, or the
    people in paid roles then, by the stored reports and those ``foreseen``; a flat fee counts as one."""
    if tariff.metric == Metric.PAID_MEMBERS:
        return usage.seats_at(subscription.instance, opened_at, counted_to, foreseen)
    return quantity or 1


def units_now(subscription: Subscription, tariff: Tariff, foreseen: Sequence[MemberChange] = ()) -> int:
    """The units of ``subscription`` under ``tariff`` by the latest reports and purchases."""
    if tariff.metric == Metric.PAID_MEMBERS:
        return usage.paid_count(subscription.instance, foreseen)
    return subscription.quantity or 1


def current_period(subscription: Subscription, day: date) -> BillingPeriod | None:
    """The paid period that ``day`` lies in; None where it lies in none."""
    return subscription.periods.filter(start__lte=day, end__gt=day).select_related("tariff__product").first()


def last_period(subscription: Subscription) -> BillingPeriod | None:
    return subscription.periods.select_related("tariff__product").order_by("-number").first()


def open_period(
    *,
    subscription: Subscription,
    tariff: Tariff,
    bought: int | None,
    span: Span,
    kind: Charge.Kind,
    as_of: datetime,
    within_day: bool = False,
    actor: str = "",
) -> Charge | None:
    """Opens the paid period ``span`` of `bought` units under ``tariff`` and charges it; None where that is nothing (no seats).

    The caller holds the account's lock. People are counted at the first day's midnight; ``within_day``: at ``as_of``, because
    somebody starts it now.
    """
    account = subscription.account
    opened_at = as_of if within_day else start_of_day(span.start, account.zone)
    counted_to = usage.last_report(subscription.instance) if within_day else 0
    previous = last_period(subscription)
    if previous is not None and previous.closed_at is None and previous.ended_at <= as_of:
        previous.close(as_of)
    period = BillingPeriod.objects.create(
        subscription=subscription,
        tariff=tariff,
        number=previous.number + 1 if previous else 1,
        start=span.start,
        end=span.end,
        opened_at=max(opened_at, previous.ended_at) if previous else opened_at,
        ended_at=start_of_day(span.end, account.zone),
        counted_to=counted_to,
        quantity=units(subscription, tariff, bought, opened_at, counted_to),
    )
    return _charge_whole_period(subscription, period, kind, as_of, actor)


def _charge_whole_period(
    subscription: Subscription, period: BillingPeriod, kind: Charge.Kind, as_of: datetime, actor: str
) -> Charge | None:
    explanation = explain_period(period.tariff.terms(), period.quantity, period.span)
    if explanation["amount_minor"] == 0:
        return None
    return post_charge(
        subscription=subscription,
        period=period,
        kind=kind,
        explanation=add_dates(explanation, period.start, period.end),
        key=f"{subscription.public_id}:period:{period.number}",
        occurred_at=period.opened_at,
        as_of=as_of,
        actor=actor,
    )


def post_charge(
    *,
    subscription: Subscription,
    period: BillingPeriod | None,
    kind: Charge.Kind,
    explanation: Explanation,
    key: str,
    occurred_at: datetime,
    as_of: datetime,
    actor: str = "",
) -> Charge:
    """Posts a charge of a prepaid subscription; ``key`` names the business fact, which is charged once."""
    return charges.post_charge(
        account=subscription.account,
        subscription=subscription,
        period=period,
        kind=kind,
        explanation=explanation,
        key=key,
        occurred_at=occurred_at,
        as_of=as_of,
        billing_month=subscription.account.open_month,
        actor=actor,
    )


def trial_is_over(subscription: Subscription, day: date) -> bool:
    return subscription.trial_ends_on is not None and subscription.trial_ends_on < day


def day_after(day: date) -> date:
    return day + timedelta(days=1)
