"""The form of a tariff's draft asks for the kind of price, then for the terms that apply to it; the preview is priced from it."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from moneyed import Money
from unfold import widgets

from accounts.models import User
from billing import clock
from billing.admin.acts.form_fields import OperationForm, choice_field
from billing.admin.tariffs.field_rules import MODELS, reset_unused_fields
from billing.admin.tariffs.fields import (
    CountField,
    FeaturesWidget,
    NumberField,
    ProductSelect,
    RowsField,
    SellerSelect,
    StepsWidget,
    check_count,
    check_price,
)
from billing.models import Seller, Tariff
from billing.operations.catalogue import tariffs
from billing.pricing.terms import STEPPED, Metric, PriceModel

MOST_ROWS = 60


def months_text(months: int) -> str:
    return ngettext("%(count)s month", "%(count)s months", months) % {"count": months}


def _months(value: str) -> int | None:
    return int(value) if value else None


def _month_choices() -> list[tuple[str, Any]]:
    return [(str(n), months_text(n)) for n in range(1, 13)]


class TariffForm(OperationForm):
    """The form saves a draft in the name of ``user``; ``left_out`` names the terms that its kind of price does not use."""

    user: User

    price_model = forms.ChoiceField(
        label=_("kind of price"), choices=[(one.value, one.title) for one in MODELS], widget=forms.RadioSelect
    )
    unit_price = NumberField(label=_("price of one"))
    steps = RowsField(label=_("steps"), widget=StepsWidget)
    flat_fee = NumberField(label=_("flat fee"), help_text=_("Charged whatever the quantity. Empty: none."))
    metric = choice_field(
        _("what counts"), [pair for pair in Tariff.MetricChoice.choices if pair[0] != Metric.NONE], required=False
    )
    included_quantity = CountField(label=_("free quota"), help_text=_("Up to so many nothing is charged. Empty: none."))
    quota_mode = forms.ChoiceField(
        label=_("above the quota"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            (Tariff.QuotaModeChoice.ALL_ABOVE, pgettext_lazy("quota", "all of them are charged, also those within it")),
            (Tariff.QuotaModeChoice.ONLY_ABOVE, pgettext_lazy("quota", "only those above it; the quota stays free")),
        ],
    )
    interval_months = forms.TypedChoiceField(
        label=_("paid for"),
        required=False,
        coerce=_months,
        empty_value=None,
        choices=lambda: [*_month_choices(), ("", _("once: a one-off payment"))],
        widget=widgets.UnfoldAdminSelectWidget(),
    )
    price_months = forms.TypedChoiceField(
        label=_("the prices above are for"),
        required=False,
        coerce=_months,
        empty_value=None,
        choices=_month_choices,
        widget=widgets.UnfoldAdminSelectWidget(),
    )
    discount_percent = NumberField(label=_("percent off for paying at once"), percent=True)
    timing = choice_field(_("postpaid or prepaid"), Tariff.TimingChoice.choices, required=False)
    payment_days = CountField(label=_("days to pay an invoice"), says_zero=True)
    trial_days = CountField(label=_("days of the trial"))
    trial_people = CountField(label=_("people in the trial at most"), help_text=_("Empty: as many as they like."))
    cycle = choice_field(_("periods begin"), Tariff.CycleChoice.choices, required=False)
    change_rule = choice_field(_("a change takes effect"), Tariff.ChangeRuleChoice.choices, required=False)
    renewal = choice_field(_("a new period is paid by"), Tariff.RenewalChoice.choices, required=False)
    features = RowsField(label=_("what is in it"), widget=FeaturesWidget)

    class Meta:
        model = Tariff
        fields = "__all__"
        help_texts: dict[str, Any] = {
            "tariff_id": _("The outside world knows it by this. Each product's base tariff is called “base”."),
            "plan": _("Tariffs of one plan stand in one column of the page of prices: monthly and yearly, say."),
            "position": _("Lower numbers come first on the page of prices."),
            "audience": _("One sentence: who this is made for."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left_out: list[str] = []
        self.currency = self._typed_currency() if self.is_bound else ""
        for name, widget in (("product", ProductSelect), ("seller", SellerSelect)):
            if name in self.fields:
                field: Any = self.fields[name]
                field.widget = widget(choices=field.choices)
        for name, text in self.Meta.help_texts.items():
            if name in self.fields:
                self.fields[name].help_text = text
        for field in self.fields.values():
            if isinstance(field, NumberField):
                field.currency = self.currency
            label = str(field.label or "")
            field.label = label[:1].upper() + label[1:]

    # --- Making sense of what was typed --------------------------------------------------------------------------------

    def clean_steps(self) -> list[dict[str, Any]]:
        """Reads the steps as a tariff stores them; a problem is shown in its cell."""
        model = self.cleaned_data.get("price_model")
        if model not in STEPPED:
            return []
        return self._rows("steps", lambda row: _read_step(row, model, self.currency))

    def _typed_currency(self) -> str:
        """Returns the currency of the chosen seller, in which the prices are written; empty while none is chosen."""
        typed = str(self.data.get(self.add_prefix("seller"), ""))
        seller = Seller.objects.filter(pk=typed).first() if typed.isascii() and typed.isdecimal() else None
        if seller is None and self.instance.seller_id:
            seller = self.instance.seller
        return seller.currency if seller is not None else ""

    def clean_features(self) -> list[dict[str, Any]]:
        return self._rows("features", _read_feature)

    def _rows(self, name: str, read: "Callable[[Mapping[str, str]], dict[str, Any]]") -> list[dict[str, Any]]:
        typed = self.cleaned_data[name]
        if len(typed) > MOST_ROWS:
            raise forms.ValidationError(_("At most %(count)s rows.") % {"count": MOST_ROWS})
        rows, problems = [], {}
        for number, row in enumerate(typed):
            try:
                rows.append(read(row))
            except _WrongRow as wrong:
                problems[number] = wrong.problems
        widget: Any = self.fields[name].widget
        widget.problems = problems
        if problems:
            raise forms.ValidationError(_("Look at the marked rows."))
        return rows

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "interval_months" in self.errors:
            return data
        data["price_months"] = data.get("price_months") or 1
        data["quota_mode"] = data.get("quota_mode") or Tariff.QuotaModeChoice.ALL_ABOVE
        for name in ("cycle", "change_rule", "renewal", "timing"):
            data[name] = data.get(name) or getattr(Tariff(), name)
        self.left_out = reset_unused_fields(data)
        seller = data.get("seller") or (self.instance.seller if self.instance.seller_id else None)
        if seller is not None and "unit_price" in data:
            data["unit_price"] = Money(data["unit_price"], seller.currency)
        return data

    # --- Saving ----------------------------------------------------------------------------------------------------------

    def _get_validation_exclusions(self) -> set[str]:
        """Leaves the price to the operation, whose refusal says what to do where a constraint would name itself."""
        left_to_operation = {"unit_price", "flat_fee", "price_model", "trial_days", "tariff_id", "interval_months"}
        return {*super()._get_validation_exclusions(), *left_to_operation}  # type: ignore[misc]

    def add_error(self, field: str | None, error: Any) -> None:
        """Adds the error of a missing price to the field that holds it for this kind of price."""
        if field == "unit_price" and self.cleaned_data.get("price_model") in STEPPED:
            field = "steps"
        super().add_error(field, error)

    def operate(self, draft: Tariff, data: dict[str, Any]) -> Tariff:
        """Saves the draft."""
        return tariffs.save_draft(draft=draft, user=self.user, as_of=clock.now())


class PreviewForm(TariffForm):
    """The preview's form reads the draft while it is typed: names and ids may be missing, nothing is saved."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("product", "seller", "tariff_id", "name", "plan", "position"):
            if name in self.fields:
                self.fields[name].required = False

    def _post_clean(self) -> None:
        """Sets the typed values on the unsaved tariff without rehearsing an operation."""
        self.instance = forms.models.construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)


class _WrongRow(Exception):
    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems


def _read_step(row: Mapping[str, str], model: str, currency: str) -> dict[str, Any]:
    """Reads one row of the table of steps as a tariff stores it. Raises _WrongRow."""
    allowed = {PriceModel.GRADUATED: ("unit_price",), PriceModel.PACKAGE: ("total",)}.get(
        PriceModel(model), ("unit_price", "total")
    )
    problems: dict[str, str] = {}
    step: dict[str, Any] = {}
    try:
        step["from"] = check_count(row["from"], least=1)
    except forms.ValidationError as wrong:
        problems["from"] = wrong.messages[0]
    filled = [name for name in allowed if row[name]]
    for name in filled:
        try:
            step[name] = str(check_price(row[name], currency))
        except forms.ValidationError as wrong:
            problems[name] = wrong.messages[0]
    if len(filled) != 1:
        problems[allowed[0]] = str(
            _("A price of one or a total: one of the two.")
            if len(allowed) == 2
            else _("A graduated step needs the price of one.")
            if allowed == ("unit_price",)
            else _("A package needs its total.")
        )
    if problems:
        raise _WrongRow(problems)
    return step


def _read_feature(row: Mapping[str, str]) -> dict[str, str]:
    if max(map(len, row.values())) > 300:
        raise _WrongRow({"en": str(_("At most 300 characters."))})
    return {"en": row["en"], "ru": row["ru"]}


def read_terms(form: TariffForm) -> Tariff | None:
    """Reads the unsaved tariff from a filled form; None where its figures are incomplete or wrong."""
    form.full_clean()
    tariff: Tariff = form.instance
    if form.errors:
        return None
    if not isinstance(form.cleaned_data.get("unit_price"), Money):
        tariff.unit_price = Money(form.cleaned_data.get("unit_price") or Decimal(0), "RUB")
    return tariff
