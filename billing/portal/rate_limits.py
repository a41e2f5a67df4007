"""How often the same stranger may ask for what costs others something: counted by the library that counts sign-ins, in the
shared cache and in real time."""

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from billing import clock

APP = "saldo"
HOUR = 3600


class TooMany(Exception):
    """More than may be asked within an hour; ``again_in`` seconds it may be asked again."""

    def __init__(self, again_in: int) -> None:
        super().__init__(again_in)
        self.again_in = again_in


def count(request: HttpRequest, action: str, most: int, key: str | None = None) -> None:
    """Counts ``action`` asked for by ``key``, without one by the network that the request comes from; raises `TooMany` beyond
    ``most`` within an hour. 0 means that there is no limit.

    The network is one address as far as TRUSTED_PROXY_COUNT lets anybody be believed, and of IPv6 the /64 that a household or
    a server has to itself.
    """
    if not most:
        return
    config = {action: f"{most}/1h/{'ip' if key is None else 'key'}"}
    if ratelimit.consume(request, app=APP, action=action, config=config, key=key) is not None:
        return
    [rate] = ratelimit.get_rates(app=APP, action=action, config=config)
    made: list[float] = cache.get(ratelimit.get_cache_key(request, app=APP, action=action, rate=rate, key=key), [])
    oldest = made[-1] if made else clock.real_now().timestamp()
    raise TooMany(max(1, int(oldest + HOUR - clock.real_now().timestamp())))


def too_many(request: HttpRequest, refusal: TooMany) -> HttpResponse:
    """429 with a sentence and the seconds to wait."""
    minutes = -(-refusal.again_in // 60)
    response = render(request, "portal/sign_up_limit.html", {"minutes": minutes}, status=429)
    response.headers["Retry-After"] = str(refusal.again_in)
    return response
