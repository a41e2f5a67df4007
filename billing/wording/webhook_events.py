"""Events and their way to an endpoint in words, for admin and portal alike: what each type tells, how long a delivery took."""

import json
from collections.abc import Iterable, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from billing.models import Event
from billing.wording import formats

# The same sentences as `event_types.TYPES` tells the API's readers (a test holds them together): here they can be translated.
TOLD: dict[str, "str | Promise"] = {
    "subscription.created": gettext_lazy("An instance was put on a tariff, or began its trial."),
    "subscription.terms_changed": gettext_lazy("Another tariff or quantity is in force."),
    "subscription.renewed": gettext_lazy("The next period has been charged."),
    "subscription.cancel_scheduled": gettext_lazy("Nothing renews any more; everything works until `cancel_date`."),
    "subscription.terminated": gettext_lazy(
        "The subscription is over. Where `remove` is true the product takes the instance away."
    ),
    "subscription.resumed": gettext_lazy("A terminated subscription goes on."),
    "subscription.trial_ending": gettext_lazy("The trial ends in `days_left` days."),
    "subscription.trial_ended": gettext_lazy("The trial is over and nothing was chosen."),
    "instance.read_only": gettext_lazy("The instance may only be read; `reasons` says why."),
    "instance.restored": gettext_lazy("The instance may be written to again."),
    "instance.deleted": gettext_lazy("The instance was deleted."),
    "invoice.issued": gettext_lazy("An invoice was issued."),
    "invoice.paid": gettext_lazy("Nothing of the invoice is open any more."),
    "invoice.overdue": gettext_lazy("The due date has passed and a part is open."),
    "payment.received": gettext_lazy("Money was put on the account."),
    "payment.failed": gettext_lazy("A card or a transfer was refused; nothing was charged."),
    "payment.refunded": gettext_lazy("A payment was taken back: what it had paid is open again."),
    "balance.low": gettext_lazy(
        "The money on the account does not pay the renewal on `renews_on`; `missing` is to be added until then."
    ),
    "seats.peak_raised": gettext_lazy(
        "More members are active at once than before in this period, and the new ones were charged."
    ),
}
GROUPS: dict[str, "str | Promise"] = {
    "subscription": pgettext_lazy("events", "Subscriptions"),
    "instance": pgettext_lazy("events", "Access of instances"),
    "invoice": pgettext_lazy("events", "Invoices"),
    "payment": pgettext_lazy("events", "Payments"),
    "balance": pgettext_lazy("events", "Balance"),
    "seats": pgettext_lazy("events", "People"),
}


def told(type_: str, sentence: str = "") -> str:
    """What an event of ``type_`` tells, in the active language; of a type without words the English ``sentence``."""
    return str(TOLD.get(type_, sentence))


def group(type_: str) -> str:
    """The heading that ``type_`` stands under."""
    name = type_.partition(".")[0]
    return str(GROUPS.get(name, name))


def grouped(types: Iterable[str]) -> list[tuple[str, list[str]]]:
    """``types`` under their headings, in the order they come in."""
    found: dict[str, list[str]] = {}
    for type_ in types:
        found.setdefault(group(type_), []).append(type_)
    return list(found.items())


def types_text(types: Sequence[str]) -> str:
    """What an endpoint hears of, for a line: all events, or the types by name."""
    if not types:
        return _("all events")
    if len(types) <= 3:
        return ", ".join(types)
    return ngettext("%(count)s type of event", "%(count)s types of events", len(types)) % {"count": len(types)}


def lag_text(milliseconds: int | None) -> str:
    """How long something took, in one or two units: 400 ms, 2.5 s, 35 s, 5 min, 2 h 10 min, 3 d 4 h; a dash for nothing."""
    if milliseconds is None:
        return formats.NO_VALUE
    if milliseconds < 10_000:
        return _short(milliseconds)
    seconds = milliseconds // 1000
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return _("%(number)s s") % {"number": seconds}
    if minutes < 120:
        return _("%(number)s min") % {"number": minutes}
    if hours < 48:
        return _two(_("%(number)s h") % {"number": hours}, _("%(number)s min"), minutes % 60)
    return _two(_("%(number)s d") % {"number": days}, _("%(number)s h"), hours % 24)


def _short(milliseconds: int) -> str:
    """Under ten seconds: whole milliseconds, from one second on with a tenth."""
    if milliseconds < 1_000:
        return _("%(number)s ms") % {"number": milliseconds}
    point = "," if formats.language() == "ru" else "."
    return _("%(number)s s") % {"number": f"{milliseconds // 1000}{point}{milliseconds % 1000 // 100}"}


def _two(first: str, second: str, number: int) -> str:
    return f"{first} {second % {'number': number}}" if number else first


def rung_text(milliseconds: int) -> str:
    """A round lag in one unit, for the scale of a chart: 10 s, 1 min, 10 h, 1 d."""
    seconds = milliseconds // 1000
    for unit, text in ((86400, _("%(number)s d")), (3600, _("%(number)s h")), (60, _("%(number)s min"))):
        if seconds >= unit:
            return text % {"number": seconds // unit}
    return _("%(number)s s") % {"number": seconds}


def pretty(body: str) -> str:
    """A body as people read it: JSON in lines, anything else as it is."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body


def whose(event: Event) -> str:
    """Of which instance an event is, and which of its subscription's it is, so that two of one type can be told apart; empty
    for one that is about the whole account."""
    domain = event.instance.domain if event.instance is not None else ""
    number = pgettext("of an instance", "event %(number)s") % {"number": event.sequence} if event.sequence else ""
    return " · ".join(one for one in (domain, number) if one)
