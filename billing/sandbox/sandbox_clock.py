"""The sandbox's clock: it stands still, and moving it runs everything that falls due on the way, in order.

It is the code that the schedules run in production (`billing_run.run_due`), called at every instant at which something falls
due on the way (`next_due.next_due`).
"""

from collections.abc import Callable
from datetime import UTC, date, datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing import clock
from billing.errors import BadInput, BillingError
from billing.models import BillingAccount
from billing.operations import jobs
from billing.operations.run import next_due
from billing.operations.run.billing_run import RunResult, run_due
from billing.pricing.periods import business_date, month_start
from billing.sandbox.models import SandboxClock

FURTHEST = date(2200, 1, 1)


def _refuse_outside() -> None:
    if not settings.BILLING_SANDBOX:
        raise BillingError(_("Only a sandbox has a clock that can be moved."), code="not_a_sandbox")


@transaction.atomic
def _set_first(to: datetime) -> None:
    """Sets the first time, which may lie in the past: accounts opened before it begin with the month that it falls in."""
    SandboxClock.objects.create(id=1, stands_at=to)
    for account in BillingAccount.objects.select_related("seller"):
        this_month = month_start(business_date(to, account.zone))
        if account.open_month > this_month:
            BillingAccount.objects.filter(pk=account.pk).update(open_month=this_month)


def advance(*, to: datetime, progress: Callable[[datetime], None] | None = None) -> RunResult:
    """Moves the sandbox to the instant ``to`` and runs what falls due on the way; returns what was done.

    The first call of an installation sets the clock, also to the past. After that it moves forward only: an earlier instant is
    refused (409), the same one again is accepted. ``progress`` is called at every stop.
    """
    _refuse_outside()
    to = to.astimezone(UTC)
    if to.date() >= FURTHEST or to.year < 2000:
        raise BadInput(_("Choose an instant between 2000 and 2199."), field="now")
    done = RunResult()
    stands_at = clock.sandbox_now()
    if stands_at is None:
        _set_first(to)
        stands_at = to
    if to < stands_at:
        raise BillingError(
            _("The sandbox clock stands at %(at)s and moves forward only.") % {"at": stands_at.isoformat()},
            code="clock_moves_forward",
        )
    with jobs.leave_jobs_to_caller():
        stop: datetime | None = stands_at
        while stop is not None:
            stop = next_due.next_due(stop, to)
            instant = stop or to
            # A parallel call that is further on already is left alone.
            SandboxClock.objects.filter(id=1, stands_at__lt=instant).update(stands_at=instant)
            done.add(run_due(as_of=instant))
            if progress is not None:
                progress(instant)
    return done
