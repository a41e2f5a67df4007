"""The status of a subscription, worked out from its dates and payments at the instant asked (D3): a job that has not run yet
makes nobody's access longer or shorter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import MemberChange
from billing.models import Subscription, TermsChange
from billing.operations.cycle import prepaid_periods, scheduled_changes
from billing.operations.invoices import issuing
from billing.pricing.periods import business_date, start_of_day
from billing.pricing.quantity import price
from billing.pricing.terms import Renewal


@dataclass(frozen=True)
class Lapse:
    """Why a subscription gives no access any more (``code``), and since when."""

    code: str
    since: datetime


def find_lapse(subscription: Subscription, as_of: datetime) -> Lapse | None:
    """Finds what has ended ``subscription`` at ``as_of``; None while it gives access. It queries nothing, unless a transition
    is due that nobody has carried out yet."""
    if not subscription.is_running(as_of):
        assert subscription.ends_at is not None
        return Lapse("subscription_terminated", subscription.ends_at)
    zone = subscription.account.zone
    today = business_date(as_of, zone)
    is_behind = subscription.next_transition_date is not None and subscription.next_transition_date <= today
    trial_end = subscription.trial_ends_on
    if trial_end is not None and trial_end < today and subscription.paid_from is None:
        chosen = TermsChange.objects.waiting().filter(subscription=subscription, effective_date__lte=today)
        if is_behind and chosen.exists():
            return None
        return Lapse("trial_ended", start_of_day(prepaid_periods.day_after(trial_end), zone))
    return _find_unpaid_renewal(subscription, today) if is_behind and subscription.paid_from is not None else None


def _find_unpaid_renewal(subscription: Subscription, today: date) -> Lapse | None:
    """Finds a renewal whose payment date has passed and whose period the balance does not pay (E8)."""
    period = prepaid_periods.last_period(subscription)
    if (
        period is None
        or subscription.priced_by.renewal != Renewal.COLLECTED
        or prepaid_periods.day_after(period.end) > today
    ):
        return None
    if is_covered(subscription, period.end):
        return None
    deadline = start_of_day(prepaid_periods.day_after(period.end), subscription.account.zone)
    return Lapse("subscription_terminated", deadline)


def is_covered(subscription: Subscription, on: date, incoming_minor: int = 0) -> bool:
    """Whether the account's credit and ``incoming_minor`` together pay the whole of the period that begins on ``on``."""
    available = issuing.available_credit(subscription.account) + incoming_minor
    return available >= renewal_price(subscription, on)


def renewal_price(subscription: Subscription, on: date, foreseen: Sequence[MemberChange] = ()) -> int:
    """What the period that begins on ``on`` costs, in minor units: on the terms scheduled for it, else the present ones.

    ``foreseen``: reports about people, not stored, that count with those that are.
    """
    tariff, bought = scheduled_changes.terms_on(subscription, on)
    starts_at = start_of_day(on, subscription.account.zone)
    return price(tariff.terms(), prepaid_periods.units(subscription, tariff, bought, starts_at, foreseen=foreseen))


def is_trialing(subscription: Subscription, as_of: datetime) -> bool:
    """Whether the trial of ``subscription`` lasts at ``as_of``, the last day counted whole (D12)."""
    if subscription.trial_ends_on is None or subscription.paid_from is not None or not subscription.is_running(as_of):
        return False
    return business_date(as_of, subscription.account.zone) <= subscription.trial_ends_on


def status_of(subscription: Subscription, *, in_debt: bool, as_of: datetime) -> str:
    """The status of ``subscription`` at ``as_of``; ``in_debt``: its account has an overdue invoice then.

    It is trialing, trial_ended, active, past_due, cancelling or terminated.
    """
    lapsed = find_lapse(subscription, as_of)
    if lapsed is not None:
        return "trial_ended" if lapsed.code == "trial_ended" else "terminated"
    if is_trialing(subscription, as_of):
        return "trialing"
    if in_debt:
        return "past_due"
    return "cancelling" if subscription.cancel_date is not None else "active"
