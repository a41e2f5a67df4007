"""What a quantity costs, worked out the slow way: unit by unit, in fractions, straight from the rules.

It shares nothing with the program but the values of a tariff, so that the same mistake is not made twice.
"""

import math
from fractions import Fraction

from billing.pricing.terms import Terms

COINS = {"JPY": 1, "KWD": 1000}


def in_coins(amount: Fraction, currency: str) -> int:
    """Half up; the amounts here are never negative."""
    return math.floor(amount * COINS.get(currency, 100) + Fraction(1, 2))


def paid_numbers(terms: Terms, quantity: int) -> list[int]:
    """The numbers of the units that are paid for: 1 is the first unit."""
    everyone = list(range(1, quantity + 1))
    if quantity <= terms.included_quantity:
        return []
    return everyone if terms.quota_mode.value == "all_above" else everyone[terms.included_quantity :]


def graduated(terms: Terms, paid: list[int]) -> Fraction:
    total = Fraction(0)
    for number in paid:
        price = Fraction(0)
        for step in terms.steps:
            if number >= step.from_quantity and step.unit_price is not None:
                price = Fraction(step.unit_price)
        total += price
    return total


def volume(terms: Terms, quantity: int, paid: list[int]) -> Fraction:
    below = [step for step in terms.steps if step.from_quantity <= quantity]
    above = [step for step in terms.steps if step.from_quantity > quantity]
    reached = below[-1]
    if reached.unit_price is not None:
        total = sum((Fraction(reached.unit_price) for _unit in paid), Fraction(0))
    elif reached.total is not None:
        total = Fraction(len(paid) * reached.total) / Fraction(reached.from_quantity)
    if above and above[0].total is not None:
        total = min(total, Fraction(above[0].total))
    return total


def package(terms: Terms, quantity: int) -> Fraction:
    totals = [step.total for step in terms.steps if step.from_quantity <= quantity]
    return Fraction(totals[-1] or 0)


def stated(terms: Terms, quantity: int) -> Fraction:
    """The price of one stated interval."""
    paid, model = paid_numbers(terms, quantity), terms.price_model.value
    total = Fraction(0)
    if paid and model == "per_unit" and terms.unit_price is not None:
        total = Fraction(terms.unit_price) * len(paid)
    elif paid and model == "graduated":
        total = graduated(terms, paid)
    elif paid and model == "volume":
        total = volume(terms, quantity, paid)
    elif paid and model == "package":
        total = package(terms, quantity)
    return total + Fraction(terms.flat_fee)


def slow_price(terms: Terms, quantity: int) -> tuple[int, Fraction]:
    """The price in coins and, exact, in main units."""
    months, stated_for = terms.interval_months, terms.price_months
    times = Fraction(1) if months is None else Fraction(months) / stated_for
    amount = stated(terms, quantity) * times
    amount -= amount * Fraction(terms.discount_percent) / 100
    return in_coins(amount, terms.currency), amount
