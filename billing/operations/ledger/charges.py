"""Charges: the amount, its explanation and its entry in the ledger are posted in one (M4, G8)."""

from datetime import date, datetime
from typing import Any

from billing.models import BillingAccount, BillingPeriod, Charge, Entry, LedgerAccount, Subscription
from billing.operations.ledger import posting
from billing.pricing.explanations import explanation as explaining


def post_charge(
    *,
    account: BillingAccount,
    kind: Charge.Kind,
    explanation: dict[str, Any],
    key: str,
    occurred_at: datetime,
    as_of: datetime,
    billing_month: date,
    subscription: Subscription | None = None,
    period: BillingPeriod | None = None,
    actor: str = "",
    reason: str = "",
    against: LedgerAccount.Kind = LedgerAccount.Kind.REVENUE,
) -> Charge:
    """Posts a charge of the amount that ``explanation`` works out to (not 0) and returns it; the caller holds the account's
    lock.

    A positive amount is owed by the customer, a negative one given back. ``key`` names the business fact: it is posted once.
    """
    amount_minor = explaining.evaluate(explanation)
    entry = posting.post(
        key=f"charge:{key}",
        kind=Entry.Kind.CHARGE,
        account=account,
        moves=[
            posting.signed_move(
                posting.customer_side(account), posting.seller_account(account.seller, against), -amount_minor
            )
        ],
        at=as_of,
        actor=actor,
        reason=reason,
    )
    return record_charge(
        entry=entry,
        account=account,
        kind=kind,
        explanation=explanation,
        occurred_at=occurred_at,
        as_of=as_of,
        billing_month=billing_month,
        subscription=subscription,
        period=period,
    )


def record_charge(
    *,
    entry: Entry,
    account: BillingAccount,
    kind: Charge.Kind,
    explanation: dict[str, Any],
    occurred_at: datetime,
    as_of: datetime,
    billing_month: date,
    subscription: Subscription | None = None,
    period: BillingPeriod | None = None,
) -> Charge:
    """Records the charge that ``entry`` has posted: its own, or a credit note's that takes a part of the use back (D5)."""
    return Charge.objects.create(
        account=account,
        subscription=subscription,
        period=period,
        kind=kind,
        amount_minor=explaining.evaluate(explanation),
        currency=account.currency,
        explanation=explanation,
        occurred_at=occurred_at,
        posted_at=as_of,
        billing_month=billing_month,
        entry=entry,
    )
