"""Adjustments of a balance: an amount that somebody decided on, with a reason code and a comment (D15)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.errors import BadAmount, BadInput
from billing.models import AuditRecord, BillingAccount, Charge, Credit, Entry, LedgerAccount
from billing.operations import audit
from billing.operations.cycle.locking import lock_account
from billing.operations.ledger import charges, external_ids, posting
from billing.operations.settlement import payments
from billing.pricing.explanations.explanation import explain_amount
from billing.pricing.money import LARGEST_MINOR

NO_SUM = _("Enter a sum other than zero, with at most two decimals: above zero for the customer, below against.")

REASONS = ("service_failure", "goodwill", "billing_error", "tax", "migration", "fraud")


def _check_adjustment(
    amount_minor: int | None, currency: str, account: BillingAccount, reason_code: str, comment: str
) -> int:
    if amount_minor is None or amount_minor == 0 or abs(amount_minor) > LARGEST_MINOR:
        raise BadAmount(NO_SUM, field="amount")
    if currency != account.currency:
        raise BadInput(
            _("This account is kept in %(currency)s: enter the sum in that currency.") % {"currency": account.currency},
            field="currency",
            code="currency_mismatch",
        )
    if reason_code not in REASONS:
        raise BadInput(_("Choose one of: %(known)s.") % {"known": ", ".join(REASONS)}, field="reason_code")
    if not comment.strip():
        raise BadInput(_("Say in a sentence why: the customer sees it."), field="comment", rule="D15")
    return amount_minor


@transaction.atomic
def adjust_balance(
    *,
    account: BillingAccount,
    amount_minor: int | None,
    currency: str,
    reason_code: str,
    comment: str,
    as_of: datetime,
    actor: str,
    external_id: str = "",
) -> Entry:
    """Adjusts the balance by ``amount_minor`` (above zero: in the customer's favour) and returns the entry.

    Above zero it is credit that pays open invoices at once; below, a charge that the next invoice bills.
    """
    account = lock_account(account, as_of=as_of)
    amount_minor = _check_adjustment(amount_minor, currency, account, reason_code, comment)
    own_id = f"{account.number}:{account.entries.count() + 1}"
    key = external_ids.fact_key("adjustment", account.number, own_id, external_id)
    if amount_minor < 0:
        entry = charges.post_charge(
            account=account,
            kind=Charge.Kind.ADJUSTMENT,
            key=key,
            explanation=explain_amount(-amount_minor, account.currency, comment),
            occurred_at=as_of,
            as_of=as_of,
            billing_month=account.open_month,
            actor=actor,
            reason=comment,
            against=LedgerAccount.Kind.ADJUSTMENTS,
        ).entry
    else:
        adjustments_account = posting.seller_account(account.seller, LedgerAccount.Kind.ADJUSTMENTS)
        entry = posting.post(
            key=key,
            kind=Entry.Kind.ADJUSTMENT,
            account=account,
            at=as_of,
            moves=[posting.Move(adjustments_account, posting.customer_side(account), amount_minor)],
            actor=actor,
            reason=comment,
        )
        payments.add_credit(
            account=account, kind=Credit.Kind.ADJUSTMENT, entry=entry, amount_minor=amount_minor, as_of=as_of
        )
        payments.settle_open_invoices(account, as_of=as_of)
    audit.record(
        actor=actor,
        action="balance.adjusted",
        target=account,
        at=as_of,
        customer=account.customer,
        reason=comment,
        after={"entry": str(entry.id), "amount_minor": amount_minor, "reason_code": reason_code},
    )
    return entry


@transaction.atomic
def adjust_balance_once(
    *,
    account: BillingAccount,
    amount_minor: int | None,
    currency: str,
    reason_code: str,
    comment: str,
    as_of: datetime,
    actor: str,
    external_id: str,
) -> tuple[Entry, bool]:
    """Adjusts the balance, once for each ``external_id`` of the account; returns the entry and whether it was posted just now.

    Refuses an id under which something else was posted, naming that entry.
    """
    account = posting.lock(account)
    entry = external_ids.find_entry("adjustment", account.number, external_id)
    if entry is None:
        new_entry = adjust_balance(
            account=account,
            amount_minor=amount_minor,
            currency=currency,
            reason_code=reason_code,
            comment=comment,
            as_of=as_of,
            actor=actor,
            external_id=external_id,
        )
        return new_entry, True
    requested = {"amount_minor": amount_minor, "reason_code": reason_code}
    rows = AuditRecord.objects.filter(
        customer=account.customer, action="balance.adjusted", at=entry.at, after__entry=str(entry.id), reason=comment
    )
    recorded = [{name: row.after[name] for name in requested} for row in rows]
    if currency != account.currency or requested not in recorded:
        raise external_ids.taken_error(external_id, adjustment_id=str(entry.id))
    return entry, False
