"""The scale that all charts stand on: whole numbers, round ticks, places in percent and pixels."""

import pytest

from billing.charts.scale import Scale, Slot, anchor, nice_step, percent, round_up, slots


@pytest.mark.parametrize(
    ("number", "rounded"),
    [(0, 1), (1, 1), (2, 2), (3, 5), (6, 10), (10, 10), (11, 20), (201, 500), (501, 1000), (1000, 1000), (1001, 2000)],
)
def test_a_number_is_rounded_up_to_1_2_or_5_with_zeros(number: int, rounded: int) -> None:
    assert round_up(number) == rounded


def test_a_step_divides_a_span_into_about_so_many_parts() -> None:
    assert [nice_step(span, 4) for span in (0, 3, 40, 90, 658_900)] == [1, 1, 10, 50, 200_000]


def test_a_value_has_its_place_in_the_box_and_in_the_picture() -> None:
    scale = Scale(most=200, ceiling=1_000, top=8, height=112)
    assert [scale.x(value) for value in (-5, 0, 50, 200, 900)] == [0, 0, 250, 1000, 1000]
    assert [scale.y(value) for value in (0, 250, 1_000)] == [1000, 750, 0]
    assert [scale.pixel(value) for value in (0, 250, 1_000)] == [120, 92, 8]
    assert (scale.percent(25), percent(7)) == ("12.5%", "0.7%")


def test_a_text_is_anchored_so_that_it_stays_inside() -> None:
    assert [anchor(x, start=200, end=800) for x in (199, 200, 800, 801)] == ["start", "middle", "middle", "end"]


def test_bars_share_the_width() -> None:
    assert slots(0) == []
    assert slots(2) == [Slot(110, 280, 250), Slot(610, 280, 750)]
