"""Who signs in: users, groups, addresses, second factors, sessions. Only a superuser changes any of it."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.models import User
from billing.admin.base import Page, ReadOnlyPage, ReadOnlyTable, badge, display, short_moment

for model in (Group, EmailAddress, Authenticator, UserSession):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class Superusers:
    """Changed by superusers alone, whatever rights somebody was given by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


class EmailAddressTable(ReadOnlyTable):
    model = EmailAddress
    fields = ("email", "verified", "primary")
    readonly_fields = fields


@admin.register(User)
class UserPage(Superusers, UserAdmin, Page):  # type: ignore[type-arg]
    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm
    list_display = ("email", "name", "kind", "is_active", "joined")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email", "name", "emailaddress__email")
    ordering = ("email",)
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "locale", "is_active")}),
        (_("Work for the operator"), {"fields": ("is_staff", "groups", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "locale", "password1", "password2", "is_staff", "groups")}),)
    inlines = (EmailAddressTable,)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Five groups are five boxes to tick."""
        if db_field.name == "groups":
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @display(description=_("kind"))
    def kind(self, user: User) -> SafeString:
        if user.is_superuser:
            return badge("bad", _("administrator"))
        return badge("info", _("staff")) if user.is_staff else badge("plain", _("customer's person"))

    @display(description=_("since"), ordering="date_joined")
    def joined(self, user: User) -> str:
        return short_moment(user.date_joined)


@admin.register(Group)
class GroupPage(Superusers, GroupAdmin, Page):
    list_display = ("name",)
    filter_horizontal = ()


@admin.register(Authenticator)
class AuthenticatorPage(ReadOnlyPage):
    """Second factors, without their secrets."""

    list_display = ("user", "type", "created_at", "last_used_at")
    fields = list_display
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")


@admin.register(EmailAddress)
class EmailAddressPage(ReadOnlyPage):
    list_display = ("email", "user", "verified", "primary")
    fields = list_display
    list_filter = ("verified",)
    list_select_related = ("user",)
    search_fields = ("email", "user__name")
