"""The admin's pages of customers: found by any search term, made with an account, requisites checked as they are typed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import Customer, User
from billing import clock
from billing.admin.acts.form_fields import OperationForm
from billing.admin.base import OperationPage, display, list_link, short_moment
from billing.admin.customers.overview import CustomerOverviewMixin
from billing.models import AuditRecord, Seller
from billing.operations.customers import customers
from billing.operations.staff_roles import permission_of

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
            self.fields["currency"].label = capfirst(str(self.fields["currency"].label))
            self.fields["currency"].choices = [(code, f"{code} · {name}") for code, name in sellers]  # type: ignore[attr-defined]

    def operate(self, customer: Customer, data: dict[str, Any]) -> Customer:
        """Creates the customer with its account, or changes it."""
        if customer._state.adding:
            new = customers.NewCustomer(
                name=customer.name,
                kind=customer.kind,
                email=customer.email,
                locale=customer.locale,
                currency=data.get("currency", ""),
                requisites=customer.requisites(),
            )
            return customers.create_customer(new=new, as_of=clock.now())
        values = {name: str(data[name]) for name in self.changed_data if name in (*PARTY, *LEGAL, *BANK)}
        return customers.change_customer(customer=customer, values=values, as_of=clock.now(), actor=self.user.email)


@admin.register(Customer)
class CustomerPage(CustomerOverviewMixin, OperationPage):
    form = CustomerForm
    list_display = ("name", "inn", "email", "account_numbers", "instance_count", "created")
    list_filter = ("kind", "locale")
    search_fields = (
        "name",
        "full_name",
        "inn",
        "email",
        "public_id",
        "billing_accounts__number",
        "billing_accounts__addresses__email",
        "instances__domain",
        "instances__members__email",
        "billing_accounts__invoices__number",
        "billing_accounts__payments__public_id",
        "billing_accounts__payments__reference",
    )
    search_help_text = _("Name, INN, account number, email, domain, invoice number, payment")
    readonly_fields = ("public_id", "created_at", "audit")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(permission_of("create_customer"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(permission_of("change_requisites")) and (obj is None or obj.erased_at is None)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Collapses the form under the overview: staff read customers far more often than they change them."""
        folded = ("collapse",) if obj else ()
        fieldsets: list[Any] = [
            (_("Who"), {"fields": PARTY if obj else (*PARTY, "currency"), "classes": folded}),
            (
                _("Requisites"),
                {"fields": LEGAL, "description": _("Changes show in documents issued from now on."), "classes": folded},
            ),
            (_("Bank"), {"fields": BANK, "classes": folded}),
        ]
        if obj:
            fieldsets.append((_("In our records"), {"fields": ("public_id", "created_at", "audit"), "classes": folded}))
        return fieldsets

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

    @display(description=_("history"))
    def audit(self, customer: Customer) -> SafeString:
        return list_link(AuditRecord, f"customer__id__exact={customer.pk}", _("who did what"))
