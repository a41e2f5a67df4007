"""Webhooks of payment providers. For payments and set-ups the provider is asked again; what was done on its own page (C5), a
method removed or a plan cancelled, takes effect once, however often and in whatever order it is delivered."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction

from billing.errors import Refusal
from billing.gateways.base import ProviderReport
from billing.models import ProviderEvent, SavedMethod, Subscription
from billing.operations.collection import checkout, method_setup, payment_methods
from billing.operations.ledger import posting
from billing.operations.subscriptions import plan_changes


def process_messages(*, provider: str, messages: Iterable[ProviderReport], as_of: datetime) -> int:
    """Carries out each message of an authentic webhook; returns how many are about something of ours.

    Everything is committed when it returns, so the webhook may be answered.
    """
    return sum(_process_message(provider, message, as_of) for message in messages)


def _process_message(provider: str, message: ProviderReport, as_of: datetime) -> bool:
    if message.type in ("payment.changed", "set_up.changed"):
        attempt = checkout.sync_by_external_id(provider=provider, external_id=message.subject, as_of=as_of)
        return bool(
            attempt or method_setup.sync_by_external_id(provider=provider, external_id=message.subject, as_of=as_of)
        )
    if message.type == "method.removed":
        return _remove_method(provider, message, as_of)
    return _cancel_subscription(provider, message, as_of)


def actor_of(provider: str) -> str:
    """Returns the actor to be recorded where somebody acted on the provider's own page."""
    return f"provider:{provider}"


def _remove_method(provider: str, message: ProviderReport, as_of: datetime) -> bool:
    method = SavedMethod.objects.filter(provider=provider, external_id=message.subject).first()
    if method is None:
        return False

    def remove() -> object:
        return payment_methods.remove_method(method=method, as_of=as_of, actor=actor_of(provider))

    _act_once(provider, message, method.account_id, remove, as_of)
    return True


def _cancel_subscription(provider: str, message: ProviderReport, as_of: datetime) -> bool:
    """Cancels the subscription of the message: it works to the end of what is paid, then ends (C4)."""
    subscription = Subscription.objects.filter(public_id=message.subject).first()
    if subscription is None:
        return False

    def cancel() -> object:
        return plan_changes.cancel_subscription(subscription=subscription, as_of=as_of, actor=actor_of(provider))

    _act_once(provider, message, subscription.account_id, cancel, as_of)
    return True


@transaction.atomic
def _act_once(
    provider: str, message: ProviderReport, account_id: int, act: Callable[[], object], as_of: datetime
) -> None:
    """Carries out ``act`` and records the message in the same transaction: delivered again it does nothing, also after its
    effect was taken back here. A refused message is recorded too; repeating it would not help."""
    posting.lock(account_id)
    if ProviderEvent.objects.filter(provider=provider, event_id=message.event_id).exists():
        return
    refusal = ""
    try:
        with transaction.atomic():
            act()
    except Refusal as error:
        refusal = error.code
    ProviderEvent.objects.create(
        provider=provider,
        event_id=message.event_id,
        type=message.type,
        subject=message.subject,
        heard_at=as_of,
        refusal=refusal,
    )
