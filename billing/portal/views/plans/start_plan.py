"""Starting a plan for an instance that has none (D18), and choosing one during or after a trial (B2, C1)."""

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
from billing.portal.permissions import AccountSelection, refuse_unprintable, signed_in_user
from billing.portal.views.plans.change_plan import choices_of, read_quantity, read_tariff_id, redirect_to_instance
from billing.pricing.terms import Metric, PriceModel
from billing.reports.plan_state import PlanState, Stage, plan_state
from billing.reports.tariffs import plans as reports
from billing.wording import formats
from billing.wording.refusals import explain_refusal


@require_http_methods(["GET", "POST"])
@login_required
def choose_plan(request: HttpRequest, public_id: str) -> HttpResponse:
    """Shows the plans to choose from during or after a trial; POST chooses one for the figures that were seen."""
    refuse_unprintable(public_id)
    selection, instance, subscription = instance_or_404(request, public_id)
    state = plan_state(subscription, clock.now()) if subscription is not None else None
    if subscription is None or state is None or state.stage not in (Stage.TRIAL, Stage.TRIAL_ENDED):
        return HttpResponseRedirect(reverse("portal:change_plan", args=[public_id]))
    choices = [(variant, False) for variant in (choice.variant for choice in choices_of(instance, None))]

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
            actor=signed_in_user(request).get_short_name(),
            token=token,
        )

    return _answer_choice(request, selection, instance, state, choices, preview, act)


@require_http_methods(["GET", "POST"])
@login_required
def start_plan(request: HttpRequest, public_id: str) -> HttpResponse:
    """Shows the plans for an instance without one, each with its trial or paid at once; POST starts one for the figures seen."""
    refuse_unprintable(public_id)
    selection, instance, subscription = instance_or_404(request, public_id)
    state = plan_state(subscription, clock.now()) if subscription is not None else None
    if state is not None and (state.stage != Stage.ENDED or _is_resumable(subscription)):
        return redirect_to_instance(instance)
    if instance.product.kind == Product.Kind.FREE and request.method == "POST":
        return _start_free_product(request, instance)

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
            actor=signed_in_user(request).get_short_name(),
            token=token,
        )

    choices = []
    if instance.product.kind != Product.Kind.FREE:
        is_trial_used = trials.has_used_trial(instance.customer, instance.product)
        choices = list_start_choices(reports.offer_of(instance.product), is_trial_used=is_trial_used)
    return _answer_choice(request, selection, instance, state, choices, preview, act)


def _start_free_product(request: HttpRequest, instance: Instance) -> HttpResponse:
    """Starts the subscription of a free product, which asks for no tariff (E1)."""
    try:
        lifecycle.create_subscription(
            instance=instance, tariff_id=None, as_of=clock.now(), actor=signed_in_user(request).get_short_name()
        )
    except Refusal as refusal:
        messages.error(request, explain_refusal(refusal))
    return redirect_to_instance(instance)


def _is_resumable(subscription: Subscription | None) -> bool:
    """Tells whether the terminated subscription is resumed on request instead of bought anew (M13)."""
    return subscription is not None and subscription.is_metered


def list_start_choices(offer: reports.Offer | None, *, is_trial_used: bool) -> list[tuple[reports.Variant, bool]]:
    """Returns each tariff with whether it starts with its trial: once so, where the trial is still available, once paid at once."""
    choices: list[tuple[reports.Variant, bool]] = []
    for variant in offer.variants if offer is not None else ():
        if variant.terms.trial_days and not is_trial_used:
            choices.append((variant, True))
        if variant.terms.price_model != PriceModel.TRIAL:
            choices.append((variant, False))
    return sorted(choices, key=lambda choice: not choice[1])


def _key(variant: reports.Variant, trial: bool) -> str:
    return f"{variant.tariff.tariff_id}{':trial' if trial else ''}"


def _answer_choice(
    request: HttpRequest,
    selection: AccountSelection,
    instance: Instance,
    state: PlanState | None,
    choices: list[tuple[reports.Variant, bool]],
    preview: Callable[[str, int | None, bool], StartQuote],
    act: Callable[[str, int | None, bool, str], StartQuote],
) -> HttpResponse:
    """Shows the choices and the quote of the chosen one; POST carries it out and leads to the instance."""
    quote: StartQuote | None = None
    errors: dict[str, str] = {}
    status = 200
    choices_by_key = {_key(*pair): pair for pair in choices}
    key = read_tariff_id(request)
    try:
        choice = _find_choice(choices_by_key, key)
        if choice is not None:
            variant, trial = choice
            asks = variant.terms.metric == Metric.QUANTITY
            arguments = (variant.tariff.tariff_id, read_quantity(request) if asks else None, trial)
            if request.method == "POST":
                try:
                    started = act(*arguments, request.POST.get("token", ""))
                    messages.success(request, _success_text(started))
                    return redirect_to_instance(instance)
                except Refusal as refusal:
                    errors, status = {"all": explain_refusal(refusal)}, 409
            quote = preview(*arguments)
    except Refusal as refusal:
        field = getattr(refusal, "field", "")
        errors, status = {field if field == "quantity" else "all": explain_refusal(refusal)}, 422
    context: dict[str, Any] = {
        "section": "plans",
        "selection": selection,
        "zone": selection.account.zone,
        "instance": instance,
        "state": state,
        "is_free": instance.product.kind == Product.Kind.FREE,
        "choices": [(_key(*pair), *pair) for pair in choices],
        "asks": any(listed.terms.metric == Metric.QUANTITY for listed, _trial in choices),
        "chosen": key,
        "quantity": request.POST.get("quantity") or request.GET.get("quantity") or (state.units if state else 0) or 1,
        "quote": quote,
        "lines": [(line, quote.describe(line, formats.language())) for line in quote.lines] if quote else [],
        "errors": errors,
    }
    return render(request, "portal/choose_plan.html", context, status=status)


def _find_choice(
    choices_by_key: dict[str, tuple[reports.Variant, bool]], key: str
) -> tuple[reports.Variant, bool] | None:
    """Returns the choice that the address or the form names; a tariff's bare id means its trial where only that is offered."""
    if not key:
        return None
    choice = choices_by_key.get(key) or choices_by_key.get(f"{key}:trial")
    if choice is None:
        raise BadInput(_("This plan is not offered any more: choose one of those below."), field="tariff_id")
    return choice


def _success_text(quote: StartQuote) -> str:
    figures = {
        "tariff": quote.tariff.name_in(formats.language()),
        "sum": formats.money_text(quote.first_minor, quote.currency),
    }
    if quote.is_now:
        return _("%(tariff)s has begun: %(sum)s were charged, and everything works.") % figures
    if quote.starts_on is not None:
        figures["day"] = formats.date_text(quote.starts_on)
        return _("Chosen: %(tariff)s, %(sum)s on %(day)s. Until then the trial goes on.") % figures
    assert quote.trial_ends_on is not None
    figures["day"] = formats.date_text(quote.trial_ends_on)
    return _("The trial has begun: everything works until the end of %(day)s, and nothing is charged.") % figures
