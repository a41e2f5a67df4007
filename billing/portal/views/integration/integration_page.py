"""The integration section's first page: the ids and addresses that a customer's developers need, webhooks, tokens, event types."""

import json

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing import clock
from billing.operations.events.event_types import TYPES, meaning_of
from billing.portal.integration import (
    administered_instances,
    api_address,
    endpoints_of,
    first_call,
    instance_for_first_call,
    instances_of,
    tokens_of,
)
from billing.portal.permissions import AccountSelection, billing_page, signed_in_user
from billing.reports import webhook_traffic
from billing.wording import webhook_events

ROWS = 20
FEW = 5  # tokens and instances listed here; all of them have pages of their own


@require_GET
@billing_page
def integration(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Shows the page from which the others are reached."""
    as_of, customer = clock.now(), selection.account.customer
    page = Paginator(endpoints_of(customer), ROWS).get_page(request.GET.get("page"))
    endpoints = list(page.object_list)
    states = webhook_traffic.endpoint_states(endpoints, as_of)
    tokens, all_instances = tokens_of(customer), instances_of(customer)
    instances, sample_instance = list(all_instances[:FEW]), instance_for_first_call(customer)
    context = {
        "section": "integration",
        "selection": selection,
        "zone": selection.account.zone,
        "page": page,
        "endpoints": [(endpoint, states[endpoint.pk]) for endpoint in endpoints],
        "tokens": list(tokens[:FEW]),
        "tokens_number": tokens.count(),
        "instances": instances,
        "instances_number": all_instances.count(),
        "api": api_address(),
        "first_call": first_call(sample_instance) if sample_instance is not None else "",
        "may_make": administered_instances(customer, signed_in_user(request)).exists(),
    }
    return render(request, "portal/integration.html", context)


@require_GET
@billing_page
def event_types(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Lists every event type: what it means and a sample of its data."""
    groups = [
        (heading, [(name, meaning_of(name), sample_text(name)) for name in names])
        for heading, names in webhook_events.group_types(TYPES)
    ]
    context = {"section": "integration", "selection": selection, "groups": groups}
    return render(request, "portal/integration_events.html", context)


def sample_text(type_: str) -> str:
    """Returns the sample data of an event type as indented JSON."""
    return json.dumps(TYPES[type_].sample, ensure_ascii=False, indent=2)
