"""Limits how often somebody may do what costs others something (mails, sign-ups): counted by allauth's rate limiter, in the
shared cache and in real time; `docs/adr/0033` says why beside the other two limits."""

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from billing import clock

APP = "saldo"
HOUR = 3600


class LimitExceeded(Exception):
    """The hourly limit is used up; the next call is accepted in ``again_in`` seconds."""

    def __init__(self, again_in: int) -> None:
        super().__init__(again_in)
        self.again_in = again_in


def count(request: HttpRequest, action: str, most: int, key: str | None = None) -> None:
    """Counts ``action`` asked for by ``key``, without one by the network that the request comes from; raises `LimitExceeded` beyond
    ``most`` within an hour; 0 means no limit.

    The network is one address as far as TRUSTED_PROXY_COUNT lets anybody be believed, and of IPv6 the /64 that a household or
    a server has to itself.
    """
    if not most:
        return
    config = {action: f"{most}/1h/{'ip' if key is None else 'key'}"}
    if ratelimit.consume(request, app=APP, action=action, config=config, key=key) is not None:
        return
    [rate] = ratelimit.get_rates(app=APP, action=action, config=config)
    call_times: list[float] = cache.get(
        ratelimit.get_cache_key(request, app=APP, action=action, rate=rate, key=key), []
    )
    oldest = call_times[-1] if call_times else clock.real_now().timestamp()
    raise LimitExceeded(max(1, int(oldest + HOUR - clock.real_now().timestamp())))


def answer_limit_exceeded(request: HttpRequest, refusal: LimitExceeded) -> HttpResponse:
    """Answers 429 with a sentence and the seconds to wait."""
    minutes = -(-refusal.again_in // 60)
    response = render(request, "portal/sign_up_limit.html", {"minutes": minutes}, status=429)
    response.headers["Retry-After"] = str(refusal.again_in)
    return response
