"""Authentication by token: an operator's may call everything, an instance's only what concerns its own instance."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from ninja.security import HttpBearer

from billing import clock
from billing.api.v1.problems import NotFound, TooManyCalls
from billing.models import ApiToken, RateWindow
from billing.operations import api_tokens

KEPT_WINDOWS = timedelta(hours=1)

COUNT_CALL = """
    INSERT INTO billing_ratewindow (token_id, minute, calls) VALUES (%s, %s, 1)
    ON CONFLICT (token_id, minute) DO UPDATE SET calls = billing_ratewindow.calls + 1
    RETURNING calls
"""


def limit_of(token: ApiToken) -> int:
    """Returns how many calls a minute the token may make; 0 means no limit."""
    operator = token.scope == ApiToken.Scope.OPERATOR
    return int(settings.API_RATE_LIMIT_OPERATOR if operator else settings.API_RATE_LIMIT_INSTANCE)


def count_call(token: ApiToken, at: datetime) -> None:
    """Counts a call in the minute of ``at`` (real time). Raises `TooManyCalls` with the seconds to wait beyond the limit."""
    limit = limit_of(token)
    if limit <= 0:
        return
    minute = at.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(COUNT_CALL, [token.pk, connection.ops.adapt_datetimefield_value(minute)])
        calls = cursor.fetchone()[0]
    if calls == 1:
        RateWindow.objects.filter(token=token, minute__lt=minute - KEPT_WINDOWS).delete()
    if calls > limit:
        raise TooManyCalls(60 - at.second)


class Bearer(HttpBearer):
    """Admits an instance's token (the call then concerns its own instance only) and an operator's."""

    def __call__(self, request: HttpRequest) -> Any | None:
        # The stock class splits at every space and would take "Bearer  x" for a token that begins with one.
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        return self.authenticate(request, secret.strip()) if scheme.lower() == "bearer" else None

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        at = clock.real_now()
        caller = api_tokens.authenticate(secret=token, at=at)
        if caller is not None:
            count_call(caller, at)
        return caller


class OperatorBearer(Bearer):
    """Admits operators' tokens only; an instance's gets 404."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        caller = super().authenticate(request, token)
        if caller is not None and caller.scope != ApiToken.Scope.OPERATOR:
            raise NotFound
        return caller


def caller_of(request: HttpRequest) -> ApiToken:
    """Returns the token that made this request."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]
    return token


def actor_of(request: HttpRequest) -> str:
    """Returns the caller's name for the audit record: ``api:`` and the token's label."""
    token = caller_of(request)
    return f"api:{token.label or token.public_id}"
