"""The money calendar: what happens next to each subscription of an account, on which day, and how much it is.

Its instants are those of `operations.cycle.due`, which the run acts on, its prices those that the run charges. A fixed number
of queries, however many subscriptions and invoices there are. Sums are minor units of the account's currency; those that may
still change are marked as estimates.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import Max, Sum

from billing.models import BillingAccount, BillingPeriod, Charge, Collection, Invoice, Subscription, Tariff, TermsChange
from billing.operations.cycle import due, prepaid_periods
from billing.operations.cycle.due import Due
from billing.pricing import due_dates
from billing.pricing.periods import add_months, business_date, month_start, next_month, start_of_day
from billing.pricing.quantity import price
from billing.pricing.terms import Metric, Renewal
from billing.reports.usage import paid_counts

MONTHS = 12


class Step(StrEnum):
    REMINDER = "reminder"  # a mail about an invoice, a trial or a yearly charge
    DUE = "due"  # the last day to pay an invoice
    LOCK = "lock"  # read-only, if it is not paid
    INVOICE = "invoice"  # an invoice for what has been used
    SEATS = "seats"  # an invoice for seats that came or went
    TRIAL_END = "trial_end"  # the trial's last day
    TRIAL_LOCK = "trial_lock"  # read-only, without a choice
    START = "start"  # the paid time begins
    CHANGE = "change"  # other terms take effect
    COLLECT = "collect"  # the first or the next try to collect a renewal
    RENEWAL = "renewal"  # the next period begins
    UNPAID_END = "unpaid_end"  # it ends, if the money has not come
    END = "end"  # it ends as its owner asked


# What is to be paid, each sum once: the others speak of the same money.
MONEY = (Step.DUE, Step.INVOICE, Step.SEATS, Step.START, Step.RENEWAL)
INVOICE_STEPS = {
    due.Kind.INVOICE_REMINDER: Step.REMINDER,
    due.Kind.INVOICE_DUE: Step.DUE,
    due.Kind.INVOICE_LOCK: Step.LOCK,
}
ORDER = {step: place for place, step in enumerate(Step)}


@dataclass(frozen=True)
class CalendarItem:
    """One dated thing ahead: ``at`` where the hour matters, ``amount_minor`` None where no sum belongs to it, ``is_estimate`` where
    it may still change; ``pay_by`` the last day to pay the invoice that comes with it."""

    step: Step
    day: date
    account: BillingAccount
    at: datetime | None = None
    subscription: Subscription | None = None
    invoice: Invoice | None = None
    tariff: Tariff | None = None
    quantity: int | None = None
    amount_minor: int | None = None
    is_estimate: bool = False
    pay_by: date | None = None

    @property
    def uid(self) -> str:
        """The same for the same thing, whenever it is asked for."""
        what = self.invoice.number if self.invoice else self.subscription.public_id if self.subscription else ""
        return "-".join(filter(None, [str(self.step), self.account.number, what, self.day.isoformat()]))

    @property
    def money_minor(self) -> int:
        """The sum it adds to that of its month, in minor units."""
        return self.amount_minor or 0 if self.step in MONEY else 0


@dataclass(frozen=True)
class Month:
    """A month of the picture: what has to be paid in it, with what is overdue put into the first."""

    start: date
    money_minor: int


@dataclass(frozen=True)
class _Facts:
    """All that was read for one account, by the key of the subscription or instance; sums in minor units."""

    account: BillingAccount
    as_of: datetime
    today: date
    until: date
    periods: dict[int, BillingPeriod]
    changes: dict[int, TermsChange]
    seats: dict[int, int]
    last_try_dates: dict[int, date]
    uncollected: dict[int | None, int]

    def midnight(self, day: date) -> datetime:
        return start_of_day(day, self.account.zone)

    def item(self, step: Step, due_event: Due, **more: Any) -> CalendarItem:
        """Puts what falls due on the account's calendar."""
        day = business_date(due_event.at, self.account.zone)
        return CalendarItem(step, day, self.account, at=due_event.at, **more)

    def units(self, subscription: Subscription, tariff: Tariff, quantity: int | None) -> int:
        if tariff.metric == Metric.PAID_MEMBERS:
            return self.seats.get(subscription.instance_id, 0)
        return quantity or subscription.quantity or 1


def calendar_items(*, account: BillingAccount, as_of: datetime, months: int = MONTHS) -> list[CalendarItem]:
    """The account's calendar from ``as_of`` on for ``months`` months, oldest first; the next of each kind also where it is later."""
    today = business_date(as_of, account.zone)
    running = list(
        Subscription.objects.running()
        .filter(account=account, tariff__isnull=False)
        .select_related("instance__product", "tariff__product")
        .order_by("pk")
    )
    facts = _read_facts(account, running, as_of, today, add_months(today, months))
    steps = [*_invoice_items(facts), *_usage_items(facts, running)]
    for subscription in running:
        subscription.account = account
        steps += _subscription_items(subscription, facts)
    ahead = [step for step in steps if step.day >= today and (step.at is None or step.at > as_of)]
    return sorted(ahead, key=lambda item: (item.day, ORDER[item.step], item.uid))


def months_of(
    ahead: Iterable[CalendarItem], *, today: date, overdue_minor: int = 0, months: int = MONTHS
) -> list[Month]:
    """Returns the sums of the running month and those after it; ``overdue_minor`` belongs to the running one."""
    first = month_start(today)
    starts = [add_months(first, number) for number in range(months)]
    sums = dict.fromkeys(starts, 0)
    sums[first] = overdue_minor
    for item in ahead:
        start = month_start(item.day)
        if start in sums:
            sums[start] += item.money_minor
    return [Month(start, sums[start]) for start in starts]


def _read_facts(
    account: BillingAccount, running: Sequence[Subscription], as_of: datetime, today: date, until: date
) -> _Facts:
    subscription_ids = [subscription.pk for subscription in running]
    periods = (
        BillingPeriod.objects.filter(subscription__in=subscription_ids)
        .order_by("number")
        .select_related("tariff__product")
    )
    changes = TermsChange.objects.waiting().filter(subscription__in=subscription_ids)
    last_tries = (
        Collection.objects.filter(subscription__in=subscription_ids)
        .values_list("subscription")
        .annotate(day=Max("day"))
    )
    uncollected = (
        Charge.objects.uncollected()
        .filter(account=account)
        .order_by()
        .values_list("subscription")
        .annotate(sum=Sum("amount_minor"))
    )
    return _Facts(
        account=account,
        as_of=as_of,
        today=today,
        until=until,
        periods={row.subscription_id: row for row in periods},
        changes={row.subscription_id: row for row in changes.select_related("tariff__product")},
        seats=paid_counts(subscription.instance for subscription in running),
        last_try_dates=dict(last_tries),
        uncollected=dict(uncollected),
    )


def _invoice_items(facts: _Facts) -> Iterator[CalendarItem]:
    """Lists the dates of open invoices: the reminder, the last day, the lock."""
    account = facts.account
    open_invoices = Invoice.objects.open().filter(account=account, due_date__gte=facts.today)
    for invoice in open_invoices:
        for due_event in due.dues_of_invoice(invoice, account.zone):
            item = facts.item(INVOICE_STEPS[due_event.kind], due_event, invoice=invoice)
            if item.step == Step.DUE:  # the whole of its day
                item = replace(item, at=None, amount_minor=due_event.amount_minor)
            yield item


def _usage_items(facts: _Facts, running: Sequence[Subscription]) -> Iterator[CalendarItem]:
    """Returns the invoice of the 1st, which collects what is measured (M7)."""
    prepaid = {row.pk for row in running if row.tariff is not None and not row.is_metered}
    used = sum(amount for pk, amount in facts.uncollected.items() if pk not in prepaid)
    if used > 0:
        on = next_month(facts.account.open_month)
        days = max((row.priced_by.payment_days for row in running if row.pk not in prepaid), default=0)
        yield CalendarItem(
            Step.INVOICE,
            on,
            facts.account,
            amount_minor=used,
            is_estimate=True,
            pay_by=due_dates.payment_date(on, days) if days else None,
        )


def _subscription_items(subscription: Subscription, facts: _Facts) -> Iterator[CalendarItem]:
    """Lists what comes to one subscription by its own dates."""
    terms = subscription.priced_by.terms()
    if terms.is_metered:
        return
    if subscription.paid_from is None and subscription.trial_ends_on is not None:
        yield from _trial_items(subscription, facts)
    elif not terms.is_one_off and subscription.pk in facts.periods:
        yield from _paid_items(subscription, facts)
    if subscription.cancel_date is not None:
        ends = facts.midnight(subscription.cancel_date)
        yield CalendarItem(Step.END, subscription.cancel_date, facts.account, at=ends, subscription=subscription)


def _trial_items(subscription: Subscription, facts: _Facts) -> Iterator[CalendarItem]:
    last = subscription.trial_ends_on
    assert last is not None
    yield CalendarItem(Step.TRIAL_END, last, facts.account, subscription=subscription)
    if subscription.cancel_date is not None:
        return
    change = facts.changes.get(subscription.pk)
    if change is not None:
        yield from _start_items(subscription, change, facts)
        return
    since, zone = subscription.started_at, facts.account.zone
    for due_event in due.reminders_of(due.Kind.TRIAL_REMINDER, subscription, last, zone, known_since=since):
        yield facts.item(Step.REMINDER, due_event, subscription=subscription)
    for due_event in due.dues_of(due.Kind.TRANSITION, subscription, prepaid_periods.day_after(last), zone):
        yield facts.item(Step.TRIAL_LOCK, due_event, subscription=subscription)


def _start_items(subscription: Subscription, change: TermsChange, facts: _Facts) -> Iterator[CalendarItem]:
    """Lists the start of what was chosen during the trial, and the periods that follow."""
    tariff, day = change.tariff, change.effective_date
    terms, units = tariff.terms(), facts.units(subscription, tariff, change.quantity)
    span = prepaid_periods.first_span(terms, day)
    amount = int(prepaid_periods.explain_period(terms, units, span)["amount_minor"])
    yield CalendarItem(
        Step.START,
        day,
        facts.account,
        subscription=subscription,
        tariff=tariff,
        amount_minor=amount,
        is_estimate=tariff.metric == Metric.PAID_MEMBERS,
        pay_by=due_dates.payment_date(day, terms.payment_days),
    )
    yield from _renewal_items(subscription, tariff, units, span.end, day, facts)


def _paid_items(subscription: Subscription, facts: _Facts) -> Iterator[CalendarItem]:
    yield from _seat_items(subscription, facts)
    if subscription.cancel_date is not None:
        return
    period, change = facts.periods[subscription.pk], facts.changes.get(subscription.pk)
    tariff, units = subscription.priced_by, facts.units(subscription, subscription.priced_by, None)
    if change is not None and change.effective_date <= period.end:
        tariff, units = change.tariff, facts.units(subscription, change.tariff, change.quantity)
        # A period that is paid beforehand begins on the new terms already.
        starts_on_new_terms = change.effective_date <= period.start and facts.today < period.start
        day = period.start if starts_on_new_terms else period.end
        yield CalendarItem(
            Step.CHANGE, day, facts.account, subscription=subscription, tariff=tariff, quantity=change.quantity
        )
    yield from _items_before_renewal(subscription, tariff, units, period.end, facts)
    yield from _renewal_items(subscription, tariff, units, period.end, subscription.anchor_date, facts)


def _seat_items(subscription: Subscription, facts: _Facts) -> Iterator[CalendarItem]:
    amount, on = facts.uncollected.get(subscription.pk, 0), subscription.next_transition_date
    if amount > 0 and on is not None:
        pay_by = due_dates.payment_date(on, subscription.priced_by.payment_days)
        yield CalendarItem(Step.SEATS, on, facts.account, subscription=subscription, amount_minor=amount, pay_by=pay_by)


def _items_before_renewal(
    subscription: Subscription, tariff: Tariff, units: int, on: date, facts: _Facts
) -> Iterator[CalendarItem]:
    """Returns the tries to collect it and what follows if they fail (E8), or the reminders of a year's charge (B4)."""
    zone = facts.account.zone
    if subscription.priced_by.renewal == Renewal.COLLECTED:
        amount = price(tariff.terms(), units)
        last_try = facts.last_try_dates.get(subscription.pk)
        collection = due.next_collection(subscription, on, zone, last_try=last_try, amount_minor=amount)
        if collection is not None:
            yield facts.item(Step.COLLECT, collection, subscription=subscription, amount_minor=amount)
        for due_event in due.dues_of(due.Kind.TRANSITION, subscription, prepaid_periods.day_after(on), zone):
            yield facts.item(Step.UNPAID_END, due_event, subscription=subscription)
    elif tariff.interval_months == due.YEAR_MONTHS:
        since = facts.periods[subscription.pk].opened_at
        for due_event in due.reminders_of(due.Kind.YEARLY_REMINDER, subscription, on, zone, known_since=since):
            yield facts.item(Step.REMINDER, due_event, subscription=subscription)


def _renewal_items(
    subscription: Subscription, tariff: Tariff, units: int, on: date, anchor: date | None, facts: _Facts
) -> Iterator[CalendarItem]:
    """Returns the next renewal, and those after it within the calendar's months, at the units of now."""
    terms = tariff.terms()
    amount, is_first = price(terms, units), True
    while is_first or on < facts.until:
        if amount:
            pay_by = None if tariff.renewal == Renewal.COLLECTED else due_dates.payment_date(on, terms.payment_days)
            yield CalendarItem(
                Step.RENEWAL,
                on,
                facts.account,
                subscription=subscription,
                tariff=tariff,
                amount_minor=amount,
                is_estimate=not is_first or tariff.metric == Metric.PAID_MEMBERS,
                pay_by=pay_by,
            )
        on, is_first = prepaid_periods.next_span(terms, anchor, on).end, False
