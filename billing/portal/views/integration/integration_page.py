"""Integration: where a customer's developers begin. The ids and addresses they need, their webhooks, their tokens, and every
type of event with a sample."""

import json

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing import clock
from billing.operations.events.event_types import TYPES, meaning_of
from billing.portal.integration import (
    administered_of,
    api_address,
    endpoints_of,
    first_call,
    instances_of,
    running_of,
    tokens_of,
)
from billing.portal.permissions import Desk, billing_page, signed_in
from billing.reports import webhook_traffic
from billing.wording import webhook_events

ROWS = 20
FEW = 5  # of what has a page of its own


@require_GET
@billing_page
def integration(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The page that the others are reached from."""
    as_of, customer = clock.now(), desk.account.customer
    page = Paginator(endpoints_of(customer), ROWS).get_page(request.GET.get("page"))
    endpoints = list(page.object_list)
    standings = webhook_traffic.endpoint_states(endpoints, as_of)
    tokens, living = tokens_of(customer), instances_of(customer)
    instances, running = list(living[:FEW]), running_of(customer)
    context = {
        "section": "integration",
        "desk": desk,
        "zone": desk.account.zone,
        "page": page,
        "endpoints": [(one, standings[one.pk]) for one in endpoints],
        "tokens": list(tokens[:FEW]),
        "tokens_number": tokens.count(),
        "instances": instances,
        "instances_number": living.count(),
        "api": api_address(),
        "first_call": first_call(running) if running is not None else "",
        "may_make": administered_of(customer, signed_in(request)).exists(),
    }
    return render(request, "portal/integration.html", context)


@require_GET
@billing_page
def event_types(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Every type of event: what it tells and a sample of its data."""
    groups = [
        (heading, [(name, meaning_of(name), sample_text(name)) for name in names])
        for heading, names in webhook_events.grouped(TYPES)
    ]
    context = {"section": "integration", "desk": desk, "groups": groups}
    return render(request, "portal/integration_events.html", context)


def sample_text(type_: str) -> str:
    """The sample's data as people read it."""
    return json.dumps(TYPES[type_].sample, ensure_ascii=False, indent=2)
