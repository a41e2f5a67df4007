"""Seats that come and go within a prepaid period (B5, B6): what is charged for the rest of it, what is given back."""

from datetime import date
from typing import NamedTuple

from billing.pricing.explanations.evaluation import Explanation, Share
from billing.pricing.explanations.explanation import add_share, describe_price
from billing.pricing.explanations.parts import difference, parts_of
from billing.pricing.periods import month_span
from billing.pricing.quantity import chargeable
from billing.pricing.terms import Terms


class Rest(NamedTuple):
    """The rest of a prepaid period: the ``days`` of a broken month of ``of_days``, then ``whole_months``."""

    days: int
    of_days: int
    whole_months: int


def rest_until(first_day: date, until: date) -> Rest:
    """Returns what is left from ``first_day`` (included) to ``until``, the 1st of a month (not included). A month that is left
    whole counts as one, so its length does not matter. Nothing is left where ``first_day`` is ``until`` or later."""
    month = month_span(first_day)
    if first_day >= until:
        return Rest(0, month.days, 0)
    is_broken = first_day > month.start
    begin = month.end if is_broken else month.start
    months = (until.year - begin.year) * 12 + until.month - begin.month
    return Rest((month.end - first_day).days if is_broken else 0, month.days, months)


def explain_seat_change(
    terms: Terms,
    before: int,
    after: int,
    *,
    days: int,
    of_days: int,
    whole_months: int = 0,
    of_months: int | None = None,
) -> Explanation:
    """Returns the one line of a change from ``before`` to ``after`` seats for what is left of the period: a charge, or a credit below
    zero (B5, B6). A month is its share of the interval, or of ``of_months``: a twelfth of a yearly price, never rounded by
    itself."""
    parts = difference(parts_of(terms, after), parts_of(terms, before))
    explanation = describe_price(terms, after, parts)
    explanation |= {"quantity_before": before, "counted": chargeable(terms, after) - chargeable(terms, before)}
    return add_share(explanation, Share(days, of_days, whole_months, of_months or terms.interval_months or 1))
