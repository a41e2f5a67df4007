"""Once more: any event or a range, delivered or not, under the same id; and samples that are told apart."""

import json
import shlex
from datetime import datetime, timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from accounts.models import Product
from billing.errors import BadInput, BillingError
from billing.models import AuditRecord, Event, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from billing.operations.events import dispatch, endpoints, fan_out, outbox, webhook_request
from billing.operations.events.dispatch import send_due
from billing.operations.events.event_types import TYPES
from billing.operations.events.fan_out import delivery_curl, replay, replay_range, send_sample
from tests.support import people
from tests.support.numbered_events import NOON, emit_renewal, notes
from tests.support.people import Party
from tests.support.receivers import Receiver, status

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATER = NOON + 10 * DAY


def add(receiver: Receiver, **options: Any) -> WebhookEndpoint:
    endpoint, _secret = endpoints.add_endpoint(url=receiver.url, as_of=NOON, actor="vera", **options)
    return endpoint


def till(name: str = "romashka") -> Party:
    return people.party(name, product="evotor-app", tariff_id="light", now=NOON - DAY)


def again(endpoint: WebhookEndpoint, event: Event, now: datetime = LATER) -> WebhookDelivery:
    return replay(endpoint=endpoint, event=event, as_of=now, actor="vera")


def again_all(endpoint: WebhookEndpoint, since: datetime, until: datetime, **options: Any) -> int:
    return replay_range(endpoint=endpoint, since=since, until=until, as_of=LATER, actor="vera", **options)


def test_a_delivered_one_goes_out_once_more_with_the_same_id_and_body(receiver: Receiver) -> None:
    endpoint = add(receiver, types=["subscription.renewed"])
    event = emit_renewal(till(), 1)
    assert send_due(as_of=NOON) == 1
    row = again(endpoint, event)
    assert (row.state, row.attempts, row.replays, row.replayed_at, row.replayed_by) == ("waiting", 0, 1, LATER, "vera")
    assert (send_due(as_of=LATER), send_due(as_of=LATER)) == (1, 0)
    assert receiver.got[0][0]["webhook-id"] == receiver.got[1][0]["webhook-id"] == event.public_id
    assert receiver.got[0][1] == receiver.got[1][1]
    assert list(WebhookAttempt.objects.order_by("pk").values_list("at", flat=True)) == [NOON, LATER]
    again(endpoint, event)
    assert WebhookDelivery.objects.get().replays == 2
    after = AuditRecord.objects.filter(action="webhook.replayed")[0].after
    assert after == {"event": event.public_id, "type": "subscription.renewed"}


def test_one_that_was_given_up_has_its_ten_attempts_again(receiver: Receiver) -> None:
    endpoint = add(receiver, types=["subscription.renewed"])
    event = emit_renewal(till(), 1)
    WebhookDelivery.objects.update(state="failed", attempts=10, last_error="HTTP 500")
    again(endpoint, event)
    receiver.answers = [500]
    send_due(as_of=LATER)
    assert send_due(as_of=LATER + MINUTE) == 1
    assert WebhookDelivery.objects.get().state == "delivered"


def test_one_from_before_the_endpoint_and_of_a_type_it_never_asked_for(receiver: Receiver) -> None:
    event = emit_renewal(till(), 1)
    endpoint = add(receiver, types=["invoice.paid"])
    row = again(endpoint, event)
    assert (row.replays, row.subscription_id, row.sequence) == (1, event.subscription_id, event.sequence)
    assert (send_due(as_of=LATER), notes(receiver)) == (1, [1])


def test_what_is_asked_for_while_it_is_being_sent_goes_out_once_more(receiver: Receiver) -> None:
    endpoint = add(receiver, types=["subscription.renewed"])
    event = emit_renewal(till(), 1)
    [claimed] = dispatch._claim_in_order(endpoint, NOON)
    again(endpoint, event, NOON)
    assert dispatch._record_attempt(claimed, webhook_request.send_message(claimed.message), NOON)
    assert WebhookDelivery.objects.get().state == "waiting"
    assert (send_due(as_of=NOON), notes(receiver)) == (1, [1, 1])


def test_what_another_may_hear_of_is_refused_and_what_one_hears_may_be_asked_for(receiver: Receiver) -> None:
    romashka, vasilek = till(), people.party("vasilek")
    meteor = Product.objects.get(code="meteor")
    everyone, theirs = add(receiver), add(receiver, customer=vasilek.customer)
    of_meteor, both = add(receiver, product=meteor), add(receiver, product=meteor, customer=romashka.customer)
    heard_event = emit_renewal(romashka, 1)
    paid = outbox.emit("invoice.paid", at=NOON, data={}, account=romashka.account)
    for endpoint in (theirs, of_meteor, both):
        for event in (heard_event, paid):
            with pytest.raises(BillingError) as refused:
                again(endpoint, event)
            assert refused.value.code == "event_not_heard"
    assert again(everyone, heard_event).event == heard_event
    # Whoever heard of an event at first may ask for it, and nobody else.
    nobodys = outbox.emit("invoice.paid", at=NOON, data={})
    outbox.emit("instance.deleted", at=NOON, data={}, instance=vasilek.instance)
    heard = {
        (row.endpoint_id, row.event_id)
        for row in WebhookDelivery.objects.filter(event__in=[heard_event, paid, nobodys])
    }
    asked = {
        (endpoint.pk, event.pk)
        for endpoint in (everyone, theirs, of_meteor, both)
        for event in fan_out.events_of(endpoint).filter(pk__in=[heard_event.pk, paid.pk, nobodys.pk])
    }
    assert heard == asked == {(everyone.pk, event.pk) for event in (heard_event, paid, nobodys)}


def test_the_next_owner_of_an_instance_may_not_ask_for_events_of_the_one_before(receiver: Receiver) -> None:
    romashka, vasilek = till(), people.party("vasilek")
    event = emit_renewal(romashka, 1)
    romashka.instance.customer = vasilek.customer
    romashka.instance.save(update_fields=["customer"])
    with pytest.raises(BillingError):
        again(add(receiver, customer=vasilek.customer), event)
    assert again(add(receiver, customer=romashka.customer), event).event == event


def test_a_range_goes_out_in_order_from_its_beginning_to_before_its_end(receiver: Receiver) -> None:
    first, other = till("one"), till("other")
    for number in range(6):
        emit_renewal((first, other)[number % 2], number, NOON + number * HOUR)
    outbox.emit("invoice.paid", at=NOON + 2 * HOUR, data={"note": 9})
    endpoint = add(receiver, types=["subscription."])
    assert again_all(endpoint, NOON + HOUR, NOON + 5 * HOUR) == 4
    assert (send_due(as_of=LATER), notes(receiver)) == (4, [1, 2, 3, 4])
    assert again_all(endpoint, NOON, NOON + DAY, types=["invoice.paid"]) == 1
    assert (send_due(as_of=LATER), notes(receiver)[4:]) == (1, [9])
    assert again_all(endpoint, NOON, NOON + DAY) == 6
    receiver.answers = [204, 500]
    assert send_due(as_of=LATER) == 3
    assert notes(receiver)[5:] == [0, 1, 2, 4]  # 1 was not taken: 3 and 5 of its subscription wait
    assert send_due(as_of=LATER + MINUTE) == 3
    assert notes(receiver)[9:] == [1, 3, 5]
    assert AuditRecord.objects.filter(action="webhook.replayed").order_by("pk")[0].after == {
        "since": "2026-04-10T13:00:00+03:00",
        "until": "2026-04-10T17:00:00+03:00",
        "types": [],
        "only_failed": False,
        "number": 4,
    }


def test_a_range_of_what_was_given_up_alone(receiver: Receiver) -> None:
    party, endpoint = till(), add(receiver, types=["subscription.renewed"])
    rows = [emit_renewal(party, number) for number in range(3)]
    send_due(as_of=NOON)
    WebhookDelivery.objects.filter(event=rows[1]).update(state="failed")
    assert again_all(endpoint, NOON, NOON + DAY, only_failed=True) == 1
    assert (send_due(as_of=LATER), notes(receiver)) == (1, [0, 1, 2, 1])
    assert again_all(endpoint, NOON, NOON + DAY, only_failed=True) == 0
    assert AuditRecord.objects.filter(action="webhook.replayed").count() == 1


def test_a_range_has_an_end_after_its_beginning_and_a_measure(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    party, endpoint = till(), add(receiver, types=["subscription.renewed"])
    assert fan_out.MOST_REPLAYED == 10_000
    monkeypatch.setattr(fan_out, "MOST_REPLAYED", 3)
    for number in range(4):
        emit_renewal(party, number)
    for since, until in ((NOON, NOON), (NOON + DAY, NOON), (NOON, NOON + DAY)):
        with pytest.raises(BadInput) as refused:
            again_all(endpoint, since, until)
        assert refused.value.field == "until"
    with pytest.raises(BadInput) as refused:
        again_all(endpoint, NOON, NOON + DAY, types=["nothing."])
    assert refused.value.field == "types"
    assert set(WebhookDelivery.objects.values_list("replays", flat=True)) == {0}


def test_nothing_is_asked_for_where_nothing_is_sent(receiver: Receiver) -> None:
    endpoint, event = add(receiver), emit_renewal(till(), 1)
    endpoints.disable_endpoint(endpoint=endpoint, as_of=NOON, actor="vera", reason="Moved")
    with pytest.raises(BillingError) as refused:
        again(endpoint, event)
    assert refused.value.code == "webhook_disabled"
    with pytest.raises(BillingError):
        again_all(endpoint, NOON, NOON + DAY)
    endpoints.enable_endpoint(endpoint=endpoint, as_of=NOON, actor="vera")
    again(endpoint, event)
    assert send_due(as_of=LATER) == 1


# --- Trying out ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", TYPES)
def test_a_sample_of_every_type_goes_out_signed_and_marked(receiver: Receiver, type_: str) -> None:
    endpoint, secret = endpoints.add_endpoint(url=receiver.url, as_of=NOON, actor="vera", types=["invoice.paid"])
    tried = send_sample(endpoint=endpoint, type_=type_, as_of=NOON, actor="vera")
    payload = receiver.verify_payload(secret)
    assert (payload["type"], payload["sample"], payload["data"]) == (type_, True, TYPES[type_].sample)
    assert payload["id"] == receiver.got[0][0]["webhook-id"]
    assert payload["id"].startswith("evt_sample_")
    assert (tried.status, tried.error, tried.body) == (204, "", receiver.got[0][1].decode())
    assert tried.headers["webhook-signature"] == receiver.got[0][0]["webhook-signature"]


def test_of_a_sample_nothing_is_kept_but_that_it_was_sent(receiver: Receiver) -> None:
    endpoint = add(receiver)
    receiver.answers = [status(500, b"Nothing works", Retry_After="9")]
    tried = send_sample(endpoint=endpoint, type_="invoice.paid", as_of=NOON, actor="vera")
    assert (tried.status, tried.error, tried.answer, tried.answer_headers["retry-after"]) == (
        500,
        "HTTP 500",
        "Nothing works",
        "9",
    )
    assert (Event.objects.count(), WebhookDelivery.objects.count(), WebhookAttempt.objects.count()) == (0, 0, 0)
    sent = AuditRecord.objects.get(action="webhook.sample_sent")
    assert (sent.actor, sent.after["type"], sent.after["status"]) == ("vera", "invoice.paid", 500)
    with pytest.raises(BadInput):
        send_sample(endpoint=endpoint, type_="invoice.", as_of=NOON, actor="vera")


def test_the_line_for_a_shell_says_the_same_as_the_call(receiver: Receiver) -> None:
    endpoint, secret = endpoints.add_endpoint(url=receiver.url + "?a=1&b='x'", as_of=NOON, actor="vera")
    data = {"name": 'O\'Brien $(reboot) `x` \\ "q" Ромашка\n!'}
    event = outbox.emit("invoice.paid", at=NOON, data=data)
    line = delivery_curl(WebhookDelivery.objects.get(), NOON)
    words = shlex.split(line.replace("\\\n", ""))
    assert words[:4] == ["curl", "-X", "POST", endpoint.url]
    headers = dict(word.split(": ", 1) for word, before in zip(words[1:], words, strict=False) if before == "-H")
    body = words[words.index("--data-raw") + 1]
    assert Webhook(secret).verify(body, headers)["data"] == data
    assert (headers["webhook-id"], body) == (event.public_id, webhook_request.body_of(event))
    send_due(as_of=NOON)
    assert (json.loads(receiver.got[0][1]), receiver.got[0][0]["content-type"]) == (
        json.loads(body),
        "application/json",
    )
