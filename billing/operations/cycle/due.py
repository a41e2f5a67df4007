"""Due dates: the one source of (instant, kind, row, sum) for the run, the sandbox's next stop, the calendar, support's
lists and every text that names a number of days.

`RULES` says for each kind which rows it happens to and from which of their dates it is counted. Three questions are asked of
a rule: which rows are due at an instant (`due_rows`), which come within some days (`coming_rows`), and what falls due next
(`next_dues`); all three are answered by queries over the rows of everybody, never by loading them. When a single row falls
due is answered by `dues_of`. The pure arithmetic is `pricing.due_dates`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import F, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from billing.models import (
    BillingAccount,
    BillingPeriod,
    Credit,
    CustomerRequest,
    Invoice,
    Notice,
    Offer,
    Relief,
    Seller,
    Subscription,
    TermsChange,
)
from billing.pricing import due_dates
from billing.pricing.periods import MORNING, at_hour, business_date, month_start, next_month, start_of_day
from billing.pricing.terms import Renewal

YEAR_MONTHS = 12


class Kind(StrEnum):
    MONTH_CLOSE = "month_close"  # the account's open month is over (M6, M7)
    TRANSITION = "transition"  # a trial ends; paid time begins, is renewed or ends (D12)
    COLLECTION = "collection"  # an attempt to collect a renewal before its date (E8)
    INVOICE_REMINDER = "invoice_reminder"  # owners are reminded of an open invoice (D12)
    TRIAL_REMINDER = "trial_reminder"  # owners are reminded of a trial that ends without a choice (B2)
    YEARLY_REMINDER = "yearly_reminder"  # owners are reminded of a yearly charge (B4)
    INVOICE_DUE = "invoice_due"  # the last day to pay an invoice has begun
    INVOICE_LOCK = "invoice_lock"  # an unpaid invoice makes its account read-only (M8)
    RELIEF_END = "relief_end"  # full access in spite of debt ends (M16)
    RESUMPTION_END = (
        "resumption_end"  # nothing of the account can be resumed: the rest of a bonus is written off (M13, D11)
    )
    OFFER_EXPIRY = "offer_expiry"  # an offer can be accepted no more
    REQUEST_LATE = "request_late"  # the working day of the answer has passed (M12)


# What the run acts upon by itself, and the sandbox's clock therefore stops at.
RUN_KINDS = (
    Kind.TRANSITION,
    Kind.COLLECTION,
    Kind.INVOICE_REMINDER,
    Kind.TRIAL_REMINDER,
    Kind.YEARLY_REMINDER,
    Kind.INVOICE_LOCK,
)


class Due(NamedTuple):
    """``row`` falls due as ``kind`` at ``at``: counted from ``event_date``, ``days_before`` it (-1: the day after).

    ``amount_minor``: what it is about, in minor units of the row's currency; None where no sum belongs to it or none is known.
    """

    at: datetime
    kind: Kind
    row: Any
    event_date: date
    days_before: int = 0
    amount_minor: int | None = None


@dataclass(frozen=True)
class Rule:
    """The rows of ``rows`` fall due on the ``days_before`` the date in ``column``, at ``hour`` o'clock of their seller's zone.

    ``column`` may be an annotation of ``rows``; ``index_column`` is then the indexed one that lies at most ``index_lag`` days
    after it, and keeps the run from reading everybody. ``is_daily``: on every day from the first to the date itself.
    """

    rows: Callable[[], "QuerySet[Any]"]
    column: str
    days_before: Callable[[], Sequence[int]] = lambda: (0,)
    hour: int = 0
    seller: str = "account__seller"
    is_daily: bool = False
    index_column: str = ""
    index_lag: int = 0

    def within(self, today: date, days: int) -> Q:
        """Returns the condition that the date lies between ``today`` and ``days`` later."""
        condition = Q(**{f"{self.column}__range": (today, today + timedelta(days=days))})
        if self.index_column:
            first = today + timedelta(days=self.index_lag)
            condition &= Q(**{f"{self.index_column}__range": (first, first + timedelta(days=days))})
        return condition


def _open_invoices() -> "QuerySet[Invoice]":
    return Invoice.objects.open()


def _invoices_to_remind_of() -> "QuerySet[Invoice]":
    reminded_of = Notice.objects.filter(kind="due_soon", invoice__isnull=False).values("invoice")
    return Invoice.objects.open().exclude(pk__in=reminded_of)


def _undecided_trials() -> "QuerySet[Subscription]":
    """Trials that no choice and no cancellation follows."""
    decided = TermsChange.objects.waiting().values("subscription")
    running = Subscription.objects.running().filter(paid_from=None, cancel_date=None, trial_ends_on__isnull=False)
    return running.exclude(pk__in=decided)


def _renewals(renewal: Renewal) -> "QuerySet[Subscription]":
    """Selects paid time that goes on by itself; ``renews_on``: the first day that is not paid yet."""
    last = BillingPeriod.objects.filter(subscription=OuterRef("pk")).order_by("-number")
    running = Subscription.objects.running().filter(
        tariff__renewal=renewal, tariff__interval_months__isnull=False, paid_from__isnull=False, cancel_date=None
    )
    return running.annotate(renews_on=Subquery(last.values("end")[:1]))


def _yearly_renewals() -> "QuerySet[Subscription]":
    """Selects paid time whose next period is a year, on the terms that are scheduled for it, else on its own."""
    scheduled = TermsChange.objects.waiting().filter(
        subscription=OuterRef("pk"), effective_date__lte=OuterRef("renews_on")
    )
    interval = Coalesce(Subquery(scheduled.values("tariff__interval_months")[:1]), F("tariff__interval_months"))
    return _renewals(Renewal.INVOICED).annotate(next_interval=interval).filter(next_interval=YEAR_MONTHS)


def _day_after() -> tuple[int, ...]:
    return (-1,)


def invoice_reminder_days() -> tuple[int, ...]:
    """Returns how many days before its due date owners are reminded of an invoice."""
    return (settings.REMIND_INVOICE_DAYS,)


def trial_reminder_days() -> tuple[int, ...]:
    """Returns how many days before the end of a trial owners are reminded of it, the earliest reminder first."""
    return tuple(sorted(settings.REMIND_TRIAL_DAYS, reverse=True))


def yearly_reminder_days() -> tuple[int, ...]:
    """Returns how many days before a yearly charge owners are reminded of it, the earliest reminder first."""
    return tuple(sorted(settings.REMIND_YEARLY_DAYS, reverse=True))


def collection_days() -> tuple[int, ...]:
    """Returns how many days before its date the collection of a renewal begins (E8)."""
    return (due_dates.COLLECTION_DAYS,)


RULES: dict[Kind, Rule] = {
    Kind.TRANSITION: Rule(Subscription.objects.running, "next_transition_date"),
    Kind.COLLECTION: Rule(
        lambda: _renewals(Renewal.COLLECTED),
        "renews_on",
        collection_days,
        MORNING,
        is_daily=True,
        index_column="next_transition_date",
        index_lag=1,
    ),
    Kind.INVOICE_REMINDER: Rule(
        _invoices_to_remind_of, "due_date", invoice_reminder_days, MORNING, "seller", is_daily=True
    ),
    Kind.TRIAL_REMINDER: Rule(_undecided_trials, "trial_ends_on", trial_reminder_days, MORNING),
    Kind.YEARLY_REMINDER: Rule(
        _yearly_renewals, "renews_on", yearly_reminder_days, MORNING, index_column="next_transition_date"
    ),
    Kind.INVOICE_DUE: Rule(_open_invoices, "due_date", seller="seller"),
    Kind.INVOICE_LOCK: Rule(_open_invoices, "due_date", _day_after, seller="seller"),
    Kind.OFFER_EXPIRY: Rule(lambda: Offer.objects.filter(paid_at=None, withdrawn_at=None), "valid_until", _day_after),
    Kind.REQUEST_LATE: Rule(CustomerRequest.objects.waiting, "answer_by", _day_after),
}


def on_each_calendar(
    as_of: datetime, condition: Callable[[date], Q], *, seller: str = "account__seller", hour: int = 0
) -> Q:
    """Applies ``condition`` to today in each seller's zone, for rows that reach their seller by the lookup ``seller``; no rows
    of a seller in whose zone it is earlier than ``hour`` o'clock."""
    rows = Q(pk__in=[])
    for each_seller in Seller.objects.order_by("pk"):
        today = business_date(as_of, each_seller.time_zone)
        if as_of >= at_hour(today, hour, each_seller.time_zone):
            rows |= Q(**{seller: each_seller}) & condition(today)
    return rows


def due_rows(kind: Kind, *, as_of: datetime) -> "QuerySet[Any]":
    """Selects the rows that have fallen due as ``kind`` at ``as_of``, however long ago."""
    rule = RULES[kind]
    first = max(rule.days_before())
    return rule.rows().filter(
        on_each_calendar(
            as_of,
            lambda today: Q(**{f"{rule.column}__lte": today + timedelta(days=first)}),
            seller=rule.seller,
            hour=rule.hour,
        )
    )


def coming_rows(kind: Kind, *, as_of: datetime, days: int | None = None, hour: int = 0) -> "QuerySet[Any]":
    """Selects the rows of ``kind`` whose date is today or within ``days`` days; None: any later date."""
    rule = RULES[kind]

    def condition(today: date) -> Q:
        return Q(**{f"{rule.column}__gte": today}) if days is None else rule.within(today, days)

    return rule.rows().filter(on_each_calendar(as_of, condition, seller=rule.seller, hour=hour))


def rows_to_remind(kind: Kind, *, as_of: datetime) -> "QuerySet[Any]":
    """Selects the rows of ``kind`` whose reminder is due at ``as_of``: its first day has begun, its date has not passed."""
    rule = RULES[kind]
    return coming_rows(kind, as_of=as_of, days=max(rule.days_before()), hour=rule.hour)


def accounts_to_close(*, as_of: datetime) -> "QuerySet[BillingAccount]":
    """Selects the accounts with a month that is over and not closed (M6)."""
    is_over = on_each_calendar(as_of, lambda today: Q(open_month__lt=month_start(today)), seller="seller")
    return BillingAccount.objects.filter(is_over)


def dues_of(kind: Kind, row: Model, event_date: date, zone: str, amount_minor: int | None = None) -> Iterator[Due]:
    """Lists when ``row``, whose date is ``event_date``, falls due as ``kind``, in the order of the rule's days."""
    rule = RULES[kind]
    for days in rule.days_before():
        at = at_hour(event_date - timedelta(days=days), rule.hour, zone)
        yield Due(at, kind, row, event_date, days, amount_minor)


def reminders_of(kind: Kind, row: Model, event_date: date, zone: str, *, known_since: datetime) -> Iterator[Due]:
    """Lists the reminders of ``event_date`` for a row that exists since ``known_since``. Of those whose day had passed by then
    only the nearest is sent, on that morning."""
    first_day = business_date(known_since, zone)
    nearest_days = due_dates.days_before_ahead(RULES[kind].days_before(), event_date, first_day)
    for reminder in dues_of(kind, row, event_date, zone):
        if nearest_days is None or reminder.days_before < nearest_days:
            yield reminder
        elif reminder.days_before == nearest_days:
            yield reminder._replace(at=max(reminder.at, due_dates.morning_of(first_day, zone), known_since))


def dues_of_invoice(invoice: Invoice, zone: str) -> Iterator[Due]:
    """Lists what falls due of an open invoice: the reminder (on the day of issue at the earliest), the last day, the lock."""
    for reminder in dues_of(Kind.INVOICE_REMINDER, invoice, invoice.due_date, zone, invoice.open_minor):
        yield reminder._replace(at=max(reminder.at, due_dates.morning_of(invoice.issue_date, zone)))
    yield from dues_of(Kind.INVOICE_DUE, invoice, invoice.due_date, zone, invoice.open_minor)
    yield from dues_of(Kind.INVOICE_LOCK, invoice, invoice.due_date, zone, invoice.open_minor)


def next_collection(
    subscription: Subscription, renews_on: date, zone: str, *, last_try: date | None, amount_minor: int
) -> Due | None:
    """Returns the next attempt to collect the renewal of ``renews_on``; None after the last (E8)."""
    day = due_dates.next_collection_day(renews_on, last_try)
    if day is None:
        return None
    at = due_dates.morning_of(day, zone)
    return Due(at, Kind.COLLECTION, subscription, renews_on, (renews_on - day).days, amount_minor)


def _next_of_rule(kind: Kind, after: datetime, sellers: Sequence[Seller]) -> Iterator[Due]:
    rule = RULES[kind]
    for seller in sellers:
        first_day = due_dates.next_day_at(rule.hour, after=after, zone=seller.time_zone)
        for days in rule.days_before():
            earliest = first_day if rule.is_daily else first_day + timedelta(days=days)
            rows = rule.rows().filter(**{rule.seller: seller, f"{rule.column}__gte": earliest})
            row = rows.order_by(rule.column, "pk").first()
            if row is not None:
                event_date = getattr(row, rule.column)
                day = max(first_day, event_date - timedelta(days=days))
                at = at_hour(day, rule.hour, seller.time_zone)
                yield Due(at, kind, row, event_date, (event_date - day).days, getattr(row, "open_minor", None))


def _next_months(after: datetime, sellers: Sequence[Seller]) -> Iterator[Due]:
    """Returns the next 1st at 00:00 of every billing zone: months close and open (M6, M7)."""
    for seller in sellers or [Seller(time_zone=settings.BILLING_TIME_ZONE)]:
        first = next_month(business_date(after, seller.time_zone))
        yield Due(start_of_day(first, seller.time_zone), Kind.MONTH_CLOSE, seller, first)


def _next_relief_end(after: datetime) -> Iterator[Due]:
    relief = Relief.objects.filter(withdrawn_at=None, ends_at__gt=after).order_by("ends_at").first()
    if relief is not None:
        yield Due(relief.ends_at, Kind.RELIEF_END, relief, relief.ends_at.date())


def resumption_ends() -> Iterator[Due]:
    """Lists the accounts with a bonus left and no running subscription, with the end of their resumption (M13, D11)."""
    with_bonus = Credit.objects.filter(kind=Credit.Kind.BONUS, unapplied_minor__gt=0).values("account")
    for account in BillingAccount.objects.filter(pk__in=with_bonus).select_related("seller"):
        ends_at = resumption_end_of(account)
        if ends_at is not None:
            yield Due(ends_at, Kind.RESUMPTION_END, account, business_date(ends_at, account.zone))


def resumption_end_of(account: BillingAccount) -> datetime | None:
    """Returns the instant from which nothing of ``account`` can be resumed; None while a subscription runs, or none ever did."""
    ends = list(account.subscriptions.values_list("terminated_at", flat=True))
    past_ends = [end for end in ends if end is not None]
    if not past_ends or len(past_ends) < len(ends):
        return None
    return due_dates.resumption_end(max(past_ends), account.zone)


def next_dues(*, after: datetime) -> Iterator[Due]:
    """Lists the first due after ``after`` of each kind that the run acts upon, by seller and number of days. A fixed number of
    queries, but for the accounts that hold an unused bonus."""
    sellers = list(Seller.objects.order_by("pk"))
    yield from _next_months(after, sellers)
    for kind in RUN_KINDS:
        yield from _next_of_rule(kind, after, sellers)
    yield from _next_relief_end(after)
    yield from resumption_ends()
