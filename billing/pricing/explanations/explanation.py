"""The computation of an amount, kept with it (G8): plain values that can be evaluated again and shown to a person.

An explanation is a JSON object. ``{"model": "per_unit", "quantity", "counted", "parts", "before_minor", "amount_minor",
"currency", …}`` says which parts make up the price and what had been charged before; ``{"model": "amount", …}`` says that
somebody set the amount, and why stands beside it. `evaluation` works it out again, `formula` writes it, `notes` explains it.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing.pricing.discounts import factor_after_discount, intervals
from billing.pricing.explanations.evaluation import (
    AMOUNT,
    Explanation,
    Share,
    evaluate,
    intervals_in,
    parts_in,
    percent_in,
)
from billing.pricing.explanations.formula import (
    MINUS,
    TIMES,
    Writer,
    formula,
    group_digits,
    is_short,
    left_formula,
    price_formula,
    to_decimal,
)
from billing.pricing.explanations.notes import Note, NoteKind, notes
from billing.pricing.explanations.parts import Kind, Part, parts_of, plain_price
from billing.pricing.money import exponent, from_minor
from billing.pricing.quantity import chargeable, price
from billing.pricing.terms import Metric, Terms

__all__ = [
    "MINUS",
    "TIMES",
    "Explanation",
    "Note",
    "NoteKind",
    "Writer",
    "counts_units",
    "evaluate",
    "explain_amount",
    "explain_part",
    "explain_quantity",
    "explain_share",
    "formula",
    "group_digits",
    "left_formula",
    "line_figures",
    "notes",
    "plain_price",
    "price_formula",
    "units_moved",
]


def explain_quantity(terms: Terms, quantity: int, before_minor: int = 0) -> Explanation:
    """Explains what ``quantity`` units cost when ``before_minor`` has been charged for the period already (M4), or for
    the fewer units bought before, in a one-off (E4). Raises NoPrice where the terms name no price for it."""
    amount_minor = price(terms, quantity) - before_minor
    explanation = describe_price(terms, quantity, parts_of(terms, quantity))
    return explanation | {"before_minor": before_minor, "amount_minor": amount_minor}


def explain_share(
    terms: Terms, quantity: int, *, days: int, of_days: int, whole_months: int = 0, of_months: int | None = None
) -> Explanation:
    """Explains what ``quantity`` units cost for a part of the interval: ``days`` of a month of ``of_days``, and
    ``whole_months`` (B3, B4). A month is its share of the interval, or of ``of_months``; no rate is rounded by itself."""
    explanation = describe_price(terms, quantity, parts_of(terms, quantity))
    return add_share(explanation, Share(days, of_days, whole_months, of_months or terms.interval_months or 1))


def explain_amount(amount_minor: int, currency: str, reason: str) -> Explanation:
    """Explains an amount that a person set, by the reason they gave."""
    return {"model": AMOUNT, "amount_minor": amount_minor, "currency": currency, "reason": reason}


def explain_part(explanation: Explanation, amount_minor: int) -> Explanation:
    """Explains ``amount_minor`` as a part of what ``explanation`` comes to: all the rest of its price counts as charged before."""
    price_minor = evaluate({**explanation, "before_minor": 0})
    return {**explanation, "before_minor": price_minor - amount_minor, "amount_minor": amount_minor}


def describe_price(terms: Terms, quantity: int, parts: list[Part]) -> dict[str, Any]:
    """Describes a price by its terms, quantity and parts: what every explanation holds, the amount apart."""
    explanation = {
        "model": str(terms.price_model),
        "tariff_id": terms.tariff_id,
        "version": terms.version,
        "metric": str(terms.metric),
        "quantity": quantity,
        "counted": chargeable(terms, quantity),
        "included": terms.included_quantity,
        "quota_mode": str(terms.quota_mode),
        "unit_price": _price_of_one(parts),
        "parts": [part.as_dict() for part in parts],
        "intervals": str(intervals(terms)),
        "discount_percent": str(terms.discount_percent),
        "currency": terms.currency,
    }
    # Kept with the sum, so that what was sold is called then and later what it was called at its sale.
    return explanation | {"unit": terms.unit.as_dict()} if terms.metric is Metric.QUANTITY else explanation


def add_share(explanation: dict[str, Any], share: Share) -> Explanation:
    """Adds the share of the time to an explanation, and the amount it comes to."""
    explanation |= {"share": share.as_dict(), "before_minor": 0}
    return explanation | {"amount_minor": evaluate(explanation)}


def _price_of_one(parts: list[Part]) -> str | None:
    """Returns the price of one unit where there is one for all of them and four decimals say it."""
    units = [part for part in parts if part.kind == Kind.UNITS]
    return plain_price(to_decimal(units[0].unit_value)) if len(units) == 1 and is_short(units[0].unit_value) else None


def counts_units(explanation: Explanation) -> bool:
    """Tells whether the quantity of the line is a number of units, not one of everything."""
    return _units_at_one_price(explanation) is not None


def line_figures(explanation: Explanation) -> tuple[Decimal, Decimal]:
    """Returns the quantity and the price of one that a line of a document shows: their product is the amount, to the minor unit.

    599.00 more at 599.00 each is 1 unit, −5 990.00 is −10. Where no price of one leads to the amount exactly (several
    prices, a cap, rounding, days), it is one unit at the amount.
    """
    amount = from_minor(evaluate(explanation), explanation["currency"])
    return _units_at_one_price(explanation) or (Decimal(1), amount)


def _units_at_one_price(explanation: Explanation) -> tuple[Decimal, Decimal] | None:
    """Returns the units and the price of one whose product is the amount exactly; None where no price of one leads to it."""
    currency = explanation["currency"]
    amount = from_minor(evaluate(explanation), currency)
    units_part = _only_units_part(explanation)
    if units_part is None:
        return None
    if "share" not in explanation:
        unit_price = units_part.unit_value * intervals_in(explanation) * factor_after_discount(percent_in(explanation))
        if unit_price and is_short(unit_price) and (Fraction(amount) / unit_price).denominator == 1:
            return Decimal(int(Fraction(amount) / unit_price)), to_decimal(unit_price)
    if units_part.units and (Fraction(amount) / units_part.units * 10 ** exponent(currency)).denominator == 1:
        return Decimal(units_part.units), amount / units_part.units
    return None


def _only_units_part(explanation: Explanation) -> Part | None:
    """Returns the part that is units at one price, where there is no other."""
    if explanation["model"] == AMOUNT or "left" in explanation:
        return None
    parts = parts_in(explanation)
    return parts[0] if len(parts) == 1 and parts[0].kind == Kind.UNITS and not parts[0].is_capped else None


def units_moved(explanation: Explanation) -> Decimal:
    """Returns how many units the amount stands for, as `line_figures` shows them."""
    return line_figures(explanation)[0]
