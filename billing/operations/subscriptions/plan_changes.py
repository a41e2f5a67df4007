"""Changes of plan by owners: other terms, cancellation, and taking either back (E6, E7, C4, D6, D7)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing import notices
from billing.errors import BillingError
from billing.models import Charge, Invoice, Subscription, SubscriptionChange, Tariff, TermsChange
from billing.operations import audit, rehearsal
from billing.operations.cycle import access, prepaid_periods, scheduled_changes, subscription_status, transitions
from billing.operations.cycle.locking import lock_subscription, read_subscription
from billing.operations.events import outbox
from billing.operations.invoices import issuing
from billing.operations.subscriptions import change_undo, quotes
from billing.operations.subscriptions.quotes import Quote, TermsRequest
from billing.pricing.periods import Span

NOTHING_TO_UNDO = _("There is no change to take back: one can be undone until the end of its day.")
NOTHING_TO_CANCEL = _("Nothing renews here: there is nothing to cancel.")
NOT_PREPAID = _("What is paid afterwards is ended by support on your request, within one working day.")
NOT_CANCELLED = _("There is no cancellation to take back.")

Kind = SubscriptionChange.Kind


def quote_change(*, subscription: Subscription, request: TermsRequest, as_of: datetime) -> Quote:
    """Quotes what `change_terms` would do now, by the builder that the act uses too; writes nothing (G10)."""
    return read_subscription(subscription, lambda row: quotes.build_quote(row, request, as_of), as_of=as_of)


def change_terms(
    *,
    subscription: Subscription,
    request: TermsRequest,
    as_of: datetime,
    actor: str,
    quote_token: str | None = None,
    reason: str = "",
) -> Quote:
    """Changes the terms of ``subscription`` now or from its next period on; returns the quote that was carried out.

    ``reason``: why support does it for the owner (D15).

    Refuses with ``quote_expired`` and the fresh figures where ``quote_token`` no longer names what it would come to.
    """
    return rehearsal.carry_out_as_seen(
        lambda: _change_terms(lock_subscription(subscription, as_of=as_of), request, as_of, actor, reason),
        seen=quote_token,
        token=lambda quote: quote.token,
        refusal=lambda quote: rehearsal.quote_expired(quote=quote),
    )


def _change_terms(subscription: Subscription, request: TermsRequest, as_of: datetime, actor: str, reason: str) -> Quote:
    """Changes the locked ``subscription`` to the terms of ``request``, in the caller's transaction."""
    quote = quotes.build_quote(subscription, request, as_of)
    if quote.when == quotes.PERIOD_END and _is_scheduled(quote):
        return quote  # the same request once more
    _call_off_scheduled(subscription, as_of, actor)
    if quote.when == quotes.PERIOD_END:
        _schedule(quote, as_of, actor, reason)
    else:
        _carry_out(quote, as_of, actor, reason)
    transitions.set_next_date(subscription)
    audit.record(
        actor=actor,
        action="subscription.terms_changed",
        target=subscription,
        at=as_of,
        customer=subscription.instance.customer,
        reason=reason,
        after={"tariff": str(quote.tariff), "quantity": quote.quantity, "when": quote.when, "due": quote.due_now_minor},
    )
    return quote


def _call_off_scheduled(subscription: Subscription, as_of: datetime, actor: str) -> TermsChange | None:
    """Calls off the scheduled change of ``subscription``, if any, and returns it."""
    waiting = scheduled_changes.waiting_change(subscription)
    if waiting is not None:
        scheduled_changes.call_off(waiting, as_of=as_of, actor=actor)
    return waiting


def _is_scheduled(quote: Quote) -> bool:
    """Tells whether this very change is scheduled already, by the customer and not by a move of the operator's (E2)."""
    waiting = scheduled_changes.waiting_change(quote.subscription)
    if waiting is None or waiting.move_id is not None:
        return False
    requested = (quote.tariff.pk, quote.quantity, quote.effective_date)
    return (waiting.tariff_id, waiting.quantity, waiting.effective_date) == requested


def _schedule(quote: Quote, as_of: datetime, actor: str, reason: str) -> None:
    subscription = quote.subscription
    scheduled = TermsChange.objects.create(
        subscription=subscription,
        tariff=quote.tariff,
        quantity=quote.quantity,
        effective_date=quote.effective_date,
        decided_at=as_of,
        decided_by=actor,
    )
    SubscriptionChange.objects.create(
        subscription=subscription,
        kind=Kind.CHANGE_SCHEDULED,
        at=as_of,
        actor=actor,
        from_tariff=subscription.tariff,
        from_quantity=subscription.quantity,
        to_tariff=quote.tariff,
        to_quantity=quote.quantity,
        reason=reason,
    )
    notices.queue_change_scheduled(subscription=subscription, change=scheduled, at=as_of)


def _carry_out(quote: Quote, as_of: datetime, actor: str, reason: str) -> None:
    subscription = quote.subscription
    key = f"change:{subscription.public_id}:{subscription.changes.count() + 1}"
    record = scheduled_changes.put_on(
        subscription, quote.tariff, quote.quantity, as_of=as_of, actor=actor, invoice_key=key, reason=reason
    )
    charges = [
        prepaid_periods.post_charge(
            subscription=subscription,
            period=line.period,
            kind=line.kind,
            explanation=line.explanation,
            key=f"{key}:{number}",
            occurred_at=as_of,
            as_of=as_of,
            actor=actor,
        )
        for number, line in enumerate(quote.lines, start=1)
    ]
    _issue_invoice(subscription, charges, key, quote, as_of)
    notices.queue_terms_changed(
        subscription=subscription,
        change=record,
        charge=charges[0] if charges else None,
        lost_minor=quote.lost_minor,
        at=as_of,
    )


def _issue_invoice(subscription: Subscription, charges: list[Charge], key: str, quote: Quote, as_of: datetime) -> None:
    """Issues an invoice for the change alone (D17), so that undoing it credits the whole of it (D6)."""
    if not charges:
        return
    last = prepaid_periods.last_period(subscription)
    day = quote.effective_date
    span = Span(day, last.end if last is not None and last.end > day else prepaid_periods.day_after(day))
    issuing.issue_invoice(
        account=subscription.account, charges=charges, span=span, kind=Invoice.Kind.PURCHASE, key=key, as_of=as_of
    )
    access.announce_changes(subscription.account, as_of=as_of)


@transaction.atomic
def undo_change(
    *,
    subscription: Subscription,
    as_of: datetime,
    actor: str,
    reason: str = "",
    tariff_id: str | None = None,
    quantity: int | None = None,
) -> Subscription:
    """Calls off the change scheduled for the period's end, else undoes the last one of this business day in full (D6).

    ``tariff_id`` and ``quantity``: the terms to be rid of; a change to others is left alone, so that a request that is sent
    twice takes back one.
    """
    subscription = lock_subscription(subscription, as_of=as_of)
    waiting = scheduled_changes.waiting_change(subscription)
    if waiting is not None and _is_own_and_unpaid(waiting, subscription, as_of):
        _refuse_other_terms(waiting.tariff, waiting.quantity, tariff_id, quantity)
        _call_off_scheduled(subscription, as_of, actor)
        SubscriptionChange.objects.create(
            subscription=subscription,
            kind=Kind.CHANGE_CALLED_OFF,
            at=as_of,
            actor=actor,
            to_tariff=waiting.tariff,
            to_quantity=waiting.quantity,
            reason=reason,
        )
        notices.queue_change_undone(subscription=subscription, refunded_minor=0, at=as_of)
        audit.record(
            actor=actor,
            action="subscription.change_called_off",
            target=subscription,
            at=as_of,
            customer=subscription.instance.customer,
            reason=reason,
        )
        return subscription
    record = change_undo.find_undoable_change(subscription, as_of)
    if record is None:
        raise BillingError(NOTHING_TO_UNDO, code="nothing_to_undo", rule="D6")
    _refuse_other_terms(record.to_tariff, record.to_quantity, tariff_id, quantity)
    change_undo.undo_terms_change(subscription, record, as_of=as_of, actor=actor, reason=reason)
    return subscription


def _refuse_other_terms(
    tariff: Tariff | None, quantity: int | None, tariff_id: str | None, named_quantity: int | None
) -> None:
    """Refuses to undo a change to other terms than the ones that were named."""
    is_other = tariff_id is not None and (tariff is None or tariff.tariff_id != tariff_id)
    if is_other or (named_quantity is not None and named_quantity != quantity):
        raise BillingError(
            _("The last change was to other terms than the ones you named: look at the subscription and ask again."),
            code="nothing_to_undo",
            rule="D6",
        )


def _is_own_and_unpaid(waiting: TermsChange, subscription: Subscription, as_of: datetime) -> bool:
    """Tells whether the scheduled change is the owner's own, of paid time, and its period is not paid yet."""
    if waiting.move_id is not None or subscription_status.is_trialing(subscription, as_of):
        return False
    return scheduled_changes.period_paid_ahead(subscription) is None


@transaction.atomic
def cancel_subscription(*, subscription: Subscription, as_of: datetime, actor: str, reason: str = "") -> Subscription:
    """Cancels ``subscription``: it works to the end of what is paid, does not renew, and then ends (C4). Cancelling twice
    changes nothing."""
    subscription = lock_subscription(subscription, as_of=as_of)
    _refuse_cancel(subscription, as_of)
    if subscription.cancel_date is not None:
        return subscription
    last = prepaid_periods.last_period(subscription)
    trial_end = subscription.trial_ends_on
    if last is not None:
        subscription.cancel_date = last.end
    elif trial_end is not None:
        subscription.cancel_date = prepaid_periods.day_after(trial_end)
    subscription.save(update_fields=["cancel_date"])
    SubscriptionChange.objects.create(
        subscription=subscription, kind=Kind.CANCELLED, at=as_of, actor=actor, reason=reason
    )
    assert subscription.cancel_date is not None
    outbox.emit(
        "subscription.cancel_scheduled",
        at=as_of,
        subscription=subscription,
        data={**outbox.subscription_data(subscription), "cancel_date": subscription.cancel_date.isoformat()},
    )
    notices.queue_cancelled(subscription=subscription, cancel_date=subscription.cancel_date, at=as_of)
    transitions.set_next_date(subscription)
    audit.record(
        actor=actor,
        action="subscription.cancelled",
        target=subscription,
        at=as_of,
        customer=subscription.instance.customer,
        reason=reason,
        after={"cancel_date": subscription.cancel_date.isoformat()},
    )
    return subscription


def _refuse_cancel(subscription: Subscription, as_of: datetime) -> None:
    if subscription_status.find_lapse(subscription, as_of) is not None:
        raise BillingError(_("This subscription has ended already."), code="already_terminated", rule="C4")
    terms = subscription.tariff.terms() if subscription.tariff is not None else None
    if terms is None or terms.is_one_off:
        raise BillingError(NOTHING_TO_CANCEL, code="nothing_to_cancel", rule="C4")
    if terms.is_metered:
        raise BillingError(NOT_PREPAID, code="not_prepaid", rule="M12")


@transaction.atomic
def undo_cancellation(*, subscription: Subscription, as_of: datetime, actor: str, reason: str = "") -> Subscription:
    """Takes the cancellation of ``subscription`` back while it still runs: it renews again as before (C4)."""
    subscription = lock_subscription(subscription, as_of=as_of)
    if subscription.cancel_date is None or subscription_status.find_lapse(subscription, as_of) is not None:
        raise BillingError(NOT_CANCELLED, code="not_cancelled", rule="C4")
    subscription.cancel_date = None
    subscription.save(update_fields=["cancel_date"])
    SubscriptionChange.objects.create(
        subscription=subscription, kind=Kind.CANCEL_UNDONE, at=as_of, actor=actor, reason=reason
    )
    notices.queue_cancel_undone(subscription=subscription, at=as_of)
    transitions.set_next_date(subscription)
    audit.record(
        actor=actor,
        action="subscription.cancel_undone",
        target=subscription,
        at=as_of,
        customer=subscription.instance.customer,
        reason=reason,
    )
    return subscription
