"""Field rules of the tariff editor say which fields apply to which kind of price, for the form, the page and its script.

A field that does not apply is set to its neutral value, so that a tariff never carries terms that nobody can see.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.models import Tariff
from billing.pricing.terms import STEPPED, PriceModel

COUNTING = (PriceModel.PER_UNIT, *STEPPED)
PRICED = (*COUNTING, PriceModel.FLAT)
RECURRING, LONG, MONTHLY = "recurring", "long", "monthly"


@dataclass(frozen=True)
class FieldRule:
    """A rule says when a field applies: for these price models, this interval, this timing. Empty: for all.

    ``interval`` is `RECURRING` (not a one-off), `LONG` (of several months) or `MONTHLY` (of one).
    """

    models: tuple[str, ...] = ()
    interval: str = ""
    timing: str = ""
    neutral: Any = None

    def applies(self, model: str, months: int | None, timing: str) -> bool:
        return (
            (not self.models or model in self.models)
            and INTERVALS[self.interval](months)
            and (not self.timing or self.timing == timing)
        )


INTERVALS: Mapping[str, Callable[[int | None], bool]] = {
    "": lambda months: True,
    RECURRING: lambda months: months is not None,
    MONTHLY: lambda months: months == 1,
    LONG: lambda months: months is not None and months > 1,
}

# In this order: a field comes after those that its rule reads.
FIELD_RULES: dict[str, FieldRule] = {
    "interval_months": FieldRule(PRICED, neutral=1),
    "timing": FieldRule(PRICED, MONTHLY, neutral=Tariff.TimingChoice.PREPAID),
    "metric": FieldRule(COUNTING, neutral=Tariff.MetricChoice.NONE),
    "unit_price": FieldRule(("per_unit",), neutral=Decimal(0)),
    "steps": FieldRule(STEPPED, neutral=[]),
    "flat_fee": FieldRule(PRICED, neutral=Decimal(0)),
    "included_quantity": FieldRule(COUNTING, neutral=0),
    "quota_mode": FieldRule(COUNTING, neutral=Tariff.QuotaModeChoice.ALL_ABOVE),
    "price_months": FieldRule(PRICED, LONG, neutral=1),
    "discount_percent": FieldRule(PRICED, LONG, neutral=Decimal(0)),
    "trial_days": FieldRule((), RECURRING, "prepaid", neutral=0),
    "trial_people": FieldRule((), RECURRING, "prepaid", neutral=0),
    "cycle": FieldRule(PRICED, RECURRING, "prepaid", neutral=Tariff.CycleChoice.ANNIVERSARY),
    "change_rule": FieldRule(PRICED, RECURRING, "prepaid", neutral=Tariff.ChangeRuleChoice.CARRIED),
    "renewal": FieldRule(PRICED, RECURRING, "prepaid", neutral=Tariff.RenewalChoice.INVOICED),
}


def reset_unused_fields(data: dict[str, Any]) -> list[str]:
    """Sets the fields of ``data`` that do not apply to their neutral value; returns the names of those that held a term.

    ``data``: cleaned values by field.
    """
    model = str(data.get("price_model") or PriceModel.PER_UNIT)
    left_out = []
    for name, rule in FIELD_RULES.items():
        if name not in data or rule.applies(model, data.get("interval_months"), str(data.get("timing", ""))):
            continue
        if name in OPTIONAL_TERMS and data[name]:
            left_out.append(name)
        data[name] = rule.neutral
    if data.get("timing") == Tariff.TimingChoice.POSTPAID:  # a calendar month, with one price (M5)
        data.update(cycle=Tariff.CycleChoice.CALENDAR, change_rule=Tariff.ChangeRuleChoice.PERIOD_END)
    return left_out


# Fields that are empty where a tariff has no such term. The others always hold a choice, and resetting it is no loss.
OPTIONAL_TERMS = {
    "unit_price",
    "steps",
    "flat_fee",
    "included_quantity",
    "discount_percent",
    "trial_days",
    "trial_people",
}


@dataclass(frozen=True)
class ModelCard:
    """A card offers one price model in the editor."""

    value: str
    title: "str | Promise"
    text: "str | Promise"
    icon: str


MODELS = (
    ModelCard(
        "per_unit",
        pgettext_lazy("price model", "One price for each"),
        _("Every unit costs the same, however many there are."),
        "person",
    ),
    ModelCard(
        "volume",
        pgettext_lazy("price model", "Volume discount"),
        _("The step that the quantity reaches prices every unit; a step may name a total instead."),
        "stairs",
    ),
    ModelCard(
        "graduated",
        pgettext_lazy("price model", "Graduated"),
        _("Each step prices its own units alone; those below keep their price."),
        "stacked_line_chart",
    ),
    ModelCard(
        "package",
        pgettext_lazy("price model", "Packages"),
        _("Each step is one sum for all, up to the next step."),
        "package_2",
    ),
    ModelCard("flat", pgettext_lazy("price model", "Flat fee"), _("One sum, whatever the quantity."), "looks_one"),
    ModelCard(
        "trial",
        pgettext_lazy("price model", "Trial"),
        _("Days without a price; then a tariff is chosen."),
        "hourglass_top",
    ),
)
