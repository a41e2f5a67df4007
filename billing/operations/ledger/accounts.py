"""A customer's billing accounts: one for each seller and currency (G4)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from billing.errors import BadInput
from billing.models import BillingAccount, LedgerAccount, Seller
from billing.operations.ledger import numbering
from billing.pricing.periods import business_date, month_start


def seller_for(currency: str) -> Seller:
    """The seller who bills in ``currency``; refuses a currency nobody sells in and names those there are."""
    seller = Seller.objects.filter(currency=currency).first()
    if seller is None:
        known = ", ".join(Seller.objects.order_by("currency").values_list("currency", flat=True)) or "—"
        raise BadInput(
            _("Nobody sells in “%(currency)s” here. Use one of: %(known)s.") % {"currency": currency, "known": known},
            field="currency",
            code="unknown_currency",
        )
    return seller


@transaction.atomic
def open_account(*, customer: Customer, seller: Seller, as_of: datetime) -> BillingAccount:
    """The customer's account with ``seller`` in its currency, opened where there is none yet (G4)."""
    # no_key: whoever holds an account's lock and writes a row that names the customer would otherwise wait for us, we for them
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    found = BillingAccount.objects.filter(customer=customer, seller=seller, currency=seller.currency).first()
    if found is not None:
        return found
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
    """The account that `open_account` would answer; where there is none yet, what it would open, in no table."""
    account = None
    if not customer._state.adding:
        own = BillingAccount.objects.filter(customer=customer, seller=seller, currency=seller.currency)
        account = own.select_related("seller", "customer").first()
    return account or BillingAccount(
        customer=customer,
        seller=seller,
        currency=seller.currency,
        opened_at=as_of,
        open_month=month_start(business_date(as_of, seller.time_zone)),
    )


def account_for(customer: Customer, seller: Seller | None, as_of: datetime) -> BillingAccount:
    """The customer's account with ``seller``; with nobody in particular the one that was opened first."""
    if seller is None:
        return BillingAccount.objects.filter(customer=customer).order_by("pk")[0]
    return open_account(customer=customer, seller=seller, as_of=as_of)
