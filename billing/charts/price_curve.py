"""What a quantity costs, as a line worked out on the server: the cliff of a quota and the steps of a price can be seen.

The same figures stand beside it in words and in a table, so it says nothing to a screen reader.
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
    """All that the template needs to draw: the price from 0 to ``most`` units, and the dot at ``quantity``."""

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


def most_shown(terms: list[Terms], size: int) -> int:
    """A round end for a slider: every step of the prices and twice the size that is known lie before it."""
    steps = [thresholds(offered)[-1] for offered in terms]
    return round_up(max([100, 2 * size, *(2 * (step - 1) for step in steps)]))


def typical(terms: list[Terms]) -> int:
    """A size worth beginning with: beyond the first step of a price, so that it can be seen; 10 where there is none."""
    free = min((start - 1 for one in terms for start in thresholds(one) if start > 1), default=0)
    return max(10, free + free // 2)


def price_curve(terms: Terms, quantity: int, most: int) -> Curve | None:
    """The price of 0 to ``most`` units, the dot at ``quantity`` or at the end; None where the terms do not price them all."""
    try:
        points = [(at, price(terms, at)) for at in _sampled(terms, most)]
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


def _sampled(terms: Terms, most: int) -> list[int]:
    """Quantities between which the price is a straight line, near enough for a drawing."""
    even = {most * step // POINTS for step in range(POINTS + 1)}
    edges = {at for start in thresholds(terms) for at in (start - 1, start) if 0 <= at <= most}
    return sorted(even | edges)


def _ticks(terms: Terms, scale: Scale) -> tuple[Tick, ...]:
    """Both ends and the steps of the price that leave each other room."""
    ticks = [Tick("0%", 0, "start")]
    last = 0
    for start in thresholds(terms):
        x = scale.x(start)
        if start > 1 and x - last > 55 and x < 880:
            ticks.append(Tick(percent(x), start, "middle"))
            last = x
    return (*ticks, Tick("100%", scale.most, "end"))
