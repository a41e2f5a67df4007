"""A consumer on loopback hears every event at least once, under one id, in sequence per subscription: whatever kills the sender at
whatever step, and however many of them send at once."""

import http.client
import json
import select
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from billing.models import Event, WebhookAttempt, WebhookDelivery
from billing.operations.events import dispatch, endpoints, outbox, webhook_request
from billing.operations.events.dispatch import send_due
from billing.operations.events.fan_out import replay_range
from tests.support import people
from tests.support.people import Party, at
from tests.support.processes import at_once, die
from tests.support.receivers import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

NOON = at("2026-04-10 12:00")
DAY = timedelta(days=1)


@pytest.fixture
def consumer() -> Iterator[Receiver]:
    people.installation()
    with Receiver() as backend:
        yield backend
    people.assert_books_are_right()


def happen(parties: list[Party], rounds: int) -> None:
    """Events of several subscriptions by turns, and between them some of none."""
    for number in range(rounds):
        for party in parties:
            outbox.emit("subscription.renewed", at=NOON, data={"note": number}, subscription=party.subscription)
        outbox.emit("invoice.paid", at=NOON, data={"note": number}, account=parties[0].account)


def tills(count: int) -> list[Party]:
    return [people.party(f"c{number}", product="evotor-app", tariff_id="light", now=NOON) for number in range(count)]


def heard(consumer: Receiver) -> dict[str, list[dict[str, Any]]]:
    """What arrived, by id."""
    payloads = defaultdict(list)
    for headers, body in consumer.got:
        payload = json.loads(body)
        assert headers["webhook-id"] == payload["id"]
        payloads[payload["id"]].append(payload)
    return payloads


def assert_all_heard_in_sequence(consumer: Receiver, secret: str) -> None:
    """Every event at least once, each always in the same words and signed; the first arrivals of a subscription in sequence."""
    payloads = heard(consumer)
    assert set(payloads) == set(Event.objects.values_list("public_id", flat=True))
    assert all(arrived.count(arrived[0]) == len(arrived) for arrived in payloads.values())
    assert all(consumer.verify_payload(secret, number) for number in range(len(consumer.got)))
    subscription_of = dict(Event.objects.values_list("public_id", "subscription_id"))
    first: dict[int, list[int]] = defaultdict(list)
    for id_, [arrived, *_again] in payloads.items():  # in the order of first arrival
        subscription = subscription_of[id_]
        if subscription is not None:
            first[subscription].append(arrived["sequence"])
    for sequences in first.values():
        assert sequences == sorted(sequences)
        assert sequences[0] == 1
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"delivered"}


# --- Killed at every step ------------------------------------------------------------------------------------------------


def at_the(count: int, before: Callable[..., Any] | None, real: Callable[..., Any]) -> Callable[..., Any]:
    """``real``, killed the ``count``-th time: before it where ``before`` says so, else after it."""
    left = [count]

    def deadly(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and before is not None:
            before(*arguments)
            die()
        answer = real(*arguments, **named)
        if left[0] == 0:
            die()
        return answer

    return deadly


def nothing(*_arguments: Any) -> None:
    pass


def answered(connection: http.client.HTTPConnection) -> None:
    """Waits until the receiver has everything and its answer stands at the door, unread."""
    sock = connection.sock.sock  # type: ignore[union-attr]
    select.select([sock], [], [], 10)


# Where a sender dies: (whose attribute, its name, what comes before the death; None: after the call).
STEPS: dict[str, tuple[Any, str, Callable[..., Any] | None]] = {
    "before the claim": (dispatch, "_claim_delivery", nothing),
    "after the claim": (dispatch, "_claim_delivery", None),
    "before sending": (webhook_request, "send_message", nothing),
    "while sending, after the receiver got it": (http.client.HTTPConnection, "getresponse", answered),
    "after the answer": (webhook_request, "send_message", None),
    "before noting": (dispatch, "_record_attempt", nothing),
    "after the attempt, before the delivery": (WebhookAttempt.objects, "create", None),
    "after noting": (dispatch, "_record_attempt", None),
}


def run_and_die(step: str, count: int, now: datetime) -> Callable[[], int]:
    def work() -> int:
        owner, name, before = STEPS[step]
        setattr(owner, name, at_the(count, before, getattr(owner, name)))
        return send_due(as_of=now)

    return work


@pytest.mark.parametrize("step", STEPS)
def test_killed_there_again_and_again_it_loses_nothing(step: str, consumer: Receiver) -> None:
    _endpoint, secret = endpoints.add_endpoint(url=consumer.url, as_of=NOON, actor="admin")
    happen(tills(2), rounds=3)
    now = NOON
    for count in (1, 2, 4):
        assert at_once([run_and_die(step, count, now)]) == [None], "it was killed"
        now += dispatch.CLAIM_LASTS
    consumer.answers = [500]
    assert at_once([lambda: send_due(as_of=now)])[0] > 0
    assert at_once([lambda: send_due(as_of=now + DAY)])[0] > 0
    assert_all_heard_in_sequence(consumer, secret)
    assert at_once([lambda: send_due(as_of=now + 3 * DAY)]) == [0]


def test_killed_while_sending_the_receiver_hears_it_again(consumer: Receiver) -> None:
    _endpoint, secret = endpoints.add_endpoint(url=consumer.url, as_of=NOON, actor="admin", types=["invoice.paid"])
    event = outbox.emit("invoice.paid", at=NOON, data={})
    assert at_once([run_and_die("while sending, after the receiver got it", 1, NOON)]) == [None]
    assert (len(consumer.got), WebhookDelivery.objects.get().state) == (1, "waiting")
    assert at_once([lambda: send_due(as_of=NOON + timedelta(seconds=119))]) == [0]
    assert at_once([lambda: send_due(as_of=NOON + timedelta(seconds=120))]) == [1]
    assert [consumer.verify_payload(secret, number)["id"] for number in (0, 1)] == [event.public_id] * 2


# --- Many at once --------------------------------------------------------------------------------------------------------


def until(question: str) -> None:
    """Asks the database until it says yes."""
    for _again in range(2000):
        with connection.cursor() as cursor:
            cursor.execute(question)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.005)
    raise AssertionError(question)


@pytest.mark.pg
def test_of_two_who_claim_the_same_one_at_the_same_moment_one_has_it(consumer: Receiver) -> None:
    endpoints.add_endpoint(url=consumer.url, as_of=NOON, actor="admin")
    outbox.emit("invoice.paid", at=NOON, data={})
    row = WebhookDelivery.objects.get()

    def first() -> bool:
        with transaction.atomic():
            claimed = dispatch._claim_delivery(row, NOON)
            until("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")  # the other one waits for this row
        return claimed

    def second() -> bool:
        until(
            "SELECT count(*) > 0 FROM pg_locks WHERE relation = 'billing_webhookdelivery'::regclass "
            "AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()"
        )
        return dispatch._claim_delivery(row, NOON)

    assert at_once([first, second]) == [True, False]


@pytest.mark.pg
def test_four_senders_at_once_send_each_once_and_in_sequence(consumer: Receiver) -> None:
    endpoint, secret = endpoints.add_endpoint(url=consumer.url, as_of=NOON, actor="admin")
    happen(tills(4), rounds=10)
    arrived = at_once([lambda: send_due(as_of=NOON) for _sender in range(4)])
    arrived += at_once([lambda: send_due(as_of=NOON)])
    count = Event.objects.count()
    assert sum(arrived) == count
    assert Counter(len(calls) for calls in heard(consumer).values()) == {1: count}
    assert_all_heard_in_sequence(consumer, secret)

    consumer.got.clear()
    assert replay_range(endpoint=endpoint, since=NOON, until=NOON + DAY, as_of=NOON, actor="admin") == count
    at_once([lambda: send_due(as_of=NOON) for _sender in range(4)])
    at_once([lambda: send_due(as_of=NOON)])
    assert_all_heard_in_sequence(consumer, secret)


@pytest.mark.pg
def test_four_senders_some_of_which_die_while_the_receiver_refuses_now_and_then(consumer: Receiver) -> None:
    _endpoint, secret = endpoints.add_endpoint(url=consumer.url, as_of=NOON, actor="admin")
    happen(tills(3), rounds=6)
    consumer.answers = [204, 500, 204, 204, 503] * 4
    now = NOON
    for count, step in enumerate(STEPS, 2):
        at_once([run_and_die(step, count, now), *[lambda now=now: send_due(as_of=now) for _sender in range(3)]])
        now += dispatch.CLAIM_LASTS
    for _run in range(3):
        now += DAY
        at_once([lambda now=now: send_due(as_of=now)])
    assert_all_heard_in_sequence(consumer, secret)


@pytest.mark.pg
def test_events_written_while_they_are_sent_are_heard_in_sequence(consumer: Receiver) -> None:
    _endpoint, secret = endpoints.add_endpoint(url=consumer.url, as_of=NOON, actor="admin")
    parties = tills(2)

    def send() -> int:
        return sum(send_due(as_of=NOON) for _run in range(12))

    at_once([lambda: happen(parties[:1], 8), lambda: happen(parties[1:], 8), send, send, send, send])
    at_once([lambda: send_due(as_of=NOON)])
    assert_all_heard_in_sequence(consumer, secret)
    assert Counter(len(calls) for calls in heard(consumer).values()) == {1: Event.objects.count()}
