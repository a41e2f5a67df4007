"""Maps figures to coordinates for every chart, in whole numbers, so that a picture is the same everywhere.

Lines are drawn in a box of 1000 × 1000 that stretches with the page; letters and dots are placed by percent and by
pixels, so that they keep their size on a phone.
"""

from dataclasses import dataclass

BOX = 1000  # the inner drawing's width and height
NARROW = 560  # of a bar's slot, in thousandths


def percent(x: int) -> str:
    """Writes ``x`` of the box as a share of its width: 125 is 12.5%."""
    return f"{x // 10}.{x % 10}%"


def anchor(x: int, *, start: int = 0, end: int = BOX) -> str:
    """Returns the SVG text-anchor that keeps a text at ``x`` inside the picture: start before ``start``, end after ``end``."""
    return "start" if x < start else "end" if x > end else "middle"


def round_up(number: int) -> int:
    """Returns the smallest round number (1, 2 or 5 with zeros) that is not below ``number``."""
    unit = 1
    while unit * 10 <= number:
        unit *= 10
    return next((unit * factor for factor in (1, 2, 5) if unit * factor >= number), unit * 10)


def nice_step(span: int, ticks: int) -> int:
    """Returns the round number that divides ``span`` into about ``ticks`` parts."""
    return round_up(max(1, span // ticks))


@dataclass(frozen=True)
class Scale:
    """A drawing of 0 to ``most`` across and 0 to ``ceiling`` upwards, ``height`` pixels high and ``top`` below the edge."""

    most: int
    ceiling: int
    top: int
    height: int

    def x(self, value: int) -> int:
        """Returns the horizontal coordinate in the box, kept within it."""
        return max(0, min(BOX, value * BOX // self.most))

    def y(self, value: int) -> int:
        """Returns the vertical coordinate in the box, counted from above."""
        return BOX - value * BOX // self.ceiling

    def percent(self, value: int) -> str:
        return percent(self.x(value))

    def pixel(self, value: int) -> int:
        """Returns the vertical coordinate in the picture, in pixels from above."""
        return self.top + self.y(value) * self.height // BOX


@dataclass(frozen=True)
class Slot:
    """One bar's place among equal ones: ``x``, ``width`` and ``middle`` in thousandths."""

    x: int
    width: int
    middle: int


def slots(count: int) -> list[Slot]:
    """Returns the places of ``count`` bars side by side, with room between them."""
    place = BOX // max(1, count)
    width = place * NARROW // 1000
    return [Slot(number * place + (place - width) // 2, width, number * place + place // 2) for number in range(count)]
