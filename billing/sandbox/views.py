"""The sample bank's own pages, in a sandbox only: there one pays, declines, takes a second step, leaves a card, or just leaves;
and there is a page for what one has with it (C5): cards, receipts, plans to cancel.

They stand for another company's site, so they look like one, and they tell us what happened as that site would: by a signed
webhook at the door of all providers.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from billing.gateways.base import ProviderError, WebhookTopic
from billing.inbound.provider_webhooks import apply_report
from billing.models import BillingAccount
from billing.portal.get_or_404 import relative_address
from billing.portal.permissions import refuse_unprintable, signed_in_user
from billing.sandbox import sample_bank
from billing.sandbox.models import SampleCard, SampleCharge, SampleVisit


def send_webhook(type_: WebhookTopic, subject: str) -> None:
    """Reports ``subject`` to the shop as the bank would, by the door at which a provider's webhook from outside comes in."""
    message = HttpRequest()
    message.method = "POST"
    message._body = sample_bank.message(type_, subject)
    message.META["HTTP_SAMPLE_SIGNATURE"] = sample_bank.signature(message._body)
    apply_report(sample_bank.SampleProvider(), message)


# --- Paying, and leaving a card ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def show_bank(request: HttpRequest, external_id: str) -> HttpResponse:
    """Shows the page on which the payer decides; a decision is reported by webhook before the payer is back."""
    charge = _charge(request, external_id)
    if request.method == "POST":
        try:
            charge = sample_bank.decide(external_id, request.POST.get("outcome", ""), request.POST.get("card", ""))
        except ProviderError:
            return render(request, "sandbox/sample_bank.html", _context(charge), status=422)
        send_webhook("payment.changed" if charge.amount_minor else "set_up.changed", external_id)
        if charge.status == "requires_action":
            return HttpResponseRedirect(request.path)
        return HttpResponseRedirect(relative_address(charge.return_url))
    return render(request, "sandbox/sample_bank.html", _context(charge))


def _charge(request: HttpRequest, external_id: str) -> SampleCharge:
    """Reads the bank's row of a payment or set-up on one of the person's accounts; 404 for others'."""
    refuse_unprintable(external_id)
    charge = SampleCharge.objects.filter(external_id=external_id).first()
    if charge is None:
        raise Http404
    _refuse_others(request, charge.customer_key)
    return charge


def _refuse_others(request: HttpRequest, customer_key: str) -> None:
    """Answers 404 unless the account of that number is one of the person's."""
    own_accounts = BillingAccount.objects.for_user(signed_in_user(request))
    if not settings.BILLING_SANDBOX or not own_accounts.filter(number=customer_key).exists():
        raise Http404


def _context(charge: SampleCharge) -> dict[str, Any]:
    return {
        "charge": charge,
        "is_set_up": charge.amount_minor == 0,
        "declines": sample_bank.DECLINES,
        "cards": _cards() if charge.keeps_card and charge.status == "pending" else [],
        "back": relative_address(charge.return_url),
    }


def _cards() -> list[dict[str, str]]:
    """Returns the cards to try out with, and what charging each later comes to."""
    later = {
        "succeeded": _("later payments succeed"),
        "insufficient_funds": _("later payments fail: not enough money"),
        "card_expired": _("later payments fail: the card has expired"),
        "requires_action": _("later payments wait until you confirm them"),
        "silent": _("later the bank does not answer"),
    }
    return [
        {"number": number, "title": card.title, "later": later[card.behaviour]}
        for number, card in sample_bank.CARDS.items()
    ]


# --- The customer's own page -------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def show_wallet(request: HttpRequest, token: str) -> HttpResponse:
    """Cards, receipts and plans; POST removes a card or cancels a plan, which is reported by webhook and by nothing else."""
    refuse_unprintable(token)
    visit = SampleVisit.objects.filter(token=token).first()
    if visit is None:
        raise Http404
    _refuse_others(request, visit.customer_key)
    if request.method == "POST":
        _wallet_act(visit, request.POST.get("act", ""), request.POST.get("id", ""))
        return HttpResponseRedirect(request.path)
    context = {
        "visit": visit,
        "back": relative_address(visit.return_url),
        "cards": sample_bank.cards_of(visit.customer_key),
        "receipts": sample_bank.receipts_of(visit.customer_key),
        "zone": settings.BILLING_TIME_ZONE,
    }
    return render(request, "sandbox/wallet.html", context)


def _wallet_act(visit: SampleVisit, act: str, subject: str) -> None:
    """Carries out one act of the wallet; what is not there, or is done already, changes nothing and is not reported."""
    if act == "remove":
        held = SampleCard.objects.filter(customer_key=visit.customer_key, external_id=subject, removed=False)
        if held.update(removed=True):
            send_webhook("method.removed", subject)
    elif act == "cancel":
        for plan in visit.plans:
            if plan["id"] == subject and not plan["cancelled"]:
                plan["cancelled"] = True
                visit.save(update_fields=["plans"])
                send_webhook("subscription.cancelled", subject)
