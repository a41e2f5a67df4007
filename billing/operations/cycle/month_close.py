"""The month close: close the old periods, issue the invoice, open the new periods and charge what they start with (M6, M7).

Nothing depends on the job that calls this on the 1st: whoever touches an account first closes the months that are over
(`catch_up`), in order, each to the state of its own 1st, dated the day it really happens (D2, G9).
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import transaction

from billing.models import BillingAccount, BillingPeriod, Invoice, Subscription
from billing.operations import rehearsal
from billing.operations.cycle import scheduled_changes, transitions, usage
from billing.operations.invoices import issuing
from billing.operations.ledger import posting
from billing.pricing import peak as peaks
from billing.pricing.periods import Span, business_date, month_span, next_month, start_of_day
from billing.pricing.terms import Metric

Result = TypeVar("Result")


def open_period(
    *, subscription: Subscription, span: Span, opened_at: datetime, as_of: datetime, actor: str = ""
) -> BillingPeriod:
    """Opens the metered period ``span`` of ``subscription`` and charges the people active at its start (M6).

    It is metered from ``opened_at``, or from the end of the period before it where that is later. In a month that already has
    a period the peak goes on, and only a rise above what was charged is posted (M13).
    """
    previous = subscription.periods.order_by("number").last()
    if previous is not None:
        opened_at = max(opened_at, previous.ended_at)
    ended_at = start_of_day(span.end, subscription.account.zone)
    scheduled_changes.take_effect(subscription=subscription, on=span.start, as_of=as_of)
    steps = usage.known_steps(subscription.instance, opened_at)
    peak = peaks.peak_between(steps, opened_at, ended_at)
    period = BillingPeriod.objects.create(
        subscription=subscription,
        tariff=subscription.priced_by,
        number=previous.number + 1 if previous else 1,
        start=span.start,
        end=span.end,
        opened_at=opened_at,
        ended_at=ended_at,
        peak=peak.most,
        peak_at=peak.at,
    )
    month = (
        subscription.periods.filter(start__gte=month_span(span.start).start)
        .select_related("tariff__product")
        .order_by("number")
    )
    usage.settle_month(subscription=subscription, periods=list(month), occurred_at=opened_at, as_of=as_of, actor=actor)
    return period


def _close_month(account: BillingAccount, as_of: datetime) -> Invoice | None:
    """Closes the open month of ``account`` and begins the next: close, issue, open, and charge what it starts with (M7)."""
    span = month_span(account.open_month)
    metered = BillingPeriod.objects.filter(subscription__account=account, tariff__metric=Metric.PEAK_ACTIVE)
    for period in metered.filter(closed_at=None, end__lte=span.end).order_by("pk"):
        period.close(as_of)
    invoice = issuing.issue_monthly(account=account, span=span, as_of=as_of)
    account.open_month = span.end
    account.save(update_fields=["open_month"])
    metered_subscriptions = Subscription.objects.running().filter(account=account, tariff__metric=Metric.PEAK_ACTIVE)
    for subscription in metered_subscriptions.select_related("tariff__product", "instance").order_by("pk"):
        subscription.account = account
        open_period(
            subscription=subscription,
            span=Span(span.end, next_month(span.end)),
            opened_at=start_of_day(span.end, account.zone),
            as_of=as_of,
        )
    return invoice


def month_is_over(account: BillingAccount, as_of: datetime) -> bool:
    return next_month(account.open_month) <= business_date(as_of, account.zone)


def is_behind(account: BillingAccount, as_of: datetime) -> bool:
    """Tells whether a month's end or a transition is due on ``account`` at ``as_of``: `catch_up` would write."""
    return (
        month_is_over(account, as_of)
        or transitions.first_due_date(account, business_date(as_of, account.zone)) is not None
    )


@transaction.atomic
def catch_up(*, account: BillingAccount, as_of: datetime) -> list[Invoice]:
    """Carries out everything due on ``account`` (locked by the caller) at ``as_of``, oldest first: months that are over, and
    the transitions of paid time. Returns the invoices that were issued."""
    issued: list[Invoice] = []
    today = business_date(as_of, account.zone)
    while True:
        transition_date = transitions.first_due_date(account, today)
        month_end = next_month(account.open_month) if month_is_over(account, as_of) else None
        if month_end is not None and (transition_date is None or month_end <= transition_date):
            invoice = _close_month(account, as_of)
            issued += [invoice] if invoice is not None else []
        elif transition_date is not None:
            invoice = transitions.carry_out_transitions(account, transition_date, as_of)
            issued += [invoice] if invoice is not None else []
        else:
            return issued


def read_caught_up(account: BillingAccount, as_of: datetime, read: Callable[[BillingAccount], Result]) -> Result:
    """Returns what ``read`` makes of ``account`` once everything due at ``as_of`` is done (D3, G9).

    Where nothing is due it writes and locks nothing; between a midnight and the run that follows it, what is due is rehearsed
    and rolled back. ``account`` may be one that is not stored yet.
    """
    if account._state.adding or not is_behind(account, as_of):
        return read(account)

    def catch_up_and_read() -> Result:
        locked = posting.lock(account)
        catch_up(account=locked, as_of=as_of)
        return read(locked)

    return rehearsal.rehearse(catch_up_and_read)


@transaction.atomic
def close_due_months(*, account_id: int, as_of: datetime) -> list[Invoice]:
    """Locks one account and catches it up in a transaction of its own: the unit of work of the run on the 1st."""
    return catch_up(account=posting.lock(account_id), as_of=as_of)
