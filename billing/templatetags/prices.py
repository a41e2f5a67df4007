"""Template filters around `billing.tariff_words` and `billing.unit_words`: a tariff's price in the words of the page."""

from typing import Any

from django import template

from billing import tariff_words, unit_words, wording
from billing.models import Tariff
from billing.pricing.terms import Terms

register = template.Library()


@register.filter
def headline(terms: Terms) -> tariff_words.Headline:
    """``{{ terms|headline }}``: 599,00 ₽ за активного человека в месяц; ``.figure`` and ``.per`` apart."""
    return tariff_words.headline(terms)


@register.filter
def details(terms: Terms, is_paid: object = "") -> list[str]:
    """What stands under the headline, a sentence each; to those who pay already a trial is nothing."""
    return tariff_words.details(terms, with_trial=not is_paid)


@register.filter
def briefly(terms: Terms) -> str:
    """The quota and further prices in one line."""
    return " ".join(tariff_words.briefly(terms))


@register.filter
def step_rows(terms: Terms) -> list[tariff_words.StepRow]:
    """The rows of the table of steps; none where one price holds for all."""
    return tariff_words.step_rows(terms)


@register.filter
def working(explanation: dict[str, Any]) -> str:
    """How a sum came about; empty where there was nothing to work out, so that a sum does not stand there twice."""
    text = wording.formula_text(explanation)
    return text if text != wording.money_text(int(explanation["amount_minor"]), explanation["currency"]) else ""


@register.filter
def interval(months: int | None) -> str:
    """в месяц, в год, один раз."""
    return tariff_words.interval_text(months)


@register.filter
def units(number: int, metric: str) -> str:
    """``{{ 11|units:terms.metric }}``: 11 человек."""
    return unit_words.counted_text(metric, number, wording.count_text(number))


@register.filter
def units_name(metric: str) -> str:
    """Люди, места, терминалы."""
    return unit_words.name_of_many(metric)


@register.filter
def features(tariff: Tariff) -> list[str]:
    """What is in it, in the language of the page."""
    return tariff.features_in(wording.language())


@register.filter
def audience(tariff: Tariff) -> str:
    """For whom it is, in the language of the page."""
    return tariff.audience_in(wording.language())
