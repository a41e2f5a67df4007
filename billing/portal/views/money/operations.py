"""The account's movements: everything that changed its balance, newest first, with the balance after it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing import clock
from billing.portal.cursors import read_cursor
from billing.portal.permissions import AccountSelection, billing_page
from billing.reports import overview
from billing.reports.statements import statement

ROWS = 50


@require_GET
@billing_page
def operations(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Lists the movements; ``?before=`` and ``?after=`` are the cursors of the pages."""
    page = statement.page(
        account=selection.account,
        limit=ROWS,
        before=read_cursor(request, "before"),
        after=read_cursor(request, "after"),
    )
    as_of = clock.now()
    money = overview.account_position(account=selection.account, as_of=as_of)
    context = {
        "section": "operations",
        "selection": selection,
        "zone": selection.account.zone,
        "today": money.today,
        "page": page,
        "money": money,
        "read_only_debt": bool(money.overdue),
    }
    return render(request, "portal/operations.html", context)
