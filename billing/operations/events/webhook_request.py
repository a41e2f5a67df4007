"""One message to one endpoint by the Standard Webhooks specification: signed, sent, and its answer."""

import json
import shlex
import time
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
STORED_HEADERS = (
    "content-type",
    "content-encoding",
    "content-length",
    "date",
    "location",
    "retry-after",
    "server",
    "x-request-id",
)
STORED_ANSWER = 2000  # characters
STORED_HEADER = 200
LONGEST_WAIT = timedelta(hours=24)
RETRY_STATUSES = (429, 503)


@dataclass(frozen=True)
class Message:
    """A signed message to ``url``; ``sent_at`` is real time, as receivers check the signature against their own clocks."""

    url: str
    body: str
    headers: dict[str, str]
    sent_at: datetime


@dataclass(frozen=True)
class Attempt:
    """The outcome of sending a message: ``status`` is None where nobody answered; ``error`` is empty where it was accepted
    (2xx)."""

    status: int | None
    error: str
    took_ms: int
    headers: dict[str, str]
    answer_headers: dict[str, str]
    answer: str
    body: str


def body_of(event: Event) -> str:
    """Writes the body of ``event``, the same at every attempt: its type, instant, account, instance, subscription, its number
    within the subscription, and its data; the names are those of the event stream."""
    return write_body(
        type_=event.type,
        at=event.at,
        id_=event.public_id,
        sequence=event.sequence,
        data=event.data,
        account=event.account.number if event.account else None,
        instance_id=event.instance.public_id if event.instance else None,
        subscription_id=event.subscription.public_id if event.subscription else None,
    )


def write_body(
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
    fields = {
        "type": type_,
        "timestamp": at.astimezone(UTC).isoformat(),
        "id": id_,
        "sequence": sequence,
        "account": account,
        "instance_id": instance_id,
        "subscription_id": subscription_id,
        "data": data,
    }
    return json.dumps({**fields, **more}, ensure_ascii=False)


def build_message(endpoint: WebhookEndpoint, *, id_: str, body: str, at: datetime) -> Message:
    """Signs ``body`` for ``endpoint`` with every secret that is valid at ``at``. Refuses where a secret cannot be read."""
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
    """Builds the message of ``event`` under its own id (`build_message`)."""
    return build_message(endpoint, id_=event.public_id, body=body_of(event), at=at)


def send_message(message: Message) -> Attempt:
    """Sends ``message`` without touching the database, so that it may run in a thread. Raises nothing."""
    started, answer, error = time.monotonic(), None, ""
    try:
        answer = http_client.post(message.url, body=message.body.encode(), headers=message.headers)
        error = "" if 200 <= answer.status < 300 else f"HTTP {answer.status}"
    except Exception as failed:  # whatever it was: it is kept for both sides to see and tried again
        error = strip_nul(f"{type(failed).__name__}: {failed}"[:500])
    took = round((time.monotonic() - started) * 1000)
    if answer is None:
        return Attempt(None, error, took, message.headers, {}, "", message.body)
    return Attempt(
        answer.status,
        error,
        took,
        message.headers,
        {name: strip_nul(answer.headers[name][:STORED_HEADER]) for name in STORED_HEADERS if name in answer.headers},
        _answer_text(answer),
        message.body,
    )


def strip_nul(text: str) -> str:
    """Replaces the one character that PostgreSQL stores in no text."""
    return text.replace("\x00", "�")


def _answer_text(answer: http_client.Answer) -> str:
    """Writes the beginning of the body, for people to read; nothing of a compressed one, which nobody asked for."""
    if answer.headers.get("content-encoding", "identity") != "identity":
        return ""
    return strip_nul(answer.body[: STORED_ANSWER * 4].decode("utf-8", errors="replace")[:STORED_ANSWER])


def retry_after(attempt: Attempt, now: datetime) -> timedelta:
    """Returns the time that a 429 or 503 asks us to wait, 24 hours at most; ``now`` is real time."""
    value = attempt.answer_headers.get("retry-after", "").strip() if attempt.status in RETRY_STATUSES else ""
    if value.isascii() and value.isdecimal():
        return timedelta(seconds=min(int(value[:9]), int(LONGEST_WAIT.total_seconds())))
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return timedelta(0)
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return min(max(until - now, timedelta(0)), LONGEST_WAIT)


def curl_line(message: Message) -> str:
    """Writes the call as a line for a shell; the signature is valid for five minutes."""
    parts = ["curl", "-X", "POST", message.url]
    lines = [shlex.join(parts), *(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in message.headers.items())]
    return " \\\n  ".join([*lines, f"--data-raw {shlex.quote(message.body)}"])
