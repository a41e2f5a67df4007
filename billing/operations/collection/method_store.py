"""Saved payment methods as rows: stored and removed. The caller holds the account's lock; the provider is not called here.

`checkout` saves one with the payment that brought it, `method_setup` without a payment, `payment_methods` removes it.
"""

import logging
from datetime import datetime

from django.db import transaction

from billing import notices
from billing.gateways.base import ProviderError, ProviderMethod
from billing.gateways.registry import providers
from billing.models import BillingAccount, SavedMethod
from billing.operations import audit

logger = logging.getLogger(__name__)

# Who removed it, where another took its place.
REPLACED = "replaced"


def save_method(
    *, account: BillingAccount, provider: str, kept_method: ProviderMethod, as_of: datetime, actor: str
) -> SavedMethod | None:
    """Saves the method that the provider keeps for ``account`` since ``as_of``, in place of the one before it.

    One that is active already is returned as it is. None for an id that was removed before or belongs to another account:
    money that came with it must not be lost for it.
    """
    same_id = SavedMethod.objects.filter(provider=provider, external_id=kept_method.external_id).first()
    if same_id is not None:
        if same_id.account_id == account.pk and same_id.removed_at is None:
            return same_id
        logger.warning(
            "the method %s of %s is not kept: its id was used before", kept_method.external_id, account.number
        )
        return None
    replaced = SavedMethod.objects.filter(account=account, removed_at=None).first()
    if replaced is not None:
        remove_method(method=replaced, as_of=as_of, actor=REPLACED)
    method = SavedMethod.objects.create(
        account=account,
        provider=provider,
        external_id=kept_method.external_id,
        title=kept_method.title[:60],
        expires_on=kept_method.expires_on,
        saved_at=as_of,
        saved_by=actor,
    )
    audit.record(
        actor=actor,
        action="method.saved",
        target=method,
        at=as_of,
        customer=account.customer,
        before=summary(replaced) if replaced is not None else None,
        after=summary(method),
    )
    notices.queue_method_saved(method=method, at=as_of)
    return method


def remove_method(*, method: SavedMethod, as_of: datetime, actor: str) -> None:
    """Removes ``method``: it is charged no more. The provider is told to forget it once this is committed; if it does not
    answer, nothing is wrong, since what is not saved here is never charged."""
    method.removed_at, method.removed_by = as_of, actor
    method.save(update_fields=["removed_at", "removed_by"])
    transaction.on_commit(lambda: _forget_at_provider(method))


def _forget_at_provider(method: SavedMethod) -> None:
    provider = providers().get(method.provider)
    if provider is None:
        return
    try:
        provider.forget(method.external_id)
    except ProviderError:
        logger.warning("%s did not answer when it was to forget %s", method.provider, method.external_id)


def summary(method: SavedMethod) -> dict[str, str]:
    """Returns the fields of ``method`` for an audit record."""
    return {
        "id": method.public_id,
        "account": method.account.number,
        "title": method.title,
        "expires_on": method.expires_on.isoformat() if method.expires_on else "",
    }
