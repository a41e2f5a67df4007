"""The number of active people, step by step: what a month's charge was measured from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from accounts import members
from accounts.models import Instance, Member, MemberChange
from billing.models import BillingPeriod, Subscription
from billing.pricing import peak as peaks
from billing.pricing.quantity import chargeable, next_unit_costs, price
from billing.pricing.terms import Terms


@dataclass(frozen=True)
class Usage:
    """A period of a subscription: ``opening`` people at its first moment, then ``levels`` of (instant, number from then on).

    ``active`` is the number at the end of the levels; ``peak`` and ``peak_at`` are what is charged (M1, M4).
    """

    subscription: Subscription
    period: BillingPeriod
    terms: Terms
    opening: int
    levels: tuple[tuple[datetime, int], ...]
    active: int

    @property
    def peak(self) -> int:
        return self.period.peak

    @property
    def peak_at(self) -> datetime | None:
        return self.period.peak_at

    @property
    def quota(self) -> int:
        return self.terms.included_quantity

    @property
    def is_within_quota(self) -> bool:
        """Tells whether the peak so far is free: no more people than the quota of a tariff that has one (M3)."""
        return self.quota > 0 and self.peak <= self.quota

    @property
    def charged_minor(self) -> int:
        """The price of the peak so far, in minor units (M2)."""
        return price(self.terms, self.peak)

    @property
    def chargeable(self) -> int:
        """The number of people that the price of the peak counts (M3)."""
        return chargeable(self.terms, self.peak)

    @property
    def room(self) -> int:
        """The number of people who may be active at once besides before this month costs more."""
        free = max(self.peak, self.quota)
        return max(0, free - self.active)

    @property
    def next_costs_minor(self) -> int:
        """The sum that the person who goes beyond that room adds to this month, in minor units (D8)."""
        return next_unit_costs(self.terms, max(self.peak, self.quota))


def usage_of(*, subscription: Subscription, period: BillingPeriod, as_of: datetime) -> Usage:
    """Returns the use of ``period`` as far as it is known at ``as_of``."""
    until = min(as_of, period.ended_at)
    changes = MemberChange.objects.filter(instance=subscription.instance_id, occurred_at__lte=until)
    steps = peaks.steps_of(
        peaks.Report(row.member_id, row.occurred_at, row.status == Member.Status.ACTIVE, row.is_dated)
        for row in members.order_changes(changes)
    )
    opening, level = 0, 0
    levels: list[tuple[datetime, int]] = []
    for step in steps:
        level += step.by
        if not levels and _is_before(step, period.opened_at):
            opening = level
        else:
            levels.append((step.at, level))
    return Usage(subscription, period, period.tariff.terms(), opening, tuple(levels), level)


def _is_before(step: peaks.Step, opened_at: datetime) -> bool:
    """Tells whether the step belongs to the time before the period: one who is reported to have left at its first instant was
    not there any more (D1)."""
    return step.at < opened_at or (step.at == opened_at and step.is_dated and step.by < 0)


def current_period(subscription: Subscription, as_of: datetime) -> BillingPeriod | None:
    """Returns the period in which ``as_of`` lies, else the last one before it; None where nothing has been metered yet."""
    return BillingPeriod.objects.filter(subscription=subscription, opened_at__lte=as_of).order_by("-opened_at").first()


def active_counts(instances: Iterable[Instance]) -> dict[int, int]:
    """Counts the people active now in each of ``instances``, by its primary key: one query for all."""
    rows = (
        Member.objects.active()
        .filter(instance__in=[instance.pk for instance in instances])
        .values_list("instance")
        .annotate(number=Count("pk"))
    )
    return dict(rows)


def paid_counts(instances: Iterable[Instance]) -> dict[int, int]:
    """Counts the people active in paid roles now in each of ``instances``, by its primary key: one query for all (B1)."""
    rows = (
        Member.objects.active()
        .filter(instance__in=[instance.pk for instance in instances], role__is_paid=True)
        .values_list("instance")
        .annotate(number=Count("pk"))
    )
    return dict(rows)
