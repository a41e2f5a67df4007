"""Conditional requests: `ETag`, `If-None-Match`, 304 (RFC 9110)."""

import hashlib
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from pydantic import BaseModel

from billing.api.v1.once import JSON

TAG = {"ETag": {"schema": {"type": "string"}, "description": "Names this very answer; send it as `If-None-Match`."}}
UNCHANGED: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "If-None-Match",
            "required": False,
            "schema": {"type": "string"},
            "description": "The `ETag` of the answer one has.",
        }
    ],
    "responses": {200: {"headers": TAG}, 304: {"description": "Nothing has changed.", "headers": TAG}},
}


def answer_unless_known(request: HttpRequest, answer: BaseModel) -> HttpResponse:
    """Answers ``answer``, or 304 without a body where `If-None-Match` names it."""
    body = json.dumps(answer.model_dump(), ensure_ascii=False)
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    etags = parse_etags(request.headers.get("If-None-Match", ""))
    is_known = "*" in etags or tag in [etag.removeprefix("W/") for etag in etags]
    response = HttpResponse(status=304) if is_known else HttpResponse(body, content_type=JSON)
    if is_known:
        del response["Content-Type"]
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"  # may be stored, but is revalidated each time
    return response
