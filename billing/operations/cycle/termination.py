"""How a subscription ends, and what the outside is told of it."""

from datetime import datetime

from billing import notices
from billing.models import Charge, Invoice, Subscription, SubscriptionChange
from billing.operations.cycle import access, prepaid_periods, scheduled_changes
from billing.operations.events import outbox
from billing.operations.invoices import issuing

Kind = SubscriptionChange.Kind


def announce(subscription: Subscription, *, as_of: datetime) -> None:
    """Tells the outside where the instance's access has become another."""
    access.announce(subscription.instance, as_of=as_of, subscription=subscription)


def end(
    subscription: Subscription, *, at: datetime, as_of: datetime, reason: str, actor: str = "", requested_by: str = ""
) -> Invoice | None:
    """Ends ``subscription`` at ``at``: nothing renews any more, the instance is read-only, the event asks the product to
    remove it (E8, E9, C4). What is not on an invoice yet comes on a last one, which is returned.

    ``reason`` is a code (cancelled, unpaid) or a sentence of support; the caller holds the account's lock.
    """
    for change in subscription.terms_changes.waiting():
        scheduled_changes.call_off(change, as_of=as_of, actor=actor)
    for period in subscription.periods.filter(closed_at=None):
        if period.opened_at <= at < period.ended_at:
            period.ended_at = at  # who comes or goes afterwards costs nothing and gives nothing back (D4)
        prepaid_periods.close(period, as_of)
    subscription.terminated_at, subscription.turns_on = at, None
    subscription.save(update_fields=["terminated_at", "turns_on"])
    SubscriptionChange.objects.create(
        subscription=subscription, kind=Kind.TERMINATED, at=at, actor=actor, requested_by=requested_by, reason=reason
    )
    final = bill_the_rest(subscription, as_of=as_of)
    outbox.emit(
        "subscription.terminated",
        at=as_of,
        subscription=subscription,
        data={
            **outbox.about(subscription),
            "reason": reason if reason in ("cancelled", "unpaid") else "terminated",
            "remove": True,
        },
    )
    notices.ended(subscription=subscription, reason=reason, at=as_of)
    announce(subscription, as_of=as_of)
    return final


def bill_the_rest(subscription: Subscription, *, as_of: datetime) -> Invoice | None:
    """What an ended subscription still has to be invoiced for: at its end, and when news of the time before comes later (D5)."""
    if not Charge.objects.uncollected().filter(subscription=subscription).exists():
        return None
    key = f"final:{subscription.public_id}:"
    issued = Invoice.objects.filter(key__startswith=key).count()
    return issuing.issue_prepaid(
        account=subscription.account,
        subscriptions=[subscription],
        key=f"{key}{issued + 1}",
        as_of=as_of,
        kind=Invoice.Kind.FINAL,
    )
