"""Events to the products' backends (E9): signed, at least once, the same id at every attempt; a real receiver on loopback."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import override_settings
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from accounts.models import Product
from billing.errors import BadInput
from billing.models import Event, WebhookDelivery, WebhookEndpoint
from billing.operations import changes, running, webhooks
from tests import people
from tests.people import Party, at

NOON = at("2026-04-10 12:00")


class Receiver:
    """A product's backend: keeps what it got, and answers what it was told to."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(outer.answers.pop(0) if outer.answers else 204)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hooks"

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _headers, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.server.shutdown()
    one.server.server_close()


def listening(receiver: Receiver, **options: object) -> WebhookEndpoint:
    return webhooks.add_endpoint(url=receiver.url, as_of=NOON, actor="admin", **options)  # type: ignore[arg-type]


def till() -> Party:
    return people.party(product="evotor-app", tariff_id="light", now=NOON)


@pytest.fixture(autouse=True)
def _installation(db: None) -> None:
    people.installation()


def test_the_end_for_lack_of_payment_asks_the_product_to_remove_it_signed(receiver: Receiver) -> None:
    endpoint = listening(receiver, types=["subscription.terminated"])
    party = till()
    party.pay("90.00", NOON)
    running.run_due(as_of=at("2026-05-11 00:00"))
    assert receiver.types == ["subscription.terminated"]
    headers, body = receiver.got[0]
    told = Webhook(endpoint.secret).verify(body, headers)
    event = Event.objects.get(type="subscription.terminated")
    assert (headers["webhook-id"], told["id"]) == (event.public_id, event.public_id)
    assert (told["data"]["reason"], told["data"]["remove"], told["sequence"]) == ("unpaid", True, event.sequence)
    with pytest.raises(WebhookVerificationError):
        Webhook(webhooks.new_secret()).verify(body, headers)


def test_refused_it_comes_again_with_the_same_id_after_5_seconds_and_5_minutes(receiver: Receiver) -> None:
    listening(receiver, types=["subscription.created"])
    receiver.answers = [500, 302]
    till()
    assert webhooks.send_due(as_of=NOON) == 0
    assert webhooks.send_due(as_of=NOON + timedelta(seconds=4)) == 0
    assert webhooks.send_due(as_of=NOON + timedelta(seconds=5)) == 0
    assert webhooks.send_due(as_of=NOON + timedelta(minutes=5, seconds=5)) == 1
    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 1
    assert len(receiver.got) == 3
    row = WebhookDelivery.objects.get()
    assert (row.state, row.attempts, row.last_status) == ("delivered", 3, 204)
    assert webhooks.send_due(as_of=NOON + timedelta(days=9)) == 0


def test_a_sender_that_died_after_sending_leaves_it_to_be_sent_again(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening(receiver, types=["subscription.created"])
    till()
    with monkeypatch.context() as patched:
        patched.setattr(webhooks, "_note", lambda *_arguments: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            webhooks.send_due(as_of=NOON)
    assert webhooks.send_due(as_of=NOON + timedelta(minutes=1)) == 0
    assert webhooks.send_due(as_of=NOON + timedelta(minutes=2)) == 1
    assert receiver.types == ["subscription.created", "subscription.created"]


def test_given_up_after_the_last_wait_and_switched_off_by_410(receiver: Receiver) -> None:
    endpoint = listening(receiver, types=["subscription."])
    receiver.answers = [500] * 10
    party = till()
    now = NOON
    for wait in (timedelta(0), *webhooks.DELAYS):
        now += wait
        webhooks.send_due(as_of=now)
    assert WebhookDelivery.objects.get().state == "failed"
    receiver.answers = [410]
    changes.change(subscription=party.subscription, wish=changes.Wish(tariff_id="plus"), as_of=NOON, actor="anna")
    webhooks.send_due(as_of=now)
    endpoint.refresh_from_db()
    assert (endpoint.disabled_at, endpoint.disabled_reason) == (now, "410 Gone")
    changes.cancel(subscription=party.subscription, as_of=NOON, actor="anna")
    assert not WebhookDelivery.objects.filter(state="waiting").exists()


def test_each_hears_of_its_own_product_and_customer_alone(receiver: Receiver) -> None:
    party = till()
    meteor = Product.objects.get(code="meteor")
    listening(receiver, product=meteor)
    theirs = people.party("vasilek")
    mine = listening(receiver, customer=party.customer, types=["subscription.cancel_scheduled"])
    changes.cancel(subscription=party.subscription, as_of=NOON, actor="anna")
    heard = {
        (row.endpoint_id == mine.pk, row.event.instance_id)
        for row in WebhookDelivery.objects.all()
        if row.event.instance_id
    }
    assert heard == {(False, theirs.instance.pk), (True, party.instance.pk)}


@override_settings(WEBHOOK_ALLOW_PRIVATE=False)
def test_private_addresses_are_not_called_and_only_https_is_taken(receiver: Receiver) -> None:
    for url in (receiver.url, "ftp://example.com/x", "https://user:secret@example.com/", "https:///x"):
        with pytest.raises(BadInput):
            webhooks.add_endpoint(url=url, as_of=NOON, actor="admin")
    endpoint = webhooks.add_endpoint(
        url="https://127.0.0.1/hooks", as_of=NOON, actor="admin", types=["subscription.created"]
    )
    till()
    assert webhooks.send_due(as_of=NOON) == 0
    row = WebhookDelivery.objects.get(endpoint=endpoint)
    assert (row.last_status, "not a public one" in row.last_error, receiver.got) == (None, True, [])
