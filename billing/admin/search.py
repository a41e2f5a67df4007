"""One field for every clue (Ctrl+K): whose it is, with the balance or the status beside it."""

import time
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from accounts.models import Customer, Instance, Member
from billing.admin.base import money, short_date, short_moment
from billing.models import BillingAccount, CustomerRequest, Invoice, Offer, Payment, PaymentAttempt

EACH = 6  # of a kind: who searches for so little should type more
MOST = 100


def _customers(clue: str) -> Iterator[SearchResult]:
    found = Customer.objects.filter(
        Q(name__icontains=clue)
        | Q(full_name__icontains=clue)
        | Q(inn__startswith=clue)
        | Q(email__icontains=clue)
        | Q(public_id=clue)
    )
    for row in found[:EACH]:
        detail = " · ".join(filter(None, [_("customer"), row.inn, row.email]))
        yield SearchResult(row.name, detail, reverse("admin:accounts_customer_change", args=(row.pk,)), "apartment")


def _accounts(clue: str) -> Iterator[SearchResult]:
    found = BillingAccount.objects.filter(
        Q(number__startswith=clue) | Q(customer__name__icontains=clue) | Q(addresses__email__icontains=clue)
    )
    for row in found.select_related("customer", "ledger_account").distinct()[:EACH]:
        detail = f"{row.customer} · {_('balance')} {money(row.ledger_account.balance_minor, row.currency)}"
        title = f"{_('Account')} {row.number}"
        yield SearchResult(
            title, detail, reverse("admin:billing_billingaccount_change", args=(row.pk,)), "account_balance_wallet"
        )


def _instances(clue: str) -> Iterator[SearchResult]:
    found = Instance.objects.filter(Q(domain__icontains=clue) | Q(public_id=clue) | Q(email__icontains=clue))
    for row in found.select_related("customer", "product")[:EACH]:
        yield SearchResult(
            row.domain,
            f"{row.product} · {row.customer}",
            reverse("admin:accounts_instance_change", args=(row.pk,)),
            "dns",
        )


def _members(clue: str) -> Iterator[SearchResult]:
    found = Member.objects.filter(Q(email__icontains=clue) | Q(name__icontains=clue)).select_related("instance")
    for row in found[:EACH]:
        detail = f"{row.email} · {row.instance} · {row.get_status_display()}"
        yield SearchResult(str(row), detail, reverse("admin:accounts_member_change", args=(row.pk,)), "person")


def _invoices(clue: str) -> Iterator[SearchResult]:
    found = Invoice.objects.filter(number__icontains=clue).select_related("account__customer")
    for row in found[:EACH]:
        still = f"{_('still open')} {money(row.open_minor, row.currency)}" if row.open_minor else _("nothing open")
        yield SearchResult(
            row.number,
            f"{row.account.customer} · {money(row.total_minor, row.currency)} · {still}",
            reverse("admin:billing_invoice_change", args=(row.pk,)),
            "receipt_long",
        )


def _payments(clue: str) -> Iterator[SearchResult]:
    found = Payment.objects.filter(Q(public_id=clue) | Q(reference__icontains=clue)).select_related("account__customer")
    for row in found[:EACH]:
        yield SearchResult(
            money(row.amount_minor, row.currency),
            f"{row.account.customer} · {row.reference} · {short_moment(row.received_at)}",
            reverse("admin:billing_payment_change", args=(row.pk,)),
            "payments",
        )


def _offers(clue: str) -> Iterator[SearchResult]:
    found = Offer.objects.filter(number__icontains=clue).select_related("account__customer")
    for row in found[:EACH]:
        detail = f"{_('offer')} · {row.account.customer} · {money(row.pay_minor, row.currency)} · {short_date(row.valid_until)}"
        yield SearchResult(row.number, detail, reverse("admin:billing_offer_change", args=(row.pk,)), "local_offer")


def _requests(clue: str) -> Iterator[SearchResult]:
    found = CustomerRequest.objects.filter(Q(public_id__startswith=clue) | Q(requested_by__icontains=clue))
    for row in found.select_related("account__customer")[:EACH]:
        state = row.get_outcome_display() if row.outcome else _("waiting")
        detail = f"{row.account.customer} · {row.public_id} · {short_moment(row.requested_at)} · {state}"
        address = reverse("admin:billing_customerrequest_change", args=(row.pk,))
        yield SearchResult(str(row.get_kind_display()), detail, address, "inbox")


def _attempts(clue: str) -> Iterator[SearchResult]:
    found = PaymentAttempt.objects.filter(external_id__startswith=clue).select_related("account__customer")
    for row in found[:EACH]:
        detail = f"{row.account.customer} · {row.external_id} · {row.get_status_display()}"
        address = reverse("admin:billing_paymentattempt_change", args=(row.pk,))
        yield SearchResult(money(row.amount_minor, row.currency), detail, address, "credit_card")


KINDS = (
    ("accounts.view_customer", _customers),
    ("billing.view_billingaccount", _accounts),
    ("accounts.view_instance", _instances),
    ("billing.view_invoice", _invoices),
    ("billing.view_payment", _payments),
    ("accounts.view_member", _members),
    ("billing.view_offer", _offers),
    ("billing.view_customerrequest", _requests),
    ("billing.view_paymentattempt", _attempts),
)


def everywhere(request: HttpRequest, clue: str) -> list[Any]:
    """What matches ``clue`` among all that the person may look into."""
    clue = clue.strip()
    if len(clue) < 2:
        return []
    return [hit for permission, find in KINDS if request.user.has_perm(permission) for hit in find(clue)]


def answer(request: HttpRequest) -> TemplateResponse:
    """What the field shows while somebody types. The theme's own view keeps answers for minutes; a balance must not be old."""
    started = time.monotonic()
    pages = Paginator(everywhere(request, request.GET.get("s", "")), MOST)
    context = {
        "page_obj": pages,
        "results": pages.page(1),
        "page_counter": 0,
        "execution_time": time.monotonic() - started,
        "command_show_history": False,
    }
    return TemplateResponse(request, "unfold/helpers/command_results.html", context, headers={"HX-Trigger": "search"})


admin.site.search = answer  # type: ignore[attr-defined]
