"""Webhook deliveries of events (E9): created for each endpoint that gets the event, replayed by hand, and samples.

The rows are written with the event (`fan_out`); `dispatch` sends them.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from billing.errors import BadInput, BillingError
from billing.models import Event, WebhookDelivery, WebhookEndpoint
from billing.operations import jobs
from billing.operations.events import endpoints, webhook_request
from billing.operations.events.event_types import TYPES, about_sample
from billing.operations.events.webhook_request import Attempt

__all__ = ["MOST_REPLAYED", "delivery_curl", "events_in_range", "fan_out", "replay", "replay_range", "send_sample"]

State = WebhookDelivery.State

MOST_REPLAYED = 10_000
NUDGE = "billing.tasks.deliver"


def fan_out(events: Sequence[Event]) -> None:
    """Creates a delivery for every endpoint that gets one of ``events``, in their transaction, and a nudge to send them. The
    number of statements grows with the products and customers whose events they are, not with the events."""
    groups: dict[tuple[int | None, int | None], list[Event]] = {}
    for event in events:
        product = event.instance.product_id if event.instance is not None else None
        groups.setdefault((product, _customer_of(event)), []).append(event)
    for (product, customer), group in groups.items():
        may_hear = WebhookEndpoint.objects.active().filter(endpoints.may_hear(product, customer))
        _create_deliveries(list(may_hear), group)


def _create_deliveries(may_hear: Sequence[WebhookEndpoint], events: Sequence[Event]) -> None:
    """Creates a delivery of each event for each endpoint that asked for its type."""
    pairs = [(endpoint, event) for event in events for endpoint in may_hear if endpoint.hears(event.type)]
    if not pairs:
        return
    endpoint_pks = {endpoint.pk for endpoint, _event in pairs}
    at = max(event.at for event in events)
    # Where something is due already a nudge is on its way, or nobody answers there: the minute's run comes anyway.
    due_already = WebhookDelivery.objects.filter(
        endpoint__in=endpoint_pks, state=State.WAITING, next_attempt_at__lte=at
    )
    busy_endpoints = set(due_already.values_list("endpoint_id", flat=True).distinct())
    WebhookDelivery.objects.bulk_create(_build_delivery(endpoint, event, event.at) for endpoint, event in pairs)
    if any(endpoint.pk not in busy_endpoints and endpoint.paused_at is None for endpoint, _event in pairs):
        jobs.enqueue(NUDGE, events[0].public_id)


def _customer_of(event: Event) -> int | None:
    """Returns the customer of ``event``: the account's at the time, so that an instance's next owner gets nothing of the one before."""
    if event.account is not None:
        return event.account.customer_id
    return event.instance.customer_id if event.instance is not None else None


def _build_delivery(endpoint: WebhookEndpoint, event: Event, at: datetime) -> WebhookDelivery:
    return WebhookDelivery(
        endpoint=endpoint,
        event=event,
        subscription_id=event.subscription_id,
        sequence=event.sequence,
        next_attempt_at=at,
    )


# --- By hand -------------------------------------------------------------------------------------------------------------


def events_of(endpoint: WebhookEndpoint) -> QuerySet[Event]:
    """Selects the events that ``endpoint`` may get, whatever types it asked for and whenever it was added."""
    events = Event.objects.all()
    if endpoint.product_id is not None:
        events = events.filter(instance__product=endpoint.product_id)
    if endpoint.customer_id is not None:
        whose = Q(account__customer=endpoint.customer_id) | Q(account=None, instance__customer=endpoint.customer_id)
        events = events.filter(whose)
    return events


@transaction.atomic
def replay(*, endpoint: WebhookEndpoint, event: Event, as_of: datetime, actor: str) -> WebhookDelivery:
    """Queues ``event`` again for ``endpoint`` under its own id, delivered or not, also one from before the endpoint existed.

    Refuses where nothing is sent any more (`webhook_disabled`) and an event of another product or customer
    (`event_not_heard`).
    """
    endpoint = _lock_enabled(endpoint)
    if not events_of(endpoint).filter(pk=event.pk).exists():
        raise BillingError(_("This webhook may not hear of that event."), code="event_not_heard", rule="E9")
    _queue_again(endpoint, Event.objects.filter(pk=event.pk), as_of, actor)
    endpoints.record_act(
        "webhook.replayed", endpoint, actor, as_of, after={"event": event.public_id, "type": event.type}
    )
    return WebhookDelivery.objects.get(endpoint=endpoint, event=event)


@transaction.atomic
def replay_range(
    *,
    endpoint: WebhookEndpoint,
    since: datetime,
    until: datetime,
    as_of: datetime,
    actor: str,
    types: Sequence[str] = (),
    only_failed: bool = False,
) -> int:
    """Queues the events of [``since``, ``until``) again for ``endpoint``, in order; returns how many.

    ``types`` as for an endpoint; none: those it asked for. ``only_failed``: only those that were given up. Refuses a disabled
    endpoint, and more than 10,000 events.
    """
    endpoint, types = _lock_enabled(endpoint), endpoints.check_types(types)
    event_pks = events_in_range(endpoint=endpoint, since=since, until=until, types=types, only_failed=only_failed)
    if event_pks:
        _queue_again(endpoint, Event.objects.filter(pk__in=event_pks), as_of, actor)
        endpoints.record_act(
            "webhook.replayed",
            endpoint,
            actor,
            as_of,
            after={
                "since": since.isoformat(),
                "until": until.isoformat(),
                "types": types,
                "only_failed": only_failed,
                "number": len(event_pks),
            },
        )
    return len(event_pks)


def events_in_range(
    *, endpoint: WebhookEndpoint, since: datetime, until: datetime, types: Sequence[str] = (), only_failed: bool = False
) -> list[int]:
    """Reads the keys of the events that `replay_range` would queue, in order; refuses what it refuses."""
    _refuse_disabled(endpoint)
    types = endpoints.check_types(types)
    if since >= until:
        raise BadInput(_("Choose an end after the beginning."), field="until")
    events = events_of(endpoint).filter(_types_condition(types or endpoint.types), at__gte=since, at__lt=until)
    if only_failed:
        given_up = WebhookDelivery.objects.filter(endpoint=endpoint, state=State.FAILED)
        events = events.filter(pk__in=given_up.values("event"))
    event_pks = list(events.order_by("pk").values_list("pk", flat=True)[: MOST_REPLAYED + 1])
    if len(event_pks) > MOST_REPLAYED:
        raise BadInput(
            _("These are more than %(count)s events: choose a shorter time.") % {"count": MOST_REPLAYED}, field="until"
        )
    return event_pks


def _types_condition(types: Sequence[str]) -> Q:
    condition = Q()
    for type_ in types:
        condition |= Q(type__startswith=type_) if type_.endswith(".") else Q(type=type_)
    return condition


def _lock_enabled(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    endpoint = endpoints.lock_endpoint(endpoint)
    _refuse_disabled(endpoint)
    return endpoint


def _refuse_disabled(endpoint: WebhookEndpoint) -> None:
    if endpoint.disabled_at is not None:
        raise BillingError(_("Nothing is sent there any more: switch it on first."), code="webhook_disabled", rule="E9")


def _queue_again(endpoint: WebhookEndpoint, events: QuerySet[Event], as_of: datetime, actor: str) -> None:
    """Queues the deliveries of ``events`` as new, and creates those that there never were."""
    existing = WebhookDelivery.objects.filter(endpoint=endpoint, event__in=events)
    missing = events.exclude(pk__in=existing.values("event"))
    created = [_build_delivery(endpoint, event, as_of) for event in missing]
    existing.update(
        state=State.WAITING,
        attempts=0,
        next_attempt_at=as_of,
        last_error="",
        replays=F("replays") + 1,
        replayed_at=as_of,
        replayed_by=actor[:200],
    )
    for row in created:
        row.replays, row.replayed_at, row.replayed_by = 1, as_of, actor[:200]
    WebhookDelivery.objects.bulk_create(created, ignore_conflicts=True)
    jobs.enqueue(NUDGE, endpoint.public_id)


def send_sample(*, endpoint: WebhookEndpoint, type_: str, as_of: datetime, actor: str) -> Attempt:
    """Sends a made-up event of ``type_`` at once, marked as a sample, and returns the outcome; stores only an audit record.

    It may take 15 seconds: not to be called within a transaction. Refuses a type that does not exist.
    """
    if type_ not in TYPES:
        raise BadInput(_("There is no event type “%(type)s”.") % {"type": type_[:60]}, field="type")
    id_ = f"evt_sample_{secrets.token_hex(8)}"
    body = webhook_request.write_body(
        type_=type_, at=as_of, id_=id_, data=TYPES[type_].sample, **about_sample(type_), sample=True
    )
    attempt = webhook_request.send_message(webhook_request.build_message(endpoint, id_=id_, body=body, at=as_of))
    endpoints.record_act(
        "webhook.sample_sent", endpoint, actor, as_of, after={"type": type_, "id": id_, "status": attempt.status}
    )
    return attempt


def delivery_curl(delivery: WebhookDelivery, at: datetime) -> str:
    """Writes the delivery as a call of curl for a shell, signed now with the secrets that are valid at ``at``."""
    return webhook_request.curl_line(webhook_request.message_of(delivery.event, delivery.endpoint, at))
