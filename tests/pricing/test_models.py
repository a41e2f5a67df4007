"""What the tables of docs/pricing.md do not show: what has no price, what a figure is between, copies and speed's traps."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from billing.pricing.discounts import at_once, intervals, kept
from billing.pricing.explanations.explanation import explain_quantity, explain_share
from billing.pricing.quantity import chargeable, exact, next_unit_costs, price, thresholds
from billing.pricing.terms import PriceModel, QuotaMode, Step
from billing.pricing.tiers import Line, NoPrice, lines
from tests.support.pricing_terms import (
    BASE,
    BLUE_ANNUAL,
    BUILD_ANNUAL,
    DRIVER,
    METEOR,
    PACKAGE,
    SCALE,
    SCALE_ANNUAL,
    TRIAL,
    tariff,
)

VOLUME = "volume; RUB; every month; "


# --- The four profiles ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terminals", "minor"),
    [(0, 0), (1, 12_000), (8, 96_000), (9, 100_000), (10, 100_000), (11, 110_000), (20, 200_000), (25, 250_000), (26, 250_000),
     (29, 250_000), (30, 250_000), (31, 258_333), (59, 491_667), (60, 500_000), (61, 508_333), (3000, 25_000_000)],
)  # fmt: skip
def test_e_a_ten_terminals_cost_1000_and_thirty_2500(terminals: int, minor: int) -> None:
    assert price(DRIVER, terminals) == minor


@pytest.mark.parametrize(
    ("members", "minor"),
    [(0, 4_900_000), (99, 4_900_000), (100, 4_900_000), (101, 4_910_000), (102, 4_920_000), (499, 8_890_000), (500, 8_900_000),
     (501, 8_908_000), (502, 8_916_000), (600, 9_700_000), (10_000, 84_900_000)],
)  # fmt: skip
def test_the_scale_plan_counts_only_those_above_its_hundred(members: int, minor: int) -> None:
    assert price(SCALE, members) == minor


def test_c2_a_year_at_once_is_ten_percent_less() -> None:
    assert price(BUILD_ANNUAL, 0) == 5_292_000
    assert price(SCALE_ANNUAL, 600) == 104_760_000


def test_m3_the_quota_frees_nine_and_from_the_tenth_on_nobody() -> None:
    assert [price(METEOR, people) for people in (0, 1, 8, 9, 10, 11, 12)] == [0, 0, 0, 0, 599_000, 658_900, 718_800]
    assert [chargeable(METEOR, people) for people in (0, 9, 10, 11)] == [0, 0, 10, 11]


def test_b1_seats_by_the_year_are_seventy_each() -> None:
    assert [price(BLUE_ANNUAL, seats) for seats in (0, 1, 5)] == [0, 7_000, 35_000]


@pytest.mark.parametrize(("terminals", "minor"), [(1, 10_000), (9, 90_000), (10, 90_000), (11, 99_000), (100, 900_000)])
def test_e5_the_base_tariff_is_cheaper_for_each_from_ten_on(terminals: int, minor: int) -> None:
    assert price(BASE, terminals) == minor


@pytest.mark.parametrize(
    ("units", "minor"), [(0, 0), (1, 50_000), (9, 50_000), (10, 100_000), (29, 100_000), (30, 250_000)]
)
def test_a_package_costs_the_same_up_to_its_next_step(units: int, minor: int) -> None:
    assert price(PACKAGE, units) == minor


# --- Quota and steps together ----------------------------------------------------------------------------------------------


def test_a_package_with_a_quota_is_free_up_to_it() -> None:
    terms = replace(PACKAGE, included_quantity=12)
    assert [price(terms, units) for units in (0, 9, 10, 12, 13, 30)] == [0, 0, 0, 0, 100_000, 250_000]


def test_a_volume_step_is_found_by_all_units_also_those_within_the_quota() -> None:
    terms = tariff(VOLUME + "from 1: 100.00 each; from 10: 90.00 each; quota 9, only above")
    assert [price(terms, units) for units in (9, 10, 11, 20)] == [0, 9_000, 18_000, 99_000]


def test_a_volume_step_given_by_a_total_works_with_a_quota_above_which_all_count() -> None:
    terms = replace(DRIVER, included_quantity=9)
    assert [price(terms, units) for units in (8, 9, 10, 29, 30)] == [0, 0, 100_000, 250_000, 250_000]


def test_graduated_units_of_a_quota_that_ends_within_a_later_step_are_free() -> None:
    terms = tariff("graduated; RUB; every month; from 1: 10.00 each; from 11: 5.00 each; quota 12, only above")
    assert [price(terms, units) for units in (10, 12, 13, 14, 20)] == [0, 0, 500, 1_000, 4_000]
    early = tariff("graduated; RUB; every month; from 5: 10.00 each; quota 2, only above")
    assert [price(early, units) for units in (2, 3, 4, 5, 6)] == [0, 0, 0, 1_000, 2_000]


def test_the_fee_is_due_within_the_quota_too_and_is_not_capped() -> None:
    terms = replace(DRIVER, flat_fee=Decimal(50))
    assert [price(terms, units) for units in (0, 8, 9, 30)] == [5_000, 101_000, 105_000, 255_000]
    assert [price(replace(METEOR, flat_fee=Decimal("0.50")), people) for people in (9, 10)] == [50, 599_050]


def test_a_cap_of_the_next_step_stays_exact_through_interval_and_discount() -> None:
    terms = replace(DRIVER, interval_months=3, discount_percent=Decimal("12.3456"))
    assert price(terms, 29) == 657_408  # 3 × 2 500.00 × 0.876544
    assert exact(terms, 29) == Fraction("6574.08")


# --- Exact and rounded once --------------------------------------------------------------------------------------------------


def test_g2_the_exact_price_is_not_rounded() -> None:
    assert exact(DRIVER, 31) == Fraction(7750, 3)
    assert exact(BLUE_ANNUAL, 3) / 12 * Fraction(20, 30) == Fraction(35, 3)
    assert exact(METEOR, 9) == 0


def test_half_a_kopeck_is_rounded_up_and_only_once() -> None:
    half = tariff("per unit; RUB; every month; each 0.005")
    assert [price(half, units) for units in (1, 2, 3)] == [1, 1, 2]
    third = tariff("per unit; RUB; every 3 months; each 0.0049")
    assert [price(third, units) for units in (1, 10)] == [1, 15]  # 0.0147, 0.147: a month by itself would round to 0


def test_the_smallest_prices_and_the_largest_quantities_are_exact() -> None:
    terms = tariff("per unit; RUB; every 12 months; each 0.0001; less 99.9999%")
    assert price(terms, 10**12) == 120_000  # 100 000 000.00 × 12 × 0.000001
    assert price(tariff("per unit; RUB; every month; each 999999999999999.9999"), 1) == 10**17


def test_intervals_and_discounts_are_exact() -> None:
    yearly_by_month = replace(BLUE_ANNUAL, interval_months=1)
    assert (intervals(yearly_by_month), intervals(DRIVER), intervals(SCALE_ANNUAL)) == (Fraction(1, 12), 1, 12)
    assert (kept(Decimal(10)), at_once(SCALE_ANNUAL)) == (Fraction(9, 10), Fraction(54, 5))
    assert price(yearly_by_month, 1) == 583


def test_d8_what_the_next_unit_costs() -> None:
    assert [next_unit_costs(METEOR, people) for people in (8, 9, 10)] == [0, 599_000, 59_900]
    assert [next_unit_costs(DRIVER, units) for units in (8, 9, 24, 25, 29, 30)] == [4_000, 0, 10_000, 0, 0, 8_333]


def test_only_what_is_paid_counts() -> None:
    assert [chargeable(SCALE, members) for members in (99, 100, 101, 600)] == [0, 0, 1, 500]
    assert (chargeable(BUILD_ANNUAL, 7), chargeable(TRIAL, 7)) == (0, 0)


def test_a_price_changes_its_course_at_its_thresholds_alone() -> None:
    assert thresholds(METEOR) == (0, 10)
    assert thresholds(DRIVER) == (0, 1, 10, 30)
    assert thresholds(SCALE) == (0, 101, 501)
    assert thresholds(BUILD_ANNUAL) == (0,)
    assert lines(DRIVER)[1:3] == (
        Line(1, each=Fraction(120), cap=Fraction(1000)),
        Line(10, each=Fraction(100), cap=Fraction(2500)),
    )


# --- What has no price ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "terms",
    [
        TRIAL,
        tariff("per unit; RUB; every month"),
        tariff("volume; RUB; every month"),
        tariff("graduated; RUB; every month; from 1: 100.00 in all"),
        tariff("package; RUB; every month; from 1: 100.00 each"),
        tariff(VOLUME + "from 1: 100.00 each; from 10: 90.00 each", steps=(Step(1),)),
        tariff(VOLUME + "from 1: 100.00 each", steps=(Step(1, Decimal(1), Decimal(1)),)),
        tariff(VOLUME + "from 10: 100.00 each; from 9: 90.00 each"),
        tariff(VOLUME + "from 10: 100.00 each; from 10: 90.00 each"),
        tariff(VOLUME + "from 0: 100.00 each"),
        tariff(VOLUME + "from 1: 100.00 in all; quota 3, only above"),
        replace(METEOR, unit_price=Decimal(-1)),
        replace(METEOR, flat_fee=Decimal(-1)),
        replace(METEOR, included_quantity=-1),
        replace(METEOR, discount_percent=Decimal(100)),
        replace(METEOR, discount_percent=Decimal(-1)),
        replace(METEOR, price_months=0),
        replace(METEOR, interval_months=-1),
    ],
    ids=lambda terms: f"{terms.price_model}-{len(terms.steps)}-{terms.flat_fee}",
)
def test_terms_without_a_sound_price_are_refused_and_not_priced_in_silence(terms: object) -> None:
    for ask in (price, exact, explain_quantity):
        with pytest.raises(NoPrice):
            ask(terms, 12)  # type: ignore[operator]
    with pytest.raises(ValueError):
        explain_share(terms, 12, days=1, of_days=30)  # type: ignore[arg-type]


def test_a_hole_below_the_first_step_has_no_price_but_nothing_costs_nothing() -> None:
    for model in (PriceModel.VOLUME, PriceModel.PACKAGE):
        terms = replace(DRIVER, price_model=model, steps=DRIVER.steps[1:], included_quantity=3)
        assert [price(terms, units) for units in (0, 3, 10)] == [0, 0, 100_000]
        for units in (4, 9):
            with pytest.raises(NoPrice, match=str(units)):
                price(terms, units)
    assert price(replace(SCALE, steps=(Step(600, Decimal(1)),)), 599) == 4_900_000


def test_a_quantity_is_not_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        price(METEOR, -1)


def test_a_quota_of_nothing_contradicts_no_total() -> None:
    terms = replace(DRIVER, quota_mode=QuotaMode.ONLY_ABOVE)
    assert price(terms, 10) == 100_000
