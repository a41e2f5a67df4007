"""Events and their way to an endpoint in words, for admin and portal alike: headings, how long a delivery took."""

import json
from collections.abc import Iterable, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from billing.models import Event
from billing.wording import formats

GROUPS: dict[str, "str | Promise"] = {
    "subscription": pgettext_lazy("events", "Subscriptions"),
    "instance": pgettext_lazy("events", "Access of instances"),
    "invoice": pgettext_lazy("events", "Invoices"),
    "payment": pgettext_lazy("events", "Payments"),
    "balance": pgettext_lazy("events", "Balance"),
    "seats": pgettext_lazy("events", "People"),
}


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
