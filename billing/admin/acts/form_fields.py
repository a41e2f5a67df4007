"""Form fields of acts, in the admin's look: they read what people type, operations decide whether it is allowed."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from accounts.errors import BadInput, Refusal
from billing.operations import rehearsal
from billing.pricing.money import LARGEST_MINOR
from billing.wording.refusals import explain_refusal
from billing.wording.sum_fields import PercentField, SumField


def text_field(label: Any, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=widgets.UnfoldAdminTextInputWidget(), **options)


def email_field(label: Any, **options: Any) -> forms.CharField:
    """Makes a text field for an email address: the operation refuses a wrong one, in the same words as everywhere."""
    return forms.CharField(label=label, widget=widgets.UnfoldAdminEmailInputWidget(), **options)


def reason_field(label: Any = None, **options: Any) -> forms.CharField:
    """Makes the field for the reason, which is stored with the act (D15)."""
    options.setdefault("help_text", _("Kept with the act and shown to whoever asks later."))
    return forms.CharField(
        label=label or _("reason"),
        max_length=500,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        **options,
    )


def choice_field(label: Any, choices: Any, **options: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=widgets.UnfoldAdminSelectWidget(), **options)


def model_field(label: Any, queryset: Any, **options: Any) -> "forms.ModelChoiceField[Any]":
    return forms.ModelChoiceField(label=label, queryset=queryset, widget=widgets.UnfoldAdminSelectWidget(), **options)


def instant_field(label: Any, *, help_text: Any = "", **options: Any) -> forms.SplitDateTimeField:
    """Makes a field for date and time in the billing time zone, which the help names: people sit in many zones."""
    clock = _("The clock is that of %(zone)s.") % {"zone": settings.BILLING_TIME_ZONE}
    return forms.SplitDateTimeField(
        label=label, help_text=f"{help_text} {clock}", widget=widgets.UnfoldAdminSplitDateTimeWidget(), **options
    )


def searched_field(label: Any, queryset: Any, relation: Any, **options: Any) -> "forms.ModelChoiceField[Any]":
    """Makes a field that picks a row by a part of its text, since there may be a hundred thousand.

    ``relation`` is a foreign key to its model, whose page in the admin declares the columns that are searched.
    """
    widget = AutocompleteSelect(relation, admin.site)
    return forms.ModelChoiceField(label=label, queryset=queryset, widget=widget, **options)


def amount_field(label: Any, *, currency: str, most_minor: int = LARGEST_MINOR, **options: Any) -> SumField:
    """Makes a field for a sum in minor units of at most ``most_minor``; ``negative=True`` where it may be below zero."""
    widget = widgets.UnfoldAdminTextInputWidget()
    return SumField(label=label, currency=currency, most_minor=most_minor, widget=widget, **options)


def percent_field(label: Any, **options: Any) -> PercentField:
    return PercentField(label=label, widget=widgets.UnfoldAdminTextInputWidget(), **options)


def add_refusal(form: forms.BaseForm, refusal: Refusal) -> None:
    """Adds a refusal to the form, beside the field that it names or else above the form; what was typed stays."""
    name = getattr(refusal, "field", "") if isinstance(refusal, BadInput) else ""
    name = name.removeprefix("requisites.")
    form.add_error(name if name in form.fields else None, explain_refusal(refusal))


class OperationForm(forms.ModelForm):  # type: ignore[type-arg]
    """A model's form is saved by an operation instead of the ORM.

    The operation is tried in a transaction that is rolled back, so that a refusal becomes an error of the form; saving
    calls it again for good. The page sets ``operate``, which takes the instance and does it.
    """

    operate: Callable[[Any, dict[str, Any]], Any]

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        before, adding = dict(self.instance.__dict__), self.instance._state.adding
        try:
            rehearsal.rehearse(lambda: self.operate(self.instance, self.cleaned_data))
        except Refusal as refusal:
            add_refusal(self, refusal)
        finally:
            self.instance.__dict__.clear()
            self.instance.__dict__.update(before)
            self.instance._state.adding = adding
