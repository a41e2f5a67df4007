"""A hundred thousand random prices, each compared with the slow reference and with its own explanation (G2, G8)."""

import json
from random import Random

import pytest

from billing.pricing.explanations.explanation import evaluate, explain_quantity, formula, line_figures
from billing.pricing.explanations.formula import is_short, to_decimal
from billing.pricing.money import from_minor
from billing.pricing.quantity import exact_price, price
from billing.pricing.review import contradictions
from tests.support.pricing_terms import random_quantity, random_terms
from tests.support.reference_prices import slow_price

TARIFFS, QUANTITIES = 2500, 10


@pytest.mark.parametrize("seed", [4, 2026, 599, 90])
def test_every_price_is_that_of_the_slow_reference(seed: int) -> None:
    rng = Random(seed)
    compared = 0
    for _tariff in range(TARIFFS):
        terms = random_terms(rng)
        assert contradictions(terms) == []
        for _quantity in range(QUANTITIES):
            quantity = random_quantity(rng, terms)
            expected, exactly = slow_price(terms, quantity)
            assert (price(terms, quantity), exact_price(terms, quantity)) == (expected, exactly), (terms, quantity)
            compared += 1
    assert compared == 25_000


def test_every_explanation_works_out_to_the_price_and_can_be_written() -> None:
    rng = Random(71)
    for _tariff in range(1500):
        terms = random_terms(rng)
        for _quantity in range(4):
            quantity = random_quantity(rng, terms)
            before = rng.choice([0, 0, 12_345, -500])
            stored = json.loads(json.dumps(explain_quantity(terms, quantity, before)))
            assert evaluate(stored) == stored["amount_minor"] == price(terms, quantity) - before, (terms, quantity)
            amount = from_minor(evaluate(stored), terms.currency)
            assert formula(stored, str).rpartition(" = ")[2] == str(amount)
            units, unit_price = line_figures(stored)
            assert units * unit_price == amount, (terms, quantity)


def test_a_short_figure_is_written_in_full() -> None:
    rng = Random(5)
    for _number in range(500):
        amount = exact_price(random_terms(rng), rng.randrange(50))
        assert (to_decimal(amount) == amount) == is_short(amount)
