"""The admin's pages of users, groups, addresses, second factors and sessions: only a superuser changes them."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.models import User
from billing.admin.base import (
    Page,
    ReadOnlyPage,
    ReadOnlyTable,
    badge,
    display,
    lines,
    list_link,
    short_column,
    short_moment,
)
from billing.operations import staff_roles
from billing.wording import formats

for model in (Group, EmailAddress, Authenticator, UserSession):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class Superusers:
    """A page is changed by superusers alone, whatever permissions somebody was given by hand."""

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
        """Shows the groups as checkboxes: there are five."""
        if db_field.name == "groups":
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "groups":
            field.label_from_instance = lambda group: capfirst(staff_roles.group_name(group.name))
        return field

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
    """The page of a group. `operations.staff_roles` lays down its rights and every upgrade restores them, so that a change of
    one of our groups would not last; a superuser changes groups of the operator's own."""

    list_display = ("called", "people", "acts_count")
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> Any:
        of_acts = Count("permissions", filter=Q(permissions__codename__in=staff_roles.ACTS), distinct=True)
        return super().get_queryset(request).annotate(people_count=Count("user", distinct=True), acts_may=of_acts)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and obj.name in staff_roles.GROUPS:
            return ((None, {"fields": ("called", "people", "may")}),)
        return ((None, {"fields": ("name", "permissions")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("called", "people", "may")

    def title_of(self, row: Any) -> str:
        return capfirst(staff_roles.group_name(row.name))

    @display(description=pgettext_lazy("of users", "group"), ordering="name")
    def called(self, group: Group) -> str:
        return capfirst(staff_roles.group_name(group.name))

    @display(description=pgettext_lazy("members of a group", "people"))
    def people(self, group: Any) -> str:
        return list_link(User, f"groups__id__exact={group.pk}", group.people_count) if group.pk else formats.NO_VALUE

    @display(description=_("acts it may do"))
    def acts_count(self, group: Any) -> str:
        return formats.count_text(group.acts_may)

    @display(description=_("what it may do"))
    def may(self, group: Group) -> SafeString:
        codenames = (
            group.permissions.filter(codename__in=staff_roles.ACTS).values_list("codename", flat=True)
            if group.pk
            else ()
        )
        return lines([staff_roles.act_name(code) for code in staff_roles.ACTS if code in set(codenames)])


@admin.register(Authenticator)
class AuthenticatorPage(ReadOnlyPage):
    """Second factors, without their secrets."""

    list_display = ("user", "type", "created", "used")
    fields = ("user", "type", "created_at", "last_used_at")
    created = short_column("created_at", _("created"))
    used = short_column("last_used_at", _("last used"))
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")


@admin.register(EmailAddress)
class EmailAddressPage(ReadOnlyPage):
    list_display = ("email", "user", "verified", "primary")
    fields = list_display
    list_filter = ("verified",)
    list_select_related = ("user",)
    search_fields = ("email", "user__name")
