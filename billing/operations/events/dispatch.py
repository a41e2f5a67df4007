"""The run that sends webhook deliveries: at least once, in sequence for each subscription, whatever dies between (E9).

A sender claims a delivery with one conditional UPDATE, calls outside any transaction, and records the attempt.
"""

import hashlib
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet, Subquery

from billing import clock
from billing.errors import BillingError
from billing.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from billing.operations.events import endpoints, stream, webhook_request
from billing.operations.events.webhook_request import Attempt, Message

State = WebhookDelivery.State

# Waits after the first, second … attempt that failed; the attempt after the last of them is the last.
DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# The claim of a sender that died holds for this long before another may claim the delivery.
CLAIM_LASTS = timedelta(minutes=2)
ATTEMPTS_KEPT = timedelta(days=30)
GONE = 410

# A run begins no call after so many seconds, makes so many at a time, and reads so many rows at once.
BUDGET = 40
LANES = 8
BATCH = 100


def send_due(*, as_of: datetime, limit: int = 2000) -> int:
    """Sends the deliveries that are due; returns how many arrived.

    Several endpoints are called at a time, each delivery by delivery in the order of the events. An endpoint that does not
    answer waits for the next run with the rest, and after 40 seconds of real time so does everything. Any number of runs
    may go on at once (G9).
    """
    stream.place_events()
    _clean_up(as_of)
    until, started, arrived = time.monotonic() + BUDGET, 0, 0
    lanes = deque(_claim_in_order(endpoint, as_of) for endpoint in _endpoints_with_due(as_of))
    calls: dict[Future[Attempt], tuple[_Claimed, Iterator[_Claimed]]] = {}
    with ThreadPoolExecutor(LANES, "webhook") as pool:  # the threads call, this one alone uses the database
        while True:
            while lanes and len(calls) < LANES and started < limit and time.monotonic() < until:
                lane = lanes.popleft()
                claimed = next(lane, None)
                if claimed is not None:
                    started += 1
                    calls[pool.submit(webhook_request.send_message, claimed.message)] = (claimed, lane)
            if not calls:
                return arrived
            for done in wait(calls, return_when=FIRST_COMPLETED).done:
                claimed, lane = calls.pop(done)
                arrived += _record_attempt(claimed, done.result(), as_of)
                if done.result().status is not None:
                    lanes.appendleft(lane)


def first_repeat_in(as_of: datetime) -> timedelta | None:
    """Returns the time until the next delivery is due whose first attempt has failed; None where none is within some seconds."""
    soon = (as_of, as_of + DELAYS[0] * 1.2)
    waiting = WebhookDelivery.objects.filter(state=State.WAITING, attempts=1, next_attempt_at__range=soon)
    due = waiting.aggregate(first=Min("next_attempt_at"))["first"]
    return due - as_of if due is not None else None


@dataclass(frozen=True)
class _Claimed:
    """A delivery claimed by this sender, as it is after the claim, with its message."""

    delivery: WebhookDelivery
    message: Message


def _clean_up(as_of: datetime) -> None:
    endpoints.maintain_secrets(as_of=as_of)
    old = WebhookAttempt.objects.filter(at__lt=as_of - ATTEMPTS_KEPT)
    if old.exists():
        old.delete()


def _due_deliveries(as_of: datetime) -> QuerySet[WebhookDelivery]:
    # Without a join: an UPDATE with one would look for its rows in a subquery, which PostgreSQL does not ask again after it
    # has waited for another's lock, and two would have the same delivery.
    active = WebhookEndpoint.objects.filter(disabled_at=None, paused_at=None)
    return WebhookDelivery.objects.filter(state=State.WAITING, next_attempt_at__lte=as_of, endpoint__in=active)


def _earlier_deliveries() -> QuerySet[WebhookDelivery]:
    """Selects the deliveries that the outer one waits for: earlier ones of its subscription to the same endpoint."""
    return WebhookDelivery.objects.filter(
        endpoint=OuterRef("endpoint"),
        subscription=OuterRef("subscription"),
        sequence__lt=OuterRef("sequence"),
        state=State.WAITING,
    )


def _endpoints_with_due(as_of: datetime) -> QuerySet[WebhookEndpoint]:
    """Selects the endpoints with something due: those without failures first, then by their oldest failed attempt."""
    waiting = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), state=State.WAITING)
    failing = waiting.exclude(last_error="").order_by("-last_attempt_at")
    return (
        WebhookEndpoint.objects.filter(disabled_at=None, paused_at=None)
        .filter(Exists(waiting.filter(next_attempt_at__lte=as_of)))
        .annotate(failed_at=Subquery(failing.values("last_attempt_at")[:1]))
        .order_by(F("failed_at").asc(nulls_first=True), "pk")
    )


def _claim_in_order(endpoint: WebhookEndpoint, as_of: datetime) -> Iterator[_Claimed]:
    """Claims the due deliveries of ``endpoint`` one by one in the order of the events; one that waits for an earlier one is
    passed over."""
    rows, last = (
        _unblocked_deliveries(endpoint, as_of)
        .order_by("event_id")
        .select_related("event__account", "event__instance", "event__subscription"),
        0,
    )
    while batch := list(rows.filter(event_id__gt=last)[:BATCH]):
        for row in batch:
            if not _claim_delivery(row, as_of):
                continue
            try:  # its address and secrets are read anew: they may have changed since the run began
                ready = webhook_request.message_of(row.event, WebhookEndpoint.objects.get(pk=endpoint.pk), as_of)
            except BillingError as refused:  # no secret to sign with: the rest would fare no better
                _record_failure(row, None, str(refused), as_of + _delay_after(row))
                return
            yield _Claimed(row, ready)
        last = batch[-1].event_id


def _unblocked_deliveries(endpoint: WebhookEndpoint, as_of: datetime) -> QuerySet[WebhookDelivery]:
    """Selects the due deliveries of ``endpoint`` that wait for no earlier one, claimed elsewhere or between two attempts."""
    later = WebhookDelivery.objects.filter(endpoint=endpoint, state=State.WAITING, next_attempt_at__gt=as_of)
    blocked = later.filter(subscription__isnull=False).values("subscription")
    # The first question is answered once for all rows; the second would walk along the whole queue of each of them.
    is_waiting = Q(subscription__in=blocked) & Exists(_earlier_deliveries().filter(next_attempt_at__gt=as_of))
    return _due_deliveries(as_of).filter(~is_waiting, endpoint=endpoint)


def _claim_delivery(row: WebhookDelivery, as_of: datetime) -> bool:
    """Claims the delivery for this sender alone and counts the attempt before it begins; False where it must wait."""
    claimable = _due_deliveries(as_of).filter(
        ~Exists(_earlier_deliveries()), pk=row.pk, attempts=row.attempts, replays=row.replays
    )
    claimed = claimable.update(attempts=F("attempts") + 1, next_attempt_at=as_of + CLAIM_LASTS, last_attempt_at=as_of)
    row.attempts += claimed
    return claimed == 1


def _record_attempt(claimed: _Claimed, attempt: Attempt, as_of: datetime) -> bool:
    """Records the attempt and its outcome; True where the endpoint accepted it."""
    row = claimed.delivery
    WebhookAttempt.objects.create(
        delivery=row,
        number=row.attempts,
        at=as_of,
        sent_at=claimed.message.sent_at,
        took_ms=attempt.took_ms,
        headers=attempt.headers,
        status=attempt.status,
        answer_headers=attempt.answer_headers,
        answer=attempt.answer,
        error=attempt.error[:500],
    )
    if not attempt.error:
        # Accepted is accepted, also where it was given up meanwhile; only a replay requested since needs another call.
        WebhookDelivery.objects.filter(pk=row.pk, replays=row.replays).update(
            state=State.DELIVERED, delivered_at=as_of, last_status=attempt.status, last_error=""
        )
        return True
    _record_failure(
        row,
        attempt.status,
        attempt.error,
        as_of + max(_delay_after(row), webhook_request.retry_after(attempt, clock.real_now())),
    )
    if attempt.status == GONE:
        # What the address of before says is nothing to the one that was put in its place meanwhile.
        for endpoint in WebhookEndpoint.objects.filter(pk=row.endpoint_id, url=claimed.message.url):
            endpoints.disable_endpoint(endpoint=endpoint, as_of=as_of, actor="webhooks", reason="410 Gone")
    return False


def _record_failure(row: WebhookDelivery, status: int | None, error: str, again_at: datetime) -> None:
    """Schedules the next attempt, or gives up after the last; does nothing where another sender has claimed it meanwhile."""
    state = State.FAILED if row.attempts > len(DELAYS) else State.WAITING
    still_claimed = WebhookDelivery.objects.filter(
        pk=row.pk, state=State.WAITING, attempts=row.attempts, replays=row.replays
    )
    still_claimed.update(state=state, last_status=status, last_error=error[:500], next_attempt_at=again_at)


def _delay_after(row: WebhookDelivery) -> timedelta:
    """Returns the wait after the failed attempt, and up to a tenth more, so that not all that failed at once are retried at once."""
    delay = DELAYS[min(row.attempts, len(DELAYS)) - 1]
    number = int(hashlib.sha256(f"{row.pk}:{row.attempts}".encode()).hexdigest(), 16)
    return delay + delay * (number % 10_001) / 100_000
