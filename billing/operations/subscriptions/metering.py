"""From reports about people to what is owed (M1–M6, D1, D5, D8): the only door for member changes.

Whatever arrives, the charge of a month follows from the *set* of reports: their peak is priced, and the difference to what
has been charged for the month is posted. A report about now takes a short way; any other recomputes the months it touches.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import members
from accounts.models import Instance, Member, MemberChange
from billing.errors import BadInput, BillingError, Refusal
from billing.models import BillingPeriod, Charge, Subscription
from billing.operations.cycle import termination, transitions, usage
from billing.operations.cycle.locking import lock_subscriptions
from billing.operations.subscriptions import seats, trials
from billing.pricing import peak as peaks
from billing.pricing.periods import month_start

# How far ahead of ours another machine's clock may be before its report is refused.
CLOCK_SKEW = timedelta(minutes=5)


def _by_month(periods: Iterable[BillingPeriod]) -> Iterator[list[BillingPeriod]]:
    months: dict[date, list[BillingPeriod]] = {}
    for period in periods:
        months.setdefault(month_start(period.start), []).append(period)
    yield from (months[month] for month in sorted(months))


def _remember_peak(period: BillingPeriod, peak: peaks.Peak) -> None:
    period.peak, period.peak_at = peak.most, peak.at
    if period.closed_at is None:
        period.save(update_fields=["peak", "peak_at"])


def recompute(
    *, subscription: Subscription, since: datetime, as_of: datetime, member: Member | None = None, actor: str = ""
) -> list[Charge]:
    """Brings every month that reports from ``since`` on can touch to the price of its peak; a closed one by a dated
    correction (D5). ``member``: whose report it was, None where there were many."""
    first_month = month_start(
        subscription.periods.filter(ended_at__gt=since).order_by("number").values_list("start", flat=True)[0]
    )
    periods = list(subscription.periods.filter(start__gte=first_month).select_related("tariff").order_by("number"))
    steps = usage.known_steps(subscription.instance, min(since, periods[0].opened_at))
    for period in periods:
        _remember_peak(period, peaks.peak_between(steps, period.opened_at, period.ended_at))
    posted = [
        usage.settle_month(
            subscription=subscription, periods=month, occurred_at=since, as_of=as_of, member=member, actor=actor
        )
        for month in _by_month(periods)
    ]
    return [charge for charge in posted if charge is not None]


def _raise_peak(
    subscription: Subscription, period: BillingPeriod, change: MemberChange, as_of: datetime, actor: str
) -> None:
    """The short way of a report about now: only the open period can have a new peak."""
    level = usage.active_count(subscription.instance)
    if level <= period.peak:
        return
    _remember_peak(period, peaks.Peak(level, change.occurred_at))
    later = subscription.periods.filter(start__gte=month_start(period.start))
    month = list(later.select_related("tariff").order_by("number"))
    usage.settle_month(
        subscription=subscription,
        periods=month,
        occurred_at=change.occurred_at,
        as_of=as_of,
        member=change.member,
        actor=actor,
    )


def _apply(subscription: Subscription, change: MemberChange, as_of: datetime, actor: str) -> None:
    if not subscription.is_metered:
        _apply_seats(subscription, [change], as_of, actor)
        return
    if subscription.terminated_at is not None and not change.is_dated:
        return  # what happens after the termination is a fact, and costs nothing (D4)
    later = MemberChange.objects.filter(instance=change.instance_id, occurred_at__gt=change.occurred_at)
    period = subscription.periods.filter(closed_at=None, opened_at__lte=change.occurred_at).first()
    if period is not None and not change.is_dated and not later.exists():
        _raise_peak(subscription, period, change, as_of, actor)
    elif subscription.periods.filter(ended_at__gt=change.occurred_at).exists():
        recompute(subscription=subscription, since=change.occurred_at, member=change.member, as_of=as_of, actor=actor)


def _apply_seats(subscription: Subscription, changes: Sequence[MemberChange], as_of: datetime, actor: str) -> None:
    """What reports about people cost where seats are paid in advance; nothing where people are not what is paid for."""
    if seats.counts(subscription) and subscription.paid_from is not None and changes:
        seats.apply(subscription=subscription, changes=changes, as_of=as_of, actor=actor)
        if subscription.terminated_at is not None:
            termination.bill_the_rest(subscription, as_of=as_of)
        transitions.plan(subscription)


def _apply_many(subscription: Subscription, changes: Sequence[MemberChange], as_of: datetime, actor: str) -> None:
    """What many reports cost together: the months they touch are worked out once, and each posts one difference at most."""
    if not subscription.is_metered:
        _apply_seats(subscription, changes, as_of, actor)
        return
    counted = [change for change in changes if change.is_dated or subscription.terminated_at is None]
    if not counted:
        return
    since = min(change.occurred_at for change in counted)
    if subscription.periods.filter(ended_at__gt=since).exists():
        member = counted[0].member if len(counted) == 1 else None
        recompute(subscription=subscription, since=since, member=member, as_of=as_of, actor=actor)


def checked_instant(occurred_at: datetime | None, as_of: datetime, field: str) -> datetime | None:
    """The instant reported, None for *now*. Refuses one in the future: what has not happened cannot be billed."""
    if occurred_at is None or as_of < occurred_at <= as_of + CLOCK_SKEW:
        return None
    if occurred_at > as_of:
        raise BadInput(
            _(
                "This instant is in the future: report people when they change, with the time in UTC or with its offset."
            ),
            field=field,
            code="in_the_future",
        )
    return occurred_at


def _ready(instance: Instance, as_of: datetime) -> tuple[Instance, list[Subscription]]:
    """The instance and its subscriptions, locked; refuses a deleted one."""
    subscriptions = lock_subscriptions(instance, as_of=as_of)
    instance = members.lock(instance)
    if instance.deleted_at is not None:
        raise BillingError(
            _("This instance has been deleted: nothing can be reported about it."), code="instance_deleted"
        )
    return instance, subscriptions


def _note(
    instance: Instance, report: members.Report, as_of: datetime, source: str, actor: str
) -> tuple[Member | None, MemberChange | None]:
    """One report taken down under the caller's locks, with the row that it made; what it costs comes after."""
    report = replace(report, occurred_at=checked_instant(report.occurred_at, as_of, "occurred_at"))
    trials.refuse_too_many(instance, report, as_of)
    return members.report(instance=instance, report=report, at=as_of, source=source, actor=actor)


@transaction.atomic
def report_member(
    *, instance: Instance, report: members.Report, as_of: datetime, source: str, actor: str = ""
) -> Member | None:
    """Takes one report and posts what it costs in the same transaction; returns the member, None where none is known.

    Repeats and late arrivals are fine and lead to the same books (D5). Refuses a broken address, an unknown role, an
    instant in the future and a deleted instance.
    """
    checked_instant(report.occurred_at, as_of, "occurred_at")  # before anything is locked
    instance, subscriptions = _ready(instance, as_of)
    member, change = _note(instance, report, as_of, source, actor)
    if change is not None:
        for subscription in subscriptions:
            _apply(subscription, change, as_of, actor)
    return member


@transaction.atomic
def report_members(
    *, instance: Instance, reports: Sequence[members.Report], as_of: datetime, source: str, actor: str = ""
) -> list[Member | Refusal]:
    """Takes many reports, none of them a removal, one after another as `report_member` would: the member or the refusal of each.

    A refused row is undone alone, by a savepoint, and the rest stands; a deleted instance refuses them all. What they cost is
    posted in one, so that a thousand people make one movement on the statement and not a thousand.
    """
    instance, subscriptions = _ready(instance, as_of)
    outcomes: list[Member | Refusal] = []
    changes: list[MemberChange] = []
    for report in reports:
        try:
            with transaction.atomic():
                member, change = _note(instance, report, as_of, source, actor)
        except Refusal as refusal:
            outcomes.append(refusal)
            continue
        assert member is not None
        outcomes.append(member)
        changes += [change] if change is not None else []
    for subscription in subscriptions:
        _apply_many(subscription, changes, as_of, actor)
    return outcomes
