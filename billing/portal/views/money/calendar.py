"""The money calendar: a page by month, and the same for calendar programs."""

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
from billing.charts.months import bars
from billing.portal import calendar_feed
from billing.portal.permissions import Desk, billing_page, refuse_odd, signed_in
from billing.pricing.periods import business_date, month_start
from billing.reports import overview
from billing.reports.calendars import calendar as reports

ROWS = 60
# A calendar program gets so many at most, the nearest.
MOST_EVENTS = 2000


@require_GET
@billing_page
def calendar(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What comes within a year, by month, with the sum of each."""
    as_of, account = clock.now(), desk.account
    today = business_date(as_of, account.zone)
    money = overview.standing(account=account, as_of=as_of)
    ahead = reports.happenings(account=account, as_of=as_of)
    months = reports.months_of(ahead, today=today, overdue_minor=money.overdue_minor)
    sums = Counter[date]()
    for happening in ahead:
        sums[month_start(happening.day)] += happening.money_minor
    page = Paginator(ahead, ROWS).get_page(request.GET.get("page"))
    file = calendar_feed.address_of(signed_in(request), account)
    context = {
        "section": "calendar",
        "desk": desk,
        "zone": account.zone,
        "today": today,
        "currency": account.currency,
        "money": money,
        "bars": bars(months),
        "total_minor": sum(month.money_minor for month in months),
        "page": page,
        "months": [
            (start, sums.get(start, 0), list(rows))
            for start, rows in groupby(page.object_list, lambda happening: month_start(happening.day))
        ],
        "address": settings.BASE_URL + file,
        "file": file,
    }
    return render(request, "portal/calendar.html", context)


@require_GET
def calendar_file(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar for whoever holds its address, in the person's language; 404 once they may not see the account."""
    refuse_odd(token)
    reader = calendar_feed.reader_of(token)
    if reader is None:
        raise Http404
    user, account = reader
    as_of = clock.now()
    with override(user.locale):
        ahead = reports.happenings(account=account, as_of=as_of)[:MOST_EVENTS]
        content = calendar_feed.calendar_of(account, ahead, as_of)
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'inline; filename="saldo-{account.number}.ics"'
    answer["Cache-Control"] = "private, max-age=300"
    return answer
