"""The operator's accent colour, made readable: its hue is kept, its lightness moved until text in it and text on it have the
contrast of WCAG AA on the paper of each theme. Nobody has to hope that a brand's yellow can be read on white."""

import re
from typing import NamedTuple

LIGHT_PAPER, LIGHT_CARD = "#f7f6f3", "#ffffff"
DARK_PAPER, DARK_CARD = "#131619", "#1b1f24"
DARK_TEXT, LIGHT_TEXT = "#0d1512", "#ffffff"
READABLE = 4.6  # AA asks for 4.5; the rest is for rounding
FILL_SHARE = {"light": 14, "dark": 24}  # percent of the accent in the fill


class Colour(NamedTuple):
    red: int
    green: int
    blue: int

    @property
    def hex(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


def parse(text: str) -> Colour:
    """``#0f5e4d`` as a colour; raises ValueError for anything else, so that nothing else reaches a stylesheet."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError(f"write the accent as #rrggbb, not {text!r}")
    return Colour(*(int(text[place : place + 2], 16) for place in (1, 3, 5)))


def mix(first: Colour, second: Colour, percent: int) -> Colour:
    """``percent`` of the first with the rest of the second."""
    return Colour(*((one * percent + two * (100 - percent)) // 100 for one, two in zip(first, second, strict=True)))


def luminance(colour: Colour) -> float:
    """Relative luminance as WCAG 2 defines it."""
    shares = (part / 255 for part in colour)
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """From 1 (the same) to 21 (black on white)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable(accent: Colour, papers: list[Colour], towards: Colour) -> Colour:
    """The accent, moved towards black or white only as far as text in it is readable on every one of ``papers``."""
    for percent in range(100, -1, -2):
        candidate = mix(accent, towards, percent)
        if all(contrast(candidate, paper) >= READABLE for paper in papers):
            return candidate
    return towards


def _rules(accent: Colour, theme: str) -> str:
    light = theme == "light"
    card = parse(LIGHT_CARD if light else DARK_CARD)
    paper = parse(LIGHT_PAPER if light else DARK_PAPER)
    towards = parse("#000000" if light else "#ffffff")
    fill = mix(accent, card, FILL_SHARE[theme])
    shown = readable(accent, [card, paper, fill], towards)
    strong = mix(shown, towards, 80)
    on_accent = max(parse(LIGHT_TEXT), parse(DARK_TEXT), key=lambda text: contrast(text, shown))
    return f"--accent: {shown.hex}; --accent-strong: {strong.hex}; --on-accent: {on_accent.hex}; --fill: {fill.hex};"


def stylesheet(text: str) -> str:
    """The rules that replace the accent of portal.css in both themes; raises ValueError for no colour."""
    accent = parse(text)
    light, dark = _rules(accent, "light"), _rules(accent, "dark")
    return (
        f":root {{ {light} }}\n"
        f':root[data-theme="dark"] {{ {dark} }}\n'
        f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {dark} }} }}\n'
    )


def accent_tag(text: str) -> str:
    """A short mark of the colour for the stylesheet's address, so that a new colour is fetched anew."""
    return text.lstrip("#").lower()
