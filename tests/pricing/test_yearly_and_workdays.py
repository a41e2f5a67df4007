"""A year up front (M11) and the days that are worked (M12), as plain arithmetic."""

from datetime import date
from decimal import Decimal

import pytest

from billing.pricing.workdays import WorkCalendar, answer_by
from billing.pricing.yearly import yearly_sum
from tests.support.pricing_terms import METEOR


def test_m11_a_year_is_the_expected_volume_less_the_discount_and_the_bonus_makes_up_for_it() -> None:
    year = yearly_sum(METEOR, 15, Decimal("12.5"))
    assert (year.month_minor, year.full_minor, year.discount_minor, year.pay_minor) == (
        898_500,
        10_782_000,
        1_347_750,
        9_434_250,
    )
    assert yearly_sum(METEOR, 10, Decimal("33.3333"), months=1).discount_minor == 199_666


@pytest.mark.parametrize(
    ("filed", "answer"),
    [
        ((2026, 4, 1), (2026, 4, 2)),
        ((2026, 4, 3), (2026, 4, 6)),
        ((2026, 4, 4), (2026, 4, 7)),
        ((2026, 4, 30), (2026, 5, 5)),
    ],
)
def test_m12_what_is_asked_is_answered_by_the_end_of_the_next_working_day(
    filed: tuple[int, int, int], answer: tuple[int, int, int]
) -> None:
    calendar = WorkCalendar(holidays={date(2026, 5, 1), date(2026, 5, 4)})
    assert answer_by(date(*filed), calendar) == date(*answer)


def test_m12_a_saturday_that_the_government_moved_is_worked() -> None:
    calendar = WorkCalendar(workdays={date(2026, 4, 4)})
    assert answer_by(date(2026, 4, 3), calendar) == date(2026, 4, 4)
