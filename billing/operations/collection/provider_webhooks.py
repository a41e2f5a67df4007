"""What providers tell by webhook. Of payments and set-ups they are asked themselves; what was done on their own page (C5), a
method removed or a plan cancelled, has its effect once, however often and in whatever order it is delivered."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction

from billing.errors import Refusal
from billing.gateways.base import ProviderReport
from billing.models import ProviderEvent, SavedMethod, Subscription
from billing.operations.collection import checkout, method_setup, payment_methods
from billing.operations.ledger import posting
from billing.operations.subscriptions import plan_changes


def take(*, provider: str, heard: Iterable[ProviderReport], as_of: datetime) -> int:
    """Does what each message of an authentic webhook asks for; returns how many are about something of ours.

    All is committed when it returns, so the webhook may be answered.
    """
    return sum(_take(provider, one, as_of) for one in heard)


def _take(provider: str, one: ProviderReport, as_of: datetime) -> bool:
    if one.type in ("payment.changed", "set_up.changed"):
        found = checkout.sync_by_external_id(provider=provider, external_id=one.subject, as_of=as_of)
        return bool(found or method_setup.sync_by_external_id(provider=provider, external_id=one.subject, as_of=as_of))
    if one.type == "method.removed":
        return _method_removed(provider, one, as_of)
    return _subscription_cancelled(provider, one, as_of)


def actor_of(provider: str) -> str:
    """Who acts where somebody acted on the provider's own page."""
    return f"provider:{provider}"


def _method_removed(provider: str, one: ProviderReport, as_of: datetime) -> bool:
    method = SavedMethod.objects.filter(provider=provider, external_id=one.subject).first()
    if method is None:
        return False

    def removed() -> object:
        return payment_methods.remove(method=method, as_of=as_of, actor=actor_of(provider))

    _once(provider, one, method.account_id, removed, as_of)
    return True


def _subscription_cancelled(provider: str, one: ProviderReport, as_of: datetime) -> bool:
    """The effect of C4: it works to the end of what is paid, then ends."""
    subscription = Subscription.objects.filter(public_id=one.subject).first()
    if subscription is None:
        return False

    def cancelled() -> object:
        return plan_changes.cancel(subscription=subscription, as_of=as_of, actor=actor_of(provider))

    _once(provider, one, subscription.account_id, cancelled, as_of)
    return True


@transaction.atomic
def _once(provider: str, one: ProviderReport, account_id: int, act: Callable[[], object], as_of: datetime) -> None:
    """Does ``act`` and keeps in the same transaction that the message was heard: delivered again it does nothing, also
    after its effect was taken back here. What a rule refuses is heard too; repeating it would not help."""
    posting.lock(account_id)
    if ProviderEvent.objects.filter(provider=provider, event_id=one.event_id).exists():
        return
    refusal = ""
    try:
        with transaction.atomic():
            act()
    except Refusal as refused:
        refusal = refused.code
    ProviderEvent.objects.create(
        provider=provider, event_id=one.event_id, type=one.type, subject=one.subject, heard_at=as_of, refusal=refusal
    )
