"""Credit notes: the only way to correct an issued invoice (G6, D9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from billing.errors import BadInput, BillingError
from billing.models import Allocation, BillingAccount, Credit, CreditNote, Entry, Invoice, LedgerAccount
from billing.operations import audit
from billing.operations.cycle.locking import lock_account
from billing.operations.events import outbox
from billing.operations.invoices import issuing
from billing.operations.ledger import external_ids, numbering, posting
from billing.operations.settlement import payments
from billing.pricing.periods import business_date


@dataclass(frozen=True)
class NoteLine:
    """A line of a credit note: what is credited and how much, in minor units."""

    description: str
    amount_minor: int


def credited_minor(invoice: Invoice) -> int:
    """Returns the sum of the credit notes on ``invoice`` so far, in minor units."""
    return CreditNote.objects.filter(invoice=invoice).aggregate(sum=Sum("total_minor"))["sum"] or 0


def _tax_of(invoice: Invoice, total_minor: int) -> int:
    """Returns the part of the invoice's VAT in a further ``total_minor`` that is credited, by the invoice's own proportion.

    Counted from all that has been credited, so that the parts never add up to more or less than the VAT of the whole.
    """
    share = Decimal(invoice.tax_minor) * (credited_minor(invoice) + total_minor) / invoice.total_minor
    earlier = CreditNote.objects.filter(invoice=invoice).aggregate(sum=Sum("tax_minor"))["sum"] or 0
    return int(share.quantize(Decimal(1), rounding=ROUND_HALF_UP)) - earlier


def _build_moves(invoice: Invoice, total_minor: int, tax_minor: int) -> list[posting.Move]:
    customer = posting.customer_side(invoice.account)
    revenue = posting.seller_account(invoice.seller, LedgerAccount.Kind.REVENUE)
    moves = [posting.Move(revenue, customer, total_minor)]
    if tax_minor:
        moves.append(posting.Move(posting.seller_account(invoice.seller, LedgerAccount.Kind.VAT), revenue, tax_minor))
    return moves


@transaction.atomic
def issue_credit_note(
    *, invoice: Invoice, lines: Sequence[NoteLine], reason: str, as_of: datetime, actor: str, external_id: str = ""
) -> CreditNote:
    """Issues a credit note on ``lines`` of ``invoice``: it pays what is open on it, the rest stays on the account (D9).

    Dated today, numbered in a series of its own. Refuses more than the invoice has left to credit.
    """
    if not reason.strip():
        raise BadInput(
            _("Say what is put right: the reason is printed on the credit note."), field="reason", rule="D15"
        )
    account = lock_account(invoice.account_id, as_of=as_of)
    invoice = Invoice.objects.select_related("seller", "account__seller").get(pk=invoice.pk)
    total_minor = _check_total(invoice, lines)
    note = _post_note(invoice, account, lines, total_minor, reason, as_of, actor, external_id)
    _settle_credit_note(note, invoice, account, as_of)
    audit.record(
        actor=actor, action="credit_note.issued", target=note, at=as_of, customer=account.customer, reason=reason
    )
    return note


def _check_total(invoice: Invoice, lines: Sequence[NoteLine]) -> int:
    """Adds up ``lines``, in minor units. Refuses more than ``invoice`` has left to credit (D9)."""
    total_minor = sum(payments.check_amount(line.amount_minor, "lines") for line in lines)
    payments.check_amount(total_minor)
    left = invoice.total_minor - credited_minor(invoice)
    if total_minor > left:
        raise BillingError(
            _("Only %(amount)s %(currency)s of this invoice can still be credited.")
            % outbox.money_data(left, invoice.currency),
            code="credit_exceeds_invoice",
            rule="D9",
        )
    return total_minor


def _post_note(
    invoice: Invoice,
    account: BillingAccount,
    lines: Sequence[NoteLine],
    total_minor: int,
    reason: str,
    as_of: datetime,
    actor: str,
    external_id: str,
) -> CreditNote:
    """Posts the note's entry and writes its row, with the next number of its own series."""
    tax_minor = _tax_of(invoice, total_minor)
    series = f"{invoice.series}C"
    number, year, sequence = numbering.next_document_number(invoice.seller, series, as_of)
    entry = posting.post(
        key=external_ids.fact_key("credit_note", invoice.number, number, external_id),
        kind=Entry.Kind.CREDIT_NOTE,
        account=account,
        moves=_build_moves(invoice, total_minor, tax_minor),
        at=as_of,
        actor=actor,
        reason=reason,
    )
    return CreditNote.objects.create(
        number=number,
        series=series,
        year=year,
        sequence=sequence,
        invoice=invoice,
        account=account,
        currency=invoice.currency,
        total_minor=total_minor,
        tax_minor=tax_minor,
        lines=[{"description": line.description, "amount_minor": line.amount_minor} for line in lines],
        reason=reason,
        issue_date=business_date(as_of, account.zone),
        issued_at=as_of,
        issued_by=actor,
        entry=entry,
    )


def _settle_credit_note(note: CreditNote, invoice: Invoice, account: BillingAccount, as_of: datetime) -> None:
    """Pays what is open on ``invoice`` from the note's credit, then the oldest of the account's other invoices."""
    credit = payments.add_credit(
        account=account, kind=Credit.Kind.CREDIT_NOTE, entry=note.entry, amount_minor=note.total_minor, as_of=as_of
    )
    if invoice.open_minor:
        Allocation.objects.create(
            credit=credit,
            invoice=invoice,
            kind=Allocation.Kind.SETTLEMENT,
            at=as_of,
            amount_minor=min(invoice.open_minor, note.total_minor),
        )
        invoice.refresh_from_db(fields=["open_minor"])
        if invoice.open_minor == 0:
            outbox.emit("invoice.paid", at=as_of, account=account, data=issuing.event_data(invoice))
    payments.settle_open_invoices(account, as_of=as_of)


@transaction.atomic
def issue_credit_note_once(
    *, invoice: Invoice, lines: Sequence[NoteLine], reason: str, as_of: datetime, actor: str, external_id: str
) -> tuple[CreditNote, bool]:
    """Issues a credit note, once for each ``external_id`` of the invoice; returns it and whether it was issued just now.

    Refuses an id under which something else was credited, naming that note.
    """
    posting.lock(invoice.account_id)
    entry = external_ids.find_entry("credit_note", invoice.number, external_id)
    if entry is None:
        note = issue_credit_note(
            invoice=invoice, lines=lines, reason=reason, as_of=as_of, actor=actor, external_id=external_id
        )
        return note, True
    note = CreditNote.objects.select_related("invoice", "account").get(entry=entry)
    requested = [{"description": line.description, "amount_minor": line.amount_minor} for line in lines]
    if (note.lines, note.reason) != (requested, reason):
        raise external_ids.taken_error(external_id, credit_note=note.number)
    return note, False


def credit_in_full(*, invoice: Invoice, as_of: datetime, actor: str, reason: str) -> CreditNote:
    """Credits all of ``invoice``, line by line: it is void from now on (D6, D19)."""
    lines = [NoteLine(line.description, line.amount_minor) for line in invoice.lines.order_by("position")]
    return issue_credit_note(invoice=invoice, lines=lines, reason=reason, as_of=as_of, actor=actor)
