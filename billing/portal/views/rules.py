"""The billing rules for everybody, without signing in: what refusals and the API's answers link to."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from billing.portal.views.plans.prices import address_language, public_page
from billing.rulebook import rulebook


@public_page
def rules(request: HttpRequest) -> HttpResponse:
    """Every rule with its example and its source, each at an anchor of its own."""
    return render(request, "portal/rules.html", {**address_language(request), "book": rulebook()})
