"""The admin's pages of saved payment methods, and the act that removes one where its owner asks support for it."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from billing.admin.acts.act_pages import Act, ActForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.form_fields import reason_field
from billing.admin.base import ReadOnlyPage, badge, display, link, moment, short_moment
from billing.models import BillingAccount, SavedMethod
from billing.operations.collection import payment_methods
from billing.operations.collection.method_store import REPLACED


class RemoveForm(ActForm):
    def build(self) -> None:
        self.fields["reason"] = reason_field(help_text=_("For example: the owner asked by phone, ticket 417."))


class RemoveMethod(Act):
    name = "remove_method"
    title = _("Remove the saved method")
    button = _("Remove it")
    lead = _(
        "Nothing is charged to it any more, and its owner is told by mail. Their plans go on and have to be paid otherwise."
    )
    icon = "credit_card_off"
    form_class = RemoveForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.removed_at is None)

    def account(self) -> BillingAccount:
        return self.target.account  # type: ignore[no-any-return]

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> SavedMethod:
        return payment_methods.remove_method(method=self.target, as_of=as_of, actor=self.actor, reason=data["reason"])

    def facts(self, result: SavedMethod) -> list[Fact]:
        return [Fact(_("Saved method"), pgettext("payment method", "none"), result.title)]

    def success_message(self, result: SavedMethod) -> str:
        return str(_("%(card)s is removed.") % {"card": result.title})


class HeldFilter(admin.SimpleListFilter):
    """Filters saved methods: in use, or removed."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("active", _("active")), ("removed", _("removed"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(removed_at__isnull=self.value() == "active") if self.value() else queryset


@admin.register(SavedMethod)
class SavedMethodPage(ReadOnlyPage):
    acts = (RemoveMethod,)
    list_display = ("title", "customer", "account", "state", "expires_on", "saved")
    list_filter = (HeldFilter, "provider")
    list_select_related = ("account__customer",)
    search_fields = ("public_id", "external_id", "title", "account__number", "account__customer__name", "saved_by")
    search_help_text = _("What it is, id, account number, customer, who saved it")
    fieldsets = (
        (_("Saved method"), {"fields": ("state", "title", "expires_on", "account_link", "saved_text", "saved_by")}),
        (_("At the provider"), {"fields": ("provider", "external_id", "public_id")}),
        (pgettext_lazy("payment method", "Removal"), {"fields": ("removed_text", "removed_by")}),
    )
    readonly_fields = ("state", "account_link", "saved_text", "removed_text", "public_id")

    def title_of(self, row: Any) -> str:
        return f"{row.title} · {row.account.customer}"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("account__customer")

    @display(description=_("customer"), ordering="account__customer__name")
    def customer(self, row: SavedMethod) -> str:
        return row.account.customer.name

    @display(description=_("state"), ordering="removed_at")
    def state(self, row: SavedMethod) -> SafeString:
        if row.removed_at is None:
            return badge("good", _("active"))
        return badge("plain", _("replaced by another") if row.removed_by == REPLACED else _("removed"))

    @display(description=_("saved"), ordering="saved_at")
    def saved(self, row: SavedMethod) -> str:
        return short_moment(row.saved_at)

    @display(description=_("saved"))
    def saved_text(self, row: SavedMethod) -> str:
        return moment(row.saved_at)

    @display(description=_("removed"))
    def removed_text(self, row: SavedMethod) -> str:
        return moment(row.removed_at)

    @display(description=_("billing account"))
    def account_link(self, row: SavedMethod) -> str:
        return link(row.account, f"{row.account} · {row.account.customer}")
