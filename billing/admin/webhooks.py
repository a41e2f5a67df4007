"""Where the products' backends hear of events, and what became of each one sent."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from accounts.models import Customer, Product
from billing.admin.acts import Act, ActForm, ReasonForm
from billing.admin.base import ReadOnlyPage, badge, display, link, short_moment
from billing.admin.effects import Fact
from billing.admin.forms import searched_field, text_field
from billing.models import WebhookDelivery, WebhookEndpoint
from billing.operations import webhooks

COLOURS = {"waiting": "warn", "delivered": "good", "failed": "bad"}


class EndpointForm(ActForm):
    def build(self) -> None:
        fields = {name: WebhookEndpoint._meta.get_field(name) for name in ("product", "customer")}
        self.fields["url"] = text_field(_("address"), max_length=500, help_text=_("Begins with https://."))
        self.fields["product"] = searched_field(
            _("product"),
            Product.objects.all(),
            fields["product"],
            required=False,
            help_text=_("Empty: of all products."),
        )
        self.fields["customer"] = searched_field(
            _("customer"), Customer.objects.all(), fields["customer"], required=False,
            help_text=_("Empty: of all customers."),
        )  # fmt: skip
        self.fields["types"] = text_field(
            _("event types"), max_length=500, required=False,
            help_text=_("Separated by spaces, as subscription.terminated, or subscription. for all of them. Empty: all."),
        )  # fmt: skip


class AddEndpoint(Act):
    name = "add_webhook"
    permission = "manage_tokens"
    title = _("Add a webhook")
    button = _("Add it and show its secret once")
    lead = _("Copy the secret when it is shown: the receiver checks every signature with it.")
    icon, form_class, fresh = "add", EndpointForm, True

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> WebhookEndpoint:
        return webhooks.add_endpoint(
            url=data["url"], product=data["product"], customer=data["customer"], types=data["types"].split(), as_of=as_of,
            actor=self.actor,
        )  # fmt: skip

    def facts(self, result: WebhookEndpoint) -> list[Fact]:
        return [Fact(_("Address"), result.url), Fact(_("Event types"), " ".join(result.types) or str(_("all")))]

    def done(self, result: WebhookEndpoint) -> str:
        messages.warning(
            self.request,
            format_html(
                '{} <code class="select-all break-all" id="secret">{}</code>',
                _("Copy it now, it is not shown again:"),
                result.secret,
            ),
        )
        return str(_("The webhook is added."))


class DisableEndpoint(Act):
    name = "disable_webhook"
    permission = "manage_tokens"
    title = _("Switch off")
    lead = _("Nothing is sent there any more, and what was waiting is given up.")
    icon, form_class, variant = "block", ReasonForm, ActionVariant.DANGER

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.disabled_at is None)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> WebhookEndpoint:
        return webhooks.disable(endpoint=self.target, as_of=as_of, actor=self.actor, reason=data["reason"])

    def facts(self, result: WebhookEndpoint) -> list[Fact]:
        return [Fact(_("Status"), _("switched off"), _("in use"))]


@admin.register(WebhookEndpoint)
class WebhookEndpointPage(ReadOnlyPage):
    acts = (DisableEndpoint,)
    list_acts = (AddEndpoint,)
    list_display = ("url", "public_id", "product", "customer", "created", "state")
    list_filter = ("product", ("disabled_at", admin.EmptyFieldListFilter))
    list_select_related = ("product", "customer")
    search_fields = ("url", "public_id", "customer__name")
    fields = ("url", "state", "public_id", "product", "customer", "types", "created_at", "created_by", "disabled_at",
              "disabled_reason")  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("secret")

    @display(description=_("status"))
    def state(self, endpoint: WebhookEndpoint) -> SafeString:
        return badge("plain", _("switched off")) if endpoint.disabled_at else badge("good", _("in use"))

    @display(description=_("created"), ordering="created_at")
    def created(self, endpoint: WebhookEndpoint) -> str:
        return short_moment(endpoint.created_at)


@admin.register(WebhookDelivery)
class WebhookDeliveryPage(ReadOnlyPage):
    list_display = ("about", "endpoint_link", "state_badge", "attempts", "last_status", "last", "next")
    list_filter = ("state", "endpoint__product")
    list_select_related = ("event", "endpoint")
    search_fields = ("event__public_id", "event__type", "endpoint__url")
    fields = ("about", "endpoint_link", "state_badge", "attempts", "last", "last_status", "last_error", "next",
              "delivered_at", "body")  # fmt: skip
    readonly_fields = fields

    @display(description=_("event"), ordering="event__type")
    def about(self, row: WebhookDelivery) -> str:
        return link(row.event, f"{row.event.type} · {row.event.public_id}")

    @display(description=_("webhook endpoint"))
    def endpoint_link(self, row: WebhookDelivery) -> str:
        return link(row.endpoint, row.endpoint.url)

    @display(description=_("state"), ordering="state")
    def state_badge(self, row: WebhookDelivery) -> SafeString:
        return badge(COLOURS[row.state], row.get_state_display())

    @display(description=_("last attempt"), ordering="last_attempt_at")
    def last(self, row: WebhookDelivery) -> str:
        return short_moment(row.last_attempt_at)

    @display(description=_("next attempt"), ordering="next_attempt_at")
    def next(self, row: WebhookDelivery) -> str:
        return short_moment(row.next_attempt_at if row.state == WebhookDelivery.State.WAITING else None)

    @display(description=_("what is sent"))
    def body(self, row: WebhookDelivery) -> str:
        return webhooks.body_of(row.event)
