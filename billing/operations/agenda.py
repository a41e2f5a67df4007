"""When something falls due next: what the sandbox's clock stops at on its way, so that a quiet year costs a dozen stops."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min

from billing.models import BillingAccount, Credit, Invoice, JobRun, Notice, Relief, Seller
from billing.operations import access, offers, reminders
from billing.operations.jobs import MOST_ATTEMPTS
from billing.pricing.periods import at_hour, business_date, next_month, start_of_day


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
        first_day = today if after < at_hour(today, reminders.HOUR, zone) else today + timedelta(days=1)
        coming = Invoice.objects.filter(seller=seller, open_minor__gt=0, due_date__gte=first_day).exclude(pk__in=told)
        due_date = coming.aggregate(first=Min("due_date"))["first"]
        if due_date is not None:
            day = max(first_day, due_date - timedelta(days=reminders.DAYS_BEFORE_DUE))
            yield at_hour(day, reminders.HOUR, zone)


def _reliefs(after: datetime) -> Iterator[datetime]:
    """The next end of a relief (M16)."""
    running = Relief.objects.filter(withdrawn_at=None, ends_at__gt=after)
    yield from filter(None, [running.aggregate(first=Min("ends_at"))["first"]])


def _retries(after: datetime) -> Iterator[datetime]:
    """The next attempt of what has failed: work that was set aside, mails that did not go out."""
    work = JobRun.objects.filter(attempts__lt=MOST_ATTEMPTS, next_attempt_at__gt=after)
    mails = Notice.objects.filter(state=Notice.State.WAITING, next_attempt_at__gt=after)
    for waiting in (work, mails):
        yield from filter(None, [waiting.aggregate(first=Min("next_attempt_at"))["first"]])


def _lapses(after: datetime) -> Iterator[datetime]:
    """The day on which what is left of a bonus is written off (D11)."""
    held = Credit.objects.filter(kind=Credit.Kind.BONUS, unapplied_minor__gt=0).values("account")
    for account in BillingAccount.objects.filter(pk__in=held).select_related("seller"):
        lapses_on = offers.bonus_lapses_on(account)
        if lapses_on is not None:
            yield start_of_day(lapses_on, account.zone)


SOURCES = (_months, _locks, _reminders, _reliefs, _retries, _lapses)


def next_due(after: datetime, until: datetime) -> datetime | None:
    """The first instant in ``(after, until)`` at which something falls due; None where nothing does."""
    coming = (instant for source in SOURCES for instant in source(after))
    return min((instant for instant in coming if after < instant < until), default=None)
