"""The admin's read-only pages of collections of renewals (E8) and of scheduled changes of terms (D7)."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.admin.base import ReadOnlyPage, badge, display, link, moment, money, short_column, short_moment
from billing.admin.subscriptions.tables import OUTCOME, terms_badge, terms_text
from billing.models import Collection, TermsChange
from billing.wording import formats


@admin.register(Collection)
class CollectionPage(ReadOnlyPage):
    list_display = ("tried", "instance", "period_from", "amount", "from_balance", "result", "why")
    list_filter = ("outcome",)
    list_select_related = ("subscription__instance",)
    search_fields = (
        "subscription__public_id",
        "subscription__instance__domain",
        "subscription__account__number",
        "subscription__account__customer__name",
    )
    ordering = ("-pk",)
    fields = ("result", "why", "amount", "from_balance", "period_from", "when", "subscription_link", "attempt_link")
    readonly_fields = fields
    period_from = short_column("period_start", _("for the period from"))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("subscription__instance", "attempt")

    def title_of(self, row: Any) -> str:
        return f"{row.subscription.instance} · {money(row.amount_minor, row.currency)}"

    @display(description=_("when"), ordering="at")
    def tried(self, row: Collection) -> str:
        return short_moment(row.at)

    @display(description=_("when"))
    def when(self, row: Collection) -> str:
        return moment(row.at)

    @display(description=_("instance"), ordering="subscription__instance__domain")
    def instance(self, row: Collection) -> str:
        return str(row.subscription.instance)

    @display(description=_("amount"), ordering="amount_minor")
    def amount(self, row: Collection) -> str:
        return money(row.amount_minor, row.currency)

    @display(description=_("on the account"))
    def from_balance(self, row: Collection) -> str:
        return money(row.balance_minor, row.currency)

    @display(description=_("outcome"), ordering="outcome")
    def result(self, row: Collection) -> SafeString:
        return badge(OUTCOME[row.outcome], row.get_outcome_display())

    @display(description=_("reason"))
    def why(self, row: Collection) -> str:
        return formats.decline_text(row.reason) if row.reason else formats.NO_VALUE

    @display(description=_("subscription"))
    def subscription_link(self, row: Collection) -> str:
        return link(row.subscription, f"{row.subscription.instance} · {row.subscription}")

    @display(description=_("payment attempt"))
    def attempt_link(self, row: Collection) -> str:
        return link(row.attempt, row.attempt.external_id if row.attempt else None)


class WaitingFilter(admin.SimpleListFilter):
    """Filters scheduled changes: waiting, or by their outcome."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [
            ("waiting", pgettext_lazy("change of terms", "waiting")),
            ("applied", _("took effect")),
            ("called_off", pgettext_lazy("change of terms", "called off")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "waiting":
            return queryset.filter(applied_at=None, cancelled_at=None)
        if self.value() == "applied":
            return queryset.filter(applied_at__isnull=False)
        return queryset.filter(cancelled_at__isnull=False) if self.value() == "called_off" else queryset


@admin.register(TermsChange)
class TermsChangePage(ReadOnlyPage):
    list_display = ("takes_effect", "instance", "before", "terms", "decided", "decided_by", "result")
    list_filter = (WaitingFilter,)
    list_select_related = ("subscription__instance", "subscription__tariff", "tariff")
    search_fields = (
        "subscription__public_id",
        "subscription__instance__domain",
        "subscription__account__number",
        "subscription__account__customer__name",
        "tariff__tariff_id",
    )
    ordering = ("-pk",)
    fields = (
        "result",
        "takes_effect",
        "terms",
        "before",
        "subscription_link",
        "decided",
        "decided_by",
        "cancelled_by",
        "move_link",
    )
    readonly_fields = fields
    takes_effect = short_column("effective_date", _("takes effect"))
    decided = short_column("decided_at", _("decided"))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related(*self.list_select_related, "move__source", "move__target")

    def title_of(self, row: Any) -> str:
        return f"{row.subscription.instance} · {row.tariff}"

    @display(description=_("instance"), ordering="subscription__instance__domain")
    def instance(self, row: TermsChange) -> str:
        return str(row.subscription.instance)

    @display(description=_("on now"))
    def before(self, row: TermsChange) -> str:
        return terms_text(row.subscription.tariff, row.subscription.quantity) or formats.NO_VALUE

    @display(description=pgettext_lazy("terms", "to"))
    def terms(self, row: TermsChange) -> str:
        return terms_text(row.tariff, row.quantity)

    @display(description=_("state"))
    def result(self, row: TermsChange) -> SafeString:
        return terms_badge(row)

    @display(description=_("subscription"))
    def subscription_link(self, row: TermsChange) -> str:
        return link(row.subscription, f"{row.subscription.instance} · {row.subscription}")

    @display(description=_("move"))
    def move_link(self, row: TermsChange) -> str:
        return link(row.move, f"{row.move.source} → {row.move.target}" if row.move else None)
