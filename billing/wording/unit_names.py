"""The names of what a tariff counts: people, seats, or the product's unit, in the plural forms of either language.

People and seats are the same for every product; what is sold by quantity is named by the product (`Product.unit_forms`), else
it is called a unit. `number_text` is the number as the reader's language writes it; the words are in the active language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from billing.pricing.terms import Metric
from billing.pricing.units import UNNAMED, UnitNames

if TYPE_CHECKING:
    from accounts.models import Product  # documents are worded in processes without Django's models


class Counting(Protocol):
    """Anything with a metric and a unit: a tariff, its terms, or `Counted`."""

    @property
    def metric(self) -> str: ...

    @property
    def unit(self) -> UnitNames: ...


@dataclass(frozen=True)
class Counted:
    """A metric, with the product's names where it is a quantity."""

    metric: str
    unit: UnitNames = UNNAMED


def counting_of(explanation: Mapping[str, Any]) -> Counted:
    """Returns what a stored explanation counts, with the names stored in it; active members where it does not say (M1)."""
    return Counted(str(explanation.get("metric", Metric.PEAK_ACTIVE)), UnitNames.from_dict(explanation.get("unit")))


def counting_of_product(product: "Product") -> Counted:
    """Returns the unit that ``product`` sells by quantity."""
    return Counted(Metric.QUANTITY, UnitNames(*product.unit_forms))


def _product_names(counting: Counting) -> UnitNames | None:
    """Returns the product's names of its unit where a quantity is sold; None where there are none."""
    return (counting.unit or None) if counting.metric == Metric.QUANTITY else None


def _language() -> str:
    return "ru" if (get_language() or "").startswith("ru") else "en"


def counted_text(counting: Counting, number: int, number_text: str) -> str:
    """Writes a number of units: ``10 people``, ``1 seat``, ``30 licences``."""
    if names := _product_names(counting):
        return f"{number_text} {names.after_number(number, _language())}"
    forms = {
        Metric.PEAK_ACTIVE: ngettext("%(count)s person", "%(count)s people", number),
        Metric.PAID_MEMBERS: ngettext("%(count)s seat", "%(count)s seats", number),
    }
    form = forms.get(Metric(counting.metric), ngettext("%(count)s unit", "%(count)s units", number))
    return form % {"count": number_text}


def from_text(counting: Counting, number: int, number_text: str) -> str:
    """Writes where a step begins: ``from 10 licences``."""
    if names := _product_names(counting):
        return _("from %(units)s") % {"units": f"{number_text} {names.after_limit(number, _language())}"}
    forms = {
        Metric.PEAK_ACTIVE: ngettext("from %(count)s person", "from %(count)s people", number),
        Metric.PAID_MEMBERS: ngettext("from %(count)s seat", "from %(count)s seats", number),
    }
    form = forms.get(Metric(counting.metric), ngettext("from %(count)s unit", "from %(count)s units", number))
    return form % {"count": number_text}


def up_to_text(counting: Counting, number: int, number_text: str) -> str:
    """Writes up to where a quota reaches: ``up to 9 people``."""
    if names := _product_names(counting):
        return _("up to %(units)s") % {"units": f"{number_text} {names.after_limit(number, _language())}"}
    forms = {
        Metric.PEAK_ACTIVE: ngettext("up to %(count)s person", "up to %(count)s people", number),
        Metric.PAID_MEMBERS: ngettext("up to %(count)s seat", "up to %(count)s seats", number),
    }
    form = forms.get(Metric(counting.metric), ngettext("up to %(count)s unit", "up to %(count)s units", number))
    return form % {"count": number_text}


def above_text(counting: Counting, number_text: str) -> str:
    """Writes which units a graduated step prices: ``for each seat above 100``."""
    if names := _product_names(counting):
        return _("for each %(unit)s above %(count)s") % {"unit": names.after_per(_language()), "count": number_text}
    forms = {
        Metric.PEAK_ACTIVE: _("for each person above %(count)s"),
        Metric.PAID_MEMBERS: _("for each seat above %(count)s"),
    }
    return forms.get(Metric(counting.metric), _("for each unit above %(count)s")) % {"count": number_text}


def per_text(counting: Counting) -> str:
    """Writes what a unit price is for: ``per active person``, ``per licence``."""
    if names := _product_names(counting):
        return _("per %(unit)s") % {"unit": names.after_per(_language())}
    forms = {Metric.PEAK_ACTIVE: _("per active person"), Metric.PAID_MEMBERS: _("per seat")}
    return forms.get(Metric(counting.metric), pgettext("price", "per unit"))


def name_of_many(counting: Counting) -> str:
    """Returns the heading over a number of units: ``People``, ``Licences``."""
    if names := _product_names(counting):
        many = names.of_many(_language())
        return f"{many[0].upper()}{many[1:]}"
    forms = {Metric.PEAK_ACTIVE: pgettext("counted", "People"), Metric.PAID_MEMBERS: pgettext("counted", "Seats")}
    return forms.get(Metric(counting.metric), pgettext("counted", "Units"))


def question_of(counting: Counting) -> str:
    """Returns the label of the field that asks for the number."""
    if names := _product_names(counting):
        return _("How many %(units)s") % {"units": names.of_many(_language())}
    forms = {
        Metric.PEAK_ACTIVE: _("How many people are active at once"),
        Metric.PAID_MEMBERS: _("How many seats: active people in paid roles"),
    }
    return forms.get(Metric(counting.metric), _("How many units"))
