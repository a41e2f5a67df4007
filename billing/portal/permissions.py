"""The rights of a person in the portal: they follow from the verified addresses of the one who signed in (M10, M15).

Somebody else's account, invoice or instance is answered exactly like one that does not exist: 404 with the same page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.db.models import F, Min, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from accounts.models import Instance, Member, User
from accounts.verified import verified_emails
from billing.models import BillingAccount, Invoice


@dataclass(frozen=True)
class AccountSelection:
    """The account in view and all accounts of the same person; ``query`` keeps the choice in the page's links."""

    account: BillingAccount
    all: tuple[BillingAccount, ...]

    @property
    def has_others(self) -> bool:
        return len(self.all) > 1

    @property
    def query(self) -> str:
        return f"?account={self.account.number}" if self.has_others else ""

    @property
    def first_parameter(self) -> str:
        """The choice as the first of several parameters of an address: "account=100001&"."""
        return f"account={self.account.number}&" if self.has_others else ""

    @property
    def last_parameter(self) -> str:
        """The choice as the last of several parameters of an address: "&account=100001"."""
        return f"&account={self.account.number}" if self.has_others else ""


def signed_in_user(request: HttpRequest) -> User:
    """Returns the person behind a request that `login_required` has let through."""
    return cast(User, request.user)


def accounts_of(user: User) -> "QuerySet[BillingAccount]":
    """Returns the accounts that ``user`` may see and pay, the one with the earliest due date first."""
    first_due = Min("invoices__due_date", filter=Q(invoices__open_minor__gt=0))
    return (
        BillingAccount.objects.for_user(user)
        .select_related("customer", "seller", "ledger_account")
        .annotate(first_due=first_due)
        .order_by(F("first_due").asc(nulls_last=True), "number")
    )


def instances_of(user: User) -> "QuerySet[Instance]":
    """Returns the instances (not deleted) of which ``user`` is an active member in any role: they may see these' access."""
    memberships = Member.objects.active().with_emails(verified_emails(user))
    return Instance.objects.filter(pk__in=memberships.values("instance"), deleted_at=None).select_related(
        "product", "customer"
    )


def select_account(request: HttpRequest, number: str = "") -> AccountSelection | None:
    """Returns the account named by ``number`` or ``?account=``, else the one due first; None for a person without accounts.

    Raises Http404 for an account that is not the person's.
    """
    accounts = tuple(accounts_of(signed_in_user(request)))
    chosen = number or request.GET.get("account", "")
    if chosen:
        for account in accounts:
            if account.number == chosen:
                return AccountSelection(account, accounts)
        raise Http404
    return AccountSelection(accounts[0], accounts) if accounts else None


def refuse_unprintable(text: str) -> None:
    """Answers 404 for characters that no number or id contains: PostgreSQL fails on some of them instead of finding nothing."""
    if not text.isprintable():
        raise Http404


def invoice_or_404(user: User, number: str) -> Invoice:
    """Returns the invoice ``number`` if it belongs to one of the person's accounts."""
    refuse_unprintable(number)
    accounts = BillingAccount.objects.for_user(user)
    invoice = (
        Invoice.objects.filter(number=number, account__in=accounts)
        .select_related("account__seller", "account__customer")
        .first()
    )
    if invoice is None:
        raise Http404
    return invoice


def billing_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorates a page about an account: only for people with the billing right; the view gets the `AccountSelection`."""

    @wraps(view)
    @login_required
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        selection = select_account(request)
        if selection is None:
            raise Http404
        return view(request, selection, *args, **kwargs)

    return wrapper
