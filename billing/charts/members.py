"""The month's active members as a step line, worked out on the server: coordinates in, no script and no style in the page.

`rows` is the same month as a table, for those who do not see the drawing.
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
    """All that the template needs to draw; ``quota`` None draws no dashed line, ``now_x`` None no line of today."""

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
class _Clock:
    """Where instants stand on the drawing, which begins at ``start``."""

    scale: Scale
    start: datetime

    def x(self, instant: datetime) -> int:
        return self.scale.x((instant - self.start) // SECOND)


def _path(clock: _Clock, opening: int, levels: Sequence[tuple[datetime, int]], until: datetime) -> str:
    y = clock.scale.y
    parts = [f"M0 {y(opening)}"]
    parts += [f"H{clock.x(instant)}V{y(level)}" for instant, level in levels]
    return "".join([*parts, f"H{clock.x(until)}"])


def day_rows(
    opening: int, levels: Sequence[tuple[datetime, int]], span: Span, zone: str, until: datetime
) -> tuple[Row, ...]:
    """The first day and every day on which the number changed, oldest first."""
    most: dict[date, int] = {span.start: opening}
    at_end: dict[date, int] = {span.start: opening}
    level = opening
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
    opening: int,
    levels: Sequence[tuple[datetime, int]],
    quota: int | None,
    peak: int,
    peak_at: datetime | None,
    now: datetime,
) -> Chart:
    """The chart of the period ``span``: ``opening`` people at its first moment, then ``levels`` of (instant, number from
    then on), oldest first. The line ends at ``now`` where the period is not over; ``peak_at`` None is the first moment."""
    start, end = start_of_day(span.start, zone), start_of_day(span.end, zone)
    until = min(now, end)
    shown = [(instant, level) for instant, level in levels if start <= instant <= until]
    highest = max([opening, peak, quota or 0, *(level for _, level in shown)], default=0)
    scale = Scale((end - start) // SECOND, max(4, highest + highest // 6 + 1), TOP, HEIGHT)
    clock = _Clock(scale, start)
    line = _path(clock, opening, shown, until)
    x_peak = clock.x(peak_at or start)
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
        now_x=percent(clock.x(now)) if start < now < end else None,
        ticks=_ticks(clock, span, zone),
        rows=day_rows(opening, shown, span, zone, until),
    )


def _ticks(clock: _Clock, span: Span, zone: str) -> tuple[Tick, ...]:
    days = [span.start.replace(day=day) for day in TICK_DAYS if span.start.day <= day <= span.last_day.day]
    places = [(day, clock.x(start_of_day(day, zone))) for day in days]
    return tuple(Tick(percent(x), day, anchor(x, start=30)) for day, x in places)
