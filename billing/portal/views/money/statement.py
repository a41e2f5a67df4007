"""The statement of account for any range of dates: on screen, as PDF and for a spreadsheet (G3, G5)."""

from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from billing import clock
from billing.errors import Refusal
from billing.portal.permissions import Desk, billing_page
from billing.pricing.periods import business_date, month_start
from billing.reports import overview as reports
from billing.reports.statements.export import statement_csv, statement_pdf
from billing.reports.statements.statement import statement as statement_of
from billing.wording.refusals import explain_refusal

# More than a screen can be read of; the files have everything.
SHOWN = 500


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def asked_range(request: HttpRequest, desk: Desk, as_of: datetime) -> tuple[date, date, str]:
    """The dates that were asked for, both included, else the running month; the third is what is wrong with them."""
    today = business_date(as_of, desk.account.zone)
    start, end = request.GET.get("from", ""), request.GET.get("to", "")
    first, last = _day(start) if start else month_start(today), _day(end) if end else today
    if first is None or last is None:
        return month_start(today), today, _("Enter dates such as 2026-05-31.")
    if first > last:
        return last, first, _("The first day came after the last: they have been swapped.")
    return first, last, ""


@require_GET
@billing_page
def statement(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Opening balance, every movement with the balance after it, closing balance."""
    as_of, account = clock.now(), desk.account
    start, end, error = asked_range(request, desk, as_of)
    return _shown(request, desk, as_of, (start, end), error, account_today=business_date(as_of, account.zone))


def _shown(
    request: HttpRequest, desk: Desk, as_of: datetime, days: tuple[date, date], error: str, *, account_today: date
) -> HttpResponse:
    start, end = days
    told = statement_of(account=desk.account, start=start, end=end)
    money = reports.standing(account=desk.account, as_of=as_of)
    context = {
        "section": "operations",
        "desk": desk,
        "zone": desk.account.zone,
        "currency": desk.account.currency,
        "today": account_today,
        "start": start,
        "end": end,
        "error": error,
        "statement": told,
        "rows": told.rows[:SHOWN],
        "hidden": max(0, len(told.rows) - SHOWN),
        "came": sum(row.amount_minor for row in told.rows if row.amount_minor > 0),
        "went": sum(row.amount_minor for row in told.rows if row.amount_minor < 0),
        "money": money,
        "read_only_debt": bool(money.overdue),
    }
    return render(request, "portal/statement.html", context)


@require_GET
@billing_page
def statement_file(request: HttpRequest, desk: Desk, kind: str) -> HttpResponse:
    """The same statement as ``pdf`` or ``csv``, in the language of the page."""
    as_of, account = clock.now(), desk.account
    start, end, _error = asked_range(request, desk, as_of)
    told, locale = statement_of(account=account, start=start, end=end), get_language() or "en"
    try:
        if kind == "pdf":
            content, content_type = (
                statement_pdf(told, locale=locale, as_of=as_of, start=start, end=end),
                "application/pdf",
            )
        else:
            content, content_type = statement_csv(told, locale), "text/csv; charset=utf-8"
    except Refusal as refusal:
        days = (start, end)
        return _shown(
            request, desk, as_of, days, explain_refusal(refusal), account_today=business_date(as_of, account.zone)
        )
    response = HttpResponse(content, content_type=content_type)
    name = f"{account.number}_{start.isoformat()}_{end.isoformat()}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
