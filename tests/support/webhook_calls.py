"""Anna's webhook for the tests of the bench: Romashka's own endpoint, events of its account, and calls written as they happened."""

from datetime import datetime, timedelta
from typing import Any

from django.test import Client

from billing.models import Event, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from billing.operations.events import endpoints, outbox
from tests.support.story import PASSWORD, Story, msk

NOON = msk(5, 12)


def endpoint_of(story: Story, *, url: str = "https://romashka.example/hooks", **options: Any) -> WebhookEndpoint:
    options.setdefault("customer", story.customer)
    return endpoints.add_endpoint(url=url, as_of=msk(5, 1), actor="anna@romashka.example", **options)[0]


def happens(story: Story, at: datetime, type_: str = "invoice.paid") -> Event:
    """An event of Romashka's account; endpoints that hear of it get their delivery."""
    return outbox.emit(type_, at=at, data={"number": "R-2026-000001"}, account=story.account)


def record_call(event: Event, at: datetime, status: int = 204, *, answer: str = "") -> WebhookDelivery:
    """A call of the endpoint that hears of ``event``: taken where ``status`` is 2xx, to be tried again where it is not."""
    row = WebhookDelivery.objects.get(event=event)
    row.attempts += 1
    row.last_attempt_at, row.last_status = at, status
    row.last_error = "" if status < 300 else f"HTTP {status}"
    if status < 300:
        row.state, row.delivered_at = WebhookDelivery.State.DELIVERED, at
    row.save()
    WebhookAttempt.objects.create(
        delivery=row,
        number=row.attempts,
        at=at,
        sent_at=at,
        took_ms=180,
        headers={"webhook-id": event.public_id},
        status=status,
        answer_headers={"server": "nginx"},
        answer=answer,
        error=row.last_error,
    )
    return row


def arrives(story: Story, at: datetime, lag: timedelta, type_: str = "invoice.paid") -> WebhookDelivery:
    """An event at ``at`` that is taken ``lag`` later."""
    return record_call(happens(story, at, type_), at + lag)


def reauthenticate(client: Client) -> None:
    """Gives the password once more, as the page asks for it."""
    answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/integration/"})
    assert answer.status_code == 302


def add_deliveries(story: Story, endpoint: WebhookEndpoint, number: int) -> None:
    events = Event.objects.bulk_create(
        Event(type="invoice.paid", at=msk(5, 12, 11), account=story.account, data={}) for _ in range(number)
    )
    rows = WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint=endpoint, event=row, next_attempt_at=NOON, delivered_at=NOON, state="delivered")
        for row in events
    )
    WebhookAttempt.objects.bulk_create(
        WebhookAttempt(delivery=row, number=1, at=NOON, sent_at=NOON, took_ms=5, status=204) for row in rows
    )
