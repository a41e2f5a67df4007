"""The price models as straight lines: from each quantity on, a fixed sum and a price for each unit, both exact.

Every model is a price that grows evenly until the next threshold, so one small table of lines says all of it: `quantity`
turns it into integers, and `review` need look only where one line ends and the next begins.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from billing.pricing.terms import PriceModel, QuotaMode, Step, Terms

NOTHING = Fraction(0)


class NoPrice(ValueError):
    """These terms name no price for that quantity: a trial, a tariff whose values contradict each other, a missing step."""


@dataclass(frozen=True, slots=True)
class Line:
    """From ``start`` units on: ``fixed`` + ``each`` × units, never more than ``cap``; ``is_hole``: nothing was said."""

    start: int
    fixed: Fraction = NOTHING
    each: Fraction = NOTHING
    cap: Fraction | None = None
    is_hole: bool = False


def price_of_one(step: Step) -> Fraction:
    """Returns the exact price of one unit at ``step``; of a step with a total its share, never rounded (E-a).

    Raises NoPrice where the step says neither or both.
    """
    if step.unit_price is not None and step.total is None:
        return Fraction(step.unit_price)
    if step.total is not None and step.unit_price is None:
        return Fraction(step.total) / step.from_quantity
    raise NoPrice(f"The step from {step.from_quantity} needs a price of one or a total: one of the two.")


def first_paid(terms: Terms) -> int:
    """Returns the smallest quantity that is not within the free quota."""
    return terms.included_quantity + 1


def lines(terms: Terms) -> tuple[Line, ...]:
    """Returns the price of one stated interval, the flat fee included, line by line; the first begins at 0.

    Raises NoPrice for a trial and for terms that `review.contradictions` finds wrong in their prices.
    """
    _check_prices(terms)
    fee = Fraction(terms.flat_fee)
    fee_line = Line(0, fixed=fee)
    if terms.price_model == PriceModel.FLAT:
        return (fee_line,)
    unit_lines = _cut_off_quota(terms, _lines_without_quota(terms))
    return fee_line, *(
        replace(line, fixed=line.fixed + fee, cap=None if line.cap is None else line.cap + fee) for line in unit_lines
    )


def _lines_without_quota(terms: Terms) -> list[Line]:
    """Returns the lines of what the units would cost without quota and fee."""
    if terms.price_model == PriceModel.PER_UNIT:
        if terms.unit_price is None:
            raise NoPrice("The price of one is missing.")
        return [Line(1, each=Fraction(terms.unit_price))]
    if not terms.steps:
        raise NoPrice("The steps are missing.")
    if terms.price_model == PriceModel.VOLUME:
        return _volume_lines(terms.steps)
    return _graduated_lines(terms.steps) if terms.price_model == PriceModel.GRADUATED else _package_lines(terms.steps)


def _volume_lines(steps: tuple[Step, ...]) -> list[Line]:
    priced_lines = [Line(step.from_quantity, each=price_of_one(step)) for step in steps]
    for index, above in enumerate(steps[1:]):
        if above.total is not None:
            priced_lines[index] = replace(priced_lines[index], cap=Fraction(above.total))
    return priced_lines


def _graduated_lines(steps: tuple[Step, ...]) -> list[Line]:
    priced_lines: list[Line] = []
    level = each = NOTHING  # the line so far, as level + each × units
    for step in steps:
        if step.unit_price is None or step.total is not None:
            raise NoPrice("Each step of a graduated price needs a price of one.")
        below, above = step.from_quantity - 1, Fraction(step.unit_price)
        level, each = level + (each - above) * below, above
        priced_lines.append(Line(step.from_quantity, fixed=level, each=each))
    return priced_lines


def _package_lines(steps: tuple[Step, ...]) -> list[Line]:
    if any(step.total is None or step.unit_price is not None for step in steps):
        raise NoPrice("Each step of a package price needs a total.")
    return [Line(step.from_quantity, fixed=Fraction(step.total or 0)) for step in steps]


def _cut_off_quota(terms: Terms, gross: list[Line]) -> list[Line]:
    """Cuts off what the quota makes free; what is left begins at the first paid unit."""
    start = first_paid(terms)
    reached = [line for line in gross if line.start <= start]
    later = [line for line in gross if line.start > start]
    kept_lines = [replace(line, start=start) for line in reached[-1:]] + later
    if not reached and terms.price_model != PriceModel.GRADUATED:
        kept_lines.insert(0, Line(start, is_hole=True))
    if terms.quota_mode == QuotaMode.ALL_ABOVE or not terms.included_quantity:
        return kept_lines
    return [_take_off_quota(terms, line, reached) for line in kept_lines]


def _take_off_quota(terms: Terms, line: Line, reached: list[Line]) -> Line:
    """Returns the line without the units of the quota: they keep their numbers (graduated) or are not counted at all."""
    free = terms.included_quantity
    if terms.price_model == PriceModel.GRADUATED:
        within = [below for below in reached if below.start <= free]
        saved = within[-1].fixed + within[-1].each * free if within else NOTHING
    else:
        saved = line.each * free
    return replace(line, fixed=line.fixed - saved)


def _check_prices(terms: Terms) -> None:
    """Raises NoPrice for what would otherwise be priced in silence and wrongly."""
    if terms.price_model == PriceModel.TRIAL:
        raise NoPrice("A trial has no price.")
    prices = [
        terms.flat_fee,
        terms.unit_price,
        *(value for step in terms.steps for value in (step.unit_price, step.total)),
    ]
    if any(value is not None and value < 0 for value in prices) or terms.included_quantity < 0:
        raise NoPrice("A price or a quota is negative.")
    if not 0 <= terms.discount_percent < 100 or terms.price_months < 1 or (terms.interval_months or 1) < 1:
        raise NoPrice("The interval or the discount cannot be meant.")
    if any(step.from_quantity < 1 for step in terms.steps[:1]):
        raise NoPrice("The first step begins below 1.")
    if any(above.from_quantity <= below.from_quantity for below, above in pairwise(terms.steps)):
        raise NoPrice("The steps do not rise.")
    has_totals = any(step.total is not None for step in terms.steps)
    if has_totals and terms.included_quantity and terms.quota_mode == QuotaMode.ONLY_ABOVE:
        raise NoPrice("A total cannot be reckoned without the units of the quota.")
