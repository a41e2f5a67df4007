"""The account's instances, and one of them with its people. Who has no billing right sees its state and nothing else."""

from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import Instance, Member
from billing import clock
from billing.models import BillingAccount, Subscription
from billing.operations.customers.member_management import administrator
from billing.operations.cycle import access
from billing.portal.permissions import Desk, accounts_of, billing_page, instances_of, refuse_odd, signed_in
from billing.portal.views.money.overview import usage_context
from billing.pricing.periods import business_date
from billing.reports import overview as reports
from billing.reports.plan_state import Stage, plan_state
from billing.reports.usage import current_period, usage_of

ROWS = 50


@require_GET
@billing_page
def instances(request: HttpRequest, desk: Desk) -> HttpResponse:
    """All instances charged to the account, the busiest first."""
    as_of, account = clock.now(), desk.account
    money = reports.account_position(account=account, as_of=as_of)
    page = Paginator(reports.instance_rows(account=account, as_of=as_of), ROWS).get_page(request.GET.get("page"))
    levels = access.levels([one.instance for one in page.object_list], as_of=as_of)
    context = {
        "section": "instances",
        "desk": desk,
        "zone": account.zone,
        "money": money,
        "read_only_debt": bool(money.overdue),
        "page": page,
        "places": [(one, levels[one.instance.pk]) for one in page.object_list],
    }
    return render(request, "portal/instances.html", context)


@require_GET
@login_required
def instance(request: HttpRequest, public_id: str) -> HttpResponse:
    """One instance: everything for its billing owners, the state alone for its other active members."""
    refuse_odd(public_id)
    as_of, user = clock.now(), signed_in(request)
    accounts = tuple(accounts_of(user))
    found = (
        Instance.objects.filter(
            public_id=public_id, customer__in=[one.customer_id for one in accounts], deleted_at=None
        )
        .select_related("product", "customer")
        .first()
    )
    if found is not None:
        return _owned(request, found, accounts, as_of)
    mine = instances_of(user).filter(public_id=public_id).first()
    if mine is None:
        raise Http404
    return _state(request, mine, as_of)


def _state(request: HttpRequest, found: Instance, as_of: datetime) -> HttpResponse:
    subscription = access.current_subscription(found)
    zone = subscription.account.zone if subscription is not None else "Europe/Moscow"
    context = {"instance": found, "access": access.level(found, as_of=as_of), "zone": zone}
    return render(request, "portal/state.html", context)


def _desk(found: Instance, subscription: Subscription | None, accounts: tuple[BillingAccount, ...]) -> Desk:
    """The account that the instance is charged to, else the customer's first."""
    own = [one for one in accounts if one.customer_id == found.customer_id]
    charged = [one for one in own if subscription is not None and one.pk == subscription.account_id]
    return Desk((charged or own)[0], accounts)


def _owned(
    request: HttpRequest, found: Instance, accounts: tuple[BillingAccount, ...], as_of: datetime
) -> HttpResponse:
    subscription = access.current_subscription(found)
    desk = _desk(found, subscription, accounts)
    zone = desk.account.zone
    money = reports.account_position(account=desk.account, as_of=as_of)
    people = Member.objects.present().filter(instance=found).select_related("role").order_by("name", "email", "pk")
    usage, plan = None, None
    if subscription is not None:
        subscription.instance = found
        plan = plan_state(subscription, as_of)
    if subscription is not None and plan is not None and plan.stage == Stage.METERED:
        period = current_period(subscription, as_of)
        usage = usage_of(subscription=subscription, period=period, as_of=as_of) if period is not None else None
    context = {
        "section": "instances",
        "desk": desk,
        "zone": zone,
        "today": business_date(as_of, zone),
        "instance": found,
        "may_make_token": administrator(found, signed_in(request)) is not None,
        "subscription": subscription,
        "plan": plan if plan is not None and (subscription is None or not subscription.is_metered) else None,
        "access": access.level(found, as_of=as_of),
        "money": money,
        "page": Paginator(people, ROWS).get_page(request.GET.get("page")),
    }
    return render(request, "portal/instance.html", {**context, **usage_context(usage, zone, as_of)})
