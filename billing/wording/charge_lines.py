"""The text of a prepaid charge's line, the same in documents, on pages and in quotes."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import Member
from billing.models import Charge, InvoiceLine, Subscription, Tariff
from billing.pricing.explanations.evaluation import Explanation
from billing.pricing.terms import Metric
from billing.wording import formats, unit_names

Kind = Charge.Kind

# The kinds of charge that can be a subscription's first.
FIRST_CHARGE_KINDS = (Kind.START, Kind.PURCHASE, Kind.OPENING)


def with_unit(explanation: Explanation, subscription: Subscription | None) -> Explanation:
    """Adds the unit's names to an explanation that was stored before products named their units: its product's of today."""
    if explanation.get("metric") != Metric.QUANTITY or "unit" in explanation or subscription is None:
        return explanation
    return {**explanation, "unit": unit_names.counting_of_product(subscription.instance.product).unit.as_dict()}


def explanation_of(row: Charge | InvoiceLine) -> Explanation:
    """Returns the stored explanation of a charge or an invoice line, with the unit's names."""
    return with_unit(row.explanation, row.subscription if row.explanation.get("metric") == Metric.QUANTITY else None)


def describe(charge: Charge, locale: str, person: str = "") -> str:
    """Describes what ``charge`` is for, in ``locale``; ``person``: whose seat it is, empty where that is not known any more."""
    subscription = charge.subscription
    assert subscription is not None
    tariff = charge.period.tariff if charge.period is not None else subscription.priced_by
    return describe_line(charge.kind, charge.explanation, subscription, tariff, locale, person)


def describe_late(subscription: Subscription, tariff: Tariff, month: date, locale: str) -> str:
    """Describes the correction of a closed ``month`` that was reported late (D5), in ``locale``."""
    with override(locale):
        names = {
            "product": tariff.name_in(locale),
            "domain": subscription.instance.domain,
            "month": formats.period_text(month, locale),
        }
        return _("%(product)s, %(domain)s: correction for %(month)s, reported late") % names


def people_of(charges: Iterable[Charge]) -> dict[int, str]:
    """Returns the names of the members whose seats ``charges`` are about, by primary key, in one query."""
    ids = {row.explanation["member"] for row in charges if row.explanation.get("member")}
    members = Member.objects.filter(pk__in=ids).only("name", "email") if ids else []
    return {member.pk: str(member) for member in members}


def describe_line(
    kind: str, explanation: dict[str, Any], subscription: Subscription, tariff: Tariff, locale: str, person: str = ""
) -> str:
    """Describes a charge that is not posted yet, as a quote shows it (G10)."""
    with override(locale):
        stored_names = explanation.get("names")
        names = {
            "tariff": (stored_names["ru"] or stored_names["en"] if locale == "ru" else stored_names["en"])
            if stored_names
            else tariff.name_in(locale),
            "domain": subscription.instance.domain,
            "span": _span(explanation, locale),
            "units": _units(with_unit(explanation, subscription), locale),
            "member": person or (_("somebody who is gone") if explanation.get("member") else ""),
        }
        return _sentence(kind, names)


def _sentence(kind: str, names: dict[str, str]) -> str:
    if kind == Kind.PURCHASE:
        return _("%(tariff)s, %(domain)s: %(units)s, paid once") % names
    if kind == Kind.TERMS:
        return (
            _("%(domain)s: change to %(tariff)s, %(units)s, %(span)s") % names
            if names["units"]
            else (_("%(domain)s: change to %(tariff)s, %(span)s") % names)
        )
    if kind in (Kind.SEAT_ADDED, Kind.SEAT_REMOVED, Kind.SEAT_NOT_ADDED, Kind.SEAT_NOT_REMOVED):
        if not names["member"]:
            return _("%(tariff)s, %(domain)s: seats counted again, %(span)s") % names
        added = kind in (Kind.SEAT_ADDED, Kind.SEAT_NOT_REMOVED)
        return (
            _("%(tariff)s, %(domain)s: seat of %(member)s, %(span)s") % names
            if added
            else _("%(tariff)s, %(domain)s: seat of %(member)s removed, %(span)s") % names
        )
    return (
        _("%(tariff)s, %(domain)s: %(units)s, %(span)s") % names
        if names["units"]
        else _("%(tariff)s, %(domain)s: %(span)s") % names
    )


def _span(explanation: dict[str, Any], locale: str) -> str:
    if "from" not in explanation:
        return ""
    first, until = date.fromisoformat(explanation["from"]), date.fromisoformat(explanation["until"])
    if first >= until:
        return formats.date_text(first, locale)
    return formats.span_text(first, date.fromordinal(until.toordinal() - 1), locale)


def _units(explanation: dict[str, Any], locale: str) -> str:
    """Writes how many seats or units the line is for, in the active language; empty where it counts neither."""
    if explanation.get("metric") not in (Metric.PAID_MEMBERS, Metric.QUANTITY):
        return ""
    quantity = int(explanation.get("quantity", 0))
    return unit_names.counted_text(unit_names.counting_of(explanation), quantity, formats.count_text(quantity, locale))
