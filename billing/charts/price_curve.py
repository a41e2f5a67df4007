"""The curve of the price by quantity, computed on the server: it shows the jump above a quota and the steps of the price.

The same figures stand beside it in words and in a table, so it is hidden from screen readers.
"""

from dataclasses import dataclass

from billing.charts.scale import BOX, Scale, percent, round_up
from billing.pricing.quantity import price, thresholds
from billing.pricing.terms import Terms
from billing.pricing.tiers import NoPrice

TOP, HEIGHT = 8, 112  # of the inner drawing within the picture, pixels
POINTS = 60


@dataclass(frozen=True)
class Tick:
    """A quantity under the drawing: ``x`` in percent."""

    x: str
    quantity: int
    anchor: str


@dataclass(frozen=True)
class Curve:
    """The curve's coordinates: the price from 0 to ``most`` units, and the dot at ``quantity``."""

    line: str
    area: str
    quantity: int
    amount_minor: int
    dot_x: str
    dot_y: int
    ticks: tuple[Tick, ...]
    top: int = TOP
    height: int = HEIGHT
    base: int = TOP + HEIGHT
    letters: int = TOP + HEIGHT + 19


def slider_end(terms: list[Terms], size: int) -> int:
    """Returns a round upper end for the slider: beyond every step of the prices and twice ``size``, the present number."""
    steps = [thresholds(tariff_terms)[-1] for tariff_terms in terms]
    return round_up(max([100, 2 * size, *(2 * (step - 1) for step in steps)]))


def typical_quantity(terms: list[Terms]) -> int:
    """Returns the number that the calculator starts with: beyond the first step of a price; at least 10."""
    free = min((start - 1 for tariff_terms in terms for start in thresholds(tariff_terms) if start > 1), default=0)
    return max(10, free + free // 2)


def price_curve(terms: Terms, quantity: int, most: int) -> Curve | None:
    """Draws the price of 0 to ``most`` units, the dot at ``quantity`` or at the end; None where the terms do not price them all."""
    try:
        points = [(at, price(terms, at)) for at in _sample_quantities(terms, most)]
        amount_minor, drawn_minor = price(terms, quantity), price(terms, min(quantity, most))
    except NoPrice:
        return None
    ceiling = max(1, *(minor for _at, minor in points))
    scale = Scale(most, ceiling + ceiling // 12, TOP, HEIGHT)
    line = "M" + "L".join(f"{scale.x(at)} {scale.y(minor)}" for at, minor in points)
    return Curve(
        line=line,
        area=f"{line}V{BOX}H0Z",
        quantity=quantity,
        amount_minor=amount_minor,
        dot_x=scale.percent(quantity),
        dot_y=scale.pixel(drawn_minor),
        ticks=_ticks(terms, scale),
    )


def _sample_quantities(terms: Terms, most: int) -> list[int]:
    """Returns the quantities to compute: evenly spaced ones, and both sides of each step."""
    even = {most * step // POINTS for step in range(POINTS + 1)}
    edges = {at for start in thresholds(terms) for at in (start - 1, start) if 0 <= at <= most}
    return sorted(even | edges)


def _ticks(terms: Terms, scale: Scale) -> tuple[Tick, ...]:
    """Returns the axis labels: both ends, and the steps that are far enough apart."""
    ticks = [Tick("0%", 0, "start")]
    last = 0
    for start in thresholds(terms):
        x = scale.x(start)
        if start > 1 and x - last > 55 and x < 880:
            ticks.append(Tick(percent(x), start, "middle"))
            last = x
    return (*ticks, Tick("100%", scale.most, "end"))
