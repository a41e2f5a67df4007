"""Transitions: what happens to a prepaid subscription by itself at 00:00 of a day (D12): trials end, paid time starts, is
renewed or ends.

A transition is a fact of the calendar, not of a job: whoever touches the account first carries out those that are due, oldest
first (`month_close.catch_up`), each to the state of its own midnight (D2, G9).
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


def set_next_date(subscription: Subscription, done_on: date | None = None) -> None:
    """Stores the day of the next transition of ``subscription``; to be called after whatever may change it. ``done_on``: the
    day whose transitions have just been carried out, which are not carried out again."""
    day = next_transition_date(subscription)
    if done_on is not None and day is not None:
        day = max(day, prepaid_periods.day_after(done_on))
    if subscription.next_transition_date != day:
        subscription.next_transition_date = day
        subscription.save(update_fields=["next_transition_date"])


def next_transition_date(subscription: Subscription) -> date | None:
    """Returns the next day on which ``subscription`` has a transition; None where it has none (metered months are the account's)."""
    if subscription.terminated_at is not None or subscription.tariff is None or subscription.tariff.terms().is_metered:
        return None
    days = [subscription.cancel_date] if subscription.cancel_date else []
    period = prepaid_periods.last_period(subscription)
    if period is None:
        if subscription.trial_ends_on is not None and not _is_trial_end_announced(subscription):
            days.append(prepaid_periods.day_after(subscription.trial_ends_on))
        return min(days, default=None)
    if not subscription.priced_by.terms().is_one_off:
        days.append(_renewal_transition_date(subscription, period))
    paid_period = scheduled_changes.period_paid_ahead(subscription)
    days += [paid_period.start] if paid_period is not None else []
    days += _daily_invoice_dates(subscription)
    return min(days, default=None)


def _is_trial_end_announced(subscription: Subscription) -> bool:
    last = subscription.changes.filter(kind__in=[Kind.TRIAL_ENDED, Kind.TRIAL_EXTENDED]).order_by("-pk").first()
    return last is not None and last.kind == Kind.TRIAL_ENDED


def _renewal_transition_date(subscription: Subscription, period: BillingPeriod) -> date:
    """Returns the day the next period begins; one day later where the money is still being collected on it (E8)."""
    collected = subscription.priced_by.renewal == Renewal.COLLECTED
    return prepaid_periods.day_after(period.end) if collected else period.end


def _daily_invoice_dates(subscription: Subscription) -> list[date]:
    """Returns the day after seats were added that the invoice of that day is to bill (B7, annual). Charges that come to nothing get no
    invoice of their own: the next one bills them."""
    if (subscription.priced_by.interval_months or 1) == 1:
        return []
    billed_together = Q(subscription=subscription) | Q(subscription=None)
    uncollected = Charge.objects.uncollected().filter(billed_together, account=subscription.account)
    last_added = uncollected.filter(kind=Charge.Kind.SEAT_ADDED).order_by("pk").last()
    if last_added is None or sum(row.amount_minor for row in uncollected) <= 0:
        return []
    return [prepaid_periods.day_after(business_date(last_added.posted_at, subscription.account.zone))]


def first_due_date(account: BillingAccount, today: date) -> date | None:
    """Returns the first day up to ``today`` on which a subscription of ``account`` has a transition; None where none has."""
    due = Subscription.objects.running().filter(account=account, next_transition_date__lte=today)
    return due.order_by("next_transition_date").values_list("next_transition_date", flat=True).first()


def carry_out_transitions(account: BillingAccount, day: date, as_of: datetime) -> Invoice | None:
    """Carries out every transition of ``day`` on ``account`` (locked by the caller) and bills what begins with one invoice."""
    due = Subscription.objects.running().filter(account=account, next_transition_date=day)
    to_bill: list[Subscription] = []
    for subscription in due.select_related("tariff__product", "instance__customer", "instance__product").order_by("pk"):
        subscription.account = account
        if _carry_out_transition(subscription, day, as_of):
            to_bill.append(subscription)
        else:
            set_next_date(subscription, done_on=day)
    invoice = issuing.issue_prepaid(
        account=account, subscriptions=to_bill, key=f"turn:{account.number}:{day.isoformat()}", as_of=as_of
    )
    for subscription in to_bill:
        set_next_date(subscription, done_on=day)
        access.announce(subscription.instance, as_of=as_of, subscription=subscription)
    return invoice


def _carry_out_transition(subscription: Subscription, day: date, as_of: datetime) -> bool:
    """Carries out the transition of one subscription; True where something is to be billed now."""
    if subscription.cancel_date is not None and subscription.cancel_date <= day:
        termination.end_subscription(
            subscription, at=start_of_day(day, subscription.account.zone), as_of=as_of, reason="cancelled"
        )
        return False
    for open_period in subscription.periods.filter(closed_at=None, end__lt=day):
        open_period.close(as_of)
    period = prepaid_periods.last_period(subscription)
    if period is None:
        return _end_trial(subscription, day, as_of)
    paid_period = scheduled_changes.period_paid_ahead(subscription)
    if paid_period is not None and paid_period.start <= day:
        scheduled_changes.take_effect(subscription=subscription, on=paid_period.start, as_of=as_of)
    if subscription.priced_by.renewal == Renewal.COLLECTED and prepaid_periods.day_after(period.end) <= day:
        return _renew_or_end(subscription, period, as_of)
    if subscription.priced_by.renewal == Renewal.INVOICED and period.end <= day:
        renew(subscription, period.end, as_of)
    return True


def _end_trial(subscription: Subscription, day: date, as_of: datetime) -> bool:
    """Ends the trial: the tariff chosen during it begins, or the instance is read-only until one is chosen (B2)."""
    change = scheduled_changes.waiting_change(subscription)
    if change is not None and change.effective_date <= day:
        scheduled_changes.apply_change(change, subscription, as_of=as_of)
        start_paid_time(subscription, day, as_of=as_of)
        return True
    SubscriptionChange.objects.create(
        subscription=subscription, kind=Kind.TRIAL_ENDED, at=start_of_day(day, subscription.account.zone)
    )
    outbox.emit(
        "subscription.trial_ended", at=as_of, subscription=subscription, data=outbox.subscription_data(subscription)
    )
    notices.queue_trial_ended(subscription=subscription, at=as_of)
    access.announce(subscription.instance, as_of=as_of, subscription=subscription)
    return False


def start_paid_time(
    subscription: Subscription, day: date, *, as_of: datetime, within_day: bool = False, actor: str = ""
) -> Charge | None:
    """Opens the first paid period of ``subscription`` on ``day`` and charges it (B3, B4, E5); the caller issues the invoice.

    ``within_day``: people are counted at ``as_of`` and not at the midnight of ``day``. None where nothing is charged.
    """
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
    """Opens the period of ``subscription`` that begins on ``on`` and charges it, on the terms scheduled for it (B3, E5, D7).

    Where it is paid before it begins (E8), the scheduled terms wait for its first day. None where nothing is charged.
    """
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
        data={
            **outbox.subscription_data(subscription),
            "period": {"start": span.start.isoformat(), "end": span.end.isoformat()},
        },
    )
    if charge is not None:
        notices.queue_renewed(subscription=subscription, charge=charge, at=as_of)
    return charge


def _renew_or_end(subscription: Subscription, period: BillingPeriod, as_of: datetime) -> bool:
    """Renews from the balance where it pays for the period that began on the payment date; else ends the subscription (E8)."""
    if subscription_status.is_covered(subscription, period.end):
        renew(subscription, period.end, as_of)
        return True
    deadline = start_of_day(prepaid_periods.day_after(period.end), subscription.account.zone)
    termination.end_subscription(subscription, at=deadline, as_of=as_of, reason="unpaid")
    return False
