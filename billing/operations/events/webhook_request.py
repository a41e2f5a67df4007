"""One message to one endpoint by the Standard Webhooks specification: signed, sent, and what came back."""

import json
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from standardwebhooks.webhooks import Webhook

from billing import clock
from billing.models import Event, WebhookEndpoint
from billing.operations.events import endpoints
from billing.operations.outbound import http_client

# Headers of an answer that help somebody who looks for a fault.
KEPT_HEADERS = (
    "content-type",
    "content-encoding",
    "content-length",
    "date",
    "location",
    "retry-after",
    "server",
    "x-request-id",
)
KEPT_ANSWER = 2000  # characters
KEPT_HEADER = 200
LONGEST_WAIT = timedelta(hours=24)
ASKS_TO_WAIT = (429, 503)


@dataclass(frozen=True)
class Message:
    """What goes to ``url``; ``sent_at`` is real time, as receivers check the signature against their own clocks."""

    url: str
    body: str
    headers: dict[str, str]
    sent_at: datetime


@dataclass(frozen=True)
class Tried:
    """What became of a message: ``status`` is None where nobody answered; ``error`` is empty where it was taken (2xx)."""

    status: int | None
    error: str
    took_ms: int
    headers: dict[str, str]
    answer_headers: dict[str, str]
    answer: str
    body: str


def body_of(event: Event) -> str:
    """What is sent of ``event``, the same at every attempt: what happened when, whom it is about, its number within the
    subscription, and its data; the names are those of the event stream."""
    return written(
        type_=event.type,
        at=event.at,
        id_=event.public_id,
        sequence=event.sequence,
        data=event.data,
        account=event.account.number if event.account else None,
        instance_id=event.instance.public_id if event.instance else None,
        subscription_id=event.subscription.public_id if event.subscription else None,
    )


def written(
    *,
    type_: str,
    at: datetime,
    id_: str,
    sequence: int,
    data: dict[str, Any],
    account: str | None,
    instance_id: str | None,
    subscription_id: str | None,
    **more: Any,
) -> str:
    told = {
        "type": type_,
        "timestamp": at.astimezone(UTC).isoformat(),
        "id": id_,
        "sequence": sequence,
        "account": account,
        "instance_id": instance_id,
        "subscription_id": subscription_id,
        "data": data,
    }
    return json.dumps({**told, **more}, ensure_ascii=False)


def message(endpoint: WebhookEndpoint, *, id_: str, body: str, at: datetime) -> Message:
    """``body`` for ``endpoint``, signed by every secret that is live at ``at``. Refuses where a secret cannot be read."""
    sent_at = clock.real_now()
    signatures = [Webhook(secret).sign(id_, sent_at, body) for secret in endpoints.secrets_of(endpoint, at)]
    headers = {
        "content-type": "application/json",
        "user-agent": "Saldo",
        "webhook-id": id_,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return Message(endpoint.url, body, headers, sent_at)


def message_of(event: Event, endpoint: WebhookEndpoint, at: datetime) -> Message:
    """`message` of ``event``, under its own id."""
    return message(endpoint, id_=event.public_id, body=body_of(event), at=at)


def call(one: Message) -> Tried:
    """Sends it, without a look at the database: it may run in a thread. Raises nothing."""
    began, answer, error = time.monotonic(), None, ""
    try:
        answer = http_client.post(one.url, body=one.body.encode(), headers=one.headers)
        error = "" if 200 <= answer.status < 300 else f"HTTP {answer.status}"
    except Exception as failed:  # whatever it was: it is kept for both sides to see and tried again
        error = storable(f"{type(failed).__name__}: {failed}"[:500])
    took = round((time.monotonic() - began) * 1000)
    if answer is None:
        return Tried(None, error, took, one.headers, {}, "", one.body)
    return Tried(answer.status, error, took, one.headers, _kept(answer.headers), _text(answer), one.body)


def storable(text: str) -> str:
    """Without the one character that PostgreSQL keeps in no text."""
    return text.replace("\x00", "�")


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: storable(headers[name][:KEPT_HEADER]) for name in KEPT_HEADERS if name in headers}


def _text(answer: http_client.Answer) -> str:
    """The beginning of the body, for people to read; nothing of a packed one, which nobody asked for."""
    if answer.headers.get("content-encoding", "identity") != "identity":
        return ""
    return storable(answer.body[: KEPT_ANSWER * 4].decode("utf-8", errors="replace")[:KEPT_ANSWER])


def asked_wait(tried: Tried, now: datetime) -> timedelta:
    """How long a 429 or 503 asks us to wait, 24 hours at most; ``now`` is real time."""
    asked = tried.answer_headers.get("retry-after", "").strip() if tried.status in ASKS_TO_WAIT else ""
    if asked.isascii() and asked.isdecimal():
        return timedelta(seconds=min(int(asked[:9]), int(LONGEST_WAIT.total_seconds())))
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return timedelta(0)
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return min(max(until - now, timedelta(0)), LONGEST_WAIT)


def curl(one: Message) -> str:
    """The call as a line for a shell; the signature is good for five minutes."""
    parts = ["curl", "-X", "POST", one.url]
    lines = [shlex.join(parts), *(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in one.headers.items())]
    return " \\\n  ".join([*lines, f"--data-raw {shlex.quote(one.body)}"])
