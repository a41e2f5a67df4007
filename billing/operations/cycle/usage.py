"""The price of a month's use against what has been charged for it (M1–M4): what both reports and the turn of a month need.

The charge of a month follows from the *set* of reports: their peak is priced, and the difference is posted.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import Max, QuerySet, Sum

from accounts import members
from accounts.models import Instance, Member, MemberChange
from billing import notices
from billing.models import BillingPeriod, Charge, Subscription
from billing.operations.events import outbox
from billing.operations.ledger import charges
from billing.pricing import peak as peaks
from billing.pricing.explanations.explanation import Explanation, explain_quantity
from billing.pricing.periods import month_start, next_month
from billing.pricing.terms import Terms

# Before everything that was ever told.
EVER = datetime.min.replace(tzinfo=UTC)


def _told(instance: Instance, since: datetime | None) -> tuple[QuerySet[MemberChange], QuerySet[Member]]:
    """(the reports to go through, the active members to be counted besides them).

    From ``since`` on only those people matter of whom something was told in that time, with all that was told of them; the
    others are now what they were then. So an instance's long past costs nothing.
    """
    changes, people = MemberChange.objects.filter(instance=instance), Member.objects.active().filter(instance=instance)
    if since is None:
        return changes, people.none()
    moved = changes.filter(occurred_at__gte=since).values("member")
    return MemberChange.objects.filter(member__in=moved), people.exclude(pk__in=moved)


def known_steps(instance: Instance, since: datetime | None = None) -> list[peaks.Step]:
    """The steps of the number of active members of ``instance``, in the order in which they count: all of them, or what is
    needed to know the number at any instant from ``since`` on."""
    changes, others = _told(instance, since)
    rows = members.in_order(changes.only("pk", "member_id", "status", "occurred_at", "is_dated"))
    steps = peaks.steps_of(
        peaks.Report(row.member_id, row.occurred_at, row.status == Member.Status.ACTIVE, row.is_dated) for row in rows
    )
    there = others.count() if since is not None else 0
    return [peaks.Step(EVER, there, False), *steps] if there else steps


@dataclass(frozen=True)
class SeatStep:
    """A person in a paid role comes (``by`` +1) or goes (−1); ``change`` is the report that told it. The first one may be all
    who were there before, see `seat_steps`."""

    change: MemberChange
    by: int

    def is_before(self, opened_at: datetime, counted_to: int) -> bool:
        """Whether it was so already when a period was opened at ``opened_at``, with the reports up to ``counted_to`` known."""
        if self.change.occurred_at == opened_at:
            return self.change.pk <= counted_to or (self.change.is_dated and self.by < 0)
        return self.change.occurred_at < opened_at


def seat_steps(instance: Instance, since: datetime | None = None) -> list[SeatStep]:
    """Every coming and going of people active in paid roles (B1), in the order in which they count. A report that repeats
    what is known makes none; a change of role does where it crosses paid and free. With ``since`` what is needed to know the
    seats at any instant from then on; who was there all the time is one step before everything."""
    changes, others = _told(instance, since)
    there = others.filter(role__is_paid=True).count() if since is not None else 0
    seated: set[int] = set()
    steps = [SeatStep(MemberChange(pk=0, occurred_at=EVER), there)] if there else []
    for row in members.in_order(changes.select_related("role", "member")):
        is_seat = row.status == Member.Status.ACTIVE and row.role.is_paid
        if is_seat == (row.member_id in seated):
            continue
        (seated.add if is_seat else seated.discard)(row.member_id)
        steps.append(SeatStep(row, 1 if is_seat else -1))
    return steps


def seats_at(instance: Instance, opened_at: datetime, counted_to: int) -> int:
    """How many seats there are when a period is opened at ``opened_at`` (D1), see `SeatStep.is_before`."""
    return sum(step.by for step in seat_steps(instance, opened_at) if step.is_before(opened_at, counted_to))


def last_report(instance: Instance) -> int:
    """The number of the latest report about the instance's people; 0 where there is none."""
    return MemberChange.objects.filter(instance=instance).aggregate(last=Max("pk"))["last"] or 0


def paid_count(instance: Instance) -> int:
    """How many are active in paid roles as the latest reports tell it."""
    return Member.objects.active().filter(instance=instance, role__is_paid=True).count()


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


def explain_month(
    terms: Terms, month: date, peak: int, peak_at: datetime | None, charged_minor: int = 0, member: Member | None = None
) -> Explanation:
    """What the month's ``peak`` costs beyond what has been charged for it, and why (M4)."""
    return explain_quantity(terms, peak, charged_minor) | {
        "month": month.isoformat(),
        "peak_at": peak_at.isoformat() if peak_at else None,
        "member": member.pk if member else None,
    }


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
    terms = period.tariff.terms()
    before = charged_for(subscription, month)
    highest = max(periods, key=lambda row: row.peak)
    explanation = explain_month(terms, month, highest.peak, highest.peak_at, before, member)
    if explanation["amount_minor"] == 0:
        return None
    posted = Charge.objects.filter(period__subscription=subscription).count()
    charge = charges.post_charge(
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
    outbox.emit(
        "seats.peak_raised",
        at=as_of,
        subscription=subscription,
        data={"peak": peak, "amount": outbox.money(charge.amount_minor, charge.currency)},
    )
    if before_minor == 0 and charge.kind == Charge.Kind.PEAK_RAISED:
        notices.quota_crossed(charge=charge, peak=peak, at=as_of)
