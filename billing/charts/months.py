"""The bar chart of the money calendar's months, computed on the server; the page's rows give the same figures as text."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing.charts.scale import percent, slots
from billing.reports.calendars.calendar import Month

HEIGHT, TOP, LETTERS = 96, 22, 140


@dataclass(frozen=True)
class Bar:
    """One month's bar: ``x``, ``width`` and ``middle`` in percent, ``y`` and ``height`` in pixels."""

    month: Month
    x: str
    width: str
    middle: str
    y: int
    height: int
    is_first: bool


def month_bars(months: Sequence[Month]) -> list[Bar]:
    """Returns one bar for each month; a month without sums has one of height 0."""
    most = max((month.money_minor for month in months), default=0)
    placed: list[Bar] = []
    for month, slot in zip(months, slots(len(months)), strict=True):
        height = max(3, month.money_minor * HEIGHT // most) if month.money_minor > 0 and most else 0
        x, width, middle = percent(slot.x), percent(slot.width), percent(slot.middle)
        placed.append(Bar(month, x, width, middle, TOP + HEIGHT - height, height, not placed))
    return placed
