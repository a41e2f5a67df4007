"""Template filters around `billing.wording.tariff_prices` and `billing.wording.unit_names`: a tariff's price in the words of the page."""

from typing import Any

from django import template

from billing.models import Tariff
from billing.pricing.terms import Terms
from billing.wording import formats, price_steps, tariff_prices, unit_names

register = template.Library()


@register.filter
def headline(terms: Terms) -> tariff_prices.Headline:
    """``{{ terms|headline }}``: 599,00 ₽ за активного человека в месяц; ``.figure`` and ``.per`` apart."""
    return tariff_prices.headline(terms)


@register.filter
def details(terms: Terms, is_paid: object = "") -> list[str]:
    """What stands under the headline, a sentence each; to those who pay already a trial is nothing."""
    return tariff_prices.details(terms, with_trial=not is_paid)


@register.filter
def briefly(terms: Terms) -> str:
    """The quota and further prices in one line."""
    return " ".join(tariff_prices.briefly(terms))


@register.filter
def step_rows(terms: Terms) -> list[price_steps.StepRow]:
    """The rows of the table of steps; none where one price holds for all."""
    return price_steps.step_rows(terms)


@register.filter
def working(explanation: dict[str, Any]) -> str:
    """How a sum came about; empty where there was nothing to work out, so that a sum does not stand there twice."""
    text = formats.formula_text(explanation)
    return text if text != formats.money_text(int(explanation["amount_minor"]), explanation["currency"]) else ""


@register.filter
def interval(months: int | None) -> str:
    """в месяц, в год, один раз."""
    return tariff_prices.interval_text(months)


@register.filter
def units(number: int, metric: str) -> str:
    """``{{ 11|units:terms.metric }}``: 11 человек."""
    return unit_names.counted_text(metric, number, formats.count_text(number))


@register.filter
def units_name(metric: str) -> str:
    """Люди, места, терминалы."""
    return unit_names.name_of_many(metric)


@register.filter
def features(tariff: Tariff) -> list[str]:
    """What is in it, in the language of the page."""
    return tariff.features_in(formats.language())


@register.filter
def audience(tariff: Tariff) -> str:
    """For whom it is, in the language of the page."""
    return tariff.audience_in(formats.language())
