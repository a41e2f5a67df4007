"""How an amount was worked out, kept with the amount (G8): plain values that can be evaluated again and shown to a person.

An explanation is a JSON object. ``{"model": "per_unit", "quantity", "counted", "parts", "before_minor", "amount_minor",
"currency", …}`` says which parts make up the price and what had been charged before; ``{"model": "amount", …}`` says that
somebody set the amount, and why stands beside it. `evaluation` works it out again, `formula` writes it, `notes` explains it.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing.pricing.discounts import intervals, kept
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
    decimal,
    formula,
    grouped,
    is_short,
    left_formula,
    price_formula,
)
from billing.pricing.explanations.notes import Note, NoteKind, notes
from billing.pricing.explanations.parts import Kind, Part, parts_of, plain
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
    "explain_quantity",
    "explain_share",
    "formula",
    "grouped",
    "left_formula",
    "line_figures",
    "notes",
    "plain",
    "price_formula",
    "units_moved",
]


def explain_quantity(terms: Terms, quantity: int, before_minor: int = 0) -> Explanation:
    """Why ``quantity`` units cost what they cost when ``before_minor`` has been charged for the period already (M4), or for
    the fewer units bought before, in a one-off (E4). Raises NoPrice where the terms name no price for it."""
    amount_minor = price(terms, quantity) - before_minor
    found = described(terms, quantity, parts_of(terms, quantity))
    return found | {"before_minor": before_minor, "amount_minor": amount_minor}


def explain_share(
    terms: Terms, quantity: int, *, days: int, of_days: int, whole_months: int = 0, of_months: int | None = None
) -> Explanation:
    """Why ``quantity`` units cost what they cost for a part of the interval: ``days`` of a month of ``of_days``, and
    ``whole_months`` (B3, B4). A month is its share of the interval, or of ``of_months``; no rate is rounded by itself."""
    found = described(terms, quantity, parts_of(terms, quantity))
    return with_share(found, Share(days, of_days, whole_months, of_months or terms.interval_months or 1))


def explain_amount(amount_minor: int, currency: str, reason: str) -> Explanation:
    """An amount that a person set, with the reason they gave."""
    return {"model": AMOUNT, "amount_minor": amount_minor, "currency": currency, "reason": reason}


def described(terms: Terms, quantity: int, parts: list[Part]) -> dict[str, Any]:
    """What every explanation of a price holds, the amount apart."""
    found = {
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
    return found | {"unit": terms.unit.as_dict()} if terms.metric is Metric.QUANTITY else found


def with_share(found: dict[str, Any], share: Share) -> Explanation:
    """The explanation for a share of the time, with the amount it comes to."""
    found |= {"share": share.as_dict(), "before_minor": 0}
    return found | {"amount_minor": evaluate(found)}


def _price_of_one(parts: list[Part]) -> str | None:
    """The price of one unit where there is one for all of them and four decimals say it."""
    units = [part for part in parts if part.kind == Kind.UNITS]
    return plain(decimal(units[0].one)) if len(units) == 1 and is_short(units[0].one) else None


def counts_units(explanation: Explanation) -> bool:
    """Whether the quantity of the line is a number of units, not one of everything."""
    return _units_at_one_price(explanation) is not None


def line_figures(explanation: Explanation) -> tuple[Decimal, Decimal]:
    """The quantity and the price of one that a line of a document shows: their product is the amount, to the minor unit.

    599.00 more at 599.00 each is 1 unit, −5 990.00 is −10. Where no price of one leads to the amount exactly (several
    prices, a cap, rounding, days), it is one unit at the amount.
    """
    amount = from_minor(evaluate(explanation), explanation["currency"])
    return _units_at_one_price(explanation) or (Decimal(1), amount)


def _units_at_one_price(explanation: Explanation) -> tuple[Decimal, Decimal] | None:
    """The units and the price of one whose product is the amount exactly; None where no price of one leads to it."""
    currency = explanation["currency"]
    amount = from_minor(evaluate(explanation), currency)
    single = _single(explanation)
    if single is None:
        return None
    if "share" not in explanation:
        one = single.one * intervals_in(explanation) * kept(percent_in(explanation))
        if one and is_short(one) and (Fraction(amount) / one).denominator == 1:
            return Decimal(int(Fraction(amount) / one)), decimal(one)
    if single.units and (Fraction(amount) / single.units * 10 ** exponent(currency)).denominator == 1:
        return Decimal(single.units), amount / single.units
    return None


def _single(explanation: Explanation) -> Part | None:
    """The part that is units at one price, where there is no other."""
    if explanation["model"] == AMOUNT or "left" in explanation:
        return None
    parts = parts_in(explanation)
    return parts[0] if len(parts) == 1 and parts[0].kind == Kind.UNITS and not parts[0].is_capped else None


def units_moved(explanation: Explanation) -> Decimal:
    """How many units the amount stands for, as `line_figures` shows them."""
    return line_figures(explanation)[0]
