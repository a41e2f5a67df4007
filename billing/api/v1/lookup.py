"""Finds what a path names, for this caller: whatever is not theirs does not exist (404, never 403)."""

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.models import Customer, Instance
from billing.api.v1.auth import caller_of
from billing.api.v1.problems import NotFound
from billing.models import ApiToken, BillingAccount, Invoice, Subscription
from billing.reports.invoices import with_credited

Row = TypeVar("Row", bound=Model)

LONGEST_ID = 64


def _find_row(rows: "QuerySet[Row]", field: str, value: str) -> Row:
    """Returns the row whose ``field`` is ``value``, else raises `NotFound`. Ids are short and hold only letters, digits, - and _."""
    is_plausible = value.isascii() and value.replace("_", "").replace("-", "").isalnum() and len(value) <= LONGEST_ID
    row = rows.filter(**{field: value}).first() if is_plausible else None
    if row is None:
        raise NotFound
    return row


def customer(public_id: str) -> Customer:
    return _find_row(Customer.objects.all(), "public_id", public_id)


def instance(request: HttpRequest, public_id: str) -> Instance:
    """Returns the instance if it is the caller's: any for an operator, its own for an instance's token."""
    rows, caller = Instance.objects.select_related("customer", "product"), caller_of(request)
    if caller.scope != ApiToken.Scope.OPERATOR:
        rows = rows.filter(tokens=caller)
    return _find_row(rows, "public_id", public_id)


def subscription(public_id: str) -> Subscription:
    rows = Subscription.objects.select_related(
        "instance__customer", "instance__product", "tariff", "account__seller", "account__customer"
    )
    return _find_row(rows, "public_id", public_id)


def account(number: str) -> BillingAccount:
    return _find_row(BillingAccount.objects.select_related("seller", "customer", "ledger_account"), "number", number)


def invoice(number: str) -> Invoice:
    """Returns the invoice with the sum of its credit notes, ready for `reports.invoices.invoice_states`."""
    rows = Invoice.objects.select_related("account__seller", "account__customer", "seller").prefetch_related("lines")
    return _find_row(with_credited(rows), "number", number)
