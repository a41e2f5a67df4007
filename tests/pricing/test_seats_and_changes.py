"""Seats within a prepaid period (B5, B6) and other terms in the middle of one (E6, E7): parts of time, never rounded early."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.changes import Carried, carry_full_period, change_terms
from billing.pricing.explanations.evaluation import evaluate
from billing.pricing.explanations.explanation import explain_share, formula
from billing.pricing.explanations.parts import difference, parts_of
from billing.pricing.periods import add_months, month_span
from billing.pricing.quantity import exact_price
from billing.pricing.seats import Rest, explain_seat_change, rest_until
from billing.pricing.tiers import NoPrice
from tests.support.pricing_terms import (
    BASE,
    BLUE_ANNUAL,
    BLUE_MONTHLY,
    DRIVER,
    LARGEST,
    LIGHT,
    METEOR,
    PLUS,
    TRIAL,
    random_terms,
)


def seats(terms: object, before: int, after: int, rest: Rest) -> int:
    """What the change comes to, in minor units."""
    explained = explain_seat_change(
        terms,
        before,
        after,
        days=rest.days,
        of_days=rest.of_days,
        whole_months=rest.whole_months,  # type: ignore[arg-type]
    )
    assert evaluate(explained) == explained["amount_minor"]
    return int(explained["amount_minor"])


# --- B5, B6 --------------------------------------------------------------------------------------------------------------------


def test_b_b_a_seat_added_on_the_15th_of_a_month_of_thirty_days() -> None:
    assert seats(BLUE_MONTHLY, 5, 6, rest_until(date(2026, 4, 16), date(2026, 5, 1))) == 350


def test_b_c_a_seat_removed_after_ten_days() -> None:
    assert seats(BLUE_MONTHLY, 5, 4, rest_until(date(2026, 4, 11), date(2026, 5, 1))) == -467


def test_b_d_a_seat_added_after_six_months_of_a_year() -> None:
    assert seats(BLUE_ANNUAL, 1, 2, rest_until(date(2026, 7, 1), date(2027, 1, 1))) == 3500


def test_b_e_a_seat_removed_after_three_months_of_a_year() -> None:
    assert seats(BLUE_ANNUAL, 5, 4, rest_until(date(2026, 4, 1), date(2027, 1, 1))) == -5250


@pytest.mark.parametrize(
    ("explained", "minor"),
    [
        (explain_share(BLUE_MONTHLY, 1, days=21, of_days=30), 490),
        (explain_share(BLUE_ANNUAL, 1, days=20, of_days=30), 389),
        (explain_share(BLUE_ANNUAL, 3, days=20, of_days=30), 1167),
    ],
)
def test_b_f_to_b_h_a_start_in_the_middle_of_a_month(explained: dict[str, object], minor: int) -> None:
    assert (evaluate(explained), explained["amount_minor"]) == (minor, minor)


def test_a_seat_that_changes_nothing_costs_nothing() -> None:
    explained = explain_seat_change(METEOR, 8, 9, days=10, of_days=30)
    assert (explained["parts"], explained["counted"], formula(explained)) == ([], 0, "0.00 × 10/30 = 0.00")
    assert seats(BLUE_MONTHLY, 5, 5, Rest(10, 30, 0)) == 0


def test_a_seat_change_keeps_what_it_was_before_and_after() -> None:
    explained = json.loads(json.dumps(explain_seat_change(BASE, 9, 10, days=15, of_days=30)))
    assert (explained["quantity_before"], explained["quantity"], explained["counted"]) == (9, 10, 1)
    assert (formula(explained), evaluate(explained)) == ("(10 × 90.00 − 9 × 100.00) × 15/30 = 0.00", 0)


def test_a_seat_of_a_period_that_began_on_any_day_is_a_share_of_its_days() -> None:
    explained = explain_seat_change(replace(BASE, interval_months=3), 1, 2, days=46, of_days=92, of_months=1)
    assert (formula(explained), evaluate(explained)) == ("3 × 1 × 100.00 × 46/92 = 150.00", 15_000)


def test_sums_that_a_cap_limits_are_not_drawn_together() -> None:
    capped = explain_seat_change(DRIVER, 26, 29, days=1, of_days=1)
    assert (capped["amount_minor"], formula(capped)) == (0, "(29 × 100.00 − 400.00 − 2 500.00) × 1/1 = 0.00")
    assert difference(parts_of(DRIVER, 29), parts_of(DRIVER, 29)) == []
    lowered = explain_seat_change(DRIVER, 29, 20, days=1, of_days=1)
    assert (lowered["amount_minor"], formula(lowered)) == (-50_000, "(20 × 100.00 − 2 500.00) × 1/1 = −500.00")
    gone = explain_seat_change(DRIVER, 29, 0, days=1, of_days=1)
    assert (gone["amount_minor"], formula(gone)) == (-250_000, "−2 500.00 × 1/1 = −2 500.00")


def test_a_difference_is_the_difference_of_the_prices_for_every_model() -> None:
    rng = Random(12)
    for _tariff in range(1500):
        terms = random_terms(rng)
        before, after = rng.randrange(60), rng.randrange(60)
        explained = explain_seat_change(
            terms, before, after, days=1, of_days=1, whole_months=(terms.interval_months or 1) - 1
        )
        exact = exact_price(terms, after) - exact_price(terms, before)
        assert abs(evaluate(explained) - exact * 10 ** {"JPY": 0, "KWD": 3}.get(terms.currency, 2)) <= Fraction(1, 2)


def test_what_is_left_of_a_year_counts_every_day_once() -> None:
    until = date(2029, 1, 1)
    day = date(2028, 1, 1)
    while day < until:
        left = rest_until(day, until)
        assert add_months(month_span(day).end if left.days else day, left.whole_months) == until
        assert left.days in {0, (month_span(day).end - day).days}
        day += timedelta(days=1)
    assert rest_until(date(2029, 1, 5), until) == (0, 31, 0)


@pytest.mark.parametrize("month", [date(2026, 2, 1), date(2028, 2, 1), date(2026, 4, 1), date(2026, 5, 1)])
def test_b6_a_monthly_credit_never_exceeds_what_the_seat_cost(month: date) -> None:
    """Added on one day, removed on the same or a later one, for every month length and seat count."""
    span = month_span(month)
    rests = [rest_until(span.start + timedelta(days=day), span.end) for day in range(span.days + 1)]
    for count in (1, 2, 3, 7):
        for price in (BLUE_MONTHLY, replace(BLUE_MONTHLY, unit_price=Decimal("7.0107"))):
            costs = [seats(price, 4, 4 + count, left) for left in rests]
            credits = [-seats(price, 4 + count, 4, left) for left in rests]
            assert costs[-1] == credits[-1] == 0
            for added in range(len(rests)):
                assert max(credits[added:]) <= costs[added]


@pytest.mark.parametrize("begins", [date(2026, 1, 1), date(2027, 3, 1), date(2027, 5, 1)])
def test_b6_a_yearly_credit_never_exceeds_what_the_seat_cost(begins: date) -> None:
    until = begins.replace(year=begins.year + 1)
    days = [begins + timedelta(days=day) for day in range((until - begins).days + 1)]
    for count in (1, 3):
        costs = [seats(BLUE_ANNUAL, 2, 2 + count, rest_until(day, until)) for day in days]
        credits = [-seats(BLUE_ANNUAL, 2 + count, 2, rest_until(day, until)) for day in days]
        assert (costs[0], costs[-1], credits[-1]) == (7000 * count, 0, 0)
        assert costs == sorted(costs, reverse=True)
        assert all(credit <= cost for credit, cost in zip(credits, costs, strict=True))
        assert credits == sorted(credits, reverse=True)


# --- E6, E7 ----------------------------------------------------------------------------------------------------------------------


def test_e_b_to_a_dearer_tariff_on_the_fifteenth() -> None:
    change = change_terms(carry_full_period(LIGHT, 1, 30), 14, PLUS, 1, 30)
    assert (change.left, change.needed, change.pay_minor, change.lost_minor) == (48, 96, 4800, 0)
    assert change.carried == Carried(Fraction(96), 16)


def test_e_c_to_a_cheaper_tariff_gives_nothing_back() -> None:
    change = change_terms(carry_full_period(PLUS, 1, 30), 14, LIGHT, 1, 30)
    assert (change.left, change.needed, change.pay_minor, change.lost_minor) == (96, 48, 0, 4800)
    assert evaluate(json.loads(json.dumps(change.explanation))) == 0


def test_e_d_the_second_change_finds_the_value_and_not_the_last_payment() -> None:
    first = change_terms(carry_full_period(LIGHT, 1, 30), 14, PLUS, 1, 30)
    second = change_terms(first.carried, 6, LARGEST, 1, 30)
    assert (second.left, second.needed, second.pay_minor) == (60, 120, 6000)


def test_e_e_what_was_lost_stays_lost() -> None:
    down = change_terms(carry_full_period(PLUS, 1, 30), 14, LIGHT, 1, 30)
    up = change_terms(down.carried, 6, PLUS, 1, 30)
    assert (up.left, up.needed, up.pay_minor, up.lost_minor) == (30, 60, 3000, 0)


def test_more_terminals_in_the_middle_of_a_period_are_a_change_too() -> None:
    change = change_terms(carry_full_period(BASE, 9, 31), 10, BASE, 12, 31)
    assert formula(change.explanation) == "21 × 1 080.00/31 − 21 × 900.00/31 = 121.94"
    assert (change.pay_minor, evaluate(change.explanation)) == (12_194, 12_194)


def test_on_the_day_of_a_change_another_one_finds_the_whole_value() -> None:
    first = change_terms(carry_full_period(LIGHT, 1, 30), 14, PLUS, 1, 30)
    second = change_terms(first.carried, 0, LARGEST, 1, 30)
    assert (second.left, second.pay_minor, second.carried) == (96, 9600, Carried(Fraction(192), 16))


def test_a_period_has_no_more_days_than_it_has() -> None:
    assert change_terms(carry_full_period(LIGHT, 1, 30), 30, PLUS, 1, 30).pay_minor == 0
    for used in (-1, 31):
        with pytest.raises(ValueError, match="days used of 30"):
            change_terms(carry_full_period(LIGHT, 1, 30), used, PLUS, 1, 30)
    with pytest.raises(NoPrice):
        change_terms(carry_full_period(LIGHT, 1, 30), 1, TRIAL, 1, 30)


@given(
    st.integers(28, 31), st.lists(st.tuples(st.integers(0, 31), st.sampled_from([LIGHT, PLUS, LARGEST])), max_size=6)
)
def test_whatever_the_chain_of_changes_each_day_is_paid_for_once(days: int, chain: list[tuple[int, object]]) -> None:
    """Paid in all = days used at their own rates + what is still carried + what was lost; exact, before rounding."""
    carried, paid = carry_full_period(LIGHT, 1, days), Fraction(90)
    spent = lost = Fraction(0)
    for days_used, terms in chain:
        used = min(days_used, carried.days)
        change = change_terms(carried, used, terms, 1, days)  # type: ignore[arg-type]
        spent += carried.value - change.left
        lost += max(Fraction(0), change.left - change.needed)
        paid += max(Fraction(0), change.needed - change.left)
        carried = change.carried
        if not carried.days:
            break
    assert paid == spent + lost + carried.value
