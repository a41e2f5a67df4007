"""What a charge of paid time is for, in the words of a document, a page or a preview."""

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

# What the first charge of a subscription may be.
BEGINNINGS = (Kind.START, Kind.PURCHASE, Kind.OPENING)


def with_unit(explanation: Explanation, subscription: Subscription | None) -> Explanation:
    """``explanation`` with the names of what it counts: one that was stored before products named what they sell by quantity
    takes its product's of today."""
    if explanation.get("metric") != Metric.QUANTITY or "unit" in explanation or subscription is None:
        return explanation
    return {**explanation, "unit": unit_names.sold_by(subscription.instance.product).unit.as_dict()}


def explanation_of(row: Charge | InvoiceLine) -> Explanation:
    """The stored explanation of a charge or a line, ready to be put into words."""
    return with_unit(row.explanation, row.subscription if row.explanation.get("metric") == Metric.QUANTITY else None)


def describe(charge: Charge, locale: str, person: str = "") -> str:
    """What ``charge`` is for, in the language of the document; ``person``: whose seat it is, where that is known still."""
    subscription = charge.subscription
    assert subscription is not None
    tariff = charge.period.tariff if charge.period is not None else subscription.priced_by
    return words(charge.kind, charge.explanation, subscription, tariff, locale, person)


def people_of(charges: Iterable[Charge]) -> dict[int, str]:
    """The names of those whose coming and going ``charges`` are about, by their primary keys: one read for all."""
    ids = {row.explanation["member"] for row in charges if row.explanation.get("member")}
    found = Member.objects.filter(pk__in=ids).only("name", "email") if ids else []
    return {member.pk: str(member) for member in found}


def words(
    kind: str, explanation: dict[str, Any], subscription: Subscription, tariff: Tariff, locale: str, person: str = ""
) -> str:
    """The same for a charge that is not posted yet: what a preview shows (G10)."""
    with override(locale):
        named = explanation.get("names")
        names = {
            "tariff": (named["ru"] or named["en"] if locale == "ru" else named["en"])
            if named
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
    """How many seats or units of the product, in the active language; empty where a line does not say."""
    if explanation.get("metric") not in (Metric.PAID_MEMBERS, Metric.QUANTITY):
        return ""
    quantity = int(explanation.get("quantity", 0))
    return unit_names.counted_text(unit_names.counted_in(explanation), quantity, formats.count_text(quantity, locale))
