"""The names of the balance's movements and how each was worked out, in the language that is active.

One place for the portal, the API's statement and the files: a row reads the same wherever it is shown.
"""

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Charge, Entry, Payment
from billing.pricing.periods import business_date
from billing.reports.statements.statement import Row
from billing.wording import charge_lines, formats

# Charges of paid time are called as their line on an invoice is.
PAID_TIME = frozenset(
    {
        Charge.Kind.START,
        Charge.Kind.RENEWAL,
        Charge.Kind.TERMS,
        Charge.Kind.PURCHASE,
        Charge.Kind.SEAT_ADDED,
        Charge.Kind.SEAT_REMOVED,
        Charge.Kind.SEAT_NOT_ADDED,
        Charge.Kind.SEAT_NOT_REMOVED,
    }
)


def _charge_title(charge: Charge, person: str) -> str:
    if charge.kind in PAID_TIME:
        return charge_lines.describe(charge, formats.language(), person)
    quantity = int(charge.explanation.get("quantity", 0))
    shown = {"count": formats.count_text(quantity)}
    if charge.kind == Charge.Kind.OPENING and charge.period is not None:
        shown["month"] = formats.month_of_text(charge.period.start)
        return (
            ngettext("Start of %(month)s: %(count)s active", "Start of %(month)s: %(count)s active", quantity) % shown
        )
    if charge.kind == Charge.Kind.PEAK_RAISED:
        return _("Peak rose to %(count)s") % shown
    if charge.kind in (Charge.Kind.LATE, Charge.Kind.LATE_CREDITED) and charge.period is not None:
        shown["period"] = formats.period_text(charge.period.start)
        return _("Late report for %(period)s: peak %(count)s") % shown
    if charge.kind == Charge.Kind.CORRECTION:
        return _("Corrected report: peak %(count)s") % shown
    return _("Adjustment")


def title(row: Row) -> str:
    """Writes the movement in a few words: "Peak rose to 11", "Payment: bank transfer"."""
    if row.charge is not None:
        return _charge_title(row.charge, row.person)
    if row.payment is not None:
        return _("Payment: %(method)s") % {"method": row.payment.get_method_display()}
    if row.credit_note is not None:
        shown = {"number": row.credit_note.number, "invoice": row.credit_note.invoice.number}
        return _("Credit note %(number)s to invoice %(invoice)s") % shown
    if row.kind == Entry.Kind.REVERSAL and row.entry.reverses is not None:
        return _("Reversed: %(what)s") % {"what": row.entry.reverses.get_kind_display()}
    return capfirst(row.entry.get_kind_display())


def formula(row: Row) -> str:
    """Writes a charge as a person would (G8); empty where nothing was computed."""
    if row.charge is None or row.charge.explanation.get("model") == "amount":
        return ""
    return formats.formula_text(charge_lines.explanation_of(row.charge))


def crosses_quota(row: Row) -> bool:
    """Tells whether this movement is the one that made everybody count: the quota's cliff (M3, D8)."""
    if row.charge is None or row.charge.kind in PAID_TIME:
        return False
    facts = row.charge.explanation
    return bool(facts.get("included")) and not facts.get("before_minor") and facts.get("counted", 0) > 0


def _own_actor(row: Row) -> str:
    """Names who did it where that is one of the customer's own people: they need not know who works for the operator, nor what
    its programs are called."""
    is_paid_online = row.payment is not None and row.payment.method == Payment.Method.CARD
    theirs = row.charge.subscription_id is not None if row.charge is not None else is_paid_online
    return row.entry.actor if theirs and not row.entry.actor.startswith("api:") else ""


def _actor_text(row: Row) -> str:
    """Says who moved the balance, and whose arrival or leaving it was about."""
    actor = _own_actor(row)
    if not row.person or row.charge is None or row.charge.kind in PAID_TIME:
        return actor
    shown = {"actor": actor, "person": row.person}
    if row.amount_minor < 0:
        return _("%(actor)s activated %(person)s") % shown if actor else _("%(person)s became active") % shown
    return _("%(actor)s reported %(person)s") % shown if actor else row.person


def notes(row: Row) -> list[str]:
    """Writes the small print under the title: who did it, how it was worked out, the reason or reference given."""
    parts = [_actor_text(row), formula(row)]
    if row.charge is not None and crosses_quota(row):
        quota = formats.count_text(int(row.charge.explanation["included"]))
        parts.append(_("more than %(quota)s, so everybody is counted") % {"quota": quota})
    parts.append(row.entry.reason)
    return [part for part in parts if part]


def occurrence_date_text(row: Row, zone: str) -> str:
    """Writes the business date on which the charged use happened, where that is another day than that of the posting."""
    if row.charge is None:
        return ""
    happened, posted = business_date(row.charge.occurred_at, zone), business_date(row.at, zone)
    return "" if happened == posted else formats.date_text(happened)
