"""Saving a payment method without paying: the set-up is stored before the provider is called; `sync_set_up` settles it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing.errors import BillingError
from billing.gateways.base import PaymentRequest, ProviderError, Result
from billing.gateways.registry import provider_for, providers
from billing.models import BillingAccount, MethodSetUp
from billing.operations import hourly_limits
from billing.operations.collection import method_store
from billing.operations.ledger import posting

Status = MethodSetUp.Status
UNDECIDED = {"pending": Status.PENDING, "requires_action": Status.REQUIRES_ACTION}
FAILURES = {"failed": Status.FAILED, "canceled": Status.CANCELED}
# After this long nobody is on the provider's page any more: what is undecided is not asked about; a webhook still settles it.
GIVE_UP = timedelta(days=3)


def start_set_up(*, account: BillingAccount, as_of: datetime, user_email: str) -> MethodSetUp:
    """Starts saving a method and returns the row with the provider's page in ``redirect_url``.

    Refuses an account in whose currency no provider keeps methods, and too many within an hour.
    """
    provider = provider_for(account.currency)
    if provider is None or not provider.can_save:
        raise BillingError(_("Saving a payment method is not set up here."), code="no_provider")
    hourly_limits.refuse_too_many_set_ups(account=account, as_of=as_of)
    row = MethodSetUp.objects.create(account=account, provider=provider.code, created_at=as_of, created_by=user_email)
    request = PaymentRequest(
        key=f"set-up-{row.id}",
        amount_minor=0,
        currency=account.currency,
        description=str(_("Account %(number)s") % {"number": account.number}),
        return_url=settings.BASE_URL + reverse("portal:method_set_up", args=[row.id]),
        customer_key=account.number,
        save=True,
    )
    try:
        result = provider.set_up(request)
    except ProviderError:
        raise BillingError(
            _("The payment service does not answer. Nothing was saved: try again in a few minutes."),
            code="provider_silent",
        ) from None
    row.external_id, row.redirect_url, row.status = result.external_id, result.redirect_url, Status.PENDING
    row.save(update_fields=["external_id", "redirect_url", "status"])
    return row


def sync_set_up(*, set_up: MethodSetUp, as_of: datetime) -> MethodSetUp:
    """Asks the provider what became of ``set_up`` and settles it: the method is saved once, in one transaction."""
    if set_up.settled_at is not None or not set_up.external_id:
        return set_up
    try:
        result = providers()[set_up.provider].fetch(set_up.external_id)
    except (ProviderError, KeyError):
        return set_up
    with transaction.atomic():
        account = posting.lock(set_up.account_id)
        set_up = MethodSetUp.objects.get(pk=set_up.pk)
        if set_up.settled_at is None:
            _settle(set_up, account, result, as_of)
    return set_up


def sync_by_external_id(*, provider: str, external_id: str, as_of: datetime) -> MethodSetUp | None:
    """Settles the set-up that a webhook names by the provider's id; None for one that we never started."""
    set_up = MethodSetUp.objects.filter(provider=provider, external_id=external_id).first()
    return sync_set_up(set_up=set_up, as_of=as_of) if set_up else None


def _settle(set_up: MethodSetUp, account: BillingAccount, result: Result, as_of: datetime) -> None:
    if result.status in UNDECIDED:
        set_up.status = UNDECIDED[result.status]
    elif result.status in FAILURES:
        set_up.status, set_up.reason, set_up.settled_at = FAILURES[result.status], result.reason[:200], as_of
    else:
        if result.method is not None:
            set_up.method = method_store.save_method(
                account=account,
                provider=set_up.provider,
                kept_method=result.method,
                as_of=as_of,
                actor=set_up.created_by,
            )
        set_up.status = Status.SUCCEEDED if set_up.method is not None else Status.FAILED
        set_up.settled_at = as_of
    set_up.save()


def sync_undecided(*, as_of: datetime) -> int:
    """Asks the providers about every undecided set-up; returns how many were settled."""
    undecided = MethodSetUp.objects.filter(settled_at=None, created_at__gt=as_of - GIVE_UP).exclude(external_id="")
    return sum(sync_set_up(set_up=row, as_of=as_of).settled_at is not None for row in undecided.order_by("created_at"))
