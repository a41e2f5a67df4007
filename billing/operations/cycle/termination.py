"""The end of a subscription: periods closed, the last invoice issued, the product and the owners notified."""

from datetime import datetime, timedelta

from billing import notices
from billing.models import BillingPeriod, Charge, Invoice, Subscription, SubscriptionChange
from billing.operations.cycle import access, scheduled_changes
from billing.operations.events import outbox
from billing.operations.invoices import issuing
from billing.pricing.periods import business_date

Kind = SubscriptionChange.Kind


def end_subscription(
    subscription: Subscription, *, at: datetime, as_of: datetime, reason: str, actor: str = "", requested_by: str = ""
) -> Invoice | None:
    """Ends ``subscription`` at ``at`` and issues the final invoice, which is returned; None where nothing is left to bill.

    Nothing is charged any more and the instance becomes read-only (E8, E9, C4, M12). ``reason`` is a code (cancelled, unpaid)
    or a sentence of support; the caller holds the account's lock. A metered subscription can be resumed for a year (M13), so
    its scheduled changes stay and the product removes nothing yet.
    """
    if subscription.is_metered:
        last_period = _end_metered_period(subscription, at, as_of)
    else:
        last_period = None
        _end_prepaid_periods(subscription, at, as_of, actor)
    subscription.terminated_at, subscription.next_transition_date = at, None
    subscription.save(update_fields=["terminated_at", "next_transition_date"])
    SubscriptionChange.objects.create(
        subscription=subscription, kind=Kind.TERMINATED, at=at, actor=actor, requested_by=requested_by, reason=reason
    )
    if last_period is not None:
        final = issuing.issue_final(period=last_period, as_of=as_of)
    else:
        final = issue_remaining(subscription, as_of=as_of)
    code = reason if reason in ("cancelled", "unpaid") and not subscription.is_metered else "terminated"
    outbox.emit(
        "subscription.terminated",
        at=as_of,
        subscription=subscription,
        data={**outbox.subscription_data(subscription), "reason": code, "remove": not subscription.is_metered},
    )
    if not subscription.is_metered:
        notices.queue_ended(subscription=subscription, reason=reason, at=as_of)
    access.announce(subscription.instance, as_of=as_of, subscription=subscription)
    return final


def _end_metered_period(subscription: Subscription, at: datetime, as_of: datetime) -> BillingPeriod:
    """Closes the open metered period with the day of ``at``, which counts whole (M12)."""
    period = subscription.periods.get(closed_at=None)
    period.end = max(business_date(at, subscription.account.zone), period.start) + timedelta(days=1)
    # What was reported at this very instant was reported before the end: it still belongs to the period.
    period.ended_at = min(period.ended_at, max(at, period.opened_at) + timedelta(microseconds=1))
    period.close(as_of)
    return period


def _end_prepaid_periods(subscription: Subscription, at: datetime, as_of: datetime, actor: str) -> None:
    """Closes the paid periods and calls off the changes scheduled for the time after them."""
    for change in subscription.terms_changes.waiting():
        scheduled_changes.call_off(change, as_of=as_of, actor=actor)
    for period in subscription.periods.filter(closed_at=None):
        if period.opened_at <= at < period.ended_at:
            period.ended_at = at  # who comes or goes afterwards costs nothing and gives nothing back (D4)
        period.close(as_of)


def issue_remaining(subscription: Subscription, *, as_of: datetime) -> Invoice | None:
    """Issues an invoice for what an ended subscription still owes: at its end, and after each late report (D5); None where
    everything is billed."""
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
