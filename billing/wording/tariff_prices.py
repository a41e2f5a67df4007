"""A tariff's price in words, for pages, mails and whoever reviews it; in the language that is active.

Sums are those that are paid at once: a year's price of a tariff that is paid by the year, its discount taken off. What more
of them comes to is `pricing.quantity`'s to say; here nothing is added up.
"""

from fractions import Fraction
from typing import NamedTuple

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from billing.models import Tariff
from billing.pricing.discounts import at_once, intervals
from billing.pricing.explanations.formula import decimal, is_short
from billing.pricing.terms import Metric, PriceModel, QuotaMode, Renewal, Terms, Timing
from billing.pricing.tiers import price_of_one
from billing.wording import formats, unit_names
from billing.wording.price_steps import bands, more_prices, sum_text

__all__ = [
    "Headline",
    "briefly",
    "details",
    "headline",
    "interval_text",
    "payment_text",
    "price_lines",
    "quota_text",
    "trial_text",
]


class Headline(NamedTuple):
    """The one figure a tariff is known by, and what it is for: ``599.00 ₽``, ``per active person a month``."""

    figure: str
    per: str

    def __str__(self) -> str:
        return f"{self.figure} {self.per}"


def price_lines(tariff: Tariff, locale: str | None = None) -> list[str]:
    """All that a customer has to know of the price, a sentence each, in ``locale``."""
    with translation.override(formats.language(locale)):
        terms = tariff.terms()
        return [_sentence(str(headline(terms))), *details(terms)]


def headline(terms: Terms) -> Headline:
    """The figure on the plan's card: the flat fee, else the price of the first units that are paid for."""
    if terms.price_model == PriceModel.TRIAL:
        days = ngettext("%(count)s day", "%(count)s days", terms.trial_days)
        return Headline(days % {"count": formats.count_text(terms.trial_days)}, pgettext("trial", "free of charge"))
    paid = [band for band in bands(terms) if band.step is not None]
    if terms.flat_fee or not paid or paid[0].step is None:
        return Headline(sum_text(Fraction(terms.flat_fee), terms), interval_text(terms.interval_months))
    if terms.price_model == PriceModel.PACKAGE:
        return Headline(sum_text(Fraction(paid[0].step.total or 0), terms), interval_text(terms.interval_months))
    return Headline(sum_text(price_of_one(paid[0].step), terms), _per_unit(terms))


def details(terms: Terms, *, with_trial: bool = True) -> list[str]:
    """What stands under the headline: dearer and cheaper steps, the quota, the discount, the trial, how it is paid."""
    trial = trial_text(terms) if with_trial else ""
    said = [quota_text(terms), *more_prices(terms), *_discount(terms), trial, payment_text(terms)]
    return [_sentence(text) for text in said if text]


def briefly(terms: Terms) -> list[str]:
    """What has to stand beside the headline even where there is little room: quota, further prices, trial."""
    said = [quota_text(terms), *more_prices(terms), trial_text(terms) if terms.price_model != PriceModel.TRIAL else ""]
    return [_sentence(text) for text in said if text]


def interval_text(months: int | None) -> str:
    """How often a price is paid: ``a month``, ``a year``, ``for 3 months``, ``once``."""
    if months is None:
        return pgettext("interval", "once")
    known = {1: pgettext("interval", "a month"), 12: pgettext("interval", "a year")}
    return known.get(months) or ngettext("for %(count)s month", "for %(count)s months", months) % {"count": months}


def quota_text(terms: Terms) -> str:
    """The free quota and what it means once it is exceeded (M3); empty without one."""
    free = terms.included_quantity
    if not free or terms.price_model in {PriceModel.FLAT, PriceModel.TRIAL}:
        return ""
    shown = {"up_to": unit_names.up_to_text(terms, free, formats.count_text(free))}
    if terms.quota_mode == QuotaMode.ALL_ABOVE:
        return _("%(up_to)s: free of charge; above that all are counted") % shown
    if terms.flat_fee:
        return _("%(up_to)s: included") % shown
    return _("%(up_to)s: free of charge; only what is above is counted") % shown


def trial_text(terms: Terms) -> str:
    """The trial: its days and how many may take part (B2, C1); empty without one."""
    if not terms.trial_days:
        return ""
    if terms.price_model == PriceModel.TRIAL:
        return _("then a plan has to be chosen; nothing is charged by itself")
    days = ngettext("%(count)s day", "%(count)s days", terms.trial_days)
    shown = {"days": days % {"count": formats.count_text(terms.trial_days)}}
    if not terms.trial_people:
        return _("trial: %(days)s") % shown
    shown["up_to"] = unit_names.up_to_text(
        unit_names.Counted(Metric.PEAK_ACTIVE), terms.trial_people, formats.count_text(terms.trial_people)
    )
    return _("trial: %(days)s, %(up_to)s") % shown


def payment_text(terms: Terms) -> str:
    """When and how the money is due; empty for a trial."""
    if terms.price_model == PriceModel.TRIAL:
        return ""
    if terms.is_one_off:
        return _("paid once; more later costs the difference") if terms.metric == Metric.QUANTITY else _("paid once")
    if terms.renewal == Renewal.COLLECTED:
        return _("paid in advance: taken from the balance, then from the saved card")
    if terms.timing == Timing.POSTPAID:
        text = ngettext(
            "paid afterwards: an invoice on the 1st for the month before, %(count)s day to pay it",
            "paid afterwards: an invoice on the 1st for the month before, %(count)s days to pay it",
            terms.payment_days,
        )
    else:
        text = ngettext(
            "paid in advance: %(count)s day to pay the invoice",
            "paid in advance: %(count)s days to pay the invoice",
            terms.payment_days,
        )
    return text % {"count": formats.count_text(terms.payment_days)}


def _discount(terms: Terms) -> list[str]:
    """What paying several months at once takes off, and what a month comes to."""
    months = terms.interval_months or 1
    said = []
    if terms.discount_percent and months > 1:
        shown = {"percent": formats.percent_text(terms.discount_percent), "count": months}
        text = ngettext(
            "%(percent)s off for paying %(count)s month at once",
            "%(percent)s off for paying %(count)s months at once",
            months,
        )
        said.append(text % shown)
    if terms.flat_fee and intervals(terms) > 1 and is_short(Fraction(terms.flat_fee) * at_once(terms) / months):
        month = decimal(Fraction(terms.flat_fee) * at_once(terms) / months)
        said.append(_("that is %(sum)s a month") % {"sum": formats.money_text(month, terms.currency)})
    return said


def _per_unit(terms: Terms) -> str:
    unit = unit_names.per_text(terms)
    if terms.interval_months is None:
        return _("%(per_unit)s, once") % {"per_unit": unit}
    return f"{unit} {interval_text(terms.interval_months)}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}" + ("" if text.endswith((".", "!")) else ".")
