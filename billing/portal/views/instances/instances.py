"""The account's instances, and one of them with its people. Without the billing right one sees its access and nothing else."""

from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import Instance, Member
from billing import clock
from billing.models import Subscription
from billing.operations.customers.member_management import find_administrator
from billing.operations.cycle import access
from billing.portal.get_or_404 import find_instance, select_account_of_instance
from billing.portal.permissions import (
    AccountSelection,
    accounts_of,
    billing_page,
    instances_of,
    refuse_unprintable,
    signed_in_user,
)
from billing.portal.views.money.overview import usage_context
from billing.pricing.periods import business_date
from billing.reports import overview as reports
from billing.reports.plan_state import Stage, plan_state
from billing.reports.usage import current_period, usage_of

ROWS = 50


@require_GET
@billing_page
def instances(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Lists all instances charged to the account, the busiest first."""
    as_of, account = clock.now(), selection.account
    money = reports.account_position(account=account, as_of=as_of)
    page = Paginator(reports.instance_rows(account=account, as_of=as_of), ROWS).get_page(request.GET.get("page"))
    levels = access.levels([place.instance for place in page.object_list], as_of=as_of)
    context = {
        "section": "instances",
        "selection": selection,
        "zone": account.zone,
        "money": money,
        "read_only_debt": bool(money.overdue),
        "page": page,
        "places": [(place, levels[place.instance.pk]) for place in page.object_list],
    }
    return render(request, "portal/instances.html", context)


@require_GET
@login_required
def instance(request: HttpRequest, public_id: str) -> HttpResponse:
    """Shows one instance: everything to its billing owners, the access alone to its other active members."""
    refuse_unprintable(public_id)
    as_of, user = clock.now(), signed_in_user(request)
    accounts = tuple(accounts_of(user))
    owned_instance = find_instance(public_id, accounts)
    if owned_instance is not None:
        return _owner_page(request, *select_account_of_instance(owned_instance, accounts), as_of)
    member_instance = instances_of(user).filter(public_id=public_id).first()
    if member_instance is None:
        raise Http404
    return _member_page(request, member_instance, as_of)


def _member_page(request: HttpRequest, instance: Instance, as_of: datetime) -> HttpResponse:
    subscription = access.current_subscription(instance)
    zone = subscription.account.zone if subscription is not None else "Europe/Moscow"
    context = {"instance": instance, "access": access.level(instance, as_of=as_of), "zone": zone}
    return render(request, "portal/instance_state.html", context)


def _owner_page(
    request: HttpRequest,
    selection: AccountSelection,
    instance: Instance,
    subscription: Subscription | None,
    as_of: datetime,
) -> HttpResponse:
    zone = selection.account.zone
    money = reports.account_position(account=selection.account, as_of=as_of)
    people = Member.objects.present().filter(instance=instance).select_related("role").order_by("name", "email", "pk")
    usage, plan = None, None
    if subscription is not None:
        plan = plan_state(subscription, as_of)
    if subscription is not None and plan is not None and plan.stage == Stage.METERED:
        period = current_period(subscription, as_of)
        usage = usage_of(subscription=subscription, period=period, as_of=as_of) if period is not None else None
    context = {
        "section": "instances",
        "selection": selection,
        "zone": zone,
        "today": business_date(as_of, zone),
        "instance": instance,
        "may_make_token": find_administrator(instance, signed_in_user(request)) is not None,
        "subscription": subscription,
        "plan": plan if plan is not None and (subscription is None or not subscription.is_metered) else None,
        "access": access.level(instance, as_of=as_of),
        "money": money,
        "page": Paginator(people, ROWS).get_page(request.GET.get("page")),
    }
    return render(request, "portal/instance.html", {**context, **usage_context(usage, zone, as_of)})
