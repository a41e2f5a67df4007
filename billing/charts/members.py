"""The step line of a month's active members, computed on the server: the page needs neither script nor style for it.

`rows` gives the same month as a table, for those who do not see the drawing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from billing.charts.scale import BOX, Scale, anchor, percent
from billing.pricing.periods import Span, business_date, start_of_day

TOP, HEIGHT = 26, 116  # of the inner drawing within the picture, pixels
TICK_DAYS = (1, 8, 15, 22, 29)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Tick:
    """A date under the drawing: ``x`` in percent, ``anchor`` keeps its text inside the picture."""

    x: str
    day: date
    anchor: str


@dataclass(frozen=True)
class Row:
    """One day of the table: the most people active at once and how many there were at the day's end."""

    day: date
    most: int
    at_end: int


@dataclass(frozen=True)
class Chart:
    """The chart's coordinates and labels; ``quota`` None draws no dashed line, ``now_x`` None no line of today."""

    line: str
    area: str
    peak: int
    peak_x: str
    peak_y: int
    peak_anchor: str
    peak_label_y: int
    quota: int | None
    quota_y: int
    quota_label_y: int
    now_x: str | None
    ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]
    top: int = TOP
    height: int = HEIGHT


@dataclass(frozen=True)
class _TimeAxis:
    """Maps instants to places of the drawing, which begins at ``start``."""

    scale: Scale
    start: datetime

    def x(self, instant: datetime) -> int:
        return self.scale.x((instant - self.start) // SECOND)


def _path(axis: _TimeAxis, at_start: int, levels: Sequence[tuple[datetime, int]], until: datetime) -> str:
    y = axis.scale.y
    parts = [f"M0 {y(at_start)}"]
    parts += [f"H{axis.x(instant)}V{y(level)}" for instant, level in levels]
    return "".join([*parts, f"H{axis.x(until)}"])


def day_rows(
    at_start: int, levels: Sequence[tuple[datetime, int]], span: Span, zone: str, until: datetime
) -> tuple[Row, ...]:
    """Returns the table's rows: the first day and every day on which the number changed, oldest first."""
    most: dict[date, int] = {span.start: at_start}
    at_end: dict[date, int] = {span.start: at_start}
    level = at_start
    for instant, after in levels:
        day = business_date(instant, zone)
        if not span.start <= day < span.end or instant > until:
            continue
        most[day] = max(most.get(day, level), after)
        at_end[day] = level = after
    return tuple(Row(day, most[day], at_end[day]) for day in sorted(most))


def members_chart(
    *,
    span: Span,
    zone: str,
    at_start: int,
    levels: Sequence[tuple[datetime, int]],
    quota: int | None,
    peak: int,
    peak_at: datetime | None,
    now: datetime,
) -> Chart:
    """Draws the period ``span``: ``at_start`` people at its first moment, then ``levels`` of (instant, number from
    then on), oldest first. The line ends at ``now`` where the period is not over; ``peak_at`` None is the first moment."""
    start, end = start_of_day(span.start, zone), start_of_day(span.end, zone)
    until = min(now, end)
    period_levels = [(instant, level) for instant, level in levels if start <= instant <= until]
    highest = max([at_start, peak, quota or 0, *(level for _, level in period_levels)], default=0)
    scale = Scale((end - start) // SECOND, max(4, highest + highest // 6 + 1), TOP, HEIGHT)
    axis = _TimeAxis(scale, start)
    line = _path(axis, at_start, period_levels, until)
    x_peak = axis.x(peak_at or start)
    quota_y = scale.pixel(quota or 0)
    return Chart(
        line=line,
        area=f"{line}V{BOX}H0Z",
        peak=peak,
        peak_x=percent(x_peak),
        peak_y=scale.pixel(peak),
        peak_anchor=anchor(x_peak, start=200, end=800),
        peak_label_y=scale.pixel(peak) - 11,
        quota=quota or None,
        quota_y=quota_y,
        quota_label_y=quota_y + 16 if peak > (quota or 0) else quota_y - 7,
        now_x=percent(axis.x(now)) if start < now < end else None,
        ticks=_ticks(axis, span, zone),
        rows=day_rows(at_start, period_levels, span, zone, until),
    )


def _ticks(axis: _TimeAxis, span: Span, zone: str) -> tuple[Tick, ...]:
    days = [span.start.replace(day=day) for day in TICK_DAYS if span.start.day <= day <= span.last_day.day]
    places = [(day, axis.x(start_of_day(day, zone))) for day in days]
    return tuple(Tick(percent(x), day, anchor(x, start=30)) for day, x in places)
