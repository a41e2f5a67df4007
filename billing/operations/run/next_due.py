"""When something falls due next: what the sandbox's clock stops at on its way, so that a quiet year costs a dozen stops."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Min

from billing.models import (
    BillingAccount,
    Credit,
    Invoice,
    JobRun,
    Notice,
    Relief,
    Seller,
    Subscription,
    WebhookDelivery,
)
from billing.operations.collection import dunning
from billing.operations.cycle import access
from billing.operations.jobs import MOST_ATTEMPTS
from billing.operations.run import reminders
from billing.operations.settlement import offers
from billing.pricing.periods import MORNING, at_hour, business_date, next_month, start_of_day
from billing.pricing.terms import Renewal


def _months(after: datetime) -> Iterator[datetime]:
    """The next 1st at 00:00 of every billing zone: months close and open (M6, M7)."""
    zones = set(Seller.objects.values_list("time_zone", flat=True)) or {settings.BILLING_TIME_ZONE}
    for zone in zones:
        yield start_of_day(next_month(business_date(after, zone)), zone)


def _locks(after: datetime) -> Iterator[datetime]:
    """The midnight after the next due date of an open invoice (M8)."""
    for seller in Seller.objects.all():
        coming = Invoice.objects.filter(
            seller=seller, open_minor__gt=0, due_date__gte=business_date(after, seller.time_zone)
        )
        due_date = coming.aggregate(first=Min("due_date"))["first"]
        if due_date is not None:
            yield access.locks_from(due_date, seller.time_zone)


def _reminders(after: datetime) -> Iterator[datetime]:
    """Ten o'clock of the day on which the next open invoice is to be reminded of (D12)."""
    told = Notice.objects.filter(kind=reminders.KIND, invoice__isnull=False).values("invoice")
    for seller in Seller.objects.all():
        zone = seller.time_zone
        today = business_date(after, zone)
        first_day = today if after < at_hour(today, MORNING, zone) else today + timedelta(days=1)
        coming = Invoice.objects.filter(seller=seller, open_minor__gt=0, due_date__gte=first_day).exclude(pk__in=told)
        due_date = coming.aggregate(first=Min("due_date"))["first"]
        if due_date is not None:
            day = max(first_day, due_date - timedelta(days=reminders.DAYS_BEFORE_DUE))
            yield at_hour(day, MORNING, zone)


def _reliefs(after: datetime) -> Iterator[datetime]:
    """The next end of a relief (M16)."""
    running = Relief.objects.filter(withdrawn_at=None, ends_at__gt=after)
    yield from filter(None, [running.aggregate(first=Min("ends_at"))["first"]])


def _retries(after: datetime) -> Iterator[datetime]:
    """The next attempt of what has failed: work that was set aside, mails and webhooks that did not go out."""
    work = JobRun.objects.filter(attempts__lt=MOST_ATTEMPTS, next_attempt_at__gt=after)
    mails = Notice.objects.filter(state=Notice.State.WAITING, next_attempt_at__gt=after)
    hooks = WebhookDelivery.objects.filter(state=WebhookDelivery.State.WAITING, next_attempt_at__gt=after)
    for waiting in (work, mails, hooks):
        yield from filter(None, [waiting.aggregate(first=Min("next_attempt_at"))["first"]])


def _lapses(after: datetime) -> Iterator[datetime]:
    """The day on which what is left of a bonus is written off (D11)."""
    held = Credit.objects.filter(kind=Credit.Kind.BONUS, unapplied_minor__gt=0).values("account")
    for account in BillingAccount.objects.filter(pk__in=held).select_related("seller"):
        lapses_on = offers.bonus_lapses_on(account)
        if lapses_on is not None:
            yield start_of_day(lapses_on, account.zone)


def _turns(after: datetime) -> Iterator[datetime]:
    """The next midnight at which a trial ends, or paid time begins, is renewed or ends (D12)."""
    for seller in Seller.objects.all():
        zone = seller.time_zone
        coming = Subscription.objects.running().filter(account__seller=seller, turns_on__gt=business_date(after, zone))
        day = coming.aggregate(first=Min("turns_on"))["first"]
        if day is not None:
            yield start_of_day(day, zone)


def _mornings(after: datetime) -> Iterator[datetime]:
    """Ten o'clock of the next day with a trial to remind of, a yearly charge to remind of, or a renewal to collect."""
    for seller in Seller.objects.all():
        zone = seller.time_zone
        today = business_date(after, zone)
        first_day = today if after < at_hour(today, MORNING, zone) else today + timedelta(days=1)
        running = Subscription.objects.running().filter(account__seller=seller, cancel_date=None)
        days = [
            *_days_before(running.filter(paid_from=None), "trial_ends_on", reminders.TRIAL_DAYS_LEFT, first_day),
            *_days_before(
                running.filter(tariff__interval_months=reminders.YEAR, paid_from__isnull=False),
                "turns_on",
                reminders.YEARLY_DAYS_LEFT,
                first_day,
            ),
            *_days_before(
                running.filter(tariff__renewal=Renewal.COLLECTED, paid_from__isnull=False),
                "turns_on",
                range(1, dunning.DAYS_BEFORE + 2),
                first_day,
            ),
        ]
        yield from (at_hour(day, MORNING, zone) for day in days)


def _days_before(rows: Any, field: str, numbers: Iterable[int], first_day: date) -> Iterator[date]:
    """For each number of days: the first day, not before ``first_day``, that is so many days before the ``field`` of a row."""
    for number in numbers:
        coming = rows.filter(**{f"{field}__gte": first_day + timedelta(days=number)})
        day = coming.aggregate(first=Min(field))["first"]
        if day is not None:
            yield day - timedelta(days=number)


SOURCES = (_months, _locks, _reminders, _reliefs, _retries, _lapses, _turns, _mornings)


def next_due(after: datetime, until: datetime) -> datetime | None:
    """The first instant in ``(after, until)`` at which something falls due; None where nothing does."""
    coming = (instant for source in SOURCES for instant in source(after))
    return min((instant for instant in coming if after < instant < until), default=None)
