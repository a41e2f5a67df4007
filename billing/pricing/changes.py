"""Other terms in the middle of a prepaid period (E6, E7): the value of the old ones is carried over by days."""

from dataclasses import dataclass
from fractions import Fraction

from billing.pricing.explanations.evaluation import Explanation, Left, Share, evaluate, needed_price
from billing.pricing.explanations.explanation import describe_price
from billing.pricing.explanations.parts import parts_of
from billing.pricing.money import round_to_minor
from billing.pricing.quantity import exact_price
from billing.pricing.terms import Terms


@dataclass(frozen=True, slots=True)
class Carried:
    """The value of a segment of a period on its first day, exact, in main units, and for how many days.

    It is the value in force and not the sum last paid: after an upgrade for 48.00 it is 96.00 (E-d), after a downgrade what
    the cheaper terms need; what was lost stays lost (E-e).
    """

    value: Fraction
    days: int

    def left_after(self, used_days: int) -> Fraction:
        """Returns the value of the days that are not used yet, exact."""
        return Left(self.value, self.days, used_days).left


def carry_full_period(terms: Terms, quantity: int, days: int) -> Carried:
    """Returns the value that a period of ``days``, paid in full, carries from its first day on: the exact price in main units."""
    return Carried(exact_price(terms, quantity), days)


@dataclass(frozen=True, slots=True)
class Change:
    """The money of a change of terms. ``left`` and ``needed`` are exact, in main units; ``pay_minor`` is to be paid now,
    ``lost_minor`` is what would be lost (E7): at most one of them is above 0. ``carried`` is the value from now on."""

    left: Fraction
    needed: Fraction
    pay_minor: int
    lost_minor: int
    carried: Carried
    explanation: Explanation


def change_terms(carried: Carried, used_days: int, terms: Terms, quantity: int, of_days: int) -> Change:
    """Works out the change to ``quantity`` under ``terms`` after ``used_days`` of the segment in force; the day of the change is
    charged at the new rate (E6).

    ``of_days`` is the length of the whole period that the new price is for, in days. Raises ValueError where more days
    are used than there were, NoPrice where the terms name no price.
    """
    if not 0 <= used_days <= carried.days:
        raise ValueError(f"{used_days} days used of {carried.days}")
    days = carried.days - used_days
    explanation = _explain_change(carried, used_days, terms, quantity, Share(days, of_days))
    left, due = carried.left_after(used_days), needed_price(explanation)
    return Change(
        left=left,
        needed=due,
        pay_minor=int(explanation["amount_minor"]),
        lost_minor=max(0, round_to_minor(left - due, terms.currency)),
        carried=Carried(due, days),
        explanation=explanation,
    )


def _explain_change(carried: Carried, used_days: int, terms: Terms, quantity: int, share: Share) -> Explanation:
    old = Left(carried.value, carried.days, used_days)
    explanation = describe_price(terms, quantity, parts_of(terms, quantity))
    explanation |= {"share": share.as_dict(), "left": old.as_dict(), "before_minor": 0}
    return explanation | {"amount_minor": evaluate(explanation)}
