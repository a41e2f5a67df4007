"""The addresses chosen by others that we may call: those of servers out there, never what only we can reach (SSRF)."""

import ipaddress
import queue
import re
import socket
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

MOST_ADDRESSES = 4
FIRST_FREE_PORT = 1024

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# What the standard library calls global and is no server of anybody's: protocol assignments, the anycast of 6to4.
NOT_SERVERS = [ipaddress.IPv4Network(network) for network in ("192.0.0.0/24", "192.88.99.0/24", "100.64.0.0/10")]
GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
NOT_SERVERS_IPV6 = [ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20")]
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
INTERNAL_NAMES = ("localhost", "local", "internal", "localdomain", "home.arpa")
UNQUOTED = "/%:@!$&'()*+,;=~-._"


class BadAddress(Exception):
    """The address must not be called; the message says why, in English."""


class NoAnswer(Exception):
    """The address could not be reached, or did not answer in time; the message says how, in English."""


@dataclass(frozen=True)
class Address:
    """A checked web address: ``host`` as the certificate names it, ``target`` the path and query."""

    https: bool
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The value of the `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.https else 80) else f"{host}:{self.port}"


def parse(url: str) -> Address:
    """Reads the target of ``url``. Raises BadAddress for what is no https address of a public server as far as its text can tell."""
    private = settings.WEBHOOK_ALLOW_PRIVATE
    if not re.fullmatch(r"[^\s\\\x00-\x20\x7f]{1,500}", url):
        raise BadAddress("the address has spaces, backslashes or control characters in it, or is too long")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except ValueError:
        raise BadAddress("the address cannot be read") from None
    if parts.scheme not in (("https", "http") if private else ("https",)):
        raise BadAddress("the address does not begin with https://")
    if not host or "@" in parts.netloc or "%" in host or parts.fragment:
        raise BadAddress("the address is not a name and a path alone")
    https = parts.scheme == "https"
    port = port if port is not None else 443 if https else 80
    if not private:
        _refuse_internal(host, port)
    query = f"?{quote(parts.query, safe=UNQUOTED + '?')}" if parts.query else ""
    return Address(https, host, port, quote(parts.path or "/", safe=UNQUOTED) + query)


def _refuse_internal(host: str, port: int) -> None:
    labels, literal = host.split("."), _parse_ip(host)
    if port != 443 and not FIRST_FREE_PORT <= port <= 65535:
        raise BadAddress("the port is neither 443 nor above 1023")
    if literal is not None and not is_public(literal):
        raise BadAddress("the address is not a public one")
    if literal is None and re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1]):
        raise BadAddress("the address is a number in another spelling")  # which the resolver would read as 127.0.0.1
    if literal is None and (
        len(labels) < 2 or not labels[-1] or any(host == name or host.endswith(f".{name}") for name in INTERNAL_NAMES)
    ):
        raise BadAddress("the name is not a public one")


def _parse_ip(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_public(address: IPAddress) -> bool:
    """Tells whether ``address`` is a server out there: nothing inside, of this machine or link, shared, reserved, for many or for
    examples, and no IPv6 address that stands for such an IPv4 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        return (
            address in GLOBAL_IPV6 and address.is_global and not any(address in network for network in NOT_SERVERS_IPV6)
        )
    return (
        address.is_global
        and not (address.is_multicast or address.is_reserved)
        and not any(address in network for network in NOT_SERVERS)
    )


def resolve(address: Address, seconds: float) -> list[tuple[int, Any]]:
    """Looks up the host once: (family, socket address) of each. Raises BadAddress where any of them is not public."""
    answers: queue.Queue[Any] = queue.Queue()

    def resolve_name() -> None:
        try:
            answers.put(socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=resolve_name, daemon=True).start()  # the resolver has no deadline of its own
    try:
        answer = answers.get(timeout=max(seconds, 0))
    except queue.Empty:
        raise NoAnswer("the name was not resolved in time") from None
    if isinstance(answer, Exception) or not answer:
        raise NoAnswer("the name cannot be resolved")
    socket_addresses = [(family, socket_address) for family, _type, _protocol, _name, socket_address in answer]
    if not settings.WEBHOOK_ALLOW_PRIVATE and not all(
        is_public(ipaddress.ip_address(at[0])) for _f, at in socket_addresses
    ):
        raise BadAddress("the address is not a public one")
    return socket_addresses[:MOST_ADDRESSES]
