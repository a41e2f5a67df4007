"""The work that waits for staff besides debts and jobs: requests, approvals, offers, odd payments, reliefs."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.models import Approval, CustomerRequest, Offer, Payment, PaymentAttempt, Relief, Seller
from billing.operations.cycle import due
from billing.pricing.due_dates import midnight_after
from billing.pricing.periods import business_date


def requests() -> "QuerySet[CustomerRequest]":
    """Requests that nobody has answered."""
    return CustomerRequest.objects.filter(answered_at=None)


def requests_by(as_of: datetime, *, late: bool) -> "QuerySet[CustomerRequest]":
    """Selects unanswered requests whose last day is today, or with ``late`` is past, each on its seller's calendar (M12)."""
    if late:
        return due.due_rows(due.Kind.REQUEST_LATE, as_of=as_of)
    return due.coming_rows(due.Kind.REQUEST_LATE, as_of=as_of, days=0)


def approvals() -> "QuerySet[Approval]":
    return Approval.objects.filter(decided_at=None)


def open_offers(as_of: datetime) -> "QuerySet[Offer]":
    """Offers that can still be accepted or paid."""
    return due.coming_rows(due.Kind.OFFER_EXPIRY, as_of=as_of)


def parked_attempts() -> "QuerySet[PaymentAttempt]":
    """Selects attempts whose provider took another sum than asked for, until the money is recorded under the provider's id."""
    recorded = Payment.objects.filter(account=OuterRef("account"), reference=OuterRef("external_id"))
    return PaymentAttempt.objects.filter(~Exists(recorded), status=PaymentAttempt.Status.PARKED)


def running_reliefs(as_of: datetime) -> "QuerySet[Relief]":
    return Relief.objects.filter(withdrawn_at=None, starts_at__lte=as_of, ends_at__gt=as_of)


def reliefs_ending_today(as_of: datetime) -> "QuerySet[Relief]":
    """Selects running reliefs that are over before the business day is."""
    ending = Q(pk__in=[])
    for seller in Seller.objects.order_by("pk"):
        midnight = midnight_after(business_date(as_of, seller.time_zone), seller.time_zone)
        ending |= Q(instance__subscriptions__account__seller=seller, ends_at__lte=midnight)
    return running_reliefs(as_of).filter(ending).distinct()
