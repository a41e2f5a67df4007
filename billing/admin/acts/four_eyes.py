"""Acts on money above the limit wait for a second person (D15); their forms are those of smaller sums."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.admin.acts.act_preview import Fact
from billing.admin.base import money
from billing.errors import BadInput
from billing.models import Approval, Payment
from billing.operations.settlement import adjustments, approvals
from billing.operations.staff_roles import permission_of

if TYPE_CHECKING:
    from billing.admin.acts.act_pages import Act

ASKED = _("Written down: it is done when a second person approves it.")


def limit_hint(currency: str, user: User | None = None, alone: str = "") -> "str | Promise":
    """Returns a form's hint at the limit; empty for a user whose permission ``alone`` lets them act without a second person."""
    if user is not None and alone and user.has_perm(permission_of(alone)):
        return ""
    limit = money(approvals.limit_minor(currency), currency)
    return str(_("Above %(limit)s a second person is asked before it is done.") % {"limit": limit})


def approval_facts(approval: Approval) -> list[Fact]:
    """Returns the effect of an act that waits for approval."""
    limit = money(approvals.limit_minor(approval.currency), approval.currency)
    return [
        Fact(_("A second person decides"), _("it is above %(limit)s") % {"limit": limit}),
        Fact(_("Waits for approval"), money(approval.amount_minor, approval.currency)),
    ]


def _act_or_ask(
    act: "Act", kind: Approval.Kind, amount_minor: int, payload: dict[str, Any], reason: str, as_of: datetime
) -> Any:
    account = act.account()
    assert account is not None
    result, approval = approvals.act_or_request_approval(
        kind=kind,
        account=account,
        amount_minor=amount_minor,
        payload=payload,
        reason=reason,
        as_of=as_of,
        actor=act.actor,
    )
    return result if approval is None else approval


def record_payment(act: "Act", data: dict[str, Any], as_of: datetime) -> Any:
    """Records the payment of the account's form, or asks for approval above the limit; its reference is the reason."""
    received = data["received_at"]
    payload = {
        "method": data["method"],
        "reference": data["reference"],
        "invoice": data["invoice"],
        "received_at": received.isoformat() if received else None,
    }
    return _act_or_ask(act, Approval.Kind.PAYMENT, data["amount"], payload, data["reference"], as_of)


def record_offer_payment(act: "Act", data: dict[str, Any], as_of: datetime) -> Any:
    """Records the payment of the act's offer, or asks for approval: a payment as any other, with the offer's number."""
    offer, received = act.target, data["received_at"]
    payload = {
        "method": Payment.Method.BANK.value,
        "reference": data["reference"],
        "offer": offer.number,
        "received_at": received.isoformat() if received else None,
    }
    return _act_or_ask(act, Approval.Kind.PAYMENT, offer.pay_minor, payload, data["reference"], as_of)


def adjust_balance(act: "Act", data: dict[str, Any], as_of: datetime) -> Any:
    """Adjusts the balance, or asks for approval; a sum below zero is against the customer. Raises BadInput for no sum."""
    amount = data["amount"]
    if not amount:
        raise BadInput(adjustments.NO_SUM, field="amount")
    payload = {"sign": -1 if amount < 0 else 1, "reason_code": data["reason_code"]}
    return _act_or_ask(act, Approval.Kind.ADJUSTMENT, abs(amount), payload, data["comment"], as_of)


def reverse_payment(act: "Act", data: dict[str, Any], as_of: datetime) -> Any:
    """Reverses the payment, or asks for approval."""
    target = act.target
    return _act_or_ask(
        act, Approval.Kind.PAYMENT_REVERSAL, target.amount_minor, {"payment": target.public_id}, data["reason"], as_of
    )


def issue_credit_note(act: "Act", data: dict[str, Any], as_of: datetime) -> Any:
    """Issues the credit note, or asks for approval."""
    rows = [{"description": line.description, "amount_minor": line.amount_minor} for line in data["lines"]]
    payload = {"invoice": act.target.number, "lines": rows}
    total = sum(line.amount_minor for line in data["lines"])
    return _act_or_ask(act, Approval.Kind.CREDIT_NOTE, total, payload, data["reason"], as_of)
