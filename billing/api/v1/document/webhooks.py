"""What goes out by itself: one webhook for each type of event, as `operations.event_types` tells them."""

from typing import Any

from billing.api.v1.document.examples import NOON
from billing.operations.event_types import TYPES

HEADERS = {
    "webhook-id": "The event's id; the same through every retry and replay.",
    "webhook-timestamp": "When this call was made, in seconds since 1970.",
    "webhook-signature": "`v1,` and HMAC-SHA256 of `id.timestamp.body` in base64, once for each secret that is in force.",
}
BODY: dict[str, Any] = {
    "type": "object",
    "title": "WebhookBody",
    "description": "An event as it is sent: the same at every attempt.",
    "required": ["type", "timestamp", "id", "sequence", "data"],
    "properties": {
        "type": {"type": "string"},
        "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
        "id": {"type": "string", "description": "The event's id, as in the event stream."},
        "sequence": {"type": "integer", "description": "1, 2, 3 … within a subscription, 0 where there is none."},
        "data": {"type": "object"},
    },
}


def _shape(sample: Any) -> dict[str, Any]:
    """What is said of ``data``: the members of the sample, more may be added."""
    return {"type": "object", "required": list(sample), "properties": {name: {} for name in sample}}


def _webhook(name: str, told: str, sample: dict[str, Any]) -> dict[str, Any]:
    sequence = 4 if name.startswith(("subscription.", "seats.", "balance.")) else 0
    example = {"type": name, "timestamp": NOON, "id": "evt_4n5t3kq9m0zr7yw1hc", "sequence": sequence, "data": sample}
    own = {"type": "object", "properties": {"type": {"const": name}, "data": _shape(sample)}}
    schema = {"allOf": [{"$ref": "#/components/schemas/WebhookBody"}, own]}
    return {
        "post": {
            "operationId": "on_" + name.replace(".", "_"),
            "tags": ["events"],
            "summary": name,
            "description": told,
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
    """The `webhooks` of the document (OpenAPI 3.1)."""
    return {name: _webhook(name, one.told, one.sample) for name, one in TYPES.items()}
