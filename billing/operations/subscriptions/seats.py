"""Prepaid seats that come and go (B5–B7): each change is one charge for the rest of the period, up or down.

A report about now posts its own charge. For any other the periods it can affect are counted again from the *set* of reports,
and one difference is posted for each (D5), so that the books do not depend on the order in which reports arrive.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import MemberChange
from billing.models import Allocation, BillingPeriod, Charge, Credit, Subscription, SubscriptionChange
from billing.operations.cycle import prepaid_periods, usage
from billing.operations.cycle.usage import SeatStep
from billing.operations.settlement import payments
from billing.operations.subscriptions import seat_segments
from billing.pricing.explanations.evaluation import Explanation
from billing.pricing.explanations.explanation import explain_amount
from billing.pricing.periods import business_date, start_of_day
from billing.pricing.terms import Metric

Kind = Charge.Kind
AT_ISSUE = Allocation.Kind.AT_ISSUE


def has_paid_seats(subscription: Subscription) -> bool:
    """Tells whether people in paid roles cost something under ``subscription``, now or in a period that a report can reach."""
    if is_paid_by_seat(subscription):
        return True
    changed = subscription.changes.filter(to_tariff__metric=Metric.PAID_MEMBERS) | subscription.changes.filter(
        from_tariff__metric=Metric.PAID_MEMBERS
    )
    return changed.exists()


def is_paid_by_seat(subscription: Subscription) -> bool:
    """Whether ``subscription`` pays in advance for people in paid roles."""
    return subscription.tariff is not None and subscription.tariff.metric == Metric.PAID_MEMBERS


@dataclass(frozen=True)
class _Line:
    """What is to be charged in ``period``, for what happened at ``occurred_at``: for the report ``change``, or for none where a
    segment was counted again."""

    period: BillingPeriod
    change: MemberChange | None
    occurred_at: datetime
    explanation: Explanation


def charge_seats(
    *, subscription: Subscription, changes: Sequence[MemberChange], as_of: datetime, actor: str = ""
) -> list[Charge]:
    """Posts what ``changes``, just reported, cost or give back and returns the charges; the caller holds the locks."""
    lines = _work_out_lines(subscription, changes)
    return [_post_charge(subscription, line, as_of, actor) for line in lines]


def explain_charges(
    *, subscription: Subscription, change: MemberChange, foreseen: Sequence[MemberChange], as_of: datetime
) -> list[Explanation]:
    """Explains what `charge_seats` would post for ``change``, the last of ``foreseen``, none of which is stored (G10)."""
    lines = _work_out_lines(subscription, [change], foreseen)
    return [_add_opposite(line.explanation, _find_opposite(subscription, line)) for line in lines]


def _work_out_lines(
    subscription: Subscription, changes: Sequence[MemberChange], foreseen: Sequence[MemberChange] = ()
) -> list[_Line]:
    first = min(change.occurred_at for change in changes)
    periods = list(subscription.periods.filter(ended_at__gt=first).select_related("tariff").order_by("number"))
    if not periods:
        return []
    steps = usage.seat_steps(subscription.instance, min(first, periods[0].opened_at), foreseen)
    reported = {change.pk for change in changes}
    latest = [step for step in steps if step.change.pk in reported]
    terms_changes = seat_segments.read_changes(subscription)
    is_late = any(change.is_dated for change in changes) or steps[len(steps) - len(latest) :] != latest
    if is_late:
        return _count_again(subscription, periods, steps, terms_changes, first)
    return _explain_each(subscription, periods, steps, len(steps) - len(latest), terms_changes)


def count_again(*, subscription: Subscription, as_of: datetime, actor: str = "") -> list[Charge]:
    """Counts the paid periods that are not over again and posts the differences: where a change of terms was undone, seats that
    came in between were priced by it (D6); the caller holds the locks."""
    periods = list(subscription.periods.filter(ended_at__gt=as_of).select_related("tariff").order_by("number"))
    if not periods:
        return []
    steps = usage.seat_steps(subscription.instance, periods[0].opened_at)
    lines = _count_again(subscription, periods, steps, seat_segments.read_changes(subscription), as_of)
    return [_post_charge(subscription, line, as_of, actor) for line in lines]


def _explain_each(
    subscription: Subscription,
    periods: list[BillingPeriod],
    steps: list[SeatStep],
    start: int,
    terms_changes: Sequence[SubscriptionChange],
) -> list[_Line]:
    """Explains each of the steps from ``start`` on in a line of its own: they are the newest of all."""
    level = sum(step.by for step in steps[:start])
    lines = []
    for step in steps[start:]:
        change = step.change
        period = next((row for row in periods if row.opened_at <= change.occurred_at < row.ended_at), None)
        if period is not None:
            tariff = seat_segments.tariff_at(period, terms_changes, change.occurred_at)
            if tariff.metric == Metric.PAID_MEMBERS:
                explanation = seat_segments.explain_seat(subscription, period, tariff, change, level, level + step.by)
                if explanation["amount_minor"]:
                    lines.append(_Line(period, change, change.occurred_at, explanation))
        level += step.by
    return lines


def _count_again(
    subscription: Subscription,
    periods: Sequence[BillingPeriod],
    steps: list[SeatStep],
    terms_changes: Sequence[SubscriptionChange],
    since: datetime,
) -> list[_Line]:
    """Counts ``periods`` again from all reports and explains, for each segment, the difference to what was charged for it (D5)."""
    lines = []
    for period in periods:
        if seat_segments.is_settled_by_undoing(subscription, period):
            continue
        for segment in seat_segments.read_segments(subscription, period, steps, terms_changes):
            difference = segment.expected_minor - segment.charged_minor
            if difference:
                explanation = explain_amount(difference, period.tariff.currency, "recount") | {
                    "expected_minor": segment.expected_minor,
                    "before_minor": segment.charged_minor,
                    "from": segment.first_day.isoformat(),
                    "until": segment.until.isoformat(),
                    "names": segment.tariff.names,
                }
                lines.append(_Line(period, None, segment.nearest(since), explanation))
    return lines


def _add_opposite(explanation: Explanation, opposite: Charge | None) -> Explanation:
    return explanation if opposite is None else explanation | {"opposite": opposite.pk}


def _post_charge(subscription: Subscription, line: _Line, as_of: datetime, actor: str) -> Charge:
    period, amount = line.period, int(line.explanation["amount_minor"])
    opposite = _find_opposite(subscription, line)
    if amount > 0:
        kind = Kind.SEAT_ADDED if opposite is None else Kind.SEAT_NOT_REMOVED
    else:
        kind = Kind.SEAT_REMOVED if opposite is None else Kind.SEAT_NOT_ADDED
    charge = prepaid_periods.post_charge(
        subscription=subscription,
        period=period,
        kind=kind,
        explanation=_add_opposite(line.explanation, opposite),
        key=f"{subscription.public_id}:seats:{period.number}:{Charge.objects.filter(period=period).count() + 1}",
        occurred_at=line.occurred_at,
        as_of=as_of,
        actor=actor,
    )
    if kind == Kind.SEAT_REMOVED:
        payments.add_credit(
            account=subscription.account, kind=Credit.Kind.SEATS, entry=charge.entry, amount_minor=-amount, as_of=as_of
        )
        payments.settle_open_invoices(subscription.account, as_of=as_of)  # credit is money the moment it arises (D21)
    elif kind == Kind.SEAT_NOT_REMOVED and opposite is not None:
        payments.withdraw_credit(credit=opposite.entry.credit, as_of=as_of)
        payments.settle_open_invoices(subscription.account, as_of=as_of)
    return charge


def _find_opposite(subscription: Subscription, line: _Line) -> Charge | None:
    """Finds the change of the same day that ``line`` takes back: block and unblock on one day net to nothing (B7). Not one
    that is on an invoice, or whose credit was applied to one at its issue and stands on it."""
    zone, amount = subscription.account.zone, int(line.explanation["amount_minor"])
    day = business_date(line.occurred_at, zone)
    of_day = Charge.objects.filter(
        subscription=subscription,
        occurred_at__gte=start_of_day(day, zone),
        occurred_at__lt=start_of_day(prepaid_periods.day_after(day), zone),
    )
    netting = of_day.filter(kind__in=[Kind.SEAT_NOT_ADDED, Kind.SEAT_NOT_REMOVED])
    netted = {row.explanation.get("opposite") for row in netting}
    opposite_kind = Kind.SEAT_REMOVED if amount > 0 else Kind.SEAT_ADDED
    opposites = of_day.filter(kind=opposite_kind, amount_minor=-amount, line=None)
    for charge in opposites.select_related("entry").order_by("-pk"):
        if charge.pk in netted:
            continue
        credit = Credit.objects.filter(entry=charge.entry).first() if amount > 0 else None
        if amount < 0 or (credit is not None and not credit.allocations.filter(kind=AT_ISSUE).exists()):
            return charge
    return None
