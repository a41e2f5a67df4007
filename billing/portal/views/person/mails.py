"""The mails of an account: what was written to whom and whether it arrived, who gets them, and in which language."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from billing import clock
from billing.errors import BadInput, Refusal
from billing.models import Notice
from billing.operations.customers import customers
from billing.portal.permissions import AccountSelection, billing_page, signed_in_user
from billing.wording.refusals import explain_refusal

ROWS = 25
MOST_ADDRESSES = 20


@require_http_methods(["GET", "POST"])
@billing_page
def mails(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Lists the mails with the state of each delivery; POST adds or removes a recipient, or changes the language."""
    error = ""
    if request.method == "POST":
        try:
            _act(request, selection)
            return HttpResponseRedirect(reverse("portal:mails") + selection.query)
        except Refusal as refusal:
            error = explain_refusal(refusal)
    account = selection.account
    notices = Notice.objects.filter(account=account).defer("text", "html").order_by("-pk")
    context = {
        "section": "mails",
        "selection": selection,
        "zone": account.zone,
        "page": Paginator(notices, ROWS).get_page(request.GET.get("page")),
        "addresses": account.addresses.order_by("pk"),
        "languages": settings.LANGUAGES,
        "error": error,
        "email": request.POST.get("email", "") if error else "",
    }
    return render(request, "portal/mails.html", context, status=422 if error else 200)


def _act(request: HttpRequest, selection: AccountSelection) -> None:
    account, as_of, actor = selection.account, clock.now(), signed_in_user(request).email
    act, email = request.POST.get("act", ""), request.POST.get("email", "")
    emails = list(account.addresses.order_by("pk").values_list("email", flat=True))
    if act == "add":
        if len(emails) >= MOST_ADDRESSES:
            raise BadInput(_("That is enough addresses: remove one first."), field="email")
        customers.set_billing_addresses(account=account, emails=[*emails, email], as_of=as_of, actor=actor)
    elif act == "remove":
        remaining = [address for address in emails if address != email]
        customers.set_billing_addresses(account=account, emails=remaining, as_of=as_of, actor=actor)
    elif act == "language" and request.POST.get("locale") in dict(settings.LANGUAGES):
        customers.change_customer(
            customer=account.customer, values={"locale": request.POST["locale"]}, as_of=as_of, actor=actor
        )
