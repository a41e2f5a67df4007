"""Texts about events and their deliveries, for admin and portal: headings, lags, an event's subject."""

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


def heading_of(type_: str) -> str:
    """Returns the heading of an event type."""
    name = type_.partition(".")[0]
    return str(GROUPS.get(name, name))


def group_types(types: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Groups event types under their headings, in the given order."""
    types_by_heading: dict[str, list[str]] = {}
    for type_ in types:
        types_by_heading.setdefault(heading_of(type_), []).append(type_)
    return list(types_by_heading.items())


def types_text(types: Sequence[str]) -> str:
    """Writes which events an endpoint receives, in a line: all events, the types by name, or their number."""
    if not types:
        return _("all events")
    if len(types) <= 3:
        return ", ".join(types)
    return ngettext("%(count)s type of event", "%(count)s types of events", len(types)) % {"count": len(types)}


def lag_text(milliseconds: int | None) -> str:
    """Writes a duration in one or two units: 400 ms, 2.5 s, 35 s, 5 min, 2 h 10 min, 3 d 4 h; a dash for nothing."""
    if milliseconds is None:
        return formats.NO_VALUE
    if milliseconds < 10_000:
        return _short_lag_text(milliseconds)
    seconds = milliseconds // 1000
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return _("%(number)s s") % {"number": seconds}
    if minutes < 120:
        return _("%(number)s min") % {"number": minutes}
    if hours < 48:
        return _two_units(_("%(number)s h") % {"number": hours}, _("%(number)s min"), minutes % 60)
    return _two_units(_("%(number)s d") % {"number": days}, _("%(number)s h"), hours % 24)


def _short_lag_text(milliseconds: int) -> str:
    """Writes a lag under ten seconds: in milliseconds, from one second on in tenths of a second."""
    if milliseconds < 1_000:
        return _("%(number)s ms") % {"number": milliseconds}
    point = "," if formats.language() == "ru" else "."
    return _("%(number)s s") % {"number": f"{milliseconds // 1000}{point}{milliseconds % 1000 // 100}"}


def _two_units(first: str, second: str, number: int) -> str:
    return f"{first} {second % {'number': number}}" if number else first


def rung_text(milliseconds: int) -> str:
    """Writes a round lag in one unit, for the scale of a chart: 10 s, 1 min, 10 h, 1 d."""
    seconds = milliseconds // 1000
    for unit, text in ((86400, _("%(number)s d")), (3600, _("%(number)s h")), (60, _("%(number)s min"))):
        if seconds >= unit:
            return text % {"number": seconds // unit}
    return _("%(number)s s") % {"number": seconds}


def indent_json(body: str) -> str:
    """Indents a body that is JSON; returns anything else as it is."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body


def subject_of(event: Event) -> str:
    """Writes the event's instance and its sequence number, which tells two of one type apart; empty for an event of the whole
    account."""
    domain = event.instance.domain if event.instance is not None else ""
    number = pgettext("of an instance", "event %(number)s") % {"number": event.sequence} if event.sequence else ""
    return " · ".join(part for part in (domain, number) if part)
