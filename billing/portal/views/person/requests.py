"""The owners' requests to support: one page to file each kind, the list, and one request with its answer (M11–M14, M16)."""

import hashlib
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Instance
from billing import clock
from billing.downloads import attachment
from billing.errors import BadInput, Refusal
from billing.models import BillingAccount, CustomerRequest, Offer, Subscription
from billing.operations.customers import requests as operations
from billing.operations.subscriptions import lifecycle
from billing.portal.get_or_404 import instance_or_404, request_or_404, selection_with
from billing.portal.permissions import AccountSelection, billing_page, select_account, signed_in_user
from billing.pricing.periods import business_date
from billing.pricing.workdays import answer_by
from billing.reports import overview as reports
from billing.reports.usage import active_counts
from billing.wording.refusals import explain_refusal

ROWS = 25
Kind = CustomerRequest.Kind
OF_INSTANCE = (Kind.TERMINATION, Kind.RESUMPTION, Kind.DELETION)
# Codes of the reasons for leaving, asked for before the confirmation; their wording is the page's.
REASONS = ("expensive", "missing", "switched", "unused", "other")


@require_GET
@billing_page
def requests(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Lists the requests that were filed, those that can be filed, and the account's offers."""
    as_of, account = clock.now(), selection.account
    money = reports.account_position(account=account, as_of=as_of)
    filed_requests = CustomerRequest.objects.filter(account=account).select_related("instance").order_by("-pk")
    context = {
        "section": "requests",
        "selection": selection,
        "zone": account.zone,
        "today": money.today,
        "money": money,
        "read_only_debt": bool(money.overdue),
        "page": Paginator(filed_requests, ROWS).get_page(request.GET.get("page")),
        "offers": Offer.objects.filter(account=account).order_by("-pk")[:10],
    }
    return render(request, "portal/requests.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def new_request(request: HttpRequest, kind: str) -> HttpResponse:
    """Shows the form of one kind of request; POST files it and leads to it."""
    if kind not in Kind.values:
        raise Http404
    as_of = clock.now()
    instance, subscription = None, None
    if kind in OF_INSTANCE or request.GET.get("instance"):
        selection, instance, subscription = instance_or_404(request, request.GET.get("instance", ""))
    else:
        chosen_selection = select_account(request)
        if chosen_selection is None:
            raise Http404
        selection = chosen_selection
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            filed = _file(request, kind, selection.account, instance, as_of)
            return redirect("portal:request", filed.public_id)
        except Refusal as refusal:
            errors = {getattr(refusal, "field", "") or "all": explain_refusal(refusal)}
    context = _page(request, kind, selection, instance, subscription, as_of)
    return render(request, "portal/request_new.html", {**context, "errors": errors}, status=422 if errors else 200)


def _file(
    request: HttpRequest, kind: str, account: BillingAccount, instance: Instance | None, as_of: datetime
) -> CustomerRequest:
    """Files the request of the form; one that is sent twice is filed once."""
    if kind in (Kind.TERMINATION, Kind.DELETION) and not request.POST.get("confirmed"):
        raise BadInput(_("Tick the box if you are sure."), field="confirmed")
    if kind == Kind.DELETION and instance is not None:
        typed = request.POST.get("domain", "").strip().lower()
        if typed != instance.domain.lower():
            raise BadInput(_("This is not the domain of the instance: type it exactly."), field="domain")
    files = tuple(
        operations.Attachment(upload.name or "file", upload.read(operations.LARGEST_FILE + 1))
        for upload in request.FILES.getlist("file")[:1]
    )
    if files:
        same_requests = CustomerRequest.objects.waiting().filter(
            account=account, kind=kind, files__sha256=hashlib.sha256(files[0].content).hexdigest()
        )
        if (earlier := same_requests.first()) is not None:
            return earlier
    people = request.POST.get("people", "").strip()
    new = operations.NewRequest(
        kind=kind,
        text=_request_text(request),
        files=files,
        people=int(people) if people.isascii() and people.isdigit() and len(people) < 9 else None,
    )
    return operations.file_request(
        account=account, new=new, as_of=as_of, user_email=signed_in_user(request).email, instance=instance
    )


def _request_text(request: HttpRequest) -> str:
    """Joins the picked reason and the free text, as support reads them."""
    reasons = {
        "expensive": _("It costs too much."),
        "missing": _("Something we need is missing."),
        "switched": _("We have moved to something else."),
        "unused": _("We do not use it any more."),
    }
    reason = reasons.get(request.POST.get("reason", ""), "")
    return "\n".join(part for part in (str(reason), request.POST.get("text", "").strip()) if part)


def _page(
    request: HttpRequest,
    kind: str,
    selection: AccountSelection,
    instance: Instance | None,
    subscription: Subscription | None,
    as_of: datetime,
) -> dict[str, Any]:
    account = selection.account
    money = reports.account_position(account=account, as_of=as_of)
    ended = subscription is not None and subscription.terminated_at is not None
    waiting = CustomerRequest.objects.waiting().filter(account=account, kind=kind, instance=instance)
    return {
        "section": "requests",
        "selection": selection,
        "zone": account.zone,
        "currency": account.currency,
        "today": money.today,
        "money": money,
        "kind": kind,
        "instance": instance,
        "subscription": subscription,
        "ended": ended,
        "resumable_until": lifecycle.resumable_until(subscription) if ended and subscription else None,
        "active": active_counts([instance]).get(instance.pk, 0) if instance is not None else 0,
        "waiting": None if kind == Kind.PROOF_OF_PAYMENT else waiting.first(),
        "answer_day": answer_by(business_date(as_of, account.zone), operations.work_calendar()),
        "reasons": REASONS,
        "fields": request.POST,
    }


@require_GET
@login_required
def request_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """Shows one request: what was asked, by when it is answered, and the answer."""
    as_of = clock.now()
    customer_request = request_or_404(signed_in_user(request), public_id)
    account = customer_request.account
    today = business_date(as_of, account.zone)
    context = {
        "section": "requests",
        "selection": selection_with(request, account),
        "zone": account.zone,
        "today": today,
        "customer_request": customer_request,
        "late": customer_request.is_late(today),
        "files": customer_request.files.only("name").order_by("pk"),
    }
    return render(request, "portal/request.html", context)


@require_GET
@login_required
def request_file(request: HttpRequest, public_id: str, file_id: int) -> HttpResponse:
    """Answers a file that the owners attached to their request."""
    customer_request = request_or_404(signed_in_user(request), public_id)
    file = customer_request.files.filter(pk=file_id).first()
    if file is None:
        raise Http404
    return attachment(bytes(file.content), name=file.name, content_type=file.content_type)


@require_POST
@login_required
def withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    """Withdraws the request; repeating it changes nothing."""
    customer_request = request_or_404(signed_in_user(request), public_id)
    if customer_request.answered_at is None:
        operations.withdraw(request=customer_request, as_of=clock.now(), user_email=signed_in_user(request).email)
    return HttpResponseRedirect(reverse("portal:request", args=[public_id]))
