"""Reliefs give access before the money arrives (M16), with an end and a reason; the list shows whether money followed."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import DateTimeField, OuterRef, Q, Subquery, Sum, Value
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Instance
from billing import clock
from billing.admin.acts.act_pages import Act, ActForm, ReasonForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.form_fields import instant_field, model_field, reason_field
from billing.admin.base import ReadOnlyPage, account_of, badge, display, link, moment, money, short_moment
from billing.errors import BadInput
from billing.models import BillingAccount, CustomerRequest, Payment, Relief, Subscription
from billing.operations.cycle import access
from billing.operations.settlement import reliefs
from billing.operations.staff_roles import permission_of
from billing.reports.worklists import waiting


class GrantForm(ActForm):
    """A relief's form asks for the instance where the act starts from an account's request; an instance's page fixes it."""

    def build(self) -> None:
        target = self.act.target
        if isinstance(target, CustomerRequest):
            running = Subscription.objects.filter(account=target.account, terminated_at=None)
            self.fields["instance"] = model_field(
                _("instance"), Instance.objects.filter(pk__in=running.values("instance"), deleted_at=None)
            )
        days = reliefs.SUPPORT_DAYS
        self.fields["ends_at"] = instant_field(
            _("until"),
            help_text=ngettext(
                "Support gives up to %(days)s day, finance up to %(most)s.",
                "Support gives up to %(days)s days, finance up to %(most)s.",
                days,
            )
            % {"days": days, "most": reliefs.LONGEST_DAYS},
        )
        self.fields["reason"] = reason_field(help_text=_("For example the number of the payment order that was shown."))


class GrantRelief(Act):
    name = "grant_relief"
    title = _("Give access for a time")
    button = _("Give access")
    lead = _("Full access in spite of debt, until the time you set. It ends by itself, and the debt stays.")
    icon = "timer"
    form_class = GrantForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        account = account_of(target) if isinstance(target, Instance) else target.account
        return account is not None and bool(access.overdue_invoices(account, clock.now()))

    def account(self) -> BillingAccount | None:
        return account_of(self.target) if isinstance(self.target, Instance) else self.target.account

    def initial(self) -> dict[str, Any]:
        values: dict[str, Any] = {"ends_at": (clock.now() + timedelta(days=1)).replace(second=0, microsecond=0)}
        if isinstance(self.target, CustomerRequest):
            values["instance"] = self.target.instance_id
        return values

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Relief:
        longest = as_of + timedelta(days=reliefs.SUPPORT_DAYS)
        if data["ends_at"] > longest and not self.user.has_perm(permission_of("grant_long_relief")):
            days = reliefs.SUPPORT_DAYS
            raise BadInput(
                ngettext(
                    "For longer than %(days)s day finance gives it.",
                    "For longer than %(days)s days finance gives it.",
                    days,
                )
                % {"days": days},
                field="ends_at",
                code="above_limit",
                rule="M16",
            )
        instance = data.get("instance") or self.target
        return reliefs.grant_relief(
            instance=instance, ends_at=data["ends_at"], reason=data["reason"], as_of=as_of, actor=self.actor
        )

    def facts(self, result: Relief) -> list[Fact]:
        return [Fact(_("Instance"), result.instance.domain), Fact(_("Full access until"), moment(result.ends_at))]

    def success_message(self, result: Relief) -> str:
        return str(_("Access is given until %(end)s.") % {"end": moment(result.ends_at)})


class GrantReliefForRequest(GrantRelief):
    """The act is the same from the page of the request that brought the proof of payment."""

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        is_proof = target.kind == CustomerRequest.Kind.PROOF_OF_PAYMENT and target.answered_at is None
        return is_proof and super().makes_sense(target)


class WithdrawRelief(Act):
    name = "withdraw_relief"
    permission = "grant_relief"
    title = _("End it now")
    lead = _("Ends the access before its time; the instance is read-only again as long as the debt stands.")
    icon = "timer_off"
    form_class = ReasonForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.withdrawn_at is None and target.ends_at > clock.now())

    def account(self) -> BillingAccount | None:
        return account_of(self.target.instance)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Relief:
        return reliefs.withdraw_relief(relief=self.target, as_of=as_of, actor=self.actor, reason=data["reason"])

    def success_message(self, result: Any) -> str:
        return str(_("The temporary access is over."))


def countdown(ends_at: datetime, as_of: datetime) -> str:
    """Formats the time that is left: in 2 d 5 h, in 40 min."""
    minutes = max(0, int((ends_at - as_of).total_seconds()) // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return str(_("%(days)s d %(hours)s h left") % {"days": days, "hours": hours})
    if hours:
        return str(_("%(hours)s h %(minutes)s min left") % {"hours": hours, "minutes": minutes % 60})
    return str(_("%(minutes)s min left") % {"minutes": minutes})


class ReliefFilter(admin.SimpleListFilter):
    """Filters reliefs: running, ending today, over, over without money."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [
            ("running", _("running")),
            ("today", _("ends today")),
            ("over", _("over")),
            ("unpaid", _("over, no money came")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        as_of = clock.now()
        over = Q(ends_at__lte=as_of) | Q(withdrawn_at__isnull=False)
        queries: dict[str | None, Any] = {
            "running": lambda: queryset.filter(pk__in=waiting.running_reliefs(as_of).values("pk")),
            "today": lambda: queryset.filter(pk__in=waiting.reliefs_ending_today(as_of).values("pk")),
            "over": lambda: queryset.filter(over),
            "unpaid": lambda: queryset.filter(over, followed_minor=None),
        }
        return queries[self.value()]() if self.value() in queries else queryset


@admin.register(Relief)
class ReliefPage(ReadOnlyPage):
    acts = (WithdrawRelief,)
    list_display = ("instance", "customer", "ends", "state", "followed", "reason", "granted_by")
    list_filter = (ReliefFilter,)
    list_select_related = ("instance__customer",)
    search_fields = ("instance__domain", "instance__customer__name", "reason", "granted_by")
    search_help_text = _("Domain, customer, reason, who gave it")
    ordering = ("-ends_at", "-pk")
    fieldsets = (
        (
            _("Temporary access"),
            {
                "fields": (
                    "state",
                    "followed",
                    "instance_link",
                    "customer_link",
                    "starts_text",
                    "ends_text",
                    "reason",
                    "granted_by",
                )
            },
        ),
        (_("Ended early"), {"fields": ("withdrawn_text", "withdrawn_by")}),
    )
    readonly_fields = (
        "state",
        "followed",
        "instance_link",
        "customer_link",
        "starts_text",
        "ends_text",
        "withdrawn_text",
    )

    def title_of(self, row: Any) -> str:
        return f"{row.instance} · {short_moment(row.ends_at)}"

    def get_queryset(self, request: HttpRequest) -> Any:
        """Adds the money recorded since the relief began, less reversed payments."""
        accounts = Subscription.objects.filter(instance=OuterRef(OuterRef("instance"))).values("account")
        came = (
            Payment.objects.filter(
                account__in=accounts, recorded_at__gte=OuterRef("starts_at"), credit__entry__reversed_by=None
            )
            .order_by()
            .values("currency")
            .annotate(total=Sum("amount_minor"))
        )
        return (
            super()
            .get_queryset(request)
            .select_related("instance__customer")
            .annotate(
                as_of=Value(clock.now(), output_field=DateTimeField()),
                followed_minor=Subquery(came.values("total")[:1]),
                followed_currency=Subquery(came.values("currency")[:1]),
            )
        )

    @display(description=_("customer"), ordering="instance__customer__name")
    def customer(self, row: Relief) -> str:
        return row.instance.customer.name

    @display(description=_("until"), ordering="ends_at")
    def ends(self, row: Relief) -> str:
        return short_moment(row.ends_at)

    @display(description=_("state"))
    def state(self, row: Any) -> SafeString:
        if row.withdrawn_at is not None:
            return badge("plain", _("ended early"))
        if row.ends_at <= row.as_of:
            return badge("plain", _("over"))
        return badge("warn", countdown(row.ends_at, row.as_of))

    @display(description=_("followed by money"))
    def followed(self, row: Any) -> SafeString:
        if row.followed_minor:
            return badge("good", money(row.followed_minor, row.followed_currency))
        over = row.withdrawn_at is not None or row.ends_at <= row.as_of
        return badge("bad" if over else "plain", _("no money came") if over else _("not yet"))

    @display(description=_("instance"))
    def instance_link(self, row: Relief) -> str:
        return link(row.instance)

    @display(description=_("customer"))
    def customer_link(self, row: Relief) -> str:
        return link(row.instance.customer)

    @display(description=_("from"))
    def starts_text(self, row: Relief) -> str:
        return moment(row.starts_at)

    @display(description=_("until"))
    def ends_text(self, row: Relief) -> str:
        return moment(row.ends_at)

    @display(description=_("ended"))
    def withdrawn_text(self, row: Relief) -> str:
        return moment(row.withdrawn_at)
