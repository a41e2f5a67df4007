"""Every error as `application/problem+json` (RFC 9457): a sentence that says what to do, and a stable code.

What a caller may not see and what does not exist get the same answer, to the byte, so that ids cannot be probed.
"""

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as NinjaValidationError
from pydantic import ValidationError

from billing import rulebook
from billing.api.v1.sentences import SENTENCES
from billing.errors import BadInput, Refusal

logger = logging.getLogger("billing")

CONTENT_TYPE = "application/problem+json"

# Named here and not by the standard library, whose names change with its version.
TITLES = {
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class NotFound(Exception):
    """There is no such thing, or not for this caller."""


class TooManyCalls(Exception):
    """The token has used up its calls of this minute; ``seconds`` until the next."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class UnsupportedMedia(Exception):
    """The body is not declared as JSON."""


def body_of(
    status: int,
    code: str,
    detail: "str | Promise",
    *,
    rule: str = "",
    errors: Sequence[dict[str, str]] = (),
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Builds the members of a problem; ``extra`` are those that only this kind of problem has (the sum owed, say)."""
    return {
        **(extra or {}),
        "type": f"urn:saldo:problem:{code}",
        "title": TITLES[status],
        "status": status,
        "detail": str(detail),
        "code": code,
        **({"rule": rule, "rule_url": rulebook.url_of(rule)} if rule else {}),
        "errors": list(errors),
    }


def _response(body: dict[str, Any]) -> HttpResponse:
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=body["status"], content_type=CONTENT_TYPE)


def problem(status: int, code: str, detail: "str | Promise", **members: Any) -> HttpResponse:
    """Returns an answer that says what went wrong; ``members`` as in `body_of`."""
    return _response(body_of(status, code, detail, **members))


# --- What our own code raises ----------------------------------------------------------------------------------------


def refusal_body(refusal: Refusal) -> dict[str, Any]:
    """Returns a refusal: 422 where the input cannot be meant, 409 where a rule does not allow the act."""
    if not isinstance(refusal, BadInput):
        return body_of(409, refusal.code, refusal.message, rule=refusal.rule, extra=refusal.extra)
    field = getattr(refusal, "field", "")
    errors = [{"field": field, "message": str(refusal.message)}] if field else []
    return body_of(422, refusal.code, refusal.message, rule=refusal.rule, errors=errors, extra=refusal.extra)


def refusal_response(refusal: Refusal) -> HttpResponse:
    return _response(refusal_body(refusal))


def answer_not_found() -> HttpResponse:
    return problem(404, "not_found", SENTENCES["not_found"])


def _answer_too_many(seconds: int) -> HttpResponse:
    answer = problem(429, "too_many_calls", SENTENCES["too_many_calls"])
    answer["Retry-After"] = str(max(seconds, 1))
    return answer


def _answer_unauthorized() -> HttpResponse:
    answer = problem(401, "unauthorized", SENTENCES["unauthorized"])
    answer["WWW-Authenticate"] = "Bearer"
    return answer


def answer_not_allowed(allow: str) -> HttpResponse:
    """Answers 405 with the methods that the address accepts."""
    answer = problem(405, "method_not_allowed", _("This address knows other methods: %(allow)s.") % {"allow": allow})
    answer["Allow"] = allow
    return answer


# --- Validation errors --------------------------------------------------------------------------------------------


def _message(error: dict[str, Any]) -> str:
    """Words the commonest validation errors in the caller's language, the rest as pydantic does."""
    limits = error.get("ctx", {})
    return {
        "missing": _("This field is required."),
        "extra_forbidden": _("There is no such field."),
        "unknown_parameter": _("There is no such parameter."),
        "repeated_parameter": _("Send this parameter once."),
        "string_type": _("Write a string, in quotes."),
        "string_unicode": _("Write valid Unicode."),
        "string_too_short": _("This must not be empty."),
        "string_too_long": _("Write at most %(limit)s characters.") % {"limit": limits.get("max_length", "")},
        "literal_error": _("Choose one of: %(known)s.") % {"known": limits.get("expected", "")},
        "enum": _("Choose one of: %(known)s.") % {"known": limits.get("expected", "")},
    }.get(error["type"], str(error["msg"]))


def _field(location: Sequence[Any]) -> str:
    """Writes a location as ``representative.email``; field names that the caller invented are made encodable."""
    return ".".join(str(part) for part in location).encode("utf-8", "replace").decode()[:200]


def findings(errors: Sequence[Any], skipped: int) -> list[dict[str, str]]:
    """Returns the validation errors; the first ``skipped`` parts of a location are ours and not the caller's."""
    return [{"field": _field(error["loc"][skipped:]), "message": _message(error)} for error in errors[:50]]


def invalid_body(errors: Sequence[dict[str, str]]) -> dict[str, Any]:
    """Builds the 422 for input that does not fit its schema."""
    return body_of(422, "invalid", SENTENCES["invalid"], errors=errors)


def _answer_invalid(error: NinjaValidationError) -> HttpResponse:
    # The leading parts of a location that are ours: of a body's ("body", parameter's name), of any other's the source.
    all_findings = [
        finding
        for problem_part in error.errors
        for finding in findings([problem_part], skipped=2 if problem_part["loc"][0] == "body" else 1)
    ]
    return _response(invalid_body(all_findings[:50]))


def row_problem(error: ValidationError) -> dict[str, Any]:
    """Builds the problem of one row of a list."""
    return invalid_body(findings(error.errors(include_url=False, include_input=False), 0))


# --- Exceptions of Django and django-ninja ---------------------------------------------------------------------------------------


def _answer_http_error(error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, UnsupportedMedia):
        return problem(415, "unsupported_media_type", SENTENCES["unsupported_media_type"])
    return problem(422, "invalid_json", SENTENCES["invalid_json"])


def _answer_suspicious(error: SuspiciousOperation) -> HttpResponse:
    if isinstance(error, RequestDataTooBig):
        return problem(413, "too_large", SENTENCES["too_large"])
    return problem(422, "invalid", _("The request cannot be read: send fewer fields."))


def _answer_database_error(error: DatabaseError) -> HttpResponse:
    if isinstance(error, IntegrityError):
        logger.warning("a parallel request was first", exc_info=error)
        return problem(409, "conflict", SENTENCES["conflict"])
    if isinstance(error, DataError):
        logger.warning("a value that the database does not take", exc_info=error)
        return problem(422, "invalid", _("A value is out of range: check the request."))
    if isinstance(error, OperationalError):
        logger.warning("the database is busy", exc_info=error)
        answer = problem(503, "busy", SENTENCES["busy"])
        answer["Retry-After"] = "2"
        return answer
    return answer_unexpected(error)


def answer_unexpected(error: Exception) -> HttpResponse:
    """Answers 500 without details and logs them."""
    logger.error("an unexpected error in the API", exc_info=error)
    return problem(500, "internal_error", _("Something is wrong on our side: it has been logged. Try again later."))


def handlers() -> dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]]:
    """Returns the handler of each exception class; the nearest class counts."""
    return {
        NotFound: lambda request, error: answer_not_found(),
        Http404: lambda request, error: answer_not_found(),
        AuthenticationError: lambda request, error: _answer_unauthorized(),
        TooManyCalls: lambda request, error: _answer_too_many(error.seconds),
        NinjaValidationError: lambda request, error: _answer_invalid(error),
        HttpError: lambda request, error: _answer_http_error(error),
        Refusal: lambda request, error: refusal_response(error),
        SuspiciousOperation: lambda request, error: _answer_suspicious(error),
        UnreadablePostError: lambda request, error: problem(422, "invalid_json", _("The body did not arrive whole.")),
        DatabaseError: lambda request, error: _answer_database_error(error),
        Exception: lambda request, error: answer_unexpected(error),
    }


def install(api: NinjaAPI) -> None:
    """Lets ``api`` answer every exception as a problem."""
    for kind, handler in handlers().items():
        api.add_exception_handler(kind, handler)
