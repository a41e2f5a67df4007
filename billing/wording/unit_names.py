"""What is counted, by its name: people, seats or terminals, with the plural forms of either language.

A name belongs to what a tariff counts, never to a product. `shown` is the number as the reader's language writes it; the
words are those of the language that is active. What nothing is counted for has no name, and is called a unit where asked.
"""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from billing.pricing.terms import Metric


def counted_text(metric: str, number: int, shown: str) -> str:
    """``10 people``, ``1 seat``, ``30 terminals``."""
    forms = {
        Metric.PEAK_ACTIVE: ngettext("%(count)s person", "%(count)s people", number),
        Metric.PAID_MEMBERS: ngettext("%(count)s seat", "%(count)s seats", number),
        Metric.QUANTITY: ngettext("%(count)s terminal", "%(count)s terminals", number),
    }
    return forms.get(Metric(metric), ngettext("%(count)s unit", "%(count)s units", number)) % {"count": shown}


def from_text(metric: str, number: int, shown: str) -> str:
    """Where a step begins: ``from 10 terminals``."""
    forms = {
        Metric.PEAK_ACTIVE: ngettext("from %(count)s person", "from %(count)s people", number),
        Metric.PAID_MEMBERS: ngettext("from %(count)s seat", "from %(count)s seats", number),
        Metric.QUANTITY: ngettext("from %(count)s terminal", "from %(count)s terminals", number),
    }
    return forms.get(Metric(metric), ngettext("from %(count)s unit", "from %(count)s units", number)) % {"count": shown}


def up_to_text(metric: str, number: int, shown: str) -> str:
    """What a quota reaches to: ``up to 9 people``."""
    forms = {
        Metric.PEAK_ACTIVE: ngettext("up to %(count)s person", "up to %(count)s people", number),
        Metric.PAID_MEMBERS: ngettext("up to %(count)s seat", "up to %(count)s seats", number),
        Metric.QUANTITY: ngettext("up to %(count)s terminal", "up to %(count)s terminals", number),
    }
    known = forms.get(Metric(metric), ngettext("up to %(count)s unit", "up to %(count)s units", number))
    return known % {"count": shown}


def above_text(metric: str, shown: str) -> str:
    """Whom a graduated step prices: ``for each seat above 100``."""
    forms = {
        Metric.PEAK_ACTIVE: _("for each person above %(count)s"),
        Metric.PAID_MEMBERS: _("for each seat above %(count)s"),
        Metric.QUANTITY: _("for each terminal above %(count)s"),
    }
    return forms.get(Metric(metric), _("for each unit above %(count)s")) % {"count": shown}


def per_text(metric: str) -> str:
    """What a price of one is for: ``per active person``, ``per seat``."""
    forms = {
        Metric.PEAK_ACTIVE: _("per active person"),
        Metric.PAID_MEMBERS: _("per seat"),
        Metric.QUANTITY: _("per terminal"),
    }
    return forms.get(Metric(metric), pgettext("price", "per unit"))


def name_of_many(metric: str) -> str:
    """The heading over a number that is chosen: ``People``, ``Seats``."""
    forms = {
        Metric.PEAK_ACTIVE: pgettext("counted", "People"),
        Metric.PAID_MEMBERS: pgettext("counted", "Seats"),
        Metric.QUANTITY: pgettext("counted", "Terminals"),
    }
    return forms.get(Metric(metric), pgettext("counted", "Units"))


def question_of(metric: str) -> str:
    """What the number is asked for with."""
    forms = {
        Metric.PEAK_ACTIVE: _("How many people are active at once"),
        Metric.PAID_MEMBERS: _("How many seats: active people in paid roles"),
        Metric.QUANTITY: _("How many terminals"),
    }
    return forms.get(Metric(metric), _("How many units"))
