"""The prices of a tariff step by step: which quantities each is for, as rows of a table and as sentences.

Sums are those that are paid at once, as in `tariff_prices`.
"""

from fractions import Fraction
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from billing.pricing.discounts import payment_factor
from billing.pricing.explanations.formula import is_short, to_decimal
from billing.pricing.money import round_to_minor
from billing.pricing.terms import PriceModel, QuotaMode, Step, Terms
from billing.pricing.tiers import first_paid, price_of_one
from billing.wording import formats, unit_names


class StepRow(NamedTuple):
    """A row of the table of steps: ``10–29``, ``1 000.00 ₽ for 10``, what else there is to know."""

    units: str
    price: str
    note: str = ""


class Band(NamedTuple):
    """The quantities from ``first`` to ``last`` (None: no upper end) that one step prices; without a step they are free."""

    first: int
    last: int | None
    step: Step | None


def sum_text(amount: Fraction, terms: Terms) -> str:
    """Writes a price as it is paid at once, its discount taken off; ≈ marks one that four decimals cannot write exactly."""
    paid = amount * payment_factor(terms)
    if is_short(paid):
        return formats.money_text(to_decimal(paid), terms.currency)
    return f"≈{formats.NBSP}{formats.money_text(round_to_minor(paid, terms.currency), terms.currency)}"


def _total(step: Step) -> Fraction:
    return Fraction(step.total or 0)


def bands(terms: Terms) -> list[Band]:
    """Returns the quantity bands of the prices, from 1 on, the free quota first."""
    if terms.price_model in {PriceModel.FLAT, PriceModel.TRIAL}:
        return []
    steps = terms.steps if terms.price_model != PriceModel.PER_UNIT else (Step(1, terms.unit_price),)
    start = first_paid(terms)
    starts = [(max(step.from_quantity, start), step) for step in steps]
    priced_starts = [
        entry for entry, after in zip(starts, [*starts[1:], None], strict=True) if after is None or after[0] > entry[0]
    ]
    ends = [first - 1 for first, _step in priced_starts[1:]] + [None]
    quantity_bands = [Band(first, last, step) for (first, step), last in zip(priced_starts, ends, strict=True)]
    if quantity_bands and quantity_bands[0].first > 1:
        quantity_bands.insert(0, Band(1, quantity_bands[0].first - 1, None))
    return quantity_bands


def step_rows(terms: Terms) -> list[StepRow]:
    """Returns the rows of the table of steps; empty where one price holds for every quantity."""
    quantity_bands = bands(terms)
    if len(quantity_bands) < 2:
        return []
    return [_row(band, after, terms) for band, after in zip(quantity_bands, [*quantity_bands[1:], None], strict=True)]


def _row(band: Band, after: Band | None, terms: Terms) -> StepRow:
    units = _range_text(band)
    if band.step is None:
        return StepRow(units, pgettext("step", "included") if terms.flat_fee else pgettext("step", "free"))
    return StepRow(units, _price_of_step(band.step, terms), _note_of_step(band, after, terms))


def _range_text(band: Band) -> str:
    first = formats.count_text(band.first)
    if band.last is None:
        return _("%(count)s and more") % {"count": first}
    return first if band.last == band.first else f"{first}{formats.DASH}{formats.count_text(band.last)}"


def _price_of_step(step: Step, terms: Terms) -> str:
    if step.total is None:
        return _("%(price)s each") % {"price": sum_text(price_of_one(step), terms)}
    figures = {"sum": sum_text(_total(step), terms), "count": formats.count_text(step.from_quantity)}
    return (
        _("%(sum)s in all") % figures
        if terms.price_model == PriceModel.PACKAGE
        else _("%(sum)s for %(count)s") % figures
    )


def _note_of_step(band: Band, after: Band | None, terms: Terms) -> str:
    """Returns what the price of a step leaves open: the rate above a total, its cap, which units it counts."""
    step = band.step
    if step is None or terms.price_model == PriceModel.PACKAGE:
        return ""
    notes = []
    if terms.price_model == PriceModel.GRADUATED:
        notes.append(_("only those of this step"))
    elif terms.included_quantity:
        counts_all = terms.quota_mode == QuotaMode.ALL_ABOVE
        notes.append(_("all are counted") if counts_all else _("only what is above the quota is counted"))
    if step.total is not None:
        notes.append(_("each further one at the same rate: %(price)s") % {"price": sum_text(price_of_one(step), terms)})
    if _is_capped(band, after):
        figures = {
            "sum": sum_text(_total(_step(after)), terms),
            "count": formats.count_text(_step(after).from_quantity),
        }
        notes.append(_("never more than %(sum)s, the price of %(count)s") % figures)
    return "; ".join(notes)


def _step(band: Band | None) -> Step:
    assert band is not None and band.step is not None
    return band.step


def _is_capped(band: Band, after: Band | None) -> bool:
    """Tells whether a quantity of the band would cost more than the total of the next step."""
    if after is None or after.step is None or after.step.total is None or band.last is None or band.step is None:
        return False
    return price_of_one(band.step) * band.last > _total(after.step)


def more_prices(terms: Terms) -> list[str]:
    """Returns the prices that the headline leaves out, lowest step first."""
    paid = [band for band in bands(terms) if band.step is not None]
    texts = []
    for index, band in enumerate(paid):
        if index:
            texts.append(_step_text(band, terms))
        elif terms.flat_fee:
            texts.append(_("plus %(price)s") % {"price": _first_step_text(band, terms)})
    if terms.price_model == PriceModel.PACKAGE and paid and not terms.flat_fee:
        figures = {"units": _range_text(paid[0])}
        texts.insert(0, _("for %(units)s in all") % figures)
    return texts


def _first_step_text(band: Band, terms: Terms) -> str:
    """Writes the price of the first paid units where a flat fee is the headline."""
    if terms.price_model == PriceModel.PACKAGE:
        return _("%(sum)s in all") % {"sum": sum_text(_total(_step(band)), terms)}
    if terms.price_model == PriceModel.GRADUATED and band.first > 1:
        return _step_text(band, terms)
    return f"{sum_text(price_of_one(_step(band)), terms)} {unit_names.per_text(terms)}"


def _step_text(band: Band, terms: Terms) -> str:
    step, count = _step(band), formats.count_text(band.first)
    if terms.price_model == PriceModel.GRADUATED:
        above = unit_names.above_text(terms, formats.count_text(band.first - 1))
        return f"{sum_text(price_of_one(step), terms)} {above}"
    figures = {
        "from": unit_names.from_text(terms, band.first, count),
        "units": unit_names.counted_text(terms, step.from_quantity, formats.count_text(step.from_quantity)),
    }
    if step.total is None:
        return _("%(from)s: %(unit_price)s each") % {**figures, "unit_price": sum_text(price_of_one(step), terms)}
    figures["total"] = sum_text(_total(step), terms)
    is_package = terms.price_model == PriceModel.PACKAGE
    return (_("%(from)s: %(total)s in all") if is_package else _("%(units)s: %(total)s in all")) % figures
