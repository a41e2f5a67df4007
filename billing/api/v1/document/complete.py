"""What django-ninja cannot know of our contract: the problems that every call may answer, and the Idempotency-Key."""

from typing import Any

from billing.api.v1.problems import TITLES

PROBLEM = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence that says what to do."},
        "code": {"type": "string", "description": "Stable, for programs."},
        "rule": {"type": "string", "description": "The billing rule that refused."},
        "preview": {
            "$ref": "#/components/schemas/PreviewAnswer",
            "description": "Of quote_expired: the fresh figures.",
        },
        "owed": {"$ref": "#/components/schemas/Money", "description": "Of debt_outstanding: what is to be paid first."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
REFERENCE = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
OF_EVERY_CALL = (401, 404, 422, 429, 503)
OF_EVERY_WRITE = (409, 413, 415)
WRITES = ("post", "put", "delete")
KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "The same key and body get the first answer again, for seven days.",
}
# Moving the clock is no single act: it is a run of many, and safe to repeat. A preview writes nothing.
WITHOUT_KEY = ("move_clock", "preview_change")


def _complete_operation(method: str, operation: dict[str, Any]) -> None:
    statuses = OF_EVERY_CALL + (OF_EVERY_WRITE if method in WRITES else ())
    for status in statuses:
        operation["responses"].setdefault(status, {"description": TITLES[status], **REFERENCE})
    if method in WRITES and operation["operationId"] not in WITHOUT_KEY:
        operation["parameters"].append(KEY)


def complete(schema: Any) -> Any:
    """Adds to every operation what holds for all of them."""
    schema["components"]["schemas"]["Problem"] = PROBLEM
    for methods in schema["paths"].values():
        for method, operation in methods.items():
            _complete_operation(method, operation)
    return schema
