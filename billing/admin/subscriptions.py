"""Subscriptions with their life, periods and charges. Ended and taken up again on the owner's word only (M12, M13)."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from billing import wording
from billing.admin.acts import Act, ActForm
from billing.admin.base import (
    ReadOnlyPage,
    ReadOnlyTable,
    badge,
    display,
    figure,
    link,
    list_link,
    moment,
    money,
    short_moment,
)
from billing.admin.effects import Fact
from billing.admin.forms import reason_field, text_field
from billing.admin.offers import SendOffer
from billing.models import BillingAccount, BillingPeriod, Charge, Invoice, Subscription, SubscriptionChange
from billing.operations import subscriptions


class TerminateForm(ActForm):
    def build(self) -> None:
        self.fields["requested_by"] = text_field(
            _("asked for by"),
            max_length=200,
            help_text=_("Name and address of the owner: a subscription ends on their word only."),
        )
        self.fields["reason"] = reason_field()


class Terminate(Act):
    name = "terminate_subscription"
    title = _("Terminate")
    button = _("Terminate the subscription")
    lead = _(
        "Ends it now: the final invoice is issued and the instance becomes read-only. It can be resumed for 12 months."
    )
    icon = "stop_circle"
    variant = ActionVariant.DANGER
    form_class = TerminateForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.terminated_at is None)

    def account(self) -> BillingAccount:
        return self.target.account  # type: ignore[no-any-return]

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        return subscriptions.terminate(
            subscription=self.target,
            as_of=as_of,
            actor=self.actor,
            reason=data["reason"],
            requested_by=data["requested_by"],
        )

    def facts(self, result: Any) -> list[Fact]:
        if not isinstance(result, Invoice):
            return [Fact(_("Final invoice"), _("none: nothing was charged"))]
        return [Fact(_("Final invoice"), money(result.total_minor, result.currency)),
                Fact(_("to be paid"), money(result.open_minor, result.currency))]  # fmt: skip

    def done(self, result: Any) -> str:
        return str(_("The subscription is terminated."))


class ResumeForm(ActForm):
    def build(self) -> None:
        self.fields["requested_by"] = text_field(_("asked for by"), max_length=200)


class Resume(Act):
    name = "resume_subscription"
    title = _("Resume")
    button = _("Resume the subscription")
    lead = _("Takes it up again from today, within 12 months and if nothing is owed.")
    icon = "play_circle"
    variant = ActionVariant.PRIMARY
    form_class = ResumeForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.terminated_at is not None)

    def account(self) -> BillingAccount:
        return self.target.account  # type: ignore[no-any-return]

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        return subscriptions.resume(
            subscription=self.target, as_of=as_of, actor=self.actor, requested_by=data["requested_by"]
        )

    def done(self, result: Any) -> str:
        return str(_("The subscription runs again."))


class StateFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("running", _("running")), ("terminated", _("terminated"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(terminated_at__isnull=self.value() == "running") if self.value() else queryset


class LifeTable(ReadOnlyTable):
    model = SubscriptionChange
    fields = ("at", "kind", "actor", "requested_by", "reason")
    readonly_fields = fields
    tab = False


class PeriodTable(ReadOnlyTable):
    model = BillingPeriod
    fields = ("start", "end", "peak", "peak_at", "closed_at")
    readonly_fields = fields
    ordering = ("-opened_at",)
    show_change_link = True
    tab = False


@admin.register(Subscription)
class SubscriptionPage(ReadOnlyPage):
    acts = (SendOffer, Terminate, Resume)
    list_display = ("public_id", "instance", "account", "tariff", "started", "state")
    list_filter = (StateFilter, "tariff")
    list_select_related = ("instance", "account", "tariff")
    search_fields = (
        "public_id",
        "instance__domain",
        "account__number",
        "account__customer__name",
        "account__customer__inn",
    )
    fields = (
        "state",
        "instance_link",
        "account_link",
        "tariff_link",
        "started",
        "ended",
        "until",
        "public_id",
        "charges",
    )
    readonly_fields = fields
    inlines = (LifeTable, PeriodTable)

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super().get_queryset(request).select_related("instance", "account__seller", "account__customer", "tariff")
        )

    @display(description=_("status"))
    def state(self, row: Subscription) -> SafeString:
        return badge("good", _("running")) if row.terminated_at is None else badge("plain", _("terminated"))

    @display(description=_("instance"))
    def instance_link(self, row: Subscription) -> str:
        return link(row.instance)

    @display(description=_("billing account"))
    def account_link(self, row: Subscription) -> str:
        return link(row.account, f"{row.account} · {row.account.customer}")

    @display(description=_("tariff"))
    def tariff_link(self, row: Subscription) -> str:
        return link(row.tariff)

    @display(description=_("started"), ordering="started_at")
    def started(self, row: Subscription) -> str:
        return short_moment(row.started_at)

    @display(description=_("terminated"))
    def ended(self, row: Subscription) -> str:
        return moment(row.terminated_at)

    @display(description=_("can be resumed until"))
    def until(self, row: Subscription) -> str:
        return moment(subscriptions.resumable_until(row)) if row.terminated_at is not None else wording.NO_VALUE

    @display(description=_("charges"))
    def charges(self, row: Subscription) -> SafeString:
        return list_link(Charge, f"subscription__id__exact={row.pk}", _("all"))


@admin.register(BillingPeriod)
class BillingPeriodPage(ReadOnlyPage):
    list_display = ("subscription", "domain", "start", "end", "peak", "reached", "closed")
    list_filter = (("closed_at", admin.EmptyFieldListFilter),)
    list_select_related = ("subscription__instance",)
    search_fields = ("subscription__public_id", "subscription__instance__domain")
    ordering = ("-start", "-pk")

    @display(description=_("instance"))
    def domain(self, period: BillingPeriod) -> str:
        return str(period.subscription.instance)

    @display(description=_("peak reached"))
    def reached(self, period: BillingPeriod) -> str:
        return short_moment(period.peak_at)

    @display(description=_("closed"))
    def closed(self, period: BillingPeriod) -> str:
        return short_moment(period.closed_at)


@admin.register(Charge)
class ChargePage(ReadOnlyPage):
    list_display = ("posted", "account", "kind", "instance", "amount", "computed", "invoiced")
    list_filter = ("kind", ("line", admin.EmptyFieldListFilter))
    list_select_related = ("account", "subscription__instance", "line__invoice")
    search_fields = (
        "account__number",
        "account__customer__name",
        "subscription__instance__domain",
        "line__invoice__number",
    )
    fields = (
        "amount", "computed", "kind", "account_link", "subscription", "period", "occurred", "posted", "billing_month",
        "invoiced", "entry_link",
    )  # fmt: skip
    readonly_fields = fields
    ordering = ("-pk",)

    @display(description=_("posted"), ordering="posted_at")
    def posted(self, charge: Charge) -> str:
        return short_moment(charge.posted_at)

    @display(description=_("arose"))
    def occurred(self, charge: Charge) -> str:
        return moment(charge.occurred_at)

    @display(description=_("amount"), ordering="amount_minor")
    def amount(self, charge: Charge) -> SafeString:
        return figure(charge.amount_minor, charge.currency)

    @display(description=_("how it was worked out"))
    def computed(self, charge: Charge) -> str:
        text = wording.formula_text(charge.explanation)
        reason = charge.explanation.get("reason")
        return f"{text} · {reason}" if reason else text

    @display(description=_("instance"))
    def instance(self, charge: Charge) -> str:
        return str(charge.subscription.instance) if charge.subscription else wording.NO_VALUE

    @display(description=_("billing account"))
    def account_link(self, charge: Charge) -> str:
        return link(charge.account)

    @display(description=_("invoice"))
    def invoiced(self, charge: Charge) -> str:
        return link(charge.line.invoice) if charge.line else str(_("not yet"))

    @display(description=_("entry"))
    def entry_link(self, charge: Charge) -> str:
        return link(charge.entry)
