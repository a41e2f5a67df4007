"""Mails about money that came, or did not."""

from datetime import datetime
from typing import Any

from billing.models import Notice, Payment, PaymentAttempt
from billing.notices.letters.base import balance, link, queue
from billing.notices.recipients.readers import account_recipients
from billing.pricing.periods import business_date
from billing.wording import formats


def payment_received(*, payment: Payment, at: datetime) -> list[Notice]:
    """Money has come: how much, what it paid, what the balance is now."""
    account, currency = payment.account, payment.currency
    paid = payment.credit.allocations.filter(invoice__isnull=False).select_related("invoice").order_by("pk")
    left = payment.amount_minor - sum(row.amount_minor for row in paid)

    def told(locale: str) -> dict[str, Any]:
        return {
            "amount": formats.money_text(payment.amount_minor, currency),
            "received_on": formats.date_text(business_date(payment.received_at, account.zone)),
            "reference": payment.reference,
            "allocations": [
                {"number": row.invoice.number, "amount": formats.money_text(row.amount_minor, currency)}
                for row in paid
                if row.invoice is not None
            ],
            "credit_left": formats.money_text(left, currency) if left else "",
            "balance": formats.money_text(balance(account), currency),
        }

    return queue(
        kind="payment_received",
        fact=f"payment:{payment.public_id}",
        account=account,
        recipients=account_recipients(account),
        context=told,
        at=at,
    )


def payment_failed(*, attempt: PaymentAttempt, at: datetime) -> list[Notice]:
    """A payment did not go through: why, and where to try again. Told to the payer; to the account's addresses where nobody
    was at the screen and the saved method was charged (D17)."""
    account, method = attempt.account, attempt.method

    def told(locale: str) -> dict[str, Any]:
        return {
            "amount": formats.money_text(attempt.amount_minor, attempt.currency),
            "reason": formats.decline_text(attempt.reason),
            "method": method.title if method else "",
            "pay_url": link("portal:pay"),
        }

    return queue(
        kind="payment_failed",
        fact=f"attempt:{attempt.id}",
        account=account,
        context=told,
        at=at,
        recipients=account_recipients(account) if method or not attempt.created_by else [attempt.created_by],
    )
