"""What belongs to the accounts of the person who signed in, found by the number or id in an address; everything else is 404."""

import uuid
from typing import TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from accounts.models import Instance, User
from billing.models import BillingAccount, CreditNote, CustomerRequest, MethodSetUp, Offer, PaymentAttempt, Subscription
from billing.operations.cycle import access
from billing.portal.permissions import Desk, accounts_of, desk_of, refuse_odd, signed_in

Row = TypeVar("Row", bound=Model)


def _mine_or_404(rows: "QuerySet[Row]", user: User) -> Row:
    """The one of ``rows`` that is on an account of ``user``; what is somebody else's is answered like what is not there."""
    found = rows.filter(account__in=BillingAccount.objects.for_user(user)).first()
    if found is None:
        raise Http404
    return found


def attempt_or_404(user: User, attempt_id: uuid.UUID) -> PaymentAttempt:
    """The payment begun under ``attempt_id`` if it is on one of the person's accounts."""
    known = PaymentAttempt.objects.select_related("account__seller", "account__customer", "invoice", "offer", "payment")
    return _mine_or_404(known.filter(pk=attempt_id), user)


def set_up_or_404(user: User, set_up_id: uuid.UUID) -> MethodSetUp:
    """The saving of a method begun under ``set_up_id`` if it is for one of the person's accounts."""
    known = MethodSetUp.objects.select_related("account", "method")
    return _mine_or_404(known.filter(pk=set_up_id), user)


def credit_note_or_404(user: User, number: str) -> CreditNote:
    """The credit note ``number`` if it was issued to one of the person's accounts."""
    refuse_odd(number)
    return _mine_or_404(CreditNote.objects.select_related("account", "invoice").filter(number=number), user)


def offer_or_404(user: User, number: str) -> Offer:
    """The offer ``number`` if it was made to one of the person's accounts."""
    known = Offer.objects.select_related(
        "account__seller", "account__customer", "subscription__instance", "subscription__tariff"
    )
    return _mine_or_404(known.filter(number=number), user)


def request_or_404(user: User, public_id: str) -> CustomerRequest:
    """The request ``public_id`` if it is about one of the person's accounts."""
    known = CustomerRequest.objects.select_related("account__seller", "account__customer", "instance", "subscription")
    return _mine_or_404(known.filter(public_id=public_id), user)


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
