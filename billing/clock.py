"""The only reader of the system clock.

An ordinary installation lives in real time and asks no database for it. A sandbox (``BILLING_SANDBOX=true``) has a clock of
its own: one row which stands still between two moves (`billing.sandbox.sandbox_clock`). It is read with plain SQL, so that this
module imports no models, every layer may import it, and it works where the sandbox and its table do not exist.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils.dateparse import parse_datetime


def real_now() -> datetime:
    """Returns the system's time, UTC: for signatures, TOTP, sessions and measuring. Never for a decision about money."""
    return datetime.now(tz=UTC)


def sandbox_now() -> datetime | None:
    """Returns the sandbox clock's instant, UTC; None outside a sandbox and until the clock is first set."""
    if not settings.BILLING_SANDBOX:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT stands_at FROM billing_sandboxclock WHERE id = 1")
        row = cursor.fetchone()
    if row is None:
        return None
    stands_at = parse_datetime(row[0]) if isinstance(row[0], str) else row[0]
    assert stands_at is not None
    return stands_at.replace(tzinfo=UTC) if stands_at.tzinfo is None else stands_at.astimezone(UTC)


def now() -> datetime:
    """Returns the instant at which business is done, UTC: real time, or the sandbox clock's where one is set (G1)."""
    return sandbox_now() or real_now()


def today(zone: str) -> date:
    """Returns the business date in ``zone`` (an IANA name) at this instant (G1)."""
    return now().astimezone(ZoneInfo(zone)).date()
