"""The run that makes the deliveries: at least once, in sequence per subscription, whatever dies between (E9).

A sender claims a delivery with one conditional UPDATE, calls outside any transaction, and notes what came of it.
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
from billing.operations.events.webhook_request import Message, Tried

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
# A sender that died keeps a delivery for this long before another takes it up.
CLAIM = timedelta(minutes=2)
ATTEMPTS_KEPT = timedelta(days=30)
GONE = 410

# A run begins no call after so many seconds, makes so many at a time, and reads so many rows at once.
BUDGET = 40
LANES = 8
BATCH = 100


def send_due(*, as_of: datetime, limit: int = 2000) -> int:
    """Makes the deliveries that are due; returns how many arrived.

    Several endpoints are called at a time, each delivery by delivery in the order of the events. An endpoint that does not
    answer waits for the next run with the rest, and after 40 seconds of real time so does everything. Any number of runs
    may go on at once (G9).
    """
    stream.place()
    _keep_house(as_of)
    until, started, arrived = time.monotonic() + BUDGET, 0, 0
    lanes = deque(_claims(endpoint, as_of) for endpoint in _endpoints(as_of))
    calls: dict[Future[Tried], tuple[_Claimed, Iterator[_Claimed]]] = {}
    with ThreadPoolExecutor(LANES, "webhook") as pool:  # the threads call, this one alone uses the database
        while True:
            while lanes and len(calls) < LANES and started < limit and time.monotonic() < until:
                lane = lanes.popleft()
                claimed = next(lane, None)
                if claimed is not None:
                    started += 1
                    calls[pool.submit(webhook_request.call, claimed.message)] = (claimed, lane)
            if not calls:
                return arrived
            for done in wait(calls, return_when=FIRST_COMPLETED).done:
                claimed, lane = calls.pop(done)
                arrived += _note(claimed, done.result(), as_of)
                if done.result().status is not None:
                    lanes.appendleft(lane)


def first_repeat_in(as_of: datetime) -> timedelta | None:
    """How long until the next delivery is due whose first attempt has failed; None where none is within some seconds."""
    soon = (as_of, as_of + DELAYS[0] * 1.2)
    waiting = WebhookDelivery.objects.filter(state=State.WAITING, attempts=1, next_attempt_at__range=soon)
    due = waiting.aggregate(first=Min("next_attempt_at"))["first"]
    return due - as_of if due is not None else None


@dataclass(frozen=True)
class _Claimed:
    """A delivery that this sender has for itself, as it stands after the claim, and what to send of it."""

    delivery: WebhookDelivery
    message: Message


def _keep_house(as_of: datetime) -> None:
    endpoints.keep_secrets(as_of=as_of)
    old = WebhookAttempt.objects.filter(at__lt=as_of - ATTEMPTS_KEPT)
    if old.exists():
        old.delete()


def _due(as_of: datetime) -> QuerySet[WebhookDelivery]:
    # Without a join: an UPDATE with one would look for its rows in a subquery, which PostgreSQL does not ask again after it
    # has waited for another's lock, and two would have the same delivery.
    called = WebhookEndpoint.objects.filter(disabled_at=None, paused_at=None)
    return WebhookDelivery.objects.filter(state=State.WAITING, next_attempt_at__lte=as_of, endpoint__in=called)


def _earlier() -> QuerySet[WebhookDelivery]:
    """Those that the delivery at hand waits for: earlier ones of its subscription to the same endpoint."""
    return WebhookDelivery.objects.filter(
        endpoint=OuterRef("endpoint"),
        subscription=OuterRef("subscription"),
        sequence__lt=OuterRef("sequence"),
        state=State.WAITING,
    )


def _endpoints(as_of: datetime) -> QuerySet[WebhookEndpoint]:
    """Those with something due: first where nothing goes wrong, then by who was tried longest ago."""
    waiting = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), state=State.WAITING)
    failing = waiting.exclude(last_error="").order_by("-last_attempt_at")
    return (
        WebhookEndpoint.objects.filter(disabled_at=None, paused_at=None)
        .filter(Exists(waiting.filter(next_attempt_at__lte=as_of)))
        .annotate(failed_at=Subquery(failing.values("last_attempt_at")[:1]))
        .order_by(F("failed_at").asc(nulls_first=True), "pk")
    )


def _claims(endpoint: WebhookEndpoint, as_of: datetime) -> Iterator[_Claimed]:
    """Claims what is due there, one by one in the order of the events; what waits for an earlier one is passed over."""
    rows, last = (
        _free(endpoint, as_of)
        .order_by("event_id")
        .select_related("event__account", "event__instance", "event__subscription"),
        0,
    )
    while batch := list(rows.filter(event_id__gt=last)[:BATCH]):
        for row in batch:
            if not _claim(row, as_of):
                continue
            try:  # its address and secrets are read anew: they may have changed since the run began
                ready = webhook_request.message_of(row.event, WebhookEndpoint.objects.get(pk=endpoint.pk), as_of)
            except BillingError as refused:  # no secret to sign with: the rest would fare no better
                _failed(row, None, str(refused), as_of + _delay(row))
                return
            yield _Claimed(row, ready)
        last = batch[-1].event_id


def _free(endpoint: WebhookEndpoint, as_of: datetime) -> QuerySet[WebhookDelivery]:
    """What is due there and waits for no earlier one that is in other hands or between two attempts."""
    later = WebhookDelivery.objects.filter(endpoint=endpoint, state=State.WAITING, next_attempt_at__gt=as_of)
    held = later.filter(subscription__isnull=False).values("subscription")
    # The first question is answered once for all rows; the second would walk along the whole queue of each of them.
    waits = Q(subscription__in=held) & Exists(_earlier().filter(next_attempt_at__gt=as_of))
    return _due(as_of).filter(~waits, endpoint=endpoint)


def _claim(row: WebhookDelivery, as_of: datetime) -> bool:
    """Takes the delivery for this sender alone and counts the attempt before it begins; False where it must wait."""
    mine = _due(as_of).filter(~Exists(_earlier()), pk=row.pk, attempts=row.attempts, replays=row.replays)
    taken = mine.update(attempts=F("attempts") + 1, next_attempt_at=as_of + CLAIM, last_attempt_at=as_of)
    row.attempts += taken
    return taken == 1


def _note(claimed: _Claimed, tried: Tried, as_of: datetime) -> bool:
    """Keeps what came of it; True where it was taken."""
    row = claimed.delivery
    WebhookAttempt.objects.create(
        delivery=row,
        number=row.attempts,
        at=as_of,
        sent_at=claimed.message.sent_at,
        took_ms=tried.took_ms,
        headers=tried.headers,
        status=tried.status,
        answer_headers=tried.answer_headers,
        answer=tried.answer,
        error=tried.error[:500],
    )
    if not tried.error:
        # Taken is taken, also where it was given up meanwhile; only a replay asked for since wants another call.
        WebhookDelivery.objects.filter(pk=row.pk, replays=row.replays).update(
            state=State.DELIVERED, delivered_at=as_of, last_status=tried.status, last_error=""
        )
        return True
    _failed(
        row, tried.status, tried.error, as_of + max(_delay(row), webhook_request.asked_wait(tried, clock.real_now()))
    )
    if tried.status == GONE:
        # What the address of before says is nothing to the one that was put in its place meanwhile.
        for endpoint in WebhookEndpoint.objects.filter(pk=row.endpoint_id, url=claimed.message.url):
            endpoints.disable(endpoint=endpoint, as_of=as_of, actor="webhooks", reason="410 Gone")
    return False


def _failed(row: WebhookDelivery, status: int | None, error: str, again_at: datetime) -> None:
    """To be tried again, or given up after the last attempt; nothing where another sender has taken it up meanwhile."""
    state = State.FAILED if row.attempts > len(DELAYS) else State.WAITING
    mine = WebhookDelivery.objects.filter(pk=row.pk, state=State.WAITING, attempts=row.attempts, replays=row.replays)
    mine.update(state=state, last_status=status, last_error=error[:500], next_attempt_at=again_at)


def _delay(row: WebhookDelivery) -> timedelta:
    """The wait after the attempt that failed, and up to a tenth more: not all that failed at once come again at once."""
    delay = DELAYS[min(row.attempts, len(DELAYS)) - 1]
    drawn = int(hashlib.sha256(f"{row.pk}:{row.attempts}".encode()).hexdigest(), 16)
    return delay + delay * (drawn % 10_001) / 100_000
