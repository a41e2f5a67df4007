"""The deliveries of an endpoint, attempt by attempt; sending one or many again; and a sample event to try the receiver with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from billing import clock
from billing.errors import BadInput, Refusal
from billing.models import WebhookDelivery, WebhookEndpoint
from billing.operations import rehearsal
from billing.operations.events import fan_out as sending
from billing.operations.events import webhook_request
from billing.operations.events.event_types import TYPES, meaning_of
from billing.portal.integration import delivery_or_404, endpoint_page, type_boxes
from billing.portal.permissions import AccountSelection, signed_in_user
from billing.portal.reauthentication import require_reauthentication
from billing.portal.views.integration.endpoints import endpoint_url
from billing.portal.views.integration.integration_page import sample_text
from billing.wording import webhook_events
from billing.wording.refusals import explain_refusal

SHOWN_ATTEMPTS = 20  # of a delivery, the latest


@never_cache
@require_http_methods(["GET", "POST"])
@endpoint_page
def delivery(request: HttpRequest, selection: AccountSelection, endpoint: WebhookEndpoint, number: int) -> HttpResponse:
    """Shows one delivery with its attempts; POST sends it again."""
    row = delivery_or_404(endpoint, number)
    return _replay(request, selection, row) if request.method == "POST" else _delivery_page(request, selection, row)


@require_reauthentication
def _replay(request: HttpRequest, selection: AccountSelection, delivery: WebhookDelivery) -> HttpResponse:
    try:
        sending.replay(
            endpoint=delivery.endpoint, event=delivery.event, as_of=clock.now(), actor=signed_in_user(request).email
        )
    except Refusal as refusal:
        return _delivery_page(request, selection, delivery, explain_refusal(refusal))
    messages.success(request, _("It is on its way again, with the same id."))
    address = reverse("portal:webhook_delivery", args=[delivery.endpoint.public_id, delivery.pk])
    return HttpResponseRedirect(address + selection.query)


def _delivery_page(
    request: HttpRequest, selection: AccountSelection, delivery: WebhookDelivery, error: str = ""
) -> HttpResponse:
    as_of = clock.now()
    context = {
        "section": "integration",
        "selection": selection,
        "zone": selection.account.zone,
        "endpoint": delivery.endpoint,
        "delivery": delivery,
        "meaning": meaning_of(delivery.event.type),
        "body": webhook_events.indent_json(webhook_request.body_of(delivery.event)),
        "curl": curl_of(delivery, as_of),
        "attempts": delivery.tries.order_by("-pk")[:SHOWN_ATTEMPTS],
        "error": error,
    }
    return render(request, "portal/integration_delivery.html", context, status=409 if error else 200)


def curl_of(delivery: WebhookDelivery, as_of: datetime) -> str:
    """Returns the delivery as a curl command; empty where the endpoint's secret cannot be read any more."""
    try:
        return sending.delivery_curl(delivery, as_of)
    except Refusal:
        return ""


# --- Many at once ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Range:
    """The events that are to be sent again: from ``since`` to before ``until``, of ``types`` (empty: all)."""

    since: datetime
    until: datetime
    types: tuple[str, ...]
    only_failed: bool


@never_cache
@require_http_methods(["GET", "POST"])
@endpoint_page
def replay_range(request: HttpRequest, selection: AccountSelection, endpoint: WebhookEndpoint) -> HttpResponse:
    """Replays a range of time: ``?look=1`` counts the events, POST sends them again if there are still as many."""
    as_of, zone = clock.now(), selection.account.zone
    errors: dict[str, str] = {}
    count: int | None = None
    if "look" in request.GET:
        try:
            chosen_range = _range(request, zone)
            events = sending.events_in_range(
                endpoint=endpoint,
                since=chosen_range.since,
                until=chosen_range.until,
                types=chosen_range.types,
                only_failed=chosen_range.only_failed,
            )
            count = len(events)
            if request.method == "POST" and request.POST.get("seen") == str(count):
                return _send_again(request, selection, endpoint, chosen_range)
        except Refusal as refusal:
            field = getattr(refusal, "field", "")
            errors, count = {"to" if field == "until" else field or "all": explain_refusal(refusal)}, None
    return _range_page(request, selection, endpoint, as_of, count, errors)


@require_reauthentication
def _send_again(
    request: HttpRequest, selection: AccountSelection, endpoint: WebhookEndpoint, chosen_range: Range
) -> HttpResponse:
    number = rehearsal.carry_out_as_seen(
        lambda: sending.replay_range(
            endpoint=endpoint,
            since=chosen_range.since,
            until=chosen_range.until,
            types=chosen_range.types,
            only_failed=chosen_range.only_failed,
            as_of=clock.now(),
            actor=signed_in_user(request).email,
        ),
        seen=request.POST.get("seen", ""),
        token=str,
        refusal=lambda _number: rehearsal.quote_expired(),
    )
    success_text = ngettext("%(count)s event is on its way again.", "%(count)s events are on their way again.", number)
    messages.success(request, success_text % {"count": number})
    return HttpResponseRedirect(endpoint_url(selection, endpoint))


def _range(request: HttpRequest, zone: str) -> Range:
    """Reads the range as typed, on the wall clock of ``zone``. Raises `BadInput` where it cannot be read."""
    since, until = (_moment(request.GET.get(name, ""), name, zone) for name in ("from", "to"))
    if until <= since:
        raise BadInput(_("The end has to come after the beginning."), field="to")
    return Range(since, until, tuple(request.GET.getlist("types")), "failed" in request.GET)


def _moment(text: str, field: str, zone: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        raise BadInput(_("Enter a day and a time, as 2026-05-12 14:30."), field=field) from None


def _range_page(
    request: HttpRequest,
    selection: AccountSelection,
    endpoint: WebhookEndpoint,
    as_of: datetime,
    count: int | None,
    errors: dict[str, str],
) -> HttpResponse:
    now = as_of.astimezone(ZoneInfo(selection.account.zone))
    typed: dict[str, Any] = {
        "from": request.GET.get("from") or f"{now - timedelta(days=1):%Y-%m-%dT%H:%M}",
        "to": request.GET.get("to") or f"{now + timedelta(minutes=1):%Y-%m-%dT%H:%M}",
        "failed": "failed" in request.GET,
    }
    context = {
        "section": "integration",
        "selection": selection,
        "zone": selection.account.zone,
        "endpoint": endpoint,
        "fields": typed,
        "boxes": type_boxes(request.GET.getlist("types").__contains__),
        "narrowed": bool(request.GET.getlist("types")),
        "query": request.GET.urlencode(),
        "count": count,
        "errors": errors,
    }
    return render(request, "portal/integration_replay.html", context, status=422 if errors else 200)


# --- Samples -----------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
@endpoint_page
def sample(request: HttpRequest, selection: AccountSelection, endpoint: WebhookEndpoint) -> HttpResponse:
    """Shows a sample of an event type (``?type=``); POST sends it and shows the answer."""
    name = request.GET.get("type", "")
    type_name = name if name in TYPES else next(name for name in TYPES if endpoint.hears(name))
    if request.method == "POST":
        return _send_sample(request, selection, endpoint, type_name)
    return _sample_page(request, selection, endpoint, type_name)


@require_reauthentication
def _send_sample(
    request: HttpRequest, selection: AccountSelection, endpoint: WebhookEndpoint, type_name: str
) -> HttpResponse:
    try:
        attempt = sending.send_sample(
            endpoint=endpoint, type_=type_name, as_of=clock.now(), actor=signed_in_user(request).email
        )
    except Refusal as refusal:
        return _sample_page(request, selection, endpoint, type_name, error=explain_refusal(refusal))
    return _sample_page(request, selection, endpoint, type_name, attempt=attempt)


def _sample_page(
    request: HttpRequest,
    selection: AccountSelection,
    endpoint: WebhookEndpoint,
    type_name: str,
    *,
    attempt: webhook_request.Attempt | None = None,
    error: str = "",
) -> HttpResponse:
    context = {
        "section": "integration",
        "selection": selection,
        "endpoint": endpoint,
        "groups": webhook_events.group_types(TYPES),
        "chosen": type_name,
        "meaning": meaning_of(type_name),
        "sample": sample_text(type_name),
        "attempt": attempt,
        "body": webhook_events.indent_json(attempt.body) if attempt is not None else "",
        "error": error,
    }
    return render(request, "portal/integration_sample.html", context, status=409 if error else 200)
