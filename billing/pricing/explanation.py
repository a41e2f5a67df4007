"""How an amount was worked out, kept with the amount (G8): plain values that can be evaluated again and shown to a person.

An explanation is a JSON object. ``{"model": "per_unit", "quantity", "counted", "unit_price", "included", "before_minor",
"amount_minor", "currency", …}`` says *counted × unit_price − what was charged before*; ``{"model": "amount", …}`` says that
somebody set the amount, and why stands beside it.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from billing.pricing.money import from_minor, to_minor
from billing.pricing.quantity import chargeable, price
from billing.pricing.terms import Terms

MINUS, TIMES = "−", "×"


def explain_quantity(terms: Terms, quantity: int, before_minor: int = 0) -> dict[str, Any]:
    """Why ``quantity`` units cost what they cost when ``before_minor`` has been charged for the period already (M4)."""
    return {
        "model": str(terms.price_model),
        "tariff_id": terms.tariff_id,
        "version": terms.version,
        "quantity": quantity,
        "counted": chargeable(terms, quantity),
        "included": terms.included_quantity,
        "unit_price": plain(terms.unit_price),
        "currency": terms.currency,
        "before_minor": before_minor,
        "amount_minor": price(terms, quantity) - before_minor,
    }


def explain_amount(amount_minor: int, currency: str, reason: str) -> dict[str, Any]:
    """An amount that a person set, with the reason they gave."""
    return {"model": "amount", "amount_minor": amount_minor, "currency": currency, "reason": reason}


def evaluate(explanation: dict[str, Any]) -> int:
    """The amount in minor units, worked out again from the stored inputs."""
    if explanation["model"] == "amount":
        return int(explanation["amount_minor"])
    product = explanation["counted"] * Decimal(explanation["unit_price"])
    return to_minor(product, explanation["currency"]) - int(explanation["before_minor"])


def plain(price_of_one: Decimal) -> str:
    """A price with at least two decimals and no idle zeros beyond them: 599.0000 → 599.00, 0.0125 → 0.0125."""
    text = f"{price_of_one.normalize():f}"
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(2, '0')}"


def grouped(amount: Decimal) -> str:
    """The neutral way to write a sum, for programs and logs: 6 589.00, −4.67."""
    sign = MINUS if amount < 0 else ""
    return sign + f"{abs(amount):,f}".replace(",", " ")


def formula(explanation: dict[str, Any], number: Callable[[Decimal], str] = grouped) -> str:
    """The computation as a person would write it: ``11 × 599.00 − 5 990.00 = 599.00``.

    ``number`` writes one sum; the default is the neutral form of the API, pages pass their language's.
    """
    currency = explanation["currency"]
    amount = number(from_minor(evaluate(explanation), currency))
    if explanation["model"] == "amount":
        return amount
    text = f"{explanation['counted']} {TIMES} {number(Decimal(explanation['unit_price']))}"
    before = int(explanation["before_minor"])
    if before:
        sign = MINUS if before > 0 else "+"
        text += f" {sign} {number(from_minor(abs(before), currency))}"
    return f"{text} = {amount}"


def units_moved(explanation: dict[str, Any]) -> Decimal:
    """How many units the amount stands for, at the price of one: 599.00 at 599.00 each is 1, −599.00 is −1."""
    amount = from_minor(evaluate(explanation), explanation["currency"])
    return (amount / Decimal(explanation["unit_price"])).quantize(Decimal("0.000001"))
