"""The admin's pages of webhook endpoints with their traffic, and of each delivery with its attempts."""

import json
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from billing import clock
from billing.admin.base import ReadOnlyPage, badge, display, link, moment, short_moment
from billing.admin.webhooks.endpoint_acts import (
    AddEndpoint,
    ChangeEndpoint,
    DisableEndpoint,
    EnableEndpoint,
    NewSecret,
    Pause,
    ReplayDelivery,
    ReplayRange,
    Resume,
    SendSample,
)
from billing.charts import webhook_lag
from billing.errors import Refusal
from billing.models import WebhookDelivery, WebhookEndpoint
from billing.operations.events import fan_out, webhook_request
from billing.operations.events.event_types import TYPES, meaning_of
from billing.operations.staff_roles import permission_of
from billing.reports import webhook_traffic
from billing.wording import formats, webhook_events

COLOURS = {"waiting": "warn", "delivered": "good", "failed": "bad"}
ROWS, TRIES = 20, 20
State = WebhookDelivery.State


def may_manage(request: HttpRequest) -> bool:
    return bool(request.user.has_perm(permission_of("manage_tokens")))


def state_badge(endpoint: WebhookEndpoint) -> SafeString:
    if endpoint.disabled_at is not None:
        return badge("bad", _("switched off"))
    return badge("warn", _("paused")) if endpoint.paused_at is not None else badge("good", _("in use"))


@admin.register(WebhookEndpoint)
class WebhookEndpointPage(ReadOnlyPage):
    acts = (SendSample, ReplayRange, Pause, Resume, ChangeEndpoint, NewSecret, EnableEndpoint, DisableEndpoint)
    list_acts = (AddEndpoint,)
    list_display = ("title", "public_id", "product", "customer", "waits", "created", "state")
    list_filter = ("product", ("disabled_at", admin.EmptyFieldListFilter), ("paused_at", admin.EmptyFieldListFilter))
    list_select_related = ("product", "customer")
    search_fields = ("url", "name", "public_id", "customer__name")
    fields = (
        "state",
        "name",
        "url",
        "public_id",
        "product",
        "customer",
        "hears",
        "rotation",
        "paused",
        "off",
        "disabled_reason",
        "created_text",
        "created_by",
    )
    readonly_fields = fields
    change_form_outer_before_template = "admin/webhooks/endpoint_traffic.html"

    def title_of(self, row: Any) -> str:
        return str(row.name or row.url)

    def get_queryset(self, request: HttpRequest) -> Any:
        waiting = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), state=State.WAITING).order_by()
        number = waiting.values("endpoint").annotate(number=Count("pk")).values("number")
        endpoints = super().get_queryset(request).defer("secret", "old_secret")
        return endpoints.annotate(waiting=Coalesce(Subquery(number), 0))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.types_view)
        return [path("types/", view, name="billing_webhookendpoint_types"), *super().get_urls()]

    def types_view(self, request: HttpRequest) -> HttpResponse:
        """Shows every type of event with its meaning and a sample of its data."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        groups = [
            (heading, [(name, meaning_of(name), _sample(name)) for name in names])
            for heading, names in webhook_events.group_types(TYPES)
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("All types of events"),
            "opts": self.opts,
            "groups": groups,
        }
        return TemplateResponse(request, "admin/webhooks/types.html", context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        endpoint = kwargs.get("obj")
        if endpoint is not None:
            context["bench"] = traffic_context(request, endpoint)
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=_("webhook"), ordering="name")
    def title(self, endpoint: WebhookEndpoint) -> SafeString | str:
        if not endpoint.name:
            return endpoint.url
        return format_html('{} <span class="brief__note">{}</span>', endpoint.name, endpoint.url)

    @display(description=_("status"))
    def state(self, endpoint: WebhookEndpoint) -> SafeString:
        return state_badge(endpoint)

    @display(description=pgettext_lazy("events", "waiting"), ordering="waiting")
    def waits(self, endpoint: Any) -> str:
        return formats.count_text(endpoint.waiting)

    @display(description=_("created"), ordering="created_at")
    def created(self, endpoint: WebhookEndpoint) -> str:
        return short_moment(endpoint.created_at)

    @display(description=_("created"))
    def created_text(self, endpoint: WebhookEndpoint) -> str:
        return moment(endpoint.created_at)

    @display(description=_("event types"))
    def hears(self, endpoint: WebhookEndpoint) -> str:
        return " ".join(endpoint.types) or webhook_events.types_text(())

    @display(description=_("new secret"))
    def rotation(self, endpoint: WebhookEndpoint) -> str:
        until = endpoint.old_secret_until
        if until is None or until <= clock.now():
            return ""
        return str(_("the one before it signs as well until %(until)s") % {"until": moment(until)})

    @display(description=_("paused"))
    def paused(self, endpoint: WebhookEndpoint) -> str:
        return moment(endpoint.paused_at)

    @display(description=_("disabled"))
    def off(self, endpoint: WebhookEndpoint) -> str:
        return moment(endpoint.disabled_at)


def _sample(type_: str) -> str:
    return json.dumps(TYPES[type_].sample, ensure_ascii=False, indent=2)


def _cursor(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def traffic_context(request: HttpRequest, endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Returns the context above an endpoint's form: its lag, and its deliveries page by page."""
    as_of, zone = clock.now(), settings.BILLING_TIME_ZONE
    traffic = webhook_traffic.traffic(endpoint, as_of=as_of, zone=zone)
    filter_name = request.GET.get("show", "all")
    page = webhook_traffic.deliveries(
        endpoint, shown=filter_name, limit=ROWS, before=_cursor(request, "before"), after=_cursor(request, "after")
    )
    return {
        "endpoint": endpoint,
        "state": state_badge(endpoint),
        "traffic": traffic,
        "hours": webhook_lag.chart_by_hour(traffic.hours, zone),
        "days": webhook_lag.chart_by_day(traffic.days, zone),
        "zone": zone,
        "waiting": _waiting_text(traffic.waiting),
        "shown": filter_name if filter_name in webhook_traffic.SHOWN else "all",
        "kinds": (("all", _("All")), ("waiting", _("Waiting")), ("failed", _("Given up"))),
        "rows": [(delivery, badge(COLOURS[delivery.state], delivery.get_state_display())) for delivery in page.rows],
        "page": page,
        "types_url": reverse("admin:billing_webhookendpoint_types"),
    }


def _waiting_text(waiting: webhook_traffic.Waiting) -> str:
    if not waiting.number:
        return str(_("Nothing waits."))
    sentence = ngettext("waits, for %(lag)s", "wait, the oldest for %(lag)s", waiting.number)
    return sentence % {"lag": webhook_events.lag_text(waiting.oldest_ms)}


@admin.register(WebhookDelivery)
class WebhookDeliveryPage(ReadOnlyPage):
    acts = (ReplayDelivery,)
    list_display = ("about", "whose", "endpoint_link", "state_badge", "attempts", "last_status", "last", "next")
    list_filter = ("state", "endpoint__product")
    list_select_related = ("event__instance", "endpoint")
    search_fields = ("event__public_id", "event__type", "endpoint__url")
    fields = (
        "about",
        "whose",
        "endpoint_link",
        "state_badge",
        "happened",
        "attempts",
        "last_text",
        "last_status",
        "last_error",
        "next_text",
        "delivered",
        "again",
    )
    readonly_fields = fields
    change_form_outer_after_template = "admin/webhooks/delivery.html"

    def title_of(self, row: Any) -> str:
        return f"{row.event.type} · {row.event.public_id}"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("event__instance", "endpoint")

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        if row is not None:
            context["calls"] = {
                "body": webhook_events.indent_json(webhook_request.body_of(row.event)),
                "curl": _curl_command(row) if may_manage(request) else "",
                "tries": [(attempt, short_moment(attempt.at)) for attempt in row.tries.order_by("-pk")[:TRIES]],
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=_("event"), ordering="event__type")
    def about(self, row: WebhookDelivery) -> str:
        return link(row.event, f"{row.event.type} · {row.event.public_id}")

    @display(description=_("instance"))
    def whose(self, row: WebhookDelivery) -> str:
        return webhook_events.subject_of(row.event)

    @display(description=_("webhook endpoint"))
    def endpoint_link(self, row: WebhookDelivery) -> str:
        return link(row.endpoint, row.endpoint.name or row.endpoint.url)

    @display(description=_("state"), ordering="state")
    def state_badge(self, row: WebhookDelivery) -> SafeString:
        return badge(COLOURS[row.state], row.get_state_display())

    @display(description=_("happened"))
    def happened(self, row: WebhookDelivery) -> str:
        return moment(row.event.at)

    @display(description=_("last attempt"), ordering="last_attempt_at")
    def last(self, row: WebhookDelivery) -> str:
        return short_moment(row.last_attempt_at)

    @display(description=_("next attempt"), ordering="next_attempt_at")
    def next(self, row: WebhookDelivery) -> str:
        return short_moment(row.next_attempt_at if row.state == State.WAITING else None)

    @display(description=_("last attempt"))
    def last_text(self, row: WebhookDelivery) -> str:
        return moment(row.last_attempt_at)

    @display(description=_("next attempt"))
    def next_text(self, row: WebhookDelivery) -> str:
        return moment(row.next_attempt_at if row.state == State.WAITING else None)

    @display(description=_("delivered"))
    def delivered(self, row: WebhookDelivery) -> str:
        return moment(row.delivered_at)

    @display(description=_("sent again"))
    def again(self, row: WebhookDelivery) -> str:
        return f"{moment(row.replayed_at)} · {row.replayed_by}" if row.replayed_at is not None else ""


def _curl_command(row: WebhookDelivery) -> str:
    """Returns the call as a shell command; empty where the secret cannot be decrypted any more."""
    try:
        return fan_out.delivery_curl(row, clock.now())
    except Refusal:
        return ""
