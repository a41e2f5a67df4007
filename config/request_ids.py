"""Every request has an id, the caller's or ours: it is returned with the response and written into the log."""

import logging
import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.ids import new_id
from billing import request_ids

HEADER = "X-Request-Id"
# Nothing that could end a line of the log or a header.
VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class RequestIdMiddleware:
    """Gives every request an id: the outermost middleware, so that no response leaves without one.

    A header that holds no valid id is ignored and replaced by an id of ours.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        header = request.headers.get(HEADER, "")
        request_id = header if VALID_ID.fullmatch(header) else new_id("req")
        with request_ids.bind(request_id):
            response = self.get_response(request)
        response.headers[HEADER] = request_id
        return response


class RequestIdFilter(logging.Filter):
    """Gives every line of the log its ``request_id``, a hyphen outside of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_ids.current_id() or "-"
        return True
