"""The admin's search (Ctrl+K) finds customers and their rows by any search term, with the balance or the status beside it."""

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

EACH = 6  # rows of a kind: more of them mean that the term is too short
MOST = 100


def _customers(term: str) -> Iterator[SearchResult]:
    customers = Customer.objects.filter(
        Q(name__icontains=term)
        | Q(full_name__icontains=term)
        | Q(inn__startswith=term)
        | Q(email__icontains=term)
        | Q(public_id=term)
    )
    for customer in customers[:EACH]:
        detail = " · ".join(filter(None, [_("customer"), customer.inn, customer.email]))
        yield SearchResult(
            customer.name, detail, reverse("admin:accounts_customer_change", args=(customer.pk,)), "apartment"
        )


def _accounts(term: str) -> Iterator[SearchResult]:
    accounts = BillingAccount.objects.filter(
        Q(number__startswith=term) | Q(customer__name__icontains=term) | Q(addresses__email__icontains=term)
    )
    for account in accounts.select_related("customer", "ledger_account").distinct()[:EACH]:
        detail = f"{account.customer} · {_('balance')} {money(account.ledger_account.balance_minor, account.currency)}"
        title = f"{_('Account')} {account.number}"
        yield SearchResult(
            title, detail, reverse("admin:billing_billingaccount_change", args=(account.pk,)), "account_balance_wallet"
        )


def _instances(term: str) -> Iterator[SearchResult]:
    instances = Instance.objects.filter(Q(domain__icontains=term) | Q(public_id=term) | Q(email__icontains=term))
    for instance in instances.select_related("customer", "product")[:EACH]:
        yield SearchResult(
            instance.domain,
            f"{instance.product} · {instance.customer}",
            reverse("admin:accounts_instance_change", args=(instance.pk,)),
            "dns",
        )


def _members(term: str) -> Iterator[SearchResult]:
    members = Member.objects.filter(Q(email__icontains=term) | Q(name__icontains=term)).select_related("instance")
    for member in members[:EACH]:
        detail = f"{member.email} · {member.instance} · {member.get_status_display()}"
        yield SearchResult(str(member), detail, reverse("admin:accounts_member_change", args=(member.pk,)), "person")


def _invoices(term: str) -> Iterator[SearchResult]:
    invoices = Invoice.objects.filter(number__icontains=term).select_related("account__customer")
    for invoice in invoices[:EACH]:
        still = (
            f"{_('still open')} {money(invoice.open_minor, invoice.currency)}"
            if invoice.open_minor
            else _("nothing open")
        )
        yield SearchResult(
            invoice.number,
            f"{invoice.account.customer} · {money(invoice.total_minor, invoice.currency)} · {still}",
            reverse("admin:billing_invoice_change", args=(invoice.pk,)),
            "receipt_long",
        )


def _payments(term: str) -> Iterator[SearchResult]:
    payments = Payment.objects.filter(Q(public_id=term) | Q(reference__icontains=term)).select_related(
        "account__customer"
    )
    for payment in payments[:EACH]:
        yield SearchResult(
            money(payment.amount_minor, payment.currency),
            f"{payment.account.customer} · {payment.reference} · {short_moment(payment.received_at)}",
            reverse("admin:billing_payment_change", args=(payment.pk,)),
            "payments",
        )


def _offers(term: str) -> Iterator[SearchResult]:
    offers = Offer.objects.filter(number__icontains=term).select_related("account__customer")
    for offer in offers[:EACH]:
        detail = f"{_('offer')} · {offer.account.customer} · {money(offer.pay_minor, offer.currency)} · {short_date(offer.valid_until)}"
        yield SearchResult(offer.number, detail, reverse("admin:billing_offer_change", args=(offer.pk,)), "local_offer")


def _requests(term: str) -> Iterator[SearchResult]:
    requests = CustomerRequest.objects.filter(Q(public_id__startswith=term) | Q(requested_by__icontains=term))
    for request in requests.select_related("account__customer")[:EACH]:
        state = request.get_outcome_display() if request.outcome else _("waiting")
        detail = f"{request.account.customer} · {request.public_id} · {short_moment(request.requested_at)} · {state}"
        address = reverse("admin:billing_customerrequest_change", args=(request.pk,))
        yield SearchResult(str(request.get_kind_display()), detail, address, "inbox")


def _attempts(term: str) -> Iterator[SearchResult]:
    attempts = PaymentAttempt.objects.filter(external_id__startswith=term).select_related("account__customer")
    for attempt in attempts[:EACH]:
        detail = f"{attempt.account.customer} · {attempt.external_id} · {attempt.get_status_display()}"
        address = reverse("admin:billing_paymentattempt_change", args=(attempt.pk,))
        yield SearchResult(money(attempt.amount_minor, attempt.currency), detail, address, "credit_card")


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


def search_all(request: HttpRequest, term: str) -> list[Any]:
    """Returns what matches ``term`` among the kinds of rows that the person may see; nothing for less than two characters."""
    term = term.strip()
    if len(term) < 2:
        return []
    return [hit for permission, find in KINDS if request.user.has_perm(permission) for hit in find(term)]


def show_results(request: HttpRequest) -> TemplateResponse:
    """Answers the search field while somebody types. The theme's own view caches results for minutes: a balance must be new."""
    started = time.monotonic()
    pages = Paginator(search_all(request, request.GET.get("s", "")), MOST)
    context = {
        "page_obj": pages,
        "results": pages.page(1),
        "page_counter": 0,
        "execution_time": time.monotonic() - started,
        "command_show_history": False,
    }
    return TemplateResponse(request, "unfold/helpers/command_results.html", context, headers={"HX-Trigger": "search"})


admin.site.search = show_results  # type: ignore[attr-defined]
