"""The months of the money calendar as bars, worked out on the server: the rows of the page say the same in letters."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing.charts.scale import percent, slots
from billing.reports.calendars.calendar import Month

HEIGHT, TOP, LETTERS = 96, 22, 140


@dataclass(frozen=True)
class Bar:
    """``x``, ``width`` and ``middle`` in percent, ``y`` and ``height`` in pixels."""

    month: Month
    x: str
    width: str
    middle: str
    y: int
    height: int
    is_first: bool


def bars(months: Sequence[Month]) -> list[Bar]:
    """One bar a month; an empty month has one without height."""
    most = max((month.money_minor for month in months), default=0)
    drawn: list[Bar] = []
    for month, slot in zip(months, slots(len(months)), strict=True):
        height = max(3, month.money_minor * HEIGHT // most) if month.money_minor > 0 and most else 0
        x, width, middle = percent(slot.x), percent(slot.width), percent(slot.middle)
        drawn.append(Bar(month, x, width, middle, TOP + HEIGHT - height, height, not drawn))
    return drawn
