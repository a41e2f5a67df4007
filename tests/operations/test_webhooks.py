"""Events on their way to the products' backends (E9): signed, at least once, the same id at every attempt; a real receiver on
loopback."""

import json
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.core.cache import cache
from standardwebhooks.webhooks import WebhookVerificationError

from accounts.models import Product
from billing import clock, tasks
from billing.models import Event, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from billing.operations.events import dispatch, endpoints, outbox
from billing.operations.events.dispatch import send_due
from billing.operations.outbound import http_client
from billing.operations.run import billing_run
from billing.operations.subscriptions import plan_changes
from billing.sandbox.models import SandboxClock
from tests.support import people
from tests.support.numbered_events import NOON, emit_renewal, notes
from tests.support.people import Party, at
from tests.support.receivers import Receiver, status

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def another() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def listening(receiver: Receiver, **options: Any) -> tuple[WebhookEndpoint, str]:
    return endpoints.add_endpoint(url=receiver.url, as_of=NOON, actor="admin", **options)


def till(name: str = "romashka") -> Party:
    return people.party(name, product="evotor-app", tariff_id="light", now=NOON)


def unbound(party: Party, note: int) -> Event:
    return outbox.emit("invoice.paid", at=NOON, data={"note": note}, account=party.account)


# --- What arrives --------------------------------------------------------------------------------------------------------


def test_the_end_for_lack_of_payment_asks_the_product_to_remove_it_signed(receiver: Receiver) -> None:
    _endpoint, secret = listening(receiver, types=["subscription.terminated"])
    party = till()
    party.pay("90.00", NOON)
    billing_run.run_due(as_of=at("2026-05-11 00:00"))
    assert receiver.types == ["subscription.terminated"]
    payload = receiver.verify_payload(secret)
    event = Event.objects.get(type="subscription.terminated")
    assert (receiver.got[0][0]["webhook-id"], payload["id"]) == (event.public_id, event.public_id)
    assert (payload["data"]["reason"], payload["data"]["remove"], payload["sequence"]) == (
        "unpaid",
        True,
        event.sequence,
    )
    assert event.position is not None
    with pytest.raises(WebhookVerificationError):
        receiver.verify_payload(endpoints.new_secret())


def test_each_hears_of_its_own_product_and_customer_alone(receiver: Receiver) -> None:
    party = till()
    meteor = Product.objects.get(code="meteor")
    listening(receiver, product=meteor)
    theirs = people.party("vasilek")
    endpoint, _secret = listening(receiver, customer=party.customer, types=["subscription.cancel_scheduled"])
    plan_changes.cancel_subscription(subscription=party.subscription, as_of=NOON, actor="anna")
    heard = {
        (row.endpoint_id == endpoint.pk, row.event.instance_id)
        for row in WebhookDelivery.objects.all()
        if row.event.instance_id
    }
    assert heard == {(False, theirs.instance.pk), (True, party.instance.pk)}


def test_every_attempt_is_kept_with_what_was_sent_and_answered_for_thirty_days(receiver: Receiver) -> None:
    listening(receiver, types=["subscription.created"])
    receiver.answers = [status(500, b"<b>\x00no\xff</b>" + b"." * 3000, Server_Timing="9", X_Request_ID="r-1"), 204]
    till()
    assert (send_due(as_of=NOON), send_due(as_of=NOON + 6 * SECOND)) == (0, 1)
    first, second = WebhookAttempt.objects.order_by("pk")
    assert (first.number, first.status, first.error, first.at) == (1, 500, "HTTP 500", NOON)
    assert (second.number, second.status, second.error, second.answer) == (2, 204, "", "")
    assert first.answer == "<b>�no�</b>" + "." * 1989
    assert (first.answer_headers["x-request-id"], "server-timing" in first.answer_headers) == ("r-1", False)
    assert first.headers == {
        name: value for name, value in receiver.got[0][0].items() if name in first.headers
    }  # the signature as well
    assert "webhook-signature" in first.headers
    assert abs(clock.real_now() - first.sent_at) < MINUTE
    send_due(as_of=NOON + timedelta(days=30))
    assert WebhookAttempt.objects.count() == 2
    send_due(as_of=NOON + timedelta(days=30, seconds=5))
    assert list(WebhookAttempt.objects.all()) == [second]


def test_a_new_event_is_sent_at_once_and_asked_for_once_while_more_are_due(receiver: Receiver) -> None:
    from django_q.models import OrmQ

    party = till()
    listening(receiver)
    before = OrmQ.objects.count()
    for number in range(3):
        emit_renewal(party, number)
    assert OrmQ.objects.count() == before + 1
    send_due(as_of=NOON)
    emit_renewal(party, 3)
    assert OrmQ.objects.count() == before + 2


# --- What is refused -----------------------------------------------------------------------------------------------------


def test_refused_it_comes_again_with_the_same_id_after_5_seconds_and_5_minutes(receiver: Receiver) -> None:
    """At least once, under one id (I-24)."""
    listening(receiver, types=["subscription.created"])
    receiver.answers = [500, 302]
    till()
    assert send_due(as_of=NOON) == 0
    assert send_due(as_of=NOON + timedelta(seconds=4.99)) == 0
    assert len(receiver.got) == 1
    assert send_due(as_of=NOON + timedelta(seconds=5.5)) == 0
    assert len(receiver.got) == 2
    assert send_due(as_of=NOON + timedelta(seconds=5.5, minutes=5.5)) == 1
    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 1
    assert len({body for _headers, body in receiver.got}) == 1
    row = WebhookDelivery.objects.get()
    assert (row.state, row.attempts, row.last_status, row.last_error) == ("delivered", 3, 204, "")
    assert send_due(as_of=NOON + timedelta(days=9)) == 0


def test_ten_attempts_at_the_waits_of_the_specification_with_up_to_a_tenth_more_then_given_up(
    receiver: Receiver,
) -> None:
    listening(receiver, types=["subscription.renewed"])
    receiver.answers = [500] * 100
    party, now = till(), NOON
    emit_renewal(party, 1)
    waits = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    for number, seconds in enumerate(waits, 1):
        assert send_due(as_of=now) == 0
        row = WebhookDelivery.objects.get()
        assert (row.attempts, row.state) == (number, "waiting")
        assert seconds <= (row.next_attempt_at - now).total_seconds() <= seconds * 1.1
        now = row.next_attempt_at
    send_due(as_of=now)
    row = WebhookDelivery.objects.get()
    assert (row.attempts, row.state, len(receiver.got)) == (10, "failed", 10)
    send_due(as_of=now + timedelta(days=30))
    assert len(receiver.got) == 10


def test_what_failed_together_does_not_come_again_together(receiver: Receiver) -> None:
    listening(receiver, types=["invoice.paid"])
    receiver.answers = [500] * 12
    party = till()
    for number in range(12):
        unbound(party, number)
    send_due(as_of=NOON)
    waits = {row.next_attempt_at - NOON for row in WebhookDelivery.objects.all()}
    assert len(waits) == 12
    assert all(5 * SECOND <= wait <= 5.5 * SECOND for wait in waits)


@pytest.mark.parametrize(
    ("code", "asked", "wait"),
    [
        (429, "120", 120),
        (503, "90000", 86_400),
        (503, "3", 5),
        (500, "120", 5),
        (429, "-1", 5),
        (429, "soon", 5),
        (429, "9" * 40, 86_400),
        (503, "Thu, 01 Jan 2026 00:00:00 GMT", 5),
        (503, "Fri, 01 Jan 2100 00:00:00 GMT", 86_400),
    ],
)
def test_a_busy_receiver_says_how_long_to_wait(receiver: Receiver, code: int, asked: str, wait: int) -> None:
    listening(receiver, types=["subscription.created"])
    receiver.answers = [status(code, Retry_After=asked)]
    till()
    send_due(as_of=NOON)
    assert wait <= (WebhookDelivery.objects.get().next_attempt_at - NOON).total_seconds() <= max(wait, 5.5)


def test_a_busy_receiver_may_name_the_hour(receiver: Receiver) -> None:
    listening(receiver, types=["subscription.created"])
    receiver.answers = [status(503, Retry_After=format_datetime(clock.real_now() + HOUR, usegmt=True))]
    till()
    send_due(as_of=NOON)
    assert 3590 <= (WebhookDelivery.objects.get().next_attempt_at - NOON).total_seconds() <= 3600


def test_a_410_switches_it_off_and_gives_up_what_waits(receiver: Receiver) -> None:
    endpoint, _secret = listening(receiver)
    party = till()
    emit_renewal(party, 1)
    receiver.answers = [410]
    send_due(as_of=NOON)
    endpoint.refresh_from_db()
    assert (endpoint.disabled_at, endpoint.disabled_reason, len(receiver.got)) == (NOON, "410 Gone", 1)
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"failed"}
    count = WebhookDelivery.objects.count()
    emit_renewal(party, 2)
    assert (send_due(as_of=NOON + HOUR), WebhookDelivery.objects.count()) == (0, count)


def test_a_410_of_the_address_before_says_nothing_of_the_new_one(receiver: Receiver, another: Receiver) -> None:
    endpoint, _secret = listening(receiver, types=["subscription.created"])
    till()
    [claimed] = dispatch._claim_in_order(endpoint, NOON)
    endpoints.change_endpoint(endpoint=endpoint, url=another.url, as_of=NOON, actor="admin")
    receiver.answers = [410]
    dispatch._record_attempt(claimed, dispatch.webhook_request.send_message(claimed.message), NOON)
    endpoint.refresh_from_db()
    assert endpoint.disabled_at is None
    assert (send_due(as_of=NOON + 6 * SECOND), another.types) == (1, ["subscription.created"])


# --- In sequence ---------------------------------------------------------------------------------------------------------


def test_one_that_waits_holds_up_the_later_ones_of_its_subscription_alone(receiver: Receiver) -> None:
    listening(receiver, types=["subscription.renewed", "invoice.paid"])
    first, other = till("one"), till("other")
    receiver.answers = [500]
    for note, party in ((1, first), (2, other), (3, first), (4, other)):
        emit_renewal(party, note)
    unbound(first, 5)
    assert send_due(as_of=NOON) == 3
    assert notes(receiver) == [1, 2, 4, 5]
    assert send_due(as_of=NOON + 4 * SECOND) == 0
    assert send_due(as_of=NOON + 6 * SECOND) == 2
    assert notes(receiver) == [1, 2, 4, 5, 1, 3]


def test_one_that_was_given_up_holds_up_nothing(receiver: Receiver) -> None:
    listening(receiver, types=["subscription.renewed"])
    party = till()
    first = emit_renewal(party, 1)
    WebhookDelivery.objects.filter(event=first).update(state="failed")
    emit_renewal(party, 2)
    assert (send_due(as_of=NOON), notes(receiver)) == (1, [2])


def test_one_that_waits_at_another_endpoint_holds_up_nothing(receiver: Receiver, another: Receiver) -> None:
    for backend in (receiver, another):
        listening(backend, types=["subscription.renewed"])
    party = till()
    receiver.answers = [500]
    emit_renewal(party, 1)
    emit_renewal(party, 2)
    assert (send_due(as_of=NOON), notes(receiver), notes(another)) == (2, [1], [1, 2])


def test_what_another_sender_has_is_left_to_it_until_its_claim_runs_out(receiver: Receiver) -> None:
    endpoint, _secret = listening(receiver, types=["subscription.renewed"])
    party = till()
    emit_renewal(party, 1)
    emit_renewal(party, 2)
    claimed = next(dispatch._claim_in_order(endpoint, NOON))
    assert claimed.delivery.event.data == {"note": 1}
    assert (send_due(as_of=NOON), send_due(as_of=NOON + timedelta(seconds=119))) == (0, 0)
    assert (send_due(as_of=NOON + timedelta(seconds=120)), notes(receiver)) == (2, [1, 2])
    late = dispatch.webhook_request.send_message(claimed.message)  # the other was not dead, only slow
    assert dispatch._record_attempt(claimed, late, NOON + timedelta(seconds=130))
    assert set(WebhookDelivery.objects.values_list("state", "attempts")) == {("delivered", 2), ("delivered", 1)}


def test_a_slow_sender_that_failed_changes_nothing_of_what_another_does_meanwhile(receiver: Receiver) -> None:
    endpoint, _secret = listening(receiver, types=["subscription.renewed"])
    emit_renewal(till(), 1)
    slow, quick = (
        next(dispatch._claim_in_order(endpoint, NOON)),
        next(dispatch._claim_in_order(endpoint, NOON + 2 * MINUTE)),
    )
    receiver.answers = [500]
    dispatch._record_attempt(slow, dispatch.webhook_request.send_message(slow.message), NOON + 3 * MINUTE)
    row = WebhookDelivery.objects.get()
    assert (row.attempts, row.next_attempt_at, row.last_error) == (2, NOON + 4 * MINUTE, "")
    assert dispatch._record_attempt(quick, dispatch.webhook_request.send_message(quick.message), NOON + 3 * MINUTE)


# --- Nobody holds up the others ------------------------------------------------------------------------------------------


def hang(handler: Any) -> None:
    """No answer until the caller hangs up."""
    handler.connection.settimeout(30)
    handler.rfile.read(1)


def test_an_endpoint_that_does_not_answer_waits_with_the_rest_while_others_hear(
    receiver: Receiver, another: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "SECONDS", 0.4)
    dead, _secret = listening(receiver, types=["invoice.paid"])
    listening(another, types=["invoice.paid"])
    receiver.answers = [hang] * 9
    party = till()
    for number in range(5):
        unbound(party, number)
    assert send_due(as_of=NOON) == 5
    assert (notes(another), notes(receiver)) == ([0, 1, 2, 3, 4], [0])
    assert sorted(WebhookDelivery.objects.filter(endpoint=dead).values_list("attempts", flat=True)) == [0, 0, 0, 0, 1]
    tried = WebhookAttempt.objects.get(delivery__endpoint=dead)
    assert (tried.status, "no answer within 0.4 seconds" in tried.error) == (None, True)
    receiver.answers = []
    assert send_due(as_of=NOON + MINUTE) == 5
    assert notes(receiver) == [0, 0, 1, 2, 3, 4]


def test_those_that_fail_come_last(receiver: Receiver, another: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, _secret = listening(receiver, types=["invoice.paid"])
    good, _other = listening(another, types=["invoice.paid"])
    receiver.answers = [500]
    party = till()
    unbound(party, 1)
    send_due(as_of=NOON)
    unbound(party, 2)
    assert list(dispatch._endpoints_with_due(NOON)) == [good, bad]


def test_a_run_begins_nothing_more_when_its_time_is_over(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    listening(receiver, types=["invoice.paid"])
    party = till()
    for number in range(3):
        unbound(party, number)
    with monkeypatch.context() as patched:
        patched.setattr(dispatch, "BUDGET", 0)
        assert send_due(as_of=NOON) == 0
    assert (send_due(as_of=NOON, limit=2), send_due(as_of=NOON)) == (2, 1)
    assert notes(receiver) == [0, 1, 2]


def test_more_than_one_batch_goes_out_in_order(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "BATCH", 2)
    listening(receiver, types=["invoice.paid", "subscription.renewed"])
    party = till()
    for number in range(7):
        (unbound if number % 2 else emit_renewal)(party, number)
    assert (send_due(as_of=NOON), notes(receiver)) == (7, [0, 1, 2, 3, 4, 5, 6])


def test_the_body_is_the_same_whatever_the_database_does_with_the_order_of_names(receiver: Receiver) -> None:
    _endpoint, secret = listening(receiver, types=["invoice.paid"])
    outbox.emit("invoice.paid", at=NOON, data={"name": "Ромашка «плюс»", "b": 1, "a": None}, account=till().account)
    send_due(as_of=NOON)
    payload = receiver.verify_payload(secret)
    assert list(payload) == ["type", "timestamp", "id", "sequence", "account", "instance_id", "subscription_id", "data"]
    assert (payload["timestamp"], payload["data"]["name"]) == ("2026-04-10T09:00:00+00:00", "Ромашка «плюс»")
    assert json.loads(receiver.got[0][1]) == payload


# --- The first repeat --------------------------------------------------------------------------------------------------


def test_a_nudged_worker_waits_the_five_seconds_and_sends_again(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening(receiver, types=["subscription.created"])
    receiver.answers = [500]
    slept: list[float] = []
    now = [NOON]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += timedelta(seconds=seconds)

    monkeypatch.setattr(tasks.time, "sleep", sleep)
    monkeypatch.setattr(clock, "now", lambda: now[0])
    till()
    assert tasks.deliver()["webhooks"] == 1
    assert receiver.types == ["subscription.created", "subscription.created"]
    assert len(slept) == 1
    assert 5.0 <= slept[0] <= 5.5


def test_nobody_waits_where_another_does_where_time_stands_or_for_a_later_repeat(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening(receiver, types=["subscription.created"])
    receiver.answers = [500] * 4
    monkeypatch.setattr(tasks.time, "sleep", lambda seconds: pytest.fail("somebody waits"))
    till()
    cache.set(tasks.WAITER, True, 10)
    monkeypatch.setattr(clock, "now", lambda: NOON)
    tasks.deliver()
    assert dispatch.first_repeat_in(NOON) is not None
    cache.delete(tasks.WAITER)
    people.stand_at(NOON)
    tasks.deliver()
    SandboxClock.objects.all().delete()
    later = NOON + timedelta(seconds=6)
    monkeypatch.setattr(clock, "now", lambda: later)
    tasks.deliver()
    assert WebhookDelivery.objects.get().attempts == 2
    assert dispatch.first_repeat_in(later) is None
