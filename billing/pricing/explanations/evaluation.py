"""A stored explanation, worked out again without the tariff (G8).

What it says is always the same sum: *(parts × intervals − discount) × share of the time − what is left of an older payment*,
rounded once, less what was charged before. The last three are there only where they apply. What the first version of this
program stored (``counted × unit_price − before_minor``) and amounts that somebody set are read as they were written.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing.pricing.discounts import factor_after_discount
from billing.pricing.explanations.parts import Kind, Part, part_from
from billing.pricing.money import round_to_minor

Explanation = dict[str, Any]

AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the time a price is for: (``whole_months`` + ``days`` / ``of_days``) / ``of_months`` (B3–B6, E6)."""

    days: int
    of_days: int
    whole_months: int = 0
    of_months: int = 1

    @property
    def factor(self) -> Fraction:
        return (self.whole_months + Fraction(self.days, self.of_days)) / self.of_months

    def as_dict(self) -> dict[str, int]:
        return {
            "days": self.days,
            "of_days": self.of_days,
            "whole_months": self.whole_months,
            "of_months": self.of_months,
        }


@dataclass(frozen=True, slots=True)
class Left:
    """The rest of an older payment that a change of terms finds: ``value`` for ``days``, of which ``used`` are over (E6)."""

    value: Fraction
    days: int
    used: int

    @property
    def daily(self) -> Fraction:
        """The daily rate, exact."""
        return self.value / self.days

    @property
    def left(self) -> Fraction:
        return self.value - self.used * self.daily

    def as_dict(self) -> dict[str, Any]:
        return {"value": str(self.value), "days": self.days, "used": self.used}


def parts_in(explanation: Explanation) -> list[Part]:
    """Returns the summands of one stated interval."""
    if "parts" in explanation:
        return [part_from(row) for row in explanation["parts"]]
    return [Part(Kind.UNITS, Decimal(explanation["unit_price"]), units=int(explanation["counted"]))]


def intervals_in(explanation: Explanation) -> Fraction:
    """Returns how many stated intervals are paid at once."""
    return Fraction(explanation.get("intervals", 1))


def percent_in(explanation: Explanation) -> Decimal:
    """Returns the discount for it, in percent."""
    return Decimal(explanation.get("discount_percent", 0))


def share_in(explanation: Explanation) -> Share | None:
    """Returns the share of the time, None where the whole is paid."""
    return Share(**explanation["share"]) if "share" in explanation else None


def left_in(explanation: Explanation) -> Left | None:
    """Returns what a change of terms had left of an older payment, None where it is none."""
    row = explanation.get("left")
    return Left(Fraction(row["value"]), int(row["days"]), int(row["used"])) if row else None


def full_price(explanation: Explanation) -> Fraction:
    """Returns the price of the whole time, exact, in main units."""
    stated = sum((part.value for part in parts_in(explanation)), Fraction(0))
    return stated * intervals_in(explanation) * factor_after_discount(percent_in(explanation))


def needed_price(explanation: Explanation) -> Fraction:
    """Returns what the time in question costs, exact, in main units: all of the full price, or its share."""
    share = share_in(explanation)
    return full_price(explanation) * (share.factor if share else 1)


def evaluate(explanation: Explanation) -> int:
    """Returns the amount in minor units, worked out again from the stored inputs and rounded once (G2, G8).

    Where something was left of an older payment, nothing is given back (E7): the least is 0.
    """
    if explanation["model"] == AMOUNT:
        return int(explanation["amount_minor"])
    before_minor, currency = int(explanation["before_minor"]), str(explanation["currency"])
    old = left_in(explanation)
    if old is None:
        return round_to_minor(needed_price(explanation), currency) - before_minor
    return max(0, round_to_minor(needed_price(explanation) - old.left, currency)) - before_minor
