"""A customer's billing accounts: one for each seller and currency (G4)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from billing.errors import BadInput
from billing.models import BillingAccount, LedgerAccount, Seller
from billing.operations.ledger import numbering
from billing.pricing.periods import business_date, month_start


def find_seller(currency: str) -> Seller:
    """Finds the seller that bills in ``currency``; refuses a currency nobody sells in and names those there are."""
    seller = Seller.objects.filter(currency=currency).first()
    if seller is None:
        currencies = ", ".join(Seller.objects.order_by("currency").values_list("currency", flat=True)) or "—"
        raise BadInput(
            _("Nobody sells in “%(currency)s” here. Use one of: %(known)s.")
            % {"currency": currency, "known": currencies},
            field="currency",
            code="unknown_currency",
        )
    return seller


@transaction.atomic
def open_account(*, customer: Customer, seller: Seller, as_of: datetime) -> BillingAccount:
    """Opens the customer's account with ``seller`` in its currency, or returns the one there is (G4)."""
    # no_key: whoever holds an account's lock and writes a row that names the customer would otherwise wait for us, we for them
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    account = BillingAccount.objects.filter(customer=customer, seller=seller, currency=seller.currency).first()
    if account is not None:
        return account
    account = BillingAccount.objects.create(
        number=numbering.next_account_number(),
        customer=customer,
        seller=seller,
        currency=seller.currency,
        opened_at=as_of,
        open_month=month_start(business_date(as_of, seller.time_zone)),
    )
    LedgerAccount.objects.create(
        seller=seller, kind=LedgerAccount.Kind.CUSTOMER, currency=seller.currency, billing_account=account
    )
    return account


def prospective_account(customer: Customer, seller: Seller, as_of: datetime) -> BillingAccount:
    """Returns the account that `open_account` would return; one that it would open is not stored."""
    account = None
    if not customer._state.adding:
        accounts = BillingAccount.objects.filter(customer=customer, seller=seller, currency=seller.currency)
        account = accounts.select_related("seller", "customer").first()
    return account or BillingAccount(
        customer=customer,
        seller=seller,
        currency=seller.currency,
        opened_at=as_of,
        open_month=month_start(business_date(as_of, seller.time_zone)),
    )


def find_or_open_account(customer: Customer, seller: Seller | None, as_of: datetime) -> BillingAccount:
    """Returns the customer's account with ``seller``, opened where there is none; with None the one that was opened first."""
    if seller is None:
        return BillingAccount.objects.filter(customer=customer).order_by("pk")[0]
    return open_account(customer=customer, seller=seller, as_of=as_of)
