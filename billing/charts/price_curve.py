"""What a quantity costs, as a line worked out on the server: the cliff of a quota and the steps of a price can be seen.

The shapes live in a box of 1000 × 1000 that stretches with the page, as in `charts`; letters and the dot are placed beside
it. The same figures stand beside it in words and in a table, so it says nothing to a screen reader.
"""

from dataclasses import dataclass

from billing.pricing.quantity import NoPrice, price, thresholds
from billing.pricing.terms import Terms

BOX = 1000
TOP, HEIGHT = 8, 112  # of the inner drawing within the picture, pixels
POINTS = 60
# Round ends of the slider and the drawing.
ROUND = (1, 2, 5)


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
    steps = [thresholds(one)[-1] for one in terms]
    wanted = max([100, 2 * size, *(2 * (step - 1) for step in steps)])
    scale = 1
    while True:
        for factor in ROUND:
            if factor * scale >= wanted:
                return factor * scale
        scale *= 10


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
    ceiling += ceiling // 12
    drawn = [(at * BOX // most, BOX - minor * BOX // ceiling) for at, minor in points]
    line = "M" + "L".join(f"{x} {y}" for x, y in drawn)
    x, y = min(quantity, most) * BOX // most, BOX - drawn_minor * BOX // ceiling
    return Curve(
        line=line,
        area=f"{line}V{BOX}H0Z",
        quantity=quantity,
        amount_minor=amount_minor,
        dot_x=_percent(x),
        dot_y=TOP + y * HEIGHT // BOX,
        ticks=_ticks(terms, most),
    )


def _sampled(terms: Terms, most: int) -> list[int]:
    """Quantities between which the price is a straight line, near enough for a drawing."""
    even = {most * step // POINTS for step in range(POINTS + 1)}
    edges = {at for start in thresholds(terms) for at in (start - 1, start) if 0 <= at <= most}
    return sorted(even | edges)


def _ticks(terms: Terms, most: int) -> tuple[Tick, ...]:
    """Both ends and the steps of the price that leave each other room."""
    found = [Tick("0%", 0, "start")]
    last = 0
    for start in thresholds(terms):
        x = start * BOX // most
        if start > 1 and x - last > 55 and x < 880:
            found.append(Tick(_percent(x), start, "middle"))
            last = x
    return (*found, Tick("100%", most, "end"))


def _percent(x: int) -> str:
    return f"{x // 10}.{x % 10}%"
