"""The saved card that renewals are charged to, what was charged to it, and the link to the payment provider's own page (C5)."""

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
from billing.portal.get_or_404 import relative_address, set_up_or_404
from billing.portal.permissions import AccountSelection, billing_page, signed_in_user
from billing.pricing.periods import business_date
from billing.wording import formats
from billing.wording.refusals import explain_refusal

ROWS = 10
# A card that expires within this time is shown as expiring soon.
SOON = timedelta(days=31)


@require_http_methods(["GET", "POST"])
@billing_page
def methods(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Shows the card; POST saves one (on the provider's page), removes the saved one, or leads to the provider's page."""
    as_of, error = clock.now(), ""
    if request.method == "POST":
        try:
            return HttpResponseRedirect(_act(request, selection))
        except Refusal as refusal:
            error = explain_refusal(refusal)
    account = selection.account
    method = payment_methods.active_method(account)
    charges = PaymentAttempt.objects.filter(account=account, method__isnull=False).select_related("invoice", "method")
    context = {
        "section": "pay",
        "selection": selection,
        "zone": account.zone,
        "method": method,
        "expiry": expiry_state(method, business_date(as_of, account.zone)),
        "can_save": payment_methods.provider_of(account) is not None,
        "plans": payment_methods.renewing_subscriptions(account, as_of),
        "charges": charges.order_by("-created_at", "-pk")[:ROWS],
        "error": error,
    }
    return render(request, "portal/payment_methods.html", context, status=409 if error else 200)


def _act(request: HttpRequest, selection: AccountSelection) -> str:
    """Carries out the chosen act and returns the address to redirect to."""
    account, as_of, email = selection.account, clock.now(), signed_in_user(request).email
    act = request.POST.get("act", "")
    if act == "save":
        return relative_address(method_setup.start_set_up(account=account, as_of=as_of, user_email=email).redirect_url)
    if act == "manage":
        return relative_address(payment_methods.open_provider_page(account=account, as_of=as_of))
    if act != "remove":
        raise BadInput(_("Choose what to do."))
    method = SavedMethod.objects.filter(account=account, public_id=request.POST.get("method", "")[:32]).first()
    if method is None:
        raise BadInput(_("There is no such card any more."))
    payment_methods.remove_method(method=method, as_of=as_of, actor=email)
    messages.success(request, _("%(card)s is removed: nothing is charged to it any more.") % {"card": method.title})
    return reverse("portal:methods") + selection.query


def expiry_state(method: SavedMethod | None, today: date) -> str:
    """Returns ``over`` for an expired card, ``soon`` for one that expires soon, else empty."""
    if method is None or method.expires_on is None or method.expires_on > today + SOON:
        return ""
    return "over" if method.expires_on < today else "soon"


@require_GET
@login_required
def set_up(request: HttpRequest, set_up_id: uuid.UUID) -> HttpResponse:
    """Answers somebody whom the provider sends back from saving a card; the result is asked of the provider."""
    attempt = method_setup.sync_set_up(set_up=set_up_or_404(signed_in_user(request), set_up_id), as_of=clock.now())
    if attempt.status == MethodSetUp.Status.SUCCEEDED and attempt.method is not None:
        messages.success(request, _("%(card)s is saved for renewals.") % {"card": attempt.method.title})
    elif attempt.settled_at is not None:
        reason = formats.decline_text(attempt.reason)
        failure_text = (
            _("The card was not saved: %(reason)s.") % {"reason": reason} if reason else _("The card was not saved.")
        )
        messages.error(request, failure_text)
    else:
        messages.info(
            request, _("The payment service has not said yet whether the card is saved: look again in a minute.")
        )
    return HttpResponseRedirect(f"{reverse('portal:methods')}?account={attempt.account.number}")
