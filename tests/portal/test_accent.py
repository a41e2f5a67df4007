"""The operator's accent: whatever colour is set, text in it and on it can be read in both themes."""

import re

import pytest

from billing.colours import Colour, contrast, parse
from billing.portal import accent


def tokens(sheet: str) -> list[dict[str, Colour]]:
    blocks = re.findall(r"\{ (--accent:[^}]*) \}", sheet)
    return [
        {name: parse(value) for name, value in re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)} for block in blocks
    ]


@pytest.mark.parametrize("colour", ["#ffd500", "#0f5e4d", "#000000", "#ffffff", "#ff0000", "#2b6cff", "#888888"])
def test_any_accent_is_readable_in_both_themes(colour):
    light, dark, dark_by_device = tokens(accent.stylesheet(colour))
    assert dark == dark_by_device
    for theme, papers in ((light, ("#ffffff", "#f7f6f3")), (dark, ("#1b1f24", "#131619"))):
        for paper in papers:
            assert contrast(theme["accent"], parse(paper)) >= 4.5
        assert contrast(theme["on-accent"], theme["accent"]) >= 4.5
        assert contrast(theme["accent"], theme["fill"]) >= 4.5


def test_a_readable_accent_is_left_as_it_is():
    assert "--accent: #0f5e4d;" in accent.stylesheet("#0f5e4d")


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "#000000; } body { display: none", ""])
def test_what_is_no_colour_never_reaches_a_stylesheet(colour):
    with pytest.raises(ValueError, match="#rrggbb"):
        accent.stylesheet(colour)
