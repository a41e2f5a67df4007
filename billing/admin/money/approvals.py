"""Acts that wait for a second person are approved or rejected by staff, never by their author (D15)."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from billing.admin.acts.act_pages import Act, ActForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.form_fields import reason_field
from billing.admin.base import ReadOnlyPage, badge, display, lines, link, moment, money, short_moment
from billing.admin.money.accounts import REASONS
from billing.admin.money.payments import reversal_facts
from billing.models import Approval, BillingAccount, Invoice, Offer, Payment
from billing.operations.settlement import approvals

TONE = {"": "warn", "approved": "good", "rejected": "plain"}
LABELS = {
    "method": _("method"),
    "reference": _("reference"),
    "received_at": _("received"),
    "reason_code": _("kind of reason"),
}


class _Decision(Act):
    """A decision is offered to staff other than the author; the operation refuses the author as well."""

    permission = "approve_act"

    @classmethod
    def is_offered(cls, request: HttpRequest, target: Any) -> bool:
        return super().is_offered(request, target) and target.requested_by != getattr(request.user, "email", "")

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.decided_at is None)

    def account(self) -> BillingAccount:
        return self.target.account  # type: ignore[no-any-return]


class ApproveForm(ActForm):
    def build(self) -> None:
        self.fields["comment"] = reason_field(
            _("comment"), required=False, help_text=_("Kept with the decision; may stay empty.")
        )


class Approve(_Decision):
    name = "approve"
    title = _("Approve")
    button = _("Approve and do it")
    lead = _("It is done at once, in the name of whoever asked for it, and your name stands beside it.")
    icon = "check_circle"
    variant = ActionVariant.PRIMARY
    form_class = ApproveForm
    needs_reauthentication = True

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        return approvals.approve(approval=self.target, as_of=as_of, actor=self.actor, comment=data["comment"])

    def facts(self, result: Any) -> list[Fact]:
        target: Approval = self.target
        return [
            Fact(_("Act"), target.get_kind_display()),
            Fact(_("Amount"), money(signed_minor(target), target.currency)),
            Fact(_("Asked for by"), target.requested_by),
            *extra_facts(target),
        ]

    def success_message(self, result: Any) -> str:
        return str(_("Approved and done."))


class RejectForm(ActForm):
    def build(self) -> None:
        self.fields["comment"] = reason_field(_("why not"), help_text=_("Your colleague reads it."))


class Reject(_Decision):
    name = "reject"
    title = _("Reject")
    lead = _("Nothing is done. Whoever asked for it finds the reason here.")
    icon = "cancel"
    form_class = RejectForm

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        return approvals.reject(approval=self.target, as_of=as_of, actor=self.actor, comment=data["comment"])

    def success_message(self, result: Any) -> str:
        return str(_("Rejected."))


def extra_facts(approval: Approval) -> list[Fact]:
    """Returns the act's effect besides its sum: the bonus that comes or goes with an offer's payment (M11)."""
    if approval.kind == Approval.Kind.PAYMENT_REVERSAL:
        return reversal_facts(Payment.objects.get(public_id=approval.payload["payment"], account=approval.account))
    if approval.payload.get("offer"):
        offer = Offer.objects.get(number=approval.payload["offer"], account=approval.account)
        return [Fact(_("Bonus"), money(offer.discount_minor, offer.currency))]
    return []


def signed_minor(approval: Approval) -> int:
    """Returns the sum in minor units as the balance changes by it: below zero against the customer."""
    against = approval.kind == Approval.Kind.PAYMENT_REVERSAL or approval.payload.get("sign") == -1
    return -approval.amount_minor if against else approval.amount_minor


class WaitingFilter(admin.SimpleListFilter):
    """Filters approvals by their state: waiting, or decided."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("waiting", _("waiting")), ("approved", _("approved")), ("rejected", _("rejected"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "waiting":
            return queryset.filter(decided_at=None)
        return queryset.filter(decision=self.value()) if self.value() else queryset


@admin.register(Approval)
class ApprovalPage(ReadOnlyPage):
    acts = (Approve, Reject)
    list_display = ("asked", "kind", "customer", "amount_text", "reason", "requested_by", "state")
    list_filter = (WaitingFilter, "kind")
    list_select_related = ("account__customer",)
    search_fields = ("reason", "requested_by", "account__number", "account__customer__name")
    search_help_text = _("Reason, who asked, account number, customer")
    ordering = (F("decided_at").desc(nulls_first=True), "-pk")
    fieldsets = (
        (
            _("What is asked for"),
            {
                "fields": (
                    "state",
                    "kind",
                    "amount_text",
                    "account_link",
                    "particulars",
                    "reason",
                    "requested_by",
                    "asked_at",
                )
            },
        ),
        (_("Decision"), {"fields": ("decided_by", "decided", "comment")}),
    )
    readonly_fields = ("state", "amount_text", "account_link", "particulars", "asked_at", "decided")

    def title_of(self, row: Any) -> str:
        return f"{capfirst(row.get_kind_display())}, {money(signed_minor(row), row.currency)}"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("account__customer", "account__seller")

    @display(description=_("asked"), ordering="requested_at")
    def asked(self, row: Approval) -> str:
        return short_moment(row.requested_at)

    @display(description=_("asked"))
    def asked_at(self, row: Approval) -> str:
        return moment(row.requested_at)

    @display(description=_("decided"))
    def decided(self, row: Approval) -> str:
        return moment(row.decided_at)

    @display(description=_("customer"), ordering="account__customer__name")
    def customer(self, row: Approval) -> str:
        return row.account.customer.name

    @display(description=_("amount"), ordering="amount_minor")
    def amount_text(self, row: Approval) -> str:
        return money(signed_minor(row), row.currency)

    @display(description=_("state"))
    def state(self, row: Approval) -> SafeString:
        return badge(TONE[row.decision], row.get_decision_display() if row.decision else _("waiting"))

    @display(description=_("billing account"))
    def account_link(self, row: Approval) -> str:
        return link(row.account, f"{row.account} · {row.account.customer}")

    @display(description=_("particulars"))
    def particulars(self, row: Approval) -> SafeString:
        payload = {**row.payload}
        if payload.get("method"):
            payload["method"] = Payment.Method(payload["method"]).label
        if payload.get("received_at"):
            payload["received_at"] = moment(parse_datetime(payload["received_at"]))
        if payload.get("reason_code"):
            payload["reason_code"] = REASONS.get(payload["reason_code"], payload["reason_code"])
        particulars: list[object] = [f"{label}: {payload[key]}" for key, label in LABELS.items() if payload.get(key)]
        if row.payload.get("invoice"):
            particulars.append(link(Invoice.objects.filter(number=row.payload["invoice"]).first()))
        if row.payload.get("offer"):
            particulars.append(link(Offer.objects.filter(number=row.payload["offer"]).first()))
        if row.payload.get("payment"):
            particulars.append(link(Payment.objects.filter(public_id=row.payload["payment"]).first()))
        particulars += [
            f"{line['description']}: {money(line['amount_minor'], row.currency)}"
            for line in row.payload.get("lines", [])
        ]
        return lines(particulars)
