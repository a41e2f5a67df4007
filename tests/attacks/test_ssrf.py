"""A webhook is no way to reach what only we can: which addresses are called, how often names are asked for, and how long and how
much anybody answers."""

import gzip
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import override_settings

from billing import clock
from billing.errors import BadInput
from billing.models import WebhookDelivery
from billing.operations.events import endpoints, outbox, webhook_request
from billing.operations.events.dispatch import send_due
from billing.operations.outbound import http_client, public_addresses
from billing.operations.outbound.public_addresses import BadAddress, NoAnswer
from tests.support.people import at
from tests.support.receivers import Receiver, status

NOON = at("2026-04-10 12:00")
PUBLIC = "93.184.216.34"
Place = tuple[str, int]


@pytest.fixture
def outside() -> Iterator[None]:
    """As an installation that bills real people: nothing private, nothing without https."""
    with override_settings(WEBHOOK_ALLOW_PRIVATE=False):
        yield


class Names:
    """A name server that gives each of ``answers`` once, then the last for good; ``asked`` are the names."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), list[str]()

    def __call__(self, host: str, port: int, *_more: Any, **_named: Any) -> list[Any]:
        self.asked.append(host)
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    """Where connections were tried; none comes about."""
    tried: list[Place] = []

    def connect(_socket: socket.socket, place: Any) -> None:
        tried.append(place[:2])
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


def post(url: str, body: bytes = b"{}") -> http_client.Answer:
    return http_client.post(url, body=body, headers={"content-type": "application/json"})


# --- By their text -------------------------------------------------------------------------------------------------------

NASTY = [
    "http://example.com/",
    "http://example.com:443/",
    "http://example.com:8080/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "//example.com/",
    "example.com",
    "",
    "https://",
    "https:///x",
    "https://:443/",
    "https://user:secret@example.com/",
    "https://example.com@127.0.0.1/",
    "https://@example.com/",
    "https://example.com\\@127.0.0.1/",
    "https://exa mple.com/",
    "https://example.com/\r\nX: y",
    "https://exam\tple.com/",
    "https://example.com/#part",
    "https://example.com:99999/",
    "https://example.com:x/",
    "https://example.com:22/",
    "https://example.com:25/",
    "https://example.com:80/",
    "https://example.com:0/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.100.100.200/",
    "https://100.64.0.1/",
    "https://198.18.0.1/",
    "https://192.0.2.1/",
    "https://192.0.0.192/",
    "https://224.0.0.1/",
    "https://239.255.255.250/",
    "https://255.255.255.255/",
    "https://240.0.0.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::]/",
    "https://[2001:0:1::1]/",
    "https://[2001:db8::1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[ff02::1]/",
    "https://[::1",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://a.localhost/",
    "https://localhost./",
    "https://example.com./",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://router.home.arpa/",
    "https://db/",
    "https://intranet:8443/",
    "https://①②⑦.⓪.⓪.①/",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "https://a..b.com/",
    "https://example.com/" + "x" * 500,
]


@pytest.mark.usefixtures("outside", "db")
@pytest.mark.parametrize("url", NASTY)
def test_no_endpoint_is_added_there_and_nothing_is_called(url: str, connected: list[Place]) -> None:
    with pytest.raises(BadInput) as refused:
        endpoints.add_endpoint(url=url, as_of=NOON, actor="vera")
    assert refused.value.field == "url"
    with pytest.raises(BadAddress):
        post(url)
    assert connected == []


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("https://example.com", "example.com", 443, "/"),
        ("https://Hooks.Example.com:8443/in?a=1&b=%20", "hooks.example.com", 8443, "/in?a=1&b=%20"),
        ("https://пример.рф/путь?я", "xn--e1afmkfd.xn--p1ai", 443, "/%D0%BF%D1%83%D1%82%D1%8C?%D1%8F"),
        ("https://93.184.216.34/", PUBLIC, 443, "/"),
        ("https://[2606:2800:220:1::1]:1024/", "2606:2800:220:1::1", 1024, "/"),
    ],
)
def test_public_addresses_are_taken_as_they_are_meant(url: str, host: str, port: int, target: str) -> None:
    address = public_addresses.parse(url)
    assert (address.host, address.port, address.target, address.https) == (host, port, target, True)
    assert address.authority == {443: host, 8443: f"{host}:8443", 1024: f"[{host}]:1024"}[port]


# --- By what their names stand for ---------------------------------------------------------------------------------------

INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.1.2.3",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "198.19.0.1",
    "192.88.99.1",
    "224.0.0.251",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "2002:0a00:0001::",
    "2002:7f00:1::1",
    "2001::1",
    "2001:10::1",
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "fc00::1",
    "fdff::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "4000::1",
]


@pytest.mark.parametrize("inside", INSIDE)
def test_these_are_no_servers_out_there(inside: str) -> None:
    assert not public_addresses.is_public(ipaddress.ip_address(inside))


@pytest.mark.parametrize(
    "address",
    [
        PUBLIC,
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.32.0.1",
        "2606:4700::1",
        "64:ff9b::8.8.8.8",
        "::ffff:1.1.1.1",
    ],
)
def test_these_are(address: str) -> None:
    assert public_addresses.is_public(ipaddress.ip_address(address))


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize("inside", INSIDE)
def test_a_name_that_stands_for_one_inside_is_not_called(
    inside: str, connected: list[Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    for answer in ([inside], [PUBLIC, inside]):
        monkeypatch.setattr(socket, "getaddrinfo", Names(answer))
        with pytest.raises(BadAddress) as refused:
            post("https://hooks.example.com/")
        assert str(refused.value) == "the address is not a public one"
    assert connected == []


@pytest.mark.usefixtures("outside")
def test_a_name_is_asked_for_once_and_what_was_checked_is_called(
    connected: list[Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names([PUBLIC], ["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    with pytest.raises(NoAnswer):
        post("https://rebinding.example.com/")
    assert (names.asked, connected) == (["rebinding.example.com"], [(PUBLIC, 443)])


@pytest.mark.usefixtures("outside", "db")
def test_what_is_refused_is_kept_as_an_attempt_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(["10.0.0.1"]))
    endpoints.add_endpoint(url="https://hooks.example.com/", as_of=NOON, actor="vera")
    outbox.emit("invoice.paid", at=NOON, data={})
    assert send_due(as_of=NOON) == 0
    row = WebhookDelivery.objects.get()
    assert (row.state, row.last_status, row.last_error) == (
        "waiting",
        None,
        "BadAddress: the address is not a public one",
    )
    assert row.tries.get().error == row.last_error


def test_a_name_that_nobody_knows_and_a_resolver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_asked: Any, **_named: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NoAnswer, match="cannot be resolved"):
        post("https://nobody.example.com/")
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_asked, **_named: released.wait(30))
    monkeypatch.setattr(http_client, "SECONDS", 0.2)
    began = time.monotonic()
    with pytest.raises(NoAnswer, match="not resolved in time"):
        post("https://slow.example.com/")
    assert time.monotonic() - began < 2
    released.set()


# --- By TLS --------------------------------------------------------------------------------------------------------------


class Secure:
    """A server with a certificate for ``hooks.example.com``; it keeps the names it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[tuple[str | None, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.asked.append((outer.names[-1], self.headers["host"]))
                status(204)(self)

            def log_message(self, *_arguments: object) -> None:
                pass

        self.names: list[str | None] = []
        self.certificate = folder / "certificate.pem"
        key = folder / "key.pem"
        certify("hooks.example.com", self.certificate, key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return self.server.server_port


def certify(name: str, certificate: Path, key: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = clock.real_now()
    certificate_of_host = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(certificate_of_host.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secure]:
    server = Secure(tmp_path)
    monkeypatch.setattr(http_client, "_tls_context", lambda: ssl.create_default_context(cafile=str(server.certificate)))
    monkeypatch.setattr(socket, "getaddrinfo", Names(["127.0.0.1"]))
    yield server
    server.server.shutdown()
    server.server.server_close()


def test_the_number_is_called_and_the_name_is_asked_for(secure: Secure) -> None:
    assert post(f"https://hooks.example.com:{secure.port}/in").status == 204
    assert secure.asked == [("hooks.example.com", f"hooks.example.com:{secure.port}")]


def test_a_certificate_of_another_name_or_of_nobody_is_not_trusted(
    secure: Secure, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED"):
        post(f"https://other.example.com:{secure.port}/in")
    monkeypatch.undo()
    monkeypatch.setattr(socket, "getaddrinfo", Names(["127.0.0.1"]))
    with pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED"):
        post(f"https://hooks.example.com:{secure.port}/in")
    assert secure.asked == []


# --- By how they answer --------------------------------------------------------------------------------------------------


def test_no_redirect_is_followed_and_no_proxy_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for code in (301, 302, 303, 307, 308):
        receiver.answers = [status(code, Location=receiver.url)]
        assert post(receiver.url).status == code
    assert len(receiver.got) == 5


def drip(head: bytes, piece: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer that does not end for long: ``piece`` again and again, faster than any timeout of a single read."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(head)
        for _piece in range(200):
            time.sleep(0.02)
            handler.wfile.write(piece)

    return answer


@pytest.mark.parametrize("head", [b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 100 Continue\r\n"])
def test_an_answer_that_drips_ends_with_the_time_for_everything(
    head: bytes, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert http_client.SECONDS == 15
    monkeypatch.setattr(http_client, "SECONDS", 0.5)
    receiver.answers = [drip(head, b"0")]
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=r"no answer within 0\.5 seconds"):
        post(receiver.url)
    assert 0.4 < time.monotonic() - began < 2


def test_endless_talk_before_the_answer_ends_as_well(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "SECONDS", 0.5)
    receiver.answers = [drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n")]
    with pytest.raises(NoAnswer, match=r"no answer within 0\.5 seconds"):
        post(receiver.url)
    assert len(receiver.got) == 1


def test_an_answer_that_was_given_counts_although_its_body_never_ends(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "SECONDS", 0.5)
    receiver.answers = [drip(b"HTTP/1.1 200 OK\r\n\r\n", b"z")]
    began = time.monotonic()
    answer = post(receiver.url)
    assert (answer.status, answer.body[:3]) == (200, b"zzz")
    assert time.monotonic() - began < 2


def test_of_ten_megabytes_64_kilobytes_are_read(receiver: Receiver) -> None:
    written: list[int] = []

    def pour(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n")
        for _megabyte in range(10):
            handler.wfile.write(b"x" * 1_048_576)
            written.append(1)

    receiver.answers = [pour]
    assert post(receiver.url).body == b"x" * 65_536
    assert len(written) < 10


def test_what_is_packed_stays_packed(receiver: Receiver) -> None:
    bomb = gzip.compress(b"\x00" * 30_000_000)
    receiver.answers = [status(200, bomb, Content_Encoding="gzip")]
    message = webhook_request.Message(receiver.url, "{}", {"content-type": "application/json"}, NOON)
    tried = webhook_request.send_message(message)
    assert (tried.status, tried.answer, tried.answer_headers["content-encoding"]) == (200, "", "gzip")
    assert receiver.got[0][0]["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 300,
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 200_000,
        b"HTTP/1.1 99999 OK\r\n\r\n",
    ],
)
def test_nonsense_is_no_answer(answer: bytes, receiver: Receiver) -> None:
    receiver.answers = [lambda handler: handler.wfile.write(answer) and None]
    with pytest.raises(NoAnswer):
        post(receiver.url)
    assert len(receiver.got) == 1


def test_a_body_that_breaks_off_or_is_cut_wrongly_changes_nothing_of_the_answer(receiver: Receiver) -> None:
    for broken in (b"Content-Length: 99\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"):
        receiver.answers = [
            lambda handler, broken=broken: handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + broken) and None
        ]
        assert (post(receiver.url).status, len(receiver.got) > 0) == (200, True)
