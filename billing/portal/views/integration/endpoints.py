"""A customer's own webhook endpoints: added, changed, and the bench of each with its lag, its deliveries and what can be done.

A secret is shown on the page that answers its making, and nowhere else: it is in no address and in no session.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from billing import clock
from billing.charts import webhook_lag
from billing.errors import BadInput, Refusal
from billing.models import WebhookEndpoint
from billing.operations.events import endpoints as operations
from billing.portal.integration import endpoint_page, type_boxes, types_typed
from billing.portal.permissions import Desk, billing_page, signed_in
from billing.portal.reauthentication import require_reauthentication
from billing.reports import webhook_traffic
from billing.wording.refusals import explain_refusal

ROWS = 20


def bench_url(desk: Desk, endpoint: WebhookEndpoint) -> str:
    return reverse("portal:webhook_endpoint", args=[endpoint.public_id]) + desk.query


@never_cache
@require_http_methods(["GET", "POST"])
@billing_page
def new_endpoint(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The form of a new endpoint; POST adds it and answers with its secret."""
    return _add(request, desk) if request.method == "POST" else _form(request, desk, None)


@require_reauthentication
def _add(request: HttpRequest, desk: Desk) -> HttpResponse:
    try:
        endpoint, secret = operations.add_endpoint(
            url=request.POST.get("url", ""),
            name=request.POST.get("name", ""),
            types=types_typed(request),
            customer=desk.account.customer,
            as_of=clock.now(),
            actor=signed_in(request).email,
        )
    except BadInput as refusal:
        return _form(request, desk, None, {refusal.field: explain_refusal(refusal)})
    return _secret(request, desk, endpoint, secret)


@require_http_methods(["GET", "POST"])
@endpoint_page
def change_endpoint(request: HttpRequest, desk: Desk, endpoint: WebhookEndpoint) -> HttpResponse:
    """The same form for one that is there."""
    return _change(request, desk, endpoint) if request.method == "POST" else _form(request, desk, endpoint)


@require_reauthentication
def _change(request: HttpRequest, desk: Desk, endpoint: WebhookEndpoint) -> HttpResponse:
    try:
        operations.change_endpoint(
            endpoint=endpoint,
            url=request.POST.get("url", ""),
            name=request.POST.get("name", ""),
            types=types_typed(request),
            as_of=clock.now(),
            actor=signed_in(request).email,
        )
    except BadInput as refusal:
        return _form(request, desk, endpoint, {refusal.field: explain_refusal(refusal)})
    messages.success(request, _("The change is in force from the next event on."))
    return HttpResponseRedirect(bench_url(desk, endpoint))


def _form(
    request: HttpRequest, desk: Desk, endpoint: WebhookEndpoint | None, errors: dict[str, str] | None = None
) -> HttpResponse:
    """The form with what was typed, else with what is, else empty."""
    if request.method == "POST":
        ticked: Callable[[str], bool] = request.POST.getlist("types").__contains__
        given = {"url": request.POST.get("url", ""), "name": request.POST.get("name", "")}
        some = request.POST.get("hears") == "some"
    else:
        some = endpoint is not None and bool(endpoint.types)
        ticked = endpoint.hears if endpoint is not None and some else lambda name: False
        given = {"url": endpoint.url, "name": endpoint.name} if endpoint is not None else {"url": "", "name": ""}
    context = {
        "section": "integration",
        "desk": desk,
        "endpoint": endpoint,
        "given": given,
        "some": some,
        "boxes": type_boxes(ticked),
        "errors": errors or {},
    }
    return render(request, "portal/integration_webhook_form.html", context, status=422 if errors else 200)


def _secret(request: HttpRequest, desk: Desk, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
    context = {
        "section": "integration",
        "desk": desk,
        "zone": desk.account.zone,
        "endpoint": endpoint,
        "secret": secret,
    }
    return render(request, "portal/integration_webhook_secret.html", context)


# --- The bench -----------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
@endpoint_page
def endpoint(request: HttpRequest, desk: Desk, endpoint: WebhookEndpoint) -> HttpResponse:
    """One endpoint: its state, its lag, its deliveries (``?show=``, ``?before=``, ``?after=``), and what can be done."""
    return _act(request, desk, endpoint) if request.method == "POST" else _bench(request, desk, endpoint)


@require_reauthentication
def _act(request: HttpRequest, desk: Desk, endpoint: WebhookEndpoint) -> HttpResponse:
    """Does what was asked for: back to the bench, or to a new secret."""
    act, as_of, actor = request.POST.get("act", ""), clock.now(), signed_in(request).email
    try:
        if act == "rotate":
            return _rotate(request, desk, endpoint, as_of)
        if act == "pause":
            operations.pause_endpoint(endpoint=endpoint, as_of=as_of, actor=actor)
            told = _("Paused: events wait until it goes on, none is lost.")
        elif act == "go_on":
            operations.resume_endpoint(endpoint=endpoint, as_of=as_of, actor=actor)
            told = _("It goes on: what waited is sent with the next minute, in order.")
        elif act == "disable":
            reason = request.POST.get("reason", "")
            operations.disable_endpoint(endpoint=endpoint, as_of=as_of, actor=actor, reason=reason)
            told = _("Switched off: nothing is sent there any more.")
        elif act == "enable":
            operations.enable_endpoint(endpoint=endpoint, as_of=as_of, actor=actor)
            told = _("In use again: events of from now on are sent there. What was missed can be sent again below.")
        else:
            raise BadInput(_("Choose what to do."))
    except Refusal as refusal:
        return _bench(request, desk, endpoint, explain_refusal(refusal), act)
    messages.success(request, told)
    return HttpResponseRedirect(bench_url(desk, endpoint))


def rotation_mark(endpoint: WebhookEndpoint) -> str:
    """Which secret it is, for a form: one that is sent twice must not make two secrets, of which the first is lost."""
    return endpoint.old_secret_until.isoformat() if endpoint.old_secret_until is not None else "first"


def _rotate(request: HttpRequest, desk: Desk, endpoint: WebhookEndpoint, as_of: datetime) -> HttpResponse:
    if request.POST.get("seen") != rotation_mark(endpoint):
        raise BadInput(
            _("A new secret has been made since this page was opened. Look at it again before you make another.")
        )
    endpoint, secret = operations.rotate_secret(endpoint=endpoint, as_of=as_of, actor=signed_in(request).email)
    return _secret(request, desk, endpoint, secret)


def _bench(request: HttpRequest, desk: Desk, endpoint: WebhookEndpoint, error: str = "", act: str = "") -> HttpResponse:
    as_of, zone = clock.now(), desk.account.zone
    shown = request.GET.get("show", "all")
    context: dict[str, Any] = {
        "section": "integration",
        "desk": desk,
        "zone": zone,
        "endpoint": endpoint,
        "rotates_until": endpoint.old_secret_until
        if endpoint.old_secret_until and endpoint.old_secret_until > as_of
        else None,
        "seen": rotation_mark(endpoint),
        "unused": not endpoint.deliveries.exists(),
        "traffic": (traffic := webhook_traffic.traffic(endpoint, as_of=as_of, zone=zone)),
        "hours": webhook_lag.by_hour(traffic.hours, zone),
        "days": webhook_lag.by_day(traffic.days, zone),
        "shown": shown if shown in webhook_traffic.SHOWN else "all",
        "page": webhook_traffic.deliveries(
            endpoint, shown=shown, limit=ROWS, before=cursor(request, "before"), after=cursor(request, "after")
        ),
        "error": error,
        "act": act,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "portal/integration_webhook.html", context, status=409 if error else 200)


def cursor(request: HttpRequest, name: str) -> int | None:
    """A cursor from the address; whatever is no number is as if it were not there."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
