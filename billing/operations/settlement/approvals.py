"""Approvals (D15): staff acts on money above a limit wait for a second person, and are then done by the same operations."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from billing.errors import BadInput, BillingError
from billing.models import Approval, BillingAccount, Invoice, Offer, Payment
from billing.operations import audit, rehearsal
from billing.operations.settlement import adjustments, credit_notes, offers, payments
from billing.pricing.money import to_minor

Kind = Approval.Kind
Decision = Approval.Decision


def limit_minor(currency: str) -> int:
    """Returns the largest sum on which one person decides alone, in minor units of ``currency``."""
    return to_minor(Decimal(settings.APPROVAL_LIMIT), currency)


def _record_payment(approval: Approval, actor: str, as_of: datetime) -> object:
    payload = approval.payload
    received_at = parse_datetime(payload["received_at"]) if payload.get("received_at") else None
    new = payments.NewPayment(
        amount_minor=approval.amount_minor,
        currency=approval.currency,
        method=payload["method"],
        reference=payload.get("reference", ""),
        received_at=received_at,
        invoice_number=payload.get("invoice", ""),
    )
    if payload.get("offer"):
        offer = Offer.objects.get(number=payload["offer"], account=approval.account)
        return offers.record_offer_payment(offer=offer, new=new, as_of=as_of, actor=actor)
    return payments.record_payment(account=approval.account, new=new, as_of=as_of, actor=actor)


def _reverse_payment(approval: Approval, actor: str, as_of: datetime) -> object:
    payment = Payment.objects.get(public_id=approval.payload["payment"], account=approval.account)
    return payments.reverse_payment(payment=payment, as_of=as_of, actor=actor, reason=approval.reason)


def _adjust_balance(approval: Approval, actor: str, as_of: datetime) -> object:
    sign = approval.payload["sign"]
    return adjustments.adjust_balance(
        account=approval.account,
        amount_minor=sign * approval.amount_minor,
        currency=approval.currency,
        reason_code=approval.payload["reason_code"],
        comment=approval.reason,
        as_of=as_of,
        actor=actor,
    )


def _issue_credit_note(approval: Approval, actor: str, as_of: datetime) -> object:
    invoice = Invoice.objects.get(number=approval.payload["invoice"], account=approval.account)
    lines = [credit_notes.NoteLine(row["description"], row["amount_minor"]) for row in approval.payload["lines"]]
    return credit_notes.issue_credit_note(
        invoice=invoice, lines=lines, reason=approval.reason, as_of=as_of, actor=actor
    )


ACTS: dict[str, Callable[[Approval, str, datetime], object]] = {
    Kind.PAYMENT: _record_payment,
    Kind.PAYMENT_REVERSAL: _reverse_payment,
    Kind.ADJUSTMENT: _adjust_balance,
    Kind.CREDIT_NOTE: _issue_credit_note,
}


@transaction.atomic
def act_or_request_approval(
    *,
    kind: Approval.Kind,
    account: BillingAccount,
    amount_minor: int,
    payload: dict[str, Any],
    reason: str,
    as_of: datetime,
    actor: str,
) -> tuple[object | None, Approval | None]:
    """Carries out the act where ``amount_minor`` is within the limit, else stores it for approval by a second person.

    Returns (what the operation returned, None) or (None, the approval that waits). An act that would be refused is refused
    at once in both cases: it is rehearsed before it is stored.
    """
    if not reason.strip():
        raise BadInput(_("Give a reason: it stays with the act."), field="reason", rule="D15")
    amount_minor = payments.check_amount(amount_minor)
    approval = Approval(
        kind=kind,
        account=account,
        amount_minor=amount_minor,
        currency=account.currency,
        payload=payload,
        reason=reason,
        requested_by=actor,
        requested_at=as_of,
    )
    if amount_minor <= limit_minor(account.currency):
        return ACTS[kind](approval, actor, as_of), None
    rehearsal.rehearse(lambda: ACTS[kind](approval, actor, as_of))
    approval.save()
    audit.record(
        actor=actor,
        action=f"approval.asked.{kind}",
        target=approval,
        at=as_of,
        customer=account.customer,
        reason=reason,
    )
    return None, approval


def _lock_undecided(approval: Approval, actor: str) -> Approval:
    locked = (
        Approval.objects.select_for_update(of=("self",))
        .select_related("account__customer", "account__seller")
        .get(pk=approval.pk)
    )
    if locked.decided_at is not None:
        raise BillingError(_("Somebody has decided on this already."), code="already_decided", rule="D15")
    if locked.requested_by == actor:
        raise BillingError(
            _("You asked for this yourself: another person has to decide."), code="four_eyes", rule="D15"
        )
    return locked


def _decide(approval: Approval, decision: Approval.Decision, actor: str, as_of: datetime, comment: str) -> None:
    approval.decision, approval.decided_by, approval.decided_at, approval.comment = decision, actor, as_of, comment
    approval.save(update_fields=["decision", "decided_by", "decided_at", "comment"])
    audit.record(
        actor=actor,
        action=f"approval.{decision}",
        target=approval,
        at=as_of,
        customer=approval.account.customer,
        reason=comment,
        after={"kind": approval.kind, "requested_by": approval.requested_by},
    )


@transaction.atomic
def approve(*, approval: Approval, as_of: datetime, actor: str, comment: str = "") -> object:
    """Approves and carries out an act in the name of the one who asked; returns what the operation returned. Refuses the
    author; a refusal of the act itself leaves the approval waiting."""
    approval = _lock_undecided(approval, actor)
    result = ACTS[approval.kind](approval, approval.requested_by, as_of)
    _decide(approval, Decision.APPROVED, actor, as_of, comment)
    return result


@transaction.atomic
def reject(*, approval: Approval, as_of: datetime, actor: str, comment: str) -> Approval:
    """Rejects an act with a reason; nothing is carried out."""
    if not comment.strip():
        raise BadInput(_("Say why: your colleague reads it."), field="comment", rule="D15")
    approval = _lock_undecided(approval, actor)
    _decide(approval, Decision.REJECTED, actor, as_of, comment)
    return approval
