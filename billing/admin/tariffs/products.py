"""The admin's pages of products, roles, sellers and VAT rates, which product managers change: sellers and VAT rates are here
too, because both are configured with the products, by the same operations and people."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from accounts.models import Product, Role, User
from accounts.models.products import UNIT_FIELDS
from billing import clock
from billing.admin.acts.form_fields import OperationForm, add_refusal, percent_field
from billing.admin.base import OperationPage, ReadOnlyTable, badge, display, lines, list_link
from billing.errors import BadInput
from billing.models import Seller, Tariff, VatRate
from billing.operations.catalogue import configuration
from billing.operations.staff_roles import permission_of
from billing.wording import formats
from billing.wording.unit_names import counted_text, counting_of_product, from_text, per_text

# Help texts of the fields of a unit's name.
UNIT_HELP = {
    "unit_name": _("After 1, and in prices: 1 licence, per licence."),
    "unit_name_plural": _("After any other number: 2 licences."),
    "unit_name_ru": _("After 1 and 21: 1 лицензия, 21 лицензия."),
    "unit_name_few_ru": _("After 2 to 4: 2 лицензии."),
    "unit_name_many_ru": _("After 5 to 20: 5 лицензий; сколько лицензий."),
    "unit_name_per_ru": _("After «за» in prices: за лицензию."),
}
SHOWN_NUMBERS = (1, 2, 5, 21)


class ConfigurationForm(OperationForm):
    user: User

    def operate(self, row: Any, data: dict[str, Any]) -> Any:
        """Saves the row with an audit record."""
        return configuration.save_row(row=row, as_of=clock.now(), actor=self.user.email)


class ProductForm(ConfigurationForm):
    def clean(self) -> dict[str, Any]:
        """Names the form of the unit's name that is missing, beside its field, before the database would refuse the row."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            configuration.refuse_half_named_unit(values)
        except BadInput as refusal:
            add_refusal(self, refusal)
        return values


class ConfigurationPage(OperationPage):
    """A page of rows that people set up by hand; ``act`` is the permission to do so."""

    form = ConfigurationForm
    act = ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(permission_of(self.act))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(permission_of(self.act))


class RoleTable(ReadOnlyTable):
    model = Role
    fields = ("code", "name", "name_ru", "is_paid", "is_administrator", "has_billing_right", "position")
    readonly_fields = fields
    show_change_link = True
    tab = False


@admin.register(Product)
class ProductPage(ConfigurationPage):
    form = ProductForm
    act = "manage_catalogue"
    list_display = ("name", "code", "kind", "tariffs")
    list_filter = ("kind",)
    search_fields = ("code", "name", "name_ru")
    fieldsets = (
        (None, {"fields": ("code", "name", "name_ru", "kind")}),
        (
            _("What is sold by quantity"),
            {
                "fields": (*UNIT_FIELDS, "unit_counted"),
                "description": _(
                    "Licences, devices, gigabytes: whatever customers buy a number of. Prices, pages, mails and invoices are "
                    "worded with it. Invoices that are issued keep the name that they were issued with. Leave all forms "
                    "empty where no tariff sells a quantity."
                ),
            },
        ),
    )
    readonly_fields = ("unit_counted",)
    inlines = (RoleTable,)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Adds to each form of the unit's name the sentence that needs it."""
        if db_field.name in UNIT_HELP:
            options["help_text"] = UNIT_HELP[db_field.name]
        return super().formfield_for_dbfield(db_field, request, **options)

    @display(description=_("as sentences have it"))
    def unit_counted(self, product: Product) -> SafeString | str:
        """Shows numbers that need every form of the unit's name, in both languages, as they are saved."""
        counting = counting_of_product(product)
        if not counting.unit:
            return formats.NO_VALUE
        rows = []
        for language in ("en", "ru"):
            with override(language):
                counted = [counted_text(counting, number, formats.count_text(number)) for number in SHOWN_NUMBERS]
                limits = [from_text(counting, number, formats.count_text(number)) for number in (10, 21)]
                rows.append(", ".join([*counted, *limits, per_text(counting)]))
        return lines(rows)

    @display(description=_("tariffs"))
    def tariffs(self, product: Product) -> str:
        return list_link(Tariff, f"product__id__exact={product.pk}", _("tariffs"))


@admin.register(Role)
class RolePage(ConfigurationPage):
    act = "manage_catalogue"
    list_display = ("name", "product", "code", "paid_or_free", "is_administrator", "has_billing_right", "position")
    list_filter = ("product", "is_paid")
    list_select_related = ("product",)
    search_fields = ("code", "name", "name_ru", "product__name")
    fields = ("product", "code", "name", "name_ru", "is_paid", "is_administrator", "has_billing_right", "position")

    @display(description=_("paid or free"), ordering="is_paid")
    def paid_or_free(self, role: Role) -> SafeString:
        return badge("info", _("paid")) if role.is_paid else badge("good", _("free"))


@admin.register(Seller)
class SellerPage(ConfigurationPage):
    act = "manage_sellers"
    list_display = ("name", "code", "currency", "series", "time_zone", "vat")
    search_fields = ("code", "name", "full_name", "inn")
    fieldsets = (
        (_("Who"), {"fields": ("code", "kind", "name", "full_name", "email", "address", "country")}),
        (_("Billing"), {"fields": ("currency", "series", "time_zone", "payment_days", "vat_code", "vat_exemption")}),
        (_("Requisites"), {"fields": ("inn", "kpp", "ogrn", "tax_id")}),
        (_("Bank"), {"fields": ("bank_name", "bank_city", "bic", "bank_account", "correspondent_account")}),
        (_("Signatures"), {"fields": ("director", "accountant")}),
    )

    @display(description=_("VAT rate"))
    def vat(self, seller: Seller) -> str:
        return seller.vat_code or str(_("no VAT"))


@admin.register(VatRate)
class VatRatePage(ConfigurationPage):
    act = "manage_sellers"
    list_display = ("code", "percent", "valid_from")
    fields = list_display
    list_filter = ("code",)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Reads the rate as every other percentage is read."""
        if db_field.name == "percent":
            return percent_field(capfirst(db_field.verbose_name))
        return super().formfield_for_dbfield(db_field, request, **options)
