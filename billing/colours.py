"""The contrast of colours as WCAG 2 defines it, and making a brand's colour readable by changing its lightness, not its hue."""

import re
from collections.abc import Sequence
from typing import NamedTuple

READABLE = 4.6  # AA asks for 4.5; the rest is for rounding


class Colour(NamedTuple):
    red: int
    green: int
    blue: int

    @property
    def hex(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


WHITE, BLACK = Colour(255, 255, 255), Colour(0, 0, 0)


def parse(text: str) -> Colour:
    """Parses ``#0f5e4d``; raises ValueError for anything else, so that nothing else reaches a stylesheet."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError(f"write the accent as #rrggbb, not {text!r}")
    return Colour(*(int(text[place : place + 2], 16) for place in (1, 3, 5)))


def mix(first: Colour, second: Colour, percent: int) -> Colour:
    """Mixes ``percent`` of the first colour with the rest of the second."""
    return Colour(
        *((left * percent + right * (100 - percent)) // 100 for left, right in zip(first, second, strict=True))
    )


def luminance(colour: Colour) -> float:
    """Returns the relative luminance, 0 (black) to 1 (white), as WCAG 2 defines it."""
    shares = (part / 255 for part in colour)
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(text: Colour, background: Colour) -> float:
    """Returns the contrast, 1 (the same colour) to 21 (black on white), as WCAG 2 defines it."""
    high, low = sorted((luminance(text), luminance(background)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def make_readable(colour: Colour, backgrounds: Sequence[Colour], towards: Colour) -> Colour:
    """Moves ``colour`` towards black or white only as far as text in it is readable on every one of ``backgrounds``, and text of
    their colour on it."""
    for percent in range(100, -1, -2):
        candidate = mix(colour, towards, percent)
        if all(contrast(candidate, background) >= READABLE for background in backgrounds):
            return candidate
    return towards
