"""Work in the background: jobs only nudge, the rows say what is due (G9).

`enqueue` puts a nudge into django-q's table inside the caller's transaction, so it exists if and only if the fact does.
`attempt` counts a start before the work begins: work that kills its worker stops after a few starts and is visible.
"""

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet

from billing.models import JobRun

logger = logging.getLogger("billing")

# Starts after which work is left alone until somebody looks at it.
MOST_ATTEMPTS = 5
# What a nudge may call: queued payloads are data, and data must not choose code.
ALLOWED = frozenset({"billing.tasks.collect", "billing.tasks.deliver"})

_left_to_caller: ContextVar[bool] = ContextVar("left_to_caller", default=False)


@contextmanager
def leave_jobs_to_caller() -> Iterator[None]:
    """Enqueues nothing within it: the caller does the queued work itself (the sandbox's clock, the sample)."""
    token = _left_to_caller.set(True)
    try:
        yield
    finally:
        _left_to_caller.reset(token)


def enqueue(task: str, argument: str) -> None:
    """Asks a worker to call ``task`` soon; ``argument`` is an id. Nothing is lost if it never comes: a sweep follows."""
    from django_q.tasks import async_task

    if task not in ALLOWED:
        raise ValueError(f"{task} is not a task")
    if not _left_to_caller.get():
        async_task(task, argument)


def delay_after(attempts: int) -> timedelta:
    """Returns the wait before the next start: 1, 5, 25, 125 … minutes."""
    return timedelta(minutes=5 ** max(attempts - 1, 0))


def blocked_keys(kind: str, as_of: datetime) -> QuerySet[JobRun, str]:
    """Reads the keys of work of ``kind`` that is not to be started at ``as_of``: given up, or waiting for its next attempt."""
    waiting = JobRun.objects.filter(kind=kind).filter(Q(attempts__gte=MOST_ATTEMPTS) | Q(next_attempt_at__gt=as_of))
    return waiting.values_list("key", flat=True)


def attempt(
    *, kind: str, key: str, as_of: datetime, work: Callable[[], object], makes_transactions: bool = False
) -> bool:
    """Does ``work`` (a transaction of its own) as the piece ``key`` of ``kind``; False where it failed and was set aside.

    The start is committed before the work; its end in the same transaction as the work, unless that
    ``makes_transactions`` itself and is safe to repeat. An error is kept, not raised: one bad account must not stop the
    others.
    """
    with transaction.atomic():
        run, created = JobRun.objects.get_or_create(
            kind=kind, key=key, defaults={"started_at": as_of, "next_attempt_at": as_of, "attempts": 1}
        )
        if not created:
            JobRun.objects.filter(pk=run.pk).update(attempts=F("attempts") + 1, started_at=as_of)
    try:
        with nullcontext() if makes_transactions else transaction.atomic():
            work()
            JobRun.objects.filter(pk=run.pk).delete()
    except Exception:  # whatever it was: it is kept for support and tried again later
        JobRun.objects.filter(pk=run.pk).update(
            last_error=traceback.format_exc()[-4000:], next_attempt_at=as_of + delay_after(run.attempts + (not created))
        )
        return False
    return True


def record_failure(*, kind: str, key: str, as_of: datetime) -> None:
    """Keeps the error that is being handled as the piece ``key`` of ``kind``, for staff and the health page; whoever fails decides
    when it is tried again. Where the database itself is what failed, the log alone has it."""
    values = {
        "attempts": 1,
        "started_at": as_of,
        "next_attempt_at": as_of,
        "last_error": traceback.format_exc()[-4000:],
    }
    try:
        with transaction.atomic():
            JobRun.objects.update_or_create(kind=kind, key=key, defaults=values)
    except DatabaseError:
        logger.exception("the failure of %s %s could not be kept", kind, key)


def forget_failures(*, kind: str) -> None:
    """Forgets the failures kept by `record_failure`: the work came to its end."""
    JobRun.objects.filter(kind=kind).delete()


def retry(*, run: JobRun, as_of: datetime) -> None:
    """Lets work that was set aside start again at once: somebody has looked at it."""
    JobRun.objects.filter(pk=run.pk).update(attempts=0, next_attempt_at=as_of)
