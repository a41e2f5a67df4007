"""Changing the plan of a prepaid subscription: the quote is shown before it is agreed to (G10). A change can be undone (D6), a
subscription cancelled and the cancellation taken back (C4)."""

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
from billing.operations.subscriptions.quotes import NOW, PERIOD_END, Quote, TermsRequest
from billing.portal.get_or_404 import instance_or_404
from billing.portal.permissions import AccountSelection, refuse_unprintable, signed_in_user
from billing.pricing.terms import Metric
from billing.reports.plan_state import PlanState, Stage, plan_state
from billing.reports.tariffs import plans as reports
from billing.wording import formats
from billing.wording.refusals import explain_refusal

# The page for a subscription in a stage in which its terms cannot be changed here.
PAGE_OF_STAGE = {
    Stage.TRIAL: "portal:choose_plan",
    Stage.TRIAL_ENDED: "portal:choose_plan",
    Stage.ENDED: "portal:start_plan",
    Stage.METERED: "portal:plans",
    Stage.FREE: "portal:instance",
}


@dataclass(frozen=True)
class Choice:
    """A tariff that can be chosen; ``asks``: whether a quantity has to be entered for it."""

    variant: reports.Variant
    is_current: bool

    @property
    def asks(self) -> bool:
        return self.variant.terms.metric == Metric.QUANTITY


def read_quantity(request: HttpRequest) -> int | None:
    """Reads the quantity from the form or the address; None where it is empty. Raises `BadInput` for what is no number."""
    text = (request.POST.get("quantity") or request.GET.get("quantity") or "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        raise BadInput(_("Enter how many you need as a whole number."), field="quantity")
    return int(text)


def read_tariff_id(request: HttpRequest) -> str:
    return str(request.POST.get("tariff") or request.GET.get("tariff") or "")[:60]


def choices_of(instance: Instance, subscription: Subscription | None) -> list[Choice]:
    """Returns the tariffs to choose from: the paid ones on offer, and the current one where its quantity can be changed."""
    offer = reports.offer_of(instance.product)
    current_tariff = subscription.tariff if subscription is not None else None
    variants = [variant for variant in (offer.variants if offer is not None else ()) if variant.has_price]
    if current_tariff is not None and current_tariff.tariff_id not in {
        variant.tariff.tariff_id for variant in variants
    }:
        variants = [reports.Variant(current_tariff, current_tariff.terms()), *variants]
    choices = [
        Choice(variant, current_tariff is not None and variant.tariff.tariff_id == current_tariff.tariff_id)
        for variant in variants
    ]
    return [choice for choice in choices if choice.asks or not choice.is_current]


def redirect_to_instance(instance: Instance) -> HttpResponse:
    return HttpResponseRedirect(reverse("portal:instance", args=[instance.public_id]))


def redirect_elsewhere(request: HttpRequest, instance: Instance, state: PlanState | None) -> HttpResponse | None:
    """Redirects to the page for the stage that the subscription is in; None where that is this page."""
    name = "portal:start_plan" if state is None else PAGE_OF_STAGE.get(state.stage)
    if name is None:
        return None
    query = request.META.get("QUERY_STRING", "")
    return HttpResponseRedirect(reverse(name, args=[instance.public_id]) + (f"?{query}" if query else ""))


def _read_terms_request(request: HttpRequest, state: PlanState) -> TermsRequest | None:
    """Reads the tariff and quantity that were chosen; None before anything was."""
    tariff, quantity = read_tariff_id(request), read_quantity(request)
    if not tariff and quantity is None:
        return None
    current_id = state.subscription.priced_by.tariff_id
    choices = {
        choice.variant.tariff.tariff_id: choice
        for choice in choices_of(state.subscription.instance, state.subscription)
    }
    choice_of_tariff = choices.get(tariff or current_id)
    if choice_of_tariff is not None and not choice_of_tariff.asks:
        quantity = None  # the field belongs to other tariffs
    return TermsRequest(tariff_id=tariff or current_id, quantity=quantity)


def _quotes(subscription: Subscription, terms_request: TermsRequest) -> list[Quote]:
    """Quotes the terms for the time that the rules give, and for the other time where the owner may choose (D7)."""
    as_of = clock.now()
    quote = plan_changes.quote_change(subscription=subscription, request=terms_request, as_of=as_of)
    other_request = replace(terms_request, when=PERIOD_END if quote.when == NOW else NOW)
    try:
        return [quote, plan_changes.quote_change(subscription=subscription, request=other_request, as_of=as_of)]
    except BadInput:
        return [quote]


@require_http_methods(["GET", "POST"])
@login_required
def change_plan(request: HttpRequest, public_id: str) -> HttpResponse:
    """Shows the tariffs to choose from and the quote of the chosen one; POST agrees to the quote that was seen."""
    refuse_unprintable(public_id)
    selection, instance, subscription = instance_or_404(request, public_id)
    state = plan_state(subscription, clock.now()) if subscription is not None else None
    redirect = redirect_elsewhere(request, instance, state)
    if redirect is not None or state is None:
        return redirect or redirect_to_instance(instance)
    if request.method == "POST":
        return _agree(request, selection, state)
    quotes, errors = _look_up_quotes(request, state)
    return _page(request, selection, state, quotes, errors, 422 if errors else 200)


def _look_up_quotes(request: HttpRequest, state: PlanState) -> tuple[list[Quote], dict[str, str]]:
    try:
        terms_request = _read_terms_request(request, state)
        return (_quotes(state.subscription, terms_request) if terms_request is not None else []), {}
    except Refusal as refusal:
        return [], {_field(refusal): explain_refusal(refusal)}


def _field(refusal: Refusal) -> str:
    field = getattr(refusal, "field", "")
    return field if field in ("quantity", "tariff_id") else "all"


def _agree(request: HttpRequest, selection: AccountSelection, state: PlanState) -> HttpResponse:
    """Changes the plan for the figures that were seen; where they no longer hold, shows the new ones (G10)."""
    when = request.POST.get("when", "")
    try:
        terms_request = _read_terms_request(request, state)
        if terms_request is None:
            raise BadInput(_("Choose a plan."), field="tariff_id")
        quote = plan_changes.change_terms(
            subscription=state.subscription,
            request=replace(terms_request, when=when or None),
            as_of=clock.now(),
            actor=signed_in_user(request).get_short_name(),
            quote_token=request.POST.get(f"token-{when}", ""),
        )
    except Refusal as refusal:
        quotes, errors = _look_up_quotes(request, state)
        return _page(request, selection, state, quotes, errors or {_field(refusal): explain_refusal(refusal)}, 409)
    messages.success(request, _success_text(quote))
    return redirect_to_instance(state.subscription.instance)


def _success_text(quote: Quote) -> str:
    figures = {
        "tariff": quote.tariff.name_in(formats.language()),
        "day": formats.date_text(quote.effective_date),
        "sum": formats.money_text(quote.due_now_minor, quote.currency),
    }
    if quote.when == PERIOD_END:
        return _("Agreed: %(tariff)s from %(day)s on. Until then everything works as now.") % figures
    if quote.due_now_minor:
        return _("Done: %(tariff)s from today on, %(sum)s were charged. You can take it back until midnight.") % figures
    return _("Done: %(tariff)s from today on, nothing was charged. You can take it back until midnight.") % figures


def _page(
    request: HttpRequest,
    selection: AccountSelection,
    state: PlanState,
    quotes: list[Quote],
    errors: dict[str, str],
    status: int,
) -> HttpResponse:
    locale, current_tariff = formats.language(), state.subscription.priced_by
    choices = choices_of(state.subscription.instance, state.subscription)
    context: dict[str, Any] = {
        "section": "plans",
        "selection": selection,
        "zone": selection.account.zone,
        "currency": selection.account.currency,
        "instance": state.subscription.instance,
        "state": state,
        "choices": choices,
        "asks": any(choice.asks for choice in choices),
        "chosen": read_tariff_id(request)
        or (current_tariff.tariff_id if current_tariff.metric == Metric.QUANTITY else ""),
        "quantity": request.POST.get("quantity") or request.GET.get("quantity") or state.units,
        "quotes": [(quote, [(line, quote.describe(line, locale)) for line in quote.lines]) for quote in quotes],
        "picked": request.POST.get("when") or (quotes[0].when if quotes else ""),
        "errors": errors,
    }
    return render(request, "portal/change_plan.html", context, status=status)


@require_POST
@login_required
def undo_change(request: HttpRequest, public_id: str) -> HttpResponse:
    """Cancels a scheduled change, else undoes today's in full (D6)."""
    refuse_unprintable(public_id)
    return _act(
        request, public_id, plan_changes.undo_change, _("Taken back: everything is as it was before the change.")
    )


@require_http_methods(["GET", "POST"])
@login_required
def cancel_plan(request: HttpRequest, public_id: str) -> HttpResponse:
    """Shows what cancelling does and until when everything works; POST cancels (C4)."""
    refuse_unprintable(public_id)
    if request.method == "POST":
        return _act(
            request,
            public_id,
            plan_changes.cancel_subscription,
            _("Cancelled. Until the end of what is paid everything works as now."),
        )
    selection, instance, subscription = instance_or_404(request, public_id)
    state = plan_state(subscription, clock.now()) if subscription is not None else None
    if state is None or not state.can_be_cancelled:
        return redirect_to_instance(instance)
    context = {
        "section": "plans",
        "selection": selection,
        "zone": selection.account.zone,
        "currency": selection.account.currency,
        "instance": instance,
        "state": state,
    }
    return render(request, "portal/cancel_plan.html", context)


@require_POST
@login_required
def undo_cancel(request: HttpRequest, public_id: str) -> HttpResponse:
    """Takes a cancellation back while it still runs (C4)."""
    refuse_unprintable(public_id)
    return _act(request, public_id, plan_changes.undo_cancellation, _("Taken back: it goes on as before."))


def _act(request: HttpRequest, public_id: str, act: Any, success_text: str) -> HttpResponse:
    """Carries out one act that needs no form, and leads back to the instance with the result as a message."""
    _selection, instance, subscription = instance_or_404(request, public_id)
    if subscription is None:
        return redirect_to_instance(instance)
    try:
        act(subscription=subscription, as_of=clock.now(), actor=signed_in_user(request).get_short_name())
    except Refusal as refusal:
        messages.error(request, explain_refusal(refusal))
    else:
        messages.success(request, success_text)
    return redirect_to_instance(instance)
