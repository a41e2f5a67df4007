from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel

from billing.api.v1.fields import DayText, InstantText, Money, instant_text, one_of, plain_number
from billing.api.v1.schemas.subscriptions import Span
from billing.models import CreditNote, Invoice, InvoiceLine
from billing.pricing.explanations.explanation import plain_price
from billing.pricing.periods import business_date
from billing.reports.invoices import invoice_states
from billing.wording import charge_lines, formats


class LineAnswer(BaseModel):
    """``explanation`` is the computation as a person would write it: ``11 × 599.00 = 6 589.00`` (G8)."""

    description: str
    quantity: int | str
    unit: str
    unit_price: str
    amount: Money
    explanation: str


class InvoiceAnswer(BaseModel):
    """Issued, it never changes but in ``open`` and ``status`` (G6); ``total`` is gross, ``tax`` the VAT in it."""

    id: str
    number: str
    kind: Annotated[str, one_of(*Invoice.Kind.values)]
    account: str
    currency: str
    issue_date: DayText
    due_date: DayText
    issued_at: InstantText
    period: Span
    status: Annotated[str, one_of(*Invoice.Status.values)]
    total: Money
    tax: Money
    credit_applied: Money
    amount_due: Money
    open: Money
    lines: list[LineAnswer]


def _line(line: InvoiceLine, currency: str) -> LineAnswer:
    return LineAnswer(
        description=line.description,
        quantity=plain_number(line.quantity),
        unit=line.unit,
        unit_price=plain_price(line.unit_price),
        amount=Money.of(line.amount_minor, currency),
        explanation=formats.plain_formula_text(charge_lines.explanation_of(line)),
    )


def invoice_answer(invoice: Invoice, as_of: datetime) -> InvoiceAnswer:
    """Answers the invoice (read through `reports.invoices.with_credited`, lines prefetched) with its status at ``as_of``."""
    today: date = business_date(as_of, invoice.account.zone)
    [state] = invoice_states([invoice], today)
    currency = invoice.currency
    return InvoiceAnswer(
        id=str(invoice.id),
        number=invoice.number,
        kind=invoice.kind,
        account=invoice.account.number,
        currency=currency,
        issue_date=invoice.issue_date.isoformat(),
        due_date=invoice.due_date.isoformat(),
        issued_at=instant_text(invoice.issued_at),
        period=Span(start=invoice.period_start.isoformat(), end=invoice.period_end.isoformat()),
        status=str(state.status),
        total=Money.of(invoice.total_minor, currency),
        tax=Money.of(invoice.tax_minor, currency),
        credit_applied=Money.of(invoice.credit_applied_minor, currency),
        amount_due=Money.of(invoice.amount_due_minor, currency),
        open=Money.of(invoice.open_minor, currency),
        lines=[_line(line, currency) for line in sorted(invoice.lines.all(), key=lambda row: row.position)],
    )


class CreditedLineAnswer(BaseModel):
    description: str
    amount: Money


class CreditNoteAnswer(BaseModel):
    """A credit note in its own series; what it gives back first meets its invoice, the rest stays on the account (D9)."""

    id: str
    number: str
    invoice: str
    account: str
    issue_date: DayText
    total: Money
    tax: Money
    reason: str
    lines: list[CreditedLineAnswer]


def credit_note_answer(note: CreditNote) -> CreditNoteAnswer:
    return CreditNoteAnswer(
        id=str(note.id),
        number=note.number,
        invoice=note.invoice.number,
        account=note.account.number,
        issue_date=note.issue_date.isoformat(),
        total=Money.of(note.total_minor, note.currency),
        tax=Money.of(note.tax_minor, note.currency),
        reason=note.reason,
        lines=[
            CreditedLineAnswer(description=line["description"], amount=Money.of(line["amount_minor"], note.currency))
            for line in note.lines
        ],
    )
