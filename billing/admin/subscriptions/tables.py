"""The tables of a subscription's page: history, periods, charges, collections and scheduled changes."""

from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.admin.base import (
    ReadOnlyTable,
    badge,
    display,
    figure,
    link,
    money,
    short_column,
    short_date,
    short_moment,
)
from billing.admin.subscriptions.labels import units_text
from billing.models import BillingPeriod, Charge, Collection, SubscriptionChange, Tariff, TermsChange
from billing.wording import charge_lines, formats

OUTCOME = {"from_balance": "good", "from_card": "good", "no_method": "bad", "declined": "bad", "silent": "warn"}


def terms_text(tariff: Tariff | None, quantity: int | None) -> str:
    """Returns the tariff with the number bought under it, where one is; empty for None."""
    if tariff is None:
        return ""
    units = units_text(tariff, quantity)
    return f"{tariff} · {units}" if units != formats.NO_VALUE else str(tariff)


class HistoryTable(ReadOnlyTable):
    model = SubscriptionChange
    verbose_name_plural = _("What became of it")
    fields = ("at_short", "kind", "terms", "actor", "requested_by", "reason")
    readonly_fields = fields
    ordering = ("-pk",)
    tab = False
    hide_title = True
    at_short = short_column("at", _("when"))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("from_tariff__product", "to_tariff__product")

    @display(description=_("terms"))
    def terms(self, row: SubscriptionChange) -> str:
        before, after = terms_text(row.from_tariff, row.from_quantity), terms_text(row.to_tariff, row.to_quantity)
        if before and after and before != after:
            return f"{before} → {after}"
        return after or before or formats.NO_VALUE


class PeriodTable(ReadOnlyTable):
    model = BillingPeriod
    fields = ("span", "tariff", "size", "peak_at_short", "closed_at_short")
    readonly_fields = fields
    peak_at_short = short_column("peak_at", _("peak reached"))
    closed_at_short = short_column("closed_at", _("closed"))
    ordering = ("-opened_at",)
    show_change_link = True
    tab = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("tariff__product")

    @display(description=_("period"))
    def span(self, period: BillingPeriod) -> str:
        return formats.span_text(period.start, period.span.last_day)

    @display(description=_("quantity"))
    def size(self, period: BillingPeriod) -> str:
        """Shows the peak of a metered period, the units at the start of a prepaid one."""
        number = period.peak if period.tariff.is_metered else period.quantity
        return units_text(period.tariff, number)


class ChargeTable(ReadOnlyTable):
    model = Charge
    fields = ("posted_at_short", "kind", "amount", "computed", "invoiced")
    readonly_fields = fields
    posted_at_short = short_column("posted_at", _("posted"))
    ordering = ("-pk",)
    show_change_link = True
    tab = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("line__invoice")

    @display(description=_("amount"))
    def amount(self, charge: Charge) -> SafeString:
        return figure(charge.amount_minor, charge.currency)

    @display(description=_("how it was worked out"))
    def computed(self, charge: Charge) -> str:
        return formats.formula_text(charge_lines.explanation_of(charge))

    @display(description=_("invoice"))
    def invoiced(self, charge: Charge) -> str:
        if charge.line is not None:
            return link(charge.line.invoice)
        return str(_("as credit") if charge.kind in Charge.AS_CREDIT else _("not yet"))


class CollectionTable(ReadOnlyTable):
    """A table lists the attempts to collect renewals, one a day while they are collected (E8)."""

    model = Collection
    fields = ("at_short", "period_start_short", "amount", "from_balance", "result", "why", "attempt_link")
    readonly_fields = fields
    at_short = short_column("at", _("when"))
    period_start_short = short_column("period_start", _("for the period from"))
    ordering = ("-pk",)
    tab = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("attempt")

    @display(description=_("amount"))
    def amount(self, row: Collection) -> str:
        return money(row.amount_minor, row.currency)

    @display(description=_("on the account"))
    def from_balance(self, row: Collection) -> str:
        return money(row.balance_minor, row.currency)

    @display(description=_("outcome"))
    def result(self, row: Collection) -> SafeString:
        return badge(OUTCOME[row.outcome], row.get_outcome_display())

    @display(description=_("reason"))
    def why(self, row: Collection) -> str:
        return formats.decline_text(row.reason) if row.reason else formats.NO_VALUE

    @display(description=_("payment attempt"))
    def attempt_link(self, row: Collection) -> str:
        return link(row.attempt, row.attempt.external_id if row.attempt else None)


class TermsTable(ReadOnlyTable):
    model = TermsChange
    fields = ("effective_date_short", "terms", "decided", "decided_by", "result")
    readonly_fields = fields
    effective_date_short = short_column("effective_date", _("takes effect"))
    ordering = ("-pk",)
    tab = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("tariff__product")

    @display(description=_("terms"))
    def terms(self, row: TermsChange) -> str:
        return terms_text(row.tariff, row.quantity)

    @display(description=_("decided"))
    def decided(self, row: TermsChange) -> str:
        return short_moment(row.decided_at)

    @display(description=_("state"))
    def result(self, row: TermsChange) -> SafeString:
        return terms_badge(row)


def terms_badge(row: TermsChange) -> SafeString:
    """Renders the outcome of a scheduled change."""
    if row.applied_at is not None:
        return badge("good", _("took effect %(date)s") % {"date": short_date(row.applied_at)})
    if row.cancelled_at is not None:
        return badge("plain", pgettext_lazy("change of terms", "called off"))
    return badge("warn", pgettext_lazy("change of terms", "waiting"))
