"""Saved payment methods as rows: kept and let go. The caller holds the account's lock; the provider is not called here.

`checkout` keeps one with the payment that brought it, `set_ups` without a payment, `saved_methods` removes it.
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


def keep(
    *, account: BillingAccount, provider: str, kept: ProviderMethod, as_of: datetime, actor: str
) -> SavedMethod | None:
    """The method that the provider keeps for ``account`` since ``as_of``, active in place of the one before it.

    One that is active already stays as it is. None for an id that was removed before or belongs to another account: money
    that came with it must not be lost for it.
    """
    known = SavedMethod.objects.filter(provider=provider, external_id=kept.external_id).first()
    if known is not None:
        if known.account_id == account.pk and known.removed_at is None:
            return known
        logger.warning("the method %s of %s is not kept: its id was used before", kept.external_id, account.number)
        return None
    before = SavedMethod.objects.filter(account=account, removed_at=None).first()
    if before is not None:
        let_go(method=before, as_of=as_of, actor=REPLACED)
    method = SavedMethod.objects.create(
        account=account,
        provider=provider,
        external_id=kept.external_id,
        title=kept.title[:60],
        expires_on=kept.expires_on,
        saved_at=as_of,
        saved_by=actor,
    )
    audit.record(
        actor=actor,
        action="method.saved",
        target=method,
        at=as_of,
        customer=account.customer,
        before=summary(before) if before is not None else None,
        after=summary(method),
    )
    notices.queue_method_saved(method=method, at=as_of)
    return method


def let_go(*, method: SavedMethod, as_of: datetime, actor: str) -> None:
    """The method is charged no more. The provider forgets it once this is committed; if it does not answer, nothing is
    wrong: what is not saved here is never charged."""
    method.removed_at, method.removed_by = as_of, actor
    method.save(update_fields=["removed_at", "removed_by"])
    transaction.on_commit(lambda: _forgotten_there(method))


def _forgotten_there(method: SavedMethod) -> None:
    provider = providers().get(method.provider)
    if provider is None:
        return
    try:
        provider.forget(method.external_id)
    except ProviderError:
        logger.warning("%s did not answer when it was to forget %s", method.provider, method.external_id)


def summary(method: SavedMethod) -> dict[str, str]:
    """What an audit record says of it."""
    return {
        "id": method.public_id,
        "account": method.account.number,
        "title": method.title,
        "expires_on": method.expires_on.isoformat() if method.expires_on else "",
    }
