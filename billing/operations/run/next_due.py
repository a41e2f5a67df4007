"""The next instant at which something falls due, where the sandbox's clock stops: a quiet year costs a dozen stops."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Min

from billing.models import JobRun, Notice, Seller, WebhookDelivery
from billing.operations.cycle import due
from billing.operations.jobs import MOST_ATTEMPTS
from billing.operations.run import reminders
from billing.pricing import due_dates
from billing.pricing.periods import MORNING, at_hour


def _next_retries(after: datetime) -> Iterator[datetime]:
    """Lists the next attempts of what has failed: work that was set aside, mails and webhooks that did not go out."""
    jobs = JobRun.objects.filter(attempts__lt=MOST_ATTEMPTS, next_attempt_at__gt=after)
    notices = Notice.objects.filter(state=Notice.State.WAITING, next_attempt_at__gt=after)
    deliveries = WebhookDelivery.objects.filter(state=WebhookDelivery.State.WAITING, next_attempt_at__gt=after)
    for waiting in (jobs, notices, deliveries):
        yield from filter(None, [waiting.aggregate(first=Min("next_attempt_at"))["first"]])


def _next_late_reminders(after: datetime) -> Iterator[datetime]:
    """Lists the next ten o'clock at which the run reminds of a trial or a yearly charge whose own day has passed: the trial was
    shorter, or the paid time began later."""
    for zone in sorted(set(Seller.objects.values_list("time_zone", flat=True))):
        morning = at_hour(due_dates.next_day_at(MORNING, after=after, zone=zone), MORNING, zone)
        if reminders.trials_to_remind_of(morning) or reminders.renewals_to_remind_of(morning):
            yield morning


def next_due(after: datetime, until: datetime) -> datetime | None:
    """Finds the first instant in ``(after, until)`` at which something falls due or is retried; None where nothing does."""
    instants = [
        *(due_item.at for due_item in due.next_dues(after=after)),
        *_next_late_reminders(after),
        *_next_retries(after),
    ]
    return min((instant for instant in instants if after < instant < until), default=None)
