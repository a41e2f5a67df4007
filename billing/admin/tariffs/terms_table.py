"""The terms of a tariff in words, a row for each: for the read-only page and for the differences of two versions."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from moneyed import Money

from billing.admin.tariffs.field_rules import FIELD_RULES
from billing.admin.tariffs.form import TariffForm, months_text
from billing.models import Tariff
from billing.pricing.terms import Step, steps_from
from billing.pricing.tiers import NoPrice
from billing.wording import formats
from billing.wording.tariff_prices import headline
from billing.wording.unit_names import from_text

NUMBERS = ("unit_price", "flat_fee", "discount_percent")
# What a page shows of a tariff, in the order in which people ask: what it costs and when, then whom it is for.
TERMS = (
    "price_model",
    "unit_price",
    "steps",
    "flat_fee",
    "metric",
    "included_quantity",
    "quota_mode",
    "interval_months",
    "price_months",
    "discount_percent",
    "timing",
    "payment_days",
    "trial_days",
    "trial_people",
    "cycle",
    "change_rule",
    "renewal",
    "plan",
)
AUDIENCE = ("audience", "audience_ru", "features")


@dataclass(frozen=True)
class TermRow:
    """A row names a term and holds its value as one or several lines."""

    label: str
    lines: list[str]


def _step_text(step: Step, tariff: Tariff) -> str:
    currency = tariff.currency
    start = from_text(tariff, step.from_quantity, formats.count_text(step.from_quantity))
    if step.total is not None:
        return _("%(from)s: %(total)s in all") % {"from": start, "total": formats.money_text(step.total, currency)}
    price = formats.money_text(step.unit_price or Decimal(0), currency)
    return _("%(from)s: %(unit_price)s each") % {"from": start, "unit_price": price}


def _choice(name: str, value: Any) -> "str | Promise":
    """Returns the choice's name in the editor, else in the model."""
    form_choices: Any = getattr(TariffForm.base_fields.get(name), "choices", ())
    field: Any = Tariff._meta.get_field(name)
    names: dict[Any, str | Promise] = {**dict(field.flatchoices), **dict(form_choices)}
    return names.get(value, str(value))


def value_lines(name: str, value: Any, tariff: Tariff) -> list[str]:
    """Formats a term's ``value``, from the row or from a snapshot, in words; a dash where it is empty."""
    if name == "steps":
        return [_step_text(step, tariff) for step in steps_from(value)] or [formats.NO_VALUE]
    if name == "features":
        language = formats.language()
        other_language = "en" if language == "ru" else "ru"
        return [row.get(language) or row.get(other_language) or "" for row in value] or [formats.NO_VALUE]
    return [_value_text(name, value, tariff.currency)]


def _value_text(name: str, value: Any, currency: str) -> str:
    if name == "interval_months" and value is None:
        return _("paid once")
    if value in (None, "", 0) or (name in NUMBERS and not _number(value)):
        return formats.NO_VALUE
    write = WRITERS.get(name)
    if write is not None:
        return write(value, currency)
    if getattr(Tariff._meta.get_field(name), "choices", None):
        return str(_choice(name, value))
    return formats.count_text(value) if isinstance(value, int) else str(value)


def _days_text(value: Any, _currency: str) -> str:
    return ngettext("%(count)s day", "%(count)s days", int(value)) % {"count": value}


WRITERS: dict[str, Callable[[Any, str], str]] = {
    "unit_price": lambda value, currency: formats.money_text(_number(value), currency),
    "flat_fee": lambda value, currency: formats.money_text(_number(value), currency),
    "discount_percent": lambda value, _currency: formats.percent_text(_number(value)),
    "interval_months": lambda value, _currency: months_text(int(value)),
    "price_months": lambda value, _currency: months_text(int(value)),
    "payment_days": _days_text,
    "trial_days": _days_text,
}


def _number(value: Any) -> Decimal:
    return value.amount if isinstance(value, Money) else Decimal(value)


def label_of(name: str) -> str:
    """Returns a term's name in the editor."""
    offered, field = TariffForm.base_fields.get(name), Tariff._meta.get_field(name)
    label = offered.label if offered is not None else getattr(field, "verbose_name", name)
    return capfirst(str(label))


def term_rows(tariff: Tariff) -> list[TermRow]:
    """Returns the terms that apply to ``tariff`` in words, without empty ones."""
    rows = []
    for name in (*TERMS, *AUDIENCE):
        rule = FIELD_RULES.get(name)
        if rule is not None and not rule.applies(tariff.price_model, tariff.interval_months, tariff.timing):
            continue
        lines = value_lines(name, getattr(tariff, name), tariff)
        if lines != [formats.NO_VALUE] and not (name == "quota_mode" and not tariff.included_quantity):
            rows.append(TermRow(label_of(name), lines))
    return rows


def price_of(tariff: Tariff) -> str:
    """Returns the tariff's headline price for a column; a dash where its terms hold none yet."""
    try:
        return str(headline(tariff.terms()))
    except NoPrice:
        return formats.NO_VALUE
