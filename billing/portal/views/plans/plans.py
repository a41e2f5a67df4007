"""Plans and billing of one instance (C3): what it is on, what that costs at its size, what every other plan would."""

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
from billing.charts.price_curve import most_shown, price_curve, typical
from billing.models import Subscription
from billing.operations.cycle import prepaid_periods
from billing.portal.get_or_404 import instance_or_404
from billing.portal.permissions import Desk, billing_page, refuse_odd
from billing.portal.views.plans.prices import quantity_asked
from billing.pricing.terms import Metric
from billing.reports.tariffs import plans as reports
from billing.reports.tariffs import what_if as supposing
from billing.wording import formats, unit_names


@require_GET
@billing_page
def plans_home(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The plans of the account's busiest instance; without one, the prices that everybody sees."""
    living = supposing.instances_of(desk.account)
    if not living:
        return redirect("portal:prices")
    return HttpResponseRedirect(reverse("portal:plans", args=[living[0].public_id]))


@require_GET
@login_required
def plans(request: HttpRequest, public_id: str) -> HttpResponse:
    """The page; only for those who have the billing right in the instance."""
    refuse_odd(public_id)
    as_of = clock.now()
    desk, instance, subscription = instance_or_404(request, public_id)
    offer, mine, size = _stand(instance, subscription, as_of)
    ended = subscription if mine is None and subscription is not None and subscription.terminated_at else None
    acts = Acts(instance, mine, ended)
    cards = [(plan, _ways(plan, size, acts)) for plan in offer.plans] if offer else []
    context = {
        "section": "plans",
        "desk": desk,
        "zone": desk.account.zone,
        "instance": instance,
        "offer": offer,
        "mine": mine,
        "ended": ended,
        "resumable": acts.is_resumed,
        "size": size,
        "cards": cards,
        # One tariff and no other to compare it with.
        "alone": mine is not None and all(way["kind"] == "mine" for _plan, ways in cards for way in ways),
        "others": [one for one in supposing.instances_of(desk.account) if one != instance],
    }
    return render(request, "portal/plans.html", {**context, **_supposed(request, offer, mine, size)})


@require_GET
@login_required
def what_if(request: HttpRequest, public_id: str) -> HttpResponse:
    """The slider's answer alone."""
    refuse_odd(public_id)
    _desk, instance, subscription = instance_or_404(request, public_id)
    offer, mine, size = _stand(instance, subscription, clock.now())
    return render(request, "portal/_what_if.html", _supposed(request, offer, mine, size))


def _stand(
    instance: Instance, subscription: Subscription | None, as_of: datetime
) -> tuple[reports.Offer | None, supposing.Mine | None, supposing.Size]:
    """What is offered to the instance, what it is on, how large it is."""
    offer = reports.offer_of(instance.product)
    if subscription is None or subscription.tariff is None or not subscription.is_running(as_of):
        return offer, None, supposing.size_of(instance, None, None)
    mine = supposing.mine_of(subscription, offer.variants if offer else (), as_of)
    return offer, mine, mine.size


@dataclass(frozen=True)
class Acts:
    """What can be done about a plan by the owner of ``instance``: on ``mine`` now, or with a subscription that ``ended``."""

    instance: Instance
    mine: supposing.Mine | None
    ended: Subscription | None

    @property
    def is_resumed(self) -> bool:
        """Whether what ended is taken up again on request, not bought anew (M13)."""
        return self.ended is not None and self.ended.is_metered

    def kind_of(self, one: reports.Variant) -> str:
        """``mine``, ``next``, ``choose``, ``ask`` (support does it), or nothing."""
        mine = self.mine
        if mine is None:
            return "" if self.is_resumed else "choose"
        if not one.has_price:
            return ""  # a trial is no way back
        if mine.change is not None and mine.change.tariff_id == one.tariff.pk:
            return "next"
        if mine.trial_ends_on is None and mine.tariff.tariff_id == one.tariff.tariff_id:
            return "mine"
        return "ask" if mine.is_measured else "choose"

    def address_of(self, one: reports.Variant) -> str:
        """Where the variant is chosen: its effect is told there before anything is agreed."""
        name = "portal:start_plan" if self.mine is None else "portal:change_plan"
        return f"{reverse(name, args=[self.instance.public_id])}?{urlencode({'tariff': one.tariff.tariff_id})}"


def _ways(plan: reports.Plan, size: supposing.Size, acts: Acts) -> list[dict[str, Any]]:
    """The ways of paying for ``plan``: the bill at my size, what a year at once saves, what can be done about it."""
    found = []
    for one in plan.variants:
        units, kind = size.under(one.terms), acts.kind_of(one)
        found.append(
            {
                "variant": one,
                "bill": one.bill(units),
                "units": units,
                "is_yearly": one is plan.yearly,
                "has_yearly": plan.yearly is not None and one is plan.first,
                "saving_minor": plan.saving_minor(units) if one is plan.yearly else None,
                "kind": kind,
                "address": acts.address_of(one) if kind == "choose" else "",
                "letter": _letter(one, acts.instance) if kind == "ask" else "",
            }
        )
    return found


def _letter(variant: reports.Variant, instance: Instance) -> str:
    """A letter to support with what they have to know written in it; empty where the operator named no address."""
    if not settings.SUPPORT_EMAIL:
        return ""
    shown = {
        "domain": instance.domain,
        "plan": variant.tariff.name_in(formats.language()),
        "id": variant.tariff.tariff_id,
    }
    subject = _("%(domain)s: change the plan") % shown
    body = _("Please move %(domain)s to the plan “%(plan)s” (%(id)s).") % shown
    return f"mailto:{settings.SUPPORT_EMAIL}?subject={quote(subject)}&body={quote(body)}"


def _supposed(
    request: HttpRequest, offer: reports.Offer | None, mine: supposing.Mine | None, size: supposing.Size
) -> dict[str, Any]:
    """What the number asked for would cost: on my own tariff, and under each that is offered."""
    own = [mine.next_terms] if mine is not None and mine.next_terms.metric != Metric.NONE else []
    counted = own + [one.terms for one in (offer.counted if offer else ())]
    if not counted:
        return {"counted": False}
    metric, here = str(counted[0].metric), size.under(counted[0])
    most = most_shown(counted, here)
    curve_of = mine.tariff if mine is not None and own else offer.counted[0].tariff if offer else None
    quantity = quantity_asked(request, here or typical(counted))
    return {
        "counted": True,
        "metric": metric,
        "counting": counted[0],
        "question": unit_names.question_of(counted[0]),
        "quantity": quantity,
        "here": here,
        "most": most,
        "largest": reports.MOST_UNITS,
        "mine": mine,
        "supposed": supposing.what_if(mine, quantity, _rest(mine)) if mine is not None else None,
        "buy": _buy(mine, quantity),
        "bills": offer.priced(quantity, but=mine.tariff.tariff_id if mine else "") if offer else [],
        "curve": price_curve(counted[0], quantity, most),
        "curve_name": curve_of.name_in(formats.language()) if curve_of else "",
        "currency": counted[0].currency,
    }


def _rest(mine: supposing.Mine) -> dict[str, int] | None:
    """What is left of the paid period for a seat that comes or goes today; None where no seats are paid in advance."""
    if not mine.counts_seats or mine.period is None:
        return None
    return prepaid_periods.share(mine.tariff.terms(), mine.period.span, prepaid_periods.day_after(mine.today))


def _buy(mine: supposing.Mine | None, quantity: int) -> str:
    """Where the number that is supposed is bought; empty where it is not bought, is mine already, or cannot be had."""
    if mine is None or mine.next_terms.metric != Metric.QUANTITY or mine.trial_ends_on is not None:
        return ""
    here = mine.size.quantity
    if not quantity or quantity == here or (mine.terms.is_one_off and quantity < here):
        return ""
    wanted = urlencode({"tariff": mine.tariff.tariff_id, "quantity": quantity})
    return f"{reverse('portal:change_plan', args=[mine.subscription.instance.public_id])}?{wanted}"
