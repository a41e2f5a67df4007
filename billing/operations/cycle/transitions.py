"""Turns: what happens to a prepaid subscription by itself at 00:00 of a day (D12): trials end, paid time starts, is renewed
or ends.

A turn is a fact of the calendar, not of a job: whoever touches the account first takes those that are due, oldest first
(`closing.catch_up`), each to the state of its own midnight (D2, G9).
"""

from datetime import date, datetime

from django.db.models import Q

from billing import notices
from billing.models import BillingAccount, BillingPeriod, Charge, Invoice, Subscription, SubscriptionChange
from billing.operations.cycle import access, prepaid_periods, scheduled_changes, subscription_status, termination
from billing.operations.events import outbox
from billing.operations.invoices import issuing
from billing.pricing.periods import business_date, start_of_day
from billing.pricing.terms import Cycle, Renewal

Kind = SubscriptionChange.Kind


def plan(subscription: Subscription, taken: date | None = None) -> None:
    """Writes when something happens to ``subscription`` next; to be called after whatever may change it. ``taken``: the day
    whose turn has just been taken, and is not taken again."""
    day = next_turn(subscription)
    if taken is not None and day is not None:
        day = max(day, prepaid_periods.day_after(taken))
    if subscription.turns_on != day:
        subscription.turns_on = day
        subscription.save(update_fields=["turns_on"])


def next_turn(subscription: Subscription) -> date | None:
    """The next day on which something happens by itself; None where nothing does (METEOR's months are the account's)."""
    if subscription.terminated_at is not None or subscription.tariff is None or subscription.tariff.terms().is_metered:
        return None
    days = [subscription.cancel_date] if subscription.cancel_date else []
    period = prepaid_periods.last_period(subscription)
    if period is None:
        if subscription.trial_ends_on is not None and not _trial_told(subscription):
            days.append(prepaid_periods.day_after(subscription.trial_ends_on))
        return min(days, default=None)
    if not subscription.priced_by.terms().is_one_off:
        days.append(_renewal_turn(subscription, period))
    ahead = scheduled_changes.paid_ahead(subscription)
    days += [ahead.start] if ahead is not None else []
    days += _daily_invoice(subscription)
    return min(days, default=None)


def _trial_told(subscription: Subscription) -> bool:
    last = subscription.changes.filter(kind__in=[Kind.TRIAL_ENDED, Kind.TRIAL_EXTENDED]).order_by("-pk").first()
    return last is not None and last.kind == Kind.TRIAL_ENDED


def _renewal_turn(subscription: Subscription, period: BillingPeriod) -> date:
    """The day the next period begins; one day later where the money is still being collected on it (E8)."""
    collected = subscription.priced_by.renewal == Renewal.COLLECTED
    return prepaid_periods.day_after(period.end) if collected else period.end


def _daily_invoice(subscription: Subscription) -> list[date]:
    """The day after the seats that wait for the invoice of their day (B7, annual). What comes to nothing waits for none: its
    charges are taken along by the next invoice."""
    if (subscription.priced_by.interval_months or 1) == 1:
        return []
    mine = Q(subscription=subscription) | Q(subscription=None)
    waiting = Charge.objects.uncollected().filter(mine, account=subscription.account)
    added = waiting.filter(kind=Charge.Kind.SEAT_ADDED).order_by("pk").last()
    if added is None or sum(row.amount_minor for row in waiting) <= 0:
        return []
    return [prepaid_periods.day_after(business_date(added.posted_at, subscription.account.zone))]


def first_due(account: BillingAccount, today: date) -> date | None:
    """The first day on which one of the account's subscriptions has a turn that is due; None where none has."""
    found = Subscription.objects.running().filter(account=account, turns_on__lte=today)
    return found.order_by("turns_on").values_list("turns_on", flat=True).first()


def take(account: BillingAccount, day: date, as_of: datetime) -> Invoice | None:
    """Takes every turn of ``day`` (the caller holds the account's lock), and bills what begins with one invoice."""
    due = Subscription.objects.running().filter(account=account, turns_on=day)
    begun: list[Subscription] = []
    for subscription in due.select_related("tariff__product", "instance__customer", "instance__product").order_by("pk"):
        subscription.account = account
        if _turn(subscription, day, as_of):
            begun.append(subscription)
        else:
            plan(subscription, taken=day)
    invoice = issuing.issue_prepaid(
        account=account, subscriptions=begun, key=f"turn:{account.number}:{day.isoformat()}", as_of=as_of
    )
    for subscription in begun:
        plan(subscription, taken=day)
        access.announce(subscription.instance, as_of=as_of, subscription=subscription)
    return invoice


def _turn(subscription: Subscription, day: date, as_of: datetime) -> bool:
    """One subscription's turn; True where something is to be billed now."""
    if subscription.cancel_date is not None and subscription.cancel_date <= day:
        termination.end_subscription(
            subscription, at=start_of_day(day, subscription.account.zone), as_of=as_of, reason="cancelled"
        )
        return False
    for ended in subscription.periods.filter(closed_at=None, end__lt=day):
        ended.close(as_of)
    period = prepaid_periods.last_period(subscription)
    if period is None:
        return _end_trial(subscription, day, as_of)
    ahead = scheduled_changes.paid_ahead(subscription)
    if ahead is not None and ahead.start <= day:
        scheduled_changes.take_effect(subscription=subscription, on=ahead.start, as_of=as_of)
    if subscription.priced_by.renewal == Renewal.COLLECTED and prepaid_periods.day_after(period.end) <= day:
        return _renew_or_end(subscription, period, as_of)
    if subscription.priced_by.renewal == Renewal.INVOICED and period.end <= day:
        renew(subscription, period.end, as_of)
    return True


def _end_trial(subscription: Subscription, day: date, as_of: datetime) -> bool:
    """The trial is over: what was chosen during it begins, or the instance is read-only until a choice is made (B2)."""
    change = scheduled_changes.waiting_change(subscription)
    if change is not None and change.effective_date <= day:
        scheduled_changes.apply(change, subscription, as_of=as_of)
        start(subscription, day, as_of=as_of)
        return True
    SubscriptionChange.objects.create(
        subscription=subscription, kind=Kind.TRIAL_ENDED, at=start_of_day(day, subscription.account.zone)
    )
    outbox.emit("subscription.trial_ended", at=as_of, subscription=subscription, data=outbox.about(subscription))
    notices.queue_trial_ended(subscription=subscription, at=as_of)
    access.announce(subscription.instance, as_of=as_of, subscription=subscription)
    return False


def start(
    subscription: Subscription, day: date, *, as_of: datetime, within_day: bool = False, actor: str = ""
) -> Charge | None:
    """The paid time begins on ``day``: the first period and its charge (B3, B4, E5). The caller bills it."""
    terms = subscription.priced_by.terms()
    subscription.anchor_date = day if terms.cycle == Cycle.ANNIVERSARY else None
    subscription.paid_from = day
    subscription.save(update_fields=["anchor_date", "paid_from"])
    if subscription.instance.is_test:  # with the first paid day it is a test environment no more (C1)
        subscription.instance.is_test = False
        subscription.instance.save(update_fields=["is_test"])
    charge = prepaid_periods.open_period(
        subscription=subscription,
        tariff=subscription.priced_by,
        bought=subscription.quantity,
        span=prepaid_periods.first_span(terms, day),
        kind=Charge.Kind.START,
        as_of=as_of,
        within_day=within_day,
        actor=actor,
    )
    SubscriptionChange.objects.create(
        subscription=subscription,
        kind=Kind.STARTED,
        at=as_of,
        actor=actor,
        to_tariff=subscription.tariff,
        to_quantity=subscription.quantity,
    )
    if charge is not None:
        notices.queue_started(subscription=subscription, charge=charge, at=as_of)
    return charge


def renew(subscription: Subscription, on: date, as_of: datetime) -> Charge | None:
    """The next period begins on ``on``, on the terms scheduled for it where there are any (B3, E5, D7). Where it is paid
    before it begins (E8), they wait for its first day."""
    tariff, bought = scheduled_changes.terms_on(subscription, on)
    if on <= business_date(as_of, subscription.account.zone):
        scheduled_changes.take_effect(subscription=subscription, on=on, as_of=as_of)
    span = prepaid_periods.next_span(tariff.terms(), subscription.anchor_date, on)
    charge = prepaid_periods.open_period(
        subscription=subscription, tariff=tariff, bought=bought, span=span, kind=Charge.Kind.RENEWAL, as_of=as_of
    )
    SubscriptionChange.objects.create(subscription=subscription, kind=Kind.RENEWED, at=as_of, to_tariff=tariff)
    outbox.emit(
        "subscription.renewed",
        at=as_of,
        subscription=subscription,
        data={**outbox.about(subscription), "period": {"start": span.start.isoformat(), "end": span.end.isoformat()}},
    )
    if charge is not None:
        notices.queue_renewed(subscription=subscription, charge=charge, at=as_of)
    return charge


def _renew_or_end(subscription: Subscription, period: BillingPeriod, as_of: datetime) -> bool:
    """The payment date has passed: the balance still pays for the period that began on it, or the subscription ends (E8)."""
    if subscription_status.is_covered(subscription, period.end):
        renew(subscription, period.end, as_of)
        return True
    deadline = start_of_day(prepaid_periods.day_after(period.end), subscription.account.zone)
    termination.end_subscription(subscription, at=deadline, as_of=as_of, reason="unpaid")
    return False
