"""The sample bank's own pages, in a sandbox only: there one pays, declines, takes a second step, leaves a card, or just leaves;
and there is a page for what one has with it (C5): cards, receipts, plans to cancel.

They stand for another company's site, so they look like one, and they tell us what happened as that site would: by a signed
webhook. And the webhooks of all providers come in here.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from billing import clock
from billing.gateways import sample
from billing.gateways.base import Forbidden, ProviderError, Told
from billing.gateways.registry import providers
from billing.models import BillingAccount, SampleCard, SampleCharge, SampleVisit
from billing.operations.collection import provider_webhooks
from billing.portal.get_or_404 import here
from billing.portal.permissions import refuse_odd, signed_in


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """A provider tells that something happened: answered once its effect is written."""
    if provider not in providers():
        raise Http404
    try:
        receive(provider, request)
    except Forbidden:
        return HttpResponseForbidden("forbidden", content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


def receive(provider: str, request: HttpRequest) -> int:
    """Does what an authentic webhook tells; returns how much of it is about something of ours. Raises Forbidden."""
    heard = providers()[provider].webhook(request)
    return provider_webhooks.take(provider=provider, heard=heard, as_of=clock.now())


def tell(type_: Told, subject: str) -> None:
    """The bank's webhook, delivered by the same door as one from outside."""
    message = HttpRequest()
    message.method = "POST"
    message._body = sample.message(type_, subject)
    message.META["HTTP_SAMPLE_SIGNATURE"] = sample.signature(message._body)
    receive(sample.SampleProvider.code, message)


# --- Paying, and leaving a card ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def sample_bank(request: HttpRequest, external_id: str) -> HttpResponse:
    """The page on which the payer decides; a decision is told by webhook before the payer is back."""
    charge = _charge(request, external_id)
    if request.method == "POST":
        try:
            charge = sample.decide(external_id, request.POST.get("outcome", ""), request.POST.get("card", ""))
        except ProviderError:
            return render(request, "portal/sample_bank.html", _context(charge), status=422)
        tell("payment.changed" if charge.amount_minor else "set_up.changed", external_id)
        if charge.status == "requires_action":
            return HttpResponseRedirect(request.path)
        return HttpResponseRedirect(here(charge.return_url))
    return render(request, "portal/sample_bank.html", _context(charge))


def _charge(request: HttpRequest, external_id: str) -> SampleCharge:
    """The bank's side of what was begun on one of the person's accounts."""
    refuse_odd(external_id)
    charge = SampleCharge.objects.filter(external_id=external_id).first()
    if charge is None:
        raise Http404
    _refuse_others(request, charge.customer_key)
    return charge


def _refuse_others(request: HttpRequest, customer_key: str) -> None:
    """The bank's customers are our accounts, by their numbers."""
    mine = BillingAccount.objects.for_user(signed_in(request))
    if not settings.BILLING_SANDBOX or not mine.filter(number=customer_key).exists():
        raise Http404


def _context(charge: SampleCharge) -> dict[str, Any]:
    return {
        "charge": charge,
        "is_set_up": charge.amount_minor == 0,
        "declines": sample.DECLINES,
        "cards": _cards() if charge.keeps_card and charge.status == "pending" else [],
        "back": here(charge.return_url),
    }


def _cards() -> list[dict[str, str]]:
    """The cards to try out with, and what charging each later comes to."""
    later = {
        "succeeded": _("later payments succeed"),
        "insufficient_funds": _("later payments fail: not enough money"),
        "card_expired": _("later payments fail: the card has expired"),
        "requires_action": _("later payments wait until you confirm them"),
        "silent": _("later the bank does not answer"),
    }
    return [
        {"number": number, "title": card.title, "later": later[card.behaviour]} for number, card in sample.CARDS.items()
    ]


# --- The customer's own page -------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def wallet(request: HttpRequest, token: str) -> HttpResponse:
    """Cards, receipts and plans; POST removes a card or cancels a plan, which is told by webhook and by nothing else."""
    refuse_odd(token)
    visit = SampleVisit.objects.filter(token=token).first()
    if visit is None:
        raise Http404
    _refuse_others(request, visit.customer_key)
    if request.method == "POST":
        _wallet_act(visit, request.POST.get("act", ""), request.POST.get("id", ""))
        return HttpResponseRedirect(request.path)
    context = {
        "visit": visit,
        "back": here(visit.return_url),
        "cards": sample.cards_of(visit.customer_key),
        "receipts": sample.receipts_of(visit.customer_key),
        "zone": settings.BILLING_TIME_ZONE,
    }
    return render(request, "portal/sample_bank_wallet.html", context)


def _wallet_act(visit: SampleVisit, act: str, subject: str) -> None:
    """What is not there, or is done already, changes nothing and is not told."""
    if act == "remove":
        held = SampleCard.objects.filter(customer_key=visit.customer_key, external_id=subject, removed=False)
        if held.update(removed=True):
            tell("method.removed", subject)
    elif act == "cancel":
        for plan in visit.plans:
            if plan["id"] == subject and not plan["cancelled"]:
                plan["cancelled"] = True
                visit.save(update_fields=["plans"])
                tell("subscription.cancelled", subject)
