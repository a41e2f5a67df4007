"""What holds for every tariff: parts sum to the whole, more is never cheaper where nothing is said to fall, one rounding."""

from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.discounts import payment_factor
from billing.pricing.explanations.evaluation import full_price
from billing.pricing.explanations.explanation import evaluate, explain_quantity, explain_share
from billing.pricing.explanations.parts import parts_of
from billing.pricing.money import exponent, round_to_minor
from billing.pricing.quantity import exact_price, price
from billing.pricing.review import Fall, falls
from billing.pricing.terms import Terms
from tests.support.pricing_terms import random_terms

any_terms = st.integers(0, 2**32).map(lambda seed: random_terms(Random(seed)))
quantities = st.integers(0, 150)


@given(any_terms, quantities)
def test_the_parts_sum_to_the_whole(terms: Terms, quantity: int) -> None:
    whole = sum((part.value for part in parts_of(terms, quantity)), Fraction(0)) * payment_factor(terms)
    assert whole == exact_price(terms, quantity) == full_price(explain_quantity(terms, quantity))
    assert price(terms, quantity) == round_to_minor(whole, terms.currency)


@given(any_terms)
def test_a_total_falls_exactly_where_it_is_said_to(terms: Terms) -> None:
    bills = [price(terms, quantity) for quantity in range(120)]
    expected = [
        Fall(quantity, bills[quantity], quantity + 1, bills[quantity + 1])
        for quantity in range(119)
        if bills[quantity + 1] < bills[quantity]
    ]
    assert falls(terms, up_to=119) == expected


@given(any_terms, quantities, quantities, quantities)
def test_e4_buying_in_three_goes_costs_what_buying_at_once_costs(terms: Terms, a: int, b: int, c: int) -> None:
    first, second, last = sorted((a, b, c))
    paid = 0
    for quantity in (first, second, last):
        paid += evaluate(explain_quantity(terms, quantity, before_minor=paid))
    assert paid == price(terms, last)


@given(any_terms, quantities, st.integers(0, 31), st.integers(28, 31), st.integers(0, 11))
def test_g2_nothing_is_rounded_twice(terms: Terms, quantity: int, days: int, of_days: int, months: int) -> None:
    coins = 10 ** exponent(terms.currency)
    assert abs(price(terms, quantity) - exact_price(terms, quantity) * coins) <= Fraction(1, 2)
    share = (months + Fraction(days, of_days)) / (terms.interval_months or 1)
    explained = explain_share(terms, quantity, days=days, of_days=of_days, whole_months=months)
    assert abs(evaluate(explained) - exact_price(terms, quantity) * share * coins) <= Fraction(1, 2)
