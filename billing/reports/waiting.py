"""What waits for somebody of the staff besides debts and jobs: requests, approvals, offers, odd payments, reliefs."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.models import Approval, CustomerRequest, Offer, Payment, PaymentAttempt, Relief, Seller
from billing.pricing.periods import business_date, start_of_day


def requests() -> "QuerySet[CustomerRequest]":
    """Requests that nobody has answered."""
    return CustomerRequest.objects.filter(answered_at=None)


def requests_by(as_of: datetime, *, late: bool) -> "QuerySet[CustomerRequest]":
    """Unanswered requests whose last day is today, or with ``late`` is past, each on its seller's calendar (M12)."""
    found = Q(pk__in=[])
    for seller in Seller.objects.order_by("pk"):
        today = business_date(as_of, seller.time_zone)
        found |= Q(account__seller=seller) & (Q(answer_by__lt=today) if late else Q(answer_by=today))
    return requests().filter(found)


def approvals() -> "QuerySet[Approval]":
    return Approval.objects.filter(decided_at=None)


def open_offers(as_of: datetime) -> "QuerySet[Offer]":
    """Offers that can still be accepted or paid."""
    found = Q(pk__in=[])
    for seller in Seller.objects.order_by("pk"):
        found |= Q(account__seller=seller, valid_until__gte=business_date(as_of, seller.time_zone))
    return Offer.objects.filter(found, paid_at=None, withdrawn_at=None)


def parked_attempts() -> "QuerySet[PaymentAttempt]":
    """Payments of another sum than was begun with, until their money is recorded under the provider's id."""
    recorded = Payment.objects.filter(account=OuterRef("account"), reference=OuterRef("external_id"))
    return PaymentAttempt.objects.filter(~Exists(recorded), status=PaymentAttempt.Status.PARKED)


def running_reliefs(as_of: datetime) -> "QuerySet[Relief]":
    return Relief.objects.filter(withdrawn_at=None, starts_at__lte=as_of, ends_at__gt=as_of)


def reliefs_ending_today(as_of: datetime) -> "QuerySet[Relief]":
    """Running reliefs that are over before the business day is."""
    found = Q(pk__in=[])
    for seller in Seller.objects.order_by("pk"):
        tomorrow = start_of_day(business_date(as_of, seller.time_zone) + timedelta(days=1), seller.time_zone)
        found |= Q(instance__subscriptions__account__seller=seller, ends_at__lte=tomorrow)
    return running_reliefs(as_of).filter(found).distinct()
