"""The operator's accent can be read on the workbench, whatever colour it is."""

import pytest

from billing.admin.palette import DARK_PAPER, scale
from billing.colours import BLACK, WHITE, contrast, parse


@pytest.mark.parametrize("accent", ["#0f5e4d", "#ffd500", "#000000", "#ffffff", "#e4002b", "#3366ff"])
def test_text_on_the_accent_and_in_it_is_readable_in_both_themes(accent: str) -> None:
    steps = scale(accent)
    assert contrast(parse(steps["600"]), WHITE) >= 4.5
    assert contrast(parse(steps["500"]), DARK_PAPER) >= 4.5
    assert contrast(parse(steps["400"]), DARK_PAPER) >= 4.5


def test_the_houses_own_green_stays_as_it_is() -> None:
    assert scale("#0f5e4d")["600"] == "#0f5e4d"


def test_contrast_is_that_of_the_standard() -> None:
    assert round(contrast(BLACK, WHITE), 2) == 21.0
    assert round(contrast(parse("#767676"), WHITE), 2) == 4.54
