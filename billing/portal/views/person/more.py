"""The page that leads to the sections for which the phone's tab bar, which holds four, has no room."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.portal.permissions import AccountSelection, billing_page


@require_GET
@billing_page
def more(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Lists the remaining sections, each with a word on what it is for."""
    return render(request, "portal/more.html", {"section": "more", "selection": selection})
