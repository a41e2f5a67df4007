"""Instances: registered by an operation, their access worked out when somebody looks."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members import Report
from accounts.models import Customer, Instance, Member, MemberChange, Product
from billing import clock
from billing.admin.acts.act_pages import Act, ActForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.form_fields import (
    choice_field,
    email_field,
    instant_field,
    model_field,
    reason_field,
    searched_field,
    text_field,
)
from billing.admin.base import (
    ReadOnlyPage,
    ReadOnlyTable,
    badge,
    display,
    lines,
    link,
    list_link,
    moment,
    short_column,
    short_moment,
)
from billing.admin.customers.members import ReportPerson, account_of
from billing.admin.money.reliefs import GrantRelief
from billing.admin.subscriptions.labels import (
    charges_since,
    choices_of,
    is_counted_by_hand,
    next_fact,
    offered,
    status_badge,
    tariff_name,
)
from billing.admin.subscriptions.terms_acts import WHY as WHO_ASKED
from billing.admin.subscriptions.terms_acts import number_field
from billing.models import BillingAccount, Invoice, Subscription
from billing.operations.customers import instances
from billing.operations.cycle import access, prepaid_periods, usage
from billing.operations.subscriptions import lifecycle
from billing.pricing.periods import business_date
from billing.pricing.quantity import next_unit_costs
from billing.pricing.seats import explain_seat_change
from billing.pricing.terms import Metric
from billing.reports.plan_state import plan_state
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


class RegisterForm(ActForm):
    def build(self) -> None:
        self.fields["customer"] = searched_field(
            _("customer"), Customer.objects.filter(erased_at=None), Instance._meta.get_field("customer")
        )
        self.fields["product"] = model_field(_("product"), Product.objects.all())
        self.fields["domain"] = text_field(_("domain"), help_text=_("As team.example.com"))
        self.fields["email"] = email_field(
            _("representative's email"),
            help_text=_("The first person is the instance's administrator; invoices go there too."),
        )
        self.fields["person"] = text_field(_("representative's name"), required=False)
        self.fields["external_id"] = text_field(_("representative's id in the instance"), initial="1", max_length=128)
        self.fields["registered_at"] = instant_field(
            _("registered"), required=False, help_text=_("Leave empty for now.")
        )


class Register(Act):
    name = "register_instance"
    title = _("Register an instance")
    button = _("Register")
    lead = _("A new instance of a product for a customer. Its tariff is chosen afterwards, on its page.")
    icon = "add"
    form_class = RegisterForm

    def initial(self) -> dict[str, Any]:
        return {
            "customer": self.request.GET.get("customer"),
            "product": Product.objects.values_list("pk", flat=True).first(),
        }

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        return instances.register_instance(
            customer=data["customer"],
            product=data["product"],
            domain=data["domain"],
            as_of=as_of,
            registered_at=data["registered_at"],
            source=MemberChange.Source.STAFF,
            actor=self.actor,
            representative=Report(
                external_id=data["external_id"], status=Member.Status.ACTIVE, email=data["email"], name=data["person"]
            ),
        )

    def facts(self, result: Any) -> list[Fact]:
        first = result.members.select_related("role").get()
        role = first.role.name_in(formats.language())
        return [Fact(_("Instance"), result.domain), Fact(_("Its administrator"), f"{first}, {role}")]

    def done(self, result: Any) -> str:
        return str(_("%(domain)s is registered. Choose its tariff next.") % {"domain": result.domain})

    def done_url(self, result: Any) -> str:
        return reverse("admin:accounts_instance_change", args=(result.pk,))


class SubscribeForm(ActForm):
    def build(self) -> None:
        found = offered(self.act.target.product, with_trials=True)
        if self.act.target.product.kind != Product.Kind.FREE:
            self.fields["tariff_id"] = choice_field(_("tariff"), choices_of(found))
        if is_counted_by_hand(found):
            self.fields["quantity"] = number_field(
                _("quantity"), required=False, help_text=_("Of what is bought by the piece; empty: one.")
            )
        if any(row.trial_days for row in found):
            how = [
                ("", _("first, where the tariff has one and it is not used")),
                ("yes", _("with the trial")),
                ("no", _("without: paid time begins today")),
            ]
            self.fields["trial"] = choice_field(pgettext_lazy("subscription", "trial"), how, required=False)
        self.fields["reason"] = reason_field(help_text=WHO_ASKED)


class Subscribe(Act):
    name = "create_subscription"
    title = _("Put on a tariff")
    lead = _("Starts a subscription now: its trial, or its paid time, of which the first charge is posted at once.")
    icon = "playlist_add_check"
    form_class = SubscribeForm
    live = True

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return target.deleted_at is None and not target.subscriptions.filter(terminated_at=None).exists()

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        self.as_of = as_of
        trial = {"yes": True, "no": False}.get(data.get("trial", ""))
        return lifecycle.create_subscription(
            instance=self.target,
            tariff_id=data.get("tariff_id"),
            quantity=data.get("quantity"),
            trial=trial,
            as_of=as_of,
            actor=self.actor,
            reason=data["reason"],
        )

    def facts(self, result: Subscription) -> list[Fact]:
        currency = result.account.currency
        rows = [Fact(_("Account"), result.account.number), Fact(_("Tariff"), tariff_name(result.tariff))]
        if result.trial_ends_on is not None:
            rows.append(Fact(_("Trial's last day"), formats.date_text(result.trial_ends_on)))
        period = result.periods.first()
        if period is not None:
            rows.append(Fact(_("First period"), formats.span_text(period.start, period.span.last_day)))
        charged = sum(result.charges.values_list("amount_minor", flat=True))
        rows.append(Fact(_("Charged at once"), formats.money_text(charged, currency)))
        if not result.is_metered:
            rows += [*charges_since(result, 0), next_fact(plan_state(result, self.as_of))]
        return [*rows, Fact(_("Balance"), formats.money_text(_balance(result), currency))]

    def done(self, result: Any) -> str:
        return str(_("The subscription runs."))


def _balance(subscription: Subscription) -> int:
    account = BillingAccount.objects.select_related("ledger_account").get(pk=subscription.account_id)
    return int(account.ledger_account.balance_minor)


def _next_seat(subscription: Subscription) -> str:
    """What one person more in a paid role adds today (B5); nothing is said where people are not what is paid for."""
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


class DeleteForm(ActForm):
    def build(self) -> None:
        self.fields["requested_by"] = text_field(
            _("asked for by"), help_text=_("Only the owner may ask for it."), max_length=200
        )
        self.fields["domain"] = text_field(
            _("the domain, typed out"), help_text=_("So that no other instance is deleted.")
        )

    def clean_domain(self) -> str:
        typed = str(self.cleaned_data["domain"]).strip().lower()
        if typed != self.act.target.domain.lower():
            self.add_error("domain", _("This is not the domain of this instance."))
        return typed


class Delete(Act):
    name = "delete_instance"
    permission = "delete_instance_data"
    title = _("Delete for good")
    lead = _(
        "Erases the personal data of its people on the owner's request. Ledger and documents stay. It cannot be undone."
    )
    icon = "delete_forever"
    form_class = DeleteForm
    fresh = True

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.deleted_at is None)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        self.people = self.target.members.count()
        instances.delete_instance(
            instance=self.target, as_of=as_of, actor=self.actor, requested_by=data["requested_by"]
        )
        return self.target

    def facts(self, result: Any) -> list[Fact]:
        return [Fact(_("Instance"), self.target.domain), Fact(_("People erased"), str(self.people))]

    def done(self, result: Any) -> str:
        return str(_("The instance is deleted."))


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
        """Worked out once a page, when it is looked at (D3)."""
        if not hasattr(instance, "access_now"):
            instance.access_now = access.level(instance, as_of=clock.now())
        found: access.Access = instance.access_now
        return found

    @staticmethod
    def _reason(reason: access.Reason) -> SafeString | str:
        text = str(WHY[reason.code]) % {"since": moment(reason.since)}
        found = Invoice.objects.filter(number__in=reason.invoices).order_by("due_date")
        return format_html("{}: {}", text, lines([link(one) for one in found])) if reason.invoices else text

    @display(description=_("customer"))
    def customer_link(self, instance: Instance) -> str:
        return link(instance.customer)

    @display(description=_("billing account"))
    def account_link(self, instance: Instance) -> str:
        return link(account_of(instance))

    @display(description=_("subscription"))
    def subscription_link(self, instance: Instance) -> str:
        found = access.current_subscription(instance)
        if found is None:
            return link(None)
        in_debt = bool(access.overdue_invoices(found.account, clock.now()))
        badge_now = status_badge(found, in_debt=in_debt, as_of=clock.now())
        return format_html("{} {}", link(found, f"{tariff_name(found.tariff)} · {found.public_id}"), badge_now)

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
        """What the next active person would add to the month (D8), or a seat to the rest of what is paid (B5)."""
        found = access.current_subscription(instance)
        period = found.periods.filter(closed_at=None).last() if found is not None else None
        if found is None or period is None:
            return formats.NO_VALUE
        if not found.is_metered:
            return _next_seat(found)
        if usage.active_count(instance) < period.peak:
            return str(_("Nothing more this month: the peak is %(peak)s.") % {"peak": period.peak})
        return formats.money_text(
            next_unit_costs(found.priced_by.terms(), period.peak), found.account.currency, signed=True
        )
