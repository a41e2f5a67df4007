"""Presets fill the form of a new tariff with a usual way of charging, with figures to be changed."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from moneyed import Money

from billing.models import Seller, Tariff
from billing.pricing.terms import ChangeRule, Cycle, Metric, PriceModel, QuotaMode, Renewal, Timing


@dataclass(frozen=True)
class Preset:
    """A preset holds the form's ``values`` by field, as a tariff stores them."""

    name: str
    title: "str | Promise"
    values: dict[str, Any]


PAID_AHEAD = {"timing": Timing.PREPAID, "cycle": Cycle.ANNIVERSARY, "change_rule": ChangeRule.CARRIED}

PRESETS = (
    Preset(
        "peak",
        _("Postpaid by the month's peak"),
        {
            "timing": Timing.POSTPAID,
            "metric": Metric.PEAK_ACTIVE,
            "price_model": PriceModel.PER_UNIT,
            "unit_price": Decimal("599"),
            "included_quantity": 9,
            "quota_mode": QuotaMode.ALL_ABOVE,
            "payment_days": 14,
        },
    ),
    Preset(
        "seats",
        _("Seats by the month"),
        {
            "timing": Timing.PREPAID,
            "metric": Metric.PAID_MEMBERS,
            "price_model": PriceModel.PER_UNIT,
            "unit_price": Decimal("7"),
            "trial_days": 7,
            "trial_people": 20,
            "cycle": Cycle.CALENDAR,
            "change_rule": ChangeRule.PERIOD_END,
        },
    ),
    Preset(
        "quantity",
        _("By quantity, with a volume discount"),
        {
            **PAID_AHEAD,
            "tariff_id": "base",
            "metric": Metric.QUANTITY,
            "price_model": PriceModel.VOLUME,
            "renewal": Renewal.COLLECTED,
            "steps": [{"from": 1, "unit_price": "100.00"}, {"from": 10, "unit_price": "90.00"}],
        },
    ),
    Preset(
        "flat",
        _("A plan with a flat fee"),
        {**PAID_AHEAD, "metric": Metric.NONE, "price_model": PriceModel.FLAT, "flat_fee": Decimal("4900")},
    ),
    Preset(
        "year",
        _("A year at once, 10 percent off"),
        {
            **PAID_AHEAD,
            "metric": Metric.NONE,
            "price_model": PriceModel.FLAT,
            "flat_fee": Decimal("4900"),
            "interval_months": 12,
            "discount_percent": Decimal(10),
        },
    ),
    Preset(
        "totals",
        _("One-off with totals"),
        {
            **PAID_AHEAD,
            "metric": Metric.QUANTITY,
            "price_model": PriceModel.VOLUME,
            "interval_months": None,
            "steps": [
                {"from": 1, "unit_price": "120.00"},
                {"from": 10, "total": "1000.00"},
                {"from": 30, "total": "2500.00"},
            ],
        },
    ),
    Preset(
        "trial", _("A trial"), {**PAID_AHEAD, "metric": Metric.NONE, "price_model": PriceModel.TRIAL, "trial_days": 30}
    ),
)


def find_preset(name: str | None) -> Preset | None:
    return next((candidate for candidate in PRESETS if candidate.name == name), None)


def tariff_of(preset: Preset, seller: Seller | None) -> Tariff:
    """Makes the unsaved tariff of a preset, in the currency of ``seller``."""
    values = dict(preset.values)
    currency = seller.currency if seller is not None else "RUB"
    return Tariff(**values | {"unit_price": Money(values.get("unit_price", Decimal(0)), currency)})


def initial_of(preset: Preset | None) -> dict[str, Any]:
    """Returns the form's initial values: the preset's, and the defaults of a new tariff for everything else."""
    usual = {field.name: field.get_default() for field in Tariff._meta.concrete_fields if field.has_default()}
    return {**usual, **(preset.values if preset is not None else {})}
