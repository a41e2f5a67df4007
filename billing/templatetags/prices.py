"""Template filters around `billing.wording.tariff_prices` and `billing.wording.unit_names`: a tariff's price in words."""

from typing import Any

from django import template

from accounts.models import Product
from billing.models import Tariff
from billing.pricing.terms import Terms
from billing.wording import formats, price_steps, tariff_prices, unit_names

register = template.Library()


@register.filter
def headline(terms: Terms) -> tariff_prices.Headline:
    """Writes the price in one line, ``{{ terms|headline }}``: 599,00 ₽ за активного человека в месяц; ``.figure`` and ``.per`` apart."""
    return tariff_prices.headline(terms)


@register.filter
def details(terms: Terms, is_paid: object = "") -> list[str]:
    """Returns the sentences under the headline; without the trial for those who pay already."""
    return tariff_prices.details(terms, with_trial=not is_paid)


@register.filter
def short_details(terms: Terms) -> str:
    """Writes the quota and further prices in one line."""
    return " ".join(tariff_prices.short_details(terms))


@register.filter
def step_rows(terms: Terms) -> list[price_steps.StepRow]:
    """Returns the rows of the table of steps; none where one price holds for every quantity."""
    return price_steps.step_rows(terms)


@register.filter
def working_formula(explanation: dict[str, Any]) -> str:
    """Writes how a sum was computed; empty where the formula is only the sum, which the page shows anyway."""
    text = formats.formula_text(explanation)
    return text if text != formats.money_text(int(explanation["amount_minor"]), explanation["currency"]) else ""


@register.filter
def interval(months: int | None) -> str:
    """Writes an interval: в месяц, в год, один раз."""
    return tariff_prices.interval_text(months)


@register.filter
def units(number: int, counting: unit_names.Counting) -> str:
    """Writes a number of units, ``{{ 11|units:terms }}``: 11 человек; of terms or a tariff."""
    return unit_names.counted_text(counting, number, formats.count_text(number))


@register.filter
def units_name(counting: unit_names.Counting) -> str:
    """Returns the heading over a column of numbers: Люди, Места, or the product's unit."""
    return unit_names.name_of_many(counting)


@register.filter
def how_many(product: Product) -> str:
    """Returns the label of the field that asks how many units of a product are bought."""
    return unit_names.question_of(unit_names.counting_of_product(product))


@register.filter
def features(tariff: Tariff) -> list[str]:
    """Returns the tariff's features in the language of the page."""
    return tariff.features_in(formats.language())


@register.filter
def audience(tariff: Tariff) -> str:
    """Returns for whom the tariff is, in the language of the page."""
    return tariff.audience_in(formats.language())
