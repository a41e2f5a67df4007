"""The first page: what needs attention, the balance and its reasons, what falls due next, the latest movements."""

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
from billing.portal.permissions import AccountSelection, instances_of, select_account, signed_in_user
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
    """Shows an account's overview; to people without the billing right, the access of their instances."""
    as_of, selection = clock.now(), select_account(request)
    if selection is None:
        return _home(request, as_of)
    return render(request, "portal/overview.html", _page(selection, as_of))


def _home(request: HttpRequest, as_of: datetime) -> HttpResponse:
    instances = list(instances_of(signed_in_user(request)).order_by("domain")[:200])
    levels = access.levels(instances, as_of=as_of)
    return render(
        request,
        "portal/home_without_account.html",
        {"states": [(instance, levels[instance.pk]) for instance in instances]},
    )


def banner_of(money: reports.AccountPosition, running: int, plans: Sequence[PlanState] = ()) -> str:
    """Returns the most urgent banner: ``debt`` while something is overdue, ``collect`` where a renewal could not be collected, ``over``
    where a trial has ended without a choice, ``due`` while something waits to be paid, else empty."""
    if money.overdue:
        return "debt"
    if any(plan.is_in_dunning for plan in plans):
        return "collect"
    if any(plan.stage == Stage.TRIAL_ENDED for plan in plans):
        return "over"
    return "due" if money.pressing and running else ""


def plans_of(places: Sequence[reports.InstanceRow], account: BillingAccount, as_of: datetime) -> list[PlanState]:
    """Returns the states of the prepaid subscriptions that get a card: those that need the owner first, then the running ones."""
    subscriptions = [place.subscription for place in places if place.subscription is not None and not place.is_metered]
    ordered = sorted(
        [subscription for subscription in subscriptions if subscription.terminated_at is None] or subscriptions,
        key=_is_quiet,
    )
    for subscription in ordered[:PLANS]:
        subscription.account = account
    return [plan_state(subscription, as_of) for subscription in ordered[:PLANS]]


def chart_of(usage: Usage, zone: str, as_of: datetime) -> Chart:
    """Draws the members of the usage's calendar month."""
    return members_chart(
        span=month_span(usage.period.start),
        zone=zone,
        at_start=usage.opening,
        levels=usage.levels,
        quota=usage.quota,
        peak=usage.peak,
        peak_at=usage.peak_at,
        now=as_of,
    )


def _is_quiet(subscription: Subscription) -> bool:
    """Tells whether no date is ahead of the subscription: bought for good, free, or over."""
    lapsed = subscription.trial_ends_on is not None and subscription.paid_from is None
    return subscription.next_transition_date is None and not lapsed


def usage_of_place(place: reports.InstanceRow | None, as_of: datetime) -> Usage | None:
    """Returns the usage of the running month of ``place``; None where nothing is metered now."""
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


def _upcoming_items(account: BillingAccount, as_of: datetime) -> list[calendar.CalendarItem]:
    """Returns the nearest due items, without reminders."""
    items = calendar.calendar_items(account=account, as_of=as_of, months=2)
    return [item for item in items if item.step != calendar.Step.REMINDER][:AHEAD]


def _page(selection: AccountSelection, as_of: datetime) -> dict[str, Any]:
    account = selection.account
    money = reports.account_position(account=account, as_of=as_of)
    places = reports.instance_rows(account=account, as_of=as_of)
    running = [place for place in places if place.subscription is not None and place.subscription.is_running(as_of)]
    metered = [place for place in places if place.is_metered]
    usage = usage_of_place(metered[0] if metered else None, as_of)
    plans = plans_of(places, account, as_of)
    listed_places = places[:PLACES]
    levels = access.levels([place.instance for place in listed_places], as_of=as_of)
    charged = [place for place in running if not place.is_free]
    banner = banner_of(money, len(running), plans)
    coming = reports.next_dates(money)
    items = _upcoming_items(account, as_of) if plans else None
    pressing = next((plan for plan in plans if plan.is_in_dunning or plan.stage == Stage.TRIAL_ENDED), None)
    context = {
        "section": "overview",
        "selection": selection,
        "zone": account.zone,
        "today": money.today,
        "money": money,
        "banner": banner,
        "banner_acts": bool(banner),
        "living": len(running),
        "coming": coming,
        "plans": plans,
        "pressing_plan": pressing,
        "is_metered": bool(metered) or not plans,
        "items": items,
        "has_dates": bool(coming or money.overdue or items),
        "places": [(place, levels[place.instance.pk]) for place in listed_places],
        "more_places": len(places) > PLACES,
        "latest": statement.page(account=account, limit=LATEST).rows,
        # The next invoice is shown as quantity × price only where one instance makes up the whole of it.
        "only_usage": usage
        if len(charged) == 1 and usage is not None and usage.charged_minor == money.charged_minor
        else None,
    }
    return {**context, **usage_context(usage, account.zone, as_of), "currency": account.currency}
