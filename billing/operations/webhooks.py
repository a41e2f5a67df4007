"""Events on their way to the products' backends by the Standard Webhooks specification (E9): signed, at least once, the same id
at every attempt.

The rows are written with the event (`fan_out`); sending comes after, outside any transaction, and may be repeated.
"""

import base64
import ipaddress
import json
import secrets
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from standardwebhooks.webhooks import Webhook

from accounts.models import Customer, Product
from billing import clock
from billing.errors import BadInput
from billing.models import Event, WebhookDelivery, WebhookEndpoint
from billing.operations import audit

State = WebhookDelivery.State

# Waits after the first, second … attempt; the one after the last gives up.
DELAYS = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
TIMEOUT = 15  # seconds
# A sender that died keeps a delivery for this long before another takes it up.
CLAIM = timedelta(minutes=2)
GONE = 410


class Unreachable(Exception):
    """The address cannot or must not be called; the message says why."""


@transaction.atomic
def add_endpoint(
    *, url: str, as_of: datetime, actor: str, product: Product | None = None, customer: Customer | None = None,
    types: Sequence[str] = (),
) -> WebhookEndpoint:  # fmt: skip
    """Sends events to ``url`` from now on; the endpoint's ``secret`` is to be shown to its owner once.

    Refuses an address that is no web address, and one without https outside the sandbox.
    """
    parts = urlsplit(url)
    schemes = ("https", "http") if settings.WEBHOOK_ALLOW_PRIVATE else ("https",)
    if parts.scheme not in schemes or not parts.hostname or parts.username:
        raise BadInput(_("Enter an address that begins with https://, without a name or password in it."), field="url")
    endpoint = WebhookEndpoint.objects.create(
        url=url, product=product, customer=customer, types=list(types), secret=new_secret(), created_at=as_of,
        created_by=actor,
    )  # fmt: skip
    audit.record(actor=actor, action="webhook.added", target=endpoint, at=as_of, customer=customer)
    return endpoint


def new_secret() -> str:
    """A signing secret of 32 random bytes, as the specification writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@transaction.atomic
def disable(*, endpoint: WebhookEndpoint, as_of: datetime, actor: str, reason: str) -> WebhookEndpoint:
    """Sends nothing to it any more; what was waiting is given up."""
    if not reason.strip():
        raise BadInput(_("Say why nothing is sent there any more."), field="reason", rule="D15")
    WebhookEndpoint.objects.filter(pk=endpoint.pk, disabled_at=None).update(
        disabled_at=as_of, disabled_reason=reason[:200]
    )
    WebhookDelivery.objects.filter(endpoint=endpoint, state=State.WAITING).update(
        state=State.FAILED, last_error=reason[:500]
    )
    audit.record(
        actor=actor, action="webhook.disabled", target=endpoint, at=as_of, customer=endpoint.customer, reason=reason
    )
    endpoint.refresh_from_db()
    return endpoint


def fan_out(event: Event) -> None:
    """A delivery for every endpoint that is to hear of ``event``, in the event's own transaction."""
    if event.instance is None:
        mine = Q(product=None)
        customer = event.account.customer_id if event.account is not None else None
    else:
        mine = Q(product=None) | Q(product=event.instance.product_id)
        customer = event.instance.customer_id
    hearing = WebhookEndpoint.objects.active().filter(mine, Q(customer=None) | Q(customer=customer))
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint=endpoint, event=event, next_attempt_at=event.at)
        for endpoint in hearing
        if endpoint.hears(event.type)
    )


def body_of(event: Event) -> str:
    """What is sent of ``event``: type, timestamp and data, with its number within the subscription."""
    return json.dumps(
        {
            "type": event.type, "timestamp": event.at.astimezone(UTC).isoformat(), "id": event.public_id,
            "sequence": event.sequence, "data": event.data,
        },
        ensure_ascii=False,
    )  # fmt: skip


def send_due(*, as_of: datetime, limit: int = 200) -> int:
    """Makes the deliveries that are due, in the order of their events; returns how many arrived."""
    due = WebhookDelivery.objects.filter(state=State.WAITING, next_attempt_at__lte=as_of)
    return sum(_send(row, as_of) for row in due.select_related("endpoint", "event").order_by("event_id")[:limit])


def _send(delivery: WebhookDelivery, as_of: datetime) -> bool:
    """One attempt; False where another sender has it or the other side did not take it (a retry follows)."""
    claimed = WebhookDelivery.objects.filter(
        pk=delivery.pk, state=State.WAITING, attempts=delivery.attempts, next_attempt_at__lte=as_of
    ).update(attempts=F("attempts") + 1, next_attempt_at=as_of + CLAIM, last_attempt_at=as_of)
    if not claimed:
        return False
    status, error = _post(delivery.endpoint, delivery.event)
    _note(delivery, status, error, as_of)
    return error == ""


def _note(delivery: WebhookDelivery, status: int | None, error: str, as_of: datetime) -> None:
    row = WebhookDelivery.objects.filter(pk=delivery.pk, state=State.WAITING)
    if not error:
        row.update(state=State.DELIVERED, delivered_at=as_of, last_status=status, last_error="")
        return
    row.update(last_status=status, last_error=error[:500])
    if status == GONE:
        disable(endpoint=delivery.endpoint, as_of=as_of, actor="webhooks", reason="410 Gone")
    elif delivery.attempts >= len(DELAYS):
        row.update(state=State.FAILED)
    else:
        row.update(next_attempt_at=as_of + DELAYS[delivery.attempts])


def _post(endpoint: WebhookEndpoint, event: Event) -> tuple[int | None, str]:
    """(the answer's status, what was wrong; empty where it was taken). The signature is of the real time, as receivers
    check it against their own clocks."""
    body, sent_at = body_of(event), clock.real_now()
    headers = {
        "content-type": "application/json",
        "user-agent": "Saldo",
        "webhook-id": event.public_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(endpoint.secret).sign(event.public_id, sent_at, body),
    }
    try:
        refuse_private(endpoint.url)
        answer = requests.post(
            endpoint.url, data=body.encode(), headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True
        )
        answer.close()
    except (Unreachable, requests.RequestException) as failed:
        return None, f"{type(failed).__name__}: {failed}"
    return answer.status_code, "" if 200 <= answer.status_code < 300 else f"HTTP {answer.status_code}"


def refuse_private(url: str) -> None:
    """Refuses addresses inside our own network: a webhook must not become a way to reach what only we can (SSRF)."""
    if settings.WEBHOOK_ALLOW_PRIVATE:
        return
    parts = urlsplit(url)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("the name cannot be resolved") from None
    if not all(ipaddress.ip_address(address[4][0]).is_global for address in found):
        raise Unreachable("the address is not a public one")
