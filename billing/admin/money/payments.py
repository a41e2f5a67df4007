"""The admin's pages of payments, credits and allocations, and the act that reverses a payment."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.enums import ActionVariant

from billing.admin.acts import four_eyes
from billing.admin.acts.act_pages import Act, ReasonForm
from billing.admin.acts.act_preview import Fact
from billing.admin.base import (
    ReadOnlyPage,
    ReadOnlyTable,
    badge,
    display,
    link,
    moment,
    money,
    short_column,
    short_moment,
)
from billing.models import Allocation, Approval, BillingAccount, Credit, Entry, OfferPayment, Payment


def reversal_facts(payment: Payment) -> list[Fact]:
    """Returns the effect of a reversal: the money goes and, with an offer's payment, its bonus (M11)."""
    facts = [Fact(_("Taken back"), money(payment.amount_minor, payment.currency))]
    offer_payment = OfferPayment.objects.filter(payment=payment).select_related("offer", "bonus").first()
    if offer_payment is not None and offer_payment.bonus is not None:
        facts.append(
            Fact(_("Its bonus, taken back with it"), money(offer_payment.bonus.amount_minor, payment.currency))
        )
    if offer_payment is not None:
        facts.append(Fact(_("Offer %(number)s") % {"number": offer_payment.offer.number}, _("can be paid again")))
    return facts


class Reverse(Act):
    name = "reverse_payment"
    title = pgettext_lazy("payment", "Take back")
    button = _("Take the payment back")
    lead = _(
        "For a payment recorded by mistake: its entry is reversed, what it had paid is open again, and access follows."
    )
    icon = "undo"
    variant = ActionVariant.DANGER
    form_class = ReasonForm
    needs_reauthentication = True

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return not Entry.objects.filter(reverses=target.credit.entry_id).exists()

    def account(self) -> BillingAccount:
        return self.target.account  # type: ignore[no-any-return]

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        return four_eyes.reverse_payment(self, data, as_of)

    def facts(self, result: Any) -> list[Fact]:
        facts = reversal_facts(self.target)
        return [*four_eyes.approval_facts(result), *facts] if isinstance(result, Approval) else facts

    def success_message(self, result: Any) -> str:
        if isinstance(result, Approval):
            return str(four_eyes.ASKED)
        return str(_("The payment is taken back."))


@admin.register(Payment)
class PaymentPage(ReadOnlyPage):
    acts = (Reverse,)
    list_display = ("received", "customer", "account", "amount_text", "method", "reference", "state")
    list_filter = ("method",)
    list_select_related = ("account__customer", "credit__entry__reversed_by")
    search_fields = (
        "public_id",
        "reference",
        "account__number",
        "account__customer__name",
        "account__customer__inn",
        "invoice__number",
    )
    search_help_text = _("Payment id, reference, account number, customer, INN, invoice number")
    fields = (
        "amount_text",
        "state",
        "account_link",
        "method",
        "reference",
        "came",
        "recorded",
        "recorded_by",
        "invoice_link",
        "offer_link",
        "credit_link",
        "public_id",
    )
    readonly_fields = fields

    def title_of(self, row: Any) -> str:
        return f"{money(row.amount_minor, row.currency)} · {row.account.customer}"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related(*self.list_select_related)

    @display(description=_("received"), ordering="received_at")
    def received(self, payment: Payment) -> str:
        return short_moment(payment.received_at)

    @display(description=_("received"))
    def came(self, payment: Payment) -> str:
        return moment(payment.received_at)

    @display(description=_("recorded"))
    def recorded(self, payment: Payment) -> str:
        return moment(payment.recorded_at)

    @display(description=_("customer"), ordering="account__customer__name")
    def customer(self, payment: Payment) -> str:
        return payment.account.customer.name

    @display(description=_("amount"), ordering="amount_minor")
    def amount_text(self, payment: Payment) -> str:
        return money(payment.amount_minor, payment.currency)

    @display(description=_("status"))
    def state(self, payment: Payment) -> SafeString:
        if hasattr(payment.credit.entry, "reversed_by"):
            return badge("bad", _("taken back"))
        return badge("good", _("received"))

    @display(description=_("billing account"))
    def account_link(self, payment: Payment) -> str:
        return link(payment.account, f"{payment.account} · {payment.account.customer}")

    @display(description=_("named invoice"))
    def invoice_link(self, payment: Payment) -> str:
        return link(payment.invoice)

    @display(description=_("offer"))
    def offer_link(self, payment: Payment) -> str:
        paid = OfferPayment.objects.filter(payment=payment).select_related("offer").first()
        return link(paid.offer if paid is not None else None)

    @display(description=_("where it went"))
    def credit_link(self, payment: Payment) -> str:
        return link(payment.credit, _("its allocations"))


class SpentTable(ReadOnlyTable):
    model = Allocation
    fields = ("at_short", "kind", "invoice_link", "sum")
    readonly_fields = fields
    at_short = short_column("at", _("when"))
    verbose_name_plural = _("What it paid")
    tab = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("credit", "invoice")

    @display(description=_("invoice"))
    def invoice_link(self, row: Allocation) -> str:
        return link(row.invoice)

    @display(description=_("amount"))
    def sum(self, row: Allocation) -> str:
        return money(row.amount_minor, row.credit.currency)


@admin.register(Credit)
class CreditPage(ReadOnlyPage):
    list_display = ("when", "account", "kind", "amount_text", "left")
    list_filter = ("kind",)
    list_select_related = ("account",)
    search_fields = ("account__number", "account__customer__name", "payment__public_id", "payment__reference")
    fields = ("account_link", "kind", "amount_text", "left", "at", "entry_link")
    readonly_fields = fields
    ordering = ("-pk",)
    inlines = (SpentTable,)

    def title_of(self, row: Any) -> str:
        return f"{capfirst(row.get_kind_display())}, {money(row.amount_minor, row.currency)}"

    @display(description=_("when"), ordering="at")
    def when(self, credit: Credit) -> str:
        return short_moment(credit.at)

    @display(description=_("amount"), ordering="amount_minor")
    def amount_text(self, credit: Credit) -> str:
        return money(credit.amount_minor, credit.currency)

    @display(description=_("not yet used"), ordering="unapplied_minor")
    def left(self, credit: Credit) -> str:
        return money(credit.unapplied_minor or None, credit.currency)

    @display(description=_("billing account"))
    def account_link(self, credit: Credit) -> str:
        return link(credit.account)

    @display(description=_("entry"))
    def entry_link(self, credit: Credit) -> str:
        return link(credit.entry, credit.entry.get_kind_display())


@admin.register(Allocation)
class AllocationPage(ReadOnlyPage):
    list_display = ("when", "kind", "credit_link", "invoice_link", "sum")
    list_filter = ("kind",)
    list_select_related = ("credit", "invoice")
    search_fields = ("invoice__number", "credit__account__number", "credit__payment__public_id")
    fields = ("when", "kind", "credit_link", "invoice_link", "sum")
    readonly_fields = fields
    ordering = ("-pk",)

    @display(description=_("when"), ordering="at")
    def when(self, row: Allocation) -> str:
        return short_moment(row.at)

    @display(description=_("credit"))
    def credit_link(self, row: Allocation) -> str:
        return link(row.credit, row.credit.get_kind_display())

    @display(description=_("invoice"))
    def invoice_link(self, row: Allocation) -> str:
        return link(row.invoice)

    @display(description=_("amount"), ordering="amount_minor")
    def sum(self, row: Allocation) -> str:
        return money(row.amount_minor, row.credit.currency)
