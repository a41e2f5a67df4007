"""Invoice lines: charges that belong together become one line with its explanation (G8, B5)."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.models import Charge, InvoiceLine, Tariff
from billing.pricing.explanations import explanation as explaining
from billing.pricing.money import from_minor
from billing.wording import charge_lines, formats

# Charges of paid time: what one of them is for never joins what another is for.
ONE_LINE_EACH = (
    Charge.Kind.START,
    Charge.Kind.RENEWAL,
    Charge.Kind.TERMS,
    Charge.Kind.SEAT_ADDED,
    Charge.Kind.SEAT_NOT_ADDED,
    Charge.Kind.PURCHASE,
)


@dataclass(frozen=True)
class Group:
    """Charges that one line collects: the use of one subscription and month, or one correction, or one adjustment."""

    charges: list[Charge]

    @property
    def first(self) -> Charge:
        return self.charges[0]

    @property
    def amount_minor(self) -> int:
        return sum(charge.amount_minor for charge in self.charges)


def _line_key(charge: Charge) -> tuple[Any, ...]:
    """Returns the key by which charges share a line: the use of a subscription's month; else each period, change and seat has its own
    (B5)."""
    subscription = charge.subscription_id or 0
    if charge.kind == Charge.Kind.ADJUSTMENT:
        return (subscription, True, "", charge.pk)
    if charge.kind in ONE_LINE_EACH:
        # A seat that comes and goes on one day has the number of the first of the two, so that both cancel out (B7).
        return (subscription, False, "", charge.explanation.get("opposite", charge.pk))
    return (subscription, charge.kind == Charge.Kind.LATE, charge.explanation.get("month", ""), 0)


def group_charges(charges: Iterable[Charge]) -> list[Group]:
    """Groups charges into lines, in the order of their subscriptions and months; what cancels out in full makes no line."""
    groups: dict[tuple[Any, ...], list[Charge]] = {}
    for charge in charges:
        groups.setdefault(_line_key(charge), []).append(charge)
    lines = [Group(groups[key]) for key in sorted(groups)]
    return [group for group in lines if group.amount_minor != 0]


def _explain(group: Group) -> dict[str, Any]:
    """Returns the line's explanation: that of its last charge, less all that was charged for the month on other lines."""
    explanation: dict[str, Any] = group.charges[-1].explanation
    if explanation["model"] == "amount" or len(group.charges) == 1:
        return explanation
    return explaining.explain_part(explanation, group.amount_minor)


def tariff_of(charge: Charge) -> Tariff:
    """Returns the version that ``charge``, of a subscription, was priced by."""
    assert charge.subscription is not None
    return charge.period.tariff if charge.period is not None else charge.subscription.priced_by


def _describe(group: Group, locale: str, people: dict[int, str]) -> str:
    """Describes the line in the language of the document."""
    charge = group.first
    if charge.subscription is None or charge.kind == Charge.Kind.ADJUSTMENT:
        return str(charge.explanation.get("reason", ""))[:300]
    if charge.kind in ONE_LINE_EACH:
        return charge_lines.describe(charge, locale, people.get(charge.explanation.get("member", 0), ""))
    subscription, month = charge.subscription, date.fromisoformat(charge.explanation["month"])
    if charge.kind == Charge.Kind.LATE:
        return charge_lines.describe_late(subscription, tariff_of(charge), month, locale)
    with override(locale):
        return _("%(product)s, %(domain)s: peak of active members, %(month)s") % {
            "product": tariff_of(charge).name_in(locale),
            "domain": subscription.instance.domain,
            "month": formats.period_text(month, locale),
        }


def build_line(invoice_id: uuid.UUID, position: int, group: Group, locale: str, people: dict[int, str]) -> InvoiceLine:
    explanation = _explain(group)
    currency = group.first.currency
    if explanation["model"] == "amount":
        quantity, unit_price = Decimal(1), from_minor(group.amount_minor, currency)
    else:
        quantity, unit_price = explaining.line_figures(explanation)
    counts_people = group.first.explanation["model"] != "amount" and group.first.kind not in ONE_LINE_EACH
    return InvoiceLine(
        invoice_id=invoice_id,
        position=position,
        subscription=group.first.subscription,
        description=_describe(group, locale, people),
        quantity=quantity,
        unit="person" if counts_people else "unit",
        unit_price=unit_price,
        amount_minor=group.amount_minor,
        explanation=explanation,
    )
