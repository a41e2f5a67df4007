"""Due dates counted from a date: on which days, and at which instant of a billing zone. Arithmetic alone; the
rows that it is counted for are `operations.cycle.due`'s."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from billing.pricing.periods import MORNING, add_months, at_hour, business_date, start_of_day

# A renewal is collected on each day from so many before its date on, and on the date itself (E8).
COLLECTION_DAYS = 5
# An ended subscription can be resumed for so long (M13); then the rest of a bonus is written off (D11).
RESUMPTION_MONTHS = 12


def payment_date(day: date, payment_days: int) -> date:
    """Returns the last day to pay what is invoiced on ``day`` (M8)."""
    return day + timedelta(days=payment_days)


def trial_end(first_day: date, trial_days: int) -> date:
    """Returns the last day, which counts whole, of a trial that begins on ``first_day`` (D12)."""
    return first_day + timedelta(days=trial_days)


def midnight_after(last_day: date, zone: str) -> datetime:
    """Returns the instant at which ``last_day`` is over, in UTC.

    An unpaid invoice locks then (M8), a trial without a choice (B2); an unpaid renewal ends its subscription (E8).
    """
    return start_of_day(last_day + timedelta(days=1), zone)


def morning_of(day: date, zone: str) -> datetime:
    """Returns ten o'clock of ``day``: notices go out and renewals are tried then (D12, E8)."""
    return at_hour(day, MORNING, zone)


def next_day_at(hour: int, *, after: datetime, zone: str) -> date:
    """Returns the first day whose ``hour`` o'clock comes later than ``after``."""
    today = business_date(after, zone)
    return today if after < at_hour(today, hour, zone) else today + timedelta(days=1)


def first_collection_day(renewal_date: date) -> date:
    """Returns the day of the first try to collect the renewal of ``renewal_date`` (E8)."""
    return renewal_date - timedelta(days=COLLECTION_DAYS)


def next_collection_day(renewal_date: date, last_try: date | None) -> date | None:
    """Returns the day of the next try after that of ``last_try``; the first where none was made, None after the last (E8)."""
    first = first_collection_day(renewal_date)
    if last_try is None or last_try < first:
        return first
    return last_try + timedelta(days=1) if last_try < renewal_date else None


def is_collection_day(renewal_date: date, day: date) -> bool:
    """Tells whether the renewal of ``renewal_date`` is collected on ``day`` (E8)."""
    return first_collection_day(renewal_date) <= day <= renewal_date


def days_before_ahead(days_before: Sequence[int], event_date: date | None, today: date) -> int | None:
    """Picks from ``days_before`` the days that an event is announced with on ``today``: the nearest that has begun.

    None before the first has begun, and from ``event_date`` on.
    """
    left = (event_date - today).days if event_date is not None else 0
    return min((days for days in days_before if days >= left), default=None) if left > 0 else None


def resumption_end(ended_at: datetime, zone: str) -> datetime:
    """Returns the instant from which a subscription that ended at ``ended_at`` can be resumed no more: its day a year later counts
    whole (M13)."""
    return midnight_after(add_months(business_date(ended_at, zone), RESUMPTION_MONTHS), zone)
