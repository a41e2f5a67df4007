"""Invoices and credit notes: the lists, one invoice with everything that explains it, and the PDFs."""

import logging
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing import clock
from billing.documents.credit_notes import credit_note_pdf as credit_note_content
from billing.documents.errors import DocumentError
from billing.documents.invoices import invoice_context
from billing.documents.purpose import payment_purpose
from billing.downloads import pdf_page
from billing.models import CreditNote, Invoice, Notice
from billing.operations.run import delivery
from billing.portal.get_or_404 import credit_note_or_404
from billing.portal.permissions import AccountSelection, billing_page, invoice_or_404, select_account, signed_in_user
from billing.pricing.due_dates import midnight_after
from billing.pricing.periods import business_date, next_month
from billing.reports import invoices as reports
from billing.reports import overview

logger = logging.getLogger(__name__)

ROWS = 25
# Credit notes are rare: the latest are on the page, each is also on the page of its invoice.
CREDIT_NOTES = 25


@require_GET
@billing_page
def documents(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Lists the account's invoices with their state today and its credit notes, newest first."""
    as_of, account = clock.now(), selection.account
    money = overview.account_position(account=account, as_of=as_of)
    page = Paginator(reports.invoices_of(account), ROWS).get_page(request.GET.get("page"))
    context = {
        "section": "documents",
        "selection": selection,
        "zone": account.zone,
        "money": money,
        "read_only_debt": bool(money.overdue),
        "page": page,
        "notes": CreditNote.objects.filter(account=account).select_related("invoice")[:CREDIT_NOTES],
        "states": reports.invoice_states(page.object_list, money.today),
        "first_invoice": next_month(money.charged_month),
    }
    return render(request, "portal/documents.html", context)


@require_GET
@login_required
def document(request: HttpRequest, number: str) -> HttpResponse:
    """Shows one invoice: what is to be paid, what it is made of, what has been paid, and how to pay the rest."""
    as_of = clock.now()
    invoice = invoice_or_404(signed_in_user(request), number)
    selection = select_account(request, invoice.account.number)
    return render(
        request, "portal/invoice.html", {"section": "documents", "selection": selection, **_page(invoice, as_of)}
    )


def _page(invoice: Invoice, as_of: datetime) -> dict[str, Any]:
    account = invoice.account
    today = business_date(as_of, account.zone)
    money = overview.account_position(account=account, as_of=as_of)
    (state,) = reports.invoice_states(reports.with_credited(Invoice.objects.filter(pk=invoice.pk)), today)
    return {
        "zone": account.zone,
        "today": today,
        "invoice": invoice,
        "state": state,
        "money": money,
        "read_only_debt": bool(money.overdue),
        "lock_at": midnight_after(invoice.due_date, account.zone),
        "lines": invoice.lines.select_related("subscription__instance").order_by("position"),
        "settlements": reports.settlements(invoice),
        "sent": Notice.objects.filter(invoice=invoice, kind="invoice_issued").order_by("pk"),
        "purpose": payment_purpose(invoice_context(invoice)),
    }


@require_GET
@login_required
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    """Answers the stored PDF; renders and stores it first where the job has not done so yet (G6)."""
    invoice = invoice_or_404(signed_in_user(request), number)
    try:
        document = delivery.document_of(invoice=invoice, as_of=clock.now())
    except DocumentError:
        logger.exception("the PDF of %s could not be made", invoice.number)
        return render(request, "portal/no_pdf.html", {"invoice": invoice}, status=503)
    return pdf_page(bytes(document.content), name=invoice.number)


@require_GET
@login_required
def credit_note_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """Answers the credit note's PDF, rendered from its row, which never changes (G6)."""
    note = credit_note_or_404(signed_in_user(request), number)
    try:
        return pdf_page(credit_note_content(note), name=note.number)
    except DocumentError:
        logger.exception("the PDF of %s could not be made", note.number)
        return render(request, "portal/no_pdf.html", {"invoice": note.invoice}, status=503)
