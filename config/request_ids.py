"""Every request has an id, the caller's or ours: sent back with the answer and written into the log."""

import logging
import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.ids import new_id
from billing import request_ids

HEADER = "X-Request-Id"
# Nothing that could end a line of the log or a header.
GOOD = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class RequestIdMiddleware:
    """The outermost of all, so that no answer leaves without its id; what is no id is passed over and replaced by ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if GOOD.fullmatch(given) else new_id("req")
        with request_ids.during(request_id):
            response = self.get_response(request)
        response.headers[HEADER] = request_id
        return response


class NamesRequest(logging.Filter):
    """Gives every line of the log its ``request_id``, a hyphen outside of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_ids.current() or "-"
        return True
