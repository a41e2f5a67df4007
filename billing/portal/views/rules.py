"""The page of the billing rules, open to everybody: what refusals and the API's answers link to."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from billing.portal.views.plans.prices import language_context, public_page
from billing.rulebook import rulebook


@public_page
def rules(request: HttpRequest) -> HttpResponse:
    """Shows every rule with its example and its source, each at an anchor of its own."""
    return render(request, "portal/rules.html", {**language_context(request), "book": rulebook()})
