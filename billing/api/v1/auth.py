"""Who calls: an operator's token may do everything, an instance's only what concerns its own instance (ApiToken.Scope)."""

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
    """How many calls a minute the token may make; 0: as many as it likes."""
    operator = token.scope == ApiToken.Scope.OPERATOR
    return int(settings.API_RATE_LIMIT_OPERATOR if operator else settings.API_RATE_LIMIT_INSTANCE)


def count_call(token: ApiToken, at: datetime) -> None:
    """Counts a call in the minute of real time ``at``; refuses one beyond the limit with the seconds to wait."""
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
    """Calls that an instance's token may make about its own instance, and the operator's about any."""

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
    """Calls of the operator's own systems: for an instance's token they do not exist."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        caller = super().authenticate(request, token)
        if caller is not None and caller.scope != ApiToken.Scope.OPERATOR:
            raise NotFound
        return caller


def caller_of(request: HttpRequest) -> ApiToken:
    """The token that made this request."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]
    return token


def actor_of(request: HttpRequest) -> str:
    """The caller as the books name it."""
    token = caller_of(request)
    return f"api:{token.label or token.public_id}"
