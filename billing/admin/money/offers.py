"""A year up front (M11): its offer as staff see it, its state, and its document read as a PDF."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import DateTimeField, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from accounts.models import User
from billing import clock
from billing.admin.base import (
    ReadOnlyPage,
    ReadOnlyTable,
    badge,
    display,
    link,
    moment,
    money,
    short_column,
    short_date,
    short_moment,
)
from billing.admin.money.offer_acts import RecordOfferPayment, WithdrawOffer
from billing.documents.errors import DocumentError
from billing.downloads import attachment
from billing.models import Notice, Offer
from billing.operations.run import document_reads
from billing.operations.staff_roles import permission_of
from billing.pricing.periods import business_date
from billing.reports.worklists import waiting
from billing.wording import formats


def state_badge(offer: Offer, as_of: datetime) -> SafeString:
    """Paid, taken back, over, accepted or open."""
    if offer.paid_at is not None:
        return badge("good", pgettext_lazy("offer", "paid"))
    if offer.withdrawn_at is not None:
        return badge("plain", _("taken back"))
    if not offer.is_open(business_date(as_of, offer.account.zone)):
        return badge("plain", _("over"))
    return badge("warn", _("accepted, to be paid")) if offer.accepted_at else badge("info", pgettext("offer", "open"))


class OfferFilter(admin.SimpleListFilter):
    """Open, accepted, paid, over."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [
            ("open", pgettext("offer", "open")),
            ("accepted", _("accepted, to be paid")),
            ("paid", pgettext_lazy("offer", "paid")),
            ("over", _("over")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "paid":
            return queryset.exclude(paid_at=None)
        opened = waiting.open_offers(clock.now()).values("pk")
        if self.value() == "over":
            return queryset.filter(paid_at=None).exclude(pk__in=opened)
        if self.value() in ("open", "accepted"):
            found = queryset.filter(pk__in=opened)
            return found.exclude(accepted_at=None) if self.value() == "accepted" else found
        return queryset


class OfferNoticeTable(ReadOnlyTable):
    model = Notice
    fields = ("recipient", "edition", "state", "sent_at_short", "last_error")
    readonly_fields = fields
    sent_at_short = short_column("sent_at", _("sent"))
    verbose_name_plural = _("Mails and messages")
    show_change_link = True
    tab = False


@admin.register(Offer)
class OfferPage(ReadOnlyPage):
    acts = (RecordOfferPayment, WithdrawOffer)
    list_display = ("number", "customer", "sent", "people", "pay_text", "valid", "state")
    list_filter = (OfferFilter,)
    list_select_related = ("account__customer", "account__seller")
    search_fields = ("number", "account__number", "account__customer__name", "subscription__instance__domain")
    search_help_text = _("Offer number, account number, customer, domain")
    fieldsets = (
        (_("At a glance"), {"fields": ("state", "pay_text", "pdf")}),
        (_("How it was worked out"), {"fields": ("people", "month_text", "full_text", "discount", "discount_text")}),
        (
            _("Offer"),
            {
                "fields": (
                    "number",
                    "account_link",
                    "instance_link",
                    "valid",
                    "note",
                    "sent_text",
                    "sent_by",
                    "accepted_text",
                    "accepted_by",
                    "paid_text",
                    "withdrawn_text",
                )
            },
        ),
    )
    readonly_fields = (
        "state",
        "pay_text",
        "pdf",
        "month_text",
        "full_text",
        "discount",
        "discount_text",
        "account_link",
        "instance_link",
        "valid",
        "sent_text",
        "accepted_text",
        "paid_text",
        "withdrawn_text",
    )
    inlines = (OfferNoticeTable,)

    def get_queryset(self, request: HttpRequest) -> Any:
        as_of = Value(clock.now(), output_field=DateTimeField())
        found = super().get_queryset(request).annotate(as_of=as_of)
        return found.select_related(*self.list_select_related, "subscription__instance")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.document)
        return [path("<path:object_id>/pdf/", view, name="billing_offer_pdf"), *super().get_urls()]

    def document(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The stored PDF; that it was read is kept."""
        assert isinstance(request.user, User)
        if not request.user.has_perm(permission_of("read_invoice_document")) or not self.has_view_permission(request):
            raise PermissionDenied
        offer = self.get_object(request, object_id)
        if offer is None:
            raise Http404
        try:
            stored = document_reads.read_offer_document(offer=offer, as_of=clock.now(), actor=request.user.email)
        except DocumentError as missing:
            return HttpResponse(str(missing), status=503, content_type="text/plain; charset=utf-8")
        return attachment(bytes(stored.content), name=f"{offer.number}.pdf", content_type="application/pdf")

    @display(description=_("customer"), ordering="account__customer__name")
    def customer(self, row: Offer) -> str:
        return row.account.customer.name

    @display(description=_("sent"), ordering="sent_at")
    def sent(self, row: Offer) -> str:
        return short_moment(row.sent_at)

    @display(description=_("valid until"), ordering="valid_until")
    def valid(self, row: Offer) -> str:
        return short_date(row.valid_until)

    @display(description=_("discount"), ordering="discount_percent")
    def discount(self, row: Offer) -> str:
        return formats.percent_text(row.discount_percent)

    @display(description=_("discount in money"))
    def discount_text(self, row: Offer) -> str:
        return money(row.discount_minor, row.currency)

    @display(description=_("to be paid"), ordering="pay_minor")
    def pay_text(self, row: Offer) -> str:
        return money(row.pay_minor, row.currency)

    @display(description=_("a month"))
    def month_text(self, row: Offer) -> str:
        return money(row.month_minor, row.currency)

    @display(description=_("value credited"))
    def full_text(self, row: Offer) -> str:
        return money(row.full_minor, row.currency)

    @display(description=_("state"))
    def state(self, row: Any) -> SafeString:
        return state_badge(row, row.as_of)

    @display(description=_("document"))
    def pdf(self, row: Offer) -> SafeString:
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500 hover:underline" href="{}">{}</a>',
            reverse("admin:billing_offer_pdf", args=(row.pk,)),
            _("PDF of offer %(number)s") % {"number": row.number},
        )

    @display(description=_("billing account"))
    def account_link(self, row: Offer) -> str:
        return link(row.account, f"{row.account} · {row.account.customer}")

    @display(description=_("instance"))
    def instance_link(self, row: Offer) -> str:
        return link(row.subscription.instance)

    @display(description=_("sent"))
    def sent_text(self, row: Offer) -> str:
        return moment(row.sent_at)

    @display(description=_("accepted"))
    def accepted_text(self, row: Offer) -> str:
        return moment(row.accepted_at)

    @display(description=pgettext_lazy("offer", "paid"))
    def paid_text(self, row: Offer) -> str:
        return moment(row.paid_at)

    @display(description=_("taken back"))
    def withdrawn_text(self, row: Offer) -> str:
        return moment(row.withdrawn_at)
