"""Business days and months: the only place that turns instants into dates (G1, D1).

A period is half-open, ``[start, end)``: what happens at 00:00:00 belongs to the new day, month and period.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

# Notices go out, and renewals are tried, at this hour of the billing zone (D12, E8).
MORNING = 10


class Span(NamedTuple):
    """Days from ``start`` (included) to ``end`` (not included)."""

    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        return self.end - timedelta(days=1)

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day < self.end


def business_date(instant: datetime, zone: str) -> date:
    """Returns the date on the wall calendar of ``zone`` at ``instant`` (aware)."""
    return instant.astimezone(ZoneInfo(zone)).date()


def start_of_day(day: date, zone: str) -> datetime:
    """Returns the instant at which ``day`` begins in ``zone``, in UTC: 16 May Moscow → 15 May 21:00 UTC."""
    return datetime.combine(day, time(0), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def at_hour(day: date, hour: int, zone: str) -> datetime:
    """Returns the instant of ``hour`` o'clock on ``day`` in ``zone``, in UTC (notices go at 10:00, D12)."""
    return datetime.combine(day, time(hour), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def month_start(day: date) -> date:
    """Returns the 1st of the month of ``day``."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """Returns the 1st of the month after that of ``day``."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def month_span(day: date) -> Span:
    """Returns the calendar month of ``day`` (M5)."""
    return Span(month_start(day), next_month(day))


def add_months(anchor: date, months: int) -> date:
    """Returns the same day ``months`` later, clamped to the month's last: 31 January + 1 → 28 February, + 2 → 31 March (E5)."""
    index = anchor.year * 12 + anchor.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    return first.replace(day=min(anchor.day, (next_month(first) - timedelta(days=1)).day))


def next_period(anchor: date, start: date, months: int) -> Span:
    """Returns the period of ``months`` that follows one which ends on ``start``, its day that of ``anchor`` (E5).

    It is reckoned from the anchor and not from the period before, so that the day is kept: started on 31 January, periods
    begin on 28 February and 31 March.
    """
    passed = (start.year - anchor.year) * 12 + start.month - anchor.month
    return Span(start, add_months(anchor, passed + months))
