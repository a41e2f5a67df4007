"""The total of a tariff by quantity as a line, worked out on the server: coordinates in, no script and no style in the page.

The line lives in a box of 1000 × 1000 that stretches with the page; letters and dots are placed by percent and pixels, so
that they keep their size on a phone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from billing.pricing.money import exponent
from billing.pricing.quantity import NoPrice, price, thresholds
from billing.pricing.review import SAMPLES, falls
from billing.pricing.terms import Terms
from billing.wording import formats

BOX = 1000
TOP, HEIGHT = 22, 150  # of the drawing within the picture, pixels
LEAST_SHOWN = 40  # units: below that no step is told from the next
MOST_POINTS = 240


@dataclass(frozen=True)
class Mark:
    """A letter or dot: ``x`` in percent, ``y`` in pixels."""

    x: str
    y: int
    text: str = ""
    anchor: str = "middle"


@dataclass(frozen=True)
class PriceChart:
    """All that the template needs; ``old_line`` is empty where nothing is compared."""

    line: str
    area: str
    old_line: str
    dots: tuple[Mark, ...]
    falls: tuple[Mark, ...]
    x_ticks: tuple[Mark, ...]
    y_ticks: tuple[Mark, ...]
    top: int = TOP
    height: int = HEIGHT
    base: int = TOP + HEIGHT
    x_text: int = TOP + HEIGHT + 18


Point = tuple[int, int | None]


def _price(terms: Terms, quantity: int) -> int | None:
    try:
        return price(terms, quantity)
    except NoPrice:
        return None


def _starts(terms: Terms) -> tuple[int, ...]:
    try:
        return thresholds(terms)
    except NoPrice:
        return ()


def _most_shown(all_terms: Iterable[Terms]) -> int:
    """The quantity at the right edge: the last step with some room after it."""
    last = max((start for terms in all_terms for start in _starts(terms)), default=0)
    return max(LEAST_SHOWN, last + last // 4)


def _points(terms: Terms, most: int) -> list[Point]:
    every = max(1, most // MOST_POINTS)
    steps = {near for start in _starts(terms) for near in (start - 1, start) if 0 <= near <= most}
    return [(quantity, _price(terms, quantity)) for quantity in sorted({*range(0, most + 1, every), most} | steps)]


def nice_step(span: int, ticks: int) -> int:
    """The round number (1, 2 or 5 with zeros) that divides ``span`` into about ``ticks`` parts."""
    rough, unit = max(1, span // ticks), 1
    while unit * 10 <= rough:
        unit *= 10
    return next((unit * factor for factor in (1, 2, 5) if unit * factor >= rough), unit * 10)


@dataclass(frozen=True)
class _Scale:
    most: int
    ceiling: int

    def x(self, quantity: int) -> int:
        return quantity * BOX // self.most

    def y(self, minor: int) -> int:
        return BOX - minor * BOX // self.ceiling

    def percent(self, quantity: int) -> str:
        tenths = self.x(quantity)
        return f"{tenths // 10}.{tenths % 10}%"

    def pixel(self, minor: int) -> int:
        return TOP + self.y(minor) * HEIGHT // BOX


def _path(scale: _Scale, points: Sequence[Point]) -> str:
    """The points joined; where no price is named the line is broken."""
    parts, pen = [], "M"
    for quantity, minor in points:
        if minor is None:
            pen = "M"
            continue
        parts.append(f"{pen}{scale.x(quantity)} {scale.y(minor)}")
        pen = "L"
    return "".join(parts)


def _area(scale: _Scale, points: Sequence[Point]) -> str:
    known = [(quantity, minor) for quantity, minor in points if minor is not None]
    if not known:
        return ""
    return f"{_path(scale, known)}L{scale.x(known[-1][0])} {BOX}L{scale.x(known[0][0])} {BOX}Z"


def price_chart(terms: Terms, before: Terms | None = None) -> PriceChart | None:
    """The total of ``terms`` by quantity, with that of ``before`` as a dashed line; None where there is nothing to draw."""
    shown = [terms] if before is None else [terms, before]
    most = _most_shown(shown)
    lines = [_points(one, most) for one in shown]
    highest = max((minor for line in lines for _quantity, minor in line if minor is not None), default=0)
    if not highest:
        return None
    every = nice_step(highest, 4)
    scale = _Scale(most, max(highest + highest // 12, every))
    return PriceChart(
        line=_path(scale, lines[0]),
        area=_area(scale, lines[0]),
        old_line=_path(scale, lines[1]) if before is not None else "",
        dots=tuple(
            _dot(scale, terms, quantity) for quantity in SAMPLES if _price(terms, quantity) and quantity <= most
        ),
        falls=tuple(
            Mark(scale.percent(fall.next_quantity), scale.pixel(fall.next_price_minor)) for fall in falls(terms, most)
        ),
        x_ticks=tuple(_x_ticks(scale)),
        y_ticks=tuple(_y_ticks(scale, every, terms.currency)),
    )


def _dot(scale: _Scale, terms: Terms, quantity: int) -> Mark:
    return Mark(scale.percent(quantity), scale.pixel(_price(terms, quantity) or 0))


def _x_ticks(scale: _Scale) -> Iterable[Mark]:
    every = nice_step(scale.most, 4)
    for quantity in range(0, scale.most + 1, every):
        anchor = "start" if quantity == 0 else "end" if scale.x(quantity) > 960 else "middle"
        yield Mark(scale.percent(quantity), 0, formats.count_text(quantity), anchor)


def _y_ticks(scale: _Scale, every: int, currency: str) -> Iterable[Mark]:
    unit = 10 ** exponent(currency)
    for minor in range(every, scale.ceiling + 1, every):
        text = formats.count_text(minor // unit) if minor % unit == 0 else formats.number_text(minor, currency)
        yield Mark("0", scale.pixel(minor), text, "start")
