"""On a phone the tabs below the thumb hold four sections: this page leads to the rest."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.portal.permissions import Desk, billing_page


@require_GET
@billing_page
def more(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The remaining sections, each with a word on what it is for."""
    return render(request, "portal/more.html", {"section": "more", "desk": desk})
