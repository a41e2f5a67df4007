"""Form fields for what people type as sums and percentages, the same in portal and admin: `typed_sums` reads them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms

from billing.errors import BadAmount
from billing.pricing.money import LARGEST_MINOR
from billing.wording import typed_sums


class TypedNumberField(forms.CharField):
    """A text field is read by `typed_sums` in the language of the page; a refusal leaves what was typed as it is.

    Each kind says how it reads a text (raising BadAmount) and how it writes a value, so that it reads it back. ``empty`` is the
    value where nothing was typed and nothing is required.
    """

    read: Callable[[str], Any]
    write: Callable[[Any], str]
    empty: Any = None

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return self.empty
        try:
            return self.read(text)
        except BadAmount as refusal:
            raise forms.ValidationError(str(refusal)) from None

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else self.write(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "") != str(data or "")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "decimal", "autocomplete": "off"}


class SumField(TypedNumberField):
    """A field reads a sum in ``currency`` into minor units, at most ``most_minor``; below zero only where ``negative``."""

    def __init__(
        self, *, currency: str, most_minor: int = LARGEST_MINOR, negative: bool = False, **options: Any
    ) -> None:
        self.currency, self.most_minor, self.negative = currency, most_minor, negative
        super().__init__(**options)

    def read(self, text: str) -> int:
        return typed_sums.read_sum(text, currency=self.currency, most_minor=self.most_minor, negative=self.negative)

    def write(self, value: Any) -> str:
        return typed_sums.sum_in_field(value, self.currency)


class PercentField(TypedNumberField):
    """A field reads a percentage of at most two decimals; whether it is allowed is for the operation to say."""

    most = Decimal(100)

    def read(self, text: str) -> Decimal:
        return typed_sums.read_percent(text, decimals=2, most=self.most)

    def write(self, value: Any) -> str:
        return typed_sums.percent_in_field(Decimal(value))
