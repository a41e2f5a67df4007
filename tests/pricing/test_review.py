"""What a tariff is told before a customer meets it: contradictions, falls, sample bills (E2, E3)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from billing.pricing.review import Contradiction, Fall, contradictions, falls, sample_bills
from billing.pricing.terms import Metric, PriceModel, QuotaMode, Step, Terms, Timing
from tests.support.pricing_terms import (
    BASE,
    BLUE_ANNUAL,
    BLUE_MONTHLY,
    BUILD_ANNUAL,
    DRIVER,
    LARGEST,
    LIGHT,
    METEOR,
    PACKAGE,
    PLUS,
    SCALE,
    SCALE_ANNUAL,
    TRIAL,
    tariff,
)

D = Decimal


@pytest.mark.parametrize(
    "terms",
    [
        METEOR,
        BLUE_MONTHLY,
        BLUE_ANNUAL,
        DRIVER,
        BASE,
        LIGHT,
        PLUS,
        LARGEST,
        BUILD_ANNUAL,
        SCALE,
        SCALE_ANNUAL,
        PACKAGE,
        TRIAL,
        replace(BLUE_MONTHLY, trial_days=7, trial_people=20),
    ],
)
def test_the_four_profiles_contradict_nothing(terms: Terms) -> None:
    assert contradictions(terms) == []


CASES: list[tuple[Terms, str, dict[str, Any]]] = [
    (replace(LIGHT, flat_fee=D(0)), "no_price", {}),
    (replace(SCALE, flat_fee=D(0), steps=(Step(1, D(0)),)), "no_price", {}),
    (replace(METEOR, unit_price=None, flat_fee=D(1)), "unit_price_missing", {}),
    (replace(METEOR, unit_price=D(0), flat_fee=D(1)), "unit_price_missing", {}),
    (replace(BASE, unit_price=D(5)), "unit_price_unused", {"price": D(5)}),
    (replace(BASE, steps=(), flat_fee=D(1)), "steps_missing", {}),
    (replace(METEOR, steps=BASE.steps), "steps_unused", {"steps": 2}),
    (replace(SCALE, steps=(Step(0, D(1)),)), "step_below_one", {"from_units": 0}),
    (replace(SCALE, steps=(Step(9, D(1)), Step(4, D(1)))), "steps_do_not_rise", {"from_units": 4, "below_units": 9}),
    (replace(SCALE, steps=(Step(9, D(1)), Step(9, D(2)))), "step_twice", {"from_units": 9}),
    (replace(DRIVER, steps=DRIVER.steps[1:]), "hole_before_first_step", {"from_units": 10, "first_units": 1}),
    (
        replace(PACKAGE, steps=PACKAGE.steps[1:], included_quantity=8),
        "hole_before_first_step",
        {"from_units": 10, "first_units": 9},
    ),
    (replace(BASE, steps=(*BASE.steps, Step(20))), "step_without_price", {"from_units": 20}),
    (replace(BASE, steps=(*BASE.steps, Step(20, D(1), D(1)))), "step_with_both", {"from_units": 20}),
    (replace(PACKAGE, steps=(*PACKAGE.steps, Step(40, D(1)))), "step_needs_total", {"from_units": 40}),
    (replace(SCALE, included_quantity=0, steps=(Step(1, None, D(1)),)), "step_needs_unit_price", {"from_units": 1}),
    (
        replace(DRIVER, included_quantity=3, quota_mode=QuotaMode.ONLY_ABOVE),
        "totals_with_only_above",
        {"included_units": 3},
    ),
    (replace(METEOR, flat_fee=D(-1)), "negative_price", {"price": D(-1)}),
    (replace(METEOR, unit_price=D("0.00001")), "too_many_decimals", {"price": D("0.00001")}),
    (replace(BUILD_ANNUAL, discount_percent=D(100)), "percent_out_of_range", {"percent": D(100)}),
    (replace(BUILD_ANNUAL, discount_percent=D(-1)), "percent_out_of_range", {"percent": D(-1)}),
    (replace(BUILD_ANNUAL, discount_percent=D("0.00001")), "percent_too_fine", {"percent": D("0.00001")}),
    (replace(METEOR, included_quantity=-1), "negative_quota", {"included_units": -1}),
    (replace(LIGHT, included_quantity=5), "quota_without_units", {"included_units": 5}),
    (replace(BASE, metric=Metric.NONE), "units_not_counted", {}),
    (replace(METEOR, metric=Metric.NONE), "units_not_counted", {}),
    (replace(LIGHT, interval_months=13), "interval_out_of_range", {"months": 13}),
    (replace(LIGHT, interval_months=0), "interval_out_of_range", {"months": 0}),
    (replace(LIGHT, price_months=3), "price_months_do_not_fit", {"months": 1, "price_months": 3}),
    (replace(LIGHT, price_months=0), "price_months_do_not_fit", {"months": 1, "price_months": 0}),
    (replace(LIGHT, payment_days=-1), "payment_days_negative", {"days": -1}),
    (replace(TRIAL, trial_days=0), "trial_without_days", {}),
    (replace(TRIAL, flat_fee=D(1)), "trial_with_price", {}),
    (replace(LIGHT, trial_people=20), "trial_people_without_days", {"people": 20}),
    (replace(LIGHT, trial_days=-1), "trial_negative", {"days": -1, "people": 0}),
    (replace(LIGHT, trial_days=1, trial_people=-1), "trial_negative", {"days": 1, "people": -1}),
    (replace(METEOR, trial_days=7), "postpaid_with_trial", {"days": 7}),
    (replace(METEOR, discount_percent=D(5)), "postpaid_with_discount", {"percent": D(5)}),
    (replace(METEOR, interval_months=None), "postpaid_one_off", {}),
    (replace(METEOR, interval_months=3), "postpaid_not_monthly", {"months": 3}),
]


@pytest.mark.parametrize(("terms", "code", "numbers"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_contradiction_is_found_with_its_numbers(terms: Terms, code: str, numbers: dict[str, Any]) -> None:
    findings = {str(finding.code): dict(finding.numbers) for finding in contradictions(terms)}
    assert findings == {code: numbers}


def test_a_quota_that_reaches_up_to_the_first_step_leaves_no_hole() -> None:
    assert contradictions(replace(DRIVER, steps=DRIVER.steps[1:], included_quantity=9)) == []
    assert contradictions(replace(SCALE, steps=SCALE.steps[1:])) == []


def test_every_contradiction_has_a_case() -> None:
    assert {code for _terms, code, _numbers in CASES} == {str(code) for code in Contradiction}


def test_all_contradictions_are_told_at_once() -> None:
    worst = replace(TRIAL, timing=Timing.POSTPAID, trial_days=0, steps=BASE.steps, interval_months=None)
    assert [str(finding.code) for finding in contradictions(worst)] == [
        "trial_without_days",
        "trial_with_price",
        "steps_unused",
        "postpaid_with_trial",
        "postpaid_one_off",
    ]


# --- Falls and bills -------------------------------------------------------------------------------------------------------------


def test_where_more_costs_less_both_quantities_are_named() -> None:
    terms = tariff("volume; RUB; every month; from 1: 100.00 each; from 10: 80.00 each; from 20: 50.00 each")
    assert falls(terms) == [Fall(9, 90_000, 10, 80_000), Fall(19, 152_000, 20, 100_000)]
    assert falls(terms, up_to=19) == [Fall(9, 90_000, 10, 80_000)]
    assert falls(terms, up_to=9) == []


def test_the_four_profiles_never_fall() -> None:
    assert [falls(terms) for terms in (METEOR, BLUE_MONTHLY, DRIVER, BASE, SCALE, PACKAGE, BUILD_ANNUAL)] == [[]] * 7


def test_a_fall_that_rounding_swallows_is_none() -> None:
    terms = tariff("volume; RUB; every month; from 1: 0.0010 each; from 10: 0.0009 each")
    assert falls(terms) == []


def test_what_has_no_price_has_no_falls_and_no_bills() -> None:
    assert falls(TRIAL) == []
    assert sample_bills(TRIAL, [1]) == [(1, None)]
    hole = replace(DRIVER, steps=DRIVER.steps[1:])
    assert falls(hole) == []
    assert sample_bills(hole, [0, 9, 10]) == [(0, 0), (9, None), (10, 100_000)]


def test_sample_bills_are_those_a_reviewer_looks_at() -> None:
    assert sample_bills(DRIVER) == [
        (1, 12_000),
        (9, 100_000),
        (10, 100_000),
        (11, 110_000),
        (29, 250_000),
        (30, 250_000),
        (100, 833_333),
    ]
    assert sample_bills(replace(METEOR, price_model=PriceModel.FLAT, flat_fee=D(5)), [1, 500]) == [(1, 500), (500, 500)]
