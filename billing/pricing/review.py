"""The mistakes and surprises in the terms of a tariff, found before a customer meets them (E2, E3)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from billing.pricing.explanations.formula import is_short
from billing.pricing.quantity import price, thresholds
from billing.pricing.terms import STEPPED, Metric, PriceModel, QuotaMode, Step, Terms, Timing
from billing.pricing.tiers import NoPrice

SAMPLES = (1, 9, 10, 11, 29, 30, 100)


class Contradiction(StrEnum):
    """The kinds of contradiction in terms, each with the numbers that a finding has. ``from_units``, ``months``, ``days`` and other
    counts are whole numbers; ``price`` and ``percent`` are Decimals."""

    NO_PRICE = "no_price"  # nothing costs anything; free is a kind of product (E3)
    UNIT_PRICE_MISSING = "unit_price_missing"  # per unit without a price of one
    UNIT_PRICE_UNUSED = "unit_price_unused"  # price: a price of one where the model does not read it
    STEPS_MISSING = "steps_missing"  # volume, graduated or package without steps
    STEPS_UNUSED = "steps_unused"  # steps: so many where the model has none
    STEP_BELOW_ONE = "step_below_one"  # from_units
    STEPS_DO_NOT_RISE = "steps_do_not_rise"  # from_units, below_units: a later step begins lower
    STEP_TWICE = "step_twice"  # from_units
    HOLE_BEFORE_FIRST_STEP = "hole_before_first_step"  # from_units, first_units: no price from first_units up to there
    STEP_WITHOUT_PRICE = "step_without_price"  # from_units: neither a price of one nor a total
    STEP_WITH_BOTH = "step_with_both"  # from_units: a price of one and a total
    STEP_NEEDS_TOTAL = "step_needs_total"  # from_units: package
    STEP_NEEDS_UNIT_PRICE = "step_needs_unit_price"  # from_units: graduated
    TOTALS_WITH_ONLY_ABOVE = "totals_with_only_above"  # included_units: a total says nothing of units above a quota
    NEGATIVE_PRICE = "negative_price"  # price
    TOO_MANY_DECIMALS = "too_many_decimals"  # price
    PERCENT_OUT_OF_RANGE = "percent_out_of_range"  # percent: 0 to below 100
    PERCENT_TOO_FINE = "percent_too_fine"  # percent: more than four decimals
    NEGATIVE_QUOTA = "negative_quota"  # included_units
    QUOTA_WITHOUT_UNITS = "quota_without_units"  # included_units: a flat fee alone counts nothing
    UNITS_NOT_COUNTED = "units_not_counted"  # units have a price, but the metric counts nothing
    INTERVAL_OUT_OF_RANGE = "interval_out_of_range"  # months: 1 to 12
    PRICE_MONTHS_DO_NOT_FIT = "price_months_do_not_fit"  # months, price_months: no whole number of times
    PAYMENT_DAYS_NEGATIVE = "payment_days_negative"  # days
    TRIAL_WITHOUT_DAYS = "trial_without_days"  # a trial tariff of 0 days
    TRIAL_WITH_PRICE = "trial_with_price"  # days without a price, with a price
    TRIAL_PEOPLE_WITHOUT_DAYS = "trial_people_without_days"  # people
    TRIAL_NEGATIVE = "trial_negative"  # days, people
    POSTPAID_WITH_TRIAL = "postpaid_with_trial"  # days: what is used is paid afterwards; the quota is what is free
    POSTPAID_WITH_DISCOUNT = "postpaid_with_discount"  # percent: it is for paying at once
    POSTPAID_ONE_OFF = "postpaid_one_off"  # nothing is measured over no interval
    POSTPAID_NOT_MONTHLY = "postpaid_not_monthly"  # months: a period is a calendar month (M5)


@dataclass(frozen=True, slots=True)
class Finding:
    """A contradiction, with the numbers its sentence needs. ``code`` is a value of `Contradiction`."""

    code: Contradiction
    numbers: Mapping[str, int | Decimal] = field(default_factory=dict)


class Fall(NamedTuple):
    """More units cost less in total: ``next_quantity`` units cost less than the ``quantity`` just below it."""

    quantity: int
    price_minor: int
    next_quantity: int
    next_price_minor: int


class Bill(NamedTuple):
    """The price of ``quantity`` units for one interval; None where the terms name no price for it."""

    quantity: int
    price_minor: int | None


def contradictions(terms: Terms) -> list[Finding]:
    """Lists all that does not go together in ``terms``; nothing where they can be reviewed. It needs no price to be named."""
    checks = (
        _check_trial,
        _check_prices,
        _check_units,
        _check_steps,
        _check_each_step,
        _check_quota,
        _check_amounts,
        _check_interval,
        _check_postpaid,
    )
    return [finding for check in checks for finding in check(terms)]


def falls(terms: Terms, up_to: int | None = None) -> list[Fall]:
    """Lists where more units cost less in total, lowest quantity first, up to the quantity ``up_to``.

    A price grows evenly between its thresholds, so it can fall at these alone and every one of them is looked at.
    Terms without a price have no falls.
    """
    try:
        starts = thresholds(terms)
    except NoPrice:
        return []
    drops = []
    for start in starts[1:]:
        if up_to is not None and start > up_to:
            break
        below, above = _price_or_none(terms, start - 1), _price_or_none(terms, start)
        if below is not None and above is not None and above < below:
            drops.append(Fall(start - 1, below, start, above))
    return drops


def sample_bills(terms: Terms, quantities: Iterable[int] = SAMPLES) -> list[Bill]:
    """Prices each of ``quantities``, for whoever reviews the tariff."""
    return [Bill(quantity, _price_or_none(terms, quantity)) for quantity in quantities]


def _price_or_none(terms: Terms, quantity: int) -> int | None:
    try:
        return price(terms, quantity)
    except NoPrice:
        return None


def _all_prices(terms: Terms) -> list[Decimal]:
    stated = [
        terms.flat_fee,
        terms.unit_price,
        *(value for step in terms.steps for value in (step.unit_price, step.total)),
    ]
    return [value for value in stated if value is not None]


def _check_trial(terms: Terms) -> Iterator[Finding]:
    days, people = terms.trial_days, terms.trial_people
    if days < 0 or people < 0:
        yield Finding(Contradiction.TRIAL_NEGATIVE, {"days": days, "people": people})
    if people > 0 and days <= 0:
        yield Finding(Contradiction.TRIAL_PEOPLE_WITHOUT_DAYS, {"people": people})
    if terms.price_model != PriceModel.TRIAL:
        return
    if days <= 0:
        yield Finding(Contradiction.TRIAL_WITHOUT_DAYS)
    if any(_all_prices(terms)):
        yield Finding(Contradiction.TRIAL_WITH_PRICE)


def _check_prices(terms: Terms) -> Iterator[Finding]:
    if terms.price_model == PriceModel.TRIAL:
        return
    if not any(value > 0 for value in _all_prices(terms)):
        yield Finding(Contradiction.NO_PRICE)
    if terms.price_model == PriceModel.PER_UNIT and not terms.unit_price:
        yield Finding(Contradiction.UNIT_PRICE_MISSING)
    if terms.price_model != PriceModel.PER_UNIT and terms.unit_price:
        yield Finding(Contradiction.UNIT_PRICE_UNUSED, {"price": terms.unit_price})


def _check_units(terms: Terms) -> Iterator[Finding]:
    if terms.metric == Metric.NONE and terms.price_model in {*STEPPED, PriceModel.PER_UNIT}:
        yield Finding(Contradiction.UNITS_NOT_COUNTED)


def _check_steps(terms: Terms) -> Iterator[Finding]:
    steps = terms.steps
    if terms.price_model not in STEPPED:
        if steps:
            yield Finding(Contradiction.STEPS_UNUSED, {"steps": len(steps)})
        return
    if not steps:
        yield Finding(Contradiction.STEPS_MISSING)
        return
    if steps[0].from_quantity < 1:
        yield Finding(Contradiction.STEP_BELOW_ONE, {"from_units": steps[0].from_quantity})
    first, paid_from = steps[0].from_quantity, max(0, terms.included_quantity) + 1
    if terms.price_model != PriceModel.GRADUATED and first > paid_from:
        yield Finding(Contradiction.HOLE_BEFORE_FIRST_STEP, {"from_units": first, "first_units": paid_from})
    for below, above in pairwise(step.from_quantity for step in steps):
        if above == below:
            yield Finding(Contradiction.STEP_TWICE, {"from_units": above})
        elif above < below:
            yield Finding(Contradiction.STEPS_DO_NOT_RISE, {"from_units": above, "below_units": below})


def _check_each_step(terms: Terms) -> Iterator[Finding]:
    if terms.price_model not in STEPPED:
        return
    for step in terms.steps:
        code = _wrong_price(terms.price_model, step)
        if code:
            yield Finding(code, {"from_units": step.from_quantity})


def _wrong_price(model: PriceModel, step: Step) -> Contradiction | None:
    if step.unit_price is None and step.total is None:
        return Contradiction.STEP_WITHOUT_PRICE
    if step.unit_price is not None and step.total is not None:
        return Contradiction.STEP_WITH_BOTH
    if model == PriceModel.PACKAGE and step.total is None:
        return Contradiction.STEP_NEEDS_TOTAL
    if model == PriceModel.GRADUATED and step.unit_price is None:
        return Contradiction.STEP_NEEDS_UNIT_PRICE
    return None


def _check_quota(terms: Terms) -> Iterator[Finding]:
    included = {"included_units": terms.included_quantity}
    if terms.included_quantity < 0:
        yield Finding(Contradiction.NEGATIVE_QUOTA, included)
    if terms.included_quantity <= 0:
        return
    if terms.price_model in {PriceModel.FLAT, PriceModel.TRIAL}:
        yield Finding(Contradiction.QUOTA_WITHOUT_UNITS, included)
    has_totals = terms.price_model in STEPPED and any(step.total is not None for step in terms.steps)
    if terms.quota_mode == QuotaMode.ONLY_ABOVE and has_totals:
        yield Finding(Contradiction.TOTALS_WITH_ONLY_ABOVE, included)


def _check_amounts(terms: Terms) -> Iterator[Finding]:
    for value in _all_prices(terms):
        if value < 0:
            yield Finding(Contradiction.NEGATIVE_PRICE, {"price": value})
        if _is_finer(value):
            yield Finding(Contradiction.TOO_MANY_DECIMALS, {"price": value})
    percent = terms.discount_percent
    if not 0 <= percent < 100:
        yield Finding(Contradiction.PERCENT_OUT_OF_RANGE, {"percent": percent})
    if _is_finer(percent):
        yield Finding(Contradiction.PERCENT_TOO_FINE, {"percent": percent})


def _is_finer(value: Decimal) -> bool:
    """Tells whether the number has more than four decimals."""
    return not is_short(Fraction(value))


def _check_interval(terms: Terms) -> Iterator[Finding]:
    months, price_months = terms.interval_months, terms.price_months
    if months is not None and not 1 <= months <= 12:
        yield Finding(Contradiction.INTERVAL_OUT_OF_RANGE, {"months": months})
    if price_months < 1 or (months or price_months) % price_months:
        numbers = {"months": months or 0, "price_months": price_months}
        yield Finding(Contradiction.PRICE_MONTHS_DO_NOT_FIT, numbers)
    if terms.payment_days < 0:
        yield Finding(Contradiction.PAYMENT_DAYS_NEGATIVE, {"days": terms.payment_days})


def _check_postpaid(terms: Terms) -> Iterator[Finding]:
    if terms.timing != Timing.POSTPAID:
        return
    if terms.trial_days > 0 or terms.price_model == PriceModel.TRIAL:
        yield Finding(Contradiction.POSTPAID_WITH_TRIAL, {"days": terms.trial_days})
    if terms.discount_percent:
        yield Finding(Contradiction.POSTPAID_WITH_DISCOUNT, {"percent": terms.discount_percent})
    if terms.interval_months is None:
        yield Finding(Contradiction.POSTPAID_ONE_OFF)
    elif terms.interval_months != 1:
        yield Finding(Contradiction.POSTPAID_NOT_MONTHLY, {"months": terms.interval_months})
