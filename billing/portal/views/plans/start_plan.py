"""Starting: a plan for an instance that has none, and the choice that ends a trial (B2, C1, C3, D12, D18)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Instance, Product
from billing import clock
from billing.errors import BadInput, Refusal
from billing.models import Subscription
from billing.operations.subscriptions import lifecycle, start_quotes, trials
from billing.operations.subscriptions.start_quotes import StartQuote
from billing.portal.get_or_404 import instance_or_404
from billing.portal.permissions import Desk, refuse_odd, signed_in
from billing.portal.views.plans.change_plan import asked_tariff, back_to, choices_of, written_quantity
from billing.pricing.terms import Metric, PriceModel
from billing.reports.plan_state import PlanState, Stage, plan_state
from billing.reports.tariffs import plans as reports
from billing.wording import formats
from billing.wording.refusals import explain_refusal


@require_http_methods(["GET", "POST"])
@login_required
def choose_plan(request: HttpRequest, public_id: str) -> HttpResponse:
    """Choosing how to go on during or after a trial; POST carries the figures that were seen."""
    refuse_odd(public_id)
    desk, instance, subscription = instance_or_404(request, public_id)
    state = plan_state(subscription, clock.now()) if subscription is not None else None
    if subscription is None or state is None or state.stage not in (Stage.TRIAL, Stage.TRIAL_ENDED):
        return HttpResponseRedirect(reverse("portal:change_plan", args=[public_id]))
    choices = [(one, False) for one in (choice.variant for choice in choices_of(instance, None))]

    def preview(tariff_id: str, quantity: int | None, _trial: bool) -> StartQuote:
        return start_quotes.quote_choice(
            subscription=subscription, tariff_id=tariff_id, quantity=quantity, as_of=clock.now()
        )

    def act(tariff_id: str, quantity: int | None, _trial: bool, token: str) -> StartQuote:
        return start_quotes.choose_tariff_as_quoted(
            subscription=subscription,
            tariff_id=tariff_id,
            quantity=quantity,
            as_of=clock.now(),
            actor=signed_in(request).get_short_name(),
            token=token,
        )

    return _asked(request, desk, instance, state, choices, preview, act)


@require_http_methods(["GET", "POST"])
@login_required
def start_plan(request: HttpRequest, public_id: str) -> HttpResponse:
    """Taking out a plan for an instance without one: with its trial where it has one, or paid at once."""
    refuse_odd(public_id)
    desk, instance, subscription = instance_or_404(request, public_id)
    state = plan_state(subscription, clock.now()) if subscription is not None else None
    if state is not None and (state.stage != Stage.ENDED or _is_resumed(subscription)):
        return back_to(instance)
    if instance.product.kind == Product.Kind.FREE and request.method == "POST":
        return _free(request, instance)

    def preview(tariff_id: str, quantity: int | None, trial: bool) -> StartQuote:
        return start_quotes.quote_start(
            instance=instance, tariff_id=tariff_id, quantity=quantity, trial=trial, as_of=clock.now()
        )

    def act(tariff_id: str, quantity: int | None, trial: bool, token: str) -> StartQuote:
        return start_quotes.start_subscription_as_quoted(
            instance=instance,
            tariff_id=tariff_id,
            quantity=quantity,
            trial=trial,
            as_of=clock.now(),
            actor=signed_in(request).get_short_name(),
            token=token,
        )

    return _asked(request, desk, instance, state, startable(instance), preview, act)


def _free(request: HttpRequest, instance: Instance) -> HttpResponse:
    """A free product asks for nothing (E1)."""
    try:
        lifecycle.create_subscription(
            instance=instance, tariff_id=None, as_of=clock.now(), actor=signed_in(request).get_short_name()
        )
    except Refusal as refusal:
        messages.error(request, explain_refusal(refusal))
    return back_to(instance)


def _is_resumed(subscription: Subscription | None) -> bool:
    """Whether it is taken up again on request, not bought anew (M13)."""
    return subscription is not None and subscription.is_metered


def startable(instance: Instance) -> list[tuple[reports.Variant, bool]]:
    """Each tariff that can be started with, once with its trial where that can still be had, once paid at once."""
    if instance.product.kind == Product.Kind.FREE:
        return []
    offer = reports.offer_of(instance.product)
    used = trials.has_had_one(instance.customer, instance.product)
    found: list[tuple[reports.Variant, bool]] = []
    for one in offer.variants if offer is not None else ():
        if one.terms.trial_days and not used:
            found.append((one, True))
        if one.terms.price_model != PriceModel.TRIAL:
            found.append((one, False))
    return sorted(found, key=lambda pair: not pair[1])


def _key(variant: reports.Variant, trial: bool) -> str:
    return f"{variant.tariff.tariff_id}{':trial' if trial else ''}"


def _asked(
    request: HttpRequest,
    desk: Desk,
    instance: Instance,
    state: PlanState | None,
    choices: list[tuple[reports.Variant, bool]],
    preview: Callable[[str, int | None, bool], StartQuote],
    act: Callable[[str, int | None, bool, str], StartQuote],
) -> HttpResponse:
    """The choices; what the chosen one comes to; what was agreed to, done."""
    shown: StartQuote | None = None
    errors: dict[str, str] = {}
    status = 200
    known = {_key(*pair): pair for pair in choices}
    key = asked_tariff(request)
    try:
        chosen = _chosen(known, key)
        if chosen is not None:
            variant, trial = chosen
            asks = variant.terms.metric == Metric.QUANTITY
            wanted = (variant.tariff.tariff_id, written_quantity(request) if asks else None, trial)
            if request.method == "POST":
                try:
                    done = act(*wanted, request.POST.get("token", ""))
                    messages.success(request, _told(done))
                    return back_to(instance)
                except Refusal as refusal:
                    errors, status = {"all": explain_refusal(refusal)}, 409
            shown = preview(*wanted)
    except Refusal as refusal:
        field = getattr(refusal, "field", "")
        errors, status = {field if field == "quantity" else "all": explain_refusal(refusal)}, 422
    context: dict[str, Any] = {
        "section": "plans",
        "desk": desk,
        "zone": desk.account.zone,
        "instance": instance,
        "state": state,
        "is_free": instance.product.kind == Product.Kind.FREE,
        "choices": [(_key(*pair), *pair) for pair in choices],
        "asks": any(one.terms.metric == Metric.QUANTITY for one, _trial in choices),
        "chosen": key,
        "quantity": request.POST.get("quantity") or request.GET.get("quantity") or (state.units if state else 0) or 1,
        "shown": shown,
        "lines": [(line, shown.describe(line, formats.language())) for line in shown.lines] if shown else [],
        "errors": errors,
    }
    return render(request, "portal/choose_plan.html", context, status=status)


def _chosen(known: dict[str, tuple[reports.Variant, bool]], key: str) -> tuple[reports.Variant, bool] | None:
    """What the address or the form names: a tariff's bare id means its trial where only that can be had."""
    if not key:
        return None
    found = known.get(key) or known.get(f"{key}:trial")
    if found is None:
        raise BadInput(_("This plan is not offered any more: choose one of those below."), field="tariff_id")
    return found


def _told(done: StartQuote) -> str:
    shown = {
        "tariff": done.tariff.name_in(formats.language()),
        "sum": formats.money_text(done.first_minor, done.currency),
    }
    if done.is_now:
        return _("%(tariff)s has begun: %(sum)s were charged, and everything works.") % shown
    if done.starts_on is not None:
        shown["day"] = formats.date_text(done.starts_on)
        return _("Chosen: %(tariff)s, %(sum)s on %(day)s. Until then the trial goes on.") % shown
    assert done.trial_ends_on is not None
    shown["day"] = formats.date_text(done.trial_ends_on)
    return _("The trial has begun: everything works until the end of %(day)s, and nothing is charged.") % shown
