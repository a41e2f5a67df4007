"""Calling addresses that others chose: only public ones, only the very address that was checked, and never for long (SSRF).

The name is resolved once and the connection goes to what was found, so a second answer of the name server changes nothing. No
redirect is followed, no proxy of the environment used, no compressed answer unpacked; every step ends at one deadline.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import certifi

from billing.operations.outbound.public_addresses import Address, NoAnswer, parse, resolve

SECONDS = 15  # for everything: the name, the connection, what is sent and what is read
MOST_READ = 64 * 1024
CHUNK = 16 * 1024  # one TLS record: what is written in one go, so that the deadline is looked at in between


@dataclass(frozen=True)
class Answer:
    """``body`` holds the first 64 KiB as they came; ``headers`` have lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Line:
    """A connected socket, as `http.client` wants it, each of whose steps ends at the deadline."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock, self.deadline = sock, deadline

    def set_timeout(self) -> socket.socket:
        self.sock.settimeout(_seconds_left(self.deadline))
        return self.sock

    def sendall(self, data: bytes) -> None:
        for start in range(0, len(data), CHUNK):
            self.set_timeout().sendall(data[start : start + CHUNK])

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """`http.client` closes what it has while the answer is still read; `post` closes the socket."""


class _Reader(io.RawIOBase):
    def __init__(self, line: _Line) -> None:
        self.line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self.line.set_timeout().recv_into(buffer)


def _seconds_left(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Posts ``body`` and reads what is answered, in 15 seconds in all. Raises BadAddress or NoAnswer.

    An answer counts as soon as its status and headers are here; of a body that never ends the beginning is kept.
    """
    deadline = time.monotonic() + SECONDS
    address = parse(url)
    try:
        sock = _connect(address, resolve(address, SECONDS), deadline)
    except (OSError, http.client.HTTPException, ValueError) as failed:
        raise NoAnswer(_explain_failure(failed)) from None
    with sock:
        try:
            return _exchange(address, _Line(sock, deadline), body, headers)
        except (OSError, http.client.HTTPException, ValueError) as failed:
            raise NoAnswer(_explain_failure(failed)) from None


def _explain_failure(failed: Exception) -> str:
    if isinstance(failed, TimeoutError):
        return f"no answer within {SECONDS} seconds"
    return f"{type(failed).__name__}: {failed}"


def _connect(address: Address, places: list[tuple[int, Any]], deadline: float) -> socket.socket:
    """Returns a connection to the first of the checked places that takes one; TLS asks for the name, not for the number."""
    for number, (family, place) in enumerate(places, 1):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(_seconds_left(deadline) / (len(places) - number + 1))
            sock.connect(place)
            if address.https:
                sock.settimeout(_seconds_left(deadline))
                return _tls_context().wrap_socket(sock, server_hostname=address.host)
            return sock
        except OSError:
            sock.close()
            if number == len(places):
                raise
    raise NoAnswer("the name cannot be resolved")


@lru_cache(maxsize=1)
def _tls_context() -> ssl.SSLContext:
    """Trusts the authorities that the machine trusts and those that browsers do: a slim container has none of its own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


def _exchange(address: Address, line: _Line, body: bytes, headers: Mapping[str, str]) -> Answer:
    connection = http.client.HTTPConnection(address.host, address.port)
    connection.sock = line
    connection.putrequest("POST", address.target, skip_host=True, skip_accept_encoding=True)
    all_headers = {"host": address.authority, "accept-encoding": "identity", "connection": "close", **headers}
    for name, value in {**all_headers, "content-length": str(len(body))}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, _read_beginning(answer))


def _read_beginning(answer: http.client.HTTPResponse) -> bytes:
    """At most 64 KiB; what breaks off or drips on takes nothing from the answer, which has been given."""
    content = b""
    try:
        while len(content) < MOST_READ and (chunk := answer.read1(MOST_READ - len(content))):
            content += chunk
    except (OSError, http.client.HTTPException, ValueError):
        pass
    return content
