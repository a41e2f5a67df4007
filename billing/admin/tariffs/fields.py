"""The tariff editor's fields read prices as people write them, and tables of rows that work without a script."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from billing.errors import BadAmount
from billing.pricing.explanations.parts import plain_price
from billing.wording import formats
from billing.wording.sum_fields import TypedNumberField
from billing.wording.typed_sums import PRICE_DECIMALS, read_percent, read_price

LARGEST = Decimal(10) ** 10  # of the main unit: no price is above the largest payment in roubles
SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'")


def read_count(text: str) -> int | None:
    """Reads a typed whole number, with or without groups of digits; None where it is none."""
    typed = text.translate(SPACES)
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else None


def number_in_field(value: Any) -> str:
    """Formats a stored price for its field: 599,00 in Russian, 599.00 in English, without further zeros."""
    if value in (None, ""):
        return ""
    text = plain_price(Decimal(str(getattr(value, "amount", value))))
    return text.replace(".", ",") if formats.language() == "ru" else text


def bare_number(value: Any) -> str:
    """Formats a stored percentage for its field: 10, 12,5."""
    text = number_in_field(value)
    return re.sub(r"[.,]0+$", "", text) if text else text


WRONG_COUNT = _("Write a whole number.")


def check_price(text: str, currency: str) -> Decimal:
    """Reads a typed price in ``currency``. Raises ValidationError where it is none, finer than a price may be, or negative."""
    try:
        return read_price(text, currency=currency, most=LARGEST)
    except BadAmount as refusal:
        raise forms.ValidationError(str(refusal)) from None


def check_count(text: str, least: int = 0) -> int:
    """Reads a typed whole number. Raises ValidationError where it is none or below ``least``."""
    count = read_count(text)
    if count is None:
        raise forms.ValidationError(WRONG_COUNT)
    if count < least:
        raise forms.ValidationError(_("The least is %(least)s.") % {"least": least})
    return count


class NumberField(TypedNumberField):
    """A field reads a price or percentage with up to four decimals; empty is 0.

    ``currency`` of a price is set by the form, which knows the seller.
    """

    empty = Decimal(0)

    def __init__(self, *, percent: bool = False, **options: Any) -> None:
        self.percent, self.currency = percent, ""
        widget = widgets.UnfoldAdminTextInputWidget(attrs={"class": "ed-number"})
        super().__init__(required=False, widget=widget, **options)

    def read(self, text: str) -> Decimal:
        if not self.percent:
            return read_price(text, currency=self.currency, most=LARGEST)
        number = read_percent(text, decimals=PRICE_DECIMALS, most=LARGEST)
        if number >= 100:
            raise forms.ValidationError(_("Take less than 100 percent off."))
        return number

    def write(self, value: Any) -> str:
        text = bare_number(value) if self.percent else number_in_field(value)
        return "" if not Decimal(text.replace(",", ".")) else text


class CountField(forms.CharField):
    """A field reads a whole number, 0 where it is empty; ``says_zero`` where 0 is a value of its own."""

    def __init__(self, *, says_zero: bool = False, **options: Any) -> None:
        self.says_zero = says_zero
        attrs = {"inputmode": "numeric", "autocomplete": "off", "class": "ed-count"}
        super().__init__(required=False, widget=widgets.UnfoldAdminTextInputWidget(attrs=attrs), **options)

    def prepare_value(self, value: Any) -> Any:
        return value if value or self.says_zero else ""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return check_count(text) if text else 0

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(initial or 0) != str(data or 0)


Row = dict[str, str]


class RowsWidget(forms.Widget):
    """A table of rows, each posted as ``name-number-column``; empty rows at its end serve browsers without a script."""

    template = ""
    columns: tuple[str, ...] = ()
    spare = 3

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        self.problems: dict[int, dict[str, str]] = {}

    def id_for_label(self, id_: str, index: str = "0") -> str:
        return f"{id_}-0-{self.columns[0]}"

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(key.startswith(f"{name}-") for key in data)

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[Row]:
        """Returns the rows that hold text, as it was typed, in their order."""
        pattern = re.compile(rf"{re.escape(name)}-(\d{{1,4}})-({'|'.join(self.columns)})")
        rows: dict[int, Row] = {}
        for key in data:
            match = pattern.fullmatch(key)
            if match:
                rows.setdefault(int(match[1]), dict.fromkeys(self.columns, ""))[match[2]] = str(data[key]).strip()
        return [row for _number, row in sorted(rows.items()) if any(row.values())]

    def cells_of(self, row: Mapping[str, Any]) -> Row:
        """Returns a row's values as its cells show them."""
        return {column: str(row.get(column) or "") for column in self.columns}

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        rows: Iterable[Mapping[str, Any]] = value or []
        filled = [
            {"number": number, "cells": self.cells_of(row), "problems": self.problems.get(number, {})}
            for number, row in enumerate(rows)
        ]
        empty = dict.fromkeys(self.columns, "")
        spare = [{"number": len(filled) + more, "cells": empty, "problems": {}} for more in range(self.spare)]
        context = {"name": name, "id": (attrs or {}).get("id", f"id_{name}"), "rows": filled + spare}
        return render_to_string(self.template, context)


class StepsWidget(RowsWidget):
    template = "admin/tariffs/_steps.html"
    columns = ("from", "unit_price", "total")

    def cells_of(self, row: Mapping[str, Any]) -> Row:
        prices = {
            column: value if isinstance(value := row.get(column), str) and "typed" in row else number_in_field(value)
            for column in ("unit_price", "total")
        }
        return {"from": str(row.get("from") or ""), **prices}

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[Row]:
        return [{**row, "typed": "1"} for row in super().value_from_datadict(data, files, name)]


class FeaturesWidget(RowsWidget):
    template = "admin/tariffs/_features.html"
    columns = ("en", "ru")


class RowsField(forms.Field):
    """A field returns a table's rows as text; the form reads them, since that depends on its other fields."""

    def __init__(self, *, widget: type[RowsWidget], **options: Any) -> None:
        super().__init__(required=False, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        return value or []


class RowSelect(widgets.UnfoldAdminSelectWidget):  # type: ignore[misc]
    """A choice among rows; the page's script reads ``fact`` from the option: the currency of a seller."""

    fact = ""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        option = super().create_option(name, value, *args, **kwargs)
        row = getattr(value, "instance", None)
        if row is not None:
            option["attrs"][f"data-{self.fact}"] = str(getattr(row, self.fact))
        return option


class SellerSelect(RowSelect):
    fact = "currency"


class ProductSelect(RowSelect):
    fact = "kind"
