"""The sample bank's own page, in a sandbox only: there one pays, declines, takes a second step, or just leaves.

It stands for another company's site, so it looks like one, and it tells us what happened as that site would: by a signed
webhook. And the webhooks of all providers come in here.
"""

import json

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from billing import clock
from billing.gateways.base import Forbidden, ProviderError
from billing.gateways.registry import providers
from billing.gateways.sample import DECLINES, SampleProvider, decide, signature
from billing.models import BillingAccount, PaymentAttempt, SampleCharge
from billing.operations import checkout
from billing.portal.owned import here
from billing.portal.permissions import signed_in


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """A provider tells that something happened: we ask it what (`checkout.sync`) and answer once that is written."""
    if provider not in providers():
        raise Http404
    try:
        receive(provider, request)
    except Forbidden:
        return HttpResponseForbidden("forbidden", content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


def receive(provider: str, request: HttpRequest) -> int:
    """Settles every payment that an authentic webhook speaks of; returns how many we know. Raises Forbidden."""
    spoken_of = providers()[provider].webhook(request)
    known = [
        checkout.sync_by_external_id(provider=provider, external_id=external_id, as_of=clock.now())
        for external_id in spoken_of
    ]
    return sum(attempt is not None for attempt in known)


@require_http_methods(["GET", "POST"])
@login_required
def sample_bank(request: HttpRequest, external_id: str) -> HttpResponse:
    """The page on which the payer decides; a decision is told by webhook before the payer is back."""
    charge = _charge(request, external_id)
    if request.method == "POST":
        outcome = request.POST.get("outcome", "")
        try:
            charge = decide(external_id, outcome)
        except ProviderError:
            return render(request, "portal/sample_bank.html", _context(charge), status=422)
        tell(external_id)
        if charge.status == "requires_action":
            return HttpResponseRedirect(request.path)
        return HttpResponseRedirect(here(charge.return_url))
    return render(request, "portal/sample_bank.html", _context(charge))


def _charge(request: HttpRequest, external_id: str) -> SampleCharge:
    """The bank's side of a payment that was begun on one of the person's accounts."""
    mine = BillingAccount.objects.for_user(signed_in(request))
    begun = PaymentAttempt.objects.filter(provider=SampleProvider.code, external_id=external_id, account__in=mine)
    charge = SampleCharge.objects.filter(external_id=external_id).first()
    if not settings.BILLING_SANDBOX or charge is None or not begun.exists():
        raise Http404
    return charge


def _context(charge: SampleCharge) -> dict[str, object]:
    return {"charge": charge, "declines": DECLINES, "back": here(charge.return_url)}


def tell(external_id: str) -> None:
    """The bank's webhook, delivered by the same door as one from outside."""
    body = json.dumps({"id": external_id}).encode()
    message = HttpRequest()
    message.method = "POST"
    message._body = body
    message.META["HTTP_SAMPLE_SIGNATURE"] = signature(body)
    receive(SampleProvider.code, message)
