"""From an issued credit note to its PDF: everything comes from its own row and its invoice's copies (G6), nothing from today."""

from decimal import Decimal

from billing.documents.context import CreditNoteContext, DocumentLine, Party
from billing.documents.invoices import UNITS
from billing.documents.renderer import render_credit_note
from billing.models import CreditNote
from billing.pricing.money import from_minor


def credit_note_context(note: CreditNote) -> CreditNoteContext:
    """Collects what the document of ``note`` prints, in the language of its invoice."""
    invoice = note.invoice
    return CreditNoteContext(
        number=note.number,
        issue_date=note.issue_date,
        locale=invoice.locale,
        currency=note.currency,
        seller=Party.from_snapshot(invoice.seller_snapshot),
        buyer=Party.from_snapshot(invoice.buyer_snapshot),
        account_number=note.account.number,
        lines=tuple(
            DocumentLine(
                number=number,
                description=str(line["description"]),
                quantity=Decimal(1),
                unit=UNITS[invoice.locale]["unit"],
                unit_price=(amount := from_minor(int(line["amount_minor"]), note.currency)),
                amount=amount,
            )
            for number, line in enumerate(note.lines, start=1)
        ),
        total=from_minor(note.total_minor, note.currency),
        tax=from_minor(note.tax_minor, note.currency),
        tax_percent=invoice.tax_percent,
        invoice_number=invoice.number,
        invoice_date=invoice.issue_date,
        reason=note.reason,
    )


def credit_note_pdf(note: CreditNote) -> bytes:
    """Renders the PDF of ``note``: a credit note never changes, so these are the same bytes whenever it is rendered."""
    return render_credit_note(credit_note_context(note))
