"""What went to an endpoint, call by call; the same once more, one or many; and a sample of a type to try the receiver with."""

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
from billing.portal.permissions import Desk, signed_in
from billing.portal.reauthentication import require_reauthentication
from billing.portal.views.integration.endpoints import bench_url
from billing.portal.views.integration.integration_page import sample_text
from billing.wording import webhook_events
from billing.wording.refusals import explain_refusal

TRIES = 20  # calls shown of a delivery


@never_cache
@require_http_methods(["GET", "POST"])
@endpoint_page
def delivery(request: HttpRequest, desk: Desk, endpoint: WebhookEndpoint, number: int) -> HttpResponse:
    """One delivery with its calls; POST sends it again."""
    found = delivery_or_404(endpoint, number)
    return _replay(request, desk, found) if request.method == "POST" else _delivery(request, desk, found)


@require_reauthentication
def _replay(request: HttpRequest, desk: Desk, found: WebhookDelivery) -> HttpResponse:
    try:
        sending.replay(endpoint=found.endpoint, event=found.event, as_of=clock.now(), actor=signed_in(request).email)
    except Refusal as refusal:
        return _delivery(request, desk, found, explain_refusal(refusal))
    messages.success(request, _("It is on its way again, with the same id."))
    address = reverse("portal:webhook_delivery", args=[found.endpoint.public_id, found.pk])
    return HttpResponseRedirect(address + desk.query)


def _delivery(request: HttpRequest, desk: Desk, found: WebhookDelivery, error: str = "") -> HttpResponse:
    as_of = clock.now()
    context = {
        "section": "integration",
        "desk": desk,
        "zone": desk.account.zone,
        "endpoint": found.endpoint,
        "delivery": found,
        "told": meaning_of(found.event.type),
        "body": webhook_events.pretty(webhook_request.body_of(found.event)),
        "curl": curl_of(found, as_of),
        "tries": found.tries.order_by("-pk")[:TRIES],
        "error": error,
    }
    return render(request, "portal/integration_delivery.html", context, status=409 if error else 200)


def curl_of(found: WebhookDelivery, as_of: datetime) -> str:
    """The call for a shell; empty where its secret cannot be read any more."""
    try:
        return sending.delivery_curl(found, as_of)
    except Refusal:
        return ""


# --- Many at once ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Range:
    """What is to be sent again; ``given`` is how it was typed."""

    since: datetime
    until: datetime
    types: tuple[str, ...]
    only_failed: bool


@never_cache
@require_http_methods(["GET", "POST"])
@endpoint_page
def replay_range(request: HttpRequest, desk: Desk, endpoint: WebhookEndpoint) -> HttpResponse:
    """From one moment to another: ``?look=1`` counts the events, POST sends them again if there are as many still."""
    as_of, zone = clock.now(), desk.account.zone
    errors: dict[str, str] = {}
    count: int | None = None
    if "look" in request.GET:
        try:
            wanted = _range(request, zone)
            count = _count(endpoint, wanted)
            if request.method == "POST" and request.POST.get("seen") == str(count):
                return _send_again(request, desk, endpoint, wanted)
        except Refusal as refusal:
            field = getattr(refusal, "field", "")
            errors, count = {"to" if field == "until" else field or "all": explain_refusal(refusal)}, None
    return _range_page(request, desk, endpoint, as_of, count, errors)


@require_reauthentication
def _send_again(request: HttpRequest, desk: Desk, endpoint: WebhookEndpoint, wanted: Range) -> HttpResponse:
    number = rehearsal.carry_out_as_seen(
        lambda: _replay_range(request, endpoint, wanted, clock.now()),
        seen=request.POST.get("seen", ""),
        token=str,
        refusal=lambda _number: rehearsal.quote_expired(),
    )
    told = ngettext("%(count)s event is on its way again.", "%(count)s events are on their way again.", number)
    messages.success(request, told % {"count": number})
    return HttpResponseRedirect(bench_url(desk, endpoint))


def _replay_range(request: HttpRequest, endpoint: WebhookEndpoint, wanted: Range, as_of: datetime) -> int:
    return sending.replay_range(
        endpoint=endpoint,
        since=wanted.since,
        until=wanted.until,
        types=wanted.types,
        only_failed=wanted.only_failed,
        as_of=as_of,
        actor=signed_in(request).email,
    )


def _count(endpoint: WebhookEndpoint, wanted: Range) -> int:
    """How many events would be sent again."""
    events = sending.events_in_range(
        endpoint=endpoint, since=wanted.since, until=wanted.until, types=wanted.types, only_failed=wanted.only_failed
    )
    return len(events)


def _range(request: HttpRequest, zone: str) -> Range:
    """What was typed, on the wall clock of ``zone``. Raises `BadInput` where it cannot be read."""
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
    desk: Desk,
    endpoint: WebhookEndpoint,
    as_of: datetime,
    count: int | None,
    errors: dict[str, str],
) -> HttpResponse:
    now = as_of.astimezone(ZoneInfo(desk.account.zone))
    typed: dict[str, Any] = {
        "from": request.GET.get("from") or f"{now - timedelta(days=1):%Y-%m-%dT%H:%M}",
        "to": request.GET.get("to") or f"{now + timedelta(minutes=1):%Y-%m-%dT%H:%M}",
        "failed": "failed" in request.GET,
    }
    context = {
        "section": "integration",
        "desk": desk,
        "zone": desk.account.zone,
        "endpoint": endpoint,
        "given": typed,
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
def sample(request: HttpRequest, desk: Desk, endpoint: WebhookEndpoint) -> HttpResponse:
    """A sample of a type (``?type=``); POST sends it and shows the answer."""
    name = request.GET.get("type", "")
    chosen = name if name in TYPES else next(name for name in TYPES if endpoint.hears(name))
    if request.method == "POST":
        return _send_sample(request, desk, endpoint, chosen)
    return _sample_page(request, desk, endpoint, chosen)


@require_reauthentication
def _send_sample(request: HttpRequest, desk: Desk, endpoint: WebhookEndpoint, chosen: str) -> HttpResponse:
    try:
        tried = sending.send_sample(endpoint=endpoint, type_=chosen, as_of=clock.now(), actor=signed_in(request).email)
    except Refusal as refusal:
        return _sample_page(request, desk, endpoint, chosen, error=explain_refusal(refusal))
    return _sample_page(request, desk, endpoint, chosen, tried=tried)


def _sample_page(
    request: HttpRequest,
    desk: Desk,
    endpoint: WebhookEndpoint,
    chosen: str,
    *,
    tried: webhook_request.Attempt | None = None,
    error: str = "",
) -> HttpResponse:
    context = {
        "section": "integration",
        "desk": desk,
        "endpoint": endpoint,
        "groups": webhook_events.grouped(TYPES),
        "chosen": chosen,
        "told": meaning_of(chosen),
        "sample": sample_text(chosen),
        "tried": tried,
        "body": webhook_events.pretty(tried.body) if tried is not None else "",
        "error": error,
    }
    return render(request, "portal/integration_sample.html", context, status=409 if error else 200)
