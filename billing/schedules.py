"""The one table of schedules. `manage.py sync_schedules` makes django-q's rows equal to it; nobody edits them by hand."""

from dataclasses import dataclass

from django_q.models import Schedule


@dataclass(frozen=True)
class Planned:
    """A function of `billing.tasks` and how often it is nudged (``cron`` in the billing time zone, else every minute)."""

    func: str
    cron: str = ""


SCHEDULES = {
    "billing: what is due": Planned("billing.tasks.run_billing"),
    "billing: heartbeat": Planned("billing.tasks.heartbeat"),
    "billing: proof of the books": Planned("billing.tasks.check_books", cron="30 3 * * *"),
}


def sync() -> int:
    """Makes the schedules of the table, and no others of ours, exist; returns how many there are. Safe to repeat."""
    Schedule.objects.filter(name__startswith="billing: ").exclude(name__in=SCHEDULES).delete()
    for name, planned in SCHEDULES.items():
        kind = Schedule.CRON if planned.cron else Schedule.MINUTES
        values = {
            "func": planned.func,
            "schedule_type": kind,
            "cron": planned.cron or None,
            "minutes": 1,
            "repeats": -1,
        }
        if not Schedule.objects.filter(name=name, **values).exists():
            Schedule.objects.update_or_create(name=name, defaults=values)
    return len(SCHEDULES)
