"""An offer of a year paid up front: its figures explained, its PDF, and its acceptance (M11)."""

import logging
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from billing import clock
from billing.documents.errors import DocumentError
from billing.downloads import pdf_page
from billing.errors import Refusal
from billing.gateways.registry import provider_for
from billing.models import Offer
from billing.operations.collection import checkout
from billing.operations.settlement import offers as operations
from billing.portal.get_or_404 import offer_or_404, selection_with
from billing.portal.permissions import signed_in_user
from billing.portal.views.money.pay import find_or_begin_payment, redirect_to_provider
from billing.pricing.periods import business_date
from billing.wording.refusals import explain_refusal

logger = logging.getLogger(__name__)


@require_http_methods(["GET", "POST"])
@login_required
def offer(request: HttpRequest, number: str) -> HttpResponse:
    """Shows the offer; POST accepts it, and with ``pay`` begins the payment online."""
    as_of = clock.now()
    offer = offer_or_404(signed_in_user(request), number)
    error = ""
    if request.method == "POST":
        try:
            return _accept(request, offer, as_of)
        except Refusal as refusal:
            error = explain_refusal(refusal)
    account = offer.account
    today = business_date(as_of, account.zone)
    context = {
        "section": "requests",
        "selection": selection_with(request, account),
        "zone": account.zone,
        "today": today,
        "offer": offer,
        "is_open": offer.is_open(today),
        "online": provider_for(account.currency) is not None,
        "error": error,
    }
    return render(request, "portal/offer.html", context, status=409 if error else 200)


def _accept(request: HttpRequest, offer: Offer, as_of: datetime) -> HttpResponse:
    email = signed_in_user(request).email
    accepted = operations.accept_offer(offer=offer, as_of=as_of, user_email=email)
    if request.POST.get("act") != "pay":
        return HttpResponseRedirect(reverse("portal:offer", args=[offer.number]))
    payment = checkout.PaymentOrder(offer.pay_minor, offer=accepted)
    return redirect_to_provider(
        find_or_begin_payment(account=offer.account, payment=payment, as_of=as_of, user_email=email)
    )


@require_GET
@login_required
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    """Answers the offer's PDF as it was sent."""
    offer = offer_or_404(signed_in_user(request), number)
    try:
        document = operations.document_of(offer=offer, as_of=clock.now())
    except DocumentError:
        logger.exception("the PDF of %s could not be made", offer.number)
        return HttpResponseRedirect(reverse("portal:offer", args=[number]))
    return pdf_page(bytes(document.content), name=offer.number)
