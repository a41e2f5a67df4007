"""The first page: is anything wrong, where do I stand, why, what comes next, what happened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing import clock
from billing.charts.members import Chart, members_chart
from billing.models import BillingAccount, Subscription
from billing.operations.cycle import access
from billing.portal.permissions import Desk, desk_of, instances_of, signed_in
from billing.pricing.periods import month_span
from billing.reports import overview as reports
from billing.reports.calendars import calendar
from billing.reports.plan_state import PlanState, Stage, plan_state
from billing.reports.statements import statement
from billing.reports.usage import Usage, current_period, usage_of

LATEST, PLACES, PLANS, AHEAD = 5, 6, 3, 6


@require_GET
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """The overview of an account, or the state of their instances for people without the billing right."""
    as_of, desk = clock.now(), desk_of(request)
    if desk is None:
        return _home(request, as_of)
    return render(request, "portal/overview.html", _page(desk, as_of))


def _home(request: HttpRequest, as_of: datetime) -> HttpResponse:
    mine = list(instances_of(signed_in(request)).order_by("domain")[:200])
    levels = access.levels(mine, as_of=as_of)
    return render(request, "portal/home.html", {"states": [(one, levels[one.pk]) for one in mine]})


def banner_of(money: reports.Standing, living: int, plans: Sequence[PlanState] = ()) -> str:
    """The worst state first: ``debt`` while something is overdue, ``collect`` where a renewal could not be collected, ``over``
    where a trial has ended without a choice, ``due`` while something waits to be paid, else none."""
    if money.overdue:
        return "debt"
    if any(plan.is_in_dunning for plan in plans):
        return "collect"
    if any(plan.stage == Stage.TRIAL_ENDED for plan in plans):
        return "over"
    return "due" if money.pressing and living else ""


def plans_of(places: Sequence[reports.Place], account: BillingAccount, as_of: datetime) -> list[PlanState]:
    """The subscriptions that are not measured, as cards: what needs its owner first, then what runs."""
    own = [one.subscription for one in places if one.subscription is not None and not one.is_metered]
    shown = sorted([one for one in own if one.terminated_at is None] or own, key=_is_quiet)
    for one in shown[:PLANS]:
        one.account = account
    return [plan_state(one, as_of) for one in shown[:PLANS]]


def chart_of(usage: Usage, zone: str, as_of: datetime) -> Chart:
    """The chart of the calendar month of the usage."""
    return members_chart(
        span=month_span(usage.period.start),
        zone=zone,
        opening=usage.opening,
        levels=usage.levels,
        quota=usage.quota,
        peak=usage.peak,
        peak_at=usage.peak_at,
        now=as_of,
    )


def _is_quiet(subscription: Subscription) -> bool:
    """Whether nothing happens to it by itself: bought for good, free, or over."""
    lapsed = subscription.trial_ends_on is not None and subscription.paid_from is None
    return subscription.turns_on is None and not lapsed


def usage_shown(place: reports.Place | None, as_of: datetime) -> Usage | None:
    """The use of the running month of ``place``; None where nothing is metered now."""
    if place is None or place.subscription is None or not place.is_metered:
        return None
    if not place.subscription.is_running(as_of):
        return None
    period = current_period(place.subscription, as_of)
    return usage_of(subscription=place.subscription, period=period, as_of=as_of) if period is not None else None


def usage_context(usage: Usage | None, zone: str, as_of: datetime) -> dict[str, Any]:
    if usage is None:
        return {"usage": None}
    span = month_span(usage.period.start)
    return {
        "usage": usage,
        "chart": chart_of(usage, zone, as_of),
        "currency": usage.terms.currency,
        "next_start": span.end,
    }


def _ahead(account: BillingAccount, as_of: datetime) -> list[calendar.Happening]:
    """The nearest dates, without the mails about them."""
    found = calendar.happenings(account=account, as_of=as_of, months=2)
    return [one for one in found if one.step != calendar.Step.REMINDER][:AHEAD]


def _page(desk: Desk, as_of: datetime) -> dict[str, Any]:
    account = desk.account
    money = reports.standing(account=account, as_of=as_of)
    places = reports.places(account=account, as_of=as_of)
    running = [one for one in places if one.subscription is not None and one.subscription.is_running(as_of)]
    metered = [one for one in places if one.is_metered]
    usage = usage_shown(metered[0] if metered else None, as_of)
    plans = plans_of(places, account, as_of)
    shown = places[:PLACES]
    levels = access.levels([one.instance for one in shown], as_of=as_of)
    charged = [one for one in running if not one.is_free]
    banner = banner_of(money, len(running), plans)
    pressing = next((one for one in plans if one.is_in_dunning or one.stage == Stage.TRIAL_ENDED), None)
    context = {
        "section": "overview",
        "desk": desk,
        "zone": account.zone,
        "today": money.today,
        "money": money,
        "banner": banner,
        "banner_acts": bool(banner),
        "living": len(running),
        "coming": reports.coming(money),
        "plans": plans,
        "pressing_plan": pressing,
        "is_metered": bool(metered) or not plans,
        "happenings": _ahead(account, as_of) if plans else None,
        "places": [(one, levels[one.instance.pk]) for one in shown],
        "more_places": len(places) > PLACES,
        "latest": statement.page(account=account, limit=LATEST).rows,
        # The next invoice is told as a product only where one instance makes the whole of it.
        "only_usage": usage
        if len(charged) == 1 and usage is not None and usage.charged_minor == money.charged_minor
        else None,
    }
    return {**context, **usage_context(usage, account.zone, as_of), "currency": account.currency}
