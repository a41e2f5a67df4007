"""Tries to pay online, as the provider last told of them: looked at, and asked about once more."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.admin.acts.act_pages import Act
from billing.admin.acts.act_preview import Fact
from billing.admin.base import ReadOnlyPage, badge, display, link, moment, money, short_moment
from billing.models import BillingAccount, Payment, PaymentAttempt
from billing.operations.collection import checkout
from billing.reports.worklists import waiting
from billing.wording import formats

Status = PaymentAttempt.Status
TONE = {
    Status.CREATED: "plain",
    Status.PENDING: "info",
    Status.REQUIRES_ACTION: "info",
    Status.SUCCEEDED: "good",
    Status.FAILED: "plain",
    Status.CANCELED: "plain",
    Status.PARKED: "bad",
}


class AskProvider(Act):
    name = "ask_provider"
    title = _("Ask the provider now")
    button = _("Ask and settle")
    lead = _("What the provider answers is believed, and money is credited once, whoever asks.")
    icon = "sync"

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.settled_at is None and target.external_id)

    def account(self) -> BillingAccount:
        return self.target.account  # type: ignore[no-any-return]

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> PaymentAttempt:
        self.before = self.target.get_status_display()
        return checkout.sync(attempt=self.target, as_of=as_of)

    def facts(self, result: PaymentAttempt) -> list[Fact]:
        rows = [Fact(_("State"), result.get_status_display(), self.before)]
        if result.reason:
            rows.append(Fact(_("The provider says"), said(result)))
        return rows

    def done(self, result: PaymentAttempt) -> str:
        return str(_("The provider says: %(state)s.") % {"state": result.get_status_display()})


class RecordParked(Act):
    """A way to the account's own act: the money has come, but not the sum that was begun with."""

    name = "record_payment"
    title = _("Record what came")
    icon = "payments"

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(waiting.parked_attempts().filter(pk=target.pk).exists())

    def answer(self) -> HttpResponse:
        address = reverse("admin:billing_billingaccount_record_payment", args=(self.target.account_id,))
        given = urlencode({"reference": self.target.external_id, "method": Payment.Method.CARD})
        return HttpResponseRedirect(f"{address}?{given}")


def said(attempt: PaymentAttempt) -> str:
    """Why it failed, in words; for a parked one the sum that the provider named."""
    amount, _space, currency = attempt.reason.partition(" ")
    if attempt.status == Status.PARKED and amount.isdigit():
        return money(int(amount), currency)
    return formats.decline_text(attempt.reason)


class ParkedFilter(admin.SimpleListFilter):
    """Those that somebody has to look at."""

    title = _("to be looked at")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("parked", _("the sum differs")), ("undecided", _("undecided"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "parked":
            return queryset.filter(pk__in=waiting.parked_attempts().values("pk"))
        return queryset.filter(settled_at=None) if self.value() == "undecided" else queryset


class UnattendedFilter(admin.SimpleListFilter):
    """With somebody at the screen, or charged to a saved method in their absence."""

    title = pgettext_lazy("payment attempt", "how")
    parameter_name = "how"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("saved", _("from a saved method")), ("screen", _("by somebody at the screen"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(method__isnull=self.value() == "screen") if self.value() else queryset


@admin.register(PaymentAttempt)
class PaymentAttemptPage(ReadOnlyPage):
    acts = (AskProvider, RecordParked)
    list_display = ("begun", "customer", "account", "amount_text", "state", "external_id")
    list_filter = (ParkedFilter, UnattendedFilter, "status", "provider")
    list_select_related = ("account__customer",)
    search_fields = ("external_id", "account__number", "account__customer__name", "created_by", "fact")
    search_help_text = _("Id at the provider, account number, customer, who paid")
    fieldsets = (
        (
            _("Payment attempt"),
            {
                "fields": (
                    "state",
                    "why",
                    "amount_text",
                    "account_link",
                    "begun_text",
                    "created_by",
                    "invoice_link",
                    "offer_link",
                    "method_link",
                    "fact",
                    "saves_method",
                )
            },
        ),
        (
            _("At the provider"),
            {"fields": ("provider", "external_id", "checked", "settled", "payment_link", "recorded_by_hand")},
        ),
    )
    readonly_fields = (
        "state",
        "why",
        "amount_text",
        "account_link",
        "begun_text",
        "invoice_link",
        "offer_link",
        "checked",
        "settled",
        "payment_link",
        "recorded_by_hand",
        "method_link",
    )

    def title_of(self, row: Any) -> str:
        return f"{money(row.amount_minor, row.currency)} · {row.account.customer}"

    def get_queryset(self, request: HttpRequest) -> Any:
        by_hand = Payment.objects.filter(account=OuterRef("account"), reference=OuterRef("external_id"))
        found = super().get_queryset(request).select_related("account__customer", "account__seller")
        return found.annotate(recorded=Exists(by_hand))

    @display(description=_("begun"), ordering="created_at")
    def begun(self, row: PaymentAttempt) -> str:
        return short_moment(row.created_at)

    @display(description=_("begun"))
    def begun_text(self, row: PaymentAttempt) -> str:
        return moment(row.created_at)

    @display(description=_("customer"), ordering="account__customer__name")
    def customer(self, row: PaymentAttempt) -> str:
        return row.account.customer.name

    @display(description=_("amount"), ordering="amount_minor")
    def amount_text(self, row: PaymentAttempt) -> str:
        return money(row.amount_minor, row.currency)

    @display(description=_("state"), ordering="status")
    def state(self, row: PaymentAttempt) -> SafeString:
        return badge(TONE[Status(row.status)], row.get_status_display())

    @display(description=_("the provider says"))
    def why(self, row: PaymentAttempt) -> str:
        return said(row) if row.reason else formats.NO_VALUE

    @display(description=_("billing account"))
    def account_link(self, row: PaymentAttempt) -> str:
        return link(row.account, f"{row.account} · {row.account.customer}")

    @display(description=_("invoice"))
    def invoice_link(self, row: PaymentAttempt) -> str:
        return link(row.invoice)

    @display(description=_("offer"))
    def offer_link(self, row: PaymentAttempt) -> str:
        return link(row.offer)

    @display(description=_("saved method"))
    def method_link(self, row: PaymentAttempt) -> str:
        return link(row.method)

    @display(description=_("last asked"))
    def checked(self, row: PaymentAttempt) -> str:
        return moment(row.checked_at)

    @display(description=_("settled"))
    def settled(self, row: PaymentAttempt) -> str:
        return moment(row.settled_at)

    @display(description=_("payment"))
    def payment_link(self, row: PaymentAttempt) -> str:
        return link(row.payment)

    @display(description=_("recorded"))
    def recorded_by_hand(self, row: Any) -> SafeString | str:
        return badge("good", _("its money is on the account")) if row.recorded else formats.NO_VALUE
