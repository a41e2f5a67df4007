"""The price of a quantity under the terms of a tariff, whatever its price model (M2, M3, E4, E5, C2).

The exact lines of `tiers` are turned into integers once for each `Terms` and kept with it; a price is then one look into a
short table, one product and one division, exact and rounded once (G2).
"""

from bisect import bisect_right
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from billing.pricing.discounts import payment_factor
from billing.pricing.money import exponent
from billing.pricing.terms import PriceModel, QuotaMode, Terms
from billing.pricing.tiers import Line, NoPrice, lines

__all__ = ["chargeable", "exact_price", "next_unit_costs", "price", "thresholds"]

Row = tuple[int, int, int | None]


class Compiled(NamedTuple):
    """The lines as integers: of a row (each, fixed, cap), ``min(each × quantity + fixed, cap) // whole`` is the price in
    minor units rounded half up: half a minor unit is in ``fixed`` and ``cap`` already. None: no price is named there."""

    starts: tuple[int, ...]
    rows: tuple[Row | None, ...]
    whole: int


def chargeable(terms: Terms, quantity: int) -> int:
    """Counts how many of ``quantity`` units are paid for: none up to the free quota; above it all of them (M3), or those above.

    A flat tariff counts none.
    """
    if quantity <= terms.included_quantity or terms.price_model in {PriceModel.FLAT, PriceModel.TRIAL}:
        return 0
    return quantity - terms.included_quantity if terms.quota_mode == QuotaMode.ONLY_ABOVE else quantity


def price(terms: Terms, quantity: int) -> int:
    """Returns the price of ``quantity`` units for one interval, or of a one-off, in minor units, rounded once (M2, G2).

    Raises NoPrice where the terms name none, ValueError for a negative quantity.
    """
    compiled: Compiled = terms.cached.get("price") or _compile(terms)
    return _numerator(compiled, quantity) // compiled.whole


def exact_price(terms: Terms, quantity: int) -> Fraction:
    """Returns the price of `price` in main units and not rounded: what shares of a period are taken of (B3–B6, E6). Raises as `price`."""
    compiled: Compiled = terms.cached.get("price") or _compile(terms)
    half = compiled.whole // 2
    return Fraction(_numerator(compiled, quantity) - half, compiled.whole * 10 ** exponent(terms.currency))


def next_unit_costs(terms: Terms, quantity: int) -> int:
    """Returns what one unit more than ``quantity`` adds, in minor units: the cliff of the quota shows here (D8)."""
    return price(terms, quantity + 1) - price(terms, quantity)


def thresholds(terms: Terms) -> tuple[int, ...]:
    """Returns the quantities at which another line of the price begins, 0 first: between them it only grows."""
    compiled: Compiled = terms.cached.get("price") or _compile(terms)
    return compiled.starts


def _numerator(compiled: Compiled, quantity: int) -> int:
    if quantity < 0:
        raise ValueError(f"A quantity is not negative: {quantity}")
    row = compiled.rows[bisect_right(compiled.starts, quantity) - 1]
    if row is None:
        raise NoPrice(f"The tariff names no price for {quantity}.")
    each, fixed, cap = row
    numerator = each * quantity + fixed
    return numerator if cap is None or numerator <= cap else cap


def _compile(terms: Terms) -> Compiled:
    price_lines = lines(terms)
    scale = payment_factor(terms) * 10 ** exponent(terms.currency)
    values = [value * scale for line in price_lines for value in (line.each, line.fixed, line.cap) if value is not None]
    half = lcm(*(value.denominator for value in values))
    rows = tuple(_compile_line(line, scale, half) for line in price_lines)
    compiled = Compiled(tuple(line.start for line in price_lines), rows, 2 * half)
    terms.cached["price"] = compiled
    return compiled


def _compile_line(line: Line, scale: Fraction, half: int) -> Row | None:
    if line.is_hole:
        return None
    doubled = scale * 2 * half
    cap = None if line.cap is None else int(line.cap * doubled) + half
    return int(line.each * doubled), int(line.fixed * doubled) + half, cap
