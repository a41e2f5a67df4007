"""More clues for the one field (Ctrl+K): offers, requests, tries to pay."""

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from billing.admin.base import money, short_date, short_moment
from billing.models import CustomerRequest, Offer, PaymentAttempt

EACH = 6


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
    ("billing.view_offer", _offers),
    ("billing.view_customerrequest", _requests),
    ("billing.view_paymentattempt", _attempts),
)
