"""The stretches of a prepaid period that were on one tariff each, and what each comes to by all reports (D5, E6).

A period begins on the terms it was opened with; every change of terms within it begins another segment. What people cost is
counted for each by the tariff in force, so that a late report reaches every price that it touches: the seat itself, and the
value that later changes carried over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import MemberChange
from billing.models import BillingPeriod, Charge, Subscription, SubscriptionChange, Tariff
from billing.operations.cycle import prepaid_periods
from billing.operations.cycle.usage import SeatStep
from billing.pricing.changes import carry_full_period, change_terms
from billing.pricing.explanations.evaluation import Explanation
from billing.pricing.periods import business_date
from billing.pricing.seats import explain_seat_change
from billing.pricing.terms import Metric

Kind = Charge.Kind


@dataclass(frozen=True)
class Segment:
    """A stretch of a period from ``first_day`` to ``until``, not included, on ``tariff``; it runs from the instant ``starts_at``, of the
    change that began it or the period's opening, to ``ends_at``. ``expected_minor`` is what it costs by all reports, ``charged_minor`` what
    has been charged for it."""

    tariff: Tariff
    starts_at: datetime
    ends_at: datetime
    first_day: date
    until: date
    expected_minor: int
    charged_minor: int

    def nearest(self, instant: datetime) -> datetime:
        """Returns ``instant`` where the segment holds it, else the segment's own beginning."""
        return instant if self.starts_at <= instant < self.ends_at else self.starts_at


def read_changes(subscription: Subscription) -> list[SubscriptionChange]:
    """Reads the changes of terms that took effect at once and stand: those undone on their day are as if never made (D6)."""
    changes = subscription.changes.filter(kind=SubscriptionChange.Kind.TERMS_CHANGED, undone_by=None)
    return list(changes.exclude(invoice_key="").select_related("from_tariff", "to_tariff").order_by("at", "pk"))


def tariff_at(period: BillingPeriod, changes: Sequence[SubscriptionChange], instant: datetime) -> Tariff:
    """Returns the tariff that prices a seat in ``period`` at ``instant``: that of the last of ``changes`` within it, else the one it
    was opened with."""
    within = [change for change in changes if period.opened_at <= change.at <= instant and change.at < period.ended_at]
    tariff = within[-1].to_tariff if within else period.tariff
    assert tariff is not None
    return tariff


def explain_seat(
    subscription: Subscription, period: BillingPeriod, tariff: Tariff, change: MemberChange, before: int, after: int
) -> Explanation:
    """Explains what the seat costs or gives back that the report ``change`` adds to or takes from ``before`` seats, under
    ``tariff``: from the day after, to the period's end (B5, B6)."""
    terms = tariff.terms()
    first_day = prepaid_periods.day_after(business_date(change.occurred_at, subscription.account.zone))
    rest = prepaid_periods.share(terms, period.span, first_day)
    explanation = explain_seat_change(terms, before, after, **rest)
    return prepaid_periods.add_dates(explanation, first_day, period.end, member=change.member_id, names=tariff.names)


def is_settled_by_undoing(subscription: Subscription, period: BillingPeriod) -> bool:
    """Tells whether ``period`` was opened and charged between a change and its undoing (E8), which settled its price as a whole:
    there are no segments to tell apart."""
    posted_at = Charge.objects.filter(period=period).order_by("pk").values_list("posted_at", flat=True).first()
    undone = subscription.changes.filter(kind=SubscriptionChange.Kind.UNDONE, at__gte=posted_at or period.opened_at)
    return undone.filter(undoes__at__lte=posted_at or period.opened_at).exists()


def read_segments(
    subscription: Subscription, period: BillingPeriod, steps: Sequence[SeatStep], changes: Sequence[SubscriptionChange]
) -> list[Segment]:
    """Counts the segments of ``period`` from ``steps``, all rises and falls of the seats that are known, and from ``changes``."""
    zone, span, ended_at = subscription.account.zone, period.span, period.ended_at
    within = [change for change in changes if period.opened_at <= change.at < ended_at]
    starts = [period.opened_at, *(change.at for change in within)]
    charged = _sum_by_segment(period, starts, within)
    level = sum(step.by for step in steps if step.is_before(period.opened_at, period.counted_to))
    later = [
        step
        for step in steps
        if step.change.occurred_at < ended_at and not step.is_before(period.opened_at, period.counted_to)
    ]
    tariff, quantity = period.tariff, period.quantity
    expected = int(
        prepaid_periods.explain_period(tariff.terms(), _units(tariff, quantity, level), span)["amount_minor"]
    )
    first_day = period.start
    segments = []
    for number, starts_at in enumerate(starts):
        if number:
            change = within[number - 1]
            first_day = max(business_date(change.at, zone), period.start)
            carried = carry_full_period(tariff.terms(), _units(tariff, quantity, level), span.days)
            assert change.to_tariff is not None
            tariff, quantity = change.to_tariff, change.to_quantity or 1
            units = _units(tariff, quantity, level)
            used_days = (first_day - period.start).days
            expected = change_terms(carried, used_days, tariff.terms(), units, span.days).pay_minor
        ends_at = starts[number + 1] if number + 1 < len(starts) else ended_at
        while later and later[0].change.occurred_at < ends_at:
            step = later.pop(0)
            if tariff.metric == Metric.PAID_MEMBERS:
                seat = explain_seat(subscription, period, tariff, step.change, level, level + step.by)
                expected += int(seat["amount_minor"])
            level += step.by
        until = period.end if ends_at == ended_at else max(business_date(ends_at, zone), first_day)
        segments.append(Segment(tariff, starts_at, ends_at, first_day, until, expected, charged[number]))
    return segments


def _units(tariff: Tariff, quantity: int, level: int) -> int:
    """Returns the units that ``tariff`` counts: the people in paid roles, or the ``quantity`` bought; a flat fee counts as one."""
    return level if tariff.metric == Metric.PAID_MEMBERS else quantity


def _sum_by_segment(
    period: BillingPeriod, starts: Sequence[datetime], within: Sequence[SubscriptionChange]
) -> list[int]:
    """Adds up what was charged for each segment: a change's own lines by the key they were billed with, seats by their instant.
    The lines of a change that was undone count for none: their invoice was credited in full."""
    sums = [0] * len(starts)
    keys = [f"charge:{change.invoice_key}:" for change in within]
    for row in Charge.objects.filter(period=period).select_related("entry").order_by("pk"):
        if row.kind == Kind.TERMS:
            number = next((index for index, key in enumerate(keys, 1) if row.entry.key.startswith(key)), None)
        else:
            number = sum(start <= row.occurred_at for start in starts[1:])
        if number is not None:
            sums[number] += row.amount_minor
    return sums
