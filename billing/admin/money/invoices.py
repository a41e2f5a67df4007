"""Invoices as they were issued, with their lines, documents and credit notes; what is done about them is in `invoice_acts`."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import DateTimeField, F, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from accounts.models import User
from billing import clock
from billing.admin.base import (
    ReadOnlyPage,
    ReadOnlyTable,
    badge,
    display,
    link,
    list_link,
    moment,
    money,
    short_column,
    short_date,
    short_moment,
)
from billing.admin.money.invoice_acts import Credit, RecordPaymentOfInvoice, Resend
from billing.documents.errors import DocumentError
from billing.models import Allocation, CreditNote, Invoice, InvoiceDocument, InvoiceLine, Notice
from billing.operations.run import delivery
from billing.operations.staff_roles import permission_of
from billing.pricing.periods import business_date
from billing.reports.invoices import with_credited
from billing.reports.worklists import workload
from billing.wording import charge_lines, formats

STATUS = {"open": "info", "paid": "good", "overdue": "bad", "void": "plain"}


class StatusFilter(admin.SimpleListFilter):
    """Status as of now: it is worked out, not kept."""

    title = _("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        days = workload.soon_days()
        return [
            ("overdue", _("overdue")),
            ("soon", ngettext("due within %(days)s day", "due within %(days)s days", days) % {"days": days}),
            ("open", _("open")),
            ("paid", pgettext_lazy("invoice", "paid")),
            ("void", _("void")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        as_of = clock.now()
        found = {
            "overdue": lambda: queryset.filter(pk__in=workload.overdue(as_of).values("pk")),
            "soon": lambda: queryset.filter(pk__in=workload.due_soon(as_of).values("pk")),
            "open": lambda: queryset.filter(pk__in=workload.not_due(as_of).values("pk")),
            "paid": lambda: queryset.filter(open_minor=0).exclude(credited=F("total_minor")),
            "void": lambda: queryset.filter(credited=F("total_minor")),
        }
        chosen = found.get(self.value() or "")
        return chosen() if chosen is not None else queryset


class LineTable(ReadOnlyTable):
    model = InvoiceLine
    fields = ("position", "description", "computed", "sum")
    readonly_fields = fields
    verbose_name_plural = pgettext_lazy("of an invoice", "Lines")
    tab = False

    @display(description=_("how it was worked out"))
    def computed(self, line: InvoiceLine) -> str:
        return formats.formula_text(charge_lines.explanation_of(line))

    @display(description=_("amount"))
    def sum(self, line: InvoiceLine) -> str:
        return money(line.amount_minor, line.invoice.currency)


class AllocationTable(ReadOnlyTable):
    model = Allocation
    fields = ("at_short", "kind", "credit_link", "sum")
    readonly_fields = fields
    at_short = short_column("at", _("when"))
    verbose_name_plural = _("What paid it")
    tab = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("credit", "invoice")

    @display(description=_("credit"))
    def credit_link(self, row: Allocation) -> str:
        return link(row.credit, row.credit.get_kind_display())

    @display(description=_("amount"))
    def sum(self, row: Allocation) -> str:
        return money(row.amount_minor, row.credit.currency)


class CreditNoteTable(ReadOnlyTable):
    model = CreditNote
    fields = ("number", "issue_date_short", "sum", "reason", "issued_by")
    readonly_fields = fields
    issue_date_short = short_column("issue_date", _("issued"))
    tab = False

    @display(description=_("total"))
    def sum(self, note: CreditNote) -> str:
        return money(note.total_minor, note.currency)


class NoticeTable(ReadOnlyTable):
    model = Notice
    fields = ("recipient", "edition", "state", "sent_at_short", "requested_by", "last_error")
    readonly_fields = fields
    sent_at_short = short_column("sent_at", _("sent"))
    verbose_name_plural = _("Mails and messages")
    show_change_link = True
    tab = False


@admin.register(Invoice)
class InvoicePage(ReadOnlyPage):
    acts = (RecordPaymentOfInvoice, Resend, Credit)
    list_display = ("number", "customer", "account", "issued_on", "due_on", "total", "still_open", "status")
    list_filter = (StatusFilter, "seller", "kind")
    list_select_related = ("account__customer", "seller")
    search_fields = (
        "number",
        "account__number",
        "account__customer__name",
        "account__customer__full_name",
        "account__customer__inn",
        "account__customer__email",
        "lines__description",
    )
    search_help_text = _("Invoice number, account number, customer, INN, email, domain")
    date_hierarchy = "issue_date"
    fieldsets = (
        (_("At a glance"), {"fields": ("status", "total", "credit_applied", "due_sum", "still_open", "pdf")}),
        (_("Invoice"), {"fields": ("number", "account_link", "seller", "kind", "period", "issued", "due_date", "tax")}),
    )
    readonly_fields = (
        "status",
        "total",
        "credit_applied",
        "due_sum",
        "still_open",
        "pdf",
        "account_link",
        "period",
        "issued",
        "tax",
    )
    inlines = (LineTable, AllocationTable, CreditNoteTable, NoticeTable)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what was credited and the one instant that all rows of the page are judged at."""
        as_of = Value(clock.now(), output_field=DateTimeField())
        return (
            with_credited(super().get_queryset(request))
            .annotate(as_of=as_of)
            .select_related("account__customer", "seller")
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.document)
        return [path("<path:object_id>/pdf/", view, name="billing_invoice_pdf"), *super().get_urls()]

    def document(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The stored PDF; that it was read is kept."""
        assert isinstance(request.user, User)
        if not request.user.has_perm(permission_of("read_invoice_document")):
            raise PermissionDenied
        invoice = self.get_object(request, object_id)
        if invoice is None:
            raise Http404
        try:
            stored = delivery.read_document(invoice=invoice, as_of=clock.now(), actor=request.user.email)
        except DocumentError as missing:
            return HttpResponse(str(missing), status=503, content_type="text/plain; charset=utf-8")
        response = HttpResponse(bytes(stored.content), content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{invoice.number}.pdf"'
        response["Cache-Control"] = "private, no-store"
        return response

    @display(description=_("issued"), ordering="issue_date")
    def issued_on(self, invoice: Invoice) -> str:
        return short_date(invoice.issue_date)

    @display(description=_("due"), ordering="due_date")
    def due_on(self, invoice: Invoice) -> str:
        return short_date(invoice.due_date)

    @display(description=_("customer"), ordering="account__customer__name")
    def customer(self, invoice: Invoice) -> str:
        return invoice.account.customer.name

    @display(description=_("status"))
    def status(self, invoice: Any) -> SafeString:
        today = business_date(invoice.as_of, invoice.seller.time_zone)
        status = invoice.status_on(today, int(invoice.credited))
        return badge(STATUS[str(status.value)], status.label)

    @display(description=_("total"), ordering="total_minor")
    def total(self, invoice: Invoice) -> str:
        return money(invoice.total_minor, invoice.currency)

    @display(description=_("still open"), ordering="open_minor")
    def still_open(self, invoice: Invoice) -> str:
        return money(invoice.open_minor or None, invoice.currency)

    @display(description=_("credit applied at issue"))
    def credit_applied(self, invoice: Invoice) -> str:
        return money(invoice.credit_applied_minor or None, invoice.currency)

    @display(description=_("due at issue"))
    def due_sum(self, invoice: Invoice) -> str:
        return money(invoice.amount_due_minor, invoice.currency)

    @display(description=_("VAT in it"))
    def tax(self, invoice: Invoice) -> str:
        if invoice.tax_percent is None:
            return str(_("no VAT"))
        return f"{money(invoice.tax_minor, invoice.currency)} ({formats.percent_text(invoice.tax_percent)})"

    @display(description=_("billing account"))
    def account_link(self, invoice: Invoice) -> str:
        return link(invoice.account, f"{invoice.account} · {invoice.account.customer}")

    @display(description=_("period"))
    def period(self, invoice: Invoice) -> str:
        return formats.span_text(invoice.period_start, invoice.span.last_day)

    @display(description=_("issued"))
    def issued(self, invoice: Invoice) -> str:
        return moment(invoice.issued_at)

    @display(description=_("document"))
    def pdf(self, invoice: Invoice) -> SafeString:
        kept = InvoiceDocument.objects.filter(invoice=invoice).values_list("sha256", flat=True).first()
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500 hover:underline" href="{}">{}</a> <span class="text-xs">{}</span>',
            reverse("admin:billing_invoice_pdf", args=(invoice.pk,)),
            _("PDF of %(number)s") % {"number": invoice.number},
            f"SHA-256 {kept[:12]}…" if kept else "",
        )


@admin.register(InvoiceDocument)
class InvoiceDocumentPage(ReadOnlyPage):
    list_display = ("invoice", "fingerprint", "rendered")
    list_select_related = ("invoice",)
    search_fields = ("invoice__number", "sha256")
    fields = ("invoice", "sha256", "rendered")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("content")

    @display(description=_("SHA-256"))
    def fingerprint(self, row: InvoiceDocument) -> str:
        return row.sha256[:16]

    @display(description=_("rendered"), ordering="rendered_at")
    def rendered(self, row: InvoiceDocument) -> str:
        return short_moment(row.rendered_at)


@admin.register(CreditNote)
class CreditNotePage(ReadOnlyPage):
    list_display = ("number", "customer", "invoice_link", "issued_on", "sum", "issued_by")
    issued_on = short_column("issue_date", _("issued"))
    list_select_related = ("account__customer", "invoice")
    search_fields = (
        "number",
        "invoice__number",
        "account__number",
        "account__customer__name",
        "account__customer__inn",
        "reason",
    )
    fields = ("number", "invoice_link", "sum", "tax", "reason", "issue_date", "issued_by", "entry_link")
    readonly_fields = fields

    @display(description=_("customer"))
    def customer(self, note: CreditNote) -> str:
        return note.account.customer.name

    @display(description=_("invoice"))
    def invoice_link(self, note: CreditNote) -> str:
        return link(note.invoice)

    @display(description=_("total"), ordering="total_minor")
    def sum(self, note: CreditNote) -> str:
        return money(note.total_minor, note.currency)

    @display(description=_("VAT in it"))
    def tax(self, note: CreditNote) -> str:
        return money(note.tax_minor or None, note.currency)

    @display(description=_("entry"))
    def entry_link(self, note: CreditNote) -> SafeString | str:
        return list_link(type(note.entry), f"q={note.number}", note.entry.key)
