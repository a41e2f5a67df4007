"""Other terms for what is paid in advance: what they cost, told before it is agreed to; calling off, taking back, cancelling
(C3, C4, D6, D7, E6, E7, G10)."""

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Instance
from billing import clock
from billing.errors import BadInput, Refusal
from billing.models import Subscription
from billing.operations.subscriptions import plan_changes
from billing.operations.subscriptions.quotes import NOW, PERIOD_END, Quote, Wish
from billing.portal.get_or_404 import instance_or_404
from billing.portal.permissions import Desk, refuse_odd, signed_in
from billing.pricing.terms import Metric
from billing.reports.plan_state import PlanState, Stage, plan_state
from billing.reports.tariffs import plans as reports
from billing.wording import formats
from billing.wording.refusals import explain_refusal

# Where somebody is led whose subscription is not one that terms are changed of.
ELSEWHERE = {
    Stage.TRIAL: "portal:choose_plan",
    Stage.TRIAL_ENDED: "portal:choose_plan",
    Stage.ENDED: "portal:start_plan",
    Stage.METERED: "portal:plans",
    Stage.FREE: "portal:instance",
}


@dataclass(frozen=True)
class Choice:
    """A tariff that can be chosen; ``asks`` whether a number has to be given for it."""

    variant: reports.Variant
    is_mine: bool

    @property
    def asks(self) -> bool:
        return self.variant.terms.metric == Metric.QUANTITY


def written_quantity(request: HttpRequest) -> int | None:
    """The number that was typed or linked; None where there is none. Refuses what is no number."""
    text = (request.POST.get("quantity") or request.GET.get("quantity") or "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        raise BadInput(_("Enter how many you need as a whole number."), field="quantity")
    return int(text)


def asked_tariff(request: HttpRequest) -> str:
    return str(request.POST.get("tariff") or request.GET.get("tariff") or "")[:60]


def choices_of(instance: Instance, mine: Subscription | None) -> list[Choice]:
    """What can be chosen: the paid tariffs that are offered, and the one it is on where a number is bought of it."""
    offer = reports.offer_of(instance.product)
    own = mine.tariff if mine is not None else None
    offered = [one for one in (offer.variants if offer is not None else ()) if one.has_price]
    if own is not None and own.tariff_id not in {one.tariff.tariff_id for one in offered}:
        offered = [reports.Variant(own, own.terms()), *offered]
    found = [Choice(one, own is not None and one.tariff.tariff_id == own.tariff_id) for one in offered]
    return [one for one in found if one.asks or not one.is_mine]


def back_to(instance: Instance) -> HttpResponse:
    return HttpResponseRedirect(reverse("portal:instance", args=[instance.public_id]))


def elsewhere(request: HttpRequest, instance: Instance, state: PlanState | None) -> HttpResponse | None:
    """The page for what the instance is in; None where it is this one."""
    name = "portal:start_plan" if state is None else ELSEWHERE.get(state.stage)
    if name is None:
        return None
    query = request.META.get("QUERY_STRING", "")
    return HttpResponseRedirect(reverse(name, args=[instance.public_id]) + (f"?{query}" if query else ""))


def _wish(request: HttpRequest, state: PlanState) -> Wish | None:
    """What was asked for; None before anything was."""
    tariff, quantity = asked_tariff(request), written_quantity(request)
    if not tariff and quantity is None:
        return None
    own = state.subscription.priced_by.tariff_id
    chosen = {one.variant.tariff.tariff_id: one for one in choices_of(state.subscription.instance, state.subscription)}
    known = chosen.get(tariff or own)
    if known is not None and not known.asks:
        quantity = None  # the field is there for other tariffs
    return Wish(tariff_id=tariff or own, quantity=quantity)


def _quotes(subscription: Subscription, wish: Wish) -> list[Quote]:
    """What the wish comes to as the rules have it, and at the other time where there is the choice (D7)."""
    as_of = clock.now()
    first = plan_changes.preview(subscription=subscription, wish=wish, as_of=as_of)
    other = replace(wish, when=PERIOD_END if first.when == NOW else NOW)
    try:
        return [first, plan_changes.preview(subscription=subscription, wish=other, as_of=as_of)]
    except BadInput:
        return [first]


@require_http_methods(["GET", "POST"])
@login_required
def change_plan(request: HttpRequest, public_id: str) -> HttpResponse:
    """Choosing other terms, seeing what they cost, agreeing; POST carries the quote that was seen."""
    refuse_odd(public_id)
    desk, instance, subscription = instance_or_404(request, public_id)
    state = plan_state(subscription, clock.now()) if subscription is not None else None
    led = elsewhere(request, instance, state)
    if led is not None or state is None:
        return led or back_to(instance)
    if request.method == "POST":
        return _agreed(request, desk, state)
    quotes, errors = _looked_up(request, state)
    return _page(request, desk, state, quotes, errors, 422 if errors else 200)


def _looked_up(request: HttpRequest, state: PlanState) -> tuple[list[Quote], dict[str, str]]:
    try:
        wish = _wish(request, state)
        return (_quotes(state.subscription, wish) if wish is not None else []), {}
    except Refusal as refusal:
        return [], {_field(refusal): explain_refusal(refusal)}


def _field(refusal: Refusal) -> str:
    field = getattr(refusal, "field", "")
    return field if field in ("quantity", "tariff_id") else "all"


def _agreed(request: HttpRequest, desk: Desk, state: PlanState) -> HttpResponse:
    """Makes the change for the figures that were seen; where they no longer hold, shows the new ones (G10)."""
    when = request.POST.get("when", "")
    try:
        wish = _wish(request, state)
        if wish is None:
            raise BadInput(_("Choose a plan."), field="tariff_id")
        done = plan_changes.change(
            subscription=state.subscription,
            wish=replace(wish, when=when or None),
            as_of=clock.now(),
            actor=signed_in(request).get_short_name(),
            quote_token=request.POST.get(f"token-{when}", ""),
        )
    except Refusal as refusal:
        quotes, errors = _looked_up(request, state)
        return _page(request, desk, state, quotes, errors or {_field(refusal): explain_refusal(refusal)}, 409)
    messages.success(request, _told(done))
    return back_to(state.subscription.instance)


def _told(done: Quote) -> str:
    shown = {
        "tariff": done.tariff.name_in(formats.language()),
        "day": formats.date_text(done.effective_date),
        "sum": formats.money_text(done.due_now_minor, done.currency),
    }
    if done.when == PERIOD_END:
        return _("Agreed: %(tariff)s from %(day)s on. Until then everything works as now.") % shown
    if done.due_now_minor:
        return _("Done: %(tariff)s from today on, %(sum)s were charged. You can take it back until midnight.") % shown
    return _("Done: %(tariff)s from today on, nothing was charged. You can take it back until midnight.") % shown


def _page(
    request: HttpRequest, desk: Desk, state: PlanState, quotes: list[Quote], errors: dict[str, str], status: int
) -> HttpResponse:
    locale, own = formats.language(), state.subscription.priced_by
    choices = choices_of(state.subscription.instance, state.subscription)
    context: dict[str, Any] = {
        "section": "plans",
        "desk": desk,
        "zone": desk.account.zone,
        "currency": desk.account.currency,
        "instance": state.subscription.instance,
        "state": state,
        "choices": choices,
        "asks": any(one.asks for one in choices),
        "chosen": asked_tariff(request) or (own.tariff_id if own.metric == Metric.QUANTITY else ""),
        "quantity": request.POST.get("quantity") or request.GET.get("quantity") or state.units,
        "quotes": [(one, [(line, one.describe(line, locale)) for line in one.lines]) for one in quotes],
        "picked": request.POST.get("when") or (quotes[0].when if quotes else ""),
        "errors": errors,
    }
    return render(request, "portal/change_plan.html", context, status=status)


@require_POST
@login_required
def undo_change(request: HttpRequest, public_id: str) -> HttpResponse:
    """Calls a scheduled change off, else takes today's back in full (D6)."""
    refuse_odd(public_id)
    return _act(
        request, public_id, plan_changes.undo_change, _("Taken back: everything is as it was before the change.")
    )


@require_http_methods(["GET", "POST"])
@login_required
def cancel_plan(request: HttpRequest, public_id: str) -> HttpResponse:
    """What cancelling does and until when everything works; POST cancels (C4)."""
    refuse_odd(public_id)
    if request.method == "POST":
        return _act(
            request,
            public_id,
            plan_changes.cancel,
            _("Cancelled. Until the end of what is paid everything works as now."),
        )
    desk, instance, subscription = instance_or_404(request, public_id)
    state = plan_state(subscription, clock.now()) if subscription is not None else None
    if state is None or not state.can_be_cancelled:
        return back_to(instance)
    context = {
        "section": "plans",
        "desk": desk,
        "zone": desk.account.zone,
        "currency": desk.account.currency,
        "instance": instance,
        "state": state,
    }
    return render(request, "portal/cancel_plan.html", context)


@require_POST
@login_required
def undo_cancel(request: HttpRequest, public_id: str) -> HttpResponse:
    """Takes a cancellation back while it still runs (C4)."""
    refuse_odd(public_id)
    return _act(request, public_id, plan_changes.undo_cancel, _("Taken back: it goes on as before."))


def _act(request: HttpRequest, public_id: str, act: Any, told: str) -> HttpResponse:
    """One act without a form, and back to the instance with what came of it."""
    _desk, instance, subscription = instance_or_404(request, public_id)
    if subscription is None:
        return back_to(instance)
    try:
        act(subscription=subscription, as_of=clock.now(), actor=signed_in(request).get_short_name())
    except Refusal as refusal:
        messages.error(request, explain_refusal(refusal))
    else:
        messages.success(request, told)
    return back_to(instance)
