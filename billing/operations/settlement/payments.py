"""Payments (D13): money is credited to the account first and pays open invoices in the same transaction (G7, D14)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing import notices
from billing.errors import BadAmount, BadInput, BillingError
from billing.models import Allocation, BillingAccount, Credit, Entry, Invoice, LedgerAccount, OfferPayment, Payment
from billing.operations import audit
from billing.operations.cycle import access
from billing.operations.cycle.locking import lock_account
from billing.operations.events import outbox
from billing.operations.invoices import issuing
from billing.operations.ledger import external_ids, posting
from billing.pricing.money import LARGEST_MINOR

NOT_POSITIVE = _("The sum must be more than zero.")

# The seller's account that a way of paying lands on.
RECEIVED_ON = {
    Payment.Method.BANK: LedgerAccount.Kind.BANK,
    Payment.Method.CASH: LedgerAccount.Kind.CASH,
    Payment.Method.CARD: LedgerAccount.Kind.CARD,
    Payment.Method.OTHER: LedgerAccount.Kind.OTHER,
}


@dataclass(frozen=True)
class NewPayment:
    """A payment to be recorded: ``amount_minor`` of ``currency``, how, under which reference, when, and for which invoice."""

    amount_minor: int
    currency: str
    method: str
    reference: str = ""
    received_at: datetime | None = None
    invoice_number: str = ""
    # What the caller's own system calls the payment; among the account's the same one is recorded once.
    external_id: str = ""


def check_amount(amount_minor: int | None, field: str = "amount") -> int:
    """Checks and returns a sum in minor units; refuses None (it could not be read), zero, less, and more than any payment."""
    if amount_minor is None:
        raise _amount_error(_("Enter the sum with at most two decimals, for example 1500.00."), field)
    if amount_minor <= 0:
        raise _amount_error(NOT_POSITIVE, field)
    if amount_minor > LARGEST_MINOR:
        raise _amount_error(_("The sum is larger than any payment we take. Check the number of digits."), field)
    return amount_minor


def _amount_error(message: object, field: str) -> BadAmount:
    return BadAmount(message, field=field)  # type: ignore[arg-type]


def _find_invoice(account: BillingAccount, number: str) -> Invoice | None:
    if not number:
        return None
    invoice = Invoice.objects.filter(account=account, number=number).first()
    if invoice is None:
        raise BadInput(
            _("This account has no invoice %(number)s: check the number, or leave it out.") % {"number": number},
            field="invoice",
            code="unknown_invoice",
        )
    return invoice


def settle_open_invoices(account: BillingAccount, *, as_of: datetime, first: Invoice | None = None) -> list[Allocation]:
    """Pays open invoices of ``account`` from its credit: the named one ``first``, then the oldest due (G7); returns the
    allocations.

    Announces every invoice that is paid by it and the instances that have full access again (M9, D14).
    """
    last_allocation = (
        Allocation.objects.filter(credit__account=account).order_by("-pk").values_list("pk", flat=True).first() or 0
    )
    queue = list(Invoice.objects.open().filter(account=account))
    if first is not None and first.open_minor > 0:
        queue = [first, *(invoice for invoice in queue if invoice.pk != first.pk)]
    for invoice in queue:
        if issuing.spend_credit(account, invoice, Allocation.Kind.SETTLEMENT, as_of) and invoice.open_minor == 0:
            outbox.emit("invoice.paid", at=as_of, account=account, data=issuing.event_data(invoice))
    access.announce_changes(account, as_of=as_of)
    settled = Allocation.objects.filter(
        credit__account=account, pk__gt=last_allocation, kind=Allocation.Kind.SETTLEMENT
    )
    return list(settled.select_related("invoice").order_by("pk"))


def accounts_to_settle() -> list[int]:
    """Reads the keys of the accounts where credit waits while an invoice is open: earlier releases let it wait (D21)."""
    with_credit = Credit.objects.unapplied().values("account")
    waiting = Invoice.objects.open().filter(account__in=with_credit)
    return list(waiting.order_by("account").values_list("account", flat=True).distinct())


@transaction.atomic
def settle_account(*, account_id: int, as_of: datetime) -> list[Allocation]:
    """Pays the open invoices of one account from the credit that waits; returns the allocations."""
    return settle_open_invoices(lock_account(account_id, as_of=as_of), as_of=as_of)


def add_credit(
    *, account: BillingAccount, kind: Credit.Kind, entry: Entry, amount_minor: int, as_of: datetime
) -> Credit:
    """Adds unused credit of ``amount_minor`` from ``entry`` to ``account`` and returns it."""
    return Credit.objects.create(
        account=account,
        kind=kind,
        currency=account.currency,
        amount_minor=amount_minor,
        unapplied_minor=amount_minor,
        at=as_of,
        entry=entry,
    )


def withdraw_credit(*, credit: Credit, as_of: datetime) -> None:
    """Takes ``credit`` off the account; what it paid is open again. The caller has posted the entry for it, and settles."""
    for row in credit.allocations.exclude(invoice=None).order_by("pk"):
        Allocation.objects.create(
            credit=credit, invoice=row.invoice, kind=Allocation.Kind.UNDONE, amount_minor=-row.amount_minor, at=as_of
        )
    Allocation.objects.create(
        credit=credit, invoice=None, kind=Allocation.Kind.WITHDRAWN, amount_minor=credit.amount_minor, at=as_of
    )


def _check_payment(new: NewPayment, account: BillingAccount, as_of: datetime) -> None:
    check_amount(new.amount_minor)
    if new.currency != account.currency:
        raise BadInput(
            _("This account is kept in %(currency)s: enter the sum in that currency.") % {"currency": account.currency},
            field="currency",
            code="currency_mismatch",
        )
    if new.method not in Payment.Method.values:
        raise BadInput(_("Choose one of: %(known)s.") % {"known": ", ".join(Payment.Method.values)}, field="method")
    if new.received_at is not None and new.received_at > as_of:
        raise BadInput(
            _("Money cannot have come in the future: check the date."), field="received_at", code="in_the_future"
        )


@transaction.atomic
def record_payment(*, account: BillingAccount, new: NewPayment, as_of: datetime, actor: str) -> Payment:
    """Records a payment and pays open invoices from it; returns the payment.

    Refuses a wrong sum, another currency, a date in the future and an invoice of somebody else, writing nothing.
    """
    account = lock_account(account, as_of=as_of)
    _check_payment(new, account, as_of)
    invoice = _find_invoice(account, new.invoice_number)
    payment = Payment(
        account=account,
        method=new.method,
        reference=new.reference,
        currency=account.currency,
        amount_minor=new.amount_minor,
        received_at=new.received_at or as_of,
        recorded_at=as_of,
        recorded_by=actor,
        invoice=invoice,
    )
    receipts_account = posting.seller_account(account.seller, RECEIVED_ON[Payment.Method(new.method)])
    entry = posting.post(
        key=external_ids.fact_key("payment", account.number, payment.public_id, new.external_id),
        kind=Entry.Kind.PAYMENT,
        account=account,
        moves=[posting.Move(receipts_account, posting.customer_side(account), new.amount_minor)],
        at=as_of,
        actor=actor,
        reason=new.reference,
    )
    payment.credit = add_credit(
        account=account, kind=Credit.Kind.PAYMENT, entry=entry, amount_minor=new.amount_minor, as_of=as_of
    )
    payment.save(force_insert=True)
    outbox.emit("payment.received", at=as_of, account=account, data=_summary(payment))
    settle_open_invoices(account, as_of=as_of, first=invoice)
    notices.queue_payment_received(payment=payment, at=as_of)
    audit.record(
        actor=actor,
        action="payment.recorded",
        target=payment,
        at=as_of,
        customer=account.customer,
        reason=new.reference,
        after=_summary(payment),
    )
    return payment


@transaction.atomic
def record_payment_once(
    *, account: BillingAccount, new: NewPayment, as_of: datetime, actor: str
) -> tuple[Payment, bool]:
    """Records a payment, once for each ``new.external_id`` of the account; returns it and whether it was recorded just now.

    Refuses an id under which something else was recorded, naming that payment.
    """
    account = posting.lock(account)
    entry = external_ids.find_entry("payment", account.number, new.external_id)
    if entry is None:
        return record_payment(account=account, new=new, as_of=as_of, actor=actor), True
    payment = Payment.objects.select_related("account", "credit", "invoice").get(credit__entry=entry)
    recorded = (payment.amount_minor, payment.currency, payment.method, payment.reference, payment.received_at)
    requested = (new.amount_minor, new.currency, new.method, new.reference, new.received_at or payment.recorded_at)
    if recorded != requested or new.invoice_number != (payment.invoice.number if payment.invoice else ""):
        raise external_ids.taken_error(new.external_id, payment_id=payment.public_id)
    return payment, False


def _summary(payment: Payment) -> dict[str, object]:
    return {
        "id": payment.public_id,
        "account": payment.account.number,
        "amount": outbox.money_data(payment.amount_minor, payment.currency),
        "method": payment.method,
        "reference": payment.reference,
    }


def _reopen_offer(payment: Payment) -> Credit | None:
    """Opens the offer that ``payment`` paid for payment again; returns its bonus, locked."""
    link = OfferPayment.objects.filter(payment=payment).select_related("offer", "bonus").first()
    if link is None:
        return None
    link.offer.paid_at = None
    link.offer.save(update_fields=["paid_at"])
    if link.bonus is None:
        return None
    return Credit.objects.select_for_update().get(pk=link.bonus.pk)


def _reverse_credit(credit: Credit, *, as_of: datetime, actor: str, reason: str) -> Entry:
    """Reverses the entry of ``credit`` and takes the credit off the account; what it paid is open again."""
    entry = posting.reverse(entry=credit.entry, at=as_of, actor=actor, reason=reason)
    withdraw_credit(credit=credit, as_of=as_of)
    return entry


@transaction.atomic
def reverse_payment(*, payment: Payment, as_of: datetime, actor: str, reason: str) -> Entry:
    """Takes back a payment that was recorded by mistake: its entry is reversed, what it paid is open again (G5, D15).

    Where it paid an offer, the bonus goes with it and the offer can be paid again (M11).
    """
    if not reason.strip():
        raise BadInput(_("Say why the payment is taken back: the reason stays with it."), field="reason", rule="D15")
    account = lock_account(payment.account_id, as_of=as_of)
    credit = Credit.objects.select_for_update().get(pk=payment.credit_id)
    if Entry.objects.filter(reverses=credit.entry).exists():
        raise BillingError(_("This payment has been taken back already."), code="already_reversed", rule="G5")
    bonus = _reopen_offer(payment)
    entry = _reverse_credit(credit, as_of=as_of, actor=actor, reason=reason)
    if bonus is not None:
        _reverse_credit(bonus, as_of=as_of, actor=actor, reason=reason)
    outbox.emit("payment.refunded", at=as_of, account=account, data={**_summary(payment), "reason": reason})
    settle_open_invoices(account, as_of=as_of)
    audit.record(
        actor=actor,
        action="payment.reversed",
        target=payment,
        at=as_of,
        customer=account.customer,
        reason=reason,
        before=_summary(payment),
    )
    return entry
