"""The statement of account for any range of dates: on screen, as PDF and as CSV (G3, G5)."""

from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from billing import clock
from billing.errors import Refusal
from billing.portal.permissions import AccountSelection, billing_page
from billing.pricing.periods import business_date, month_start
from billing.reports import overview as reports
from billing.reports.statements.export import statement_csv, statement_pdf
from billing.reports.statements.statement import statement as statement_of
from billing.wording.refusals import explain_refusal

# Rows on the page; the files have all of them.
MOST_ROWS = 500


def _parse_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_range(request: HttpRequest, selection: AccountSelection, as_of: datetime) -> tuple[date, date, str]:
    """Reads the first and last day of the range (both included; default: the running month), and the error to show, if any."""
    today = business_date(as_of, selection.account.zone)
    start, end = request.GET.get("from", ""), request.GET.get("to", "")
    first, last = _parse_day(start) if start else month_start(today), _parse_day(end) if end else today
    if first is None or last is None:
        return month_start(today), today, _("Enter dates such as 2026-05-31.")
    if first > last:
        return last, first, _("The first day came after the last: they have been swapped.")
    return first, last, ""


@require_GET
@billing_page
def statement(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Shows the opening balance, every movement with the balance after it, closing balance."""
    as_of, account = clock.now(), selection.account
    start, end, error = read_range(request, selection, as_of)
    return _statement_page(
        request, selection, as_of, (start, end), error, account_today=business_date(as_of, account.zone)
    )


def _statement_page(
    request: HttpRequest,
    selection: AccountSelection,
    as_of: datetime,
    days: tuple[date, date],
    error: str,
    *,
    account_today: date,
) -> HttpResponse:
    start, end = days
    account_statement = statement_of(account=selection.account, start=start, end=end)
    money = reports.account_position(account=selection.account, as_of=as_of)
    context = {
        "section": "operations",
        "selection": selection,
        "zone": selection.account.zone,
        "currency": selection.account.currency,
        "today": account_today,
        "start": start,
        "end": end,
        "error": error,
        "statement": account_statement,
        "rows": account_statement.rows[:MOST_ROWS],
        "hidden": max(0, len(account_statement.rows) - MOST_ROWS),
        "came": sum(row.amount_minor for row in account_statement.rows if row.amount_minor > 0),
        "went": sum(row.amount_minor for row in account_statement.rows if row.amount_minor < 0),
        "money": money,
        "read_only_debt": bool(money.overdue),
    }
    return render(request, "portal/statement.html", context)


@require_GET
@billing_page
def statement_file(request: HttpRequest, selection: AccountSelection, kind: str) -> HttpResponse:
    """Answers the same statement as ``pdf`` or ``csv``, in the language of the page."""
    as_of, account = clock.now(), selection.account
    start, end, _error = read_range(request, selection, as_of)
    account_statement, locale = statement_of(account=account, start=start, end=end), get_language() or "en"
    try:
        if kind == "pdf":
            content, content_type = (
                statement_pdf(account_statement, locale=locale, as_of=as_of, start=start, end=end),
                "application/pdf",
            )
        else:
            content, content_type = statement_csv(account_statement, locale), "text/csv; charset=utf-8"
    except Refusal as refusal:
        days = (start, end)
        return _statement_page(
            request, selection, as_of, days, explain_refusal(refusal), account_today=business_date(as_of, account.zone)
        )
    response = HttpResponse(content, content_type=content_type)
    name = f"{account.number}_{start.isoformat()}_{end.isoformat()}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
