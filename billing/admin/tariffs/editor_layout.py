"""The tariff editor's layout: sections of fields, each with the rule that says when it applies."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.admin.tariffs.field_rules import FIELD_RULES, FieldRule
from billing.admin.tariffs.form import TariffForm
from billing.admin.tariffs.terms_table import label_of
from billing.models import Tariff
from billing.wording import formats

# Shapes of a field: the kinds of price as cards, a few choices in sentences, a table of rows.
SHAPES = {"price_model": "cards", "quota_mode": "radios", "steps": "rows", "features": "rows"}
WIDE = {"price_model", "quota_mode", "steps", "features", "audience", "audience_ru"}
MONEY = {"unit_price", "flat_fee"}


@dataclass(frozen=True)
class EditorField:
    """A field of the editor: ``bound`` is the form's field, or None where the value is ``fixed``."""

    name: str
    label: str
    bound: Any
    fixed: str
    rule: FieldRule

    @property
    def shape(self) -> str:
        return SHAPES.get(self.name, "plain")

    @property
    def is_wide(self) -> bool:
        return self.name in WIDE

    @property
    def is_money(self) -> bool:
        return self.name in MONEY


@dataclass(frozen=True)
class Section:
    name: str
    title: "str | Promise"
    lead: "str | Promise"
    fields: list[EditorField]


# Before the sample bills, and after them where the window is narrow.
FIGURES: tuple[tuple[str, Any, Any, tuple[str, ...]], ...] = (
    ("kind", _("What is sold, and how it is priced"), "", ("product", "seller", "price_model")),
    (
        "price",
        pgettext_lazy("section", "Price"),
        "",
        ("unit_price", "steps", "flat_fee", "metric", "included_quantity", "quota_mode"),
    ),
    (
        "period",
        _("Period and payment"),
        "",
        (
            "interval_months",
            "price_months",
            "discount_percent",
            "timing",
            "payment_days",
            "renewal",
            "cycle",
            "change_rule",
        ),
    ),
    (
        "trial",
        _("Trial"),
        _("Days before the first payment, without a card. Empty: no trial."),
        ("trial_days", "trial_people"),
    ),
)
NAMES: tuple[tuple[str, Any, Any, tuple[str, ...]], ...] = (
    ("names", _("What it is called"), "", ("tariff_id", "plan", "name", "name_ru")),
    ("shown", _("On the page of prices"), "", ("audience", "audience_ru", "features", "position")),
)


def sections(form: TariffForm, layout: tuple[tuple[str, Any, Any, tuple[str, ...]], ...]) -> list[Section]:
    """Groups the fields of ``form`` into sections; values that a new version takes over are shown as fixed."""
    return [
        Section(name, title, lead, [_field(form, field_name) for field_name in names])
        for name, title, lead, names in layout
    ]


def _field(form: TariffForm, name: str) -> EditorField:
    rule = FIELD_RULES.get(name, FieldRule())
    if name in form.fields:
        return EditorField(name, str(form[name].label), form[name], "", rule)
    value = getattr(form.instance, name)
    text = value.name_in(formats.language()) if name == "product" else str(value)
    return EditorField(name, label_of(name), None, text, rule)


def currency_of(form: TariffForm, tariff: Tariff | None) -> str:
    """Returns the sign beside the prices: of the seller's currency, empty until a seller is chosen."""
    if tariff is not None:
        return formats.SIGNS.get(tariff.currency, tariff.currency)
    seller_pk = form["seller"].value() if "seller" in form.fields else None
    field: Any = form.fields.get("seller")
    seller = (
        field.queryset.filter(pk=seller_pk).first() if field is not None and str(seller_pk or "").isdecimal() else None
    )
    return formats.SIGNS.get(seller.currency, seller.currency) if seller is not None else ""
