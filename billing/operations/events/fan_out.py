"""Events on their way to the products' backends (E9): a delivery for everyone who hears of it, once more by hand, and samples.

The rows are written with the event (`fan_out`); `webhook_run` sends them.
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
from billing.operations.events.webhook_request import Tried

__all__ = ["MOST_REPLAYED", "curl_of", "events_in_range", "fan_out", "replay", "replay_range", "send_sample"]

State = WebhookDelivery.State

MOST_REPLAYED = 10_000
NUDGE = "billing.tasks.deliver"


def fan_out(events: Sequence[Event]) -> None:
    """Writes a delivery for every endpoint that is to hear of one of ``events``, in their own transaction, and a nudge to send
    them. The statements grow with the products and customers whose events they are, not with the events."""
    alike: dict[tuple[int | None, int | None], list[Event]] = {}
    for event in events:
        product = event.instance.product_id if event.instance is not None else None
        alike.setdefault((product, _customer_of(event)), []).append(event)
    for (product, customer), group in alike.items():
        may_hear = WebhookEndpoint.objects.active().filter(endpoints.heard_by(product, customer))
        _deliver_to(list(may_hear), group)


def _deliver_to(may_hear: Sequence[WebhookEndpoint], events: Sequence[Event]) -> None:
    """Writes a delivery of each event for each endpoint that asked for its type."""
    heard = [(endpoint, event) for event in events for endpoint in may_hear if endpoint.hears(event.type)]
    if not heard:
        return
    hearing = {endpoint.pk for endpoint, _event in heard}
    at = max(event.at for event in events)
    # Where something is due already a nudge is on its way, or nobody answers there: the minute's run comes anyway.
    busy = WebhookDelivery.objects.filter(endpoint__in=hearing, state=State.WAITING, next_attempt_at__lte=at)
    busy_ones = set(busy.values_list("endpoint_id", flat=True).distinct())
    WebhookDelivery.objects.bulk_create(_delivery(endpoint, event, event.at) for endpoint, event in heard)
    if any(endpoint.pk not in busy_ones and endpoint.paused_at is None for endpoint, _event in heard):
        jobs.enqueue(NUDGE, events[0].public_id)


def _customer_of(event: Event) -> int | None:
    """Whose event it is: the account's at the time, so that an instance's next owner hears nothing of the one before."""
    if event.account is not None:
        return event.account.customer_id
    return event.instance.customer_id if event.instance is not None else None


def _delivery(endpoint: WebhookEndpoint, event: Event, at: datetime) -> WebhookDelivery:
    return WebhookDelivery(
        endpoint=endpoint,
        event=event,
        subscription_id=event.subscription_id,
        sequence=event.sequence,
        next_attempt_at=at,
    )


# --- By hand -------------------------------------------------------------------------------------------------------------


def events_of(endpoint: WebhookEndpoint) -> QuerySet[Event]:
    """The events the endpoint may hear of, whatever types it asked for and whenever it was added."""
    found = Event.objects.all()
    if endpoint.product_id is not None:
        found = found.filter(instance__product=endpoint.product_id)
    if endpoint.customer_id is not None:
        whose = Q(account__customer=endpoint.customer_id) | Q(account=None, instance__customer=endpoint.customer_id)
        found = found.filter(whose)
    return found


@transaction.atomic
def replay(*, endpoint: WebhookEndpoint, event: Event, as_of: datetime, actor: str) -> WebhookDelivery:
    """Sends ``event`` once more with its own id, delivered or not, also one from before the endpoint existed.

    Refuses where nothing is sent any more (`webhook_disabled`) and an event of another product or customer
    (`event_not_heard`).
    """
    endpoint = _to_replay_to(endpoint)
    if not events_of(endpoint).filter(pk=event.pk).exists():
        raise BillingError(_("This webhook may not hear of that event."), code="event_not_heard", rule="E9")
    _again(endpoint, Event.objects.filter(pk=event.pk), as_of, actor)
    endpoints.record("webhook.replayed", endpoint, actor, as_of, after={"event": event.public_id, "type": event.type})
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
    """Sends the events of [``since``, ``until``) once more, in order; returns how many.

    ``types`` as for an endpoint; none: those it hears of. ``only_failed``: those alone that were given up. Refuses where
    nothing is sent any more, and more than 10,000 events.
    """
    endpoint, types = _to_replay_to(endpoint), endpoints.checked_types(types)
    found = events_in_range(endpoint=endpoint, since=since, until=until, types=types, only_failed=only_failed)
    if found:
        _again(endpoint, Event.objects.filter(pk__in=found), as_of, actor)
        endpoints.record(
            "webhook.replayed",
            endpoint,
            actor,
            as_of,
            after={
                "since": since.isoformat(),
                "until": until.isoformat(),
                "types": types,
                "only_failed": only_failed,
                "number": len(found),
            },
        )
    return len(found)


def events_in_range(
    *, endpoint: WebhookEndpoint, since: datetime, until: datetime, types: Sequence[str] = (), only_failed: bool = False
) -> list[int]:
    """The keys of the events that `replay_range` would send, in order; nothing is written. Refuses what it refuses."""
    _refuse_disabled(endpoint)
    types = endpoints.checked_types(types)
    if since >= until:
        raise BadInput(_("Choose an end after the beginning."), field="until")
    events = events_of(endpoint).filter(_of_types(types or endpoint.types), at__gte=since, at__lt=until)
    if only_failed:
        given_up = WebhookDelivery.objects.filter(endpoint=endpoint, state=State.FAILED)
        events = events.filter(pk__in=given_up.values("event"))
    found = list(events.order_by("pk").values_list("pk", flat=True)[: MOST_REPLAYED + 1])
    if len(found) > MOST_REPLAYED:
        raise BadInput(
            _("These are more than %(count)s events: choose a shorter time.") % {"count": MOST_REPLAYED}, field="until"
        )
    return found


def _of_types(types: Sequence[str]) -> Q:
    chosen = Q()
    for one in types:
        chosen |= Q(type__startswith=one) if one.endswith(".") else Q(type=one)
    return chosen


def _to_replay_to(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    endpoint = endpoints.locked(endpoint)
    _refuse_disabled(endpoint)
    return endpoint


def _refuse_disabled(endpoint: WebhookEndpoint) -> None:
    if endpoint.disabled_at is not None:
        raise BillingError(_("Nothing is sent there any more: switch it on first."), code="webhook_disabled", rule="E9")


def _again(endpoint: WebhookEndpoint, events: QuerySet[Event], as_of: datetime, actor: str) -> None:
    """Lets the deliveries of ``events`` wait as new ones do, and writes those that there never were."""
    there = WebhookDelivery.objects.filter(endpoint=endpoint, event__in=events)
    missing = events.exclude(pk__in=there.values("event"))
    new = [_delivery(endpoint, event, as_of) for event in missing]
    there.update(
        state=State.WAITING,
        attempts=0,
        next_attempt_at=as_of,
        last_error="",
        replays=F("replays") + 1,
        replayed_at=as_of,
        replayed_by=actor[:200],
    )
    for row in new:
        row.replays, row.replayed_at, row.replayed_by = 1, as_of, actor[:200]
    WebhookDelivery.objects.bulk_create(new, ignore_conflicts=True)
    jobs.enqueue(NUDGE, endpoint.public_id)


def send_sample(*, endpoint: WebhookEndpoint, type_: str, as_of: datetime, actor: str) -> Tried:
    """Sends a made-up event of ``type_`` at once, marked as a sample, and tells what came back; keeps an audit record alone.

    It may take 15 seconds: not to be called within a transaction. Refuses a type that does not exist.
    """
    if type_ not in TYPES:
        raise BadInput(_("There is no event type “%(type)s”.") % {"type": type_[:60]}, field="type")
    id_ = f"evt_sample_{secrets.token_hex(8)}"
    body = webhook_request.written(
        type_=type_, at=as_of, id_=id_, data=TYPES[type_].sample, **about_sample(type_), sample=True
    )
    tried = webhook_request.call(webhook_request.message(endpoint, id_=id_, body=body, at=as_of))
    endpoints.record(
        "webhook.sample_sent", endpoint, actor, as_of, after={"type": type_, "id": id_, "status": tried.status}
    )
    return tried


def curl_of(delivery: WebhookDelivery, at: datetime) -> str:
    """The delivery as a call of curl for a shell, signed now with the secrets that are live at ``at``."""
    return webhook_request.curl(webhook_request.message_of(delivery.event, delivery.endpoint, at))
