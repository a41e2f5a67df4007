"""Metering: reports about people become charges (M1–M6, D1, D5, D8). Every member change comes through here.

In whatever order they arrive, the charge of a month follows from the *set* of reports: their peak is priced, and the
difference to what has been charged for the month is posted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import members
from accounts.models import Instance, Member, MemberChange
from billing.errors import BadInput, BillingError, Refusal
from billing.models import BillingAccount, BillingPeriod, Subscription
from billing.operations.cycle import termination, transitions, usage
from billing.operations.cycle.locking import lock_subscriptions
from billing.operations.settlement import late_corrections
from billing.operations.subscriptions import seats, trials
from billing.pricing import peak as peaks
from billing.pricing.explanations.explanation import Explanation
from billing.pricing.periods import business_date, month_start, start_of_day

INSTANCE_DELETED = _("This instance has been deleted: nothing can be reported about it.")
IN_THE_FUTURE = _(
    "This instant is in the future: report people when they change, with the time in UTC or with its offset."
)

# How far ahead of ours another machine's clock may be before its report is refused.
CLOCK_SKEW = timedelta(minutes=5)


def _periods_since(subscription: Subscription, since: datetime) -> list[BillingPeriod]:
    """Reads the periods of every month that reports from ``since`` on can affect, in order; none where all had ended before."""
    zone = subscription.account.zone
    month = start_of_day(month_start(business_date(since, zone)), zone)
    periods = list(subscription.periods.filter(ended_at__gt=month).select_related("tariff").order_by("number"))
    first_month = next((month_start(period.start) for period in periods if period.ended_at > since), None)
    return [period for period in periods if first_month is not None and period.start >= first_month]


def _count_peaks(
    subscription: Subscription,
    periods: Sequence[BillingPeriod],
    changes: Sequence[MemberChange],
    since: datetime,
    foreseen: Sequence[MemberChange],
) -> dict[BillingPeriod, peaks.Peak]:
    """Counts the peaks that ``changes``, the earliest at ``since``, may have changed. One report about now can only raise the
    peak of the open period, which costs one count; any other has all ``periods`` counted again from the set of reports."""
    change, last_period = changes[0], periods[-1]
    is_now = (
        len(changes) == 1 and not change.is_dated and last_period.closed_at is None and last_period.opened_at <= since
    )
    if is_now and not MemberChange.objects.filter(instance=change.instance_id, occurred_at__gt=since).exists():
        level = usage.active_count(subscription.instance, foreseen)
        return {last_period: peaks.Peak(level, since)} if level > last_period.peak else {}
    steps = usage.known_steps(subscription.instance, min(since, periods[0].opened_at), foreseen)
    return {period: peaks.peak_between(steps, period.opened_at, period.ended_at) for period in periods}


@dataclass(frozen=True)
class _Use:
    """The use of the ``months`` that reports from ``since`` on can affect: their periods with the new peaks, not stored yet, of
    which ``recounted`` may have changed. ``member`` is whom the only report is about."""

    since: datetime
    member: Member | None
    months: list[list[BillingPeriod]]
    recounted: list[BillingPeriod]


def _count_use(
    subscription: Subscription, changes: Sequence[MemberChange], as_of: datetime, foreseen: Sequence[MemberChange] = ()
) -> _Use | None:
    """Counts the use that ``changes`` can affect; None where they affect nothing. ``foreseen``: all that is not stored."""
    # What happens after the termination is a fact, and costs nothing (D4).
    charged_changes = [change for change in changes if change.is_dated or subscription.terminated_at is None]
    since = min((change.occurred_at for change in charged_changes), default=as_of)
    periods = _periods_since(subscription, since) if charged_changes else []
    peaks_by_period = _count_peaks(subscription, periods, charged_changes, since, foreseen) if periods else {}
    if not peaks_by_period:
        return None
    for period, peak in peaks_by_period.items():
        period.peak, period.peak_at = peak.most, peak.at
    months = [list(of_month) for _month, of_month in groupby(periods, key=lambda period: month_start(period.start))]
    member = charged_changes[0].member if len(charged_changes) == 1 else None
    return _Use(since, member, months, list(peaks_by_period))


def _charge_use(subscription: Subscription, changes: Sequence[MemberChange], as_of: datetime, actor: str) -> None:
    """Charges every month that ``changes``, just reported, can affect up to the price of its peak (M4): at most one difference
    for each month, in a closed one as a dated correction upwards and as credit at once downwards (D5, D21)."""
    use = _count_use(subscription, changes, as_of)
    if use is None:
        return
    for period in use.recounted:
        if period.closed_at is None:
            period.save(update_fields=["peak", "peak_at"])
    for periods in use.months:
        explanation = usage.explain_settlement(subscription, periods, use.member)
        if periods[-1].closed_at is not None and explanation["amount_minor"] < 0:
            late_corrections.credit_use(
                subscription=subscription,
                periods=periods,
                explanation=explanation,
                occurred_at=use.since,
                as_of=as_of,
                actor=actor,
            )
        else:
            usage.post_settlement(
                subscription=subscription,
                periods=periods,
                explanation=explanation,
                occurred_at=use.since,
                as_of=as_of,
                actor=actor,
            )


def _charge_reports(subscription: Subscription, changes: Sequence[MemberChange], as_of: datetime, actor: str) -> None:
    """Charges what ``changes``, just reported, cost together: use by its peak, seats paid in advance one by one; nothing where
    people are not what is paid for."""
    if subscription.is_metered:
        _charge_use(subscription, changes, as_of, actor)
    elif subscription.paid_from is not None and seats.has_paid_seats(subscription):
        seats.charge_seats(subscription=subscription, changes=changes, as_of=as_of, actor=actor)
        if subscription.terminated_at is not None:
            termination.issue_remaining(subscription, as_of=as_of)
        transitions.set_next_date(subscription)


def _explain_report(
    subscription: Subscription, change: MemberChange, foreseen: Sequence[MemberChange], as_of: datetime
) -> list[Explanation]:
    """Explains what `_charge_reports` would post for ``change``, the last of ``foreseen``."""
    if subscription.is_metered:
        use = _count_use(subscription, [change], as_of, foreseen)
        months = use.months if use is not None else []
        settlements = [usage.explain_settlement(subscription, periods, change.member) for periods in months]
        return [explanation for explanation in settlements if explanation["amount_minor"]]
    if subscription.paid_from is not None and seats.has_paid_seats(subscription):
        return seats.explain_charges(subscription=subscription, change=change, foreseen=foreseen, as_of=as_of)
    return []


def explain_changes(
    *, instance: Instance, account: BillingAccount, changes: Sequence[MemberChange], as_of: datetime
) -> list[Explanation]:
    """Explains each charge that ``changes``, foreseen by `foresee_reports`, would post on ``account`` (G10); stores nothing.

    Of several changes at most one may make somebody active who was not: what it would charge is not stored for the next.
    """
    rows = Subscription.objects.filter(instance=instance, account=account).select_related("tariff__product", "instance")
    subscriptions = list(rows.order_by("pk"))
    explanations = []
    for number, change in enumerate(changes, start=1):
        for subscription in subscriptions:
            subscription.account = account
            explanations += _explain_report(subscription, change, changes[:number], as_of)
    return explanations


def foresee_reports(*, instance: Instance, reports: Sequence[members.Report], as_of: datetime) -> list[MemberChange]:
    """Returns the changes, not stored, that ``reports`` would make now, each about another person; refuses what
    `report_member` would refuse."""
    instance = Instance.objects.select_related("product", "customer").get(pk=instance.pk)
    _refuse_deleted(instance)
    changes = []
    for number, report in enumerate(reports):
        trials.refuse_over_limit(instance, report, as_of)
        change = members.foresee_report(instance=instance, report=report, at=as_of)
        if change is not None:
            change.pk += number
            changes.append(change)
    return changes


def check_instant(occurred_at: datetime | None, as_of: datetime, field: str) -> datetime | None:
    """Returns the instant reported, None for *now*. Refuses one in the future: what has not happened cannot be billed.

    ``field``: the field that the refusal names.
    """
    if occurred_at is None or as_of < occurred_at <= as_of + CLOCK_SKEW:
        return None
    if occurred_at > as_of:
        raise BadInput(IN_THE_FUTURE, field=field, code="in_the_future")
    return occurred_at


def _refuse_deleted(instance: Instance) -> None:
    if instance.deleted_at is not None:
        raise BillingError(INSTANCE_DELETED, code="instance_deleted")


def _lock_instance(instance: Instance, as_of: datetime) -> tuple[Instance, list[Subscription]]:
    """Locks the instance and its subscriptions; refuses a deleted instance."""
    subscriptions = lock_subscriptions(instance, as_of=as_of)
    instance = members.lock(instance)
    _refuse_deleted(instance)
    return instance, subscriptions


def _record_report(
    instance: Instance, report: members.Report, as_of: datetime, source: str, actor: str
) -> tuple[Member, MemberChange | None]:
    """Stores one report under the caller's locks and charges nothing yet; returns the member and the change that it made."""
    report = replace(report, occurred_at=check_instant(report.occurred_at, as_of, "occurred_at"))
    trials.refuse_over_limit(instance, report, as_of)
    return members.report(instance=instance, report=report, at=as_of, source=source, actor=actor)


@transaction.atomic
def report_member(
    *, instance: Instance, report: members.Report, as_of: datetime, source: str, actor: str = ""
) -> Member:
    """Stores one report and charges what it costs in the same transaction; returns the member.

    Repeats and late arrivals are fine and lead to the same books (D5). Refuses a broken address, an unknown role, an
    instant in the future and a deleted instance.
    """
    check_instant(report.occurred_at, as_of, "occurred_at")  # before anything is locked
    instance, subscriptions = _lock_instance(instance, as_of)
    member, change = _record_report(instance, report, as_of, source, actor)
    if change is not None:
        for subscription in subscriptions:
            _charge_reports(subscription, [change], as_of, actor)
    return member


@transaction.atomic
def report_members(
    *, instance: Instance, reports: Sequence[members.Report], as_of: datetime, source: str, actor: str = ""
) -> list[Member | Refusal]:
    """Stores many reports, none of them a removal, as `report_member` would; returns the member or the refusal of each.

    A refused report is rolled back alone, by a savepoint, and the rest stands; a deleted instance refuses them all. They are
    charged together, so that a thousand people make one movement on the statement and not a thousand.
    """
    instance, subscriptions = _lock_instance(instance, as_of)
    outcomes: list[Member | Refusal] = []
    changes: list[MemberChange] = []
    for report in reports:
        try:
            with transaction.atomic():
                member, change = _record_report(instance, report, as_of, source, actor)
        except Refusal as refusal:
            outcomes.append(refusal)
            continue
        outcomes.append(member)
        changes += [change] if change is not None else []
    for subscription in subscriptions if changes else ():
        _charge_reports(subscription, changes, as_of, actor)
    return outcomes
