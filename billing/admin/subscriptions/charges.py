"""The admin's pages of billing periods and charges, each charge with its computation."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from billing.admin.base import ReadOnlyPage, display, figure, link, moment, money, short_column, short_moment
from billing.models import BillingPeriod, Charge
from billing.wording import charge_lines, formats


@admin.register(BillingPeriod)
class BillingPeriodPage(ReadOnlyPage):
    list_display = ("domain", "span", "quantity", "peak", "reached", "closed", "subscription")
    list_filter = (("closed_at", admin.EmptyFieldListFilter),)
    list_select_related = ("subscription__instance",)
    search_fields = ("subscription__public_id", "subscription__instance__domain")
    ordering = ("-start", "-pk")
    fields = ("domain", "subscription", "tariff", "span", "number", "quantity", "peak", "peak_at", "closed_at")
    readonly_fields = fields

    def title_of(self, row: Any) -> str:
        return f"{row.subscription.instance} · {formats.span_text(row.start, row.span.last_day)}"

    @display(description=_("instance"), ordering="subscription__instance__domain")
    def domain(self, period: BillingPeriod) -> str:
        return str(period.subscription.instance)

    @display(description=_("period"), ordering="start")
    def span(self, period: BillingPeriod) -> str:
        return formats.span_text(period.start, period.span.last_day)

    reached = short_column("peak_at", _("peak reached"))
    closed = short_column("closed_at", _("closed"))


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
        "amount",
        "computed",
        "kind",
        "account_link",
        "subscription",
        "span",
        "occurred",
        "posted_at",
        "month",
        "invoiced",
        "entry_link",
    )
    readonly_fields = fields
    ordering = ("-pk",)

    def title_of(self, row: Any) -> str:
        return f"{capfirst(row.get_kind_display())}, {money(row.amount_minor, row.currency)}"

    @display(description=_("posted"), ordering="posted_at")
    def posted(self, charge: Charge) -> str:
        return short_moment(charge.posted_at)

    @display(description=_("period"))
    def span(self, charge: Charge) -> str:
        period = charge.period
        text = formats.span_text(period.start, period.span.last_day) if period is not None else None
        return link(period, text)

    @display(description=_("collected with"))
    def month(self, charge: Charge) -> str:
        return formats.period_text(charge.billing_month)

    @display(description=_("arose"))
    def occurred(self, charge: Charge) -> str:
        return moment(charge.occurred_at)

    @display(description=_("amount"), ordering="amount_minor")
    def amount(self, charge: Charge) -> SafeString:
        return figure(charge.amount_minor, charge.currency)

    @display(description=_("how it was worked out"))
    def computed(self, charge: Charge) -> str:
        text = formats.formula_text(charge_lines.explanation_of(charge))
        reason = charge.explanation.get("reason")
        return f"{text} · {reason}" if reason else text

    @display(description=_("instance"))
    def instance(self, charge: Charge) -> str:
        return str(charge.subscription.instance) if charge.subscription else formats.NO_VALUE

    @display(description=_("billing account"))
    def account_link(self, charge: Charge) -> str:
        return link(charge.account)

    @display(description=_("invoice"))
    def invoiced(self, charge: Charge) -> str:
        return link(charge.line.invoice) if charge.line else str(_("not yet"))

    @display(description=_("entry"))
    def entry_link(self, charge: Charge) -> str:
        return link(charge.entry)
