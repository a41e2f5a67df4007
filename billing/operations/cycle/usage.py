"""The use of a month: its price against what has been charged for it (M1–M4), for member reports and for the month close.

The charge of a month follows from the *set* of reports: their peak is priced, and the difference is posted. Reports that are
``foreseen`` (`accounts.members.foresee_report`) are counted with those that are stored: so a preview reads what the act charges.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import Max, Q, QuerySet, Sum

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

# Before every report.
EVER = datetime.min.replace(tzinfo=UTC)


def _relevant_rows(
    instance: Instance, since: datetime | None, foreseen: Sequence[MemberChange]
) -> tuple[QuerySet[MemberChange], QuerySet[Member]]:
    """The reports to go through, and the active members to be counted besides them.

    From ``since`` on only the people reported in that time matter, with all reports about them; the others are now what they
    were then. So an instance's long past costs nothing.
    """
    changes, people = MemberChange.objects.filter(instance=instance), Member.objects.active().filter(instance=instance)
    if since is None:
        return changes, people.none()
    changed_people = changes.filter(occurred_at__gte=since).values("member")
    reported = _known_people(foreseen)
    rows = MemberChange.objects.filter(Q(member__in=changed_people) | Q(member__in=reported))
    return rows, people.exclude(pk__in=changed_people).exclude(pk__in=reported)


def _known_people(foreseen: Sequence[MemberChange]) -> list[int]:
    """The keys of the people whom ``foreseen`` is about, but for somebody new, who has none."""
    return [change.member_id for change in foreseen if change.member_id is not None]


def known_steps(
    instance: Instance, since: datetime | None = None, foreseen: Sequence[MemberChange] = ()
) -> list[peaks.Step]:
    """Lists every rise and fall of the number of active members of ``instance``, in the order in which they count; with
    ``since`` only what gives the number at any instant from then on."""
    changes, others = _relevant_rows(instance, since, foreseen)
    stored = changes.only("pk", "member_id", "status", "occurred_at", "is_dated")
    rows = members.order_changes([*stored, *foreseen])
    steps = peaks.steps_of(
        peaks.Report(row.member_id, row.occurred_at, row.status == Member.Status.ACTIVE, row.is_dated) for row in rows
    )
    present = others.count() if since is not None else 0
    return [peaks.Step(EVER, present, False), *steps] if present else steps


@dataclass(frozen=True)
class SeatStep:
    """A person in a paid role comes (``by`` +1) or goes (−1), as the report ``change`` says. The first step may be all who
    were there before, see `seat_steps`."""

    change: MemberChange
    by: int

    def is_before(self, opened_at: datetime, counted_to: int) -> bool:
        """Whether a period opened at ``opened_at`` counted the step already, with the reports up to ``counted_to`` known."""
        if self.change.occurred_at == opened_at:
            return self.change.pk <= counted_to or (self.change.is_dated and self.by < 0)
        return self.change.occurred_at < opened_at


def seat_steps(
    instance: Instance, since: datetime | None = None, foreseen: Sequence[MemberChange] = ()
) -> list[SeatStep]:
    """Lists every rise and fall of the number of seats, which are people active in paid roles (B1), in the order in which they
    count.

    A report that repeats what is known makes none; a change of role does where it crosses paid and free. With ``since`` only
    what gives the seats at any instant from then on; who was there all the time is one step before everything.
    """
    changes, others = _relevant_rows(instance, since, foreseen)
    present = others.filter(role__is_paid=True).count() if since is not None else 0
    seated: set[int] = set()
    steps = [SeatStep(MemberChange(pk=0, occurred_at=EVER), present)] if present else []
    rows = members.order_changes([*changes.select_related("role", "member"), *foreseen])
    for row in members.fold_roles(rows):
        is_seat = row.status == Member.Status.ACTIVE and row.role.is_paid
        if is_seat == (row.member_id in seated):
            continue
        (seated.add if is_seat else seated.discard)(row.member_id)
        steps.append(SeatStep(row, 1 if is_seat else -1))
    return steps


def seats_at(instance: Instance, opened_at: datetime, counted_to: int, foreseen: Sequence[MemberChange] = ()) -> int:
    """The number of seats when a period is opened at ``opened_at`` (D1), see `SeatStep.is_before`."""
    steps = seat_steps(instance, opened_at, foreseen)
    return sum(step.by for step in steps if step.is_before(opened_at, counted_to))


def last_report(instance: Instance) -> int:
    """The number of the latest report about the instance's people; 0 where there is none."""
    return MemberChange.objects.filter(instance=instance).aggregate(last=Max("pk"))["last"] or 0


def paid_count(instance: Instance, foreseen: Sequence[MemberChange] = ()) -> int:
    """The number of people active in paid roles by the latest reports."""
    others = (
        Member.objects.active().filter(instance=instance, role__is_paid=True).exclude(pk__in=_known_people(foreseen))
    )
    return others.count() + sum(change.status == Member.Status.ACTIVE and change.role.is_paid for change in foreseen)


def active_count(instance: Instance, foreseen: Sequence[MemberChange] = ()) -> int:
    """The number of active people by the latest reports; ``foreseen`` has at most one about each."""
    others = Member.objects.filter(instance=instance, status=Member.Status.ACTIVE).exclude(
        pk__in=_known_people(foreseen)
    )
    return others.count() + sum(change.status == Member.Status.ACTIVE for change in foreseen)


def charged_for(subscription: Subscription, month: date) -> int:
    """The sum charged so far for the use of the calendar month that begins on ``month``, in minor units."""
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
    """Explains what the month's ``peak`` costs beyond ``charged_minor``, which has been charged for it (M4)."""
    return explain_quantity(terms, peak, charged_minor) | {
        "month": month.isoformat(),
        "peak_at": peak_at.isoformat() if peak_at else None,
        "member": member.pk if member else None,
    }


def explain_settlement(
    subscription: Subscription, periods: Sequence[BillingPeriod], member: Member | None = None
) -> Explanation:
    """Explains the difference between the price of the month's peak and what has been charged for the month (M4).

    ``periods`` are all of the subscription's within one calendar month, with their peaks.
    """
    month = month_start(periods[-1].start)
    highest = max(periods, key=lambda row: row.peak)
    terms, charged_minor = periods[-1].tariff.terms(), charged_for(subscription, month)
    return explain_month(terms, month, highest.peak, highest.peak_at, charged_minor, member)


def next_charge_key(subscription: Subscription, period: BillingPeriod) -> str:
    """Names the next charge for the use of the month of ``period``: it is posted once (G9)."""
    posted = Charge.objects.filter(period__subscription=subscription).count()
    return f"{subscription.public_id}:{period.start:%Y-%m}:{posted + 1}"


def settle_month(
    *, subscription: Subscription, periods: list[BillingPeriod], occurred_at: datetime, as_of: datetime, actor: str = ""
) -> Charge | None:
    """Posts what the people active at the start of the month's last period cost beyond what has been charged for the month (M6).

    ``periods`` are all of the subscription's within one calendar month: a subscription that was terminated and resumed
    within it has several, and one peak (M13). None where nothing is to be posted.
    """
    return post_settlement(
        subscription=subscription,
        periods=periods,
        explanation=explain_settlement(subscription, periods),
        occurred_at=occurred_at,
        as_of=as_of,
        opening=True,
        actor=actor,
    )


def post_settlement(
    *,
    subscription: Subscription,
    periods: list[BillingPeriod],
    explanation: Explanation,
    occurred_at: datetime,
    as_of: datetime,
    opening: bool = False,
    actor: str = "",
) -> Charge | None:
    """Posts the difference that `explain_settlement` explains (M4); None where it is nothing."""
    if explanation["amount_minor"] == 0:
        return None
    period = periods[-1]
    charge = charges.post_charge(
        account=subscription.account,
        subscription=subscription,
        period=period,
        kind=_kind(period, explanation["amount_minor"], opening),
        explanation=explanation,
        key=next_charge_key(subscription, period),
        occurred_at=occurred_at,
        as_of=as_of,
        billing_month=subscription.account.open_month,
        actor=actor,
    )
    _announce_rise(charge, max(row.peak for row in periods), int(explanation["before_minor"]), as_of)
    return charge


def _announce_rise(charge: Charge, peak: int, charged_minor: int, as_of: datetime) -> None:
    """Emits an event for every rise of the peak, and writes to the owner when the free quota is crossed (D8)."""
    subscription = charge.subscription
    assert subscription is not None
    if charge.kind not in (Charge.Kind.PEAK_RAISED, Charge.Kind.OPENING):
        return
    outbox.emit(
        "seats.peak_raised",
        at=as_of,
        subscription=subscription,
        data={"peak": peak, "amount": outbox.money_data(charge.amount_minor, charge.currency)},
    )
    if charged_minor == 0 and charge.kind == Charge.Kind.PEAK_RAISED:
        notices.queue_quota_crossed(charge=charge, peak=peak, at=as_of)
