"""The admin's pages of instances: registered by an operation, their access computed when the page is shown."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import Instance, Member, MemberChange
from billing import clock
from billing.admin.base import (
    ReadOnlyPage,
    ReadOnlyTable,
    account_of,
    badge,
    display,
    lines,
    link,
    list_link,
    moment,
    short_column,
    short_moment,
)
from billing.admin.customers.instance_acts import Delete, Register, Subscribe
from billing.admin.customers.members import ReportPerson
from billing.admin.money.reliefs import GrantRelief
from billing.admin.subscriptions.labels import status_badge, tariff_name
from billing.models import Invoice, Subscription
from billing.operations.cycle import access, prepaid_periods, usage
from billing.pricing.periods import business_date
from billing.pricing.quantity import next_unit_costs
from billing.pricing.seats import explain_seat_change
from billing.pricing.terms import Metric
from billing.wording import formats

LEVEL = {"full": "good", "read_only": "warn", "deleted": "plain"}
WHY = {
    "relief": _("Temporary access since %(since)s"),
    "invoice_overdue": _("Overdue invoices since %(since)s"),
    "no_subscription": _("No subscription since %(since)s"),
    "trial_ended": _("Trial over and nothing chosen since %(since)s"),
    "subscription_terminated": _("Subscription terminated %(since)s"),
    "deleted": _("Deleted %(since)s"),
}


def _next_seat(subscription: Subscription) -> str:
    """Tells what one person more in a paid role adds today (B5); a dash where people are not what is paid for."""
    if subscription.priced_by.metric != Metric.PAID_MEMBERS or subscription.terminated_at is not None:
        return formats.NO_VALUE
    tomorrow = prepaid_periods.day_after(business_date(clock.now(), subscription.account.zone))
    terms, seats, currency = (
        subscription.priced_by.terms(),
        usage.paid_count(subscription.instance),
        subscription.account.currency,
    )
    minor = sum(
        int(
            explain_seat_change(terms, seats, seats + 1, **prepaid_periods.share(terms, period.span, tomorrow))[
                "amount_minor"
            ]
        )
        for period in subscription.periods.filter(end__gt=tomorrow)
    )
    return str(_("%(sum)s, in a paid role") % {"sum": formats.money_text(minor, currency, signed=True)})


class MemberTable(ReadOnlyTable):
    model = Member
    fields = ("name", "email", "role_name", "status", "confirmed_at_short")
    readonly_fields = fields
    confirmed_at_short = short_column("confirmed_at", _("known until"))
    show_change_link = True

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("role", "instance")

    @display(description=_("role"))
    def role_name(self, member: Member) -> str:
        return member.role.name_in(formats.language())


class ChangeTable(ReadOnlyTable):
    model = MemberChange
    fields = ("occurred_at_short", "member", "status", "role_name", "source", "actor")
    readonly_fields = fields
    occurred_at_short = short_column("occurred_at", _("happened"))
    ordering = ("-occurred_at", "-pk")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("role", "member", "instance")

    @display(description=_("role"))
    def role_name(self, change: MemberChange) -> str:
        return change.role.name_in(formats.language())


@admin.register(Instance)
class InstancePage(ReadOnlyPage):
    acts = (GrantRelief, ReportPerson, Subscribe, Delete)
    list_acts = (Register,)
    list_display = ("domain", "product", "customer", "registered", "living")
    list_filter = (("deleted_at", admin.EmptyFieldListFilter), "product", "is_test")
    list_select_related = ("product", "customer")
    search_fields = ("domain", "public_id", "email", "customer__name", "customer__inn", "members__email")
    search_help_text = _("Domain, customer, INN, email")
    fieldsets = (
        (_("Access now"), {"fields": ("access_level", "access_reasons")}),
        (_("What it costs"), {"fields": ("account_link", "subscription_link", "people", "next_person")}),
        (
            _("Instance"),
            {
                "fields": (
                    "domain",
                    "product",
                    "customer_link",
                    "email",
                    "is_test",
                    "registered_at",
                    "deleted_at",
                    "public_id",
                )
            },
        ),
    )
    readonly_fields = (
        "access_level",
        "access_reasons",
        "account_link",
        "subscription_link",
        "people",
        "next_person",
        "customer_link",
        "public_id",
    )
    inlines = (MemberTable, ChangeTable)

    @display(description=_("registered"), ordering="registered_at")
    def registered(self, instance: Instance) -> str:
        return short_moment(instance.registered_at)

    @display(description=_("status"))
    def living(self, instance: Instance) -> SafeString:
        return badge("plain", _("deleted")) if instance.deleted_at else badge("good", _("in use"))

    @display(description=_("access"))
    def access_level(self, instance: Instance) -> SafeString:
        level = self._access(instance).level
        return badge(LEVEL[str(level.value)], level.label)

    @display(description=_("because"))
    def access_reasons(self, instance: Instance) -> SafeString | str:
        reasons = self._access(instance).reasons
        if not reasons:
            return str(_("Nothing stands against it."))
        return lines([self._reason(reason) for reason in reasons])

    @staticmethod
    def _access(instance: Any) -> access.Access:
        """Computes the access once for a page, as of now (D3)."""
        if not hasattr(instance, "access_now"):
            instance.access_now = access.level(instance, as_of=clock.now())
        access_now: access.Access = instance.access_now
        return access_now

    @staticmethod
    def _reason(reason: access.Reason) -> SafeString | str:
        text = str(WHY[reason.code]) % {"since": moment(reason.since)}
        invoices = Invoice.objects.filter(number__in=reason.invoices).order_by("due_date")
        return format_html("{}: {}", text, lines([link(invoice) for invoice in invoices])) if reason.invoices else text

    @display(description=_("customer"))
    def customer_link(self, instance: Instance) -> str:
        return link(instance.customer)

    @display(description=_("billing account"))
    def account_link(self, instance: Instance) -> str:
        return link(account_of(instance))

    @display(description=_("subscription"))
    def subscription_link(self, instance: Instance) -> str:
        subscription = access.current_subscription(instance)
        if subscription is None:
            return link(None)
        in_debt = bool(access.overdue_invoices(subscription.account, clock.now()))
        badge_now = status_badge(subscription, in_debt=in_debt, as_of=clock.now())
        return format_html(
            "{} {}", link(subscription, f"{tariff_name(subscription.tariff)} · {subscription.public_id}"), badge_now
        )

    @display(description=_("people"))
    def people(self, instance: Instance) -> SafeString:
        active = usage.active_count(instance)
        return format_html(
            "{} · {}",
            _("%(count)s active") % {"count": active},
            list_link(Member, f"instance__id__exact={instance.pk}", _("all")),
        )

    @display(description=_("one person more"))
    def next_person(self, instance: Instance) -> str:
        """Tells what the next active person would add to the month (D8), or a seat to the rest of the paid period (B5)."""
        subscription = access.current_subscription(instance)
        period = subscription.periods.filter(closed_at=None).last() if subscription is not None else None
        if subscription is None or period is None:
            return formats.NO_VALUE
        if not subscription.is_metered:
            return _next_seat(subscription)
        if usage.active_count(instance) < period.peak:
            return str(_("Nothing more this month: the peak is %(peak)s.") % {"peak": period.peak})
        return formats.money_text(
            next_unit_costs(subscription.priced_by.terms(), period.peak), subscription.account.currency, signed=True
        )
