"""The meaning of a formula's figures, for whoever puts it into words: a kind and its numbers, in the order of the formula (G8).

Pricing knows no language. `notes` says *this price holds from 10 units on: 100.00 each*; the sentence is made elsewhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from billing.pricing.explanations.evaluation import (
    AMOUNT,
    Explanation,
    full_price,
    intervals_in,
    left_in,
    needed_price,
    parts_in,
    percent_in,
    share_in,
)
from billing.pricing.explanations.formula import to_decimal
from billing.pricing.explanations.parts import Kind, Part
from billing.pricing.money import from_minor, round_to_minor
from billing.pricing.terms import PriceModel, QuotaMode

Numbers = Mapping[str, int | Decimal]


class NoteKind(StrEnum):
    """The kinds of notes, each with the numbers it comes with: ``units``, ``quantity``, ``days`` and ``months`` are whole numbers,
    ``percent`` a percentage, all others are sums of money in main units."""

    FEE = "fee"  # amount: due whatever the quantity, beside what the units cost
    STEP = "step"  # from_units, unit_price: from 10 units on 100.00 each, for all of them
    STEP_TOTAL = "step_total"  # from_units, total: 30 units cost 2 500.00, so each its thirtieth
    STEP_OWN = "step_own"  # from_units, units, unit_price: only the units from 501 on
    CAP = "cap"  # total, from_units, uncapped: not more than 2 500.00, the price of 30
    PACKAGE = "package"  # from_units, total: from 30 units on 2 500.00 in all
    WITHIN_QUOTA = "within_quota"  # included_units, quantity: nothing is paid up to the quota
    ALL_ABOVE = "all_above"  # included_units, quantity: above the quota all count (M3)
    ONLY_ABOVE = "only_above"  # included_units, quantity: the units of the quota are free
    INTERVALS = "intervals"  # intervals: so many are paid at once
    DISCOUNT = "discount"  # percent
    DAYS = "days"  # days, of_days: so many days of a month or period
    MONTHS = "months"  # months, of_months: whole months of the interval
    MONTH = "month"  # of_months: the days are those of one month, a twelfth of a year
    SEATS = "seats"  # before_units, quantity: what was added or given back (B5, B6)
    LEFT = "left"  # value, used_days, daily, left: what the older payment still covers (E6)
    NEEDED = "needed"  # days, daily, needed, price, of_days: what the days left cost of a price for so many (E6)
    LOST = "lost"  # lost: what is given up (E7)
    BEFORE = "before"  # before: charged already


@dataclass(frozen=True, slots=True)
class Note:
    kind: NoteKind
    numbers: Numbers


def notes(explanation: Explanation) -> list[Note]:
    """Lists what is worth saying about the computation, in the order in which its figures stand. An amount that a person set has
    its reason instead, and no notes."""
    if explanation["model"] == AMOUNT:
        return []
    collected = [*_quota_notes(explanation)]
    for part in parts_in(explanation):
        collected += [note for note in _part_notes(part, explanation) if note not in collected]
    collected += _time_notes(explanation)
    collected += _change_notes(explanation)
    before = int(explanation["before_minor"])
    if before:
        collected.append(Note(NoteKind.BEFORE, {"before": from_minor(before, explanation["currency"])}))
    return collected


def _quota_notes(explanation: Explanation) -> Iterator[Note]:
    included, quantity = int(explanation["included"]), int(explanation["quantity"])
    if not included or "quantity_before" in explanation:
        return
    numbers = {"included_units": included, "quantity": quantity}
    if quantity <= included:
        yield Note(NoteKind.WITHIN_QUOTA, numbers)
    elif explanation.get("quota_mode", QuotaMode.ALL_ABOVE) == QuotaMode.ALL_ABOVE:
        yield Note(NoteKind.ALL_ABOVE, numbers)
    else:
        yield Note(NoteKind.ONLY_ABOVE, numbers)


def _part_notes(part: Part, explanation: Explanation) -> Iterator[Note]:
    if part.kind == Kind.FEE and explanation["model"] != PriceModel.FLAT:
        yield Note(NoteKind.FEE, {"amount": part.amount})
    elif part.kind == Kind.PACKAGE:
        yield Note(NoteKind.PACKAGE, {"from_units": part.start or 1, "total": part.amount})
    elif part.start is not None:
        yield _step_note(part, part.start, explanation["model"] == PriceModel.GRADUATED)
    if part.is_capped and part.cap is not None:
        numbers: Numbers = {
            "total": part.cap,
            "from_units": part.cap_from or 1,
            "uncapped": to_decimal(abs(part.uncapped)),
        }
        yield Note(NoteKind.CAP, numbers)


def _step_note(part: Part, start: int, is_graduated: bool) -> Note:
    if is_graduated:
        return Note(NoteKind.STEP_OWN, {"from_units": start, "units": part.units, "unit_price": part.amount})
    if part.of > 1:
        return Note(NoteKind.STEP_TOTAL, {"from_units": start, "total": part.amount})
    return Note(NoteKind.STEP, {"from_units": start, "unit_price": part.amount})


def _time_notes(explanation: Explanation) -> Iterator[Note]:
    times, percent, share = intervals_in(explanation), percent_in(explanation), share_in(explanation)
    if times > 1:
        yield Note(NoteKind.INTERVALS, {"intervals": int(times)})
    if percent:
        yield Note(NoteKind.DISCOUNT, {"percent": percent})
    if "quantity_before" in explanation:
        numbers = {"before_units": int(explanation["quantity_before"]), "quantity": int(explanation["quantity"])}
        yield Note(NoteKind.SEATS, numbers)
    if share is None or "left" in explanation:
        return
    if share.whole_months:
        yield Note(NoteKind.MONTHS, {"months": share.whole_months, "of_months": share.of_months})
    if share.days:
        yield Note(NoteKind.DAYS, {"days": share.days, "of_days": share.of_days})
    if share.days and share.of_months > 1:
        yield Note(NoteKind.MONTH, {"of_months": share.of_months})


def _change_notes(explanation: Explanation) -> Iterator[Note]:
    old, share = left_in(explanation), share_in(explanation)
    if old is None or share is None:
        return
    currency, due = explanation["currency"], needed_price(explanation)
    numbers: Numbers = {
        "value": to_decimal(old.value),
        "used_days": old.used,
        "daily": to_decimal(old.daily),
        "left": to_decimal(old.left),
    }
    yield Note(NoteKind.LEFT, numbers)
    price, of_days = full_price(explanation), share.of_days
    costs: Numbers = {"days": share.days, "daily": to_decimal(price / of_days), "needed": to_decimal(due)}
    yield Note(NoteKind.NEEDED, {**costs, "price": to_decimal(price), "of_days": of_days})
    if old.left > due:
        yield Note(NoteKind.LOST, {"lost": from_minor(round_to_minor(old.left - due, currency), currency)})
