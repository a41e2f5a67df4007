"""Everything that ever moved the account's balance, newest first, with the balance after it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing import clock
from billing.portal.permissions import Desk, billing_page
from billing.reports import overview
from billing.reports.statements import statement

ROWS = 50


def _cursor(request: HttpRequest, name: str) -> int | None:
    """A cursor from the address; whatever is no number is as if it were not there."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@require_GET
@billing_page
def operations(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The ledger as its owner reads it; ``?before=`` and ``?after=`` are the cursors of the pages."""
    page = statement.page(
        account=desk.account, limit=ROWS, before=_cursor(request, "before"), after=_cursor(request, "after")
    )
    as_of = clock.now()
    money = overview.standing(account=desk.account, as_of=as_of)
    context = {
        "section": "operations",
        "desk": desk,
        "zone": desk.account.zone,
        "today": money.today,
        "page": page,
        "money": money,
        "read_only_debt": bool(money.overdue),
    }
    return render(request, "portal/operations.html", context)
