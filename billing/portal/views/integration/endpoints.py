"""A customer's webhook endpoints: adding, changing, and the page of each with its lag, its deliveries and its buttons.

A secret is shown once, on the page that answers its creation: it is in no address and in no session.
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
from billing.portal.cursors import read_cursor
from billing.portal.integration import endpoint_page, read_types, type_boxes
from billing.portal.permissions import AccountSelection, billing_page, signed_in_user
from billing.portal.reauthentication import require_reauthentication
from billing.reports import webhook_traffic
from billing.wording.refusals import explain_refusal

ROWS = 20


def endpoint_url(selection: AccountSelection, endpoint: WebhookEndpoint) -> str:
    return reverse("portal:webhook_endpoint", args=[endpoint.public_id]) + selection.query


@never_cache
@require_http_methods(["GET", "POST"])
@billing_page
def new_endpoint(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Shows the form of a new endpoint; POST adds it and answers with its secret."""
    return _add(request, selection) if request.method == "POST" else _form(request, selection, None)


@require_reauthentication
def _add(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    try:
        endpoint, secret = operations.add_endpoint(
            url=request.POST.get("url", ""),
            name=request.POST.get("name", ""),
            types=read_types(request),
            customer=selection.account.customer,
            as_of=clock.now(),
            actor=signed_in_user(request).email,
        )
    except BadInput as refusal:
        return _form(request, selection, None, {refusal.field: explain_refusal(refusal)})
    return _secret_page(request, selection, endpoint, secret)


@require_http_methods(["GET", "POST"])
@endpoint_page
def change_endpoint(request: HttpRequest, selection: AccountSelection, endpoint: WebhookEndpoint) -> HttpResponse:
    """Shows the form of an existing endpoint; POST changes it."""
    return _change(request, selection, endpoint) if request.method == "POST" else _form(request, selection, endpoint)


@require_reauthentication
def _change(request: HttpRequest, selection: AccountSelection, endpoint: WebhookEndpoint) -> HttpResponse:
    try:
        operations.change_endpoint(
            endpoint=endpoint,
            url=request.POST.get("url", ""),
            name=request.POST.get("name", ""),
            types=read_types(request),
            as_of=clock.now(),
            actor=signed_in_user(request).email,
        )
    except BadInput as refusal:
        return _form(request, selection, endpoint, {refusal.field: explain_refusal(refusal)})
    messages.success(request, _("The change is in force from the next event on."))
    return HttpResponseRedirect(endpoint_url(selection, endpoint))


def _form(
    request: HttpRequest,
    selection: AccountSelection,
    endpoint: WebhookEndpoint | None,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    """Shows the form with what was typed, else with the endpoint's values, else empty."""
    if request.method == "POST":
        ticked: Callable[[str], bool] = request.POST.getlist("types").__contains__
        fields = {"url": request.POST.get("url", ""), "name": request.POST.get("name", "")}
        hears_some = request.POST.get("hears") == "some"
    else:
        hears_some = endpoint is not None and bool(endpoint.types)
        ticked = endpoint.hears if endpoint is not None and hears_some else lambda name: False
        fields = {"url": endpoint.url, "name": endpoint.name} if endpoint is not None else {"url": "", "name": ""}
    context = {
        "section": "integration",
        "selection": selection,
        "endpoint": endpoint,
        "fields": fields,
        "some": hears_some,
        "boxes": type_boxes(ticked),
        "errors": errors or {},
    }
    return render(request, "portal/integration_webhook_form.html", context, status=422 if errors else 200)


def _secret_page(
    request: HttpRequest, selection: AccountSelection, endpoint: WebhookEndpoint, secret: str
) -> HttpResponse:
    context = {
        "section": "integration",
        "selection": selection,
        "zone": selection.account.zone,
        "endpoint": endpoint,
        "secret": secret,
    }
    return render(request, "portal/integration_webhook_secret.html", context)


# --- One endpoint -----------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
@endpoint_page
def endpoint(request: HttpRequest, selection: AccountSelection, endpoint: WebhookEndpoint) -> HttpResponse:
    """Shows one endpoint: its state, its lag, its deliveries (``?show=``, ``?before=``, ``?after=``), and what can be done."""
    return (
        _act(request, selection, endpoint) if request.method == "POST" else _endpoint_page(request, selection, endpoint)
    )


@require_reauthentication
def _act(request: HttpRequest, selection: AccountSelection, endpoint: WebhookEndpoint) -> HttpResponse:
    """Carries out the chosen act and leads back to the endpoint, or shows a new secret."""
    act, as_of, actor = request.POST.get("act", ""), clock.now(), signed_in_user(request).email
    try:
        if act == "rotate":
            return _rotate(request, selection, endpoint, as_of)
        if act == "pause":
            operations.pause_endpoint(endpoint=endpoint, as_of=as_of, actor=actor)
            success_text = _("Paused: events wait until it goes on, none is lost.")
        elif act == "go_on":
            operations.resume_endpoint(endpoint=endpoint, as_of=as_of, actor=actor)
            success_text = _("It goes on: what waited is sent with the next minute, in order.")
        elif act == "disable":
            reason = request.POST.get("reason", "")
            operations.disable_endpoint(endpoint=endpoint, as_of=as_of, actor=actor, reason=reason)
            success_text = _("Switched off: nothing is sent there any more.")
        elif act == "enable":
            operations.enable_endpoint(endpoint=endpoint, as_of=as_of, actor=actor)
            success_text = _(
                "In use again: events of from now on are sent there. What was missed can be sent again below."
            )
        else:
            raise BadInput(_("Choose what to do."))
    except Refusal as refusal:
        return _endpoint_page(request, selection, endpoint, explain_refusal(refusal), act)
    messages.success(request, success_text)
    return HttpResponseRedirect(endpoint_url(selection, endpoint))


def rotation_mark(endpoint: WebhookEndpoint) -> str:
    """Returns which rotation the secret is of, for the form: one that is sent twice must not replace a secret nobody has seen."""
    return endpoint.old_secret_until.isoformat() if endpoint.old_secret_until is not None else "first"


def _rotate(
    request: HttpRequest, selection: AccountSelection, endpoint: WebhookEndpoint, as_of: datetime
) -> HttpResponse:
    if request.POST.get("seen") != rotation_mark(endpoint):
        raise BadInput(
            _("A new secret has been made since this page was opened. Look at it again before you make another.")
        )
    endpoint, secret = operations.rotate_secret(endpoint=endpoint, as_of=as_of, actor=signed_in_user(request).email)
    return _secret_page(request, selection, endpoint, secret)


def _endpoint_page(
    request: HttpRequest, selection: AccountSelection, endpoint: WebhookEndpoint, error: str = "", act: str = ""
) -> HttpResponse:
    as_of, zone = clock.now(), selection.account.zone
    filter_name = request.GET.get("show", "all")
    context: dict[str, Any] = {
        "section": "integration",
        "selection": selection,
        "zone": zone,
        "endpoint": endpoint,
        "rotates_until": endpoint.old_secret_until
        if endpoint.old_secret_until and endpoint.old_secret_until > as_of
        else None,
        "seen": rotation_mark(endpoint),
        "unused": not endpoint.deliveries.exists(),
        "traffic": (traffic := webhook_traffic.traffic(endpoint, as_of=as_of, zone=zone)),
        "hours": webhook_lag.chart_by_hour(traffic.hours, zone),
        "days": webhook_lag.chart_by_day(traffic.days, zone),
        "filter_name": filter_name if filter_name in webhook_traffic.SHOWN else "all",
        "page": webhook_traffic.deliveries(
            endpoint,
            shown=filter_name,
            limit=ROWS,
            before=read_cursor(request, "before"),
            after=read_cursor(request, "after"),
        ),
        "error": error,
        "act": act,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "portal/integration_webhook.html", context, status=409 if error else 200)
