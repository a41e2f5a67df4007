from datetime import datetime
from typing import Annotated

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router

from billing import clock
from billing.api.v1 import lookup
from billing.api.v1.auth import actor_of
from billing.api.v1.document import examples, links
from billing.api.v1.document.facts import describe
from billing.api.v1.once import Result, once
from billing.api.v1.paging import Listed, PageQuery, cursor_refusal, encode_cursor, split_page
from billing.api.v1.problems import problem
from billing.api.v1.schemas.invoices import CreditNoteAnswer, InvoiceAnswer, credit_note_answer, invoice_answer
from billing.api.v1.schemas.requests import Code, NewCreditNote
from billing.api.v1.sentences import SENTENCES
from billing.documents.errors import DocumentError
from billing.errors import BadInput
from billing.models import Invoice, Seller
from billing.operations.run import delivery
from billing.operations.settlement import credit_notes
from billing.pricing.periods import business_date
from billing.reports.invoices import with_credited

router = Router(tags=["invoices"])

BYTES = {"schema": {"type": "string", "format": "binary"}}
PDF = {"responses": {200: {"description": "The document", "content": {"application/pdf": BYTES}}}}


def _filter_status(invoices: "QuerySet[Invoice]", status: str, as_of: datetime) -> "QuerySet[Invoice]":
    """Filters to the invoices that `Invoice.status_on` calls ``status``; overdue counts by the seller's business day (M8)."""
    late = Q(pk__in=[])
    for seller in Seller.objects.all():
        late |= Q(seller=seller, due_date__lt=business_date(as_of, seller.time_zone))
    void = Q(credited=F("total_minor"))
    conditions = {
        Invoice.Status.VOID: void,
        Invoice.Status.PAID: ~void & Q(open_minor=0),
        Invoice.Status.OVERDUE: ~void & Q(open_minor__gt=0) & late,
        Invoice.Status.OPEN: ~void & Q(open_minor__gt=0) & ~late,
    }
    return invoices.filter(conditions[Invoice.Status(status)])


def _follow(invoices: "QuerySet[Invoice]", key: str) -> "QuerySet[Invoice]":
    """Filters to what follows the invoice ``key`` in a list that begins with the newest."""
    if not key:
        return invoices
    last = Invoice.objects.filter(number=key).first()
    if last is None:
        raise cursor_refusal()
    return invoices.filter(Q(issued_at__lt=last.issued_at) | Q(issued_at=last.issued_at, number__lt=last.number))


@router.get(
    "invoices",
    response=Listed[InvoiceAnswer],
    summary="Invoices",
    openapi_extra=describe(
        refusals=("invalid_cursor",),
        answer=examples.page(examples.AN_INVOICE),
        links=links.links_to(*links.CALLS_OF_INVOICE, number="$response.body#/items/0/number"),
    ),
)
def list_invoices(
    request: HttpRequest,
    query: PageQuery,
    account: Annotated[Code | None, Query()] = None,
    status: Annotated[Invoice.Status | None, Query()] = None,
) -> Listed[InvoiceAnswer]:
    """Invoices, the newest first: all, those of an account, those that are open, paid, overdue or void now."""
    as_of = clock.now()
    invoices = with_credited(Invoice.objects.order_by("-issued_at", "-number"))
    if account is not None:
        invoices = invoices.filter(account__number=account)
    if status is not None:
        invoices = _filter_status(invoices, status, as_of)
    rows = _follow(invoices, query.key()).select_related("account__seller").prefetch_related("lines")
    page, more = split_page(rows[: query.limit + 1], query.limit)
    return Listed[InvoiceAnswer](
        items=[invoice_answer(invoice, as_of) for invoice in page],
        next=encode_cursor(page[-1].number) if more else None,
    )


@router.get(
    "invoices/{number}",
    response=InvoiceAnswer,
    summary="An invoice",
    openapi_extra=describe(answer=examples.AN_INVOICE),
)
def get_invoice(request: HttpRequest, number: str) -> InvoiceAnswer:
    """Returns an invoice with its lines and how each was worked out (G8)."""
    return invoice_answer(lookup.invoice(number), clock.now())


@router.get(
    "invoices/{number}/pdf",
    response={200: None},
    summary="An invoice as PDF",
    openapi_extra={**PDF, **describe(refusals=("document_unavailable",))},
)
def get_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """Returns the document as it was first rendered, the same bytes ever after (G6)."""
    invoice = lookup.invoice(number)
    try:
        document = delivery.document_of(invoice=invoice, as_of=clock.now())
    except DocumentError:
        refusal = problem(503, "document_unavailable", SENTENCES["document_unavailable"])
        refusal["Retry-After"] = "60"
        return refusal
    answer = HttpResponse(bytes(document.content), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{invoice.number}.pdf"'
    answer["ETag"] = f'"{document.sha256}"'
    return answer


def _read_note_lines(payload: NewCreditNote, currency: str) -> list[credit_notes.NoteLine]:
    """Reads the lines of the note; a single amount is one line that the reason describes."""
    if (payload.lines is None) == (payload.amount is None):
        raise BadInput(_("Send either “lines” or “amount”."), field="amount")
    if payload.amount is not None:
        lines = [(payload.reason[:300], payload.amount)]
    else:
        lines = [(line.description, line.amount) for line in payload.lines or []]
    for _description, amount in lines:
        if amount.currency_or(currency) != currency:
            raise BadInput(
                _("This invoice is in %(currency)s: enter the sum in that currency.") % {"currency": currency},
                field="currency",
                code="currency_mismatch",
            )
    # A sum that is no number is None, which the operation refuses.
    return [credit_notes.NoteLine(text, amount.minor(currency)) for text, amount in lines]  # type: ignore[arg-type]


@router.post(
    "invoices/{number}/credit-notes",
    response={201: CreditNoteAnswer},
    summary="Issue a credit note",
    openapi_extra=describe(
        refusals=("external_id_taken", "credit_exceeds_invoice", "invalid_amount", "currency_mismatch"),
        body={"amount": "599.00", "reason": "One person was counted twice", "external_id": "desk-89"},
        answer=examples.A_CREDIT_NOTE,
        links=links.links_to("get_invoice", number="$response.body#/invoice"),
    ),
)
@once(201)
def issue_credit_note(request: HttpRequest, number: str, payload: NewCreditNote) -> Result:
    """Puts an invoice right by giving back a part or all of it (D9)."""
    invoice = lookup.invoice(number)
    note, is_new = credit_notes.issue_credit_note_once(
        invoice=invoice,
        lines=_read_note_lines(payload, invoice.currency),
        reason=payload.reason,
        as_of=clock.now(),
        actor=actor_of(request),
        external_id=payload.external_id or "",
    )
    return Result(credit_note_answer(note), is_new)
