"""The admin's pages of subscriptions: status, next dates, charges, collections and scheduled changes."""

from typing import Any

from django.contrib import admin
from django.db.models import DateTimeField, Value
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing import clock
from billing.admin.base import ReadOnlyPage, display, lines, link, list_link, moment, money, short_column, short_date
from billing.admin.money.offer_acts import SendOffer
from billing.admin.subscriptions.end_acts import Cancel, Resume, Terminate, UndoCancel
from billing.admin.subscriptions.labels import STATUS, state_of, status_badge, tariff_name, units_text
from billing.admin.subscriptions.tables import ChargeTable, CollectionTable, HistoryTable, PeriodTable, TermsTable
from billing.admin.subscriptions.terms_acts import ChangeTerms, Choose, CollectNow, Extend, UndoChange
from billing.models import Charge, Subscription
from billing.operations.subscriptions import lifecycle
from billing.reports.plan_state import Stage
from billing.reports.worklists import subscription_work
from billing.wording import formats


class SendYearOffer(SendOffer):
    """An offer of a year up front is made for metered subscriptions alone (M11)."""

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return super().makes_sense(target) and target.is_metered


class StateFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [
            *((code, text) for code, (_tone, text) in STATUS.items()),
            ("ending", _("trial ends soon, nothing chosen")),
            ("failing", _("renewal could not be collected")),
            ("short", _("renewal by tomorrow that nothing pays")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value, as_of = self.value() or "", clock.now()
        if value in STATUS:
            return subscription_work.filter_by_status(queryset, value, as_of)
        if value == "ending":
            return queryset.filter(pk__in=subscription_work.ending_trials(as_of).values("pk"))
        if value == "failing":
            return queryset.filter(pk__in=subscription_work.failing_collections(as_of).values("pk"))
        return queryset.filter(pk__in=subscription_work.uncovered_renewals(as_of)) if value == "short" else queryset


@admin.register(Subscription)
class SubscriptionPage(ReadOnlyPage):
    acts = (Choose, Extend, ChangeTerms, UndoChange, CollectNow, SendYearOffer, Cancel, UndoCancel, Resume, Terminate)
    list_display = ("instance", "account", "tariff", "state", "next_turn", "started")
    list_filter = (StateFilter, "instance__product", "tariff")
    list_select_related = ("instance", "account__seller", "tariff")
    search_fields = (
        "public_id",
        "instance__domain",
        "account__number",
        "account__customer__name",
        "account__customer__inn",
    )
    fieldsets = (
        (
            _("How it stands"),
            {
                "fields": (
                    "state",
                    "tariff_link",
                    "units",
                    "trial_to",
                    "paid_to",
                    "next_charge",
                    "scheduled",
                    "ends",
                    "method",
                    "seats",
                    "next_turn_text",
                    "until",
                )
            },
        ),
        (_("Subscription"), {"fields": ("instance_link", "account_link", "began", "ended", "public_id", "charges")}),
    )
    readonly_fields = (*fieldsets[0][1]["fields"], *fieldsets[1][1]["fields"])
    inlines = (TermsTable, CollectionTable, HistoryTable, PeriodTable, ChargeTable)

    def title_of(self, row: Any) -> str:
        product = row.instance.product.name_in(formats.language())
        return f"{row.instance} · {row.tariff.name_in(formats.language()) if row.tariff else product}"

    def get_queryset(self, request: HttpRequest) -> Any:
        subscriptions = super().get_queryset(request)
        subscriptions = subscriptions.select_related(
            "instance__product", "account__seller", "account__customer", "tariff__product"
        )
        as_of = clock.now()  # one instant, and one look at the clock, for all rows
        return subscriptions.annotate(
            in_debt=subscription_work.has_overdue_invoice(as_of), asked_at=Value(as_of, output_field=DateTimeField())
        )

    # --- How it stands -----------------------------------------------------------------------------------------------

    @display(description=_("status"))
    def state(self, row: Any) -> SafeString:
        return status_badge(row, in_debt=row.in_debt, as_of=row.asked_at)

    @display(description=_("tariff"))
    def tariff_link(self, row: Subscription) -> str:
        return link(row.tariff, tariff_name(row.tariff)) if row.tariff is not None else tariff_name(None)

    @display(description=_("quantity"))
    def units(self, row: Subscription) -> str:
        """Shows the number of seats or units now; measured use stands in the periods."""
        state = state_of(row)
        if state.stage in (Stage.METERED, Stage.FREE) or row.tariff is None:
            return formats.NO_VALUE
        return units_text(row.tariff, state.units)

    @display(description=_("trial's last day"))
    def trial_to(self, row: Subscription) -> str:
        return formats.date_text(row.trial_ends_on) if row.trial_ends_on is not None else formats.NO_VALUE

    @display(description=_("charged to"))
    def paid_to(self, row: Subscription) -> str:
        day = state_of(row).paid_until
        return formats.date_text(day) if day is not None and not row.is_metered else formats.NO_VALUE

    @display(description=_("next charge"))
    def next_charge(self, row: Subscription) -> SafeString | str:
        state = state_of(row)
        if state.next_date is None:
            return formats.NO_VALUE
        parts = [f"{money(state.next_minor, state.currency)} · {formats.date_text(state.next_date)}"]
        if state.is_collected and state.missing_minor:
            parts.append(
                _("%(sum)s of it are not on the account") % {"sum": money(state.missing_minor, state.currency)}
            )
        return lines(parts)

    @display(description=_("scheduled change"))
    def scheduled(self, row: Subscription) -> SafeString | str:
        change = state_of(row).change
        if change is None:
            return formats.NO_VALUE
        units = units_text(change.tariff, change.quantity)
        parts = [formats.date_text(change.effective_date), tariff_name(change.tariff)]
        return " · ".join([*parts, units] if units != formats.NO_VALUE else parts)

    @display(description=_("cancelled for"))
    def ends(self, row: Subscription) -> str:
        if row.cancel_date is None or row.terminated_at is not None:
            return formats.NO_VALUE
        return formats.date_text(row.cancel_date)

    @display(description=_("saved method"))
    def method(self, row: Subscription) -> str:
        state = state_of(row)
        if state.stage not in (Stage.PAID, Stage.TRIAL):
            return formats.NO_VALUE
        return link(state.method, state.method.title) if state.method else str(pgettext_lazy("payment method", "none"))

    @display(description=_("seats not on an invoice yet"))
    def seats(self, row: Subscription) -> str:
        minor = state_of(row).seats_minor
        return money(minor, row.account.currency) if minor else formats.NO_VALUE

    @display(description=_("next transition"), ordering="next_transition_date")
    def next_turn(self, row: Subscription) -> str:
        return short_date(row.next_transition_date)

    @display(description=_("next transition"))
    def next_turn_text(self, row: Subscription) -> str:
        """Shows the midnight of the next transition: a trial ends, paid time begins, is renewed or ends."""
        return formats.date_text(row.next_transition_date) if row.next_transition_date is not None else formats.NO_VALUE

    @display(description=_("can be resumed until"))
    def until(self, row: Subscription) -> str:
        if row.terminated_at is None or not row.is_metered:
            return formats.NO_VALUE
        return moment(lifecycle.resumable_until(row))

    # --- Whose it is -------------------------------------------------------------------------------------------------

    @display(description=_("instance"))
    def instance_link(self, row: Subscription) -> str:
        return link(row.instance)

    @display(description=_("billing account"))
    def account_link(self, row: Subscription) -> str:
        return link(row.account, f"{row.account} · {row.account.customer}")

    started = short_column("started_at", _("started"))

    @display(description=_("started"))
    def began(self, row: Subscription) -> str:
        return moment(row.started_at)

    @display(description=_("terminated"))
    def ended(self, row: Subscription) -> str:
        return moment(row.terminated_at)

    @display(description=_("charges"))
    def charges(self, row: Subscription) -> SafeString:
        return list_link(Charge, f"subscription__id__exact={row.pk}", _("all"))
