"""What a quantity costs under the terms of a tariff (M2, M3)."""

from billing.pricing.money import to_minor
from billing.pricing.terms import Terms


def chargeable(terms: Terms, quantity: int) -> int:
    """How many of ``quantity`` units are paid: none up to the free quota, above it all of them (M3)."""
    return 0 if quantity <= terms.included_quantity else quantity


def price(terms: Terms, quantity: int) -> int:
    """The price of ``quantity`` units for one interval, in minor units, rounded once (M2, G2)."""
    return to_minor(chargeable(terms, quantity) * terms.unit_price, terms.currency)


def next_unit_costs(terms: Terms, quantity: int) -> int:
    """What one unit more than ``quantity`` adds, in minor units: the cliff of the quota shows here (D8)."""
    return price(terms, quantity + 1) - price(terms, quantity)
