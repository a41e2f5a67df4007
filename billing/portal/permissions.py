"""Who sees what in the portal (M10, M15): everything goes through the verified addresses of the person who signed in.

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
class Desk:
    """The account in view and the others of the same person; ``query`` keeps the choice in the page's links."""

    account: BillingAccount
    all: tuple[BillingAccount, ...]

    @property
    def others(self) -> bool:
        return len(self.all) > 1

    @property
    def query(self) -> str:
        return f"?account={self.account.number}" if self.others else ""


def signed_in(request: HttpRequest) -> User:
    """The person behind a request that `login_required` has let through."""
    return cast(User, request.user)


def accounts_of(user: User) -> "QuerySet[BillingAccount]":
    """The accounts that ``user`` may see and pay, the one whose payment is due first at the top."""
    first_due = Min("invoices__due_date", filter=Q(invoices__open_minor__gt=0))
    return (
        BillingAccount.objects.for_user(user)
        .select_related("customer", "seller", "ledger_account")
        .annotate(first_due=first_due)
        .order_by(F("first_due").asc(nulls_last=True), "number")
    )


def instances_of(user: User) -> "QuerySet[Instance]":
    """Living instances in which ``user`` is an active member, with whatever role: these they may see the state of."""
    mine = Member.objects.active().with_emails(verified_emails(user))
    return Instance.objects.filter(pk__in=mine.values("instance"), deleted_at=None).select_related(
        "product", "customer"
    )


def desk_of(request: HttpRequest, number: str = "") -> Desk | None:
    """The account chosen with ``number`` or ``?account=``, else the most pressing one; None for a person without accounts.

    Raises Http404 for an account that is not the person's.
    """
    accounts = tuple(accounts_of(signed_in(request)))
    chosen = number or request.GET.get("account", "")
    if chosen:
        for account in accounts:
            if account.number == chosen:
                return Desk(account, accounts)
        raise Http404
    return Desk(accounts[0], accounts) if accounts else None


def refuse_odd(text: str) -> None:
    """What no number or id contains is not asked for: PostgreSQL fails on some of it instead of finding nothing."""
    if not text.isprintable():
        raise Http404


def invoice_or_404(user: User, number: str) -> Invoice:
    """The invoice ``number`` if it belongs to one of the person's accounts."""
    refuse_odd(number)
    mine = BillingAccount.objects.for_user(user)
    invoice = (
        Invoice.objects.filter(number=number, account__in=mine)
        .select_related("account__seller", "account__customer")
        .first()
    )
    if invoice is None:
        raise Http404
    return invoice


def billing_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page about an account: signed-in people with the billing right only; the view gets the `Desk`."""

    @wraps(view)
    @login_required
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        desk = desk_of(request)
        if desk is None:
            raise Http404
        return view(request, desk, *args, **kwargs)

    return wrapped
