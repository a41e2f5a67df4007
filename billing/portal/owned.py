"""What belongs to the accounts of the person who signed in, found by the number or id in an address; everything else is 404."""

import uuid

from django.conf import settings
from django.http import Http404, HttpRequest

from accounts.models import Instance, User
from billing.models import BillingAccount, CustomerRequest, Offer, PaymentAttempt, Subscription
from billing.operations import access
from billing.portal.permissions import Desk, accounts_of, desk_of, signed_in


def attempt_or_404(user: User, attempt_id: uuid.UUID) -> PaymentAttempt:
    """The payment begun under ``attempt_id`` if it is on one of the person's accounts."""
    mine = BillingAccount.objects.for_user(user)
    found = (
        PaymentAttempt.objects.filter(pk=attempt_id, account__in=mine)
        .select_related("account__seller", "account__customer", "invoice", "offer", "payment")
        .first()
    )
    if found is None:
        raise Http404
    return found


def offer_or_404(user: User, number: str) -> Offer:
    """The offer ``number`` if it was made to one of the person's accounts."""
    mine = BillingAccount.objects.for_user(user)
    found = (
        Offer.objects.filter(number=number, account__in=mine)
        .select_related("account__seller", "account__customer", "subscription__instance", "subscription__tariff")
        .first()
    )
    if found is None:
        raise Http404
    return found


def request_or_404(user: User, public_id: str) -> CustomerRequest:
    """The request ``public_id`` if it is about one of the person's accounts."""
    mine = BillingAccount.objects.for_user(user)
    found = (
        CustomerRequest.objects.filter(public_id=public_id, account__in=mine)
        .select_related("account__seller", "account__customer", "instance", "subscription")
        .first()
    )
    if found is None:
        raise Http404
    return found


def instance_or_404(request: HttpRequest, public_id: str) -> tuple[Desk, Instance, Subscription | None]:
    """A living instance of one of the person's customers, the account it is charged to, and its subscription."""
    accounts = tuple(accounts_of(signed_in(request)))
    found = (
        Instance.objects.filter(
            public_id=public_id, customer__in=[one.customer_id for one in accounts], deleted_at=None
        )
        .select_related("product", "customer")
        .first()
    )
    if found is None:
        raise Http404
    subscription = access.current_subscription(found)
    own = [one for one in accounts if one.customer_id == found.customer_id]
    charged = [one for one in own if subscription is not None and one.pk == subscription.account_id]
    if subscription is not None:
        subscription.instance = found
    return Desk((charged or own)[0], accounts), found, subscription


def desk_for(request: HttpRequest, account: BillingAccount) -> Desk:
    """The desk with ``account`` in view; the caller has made sure that it is the person's."""
    desk = desk_of(request, account.number)
    assert desk is not None
    return desk


def here(address: str) -> str:
    """``address`` without the installation's own origin: a browser that came by another name of this machine stays there,
    and the content policy lets a form be answered by it."""
    rest = address.removeprefix(settings.BASE_URL)
    return rest if rest.startswith("/") and not rest.startswith("//") else address
