"""Answers that a caller may have already: `ETag`, `If-None-Match`, 304 (RFC 9110)."""

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


def unless_known(request: HttpRequest, answer: BaseModel) -> HttpResponse:
    """``answer``, or 304 without a body where the caller has named it as the one it has."""
    body = json.dumps(answer.model_dump(), ensure_ascii=False)
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    known = parse_etags(request.headers.get("If-None-Match", ""))
    is_known = "*" in known or tag in [one.removeprefix("W/") for one in known]
    found = HttpResponse(status=304) if is_known else HttpResponse(body, content_type=JSON)
    if is_known:
        del found["Content-Type"]
    found["ETag"] = tag
    found["Cache-Control"] = "private, no-cache"  # may be kept, and is asked about each time
    return found
