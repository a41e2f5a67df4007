"""The fate of events on their way to an endpoint: how late they arrive, what fails, what waits (for its page in admin and portal).

An event's lag runs from the event to its delivery; of one that somebody had sent again, from when they asked for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from billing.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from billing.pricing.periods import business_date, start_of_day

State = WebhookDelivery.State
HOURS, DAYS = 24, 14
# A busy endpoint's charts are drawn from its latest deliveries alone, so that its page answers as fast as any other.
MOST = 5_000
SHOWN = {"all": None, "waiting": State.WAITING, "failed": State.FAILED, "delivered": State.DELIVERED}
WAITED_SINCE = Coalesce("replayed_at", "event__at")


@dataclass(frozen=True)
class Bucket:
    """The arrivals from ``start`` up to ``end``: how many, their median and worst lag in milliseconds (None where nothing
    arrived), and how many calls failed in that time."""

    start: datetime
    end: datetime
    delivered: int
    median_ms: int | None
    worst_ms: int | None
    failed: int


@dataclass(frozen=True)
class Waiting:
    """The number of deliveries that wait, and how long the oldest of them has, in milliseconds (None: nothing waits)."""

    number: int
    oldest_ms: int | None


@dataclass(frozen=True)
class Traffic:
    """The last 24 hours by hour and the last 14 days by day, the running ones included, and what waits now.

    ``whole`` is False where there was more than the latest `MOST` deliveries, which is all that was read.
    """

    hours: tuple[Bucket, ...]
    days: tuple[Bucket, ...]
    waiting: Waiting
    whole: bool

    @property
    def is_silent(self) -> bool:
        """Nothing arrived, failed or waits: there is nothing to draw."""
        return not self.waiting.number and not any(day.delivered or day.failed for day in self.days)


@dataclass(frozen=True)
class EndpointState:
    """An endpoint in one line of a list: what waits, when something arrived last; ``last_ms`` is the lag of what arrived last."""

    waiting: Waiting
    delivered_at: datetime | None
    last_ms: int | None


@dataclass(frozen=True)
class Page:
    """Deliveries newest first with the cursors of the neighbouring pages, None where there is none."""

    rows: tuple[WebhookDelivery, ...]
    newer: int | None
    older: int | None


def milliseconds(duration: timedelta) -> int:
    """Returns the time in milliseconds, never below 0: a fact may be dated later than the clock that delivered it."""
    return max(0, duration // timedelta(milliseconds=1))


def median(sorted_numbers: Sequence[int]) -> int | None:
    """Returns the middle one of numbers in ascending order, of two middle ones what lies between; None of none."""
    count = len(sorted_numbers)
    return (sorted_numbers[(count - 1) // 2] + sorted_numbers[count // 2]) // 2 if count else None


def hour_edges(as_of: datetime, zone: str) -> list[datetime]:
    """Returns the beginnings of the last 24 hours on the wall clock of ``zone``, and the end of the running one."""
    local = as_of.astimezone(ZoneInfo(zone))
    running = as_of - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return [running - timedelta(hours=back) for back in range(HOURS - 1, -2, -1)]


def day_edges(as_of: datetime, zone: str) -> list[datetime]:
    """Returns the beginnings of the last 14 days on the wall calendar of ``zone``, and of tomorrow."""
    today = business_date(as_of, zone)
    return [start_of_day(today - timedelta(days=back), zone) for back in range(DAYS - 1, -2, -1)]


def buckets(
    edges: Sequence[datetime], arrived: Iterable[tuple[datetime, int]], failures: Iterable[datetime]
) -> tuple[Bucket, ...]:
    """Puts ``arrived`` (when, lag in ms) and the instants of ``failures`` between ``edges``; what lies outside is left."""
    lags: list[list[int]] = [[] for _edge in edges[1:]]
    failed = [0 for _edge in edges[1:]]
    for at, lag in arrived:
        if (place := _bucket_of(edges, at)) is not None:
            lags[place].append(lag)
    for at in failures:
        if (place := _bucket_of(edges, at)) is not None:
            failed[place] += 1
    return tuple(
        Bucket(start, end, len(lags_here), median(sorted(lags_here)), max(lags_here, default=None), missed)
        for (start, end), lags_here, missed in zip(pairwise(edges), lags, failed, strict=True)
    )


def _bucket_of(edges: Sequence[datetime], at: datetime) -> int | None:
    """Returns the number of the bucket that ``at`` falls into; days are not all of one length, so it is looked for."""
    if not edges[0] <= at < edges[-1]:
        return None
    return next(number for number, end in enumerate(edges[1:]) if at < end)


def traffic(endpoint: WebhookEndpoint, *, as_of: datetime, zone: str) -> Traffic:
    """Returns the endpoint's charts at ``as_of``, hours and days on the wall clock of ``zone``. Three reads, however much was sent."""
    hours, days = hour_edges(as_of, zone), day_edges(as_of, zone)
    since = min(hours[0], days[0])
    own_deliveries = WebhookDelivery.objects.filter(endpoint=endpoint)
    cut = list(own_deliveries.order_by("-pk").values_list("pk", flat=True)[MOST - 1 : MOST + 1])
    tries = WebhookAttempt.objects.filter(delivery__endpoint=endpoint, at__gte=since)
    if cut:
        tries = tries.filter(delivery__gte=cut[0])
    rows = tries.order_by().values_list(
        "at", "error", "delivery__event__at", "delivery__replayed_at", "delivery__replays"
    )
    arrived, failures = [], []
    for at, error, event_at, replayed_at, replays in rows.iterator():
        since_when = _waited_since(at, event_at, replayed_at, replays)
        if error:
            failures.append(at)
        elif since_when is not None:
            arrived.append((at, milliseconds(at - since_when)))
    return Traffic(
        hours=buckets(hours, arrived, failures),
        days=buckets(days, arrived, failures),
        waiting=waiting_of([endpoint], as_of)[endpoint.pk],
        whole=len(cut) < 2,
    )


def _waited_since(at: datetime, event_at: datetime, replayed_at: datetime | None, replays: int) -> datetime | None:
    """Returns since when what arrived ``at`` was waited for; None for one of several replays before the last, of which nobody
    knows any more when it was asked for."""
    if replayed_at is None or (at < replayed_at and replays == 1):
        return event_at
    return replayed_at if at >= replayed_at else None


def waiting_of(endpoints: Iterable[WebhookEndpoint], as_of: datetime) -> dict[int, Waiting]:
    """Counts what waits for each of ``endpoints``, by its key, in one read."""
    keys = [endpoint.pk for endpoint in endpoints]
    rows = (
        WebhookDelivery.objects.filter(endpoint__in=keys, state=State.WAITING)
        .values("endpoint")
        .annotate(number=Count("pk"), oldest=Min(WAITED_SINCE))
        .values_list("endpoint", "number", "oldest")
    )
    waiting = {key: Waiting(number, milliseconds(as_of - oldest)) for key, number, oldest in rows.order_by()}
    return {key: waiting.get(key, Waiting(0, None)) for key in keys}


def endpoint_states(endpoints: Sequence[WebhookEndpoint], as_of: datetime) -> dict[int, EndpointState]:
    """Returns the state of each of ``endpoints`` by its key, for a list: two reads."""
    waiting = waiting_of(endpoints, as_of)
    latest = (
        WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), state=State.DELIVERED).order_by("-pk").values("pk")[:1]
    )
    last = WebhookDelivery.objects.filter(
        pk__in=WebhookEndpoint.objects.filter(pk__in=[endpoint.pk for endpoint in endpoints])
        .annotate(last=Subquery(latest))
        .values("last")
    ).annotate(begun=WAITED_SINCE)
    arrived = {row.endpoint_id: (row.delivered_at, row.begun) for row in last}
    states = {}
    for key, waits in waiting.items():
        at, since_when = arrived.get(key, (None, None))
        states[key] = EndpointState(
            waits, at, milliseconds(at - since_when) if at is not None and since_when is not None else None
        )
    return states


def deliveries(
    endpoint: WebhookEndpoint,
    *,
    shown: str = "all",
    limit: int = 25,
    before: int | None = None,
    after: int | None = None,
) -> Page:
    """Returns a page of the endpoint's deliveries with their events and instances, newest first. ``shown``: one of `SHOWN` (else all);
    ``before`` and ``after`` are cursors from a neighbouring page."""
    own_deliveries: QuerySet[WebhookDelivery] = WebhookDelivery.objects.filter(endpoint=endpoint).select_related(
        "event__instance"
    )
    state = SHOWN.get(shown)
    if state is not None:
        own_deliveries = own_deliveries.filter(state=state)
    if after is not None:
        rows = list(reversed(own_deliveries.filter(pk__gt=after).order_by("pk")[:limit]))
    else:
        rows = list(
            (own_deliveries.filter(pk__lt=before) if before is not None else own_deliveries).order_by("-pk")[:limit]
        )
    if not rows:
        return Page((), None, None)
    newest, oldest = rows[0].pk, rows[-1].pk
    return Page(
        rows=tuple(rows),
        newer=newest if own_deliveries.filter(pk__gt=newest).exists() else None,
        older=oldest if own_deliveries.filter(pk__lt=oldest).exists() else None,
    )
