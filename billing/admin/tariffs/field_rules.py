"""Which fields make sense for which kind of price: said once, for the form that cleans, the page that hides and the script.

A field that makes no sense is set to its resting value, so that a tariff never carries terms nobody can see.
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
class Sense:
    """When a field makes sense: for these price models, these intervals, this timing. Empty: whatever they are.

    ``interval`` is `RECURRING` (not a one-off), `LONG` (of several months) or `MONTHLY` (of one).
    """

    models: tuple[str, ...] = ()
    interval: str = ""
    timing: str = ""
    rest: Any = None

    def holds(self, model: str, months: int | None, timing: str) -> bool:
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

# In this order: what a later one depends on is settled before it.
SENSE: dict[str, Sense] = {
    "interval_months": Sense(PRICED, rest=1),
    "timing": Sense(PRICED, MONTHLY, rest=Tariff.TimingChoice.PREPAID),
    "metric": Sense(COUNTING, rest=Tariff.MetricChoice.NONE),
    "unit_price": Sense(("per_unit",), rest=Decimal(0)),
    "steps": Sense(STEPPED, rest=[]),
    "flat_fee": Sense(PRICED, rest=Decimal(0)),
    "included_quantity": Sense(COUNTING, rest=0),
    "quota_mode": Sense(COUNTING, rest=Tariff.QuotaModeChoice.ALL_ABOVE),
    "price_months": Sense(PRICED, LONG, rest=1),
    "discount_percent": Sense(PRICED, LONG, rest=Decimal(0)),
    "trial_days": Sense((), RECURRING, "prepaid", rest=0),
    "trial_people": Sense((), RECURRING, "prepaid", rest=0),
    "cycle": Sense(PRICED, RECURRING, "prepaid", rest=Tariff.CycleChoice.ANNIVERSARY),
    "change_rule": Sense(PRICED, RECURRING, "prepaid", rest=Tariff.ChangeRuleChoice.CARRIED),
    "renewal": Sense(PRICED, RECURRING, "prepaid", rest=Tariff.RenewalChoice.INVOICED),
}


def settle(data: dict[str, Any]) -> list[str]:
    """Sets what makes no sense in ``data`` (cleaned values by field) to rest; the names of those that said something else."""
    model = str(data.get("price_model") or PriceModel.PER_UNIT)
    left_out = []
    for name, sense in SENSE.items():
        if name not in data or sense.holds(model, data.get("interval_months"), str(data.get("timing", ""))):
            continue
        if name in SAYS_SOMETHING and data[name]:
            left_out.append(name)
        data[name] = sense.rest
    if data.get("timing") == Tariff.TimingChoice.POSTPAID:  # a calendar month, with one price (M5)
        data.update(cycle=Tariff.CycleChoice.CALENDAR, change_rule=Tariff.ChangeRuleChoice.PERIOD_END)
    return left_out


# Fields that stand empty where nothing is said. The others always hold a choice, and leaving it out is no loss.
SAYS_SOMETHING = {
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
    """A kind of price as the editor offers it."""

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
