"""The admin's pages of API tokens: a secret is shown once, only its hash is stored."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from accounts.models import Instance
from billing import clock
from billing.admin.acts.act_pages import Act, ActForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.act_results import SecretAct
from billing.admin.acts.form_fields import choice_field, searched_field, text_field
from billing.admin.base import ReadOnlyPage, badge, display, link, short_moment
from billing.models import ApiToken
from billing.operations import api_tokens


class TokenForm(ActForm):
    def build(self) -> None:
        self.fields["scope"] = choice_field(_("scope"), ApiToken.Scope.choices, initial=ApiToken.Scope.INSTANCE)
        self.fields["instance"] = searched_field(
            _("instance"),
            Instance.objects.filter(deleted_at=None),
            ApiToken._meta.get_field("instance"),
            required=False,
            help_text=_("For a token of an instance."),
        )
        self.fields["label"] = text_field(_("label"), max_length=100, required=False, help_text=_("Where it is used."))


class CreateToken(SecretAct):
    heading = _("The secret of the token")
    name = "create_token"
    permission = "manage_tokens"
    title = _("Create a token")
    button = _("Create it and show its secret once")
    lead = _("Copy the secret when it is shown: it cannot be shown again.")
    icon = "add"
    form_class = TokenForm
    needs_reauthentication = True

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> tuple[ApiToken, str]:
        return api_tokens.create_token(
            scope=data["scope"], at=clock.real_now(), actor=self.actor, instance=data["instance"], label=data["label"]
        )

    def facts(self, result: tuple[ApiToken, str]) -> list[Fact]:
        token = result[0]
        rows = [Fact(_("May do"), token.get_scope_display())]
        return [*rows, Fact(_("Instance"), token.instance.domain)] if token.instance else rows

    def success_message(self, result: tuple[ApiToken, str]) -> str:
        return str(_("The token is made."))


class Revoke(Act):
    name = "revoke_token"
    permission = "manage_tokens"
    title = _("Revoke")
    lead = _("Ends the token at once and for good. Whoever uses it is answered 401 from now on.")
    icon = "block"
    variant = ActionVariant.DANGER

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.revoked_at is None)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> ApiToken:
        api_tokens.revoke_token(token=self.target, at=clock.real_now(), actor=self.actor)
        token: ApiToken = self.target
        return token

    def facts(self, result: ApiToken) -> list[Fact]:
        return [Fact(_("Status"), _("revoked"), _("in use"))]

    def success_message(self, result: ApiToken) -> str:
        return str(_("The token is revoked."))


@admin.register(ApiToken)
class ApiTokenPage(ReadOnlyPage):
    acts = (Revoke,)
    list_acts = (CreateToken,)
    list_display = ("label", "public_id", "scope", "instance", "created", "used", "state")
    list_filter = ("scope", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("instance",)
    search_fields = ("label", "public_id", "instance__domain")
    fields = (
        "label",
        "state",
        "public_id",
        "scope",
        "instance_link",
        "created_at",
        "last_used_at",
        "revoked_at",
        "revoked_by",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("secret_sha256")

    @display(description=_("status"))
    def state(self, token: ApiToken) -> SafeString:
        return badge("plain", _("revoked")) if token.revoked_at else badge("good", _("in use"))

    @display(description=_("instance"))
    def instance_link(self, token: ApiToken) -> str:
        return link(token.instance)

    @display(description=_("created"), ordering="created_at")
    def created(self, token: ApiToken) -> str:
        return short_moment(token.created_at)

    @display(description=_("last used"), ordering="last_used_at")
    def used(self, token: ApiToken) -> str:
        return short_moment(token.last_used_at)
