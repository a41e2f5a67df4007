"""A year up front (M11): worked out with its figures before it is sent, taken back, paid by bank, read as a PDF."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import DateTimeField, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy
from unfold import widgets
from unfold.enums import ActionVariant

from accounts.models import User
from billing import clock
from billing.admin.acts import four_eyes
from billing.admin.acts.act_pages import Act, ActForm, ReasonForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.form_fields import instant_field, model_field, text_field
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
from billing.documents.errors import DocumentError
from billing.downloads import attachment
from billing.models import Approval, BillingAccount, CustomerRequest, Notice, Offer, Payment, Subscription
from billing.operations.run import document_reads
from billing.operations.settlement import offers, payments
from billing.operations.staff_roles import permission_of
from billing.pricing.periods import business_date
from billing.reports import waiting
from billing.wording import formats


class OfferForm(ActForm):
    """From a request of an account with several subscriptions the one is chosen."""

    def build(self) -> None:
        target = self.act.target
        if isinstance(target, CustomerRequest):
            running = Subscription.objects.filter(account=target.account, terminated_at=None)
            self.fields["subscription"] = model_field(_("subscription"), running.select_related("instance"))
            self.fields["subscription"].label_from_instance = lambda one: one.instance.domain  # type: ignore[attr-defined]
        self.fields["people"] = forms.IntegerField(
            label=_("expected people"), widget=widgets.UnfoldAdminIntegerFieldWidget()
        )
        self.fields["discount_percent"] = forms.DecimalField(
            label=_("discount, %"),
            max_digits=5,
            decimal_places=2,
            localize=True,
            widget=widgets.UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
            help_text=_("Comes on top as a bonus when the offer is paid; it is never paid out."),
        )
        self.fields["valid_until"] = forms.DateField(
            label=_("valid until"),
            required=False,
            widget=widgets.UnfoldAdminDateWidget(),
            help_text=_("Empty: %(days)s days from today. That day counts whole.") % {"days": offers.VALID_DAYS},
        )
        self.fields["note"] = text_field(
            _("note for the customer"), required=False, max_length=500, help_text=_("Printed on the offer.")
        )


class SendOffer(Act):
    name = "send_offer"
    title = _("Work out an offer")
    button = _("Send the offer")
    lead = _("A year up front for the expected people. Look at the figures as often as you like; sent, they stand.")
    icon = "local_offer"
    form_class = OfferForm
    live = True

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.terminated_at is None)

    def initial(self) -> dict[str, Any]:
        return {"discount_percent": Decimal(10)}

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Offer:
        return offers.send_offer(
            subscription=data.get("subscription") or self.target,
            people=data["people"],
            discount_percent=data["discount_percent"],
            as_of=as_of,
            actor=self.actor,
            valid_until=data["valid_until"],
            note=data["note"],
        )

    def facts(self, result: Offer) -> list[Fact]:
        currency = result.currency
        month = money(result.month_minor, currency)
        return [
            Fact(_("Instance"), result.subscription.instance.domain),
            Fact(_("A month for %(people)s people") % {"people": result.people}, month),
            Fact(
                _("A year: %(months)s × %(month)s") % {"months": result.months, "month": month},
                money(result.full_minor, currency),
            ),
            Fact(
                _("Discount, %(percent)s") % {"percent": formats.percent_text(result.discount_percent)},
                money(-result.discount_minor, currency),
            ),
            Fact(_("To be paid"), money(result.pay_minor, currency)),
            Fact(_("Credited when it is paid"), money(result.full_minor, currency)),
            Fact(_("Valid until"), formats.date_text(result.valid_until)),
            Fact(_("Mails and messages to the customer"), str(Notice.objects.filter(offer=result).count())),
        ]

    def done(self, result: Offer) -> str:
        return str(_("Offer %(number)s is sent.") % {"number": result.number})

    def done_url(self, result: Offer) -> str:
        return reverse("admin:billing_offer_change", args=(result.pk,))


class SendOfferForRequest(SendOffer):
    """The same from the page of the request that asked for it."""

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.kind == CustomerRequest.Kind.YEAR_UP_FRONT and target.answered_at is None)

    def initial(self) -> dict[str, Any]:
        target: CustomerRequest = self.target
        only = Subscription.objects.filter(account=target.account, terminated_at=None).values_list("pk", flat=True)[:2]
        chosen = target.subscription_id or (only[0] if len(only) == 1 else None)
        return {**super().initial(), "people": target.people, "subscription": chosen}


class WithdrawOffer(Act):
    name = "withdraw_offer"
    permission = "send_offer"
    title = _("Take the offer back")
    lead = _("It can no longer be accepted or paid.")
    icon = "undo"
    form_class = ReasonForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.paid_at is None and target.withdrawn_at is None)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Offer:
        return offers.withdraw(offer=self.target, as_of=as_of, actor=self.actor, reason=data["reason"])

    def facts(self, result: Offer) -> list[Fact]:
        return [Fact(_("Offer"), _("taken back"), pgettext("offer", "open"))]

    def done(self, result: Any) -> str:
        return str(_("The offer is taken back."))


class OfferPaymentForm(ActForm):
    def build(self) -> None:
        self.fields["reference"] = text_field(
            _("reference"),
            max_length=200,
            help_text=_("Number and date of the payment order: by it the payment is found again."),
        )
        self.fields["received_at"] = instant_field(_("received"), required=False, help_text=_("Leave empty for now."))


class RecordOfferPayment(Act):
    name = "record_offer_payment"
    permission = "record_payment"
    title = _("Record its payment")
    button = _("Record the payment")
    lead = _("The sum of the offer has come by bank: it lands on the account with the discount as a bonus beside it.")
    icon = "payments"
    variant = ActionVariant.PRIMARY
    form_class = OfferPaymentForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.paid_at is None and target.withdrawn_at is None)

    def account(self) -> BillingAccount:
        return self.target.account  # type: ignore[no-any-return]

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        offer: Offer = self.target
        if not self.user.has_perm(permission_of("record_large_payment")):
            return four_eyes.offer_payment(self, data, as_of)
        new = payments.NewPayment(
            amount_minor=offer.pay_minor,
            currency=offer.currency,
            method=Payment.Method.BANK,
            reference=data["reference"],
            received_at=data["received_at"],
        )
        return offers.record_offer_payment(offer=offer, new=new, as_of=as_of, actor=self.actor)

    def facts(self, result: Any) -> list[Fact]:
        if isinstance(result, Approval):
            return four_eyes.asked(result)
        offer: Offer = self.target
        return [
            Fact(_("Payment"), money(result.amount_minor, result.currency)),
            Fact(_("Bonus"), money(offer.discount_minor, offer.currency)),
        ]

    def done(self, result: Any) -> str:
        if isinstance(result, Approval):
            return str(four_eyes.ASKED)
        return str(_("%(amount)s recorded.") % {"amount": money(result.amount_minor, result.currency)})


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
