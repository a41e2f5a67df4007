"""The admin's pages of members: staff report people as products do, after a preview of what it costs."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members import Report
from accounts.models import Instance, Member, MemberChange, Role
from billing.admin.acts.act_pages import Act, ActForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.form_fields import choice_field, email_field, instant_field, text_field
from billing.admin.base import ReadOnlyPage, ReadOnlyTable, account_of, badge, display, link, short_column, short_moment
from billing.models import BillingAccount
from billing.operations.cycle import usage
from billing.operations.subscriptions import metering
from billing.wording import formats

STATUS = {"active": "good", "invited": "info", "blocked": "warn", "removed": "plain"}


class ReportForm(ActForm):
    """A report's form asks for a person's data, status and role. Roles are those of the instance's product."""

    def build(self) -> None:
        member = self.act.target if isinstance(self.act.target, Member) else None
        instance = member.instance if member is not None else self.act.target
        if member is None:
            self.fields["external_id"] = text_field(_("id in the instance"), max_length=128)
        self.fields["email"] = email_field(_("email"), required=member is None)
        self.fields["name"] = text_field(pgettext_lazy("of a person", "name"), max_length=200, required=False)
        roles = Role.objects.filter(product=instance.product_id)
        paid, free = _("paid"), _("free")
        self.fields["role"] = choice_field(
            _("role"),
            [(role.code, f"{role.name_in(formats.language())} ({paid if role.is_paid else free})") for role in roles],
        )
        statuses = Member.Status.choices if member is not None else Member.Status.choices[:-1]
        self.fields["status"] = choice_field(_("status"), statuses)
        self.fields["occurred_at"] = instant_field(
            _("happened"),
            required=False,
            help_text=_("Leave empty for now. An earlier instant corrects what was charged since."),
        )


class ReportPerson(Act):
    """An act reports a person of an instance, known or new."""

    name = "report_member"
    title = _("Report a person")
    button = _("Report")
    lead = _("Tells us of somebody in the instance, as the software itself does. What it costs is posted at once.")
    icon = "person_add"
    form_class = ReportForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.deleted_at is None)

    @property
    def instance(self) -> Instance:
        return self.target  # type: ignore[no-any-return]

    def initial(self) -> dict[str, Any]:
        return {"status": Member.Status.ACTIVE}

    def account(self) -> BillingAccount | None:
        return account_of(self.instance)

    def external_id(self, data: dict[str, Any]) -> str:
        return str(data["external_id"])

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        self.active_before = usage.active_count(self.instance)
        report = Report(
            external_id=self.external_id(data),
            status=data["status"],
            email=data["email"],
            name=data["name"],
            role=data["role"],
            occurred_at=data["occurred_at"],
        )
        return metering.report_member(
            instance=self.instance, report=report, as_of=as_of, source=MemberChange.Source.STAFF, actor=self.actor
        )

    def facts(self, result: Any) -> list[Fact]:
        active = Fact(_("Active people"), str(usage.active_count(self.instance)), str(self.active_before))
        if not isinstance(result, Member):
            return [Fact(_("Person"), _("not known in this instance")), active]
        return [Fact(str(result), f"{result.get_status_display()}, {result.role.name_in(formats.language())}"), active]

    def success_message(self, result: Any) -> str:
        return str(_("Reported."))


class ChangePerson(ReportPerson):
    """An act changes status or role of a member."""

    name = "change_member"
    permission = "report_member"
    title = _("Change status or role")
    icon = "manage_accounts"

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.instance.deleted_at is None)

    @property
    def instance(self) -> Instance:
        return self.target.instance  # type: ignore[no-any-return]

    def initial(self) -> dict[str, Any]:
        member = self.target
        return {"email": member.email, "name": member.name, "role": member.role.code, "status": member.status}

    def external_id(self, data: dict[str, Any]) -> str:
        return str(self.target.external_id)


class ChangesOfMember(ReadOnlyTable):
    model = MemberChange
    fk_name = "member"
    fields = ("occurred_at_short", "status", "role_name", "received_at_short", "source", "actor")
    readonly_fields = fields
    occurred_at_short = short_column("occurred_at", _("happened"))
    received_at_short = short_column("received_at", _("received"))
    ordering = ("-occurred_at", "-pk")
    tab = False

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("role")

    @display(description=_("role"))
    def role_name(self, change: MemberChange) -> str:
        return change.role.name_in(formats.language())


@admin.register(Member)
class MemberPage(ReadOnlyPage):
    acts = (ChangePerson,)
    list_display = ("who", "email", "instance", "role_kind", "state", "known")
    list_filter = ("status", "role__is_paid")
    list_select_related = ("instance", "role")
    search_fields = ("email", "name", "external_id", "instance__domain", "instance__customer__name")
    fields = ("who", "email", "external_id", "instance_link", "role_kind", "state", "confirmed_at")
    readonly_fields = fields
    inlines = (ChangesOfMember,)

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("instance__product", "role")

    @display(description=pgettext_lazy("of a person", "name"), ordering="name")
    def who(self, member: Member) -> str:
        return member.name or member.email

    @display(description=_("status"), ordering="status")
    def state(self, member: Member) -> SafeString:
        return badge(STATUS[member.status], member.get_status_display())

    @display(description=_("role"))
    def role_kind(self, member: Member) -> str:
        kind = _("paid") if member.role.is_paid else _("free")
        return f"{member.role.name_in(formats.language())} · {kind}"

    @display(description=_("known until"), ordering="confirmed_at")
    def known(self, member: Member) -> str:
        return short_moment(member.confirmed_at)

    @display(description=_("instance"))
    def instance_link(self, member: Member) -> str:
        return link(member.instance)


@admin.register(MemberChange)
class MemberChangePage(ReadOnlyPage):
    list_display = ("happened", "member", "state", "role_name", "instance", "source", "actor")
    list_filter = ("status", "source")
    list_select_related = ("member", "role", "instance")
    search_fields = ("member__email", "member__name", "instance__domain", "actor")
    ordering = ("-pk",)
    fields = ("instance", "member", "status", "role_name", "occurred_at", "received_at", "source", "actor")
    readonly_fields = fields

    def title_of(self, row: Any) -> str:
        return f"{row.member} · {row.get_status_display()}"

    @display(description=_("role"), ordering="role")
    def role_name(self, change: MemberChange) -> str:
        return change.role.name_in(formats.language())

    @display(description=_("happened"), ordering="occurred_at")
    def happened(self, change: MemberChange) -> str:
        return short_moment(change.occurred_at)

    @display(description=_("status"))
    def state(self, change: MemberChange) -> SafeString:
        return badge(STATUS[change.status], change.get_status_display())
