"""A tariff's price in words, for pages, mails and whoever reviews it; in the language that is active.

Sums are those that are paid at once: a year's price of a tariff that is paid by the year, its discount taken off. What a quantity
costs is computed by `pricing.quantity`; here nothing is added up.
"""

from fractions import Fraction
from typing import NamedTuple

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from billing.models import Tariff
from billing.pricing.discounts import intervals, payment_factor
from billing.pricing.explanations.formula import is_short, to_decimal
from billing.pricing.terms import Metric, PriceModel, QuotaMode, Renewal, Terms, Timing
from billing.pricing.tiers import price_of_one
from billing.wording import formats, unit_names
from billing.wording.price_steps import bands, more_prices, sum_text

__all__ = [
    "Headline",
    "details",
    "headline",
    "interval_text",
    "payment_text",
    "price_lines",
    "quota_text",
    "short_details",
    "trial_text",
]


class Headline(NamedTuple):
    """The one figure a tariff is known by, and what it is for: ``599.00 ₽``, ``per active person a month``."""

    figure: str
    per: str

    def __str__(self) -> str:
        return f"{self.figure} {self.per}"


def price_lines(tariff: Tariff, locale: str | None = None) -> list[str]:
    """Returns all that a customer has to know of the price, a sentence each, in ``locale``."""
    with translation.override(formats.language(locale)):
        terms = tariff.terms()
        return [_sentence(str(headline(terms))), *details(terms)]


def headline(terms: Terms) -> Headline:
    """Returns the figure on the plan's card: the flat fee, else the price of the first units that are paid for."""
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
    """Returns the sentences under the headline: quota, further prices, discount, trial, how it is paid."""
    trial = trial_text(terms) if with_trial else ""
    texts = [quota_text(terms), *more_prices(terms), *_discount(terms), trial, payment_text(terms)]
    return [_sentence(text) for text in texts if text]


def short_details(terms: Terms) -> list[str]:
    """Returns the sentences beside the headline where there is little room: quota, further prices, trial."""
    texts = [quota_text(terms), *more_prices(terms), trial_text(terms) if terms.price_model != PriceModel.TRIAL else ""]
    return [_sentence(text) for text in texts if text]


def interval_text(months: int | None) -> str:
    """Writes how often a price is paid: ``a month``, ``a year``, ``for 3 months``, ``once``."""
    if months is None:
        return pgettext("interval", "once")
    texts = {1: pgettext("interval", "a month"), 12: pgettext("interval", "a year")}
    return texts.get(months) or ngettext("for %(count)s month", "for %(count)s months", months) % {"count": months}


def quota_text(terms: Terms) -> str:
    """Writes the free quota and what it means once it is exceeded (M3); empty without one."""
    free = terms.included_quantity
    if not free or terms.price_model in {PriceModel.FLAT, PriceModel.TRIAL}:
        return ""
    figures = {"up_to": unit_names.up_to_text(terms, free, formats.count_text(free))}
    if terms.quota_mode == QuotaMode.ALL_ABOVE:
        return _("%(up_to)s: free of charge; above that all are counted") % figures
    if terms.flat_fee:
        return _("%(up_to)s: included") % figures
    return _("%(up_to)s: free of charge; only what is above is counted") % figures


def trial_text(terms: Terms) -> str:
    """Writes the trial's days and how many people may take part (B2, C1); empty without one."""
    if not terms.trial_days:
        return ""
    if terms.price_model == PriceModel.TRIAL:
        return _("then a plan has to be chosen; nothing is charged by itself")
    days = ngettext("%(count)s day", "%(count)s days", terms.trial_days)
    figures = {"days": days % {"count": formats.count_text(terms.trial_days)}}
    if not terms.trial_people:
        return _("trial: %(days)s") % figures
    figures["up_to"] = unit_names.up_to_text(
        unit_names.Counted(Metric.PEAK_ACTIVE), terms.trial_people, formats.count_text(terms.trial_people)
    )
    return _("trial: %(days)s, %(up_to)s") % figures


def payment_text(terms: Terms) -> str:
    """Writes when and how the price is paid; empty for a trial."""
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
    """Writes the discount for paying several months at once, and what a month comes to."""
    months = terms.interval_months or 1
    texts = []
    if terms.discount_percent and months > 1:
        figures = {"percent": formats.percent_text(terms.discount_percent), "count": months}
        text = ngettext(
            "%(percent)s off for paying %(count)s month at once",
            "%(percent)s off for paying %(count)s months at once",
            months,
        )
        texts.append(text % figures)
    if terms.flat_fee and intervals(terms) > 1 and is_short(Fraction(terms.flat_fee) * payment_factor(terms) / months):
        month = to_decimal(Fraction(terms.flat_fee) * payment_factor(terms) / months)
        texts.append(_("that is %(sum)s a month") % {"sum": formats.money_text(month, terms.currency)})
    return texts


def _per_unit(terms: Terms) -> str:
    unit = unit_names.per_text(terms)
    if terms.interval_months is None:
        return _("%(per_unit)s, once") % {"per_unit": unit}
    return f"{unit} {interval_text(terms.interval_months)}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}" + ("" if text.endswith((".", "!")) else ".")
