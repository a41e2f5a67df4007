"""Mails about what an instance may do: read-only, restored."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts.models import Instance
from billing.models import BillingAccount, Invoice, Notice
from billing.notices.letters.base import balance, link, owner_recipients, queue
from billing.pricing.due_dates import midnight_after
from billing.wording import formats


def read_only(
    *, account: BillingAccount, instances: Sequence[Instance], invoices: Sequence[Invoice], at: datetime
) -> list[Notice]:
    """The account's instances are read-only: which invoices, the exact sum that restores them, what goes on (D4)."""
    since = midnight_after(invoices[0].due_date, account.zone)

    def told(locale: str) -> dict[str, Any]:
        return {
            "since": formats.instant_text(since, account.zone),
            "invoices": [
                {
                    "number": invoice.number,
                    "due_date": formats.date_text(invoice.due_date),
                    "open": formats.money_text(invoice.open_minor, account.currency),
                }
                for invoice in invoices
            ],
            "instances": [instance.domain for instance in instances],
            "pay_url": link("portal:document", invoices[0].number),
        }

    return queue(
        kind="read_only",
        fact=f"overdue:{invoices[0].number}:{at.isoformat()}",
        account=account,
        recipients=owner_recipients(account, instances),
        context=told,
        at=at,
    )


def restored(*, account: BillingAccount, instances: Sequence[Instance], at: datetime) -> list[Notice]:
    """Full access is back (M9)."""

    def told(locale: str) -> dict[str, Any]:
        return {
            "restored_at": formats.instant_text(at, account.zone),
            "instances": [instance.domain for instance in instances],
            "balance": formats.money_text(balance(account), account.currency),
        }

    return queue(
        kind="restored",
        fact=f"restored:{account.number}:{at.isoformat()}",
        account=account,
        recipients=owner_recipients(account, instances),
        context=told,
        at=at,
    )
