"""Posting to the ledger: nothing else writes entries and postings (G5).

A posting moves an amount from a debit to a credit account. On a customer's account credit is money to spend and debit is
what is owed, so the balance reads as the customer sees it (G3).
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from billing.errors import BillingError
from billing.models import BillingAccount, Entry, LedgerAccount, Posting, Seller
from billing.models.ledger import FACTS

Kind = LedgerAccount.Kind


class Move(NamedTuple):
    """A movement of ``amount_minor`` > 0 from ``debit`` to ``credit``."""

    debit: LedgerAccount
    credit: LedgerAccount
    amount_minor: int


def lock(account: BillingAccount | int) -> BillingAccount:
    """Locks the row of ``account`` until the transaction ends and reads it again.

    Every operation on an account's money takes this lock first, so that those on one account come one after another and no
    two can wait for each other.
    """
    pk = account if isinstance(account, int) else account.pk
    # NO KEY: rows that only refer to the account (a notice, an address) need not wait, and cannot make two wait in a ring.
    locked = BillingAccount.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("seller", "customer").get(pk=pk)


def customer_side(account: BillingAccount) -> LedgerAccount:
    """Returns the ledger account that carries the balance of ``account``."""
    return LedgerAccount.objects.get(billing_account=account)


def seller_account(seller: Seller, kind: LedgerAccount.Kind | str) -> LedgerAccount:
    """Returns the seller's own ledger account of ``kind`` in its currency, created when it is first needed."""
    account, _created = LedgerAccount.objects.get_or_create(
        seller=seller, kind=kind, currency=seller.currency, billing_account=None
    )
    return account


def balance(account: BillingAccount) -> int:
    """Returns the balance of ``account`` in minor units; positive is money to spend, negative is owed (G3)."""
    return customer_side(account).balance_minor


def signed_move(customer: LedgerAccount, other: LedgerAccount, amount_minor: int) -> Move:
    """Builds the move that changes the customer's balance by ``amount_minor`` (either sign, not 0) against ``other``."""
    return Move(other, customer, amount_minor) if amount_minor > 0 else Move(customer, other, -amount_minor)


def post(
    *,
    key: str,
    kind: Entry.Kind,
    account: BillingAccount,
    moves: Sequence[Move],
    at: datetime,
    actor: str = "",
    reason: str = "",
    reverses: Entry | None = None,
) -> Entry:
    """Posts one entry with its postings for the business fact ``key`` and returns it.

    The id follows from the key: a fact cannot be posted twice (IntegrityError), whoever tries. The postings come first and
    the entry seals them.
    """
    entry = Entry(
        id=uuid.uuid5(FACTS, key),
        key=key,
        kind=kind,
        account=account,
        at=at,
        actor=actor,
        reason=reason,
        reverses=reverses,
    )
    Posting.objects.bulk_create(
        Posting(
            entry=entry,
            debit=move.debit,
            credit=move.credit,
            currency=move.debit.currency,
            amount_minor=move.amount_minor,
        )
        for move in moves
    )
    entry.save(force_insert=True)
    return entry


def reverse(*, entry: Entry, at: datetime, actor: str, reason: str) -> Entry:
    """Posts an entry that reverses ``entry`` posting by posting, and returns it; refuses to reverse one twice."""
    if Entry.objects.filter(reverses=entry).exists():
        raise BillingError(_("This entry has been reversed already."), code="already_reversed", rule="G5")
    postings = entry.postings.select_related("debit", "credit").order_by(F("pk"))
    return post(
        key=f"reversal:{entry.id}",
        kind=Entry.Kind.REVERSAL,
        account=entry.account,
        moves=[Move(row.credit, row.debit, row.amount_minor) for row in postings],
        at=at,
        actor=actor,
        reason=reason,
        reverses=entry,
    )
