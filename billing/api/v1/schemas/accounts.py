"""An account's money as the outside reads it: how it stands, what moved it, what came in."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel

from accounts.models import Instance
from billing.api.v1.fields import InstantText, Money, instant_text, one_of
from billing.models import Allocation, BillingAccount, Entry, Invoice, Payment
from billing.operations.cycle import access
from billing.operations.ledger import posting
from billing.operations.settlement.adjustments import REASONS
from billing.reports.statements import movements
from billing.reports.statements.statement import Row, Statement
from billing.reports.statements.statement import statement as statement_of


class AccountAnswer(BaseModel):
    """``balance`` as the customer sees it: above zero it is ``credit`` to spend, below it is ``owed``, on an invoice already
    or not (G3). ``overdue`` is what is late, ``blocked_instances`` are read-only for it (M8)."""

    number: str
    customer_id: str
    currency: str
    balance: Money
    owed: Money
    overdue: Money
    credit: Money
    blocked_instances: list[str]


def _blocked_instances(account: BillingAccount, overdue: list[Invoice], as_of: datetime) -> list[str]:
    """The instances that are read-only for what is overdue on the account, a relief in force considered (M8, M16, D10)."""
    if not overdue:
        return []
    late = {invoice.number for invoice in overdue}
    found = list(Instance.objects.filter(subscriptions__account=account, deleted_at=None).distinct().order_by("pk"))
    levels = access.levels(found, as_of=as_of)
    return [one.public_id for one in found if _is_blocked(levels[one.pk], late)]


def _is_blocked(found: access.Access, late: set[str]) -> bool:
    """Whether access is less than full, and one of the invoices ``late`` is a reason for it."""
    return found.level == access.Level.READ_ONLY and any(late & set(reason.invoices) for reason in found.reasons)


def account_answer(account: BillingAccount, as_of: datetime) -> AccountAnswer:
    """How the account stands at ``as_of``."""
    balance = posting.balance(account)
    overdue = access.overdue_invoices(account, as_of)
    return AccountAnswer(
        number=account.number,
        customer_id=account.customer.public_id,
        currency=account.currency,
        balance=Money.of(balance, account.currency),
        owed=Money.of(max(-balance, 0), account.currency),
        overdue=Money.of(sum(invoice.open_minor for invoice in overdue), account.currency),
        credit=Money.of(max(balance, 0), account.currency),
        blocked_instances=_blocked_instances(account, overdue, as_of),
    )


# --- Statement -------------------------------------------------------------------------------------------------------


class StatementEntry(BaseModel):
    at: InstantText
    kind: str
    description: str
    amount: Money
    balance_after: Money
    invoice: str | None
    payment: str | None


class StatementAnswer(BaseModel):
    """``opening`` and ``closing`` are the balances before the first and after the last of the entries."""

    account: str
    opening: Money
    closing: Money
    entries: list[StatementEntry]


def _entry(row: Row) -> StatementEntry:
    return StatementEntry(
        at=instant_text(row.at),
        kind=row.kind,
        description=" · ".join([movements.title(row), *movements.notes(row)]),
        amount=Money.of(row.amount_minor, row.currency),
        balance_after=Money.of(row.balance_after_minor, row.currency),
        invoice=row.invoice.number if row.invoice else None,
        payment=row.payment.public_id if row.payment else None,
    )


def statement_answer(account: BillingAccount, start: date | None, end: date | None) -> StatementAnswer:
    """The movements of the business days ``start`` to ``end``, both included."""
    found: Statement = statement_of(account=account, start=start, end=end)
    return StatementAnswer(
        account=account.number,
        opening=Money.of(found.opening_minor, account.currency),
        closing=Money.of(found.closing_minor, account.currency),
        entries=[_entry(row) for row in found.rows],
    )


# --- Money in --------------------------------------------------------------------------------------------------------


class AllocationAnswer(BaseModel):
    invoice: str
    amount: Money


class PaymentAnswer(BaseModel):
    """``allocations``: which invoices this money paid; ``credit_left``: what of it stays on the account (G7)."""

    id: str
    account: str
    amount: Money
    method: Annotated[str, one_of(*Payment.Method.values)]
    reference: str
    received_at: InstantText
    recorded_at: InstantText
    invoice: str | None
    allocations: list[AllocationAnswer]
    credit_left: Money


def payment_answer(payment: Payment) -> PaymentAnswer:
    """The payment with what its money met."""
    currency = payment.currency
    payment.credit.refresh_from_db(fields=["unapplied_minor"])
    met = (
        Allocation.objects.filter(credit=payment.credit, invoice__isnull=False).select_related("invoice").order_by("pk")
    )
    return PaymentAnswer(
        id=payment.public_id,
        account=payment.account.number,
        amount=Money.of(payment.amount_minor, currency),
        method=payment.method,
        reference=payment.reference,
        received_at=instant_text(payment.received_at),
        recorded_at=instant_text(payment.recorded_at),
        invoice=payment.invoice.number if payment.invoice else None,
        allocations=[
            AllocationAnswer(invoice=row.invoice.number, amount=Money.of(row.amount_minor, currency))
            for row in met
            if row.invoice is not None
        ],
        credit_left=Money.of(payment.credit.unapplied_minor, currency),
    )


class AdjustmentAnswer(BaseModel):
    id: str
    account: str
    amount: Money
    reason_code: Annotated[str, one_of(*REASONS)]
    comment: str
    at: InstantText
    balance: Money


def adjustment_answer(entry: Entry, *, amount_minor: int, reason_code: str, comment: str) -> AdjustmentAnswer:
    """The adjustment and the balance it led to."""
    account = entry.account
    return AdjustmentAnswer(
        id=str(entry.id),
        account=account.number,
        amount=Money.of(amount_minor, account.currency),
        reason_code=reason_code,
        comment=comment,
        at=instant_text(entry.at),
        balance=Money.of(posting.balance(account), account.currency),
    )
