"""Closing a month: close the old periods, issue the invoice, open the new ones and post what they start with (M6, M7).

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
    """A new period of ``subscription`` over ``span``, metered from ``opened_at``, with the charge it starts with (M6).

    It begins no earlier than the period before it was metered.

    In a month that already has a period of it the peak goes on, and only a rise above what was charged is posted (M13).
    """
    previous = subscription.periods.order_by("number").last()
    if previous is not None:
        opened_at = max(opened_at, previous.ended_at)
    ended_at = start_of_day(span.end, subscription.account.zone)
    scheduled_changes.take_effect(subscription=subscription, on=span.start, as_of=as_of)
    steps = usage.known_steps(subscription.instance, opened_at)
    start = peaks.peak_between(steps, opened_at, ended_at)
    period = BillingPeriod.objects.create(
        subscription=subscription,
        tariff=subscription.priced_by,
        number=previous.number + 1 if previous else 1,
        start=span.start,
        end=span.end,
        opened_at=opened_at,
        ended_at=ended_at,
        peak=start.most,
        peak_at=start.at,
    )
    month = (
        subscription.periods.filter(start__gte=month_span(span.start).start)
        .select_related("tariff__product")
        .order_by("number")
    )
    usage.settle_month(
        subscription=subscription, periods=list(month), occurred_at=opened_at, as_of=as_of, opening=True, actor=actor
    )
    return period


def _close_month(account: BillingAccount, as_of: datetime) -> Invoice | None:
    """Takes the account over one 1st: the order is close, issue, open, and post what the new month starts with (M7)."""
    span = month_span(account.open_month)
    metered = BillingPeriod.objects.filter(subscription__account=account, tariff__metric=Metric.PEAK_ACTIVE)
    for period in metered.filter(closed_at=None, end__lte=span.end).order_by("pk"):
        period.close(as_of)
    invoice = issuing.issue_monthly(account=account, span=span, as_of=as_of)
    account.open_month = span.end
    account.save(update_fields=["open_month"])
    running = Subscription.objects.running().filter(account=account, tariff__metric=Metric.PEAK_ACTIVE)
    for subscription in running.select_related("tariff__product", "instance").order_by("pk"):
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
    """Whether something is due on ``account`` at ``as_of`` that nobody has done yet: `catch_up` would write."""
    return (
        month_is_over(account, as_of) or transitions.first_due(account, business_date(as_of, account.zone)) is not None
    )


@transaction.atomic
def catch_up(*, account: BillingAccount, as_of: datetime) -> list[Invoice]:
    """Takes ``account`` (locked by the caller) over everything that is due at ``as_of`` by the calendar, oldest first: months
    that are over, and the turns of paid time. Returns the invoices that were issued."""
    issued: list[Invoice] = []
    today = business_date(as_of, account.zone)
    while True:
        turn = transitions.first_due(account, today)
        month_over = next_month(account.open_month) if month_is_over(account, as_of) else None
        if month_over is not None and (turn is None or month_over <= turn):
            invoice = _close_month(account, as_of)
            issued += [invoice] if invoice is not None else []
        elif turn is not None:
            invoice = transitions.take(account, turn, as_of)
            issued += [invoice] if invoice is not None else []
        else:
            return issued


def read_caught_up(account: BillingAccount, as_of: datetime, read: Callable[[BillingAccount], Result]) -> Result:
    """What ``read`` finds on ``account`` (which may be in no table yet) with everything done that is due at ``as_of`` (D3, G9).

    Where nothing is due it writes and locks nothing. Between a midnight and the run that follows it, what is due is rehearsed.
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
    """`catch_up` as a transaction of its own for one account: the unit of work of the run on the 1st."""
    return catch_up(account=posting.lock(account_id), as_of=as_of)
