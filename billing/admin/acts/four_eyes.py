"""Acts on money above the limit (D15): the same forms as below it, but a second person decides."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.admin.acts.act_preview import Fact
from billing.admin.base import money
from billing.errors import BadInput
from billing.models import Approval, Payment
from billing.operations.settlement import approvals
from billing.operations.staff_roles import permission_of

if TYPE_CHECKING:
    from billing.admin.acts.act_pages import Act

ASKED = _("Written down: it is done when a second person approves it.")


def hint(currency: str, user: User | None = None, alone: str = "") -> "str | Promise":
    """What a form says of the limit; nothing to whoever decides alone (by the act's permission ``alone``)."""
    if user is not None and alone and user.has_perm(permission_of(alone)):
        return ""
    limit = money(approvals.limit_minor(currency), currency)
    return str(_("Above %(limit)s a second person is asked before it is done.") % {"limit": limit})


def asked(approval: Approval) -> list[Fact]:
    """The effect of an act that waits."""
    limit = money(approvals.limit_minor(approval.currency), approval.currency)
    return [
        Fact(_("A second person decides"), _("it is above %(limit)s") % {"limit": limit}),
        Fact(_("Waits for approval"), money(approval.amount_minor, approval.currency)),
    ]


def _ask(
    act: "Act", kind: Approval.Kind, amount_minor: int, payload: dict[str, Any], reason: str, as_of: datetime
) -> Any:
    account = act.account()
    assert account is not None
    done, waiting = approvals.act_or_request_approval(
        kind=kind,
        account=account,
        amount_minor=amount_minor,
        payload=payload,
        reason=reason,
        as_of=as_of,
        actor=act.actor,
    )
    return done if waiting is None else waiting


def payment(act: "Act", data: dict[str, Any], as_of: datetime) -> Any:
    """Records the payment typed into the account's form, or asks; its reference is the reason."""
    received = data["received_at"]
    payload = {
        "method": data["method"],
        "reference": data["reference"],
        "invoice": data["invoice"],
        "received_at": received.isoformat() if received else None,
    }
    return _ask(act, Approval.Kind.PAYMENT, data["amount"], payload, data["reference"], as_of)


def offer_payment(act: "Act", data: dict[str, Any], as_of: datetime) -> Any:
    """Records the payment of the act's offer, or asks: the same kind as any payment, with the offer's number."""
    offer, received = act.target, data["received_at"]
    payload = {
        "method": Payment.Method.BANK.value,
        "reference": data["reference"],
        "offer": offer.number,
        "received_at": received.isoformat() if received else None,
    }
    return _ask(act, Approval.Kind.PAYMENT, offer.pay_minor, payload, data["reference"], as_of)


def adjustment(act: "Act", data: dict[str, Any], as_of: datetime) -> Any:
    """Adjusts the balance, or asks; below zero is against the customer."""
    amount = data["amount"]
    if not amount:
        raise BadInput(
            _("Enter a sum other than zero, with at most two decimals: above zero for the customer, below against."),
            field="amount",
        )
    payload = {"sign": -1 if amount < 0 else 1, "reason_code": data["reason_code"]}
    return _ask(act, Approval.Kind.ADJUSTMENT, abs(amount), payload, data["comment"], as_of)


def reversal(act: "Act", data: dict[str, Any], as_of: datetime) -> Any:
    """Takes the payment back, or asks."""
    target = act.target
    return _ask(
        act, Approval.Kind.PAYMENT_REVERSAL, target.amount_minor, {"payment": target.public_id}, data["reason"], as_of
    )


def credit_note(act: "Act", data: dict[str, Any], as_of: datetime) -> Any:
    """Issues the credit note, or asks."""
    rows = [{"description": line.description, "amount_minor": line.amount_minor} for line in data["lines"]]
    payload = {"invoice": act.target.number, "lines": rows}
    total = sum(line.amount_minor for line in data["lines"])
    return _ask(act, Approval.Kind.CREDIT_NOTE, total, payload, data["reason"], as_of)
