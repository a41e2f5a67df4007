"""The bar chart of delivery lags, computed on the server: the page needs neither script nor style for it.

A bar is as high as the median, a thin line goes on to the worst lag. The scale has rungs of equal height (1 s, 10 s, 1 min,
10 min, 1 h …), since half a second and ten hours must fit into one picture. The drawing fills the page's width:
``x`` are percents, ``y`` pixels, so that letters keep their size on a phone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from billing.charts.scale import anchor, percent, slots
from billing.pricing.periods import business_date
from billing.reports.webhook_traffic import Bucket
from billing.wording import formats, webhook_events

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
RUNGS = (0, SECOND, 10 * SECOND, MINUTE, 10 * MINUTE, HOUR, 10 * HOUR, DAY, 10 * DAY, 100 * DAY)
LEAST = 2  # rungs that are always there
TOP, HEIGHT = 16, 112  # of the bars within the picture, pixels
BASE = TOP + HEIGHT
FAILED_Y = BASE + 9  # failures are marked below the bars' foot
LETTERS_Y = BASE + 32


@dataclass(frozen=True)
class Bar:
    """One bucket: its place in percent, the heights in pixels; ``failed_x`` is empty where nothing failed."""

    bucket: Bucket
    x: str
    width: str
    middle: str
    y: int
    height: int
    worst_y: int
    base: int = BASE
    failed_y: int = FAILED_Y


@dataclass(frozen=True)
class Mark:
    """A letter with its place: ``x`` in percent, ``y`` in pixels."""

    x: str
    y: int
    text: str
    anchor: str = "middle"
    second: bool = False  # left out where the picture is narrow


@dataclass(frozen=True)
class LagChart:
    """The chart's coordinates and labels."""

    bars: tuple[Bar, ...]
    rungs: tuple[Mark, ...]
    ticks: tuple[Mark, ...]
    base: int = BASE
    height: int = LETTERS_Y + 8


def _rungs(buckets: Sequence[Bucket]) -> tuple[int, ...]:
    """Returns the rungs of the scale up to the first that no lag exceeds."""
    highest = max((bucket.worst_ms or 0 for bucket in buckets), default=0)
    top = next((number for number, rung in enumerate(RUNGS) if rung >= highest), len(RUNGS) - 1)
    return RUNGS[: max(LEAST, top) + 1]


def height(milliseconds: int, rungs: Sequence[int]) -> int:
    """Returns the height of a lag in pixels: equal between rungs, linear within one."""
    step = len(rungs) - 1
    for number, (low, high) in enumerate(pairwise(rungs)):
        if milliseconds <= high:
            return (number * (high - low) + milliseconds - low) * HEIGHT // ((high - low) * step)
    return HEIGHT


def lag_chart(buckets: Sequence[Bucket], label: Callable[[datetime], str], *, every: int) -> LagChart:
    """Draws one bar for each bucket, ``label`` written under every ``every``-th, counted from the last."""
    rungs = _rungs(buckets)
    bars, ticks = [], []
    for number, (bucket, slot) in enumerate(zip(buckets, slots(len(buckets)), strict=True)):
        x, width, middle = percent(slot.x), percent(slot.width), percent(slot.middle)
        high = max(2, height(bucket.median_ms, rungs)) if bucket.median_ms is not None else 0
        top = height(bucket.worst_ms, rungs) if bucket.worst_ms is not None else 0
        bars.append(Bar(bucket, x, width, middle, BASE - high, high, BASE - max(top, high)))
        back = len(buckets) - 1 - number
        if back % every == 0:
            side = anchor(slot.middle, start=40, end=940)
            ticks.append(Mark(middle, LETTERS_Y, label(bucket.start), side, back // every % 2 == 1))
    lines = [Mark("0", BASE - height(rung, rungs), webhook_events.rung_text(rung), "start") for rung in rungs[1:]]
    return LagChart(tuple(bars), tuple(lines), tuple(ticks))


def chart_by_hour(buckets: Sequence[Bucket], zone: str) -> LagChart:
    """Draws the last 24 hours, every fourth of them named: 14:00."""
    clock = ZoneInfo(zone)
    return lag_chart(buckets, lambda start: f"{start.astimezone(clock):%H:%M}", every=4)


def chart_by_day(buckets: Sequence[Bucket], zone: str) -> LagChart:
    """Draws the last 14 days, every third of them named: 12 May."""
    return lag_chart(buckets, lambda start: formats.date_text(business_date(start, zone), year=False), every=3)
