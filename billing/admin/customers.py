"""Whoever pays: found by any clue, made with an account, requisites checked while they are typed in."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import Customer, Instance, User
from billing import clock
from billing.admin.base import OperationPage, display, figure, lines, link, list_link, short_moment
from billing.admin.customer_overview import Overviewed
from billing.admin.forms import OperationForm
from billing.models import AuditRecord, BillingAccount, Seller
from billing.operations import customers
from billing.operations.staff import permission_of

PARTY = ("name", "kind", "email", "locale")
BANK = ("bank_name", "bic", "bank_account", "correspondent_account")
LEGAL = ("full_name", "inn", "kpp", "ogrn", "tax_id", "country", "address")


class CustomerForm(OperationForm):
    currency = forms.ChoiceField(label=_("currency of the account"), widget=UnfoldAdminSelectWidget(), required=False)

    class Meta:
        model = Customer
        fields = (*PARTY, *LEGAL, *BANK)

    user: User

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "currency" in self.fields:
            sellers = Seller.objects.order_by("currency").values_list("currency", "name")
            self.fields["currency"].choices = [(code, f"{code} · {name}") for code, name in sellers]  # type: ignore[attr-defined]

    def operate(self, customer: Customer, data: dict[str, Any]) -> Customer:
        """Makes the customer with its account, or changes it."""
        if customer._state.adding:
            new = customers.NewCustomer(
                name=customer.name, kind=customer.kind, email=customer.email, locale=customer.locale,
                currency=data.get("currency", ""), requisites=customer.requisites(),
            )  # fmt: skip
            return customers.create_customer(new=new, as_of=clock.now())
        values = {name: str(data[name]) for name in self.changed_data if name in (*PARTY, *LEGAL, *BANK)}
        return customers.change_customer(customer=customer, values=values, as_of=clock.now(), actor=self.user.email)


@admin.register(Customer)
class CustomerPage(Overviewed, OperationPage):
    form = CustomerForm
    list_display = ("name", "inn", "email", "account_numbers", "instance_count", "created")
    list_filter = ("kind", "locale")
    search_fields = (
        "name", "full_name", "inn", "email", "public_id", "billing_accounts__number", "billing_accounts__addresses__email",
        "instances__domain", "instances__members__email", "billing_accounts__invoices__number",
        "billing_accounts__payments__public_id", "billing_accounts__payments__reference",
    )  # fmt: skip
    search_help_text = _("Name, INN, account number, email, domain, invoice number, payment")
    readonly_fields = ("public_id", "created_at", "accounts", "where", "history")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(permission_of("create_customer"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(permission_of("change_requisites")) and (obj is None or obj.erased_at is None)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        party = PARTY if obj else (*PARTY, "currency")
        found: list[Any] = []
        if obj:
            found.append((_("At a glance"), {"fields": ("accounts", "where", "history")}))
        found += [
            (_("Who"), {"fields": party}),
            (_("Requisites"), {"fields": LEGAL, "description": _("Changes show in documents issued from now on.")}),
            (_("Bank"), {"fields": BANK}),
        ]
        if obj:
            found.append((_("Record"), {"fields": ("public_id", "created_at")}))
        return found

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("billing_accounts", "instances")

    @display(description=_("accounts"))
    def account_numbers(self, customer: Customer) -> str:
        return ", ".join(account.number for account in customer.billing_accounts.all())

    @display(description=_("instances"))
    def instance_count(self, customer: Customer) -> int:
        return len(customer.instances.all())

    @display(description=_("since"), ordering="created_at")
    def created(self, customer: Customer) -> str:
        return short_moment(customer.created_at)

    @display(description=_("accounts"))
    def accounts(self, customer: Customer) -> SafeString:
        found = BillingAccount.objects.filter(customer=customer).select_related("ledger_account")
        return lines([
            format_html("{} · {}", link(one), figure(one.ledger_account.balance_minor, one.currency)) for one in found
        ])  # fmt: skip

    @display(description=_("instances"))
    def where(self, customer: Customer) -> SafeString:
        found = list(customer.instances.all()[:20])
        rows: list[object] = [link(one) for one in found]
        if len(found) == 20:
            rows.append(list_link(Instance, f"customer__id__exact={customer.pk}", _("all")))
        return lines(rows)

    @display(description=_("history"))
    def history(self, customer: Customer) -> SafeString:
        query = f"customer__id__exact={customer.pk}"
        return format_html(
            '{} · <a class="text-primary-600 dark:text-primary-500 hover:underline" href="{}?{}">{}</a>',
            list_link(AuditRecord, query, _("who did what")),
            reverse("admin:billing_event_changelist"), f"account__customer__id__exact={customer.pk}", _("events"),
        )  # fmt: skip
