"""The table of schedules. `manage.py sync_schedules` makes django-q's rows equal to it; nobody edits them by hand."""

from dataclasses import dataclass

from django_q.models import Schedule


@dataclass(frozen=True)
class ScheduledTask:
    """A function of `billing.tasks` and how often it is called (``cron`` in the billing time zone, else every minute)."""

    func: str
    cron: str = ""


SCHEDULES = {
    "billing: what is due": ScheduledTask("billing.tasks.run_billing"),
    "billing: heartbeat": ScheduledTask("billing.tasks.heartbeat"),
    "billing: proof of the books": ScheduledTask("billing.tasks.check_books", cron="30 3 * * *"),
}


def sync_schedules() -> int:
    """Makes django-q's "billing: …" schedules equal to the table; returns how many there are. Safe to repeat."""
    Schedule.objects.filter(name__startswith="billing: ").exclude(name__in=SCHEDULES).delete()
    for name, task in SCHEDULES.items():
        kind = Schedule.CRON if task.cron else Schedule.MINUTES
        values = {"func": task.func, "schedule_type": kind, "cron": task.cron or None, "minutes": 1, "repeats": -1}
        if not Schedule.objects.filter(name=name, **values).exists():
            Schedule.objects.update_or_create(name=name, defaults=values)
    return len(SCHEDULES)
