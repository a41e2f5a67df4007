"""The price of several intervals paid at once: how many of them, less a percentage (C2)."""

from decimal import Decimal
from fractions import Fraction

from billing.pricing.terms import Terms

WHOLE = Decimal(100)


def intervals(terms: Terms) -> Fraction:
    """Returns how many times the stated prices are paid at once, exact: 12 for a year of monthly prices, 1 for a one-off."""
    if terms.interval_months is None:
        return Fraction(1)
    return Fraction(terms.interval_months, terms.price_months)


def factor_after_discount(percent: Decimal) -> Fraction:
    """Returns the factor that ``percent`` off leaves of an amount, exact: 10 → 9/10."""
    return Fraction(WHOLE - percent) / 100


def payment_factor(terms: Terms) -> Fraction:
    """Returns by what the stated prices are multiplied for one payment: 12 × 9/10 for a year less 10 % (C2)."""
    return intervals(terms) * factor_after_discount(terms.discount_percent)
