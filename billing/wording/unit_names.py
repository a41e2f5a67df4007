"""What is counted, by its name: people, seats, or what the product calls its own, with the plural forms of either language.

People and seats are the same for every product; what is sold by quantity is named by the product (`Product.unit_forms`), and
is called a unit where it is not. `shown` is the number as the reader's language writes it; the words are those of the
language that is active.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from accounts.models import Product
from billing.pricing.terms import Metric
from billing.pricing.units import UNNAMED, UnitNames


class Counting(Protocol):
    """Whatever counts something: a tariff, its terms, or `Counted`."""

    @property
    def metric(self) -> str: ...

    @property
    def unit(self) -> UnitNames: ...


@dataclass(frozen=True)
class Counted:
    """A metric, with the product's names where it is a quantity."""

    metric: str
    unit: UnitNames = UNNAMED


def counted_in(explanation: Mapping[str, Any]) -> Counted:
    """What a stored explanation counts, by the names that it keeps; of one that says nothing, active members (M1)."""
    return Counted(str(explanation.get("metric", Metric.PEAK_ACTIVE)), UnitNames.from_dict(explanation.get("unit")))


def sold_by(product: Product) -> Counted:
    """What ``product`` sells by quantity."""
    return Counted(Metric.QUANTITY, UnitNames(*product.unit_forms))


def _named(counting: Counting) -> UnitNames | None:
    """The product's names, read only where a quantity is sold; None where there are none."""
    return (counting.unit or None) if counting.metric == Metric.QUANTITY else None


def _language() -> str:
    return "ru" if (get_language() or "").startswith("ru") else "en"


def counted_text(counting: Counting, number: int, shown: str) -> str:
    """``10 people``, ``1 seat``, ``30 licences``."""
    if names := _named(counting):
        return f"{shown} {names.after_number(number, _language())}"
    forms = {
        Metric.PEAK_ACTIVE: ngettext("%(count)s person", "%(count)s people", number),
        Metric.PAID_MEMBERS: ngettext("%(count)s seat", "%(count)s seats", number),
    }
    known = forms.get(Metric(counting.metric), ngettext("%(count)s unit", "%(count)s units", number))
    return known % {"count": shown}


def from_text(counting: Counting, number: int, shown: str) -> str:
    """Where a step begins: ``from 10 licences``."""
    if names := _named(counting):
        return _("from %(units)s") % {"units": f"{shown} {names.after_limit(number, _language())}"}
    forms = {
        Metric.PEAK_ACTIVE: ngettext("from %(count)s person", "from %(count)s people", number),
        Metric.PAID_MEMBERS: ngettext("from %(count)s seat", "from %(count)s seats", number),
    }
    known = forms.get(Metric(counting.metric), ngettext("from %(count)s unit", "from %(count)s units", number))
    return known % {"count": shown}


def up_to_text(counting: Counting, number: int, shown: str) -> str:
    """What a quota reaches to: ``up to 9 people``."""
    if names := _named(counting):
        return _("up to %(units)s") % {"units": f"{shown} {names.after_limit(number, _language())}"}
    forms = {
        Metric.PEAK_ACTIVE: ngettext("up to %(count)s person", "up to %(count)s people", number),
        Metric.PAID_MEMBERS: ngettext("up to %(count)s seat", "up to %(count)s seats", number),
    }
    known = forms.get(Metric(counting.metric), ngettext("up to %(count)s unit", "up to %(count)s units", number))
    return known % {"count": shown}


def above_text(counting: Counting, shown: str) -> str:
    """Whom a graduated step prices: ``for each seat above 100``."""
    if names := _named(counting):
        return _("for each %(unit)s above %(count)s") % {"unit": names.after_per(_language()), "count": shown}
    forms = {
        Metric.PEAK_ACTIVE: _("for each person above %(count)s"),
        Metric.PAID_MEMBERS: _("for each seat above %(count)s"),
    }
    return forms.get(Metric(counting.metric), _("for each unit above %(count)s")) % {"count": shown}


def per_text(counting: Counting) -> str:
    """What a price of one is for: ``per active person``, ``per licence``."""
    if names := _named(counting):
        return _("per %(unit)s") % {"unit": names.after_per(_language())}
    forms = {Metric.PEAK_ACTIVE: _("per active person"), Metric.PAID_MEMBERS: _("per seat")}
    return forms.get(Metric(counting.metric), pgettext("price", "per unit"))


def name_of_many(counting: Counting) -> str:
    """The heading over a number that is chosen: ``People``, ``Licences``."""
    if names := _named(counting):
        many = names.of_many(_language())
        return f"{many[0].upper()}{many[1:]}"
    forms = {Metric.PEAK_ACTIVE: pgettext("counted", "People"), Metric.PAID_MEMBERS: pgettext("counted", "Seats")}
    return forms.get(Metric(counting.metric), pgettext("counted", "Units"))


def question_of(counting: Counting) -> str:
    """What the number is asked for with."""
    if names := _named(counting):
        return _("How many %(units)s") % {"units": names.of_many(_language())}
    forms = {
        Metric.PEAK_ACTIVE: _("How many people are active at once"),
        Metric.PAID_MEMBERS: _("How many seats: active people in paid roles"),
    }
    return forms.get(Metric(counting.metric), _("How many units"))
