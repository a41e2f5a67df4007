"""The event types (E9), each with its meaning and a sample of its data: for the integration page, the API's document and tests.

Only what is listed here can be emitted, and what is emitted has at least the fields of its sample (`tests/operations`).
"""

from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class EventType(NamedTuple):
    """A type of event: ``meaning`` says what happened, for the API's document (in English) and the pages; ``sample`` is its
    ``data``."""

    meaning: Promise
    sample: dict[str, Any]


SUBSCRIPTION: dict[str, Any] = {
    "id": "sub_2v8kq0zr7yw1hc4n5d",
    "instance_id": "ins_9fq2mb6xtz3lk8pd7w",
    "tariff_id": "blue-monthly",
    "version": 1,
    "quantity": None,
}
INVOICE: dict[str, Any] = {
    "number": "R-2026-000042",
    "account": "100001",
    "due_date": "2026-05-15",
    "total": {"amount": "1198.00", "currency": "RUB"},
    "open": {"amount": "1198.00", "currency": "RUB"},
}
PAYMENT: dict[str, Any] = {
    "id": "pay_6hj1vc5swn0xe9rt2k",
    "account": "100001",
    "amount": {"amount": "1198.00", "currency": "RUB"},
    "method": "bank",
    "reference": "417",
}
PAID_INVOICE = {**INVOICE, "open": {"amount": "0.00", "currency": "RUB"}}


def _access(level: str, *reasons: dict[str, Any]) -> dict[str, Any]:
    return {"instance_id": SUBSCRIPTION["instance_id"], "access": level, "reasons": list(reasons)}


TYPES: dict[str, EventType] = {
    "subscription.created": EventType(_("An instance was put on a tariff, or began its trial."), SUBSCRIPTION),
    "subscription.terms_changed": EventType(
        _("Another tariff or quantity is in force."), {**SUBSCRIPTION, "tariff_id": "blue-annual"}
    ),
    "subscription.renewed": EventType(
        _("The next period has been charged."), {**SUBSCRIPTION, "period": {"start": "2026-05-01", "end": "2026-06-01"}}
    ),
    "subscription.cancel_scheduled": EventType(
        _("Nothing renews any more; everything works until `cancel_date`."),
        {**SUBSCRIPTION, "cancel_date": "2026-06-01"},
    ),
    "subscription.terminated": EventType(
        _("The subscription is over. Where `remove` is true the product takes the instance away."),
        {**SUBSCRIPTION, "reason": "unpaid", "remove": True},
    ),
    "subscription.resumed": EventType(_("A terminated subscription goes on."), SUBSCRIPTION),
    "subscription.trial_ending": EventType(
        _("The trial ends in `days_left` days."), {**SUBSCRIPTION, "trial_ends_on": "2026-05-07", "days_left": 1}
    ),
    "subscription.trial_ended": EventType(_("The trial is over and nothing was chosen."), SUBSCRIPTION),
    "instance.read_only": EventType(
        _("The instance may only be read; `reasons` says why."),
        _access("read_only", {"code": "invoice_overdue", "invoices": ["R-2026-000042"]}),
    ),
    "instance.restored": EventType(_("The instance may be written to again."), _access("full")),
    "instance.deleted": EventType(
        _("The instance was deleted."), _access("deleted", {"code": "deleted", "invoices": []})
    ),
    "invoice.issued": EventType(_("An invoice was issued."), INVOICE),
    "invoice.paid": EventType(_("Nothing of the invoice is open any more."), PAID_INVOICE),
    "invoice.overdue": EventType(_("The due date has passed and a part is open."), INVOICE),
    "payment.received": EventType(_("Money was put on the account."), PAYMENT),
    "payment.failed": EventType(
        _("A card or a transfer was refused; nothing was charged."),
        {"amount": {"amount": "180.00", "currency": "RUB"}, "reason": "insufficient_funds"},
    ),
    "payment.refunded": EventType(
        _("A payment was taken back: what it had paid is open again."), {**PAYMENT, "reason": "recorded twice"}
    ),
    "balance.low": EventType(
        _("The money on the account does not pay the renewal on `renews_on`; `missing` is to be added until then."),
        {
            **SUBSCRIPTION,
            "account": "100001",
            "renews_on": "2026-05-10",
            "costs": {"amount": "180.00", "currency": "RUB"},
            "balance": {"amount": "50.00", "currency": "RUB"},
            "missing": {"amount": "130.00", "currency": "RUB"},
        },
    ),
    "seats.peak_raised": EventType(
        _("More members are active at once than before in this period, and the new ones were charged."),
        {"peak": 12, "amount": {"amount": "599.00", "currency": "RUB"}},
    ),
}


def meaning_of(type_: str) -> str:
    """Returns the meaning of an event of ``type_`` in the active language; empty for a type that is not listed here any more."""
    return str(TYPES[type_].meaning) if type_ in TYPES else ""


def is_of_a_subscription(type_: str) -> bool:
    """Tells whether events of ``type_`` are numbered within a subscription; those of an account's money are not."""
    return not type_.startswith(("invoice.", "payment."))


def about_sample(type_: str) -> dict[str, Any]:
    """Returns the account, instance, subscription and number of a sample of ``type_``, as `webhook_request.write_body` takes them."""
    numbered = is_of_a_subscription(type_)
    return {
        "sequence": 4 if numbered else 0,
        "account": INVOICE["account"],
        "instance_id": SUBSCRIPTION["instance_id"] if numbered else None,
        "subscription_id": SUBSCRIPTION["id"] if numbered else None,
    }
