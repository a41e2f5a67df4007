"""The ledger's pen: nothing else writes entries and postings (G5).

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
    """``amount_minor`` > 0 from ``debit`` to ``credit``."""

    debit: LedgerAccount
    credit: LedgerAccount
    amount_minor: int


def lock(account: BillingAccount | int) -> BillingAccount:
    """The account's row, locked until the transaction ends: every act on an account's money takes this lock first, so
    that acts on one account come one after another and no two can wait for each other."""
    pk = account if isinstance(account, int) else account.pk
    # NO KEY: rows that only refer to the account (a notice, an address) need not wait, and cannot make two wait in a ring.
    locked = BillingAccount.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("seller", "customer").get(pk=pk)


def customer_side(account: BillingAccount) -> LedgerAccount:
    """The ledger account that carries the balance of ``account``."""
    return LedgerAccount.objects.get(billing_account=account)


def shared(seller: Seller, kind: LedgerAccount.Kind | str) -> LedgerAccount:
    """The seller's own account of ``kind`` in its currency, made when it is first needed."""
    found, _created = LedgerAccount.objects.get_or_create(
        seller=seller, kind=kind, currency=seller.currency, billing_account=None
    )
    return found


def balance(account: BillingAccount) -> int:
    """Minor units; positive is money to spend, negative is owed (G3)."""
    return customer_side(account).balance_minor


def signed(customer: LedgerAccount, other: LedgerAccount, amount_minor: int) -> Move:
    """A move that changes the customer's balance by ``amount_minor`` (either sign, not 0) against ``other``."""
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
    """Writes one entry for the business fact ``key`` and its postings, and returns it.

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
    """A new entry that undoes ``entry`` posting by posting; refuses to undo one twice."""
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
