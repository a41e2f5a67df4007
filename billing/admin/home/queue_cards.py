"""The first page's cards for what customers and colleagues wait for."""

from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from billing.admin.base import list_url
from billing.admin.home.cards import Card, count_card
from billing.models import Approval, CustomerRequest, Offer, PaymentAttempt, Relief
from billing.reports.worklists import waiting


def _request_cards(as_of: datetime) -> list[Card]:
    late, all_ = waiting.requests_by(as_of, late=True).count(), waiting.requests().count()
    return [
        count_card(
            _("Requests that are late"),
            late,
            list_url(CustomerRequest, "state=late"),
            _("The working day for an answer is over."),
            "debt",
        ),
        count_card(
            _("Requests waiting"),
            all_,
            list_url(CustomerRequest, "state=waiting"),
            _("Each is answered within a working day."),
            "warn",
        ),
    ]


def waiting_cards(request: HttpRequest, as_of: datetime) -> list[Card]:
    """Those that this person may see."""
    may = request.user.has_perm
    found: list[Card] = []
    if may("billing.view_customerrequest"):
        found += _request_cards(as_of)
    if may("billing.view_approval"):
        found.append(
            count_card(
                _("Approvals waiting"),
                waiting.approvals().count(),
                list_url(Approval, "state=waiting"),
                _("A second person decides on these acts."),
                "warn",
            )
        )
    if may("billing.view_paymentattempt"):
        found.append(
            count_card(
                _("Online payments of another sum"),
                waiting.parked_attempts().count(),
                list_url(PaymentAttempt, "state=parked"),
                _("The provider named another sum than was begun with: somebody looks and records what came."),
                "warn",
            )
        )
    if may("billing.view_relief"):
        found.append(
            count_card(
                _("Temporary access ending today"),
                waiting.reliefs_ending_today(as_of).count(),
                list_url(Relief, "state=today"),
                _("Without money these instances are read-only again."),
                "warn",
            )
        )
    if may("billing.view_offer"):
        found.append(
            count_card(
                _("Offers open"),
                waiting.open_offers(as_of).count(),
                list_url(Offer, "state=open"),
                _("Sent and not paid yet."),
                "",
            )
        )
    return found
