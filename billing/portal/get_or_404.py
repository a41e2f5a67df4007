"""Finds what an address names among the accounts of the person who signed in; everything else is 404."""

import uuid
from typing import TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from accounts.models import Instance, User
from billing.models import BillingAccount, CreditNote, CustomerRequest, MethodSetUp, Offer, PaymentAttempt, Subscription
from billing.operations.cycle import access
from billing.portal.permissions import AccountSelection, accounts_of, refuse_unprintable, select_account, signed_in_user

Row = TypeVar("Row", bound=Model)


def _row_or_404(rows: "QuerySet[Row]", user: User) -> Row:
    """Returns the first of ``rows`` on an account of ``user``. Another person's row is 404, like one that does not exist."""
    row = rows.filter(account__in=BillingAccount.objects.for_user(user)).first()
    if row is None:
        raise Http404
    return row


def attempt_or_404(user: User, attempt_id: uuid.UUID) -> PaymentAttempt:
    """Returns the payment attempt ``attempt_id`` if it is on one of the person's accounts."""
    attempts = PaymentAttempt.objects.select_related(
        "account__seller", "account__customer", "invoice", "offer", "payment"
    )
    return _row_or_404(attempts.filter(pk=attempt_id), user)


def set_up_or_404(user: User, set_up_id: uuid.UUID) -> MethodSetUp:
    """Returns the payment method's set-up ``set_up_id`` if it is for one of the person's accounts."""
    set_ups = MethodSetUp.objects.select_related("account", "method")
    return _row_or_404(set_ups.filter(pk=set_up_id), user)


def credit_note_or_404(user: User, number: str) -> CreditNote:
    """Returns the credit note ``number`` if it was issued to one of the person's accounts."""
    refuse_unprintable(number)
    return _row_or_404(CreditNote.objects.select_related("account", "invoice").filter(number=number), user)


def offer_or_404(user: User, number: str) -> Offer:
    """Returns the offer ``number`` if it was made to one of the person's accounts."""
    offers = Offer.objects.select_related(
        "account__seller", "account__customer", "subscription__instance", "subscription__tariff"
    )
    return _row_or_404(offers.filter(number=number), user)


def request_or_404(user: User, public_id: str) -> CustomerRequest:
    """Returns the request ``public_id`` if it is about one of the person's accounts."""
    requests = CustomerRequest.objects.select_related(
        "account__seller", "account__customer", "instance", "subscription"
    )
    return _row_or_404(requests.filter(public_id=public_id), user)


def find_instance(public_id: str, accounts: tuple[BillingAccount, ...]) -> Instance | None:
    """Returns the instance ``public_id`` (not deleted) if its customer has one of ``accounts``."""
    customers = [account.customer_id for account in accounts]
    instances = Instance.objects.filter(public_id=public_id, customer__in=customers, deleted_at=None)
    return instances.select_related("product", "customer").first()


def select_account_of_instance(
    instance: Instance, accounts: tuple[BillingAccount, ...]
) -> tuple[AccountSelection, Instance, Subscription | None]:
    """Returns the account that the instance is charged to (else its customer's first), the instance and its subscription."""
    subscription = access.current_subscription(instance)
    customer_accounts = [account for account in accounts if account.customer_id == instance.customer_id]
    charged_accounts = [
        account for account in customer_accounts if subscription is not None and account.pk == subscription.account_id
    ]
    if subscription is not None:
        subscription.instance = instance
    return AccountSelection((charged_accounts or customer_accounts)[0], accounts), instance, subscription


def instance_or_404(request: HttpRequest, public_id: str) -> tuple[AccountSelection, Instance, Subscription | None]:
    """Returns an instance (not deleted) of one of the person's customers: the account it is charged to, itself, its subscription."""
    accounts = tuple(accounts_of(signed_in_user(request)))
    instance = find_instance(public_id, accounts)
    if instance is None:
        raise Http404
    return select_account_of_instance(instance, accounts)


def selection_with(request: HttpRequest, account: BillingAccount) -> AccountSelection:
    """Returns the selection with ``account`` in view; the caller has made sure that it is the person's."""
    selection = select_account(request, account.number)
    assert selection is not None
    return selection


def relative_address(address: str) -> str:
    """Strips the installation's own origin from ``address``, so that a browser that uses another host name stays on that one
    and the content security policy (form-action) lets a form redirect there."""
    rest = address.removeprefix(settings.BASE_URL)
    return rest if rest.startswith("/") and not rest.startswith("//") else address
