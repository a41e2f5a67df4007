"""The event stream: positions, by which API clients read on, are given after the commit, under a lock.

Ids are taken before a transaction ends, and with many writers a lower one may become visible after a higher one: whoever reads
on by id would miss it for good. A position is given only to what is committed, by one process at a time, and counts without a
gap; so a reader who has seen position N has seen every one before it (ADR 23).
"""

from django.db import connection, transaction

from billing.models import Event, NumberSeries

SERIES = "events"

# The rows in the order of their writing: within a subscription that is the order of `sequence`, as its writers hold one lock.
PLACE_SQL = """
    UPDATE billing_event SET position = %s + placed.nth
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS nth FROM billing_event WHERE position IS NULL) AS placed
    WHERE billing_event.id = placed.id
"""


def place_events() -> int:
    """Gives every committed event without a position the next one; returns how many.

    Safe at any time and from everywhere: two at once wait for each other.
    """
    if not Event.objects.filter(position=None).exists():
        return 0
    with transaction.atomic():
        # Not `numbering`, which locks its row for the length of a business transaction: this one is over in a moment.
        NumberSeries.objects.bulk_create([NumberSeries(key=SERIES)], ignore_conflicts=True)
        series = NumberSeries.objects.select_for_update().get(key=SERIES)
        with connection.cursor() as cursor:
            cursor.execute(PLACE_SQL, [series.last])
            placed = int(cursor.rowcount)
        if placed:
            series.last += placed
            series.save(update_fields=["last"])
    return placed
