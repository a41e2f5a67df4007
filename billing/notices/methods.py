"""Mails about saved payment methods: kept, removed, and the payer's word needed."""

from datetime import datetime
from typing import Any

from billing.models import Notice, PaymentAttempt, SavedMethod
from billing.notices.letters.base import link, queue
from billing.notices.recipients.readers import account_recipients, each_once
from billing.wording import formats


def _recipients(method: SavedMethod) -> list[str]:
    """Returns the account's addresses and whoever left the method there."""
    return each_once([*account_recipients(method.account), method.saved_by])


def queue_method_saved(*, method: SavedMethod, at: datetime) -> list[Notice]:
    """Tells the payer that a card is kept for renewals and invoices from now on: what is charged to it, and how to stop that."""
    account = method.account

    def context(locale: str) -> dict[str, Any]:
        return {
            "method": method.title,
            "expires_on": formats.date_text(method.expires_on) if method.expires_on else "",
            "saved_by": method.saved_by,
            "saved_at": formats.instant_text(method.saved_at, account.zone),
            "methods_url": link("portal:methods"),
        }

    return queue(
        kind="method_saved",
        fact=f"method:{method.public_id}",
        account=account,
        recipients=_recipients(method),
        context=context,
        at=at,
        must=each_once([method.saved_by]),
    )


def queue_method_removed(*, method: SavedMethod, at: datetime) -> list[Notice]:
    """Tells the payer that a card is charged no more: what is due has to be paid otherwise."""
    account = method.account

    def context(locale: str) -> dict[str, Any]:
        return {
            "method": method.title,
            "removed_at": formats.instant_text(at, account.zone),
            "methods_url": link("portal:methods"),
        }

    return queue(
        kind="method_removed",
        fact=f"method:{method.public_id}",
        account=account,
        recipients=_recipients(method),
        context=context,
        at=at,
        must=each_once([method.saved_by]),
    )


def queue_method_needs_you(*, attempt: PaymentAttempt, method: SavedMethod, at: datetime) -> list[Notice]:
    """Asks the payer to confirm at the bank a charge that was made in their absence: how much, and where."""
    account = attempt.account

    def context(locale: str) -> dict[str, Any]:
        return {
            "amount": formats.money_text(attempt.amount_minor, attempt.currency),
            "method": method.title,
            "invoice_number": attempt.invoice.number if attempt.invoice else "",
            "confirm_url": link("portal:payment", str(attempt.id)),
        }

    return queue(
        kind="method_needs_you",
        fact=f"attempt:{attempt.id}",
        account=account,
        recipients=_recipients(method),
        context=context,
        at=at,
        invoice=attempt.invoice,
    )
