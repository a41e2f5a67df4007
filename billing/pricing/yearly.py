"""The sum for a year up front (M11): the expected volume, less the discount, and the bonus that makes up for it."""

from dataclasses import dataclass
from decimal import Decimal

from billing.pricing.money import from_minor, to_minor
from billing.pricing.quantity import price
from billing.pricing.terms import Terms


@dataclass(frozen=True)
class YearlySum:
    """In minor units: ``full_minor`` is the value credited, ``pay_minor`` what is asked for, ``discount_minor`` the bonus
    between them; ``month_minor`` is one month at the expected volume."""

    people: int
    months: int
    month_minor: int
    full_minor: int
    discount_percent: Decimal
    discount_minor: int
    pay_minor: int


def yearly_sum(terms: Terms, people: int, discount_percent: Decimal, months: int = 12) -> YearlySum:
    """Prices ``months`` for ``people``, with ``discount_percent`` off, the discount rounded once (G2, M11)."""
    month_minor = price(terms, people)
    full_minor = month_minor * months
    share = from_minor(full_minor, terms.currency) * discount_percent / 100
    discount_minor = to_minor(share, terms.currency)
    return YearlySum(
        people=people,
        months=months,
        month_minor=month_minor,
        full_minor=full_minor,
        discount_percent=discount_percent,
        discount_minor=discount_minor,
        pay_minor=full_minor - discount_minor,
    )
