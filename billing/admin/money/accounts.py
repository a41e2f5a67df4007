"""The admin's pages of billing accounts: balance and open invoices, changed through acts alone."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.errors import BadInput
from accounts.models import Instance
from billing import clock
from billing.admin.acts import four_eyes
from billing.admin.acts.act_pages import Act, ActForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.form_fields import amount_field, choice_field, instant_field, reason_field, text_field
from billing.admin.base import (
    ReadOnlyPage,
    ReadOnlyTable,
    display,
    figure,
    lines,
    link,
    list_link,
    moment,
    money,
    short_column,
)
from billing.models import (
    Approval,
    BillingAccount,
    Charge,
    Entry,
    Event,
    Invoice,
    Notice,
    NumberSeries,
    Payment,
    Subscription,
)
from billing.operations.customers import customers
from billing.operations.cycle import access
from billing.operations.settlement import payments
from billing.operations.staff_roles import permission_of
from billing.reports import overview
from billing.reports.worklists import workload
from billing.wording import formats

REASONS: "dict[str, str | Promise]" = {
    "service_failure": _("failure of the service"),
    "goodwill": _("goodwill"),
    "billing_error": _("billing error"),
    "tax": _("tax"),
    "migration": _("migration"),
    "fraud": _("fraud"),
}

# The most that one adjustment in the admin moves, in minor units: a hundred million roubles. A misplaced digit is more likely.
MOST_ADJUSTED_MINOR = 10**10


class PaymentForm(ActForm):
    def build(self) -> None:
        account: BillingAccount = self.act.target
        self.fields["amount"] = amount_field(
            _("amount, %(currency)s") % {"currency": account.currency},
            currency=account.currency,
            help_text=four_eyes.limit_hint(account.currency, self.act.user, "record_large_payment"),
        )
        self.fields["method"] = choice_field(_("method"), Payment.Method.choices)
        self.fields["reference"] = text_field(
            _("reference"),
            max_length=200,
            help_text=_("Number and date of the payment order: by it the payment is found again."),
        )
        self.fields["received_at"] = instant_field(_("received"), required=False, help_text=_("Leave empty for now."))
        open_invoices = Invoice.objects.open().filter(account=account)
        choices = [("", _("oldest due first"))] + [
            (row.number, f"{row.number} · {money(row.open_minor, row.currency)} · {formats.date_text(row.due_date)}")
            for row in open_invoices
        ]
        self.fields["invoice"] = choice_field(_("pays invoice"), choices, required=False)


class RecordPayment(Act):
    name = "record_payment"
    title = _("Record a payment")
    button = _("Record the payment")
    lead = _("Money that has come. It lands on the account, pays what is open, and frees instances in the same moment.")
    icon = "payments"
    variant = ActionVariant.PRIMARY
    form_class = PaymentForm
    live = True

    def account(self) -> BillingAccount:
        return self.target  # type: ignore[no-any-return]

    def initial(self) -> dict[str, Any]:
        query = self.request.GET
        return {
            "invoice": query.get("invoice", ""),
            "method": query.get("method", Payment.Method.BANK),
            "reference": query.get("reference", ""),
        }

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        if not self.user.has_perm(permission_of("record_large_payment")):
            return four_eyes.record_payment(self, data, as_of)
        new = payments.NewPayment(
            amount_minor=data["amount"],
            currency=self.target.currency,
            method=data["method"],
            reference=data["reference"],
            received_at=data["received_at"],
            invoice_number=data["invoice"],
        )
        return payments.record_payment(account=self.target, new=new, as_of=as_of, actor=self.actor)

    def facts(self, result: Any) -> list[Fact]:
        if isinstance(result, Approval):
            return four_eyes.approval_facts(result)
        credit = result.credit
        credit.refresh_from_db()
        rows = [
            Fact(_("Pays %(number)s") % {"number": row.invoice.number}, money(row.amount_minor, result.currency))
            for row in credit.allocations.select_related("invoice").order_by("pk")
            if row.invoice is not None
        ]
        if credit.unapplied_minor:
            rows.append(Fact(_("Stays on the account"), money(credit.unapplied_minor, result.currency)))
        return rows

    def success_message(self, result: Any) -> str:
        if isinstance(result, Approval):
            return str(four_eyes.ASKED)
        return str(_("%(amount)s recorded.") % {"amount": money(result.amount_minor, result.currency)})


class AdjustForm(ActForm):
    def build(self) -> None:
        currency = self.act.target.currency
        self.fields["amount"] = amount_field(
            _("amount, %(currency)s") % {"currency": currency},
            currency=currency,
            most_minor=MOST_ADJUSTED_MINOR,
            negative=True,
            help_text=lines(
                [_("Above zero in the customer's favour, below zero against."), four_eyes.limit_hint(currency)]
            ),
        )
        self.fields["reason_code"] = choice_field(_("kind of reason"), list(REASONS.items()))
        self.fields["comment"] = reason_field(_("reason"), help_text=_("In a sentence: the customer sees it."))


class Adjust(Act):
    name = "adjust_balance"
    title = _("Adjust the balance")
    button = _("Adjust")
    lead = _("A favour is credit that pays open invoices at once; a claim is collected by the next invoice.")
    icon = "balance"
    form_class = AdjustForm
    live = True
    needs_reauthentication = True

    def account(self) -> BillingAccount:
        return self.target  # type: ignore[no-any-return]

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        return four_eyes.adjust_balance(self, data, as_of)

    def facts(self, result: Any) -> list[Fact]:
        return four_eyes.approval_facts(result) if isinstance(result, Approval) else []

    def success_message(self, result: Any) -> str:
        if isinstance(result, Approval):
            return str(four_eyes.ASKED)
        return str(_("The balance is adjusted."))


class AddressesForm(ActForm):
    def build(self) -> None:
        self.fields["emails"] = text_field(
            _("addresses"),
            required=False,
            help_text=_("One a line. Besides the customer's own and those of the registrations."),
        )
        self.fields["emails"].widget = UnfoldAdminTextareaWidget(attrs={"rows": 5})


class Addresses(Act):
    name = "billing_addresses"
    permission = "change_requisites"
    title = _("Billing addresses")
    button = _("Save the addresses")
    lead = _("Who else receives the account's invoices.")
    icon = "alternate_email"
    form_class = AddressesForm

    def initial(self) -> dict[str, Any]:
        return {"emails": "\n".join(self.target.addresses.values_list("email", flat=True))}

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> list[str]:
        self.before = list(self.target.addresses.values_list("email", flat=True))
        try:
            return customers.set_billing_addresses(
                account=self.target, emails=data["emails"].split(), as_of=as_of, actor=self.actor
            )
        except BadInput as refusal:
            refusal.field = "emails"
            raise

    def facts(self, result: list[str]) -> list[Fact]:
        return [Fact(_("Addresses"), ", ".join(result) or formats.NO_VALUE, ", ".join(self.before) or formats.NO_VALUE)]


class DebtFilter(admin.SimpleListFilter):
    """Filters accounts by what they owe today, each in its seller's time zone."""

    title = _("debt")
    parameter_name = "debt"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("overdue", _("overdue")), ("open", _("open invoices")), ("credit", _("credit to spend"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "overdue":
            late = workload.overdue_invoices(clock.now()).values("account")
            return queryset.filter(pk__in=late)
        if self.value() == "open":
            return queryset.filter(pk__in=Invoice.objects.filter(open_minor__gt=0).values("account"))
        if self.value() == "credit":
            return queryset.filter(Q(ledger_account__balance_minor__gt=0))
        return queryset


class SubscriptionTable(ReadOnlyTable):
    model = Subscription
    fields = ("instance", "tariff", "started_at_short", "terminated_at_short", "public_id")
    readonly_fields = fields
    started_at_short = short_column("started_at", _("started"))
    terminated_at_short = short_column("terminated_at", _("terminated"))
    show_change_link = True
    tab = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("instance", "tariff")


@admin.register(BillingAccount)
class BillingAccountPage(ReadOnlyPage):
    acts = (RecordPayment, Adjust, Addresses)
    list_display = ("number", "customer", "seller", "balance", "open_sum", "overdue_sum")
    list_filter = (DebtFilter, "seller")
    list_select_related = ("customer", "seller", "ledger_account")
    search_fields = (
        "number",
        "customer__name",
        "customer__full_name",
        "customer__inn",
        "customer__email",
        "addresses__email",
        "invoices__number",
        "customer__instances__domain",
    )
    search_help_text = _("Account number, customer, INN, email, invoice number, domain")
    fieldsets = (
        (_("At a glance"), {"fields": ("balance_now", "made_of", "due", "access_now")}),
        (_("Account"), {"fields": ("number", "customer_link", "seller", "opened", "month", "emails")}),
        (_("Look further"), {"fields": ("more",)}),
    )
    readonly_fields = (
        "balance_now",
        "made_of",
        "due",
        "access_now",
        "customer_link",
        "opened",
        "month",
        "emails",
        "more",
    )
    inlines = (SubscriptionTable,)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Adds the open and the overdue sum of each account to the list's one query."""
        still = Invoice.objects.filter(account=OuterRef("pk"), open_minor__gt=0).order_by()
        late = workload.overdue_invoices(clock.now()).filter(account=OuterRef("pk")).order_by()

        def total(rows: Any) -> Any:
            return Coalesce(Subquery(rows.values("account").annotate(sum=Sum("open_minor")).values("sum")), Value(0))

        return super().get_queryset(request).annotate(open_total=total(still), overdue_total=total(late))

    @display(description=_("balance"), ordering="ledger_account__balance_minor")
    def balance(self, account: BillingAccount) -> SafeString:
        return figure(account.ledger_account.balance_minor, account.currency)

    @display(description=_("open"), ordering="open_total")
    def open_sum(self, account: Any) -> str:
        return money(account.open_total or None, account.currency)

    @display(description=_("overdue"), ordering="overdue_total")
    def overdue_sum(self, account: Any) -> SafeString:
        return figure(-account.overdue_total or None, account.currency)

    @display(description=_("balance"))
    def balance_now(self, account: BillingAccount) -> SafeString:
        return format_html(
            '<span class="account-sum">{}</span>', figure(account.ledger_account.balance_minor, account.currency)
        )

    @display(description=_("made of"))
    def made_of(self, account: BillingAccount) -> SafeString:
        state = overview.account_position(account=account, as_of=clock.now())
        parts: list[object] = []
        if state.credit_minor:
            parts.append(_("%(sum)s to spend") % {"sum": money(state.credit_minor, account.currency)})
        if state.owed_minor:
            parts.append(_("%(sum)s on open invoices") % {"sum": money(state.owed_minor, account.currency)})
        if state.charged_minor:
            month = formats.period_text(state.charged_month)
            parts.append(
                _("%(sum)s charged for %(month)s, not yet invoiced")
                % {"sum": money(state.charged_minor, account.currency), "month": month}
            )
        return lines(parts)

    @display(description=_("to be paid"))
    def due(self, account: BillingAccount) -> SafeString:
        state = overview.account_position(account=account, as_of=clock.now())
        rows = [
            (link(row), money(row.open_minor, row.currency), self._due_text(row, state))
            for row in state.open_invoices[:10]
        ]
        return format_html_join("", "<div>{} · {} · {}</div>", rows) if rows else SafeString(formats.NO_VALUE)

    @staticmethod
    def _due_text(invoice: Invoice, state: overview.AccountPosition) -> str:
        due = formats.date_text(invoice.due_date)
        late = (state.today - invoice.due_date).days
        return str(
            _("due %(date)s, %(days)s days late") % {"date": due, "days": late}
            if late > 0
            else _("due %(date)s") % {"date": due}
        )

    @display(description=_("instances now"))
    def access_now(self, account: BillingAccount) -> SafeString:
        instances = Instance.objects.filter(subscriptions__account=account).distinct().order_by("domain")[:20]
        as_of = clock.now()
        return lines(
            [
                format_html("{} · {}", link(instance), access.level(instance, as_of=as_of).level.label)
                for instance in instances
            ]
        )

    @display(description=_("customer"))
    def customer_link(self, account: BillingAccount) -> str:
        return link(account.customer)

    @display(description=_("opened"))
    def opened(self, account: BillingAccount) -> str:
        return moment(account.opened_at)

    @display(description=_("open month"))
    def month(self, account: BillingAccount) -> str:
        return formats.period_text(account.open_month)

    @display(description=_("billing addresses"))
    def emails(self, account: BillingAccount) -> SafeString:
        return lines([account.customer.email, *account.addresses.values_list("email", flat=True)])

    @display(description=_("lists"))
    def more(self, account: BillingAccount) -> SafeString:
        query = f"account__id__exact={account.pk}"
        return format_html_join(
            " · ",
            "{}",
            (
                (list_link(model, query, model._meta.verbose_name_plural),)
                for model in (Invoice, Payment, Charge, Entry, Notice, Event)
            ),
        )


@admin.register(NumberSeries)
class NumberSeriesPage(ReadOnlyPage):
    list_display = ("key", "last")
    fields = list_display
