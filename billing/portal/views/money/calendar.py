"""The money calendar: what falls due, as a page by month and as a file for calendar programs."""

from collections import Counter
from datetime import date
from itertools import groupby

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import override
from django.views.decorators.http import require_GET

from billing import clock
from billing.charts.months import month_bars
from billing.portal import calendar_feed
from billing.portal.permissions import AccountSelection, billing_page, refuse_unprintable, signed_in_user
from billing.pricing.periods import business_date, month_start
from billing.reports import overview
from billing.reports.calendars import calendar as reports

ROWS = 60
# The file holds so many items at most, the nearest.
MOST_EVENTS = 2000


@require_GET
@billing_page
def calendar(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Shows what falls due within a year, by month, with the sum of each month."""
    as_of, account = clock.now(), selection.account
    today = business_date(as_of, account.zone)
    money = overview.account_position(account=account, as_of=as_of)
    items = reports.calendar_items(account=account, as_of=as_of)
    months = reports.months_of(items, today=today, overdue_minor=money.overdue_minor)
    sums = Counter[date]()
    for item in items:
        sums[month_start(item.day)] += item.money_minor
    page = Paginator(items, ROWS).get_page(request.GET.get("page"))
    file = calendar_feed.address_of(signed_in_user(request), account)
    context = {
        "section": "calendar",
        "selection": selection,
        "zone": account.zone,
        "today": today,
        "currency": account.currency,
        "money": money,
        "bars": month_bars(months),
        "total_minor": sum(month.money_minor for month in months),
        "page": page,
        "months": [
            (start, sums.get(start, 0), list(rows))
            for start, rows in groupby(page.object_list, lambda item: month_start(item.day))
        ],
        "address": settings.BASE_URL + file,
        "file": file,
    }
    return render(request, "portal/calendar.html", context)


@require_GET
def calendar_file(request: HttpRequest, token: str) -> HttpResponse:
    """Answers the file to whoever holds its address, in the person's language; 404 once they may not see the account."""
    refuse_unprintable(token)
    reader = calendar_feed.reader_of(token)
    if reader is None:
        raise Http404
    user, account = reader
    as_of = clock.now()
    with override(user.locale):
        items = reports.calendar_items(account=account, as_of=as_of)[:MOST_EVENTS]
        content = calendar_feed.calendar_of(account, items, as_of)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="saldo-{account.number}.ics"'
    response["Cache-Control"] = "private, max-age=300"
    return response
