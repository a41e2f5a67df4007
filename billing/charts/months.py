"""The months of the money calendar as bars, worked out on the server: the rows of the page say the same in letters."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing.reports.calendar import Month

HEIGHT, TOP, LETTERS = 96, 22, 140
NARROW = 560  # of a bar's place, in thousandths


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


def _percent(thousandths: int) -> str:
    return f"{thousandths // 10}.{thousandths % 10}%"


def bars(months: Sequence[Month]) -> list[Bar]:
    """One bar a month; an empty month has one without height."""
    most = max((one.money_minor for one in months), default=0)
    place = 1000 // max(1, len(months))
    found = []
    for number, month in enumerate(months):
        height = max(3, month.money_minor * HEIGHT // most) if month.money_minor > 0 and most else 0
        width = place * NARROW // 1000
        x = number * place + (place - width) // 2
        found.append(
            Bar(
                month,
                _percent(x),
                _percent(width),
                _percent(number * place + place // 2),
                TOP + HEIGHT - height,
                height,
                number == 0,
            )
        )
    return found
