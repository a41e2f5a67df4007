"""The admin's pages of sign-ups: support sees who is stuck between the form and the mail."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing import clock
from billing.admin.base import ReadOnlyPage, badge, display, link, short_moment
from billing.models import SignUp


@admin.register(SignUp)
class SignUpPage(ReadOnlyPage):
    list_display = ("email", "customer_name", "product", "domain", "asked", "state")
    list_filter = ("product", ("confirmed_at", admin.EmptyFieldListFilter))
    list_select_related = ("product", "instance")
    search_fields = ("email", "customer_name", "domain")
    fields = (
        "email",
        "person",
        "customer_name",
        "kind",
        "locale",
        "product",
        "tariff",
        "quantity",
        "domain",
        "state",
        "created_at",
        "expires_at",
        "mailed_at",
        "mail_attempts",
        "confirmed_at",
        "made",
    )
    readonly_fields = fields

    @display(description=_("asked"), ordering="created_at")
    def asked(self, row: SignUp) -> str:
        return short_moment(row.created_at)

    @display(description=_("status"))
    def state(self, row: SignUp) -> SafeString:
        if row.confirmed_at is not None:
            return badge("good", _("confirmed"))
        if row.mailed_at is None:
            return badge("bad" if row.mail_attempts else "warn", _("mail not sent yet"))
        return (
            badge("plain", _("link has expired"))
            if row.expires_at <= clock.now()
            else badge("warn", _("waits for them"))
        )

    @display(description=pgettext_lazy("of a person", "name"))
    def person(self, row: SignUp) -> str:
        return row.name

    @display(description=_("instance"))
    def made(self, row: SignUp) -> Any:
        return link(row.instance)
