"""Manage billing (C5): the card that renewals are charged to, what was charged to it, and the way to the payment service's
own page."""

import uuid
from datetime import date, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from billing import clock
from billing.errors import BadInput, Refusal
from billing.models import MethodSetUp, PaymentAttempt, SavedMethod
from billing.operations.collection import method_setup, payment_methods
from billing.portal.get_or_404 import here, set_up_or_404
from billing.portal.permissions import Desk, billing_page, signed_in
from billing.pricing.periods import business_date
from billing.wording import formats
from billing.wording.refusals import explain_refusal

ROWS = 10
# A card that ends within this time is said to end soon.
SOON = timedelta(days=31)


@require_http_methods(["GET", "POST"])
@billing_page
def methods(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The page; POST saves a card (on the provider's page), removes the saved one, or leads to the provider's page."""
    as_of, error = clock.now(), ""
    if request.method == "POST":
        try:
            return HttpResponseRedirect(_act(request, desk))
        except Refusal as refusal:
            error = explain_refusal(refusal)
    account = desk.account
    method = payment_methods.active_method(account)
    charges = PaymentAttempt.objects.filter(account=account, method__isnull=False).select_related("invoice", "method")
    context = {
        "section": "pay",
        "desk": desk,
        "zone": account.zone,
        "method": method,
        "validity": validity(method, business_date(as_of, account.zone)),
        "can_save": payment_methods.provider_of(account) is not None,
        "plans": payment_methods.renewing_subscriptions(account, as_of),
        "charges": charges.order_by("-created_at", "-pk")[:ROWS],
        "error": error,
    }
    return render(request, "portal/methods.html", context, status=409 if error else 200)


def _act(request: HttpRequest, desk: Desk) -> str:
    """Does what was asked for and says where to go then."""
    account, as_of, email = desk.account, clock.now(), signed_in(request).email
    act = request.POST.get("act", "")
    if act == "save":
        return here(method_setup.start_set_up(account=account, as_of=as_of, user_email=email).redirect_url)
    if act == "manage":
        return here(payment_methods.open_provider_page(account=account, as_of=as_of))
    if act != "remove":
        raise BadInput(_("Choose what to do."))
    method = SavedMethod.objects.filter(account=account, public_id=request.POST.get("method", "")[:32]).first()
    if method is None:
        raise BadInput(_("There is no such card any more."))
    payment_methods.remove_method(method=method, as_of=as_of, actor=email)
    messages.success(request, _("%(card)s is removed: nothing is charged to it any more.") % {"card": method.title})
    return reverse("portal:methods") + desk.query


def validity(method: SavedMethod | None, today: date) -> str:
    """``over``, ``soon`` or, while there is time, empty."""
    if method is None or method.expires_on is None or method.expires_on > today + SOON:
        return ""
    return "over" if method.expires_on < today else "soon"


@require_GET
@login_required
def set_up(request: HttpRequest, set_up_id: uuid.UUID) -> HttpResponse:
    """Where the provider sends somebody back to who was to save a card: asks it what became of that."""
    found = method_setup.sync_set_up(set_up=set_up_or_404(signed_in(request), set_up_id), as_of=clock.now())
    if found.status == MethodSetUp.Status.SUCCEEDED and found.method is not None:
        messages.success(request, _("%(card)s is saved for renewals.") % {"card": found.method.title})
    elif found.settled_at is not None:
        reason = formats.decline_text(found.reason)
        told = _("The card was not saved: %(reason)s.") % {"reason": reason} if reason else _("The card was not saved.")
        messages.error(request, told)
    else:
        messages.info(
            request, _("The payment service has not said yet whether the card is saved: look again in a minute.")
        )
    return HttpResponseRedirect(f"{reverse('portal:methods')}?account={found.account.number}")
