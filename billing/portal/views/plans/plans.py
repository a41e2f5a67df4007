"""The plans of one instance: its current plan, what that costs at its size, what every other plan would (C3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import Instance
from billing import clock
from billing.charts.price_curve import price_curve, slider_end, typical_quantity
from billing.models import Subscription
from billing.operations.cycle import prepaid_periods
from billing.portal.get_or_404 import instance_or_404
from billing.portal.permissions import AccountSelection, billing_page, refuse_unprintable
from billing.portal.views.plans.prices import read_quantity_shown
from billing.pricing.terms import Metric
from billing.reports.tariffs import plans as reports
from billing.reports.tariffs import what_if as supposing
from billing.wording import formats, unit_names


@require_GET
@billing_page
def plans_home(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Leads to the plans of the account's busiest instance; without instances, to the public prices."""
    instances = supposing.instances_of(selection.account)
    if not instances:
        return redirect("portal:prices")
    return HttpResponseRedirect(reverse("portal:plans", args=[instances[0].public_id]))


@require_GET
@login_required
def plans(request: HttpRequest, public_id: str) -> HttpResponse:
    """Shows the plans; only for those who have the billing right in the instance."""
    refuse_unprintable(public_id)
    as_of = clock.now()
    selection, instance, subscription = instance_or_404(request, public_id)
    offer, plan, size = _offer_and_plan(instance, subscription, as_of)
    ended = subscription if plan is None and subscription is not None and subscription.terminated_at else None
    acts = Acts(instance, plan, ended)
    cards = [(offered_plan, _payment_ways(offered_plan, size, acts)) for offered_plan in offer.plans] if offer else []
    context = {
        "section": "plans",
        "selection": selection,
        "zone": selection.account.zone,
        "instance": instance,
        "offer": offer,
        "current": plan,
        "ended": ended,
        "resumable": acts.is_resumable,
        "size": size,
        "cards": cards,
        # One tariff and no other to compare it with.
        "is_only_plan": plan is not None and all(way["kind"] == "mine" for _plan, ways in cards for way in ways),
        "others": [other for other in supposing.instances_of(selection.account) if other != instance],
    }
    return render(request, "portal/plans.html", {**context, **_what_if_context(request, offer, plan, size)})


@require_GET
@login_required
def what_if(request: HttpRequest, public_id: str) -> HttpResponse:
    """Answers the slider: the price of the number in the address, as a fragment of the page."""
    refuse_unprintable(public_id)
    _selection, instance, subscription = instance_or_404(request, public_id)
    offer, plan, size = _offer_and_plan(instance, subscription, clock.now())
    return render(request, "portal/_what_if.html", _what_if_context(request, offer, plan, size))


def _offer_and_plan(
    instance: Instance, subscription: Subscription | None, as_of: datetime
) -> tuple[reports.Offer | None, supposing.CurrentPlan | None, supposing.Size]:
    """Returns what is offered to the instance, its current plan (None without a running one), and its size."""
    offer = reports.offer_of(instance.product)
    if subscription is None or subscription.tariff is None or not subscription.is_running(as_of):
        return offer, None, supposing.size_of(instance, None, None)
    plan = supposing.current_plan(subscription, offer.variants if offer else (), as_of)
    return offer, plan, plan.size


@dataclass(frozen=True)
class Acts:
    """The owner's choices about a plan for ``instance``: on the plan ``current`` now, or after a subscription that ``ended``."""

    instance: Instance
    current: supposing.CurrentPlan | None
    ended: Subscription | None

    @property
    def is_resumable(self) -> bool:
        """Tells whether the terminated subscription is resumed on request instead of bought anew (M13)."""
        return self.ended is not None and self.ended.is_metered

    def kind_of(self, variant: reports.Variant) -> str:
        """Returns ``mine`` (the current plan), ``next`` (scheduled), ``choose``, ``ask`` (support changes it), or empty."""
        current = self.current
        if current is None:
            return "" if self.is_resumable else "choose"
        if not variant.has_price:
            return ""  # a trial is no way back
        if current.change is not None and current.change.tariff_id == variant.tariff.pk:
            return "next"
        if current.trial_ends_on is None and current.tariff.tariff_id == variant.tariff.tariff_id:
            return "mine"
        return "ask" if current.is_measured else "choose"

    def address_of(self, variant: reports.Variant) -> str:
        """Returns the page on which the variant is chosen: it shows the quote before anything is agreed."""
        name = "portal:start_plan" if self.current is None else "portal:change_plan"
        return f"{reverse(name, args=[self.instance.public_id])}?{urlencode({'tariff': variant.tariff.tariff_id})}"


def _payment_ways(plan: reports.Plan, size: supposing.Size, acts: Acts) -> list[dict[str, Any]]:
    """Returns the ways of paying for ``plan``: the bill at the instance's size, what a year at once saves, what can be done."""
    ways = []
    for variant in plan.variants:
        units, kind = size.under(variant.terms), acts.kind_of(variant)
        ways.append(
            {
                "variant": variant,
                "bill": variant.bill(units),
                "units": units,
                "is_yearly": variant is plan.yearly,
                "has_yearly": plan.yearly is not None and variant is plan.first,
                "saving_minor": plan.saving_minor(units) if variant is plan.yearly else None,
                "kind": kind,
                "address": acts.address_of(variant) if kind == "choose" else "",
                "letter": _letter(variant, acts.instance) if kind == "ask" else "",
            }
        )
    return ways


def _letter(variant: reports.Variant, instance: Instance) -> str:
    """Returns a mailto link to support that names the instance and the plan; empty where the operator named no address."""
    if not settings.SUPPORT_EMAIL:
        return ""
    figures = {
        "domain": instance.domain,
        "plan": variant.tariff.name_in(formats.language()),
        "id": variant.tariff.tariff_id,
    }
    subject = _("%(domain)s: change the plan") % figures
    body = _("Please move %(domain)s to the plan “%(plan)s” (%(id)s).") % figures
    return f"mailto:{settings.SUPPORT_EMAIL}?subject={quote(subject)}&body={quote(body)}"


def _what_if_context(
    request: HttpRequest, offer: reports.Offer | None, current: supposing.CurrentPlan | None, size: supposing.Size
) -> dict[str, Any]:
    """Prices the number asked for: on the current tariff, and under each that is offered."""
    own = [current.next_terms] if current is not None and current.next_terms.metric != Metric.NONE else []
    counted = own + [variant.terms for variant in (offer.counted if offer else ())]
    if not counted:
        return {"counted": False}
    metric, here = str(counted[0].metric), size.under(counted[0])
    most = slider_end(counted, here)
    curve_of = current.tariff if current is not None and own else offer.counted[0].tariff if offer else None
    quantity = read_quantity_shown(request, here or typical_quantity(counted))
    return {
        "counted": True,
        "metric": metric,
        "counting": counted[0],
        "question": unit_names.question_of(counted[0]),
        "quantity": quantity,
        "here": here,
        "most": most,
        "largest": reports.MOST_UNITS,
        "current": current,
        "supposed": supposing.what_if(current, quantity, _rest(current)) if current is not None else None,
        "buy": _purchase_address(current, quantity),
        "bills": offer.price_variants(quantity, but=current.tariff.tariff_id if current else "") if offer else [],
        "curve": price_curve(counted[0], quantity, most),
        "curve_name": curve_of.name_in(formats.language()) if curve_of else "",
        "currency": counted[0].currency,
    }


def _rest(current: supposing.CurrentPlan) -> dict[str, int] | None:
    """Returns what is left of the paid period for a seat that comes or goes today; None where no seats are paid in advance."""
    if not current.counts_seats or current.period is None:
        return None
    return prepaid_periods.share(current.tariff.terms(), current.period.span, prepaid_periods.day_after(current.today))


def _purchase_address(current: supposing.CurrentPlan | None, quantity: int) -> str:
    """Returns the page that buys ``quantity``; empty where nothing is bought by number, it is the current number, or cannot be had."""
    if current is None or current.next_terms.metric != Metric.QUANTITY or current.trial_ends_on is not None:
        return ""
    current_quantity = current.size.quantity
    if not quantity or quantity == current_quantity or (current.terms.is_one_off and quantity < current_quantity):
        return ""
    query = urlencode({"tariff": current.tariff.tariff_id, "quantity": quantity})
    return f"{reverse('portal:change_plan', args=[current.subscription.instance.public_id])}?{query}"
