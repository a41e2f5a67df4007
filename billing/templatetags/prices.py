"""Template filters around `billing.wording.tariff_prices` and `billing.wording.unit_names`: a tariff's price in the words of the page."""

from typing import Any

from django import template

from accounts.models import Product
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
def units(number: int, counting: unit_names.Counting) -> str:
    """``{{ 11|units:terms }}``: 11 человек; of terms or a tariff."""
    return unit_names.counted_text(counting, number, formats.count_text(number))


@register.filter
def units_name(counting: unit_names.Counting) -> str:
    """Люди, Места, or what the product sells, over a column of numbers."""
    return unit_names.name_of_many(counting)


@register.filter
def how_many(product: Product) -> str:
    """What the number that is bought of a product is asked for with."""
    return unit_names.question_of(unit_names.sold_by(product))


@register.filter
def features(tariff: Tariff) -> list[str]:
    """What is in it, in the language of the page."""
    return tariff.features_in(formats.language())


@register.filter
def audience(tariff: Tariff) -> str:
    """For whom it is, in the language of the page."""
    return tariff.audience_in(formats.language())
