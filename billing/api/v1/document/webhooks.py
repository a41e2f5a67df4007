"""The OpenAPI `webhooks`: one for each event type of `operations.events.event_types`."""

import re
from typing import Any

from django.utils.translation import override

from billing.api.v1.document.examples import NOON
from billing.operations.events.event_types import TYPES, about_sample

HEADERS = {
    "webhook-id": "The event's id; the same through every retry and replay.",
    "webhook-timestamp": "When this call was made, in seconds since 1970.",
    "webhook-signature": "`v1,` and HMAC-SHA256 of `id.timestamp.body` in base64, once for each secret that is in force.",
}
BODY: dict[str, Any] = {
    "type": "object",
    "title": "WebhookBody",
    "description": "An event as it is sent: the same at every attempt.",
    "required": ["type", "timestamp", "id", "sequence", "account", "instance_id", "subscription_id", "data"],
    "properties": {
        "type": {"type": "string"},
        "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
        "id": {"type": "string", "description": "The event's id, as in the event stream."},
        "sequence": {"type": "integer", "description": "1, 2, 3 … within a subscription, 0 where there is none."},
        "account": {"type": ["string", "null"], "description": "The number of the account it is about."},
        "instance_id": {"type": ["string", "null"]},
        "subscription_id": {"type": ["string", "null"]},
        "data": {"type": "object"},
    },
}


# Null where the product is free (E1) or has no quantity.
NULLABLE = ("tariff_id", "version", "quantity")
KINDS = ((bool, "boolean"), (int, "integer"), (str, "string"))
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _shape(sample: Any) -> dict[str, Any]:
    """Derives the JSON Schema of ``sample``: its members are required, more may be added."""
    if isinstance(sample, dict):
        members = {name: _member(name, value) for name, value in sample.items()}
        return {"type": "object", "required": list(sample), "properties": members}
    if isinstance(sample, list):
        return {"type": "array", "items": _shape(sample[0]) if sample else {}}
    kind = next(name for python_type, name in KINDS if isinstance(sample, python_type))
    is_date = isinstance(sample, str) and DATE.fullmatch(sample) is not None
    return {"type": kind, "format": "date"} if is_date else {"type": kind}


def _member(name: str, value: Any) -> dict[str, Any]:
    if name == "reasons":  # empty where access is full
        return {"type": "array", "items": REASON}
    if name not in NULLABLE:
        return _shape(value)
    return {"type": ["string" if name == "tariff_id" else "integer", "null"]}


REASON = {
    "type": "object",
    "required": ["code", "invoices"],
    "properties": {"code": {"type": "string"}, "invoices": {"type": "array", "items": {"type": "string"}}},
}


def _webhook(name: str, meaning: str, sample: dict[str, Any]) -> dict[str, Any]:
    about = about_sample(name)
    example = {"type": name, "timestamp": NOON, "id": "evt_4n5t3kq9m0zr7yw1hc", **about, "data": sample}
    own_schema = {"type": "object", "properties": {"type": {"const": name}, "data": _shape(sample)}}
    schema = {"allOf": [{"$ref": "#/components/schemas/WebhookBody"}, own_schema]}
    return {
        "post": {
            "operationId": "on_" + name.replace(".", "_"),
            "tags": ["events"],
            "summary": name,
            "description": meaning,
            "parameters": [
                {"in": "header", "name": header, "required": True, "schema": {"type": "string"}, "description": text}
                for header, text in HEADERS.items()
            ],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": schema, "examples": {name: {"value": example}}}},
            },
            "responses": {
                "2XX": {"description": "Taken. Answer within 15 seconds; the body is not read further than 64 KiB."},
                "410": {"description": "Not wanted any more: the endpoint is switched off."},
                "default": {"description": "Sent again later, with the same id."},
            },
            "security": [],
        }
    }


def webhooks() -> dict[str, Any]:
    """Returns the `webhooks` of the document (OpenAPI 3.1)."""
    with override("en"):
        return {name: _webhook(name, str(type_.meaning), type_.sample) for name, type_ in TYPES.items()}
