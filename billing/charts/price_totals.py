"""The line of a tariff's total by quantity, computed on the server: the page needs neither script nor style for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from billing.charts.scale import BOX, Scale, anchor, nice_step
from billing.pricing.money import exponent
from billing.pricing.quantity import price, thresholds
from billing.pricing.review import SAMPLES, falls
from billing.pricing.terms import Terms
from billing.pricing.tiers import NoPrice
from billing.wording import formats

TOP, HEIGHT = 22, 150  # of the drawing within the picture, pixels
LEAST_SHOWN = 40  # units on the axis: with fewer, neighbouring steps would run together
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
    """The chart's coordinates and labels; ``old_line`` is empty where nothing is compared."""

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


def _points(terms: Terms, most: int) -> list[Point]:
    every = max(1, most // MOST_POINTS)
    steps = {near for start in _starts(terms) for near in (start - 1, start) if 0 <= near <= most}
    return [(quantity, _price(terms, quantity)) for quantity in sorted({*range(0, most + 1, every), most} | steps)]


def _path(scale: Scale, points: Sequence[Point]) -> str:
    """Joins the points to an SVG path; where there is no price the line is interrupted."""
    parts, command = [], "M"
    for quantity, minor in points:
        if minor is None:
            command = "M"
            continue
        parts.append(f"{command}{scale.x(quantity)} {scale.y(minor)}")
        command = "L"
    return "".join(parts)


def _area(scale: Scale, points: Sequence[Point]) -> str:
    priced_points = [(quantity, minor) for quantity, minor in points if minor is not None]
    if not priced_points:
        return ""
    return f"{_path(scale, priced_points)}L{scale.x(priced_points[-1][0])} {BOX}L{scale.x(priced_points[0][0])} {BOX}Z"


def price_chart(terms: Terms, before: Terms | None = None) -> PriceChart | None:
    """Draws the total of ``terms`` by quantity, with that of ``before`` as a dashed line; None where there is nothing to draw."""
    all_terms = [terms] if before is None else [terms, before]
    last_step = max((start for drawn_terms in all_terms for start in _starts(drawn_terms)), default=0)
    most = max(LEAST_SHOWN, last_step + last_step // 4)  # the last step with some room after it
    lines = [_points(tariff_terms, most) for tariff_terms in all_terms]
    highest = max((minor for line in lines for _quantity, minor in line if minor is not None), default=0)
    if not highest:
        return None
    every = nice_step(highest, 4)
    scale = Scale(most, max(highest + highest // 12, every), TOP, HEIGHT)
    return PriceChart(
        line=_path(scale, lines[0]),
        area=_area(scale, lines[0]),
        old_line=_path(scale, lines[1]) if before is not None else "",
        dots=tuple(
            Mark(scale.percent(quantity), scale.pixel(minor))
            for quantity in SAMPLES
            if quantity <= most and (minor := _price(terms, quantity))
        ),
        falls=tuple(
            Mark(scale.percent(fall.next_quantity), scale.pixel(fall.next_price_minor)) for fall in falls(terms, most)
        ),
        x_ticks=tuple(_x_ticks(scale)),
        y_ticks=tuple(_y_ticks(scale, every, terms.currency)),
    )


def _x_ticks(scale: Scale) -> Iterable[Mark]:
    every = nice_step(scale.most, 4)
    for quantity in range(0, scale.most + 1, every):
        side = anchor(scale.x(quantity), start=1, end=960)
        yield Mark(scale.percent(quantity), 0, formats.count_text(quantity), side)


def _y_ticks(scale: Scale, every: int, currency: str) -> Iterable[Mark]:
    unit = 10 ** exponent(currency)
    for minor in range(every, scale.ceiling + 1, every):
        text = formats.count_text(minor // unit) if minor % unit == 0 else formats.number_text(minor, currency)
        yield Mark("0", scale.pixel(minor), text, "start")
