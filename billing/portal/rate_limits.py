"""How often the same stranger may ask for what costs others something: counted in the shared cache by the hour, in real time.

A brake and no guard: two at the same moment may both pass.
"""

import hashlib
import ipaddress

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from billing import clock

HOUR = 3600


class TooMany(Exception):
    """More than may be asked within an hour; ``again_in`` seconds it may be asked again."""

    def __init__(self, again_in: int) -> None:
        super().__init__(again_in)
        self.again_in = again_in


def network_of(request: HttpRequest) -> str:
    """Where the request comes from, as far as TRUSTED_PROXY_COUNT lets anybody be believed: one address, and of IPv6 the /64
    that a household or a server has to itself."""
    text = str(get_adapter().get_client_ip(request))
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if address.version == 6:
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return str(address)


def count(what: str, key: str, most: int) -> None:
    """Counts ``what`` asked for by ``key``; raises `TooMany` beyond ``most`` in this hour. 0 means that there is no limit."""
    if not most:
        return
    now = int(clock.real_now().timestamp())
    secret = hashlib.sha256(f"{what}:{key}".encode()).hexdigest()
    place = f"limit:{secret}:{now // HOUR}"
    made = cache.get(place, 0)
    if made >= most:
        raise TooMany(HOUR - now % HOUR)
    cache.set(place, made + 1, HOUR)


def too_many(request: HttpRequest, refusal: TooMany) -> HttpResponse:
    """429 with a sentence and the seconds to wait."""
    minutes = -(-refusal.again_in // 60)
    response = render(request, "portal/sign_up_limit.html", {"minutes": minutes}, status=429)
    response.headers["Retry-After"] = str(refusal.again_in)
    return response
