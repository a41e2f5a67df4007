"""The summands of a price, as plain values: worked out from the terms, kept in an explanation, evaluated without the terms.

What stands in people's databases is read here for ever: a kind may be added, none may change its meaning.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import zip_longest
from typing import Any

from billing.pricing.quantity import chargeable, exact_price
from billing.pricing.terms import PriceModel, QuotaMode, Step, Terms
from billing.pricing.tiers import first_paid


class Kind(StrEnum):
    FEE = "fee"  # a sum whatever the quantity
    UNITS = "units"  # units × price
    PACKAGE = "package"  # one sum for everything from a threshold on


@dataclass(frozen=True, slots=True)
class Part:
    """One summand, in main units: ``units`` × ``amount`` / ``of``, never more than ``cap``; or ``amount`` as it stands.

    ``of`` is above 1 where a step names the total of so many units (E-a). ``start`` is the threshold of the step, None
    where the price knows no steps; ``cap`` is the total of the next step, at ``cap_from``. Negative units give back.
    """

    kind: Kind
    amount: Decimal
    units: int = 1
    of: int = 1
    start: int | None = None
    cap: Decimal | None = None
    cap_from: int | None = None

    @property
    def unit_value(self) -> Fraction:
        """The exact price of one unit."""
        return Fraction(self.amount) / self.of

    @property
    def uncapped(self) -> Fraction:
        return self.unit_value * self.units

    @property
    def is_capped(self) -> bool:
        """Tells whether the total of the next step is what limits the sum."""
        return self.cap is not None and abs(self.uncapped) > self.cap

    @property
    def value(self) -> Fraction:
        """The exact sum of the part."""
        if self.cap is None or not self.is_capped:
            return self.uncapped
        return Fraction(self.cap) * (1 if self.units > 0 else -1)

    def times(self, factor: int) -> "Part":
        return replace(self, units=self.units * factor)

    def as_dict(self) -> dict[str, Any]:
        """Returns the part as plain JSON values, without what is as usual."""
        values: dict[str, Any] = {"kind": str(self.kind), "units": self.units, "amount": plain_price(self.amount)}
        if self.of != 1:
            values["of"] = self.of
        if self.start is not None:
            values["from"] = self.start
        if self.cap is not None:
            values |= {"cap": plain_price(self.cap), "cap_from": self.cap_from}
        return values


def part_from(row: dict[str, Any]) -> Part:
    """Returns the part that `Part.as_dict` wrote."""
    return Part(
        kind=Kind(row["kind"]),
        amount=Decimal(row["amount"]),
        units=int(row["units"]),
        of=int(row.get("of", 1)),
        start=row.get("from"),
        cap=Decimal(row["cap"]) if "cap" in row else None,
        cap_from=row.get("cap_from"),
    )


def plain_price(price_of_one: Decimal) -> str:
    """Returns a price with at least two decimals and no idle zeros beyond them: 599.0000 → 599.00, 0.0125 → 0.0125."""
    text = f"{price_of_one.normalize():f}"
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(2, '0')}"


def parts_of(terms: Terms, quantity: int) -> list[Part]:
    """Returns the summands of ``quantity`` units for one stated interval, lowest step first. Raises as `quantity.price`.

    Per unit has its units also where none is paid (0 × 599.00): that is how the quota shows (M3).
    """
    exact_price(terms, quantity)  # refuses what has no price: its parts would be worth nothing
    fee = [Part(Kind.FEE, terms.flat_fee)] if terms.flat_fee else []
    if terms.price_model == PriceModel.PER_UNIT and terms.unit_price is not None:
        return [*fee, Part(Kind.UNITS, terms.unit_price, units=chargeable(terms, quantity))]
    if terms.price_model == PriceModel.GRADUATED:
        return fee + _graduated_parts(terms, quantity)
    counted = chargeable(terms, quantity)
    reached = [index for index, step in enumerate(terms.steps) if step.from_quantity <= quantity]
    if not counted or not reached:
        return fee
    step, above = terms.steps[reached[-1]], terms.steps[reached[-1] + 1 : reached[-1] + 2]
    if terms.price_model == PriceModel.PACKAGE:
        return [*fee, Part(Kind.PACKAGE, step.total or Decimal(0), start=step.from_quantity)]
    return [*fee, _volume_part(step, above[0] if above else None, counted)]


def _volume_part(step: Step, above: Step | None, counted: int) -> Part:
    priced = (
        Part(Kind.UNITS, step.unit_price, units=counted, start=step.from_quantity)
        if step.unit_price is not None
        else Part(Kind.UNITS, step.total or Decimal(0), counted, of=step.from_quantity, start=step.from_quantity)
    )
    if above is None or above.total is None:
        return priced
    return replace(priced, cap=above.total, cap_from=above.from_quantity)


def _graduated_parts(terms: Terms, quantity: int) -> list[Part]:
    """Returns each step's own units; those inside a quota that only frees them keep their numbers."""
    if not chargeable(terms, quantity):
        return []
    first = first_paid(terms) if terms.quota_mode == QuotaMode.ONLY_ABOVE else 1
    parts = []
    for step, above in zip_longest(terms.steps, terms.steps[1:]):
        last = quantity if above is None else min(quantity, above.from_quantity - 1)
        units = last - max(step.from_quantity, first) + 1
        if units > 0:
            parts.append(Part(Kind.UNITS, step.unit_price or Decimal(0), units=units, start=step.from_quantity))
    return parts


def difference(after: Iterable[Part], before: Iterable[Part]) -> list[Part]:
    """Returns what ``after`` has beyond ``before``: equal prices are drawn together, what cancels out is left out (B5, B6)."""
    merged: dict[tuple[object, ...], Part] = {}
    for part in [*after, *(part.times(-1) for part in before)]:
        # Sums that a cap limits do not add up to one that it limits once; of the others the cap is no matter.
        key = (part.kind, part.unit_value, part.of, part.is_capped and (abs(part.units), part.cap))
        merged_part = merged.get(key)
        if merged_part is not None:
            merged[key] = replace(merged_part, units=merged_part.units + part.units)
        else:
            merged[key] = part if part.is_capped else replace(part, cap=None, cap_from=None)
    return [part for part in merged.values() if part.units]
