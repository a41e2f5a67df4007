"""Every kind of event there is, heard once: each says what its sample promises, and none is told that nobody has described (E9)."""

import json

import jsonschema_rs
import pytest

from billing.api.v1.document.webhooks import webhooks
from billing.models import Event
from billing.operations.customers import instances
from billing.operations.events import outbox, stream
from billing.operations.events.event_types import TYPES
from billing.operations.events.webhook_request import body_of
from billing.operations.run import billing_run
from billing.operations.settlement import payments
from billing.operations.subscriptions import plan_changes
from tests.support import cards, people
from tests.support.people import at

NOON = at("2026-04-10 12:00")


def a_year_of_everything() -> None:
    """Four customers, and whatever can happen to them."""
    meteor = people.party("meteor")
    meteor.activate(10, NOON)
    people.stand_at(at("2026-05-16 00:00"))
    billing_run.run_due(as_of=at("2026-05-01 00:00"))
    billing_run.run_due(as_of=at("2026-05-16 00:00"))
    first = meteor.pay("6589.00", at("2026-05-20 12:00"))
    payments.reverse_payment(payment=first, as_of=at("2026-05-20 13:00"), actor="finance", reason="Wrong customer")
    meteor.pay("13178.00", at("2026-05-21 12:00"))
    meteor.terminate(at("2026-05-22 12:00"))
    meteor.resume(at("2026-05-23 12:00"))
    blue = people.party("blue", NOON, product="blue", tariff_id="blue-monthly", currency="USD")
    billing_run.run_due(as_of=at("2026-04-16 10:00"))
    billing_run.run_due(as_of=at("2026-04-18 00:00"))
    assert blue.status(at("2026-04-18 00:00")) == "trial_ended"
    till = people.party("till", NOON, product="evotor-app", tariff_id="light")
    till.pay("90.00", NOON)
    plan_changes.change_terms(
        subscription=till.subscription,
        request=plan_changes.TermsRequest(tariff_id="plus", quantity=None, when="now"),
        quote_token=None,
        as_of=at("2026-04-20 12:00"),
        actor="anna",
    )
    till.pay("500.00", at("2026-04-20 12:00"))
    billing_run.run_due(as_of=at("2026-05-06 10:00"))
    plan_changes.cancel_subscription(subscription=till.fresh, as_of=at("2026-05-20 12:00"), actor="anna")
    billing_run.run_due(as_of=at("2026-06-10 00:00"))
    instances.delete_instance(instance=till.instance, as_of=at("2026-06-10 12:00"), actor="anna")
    poor = people.party("poor", NOON, product="evotor-app", tariff_id="light")
    poor.pay("90.00", NOON)
    cards.pay_and_keep(poor, "9995")
    billing_run.run_due(as_of=at("2026-05-05 10:00"))


def test_each_type_is_told_as_its_sample_says() -> None:
    a_year_of_everything()
    events = list(Event.objects.order_by("pk"))
    assert sorted({row.type for row in events}) == sorted(TYPES)
    for row in events:
        content = webhooks()[row.type]["post"]["requestBody"]["content"]["application/json"]
        shape, body = content["schema"]["allOf"][1], json.loads(body_of(row))
        wrong = [error.message for error in jsonschema_rs.validator_for(shape).iter_errors(body)]
        assert (row.type, wrong) == (row.type, [])
        assert (row.subscription is not None) == (row.sequence > 0)
        about = ("account", "instance_id", "subscription_id")
        assert any(body[name] for name in about), row.type
    people.assert_books_are_right()


def test_what_is_missing_for_a_renewal_is_told_once_with_the_sum() -> None:
    poor = people.party("poor", NOON, product="evotor-app", tariff_id="light")
    poor.pay("120.00", NOON)
    for day in range(5, 8):
        billing_run.run_due(as_of=at(f"2026-05-{day:02} 10:00"))
    low = Event.objects.get(type="balance.low")
    assert low.data["renews_on"] == "2026-05-10"
    assert [low.data[name]["amount"] for name in ("costs", "balance", "missing")] == ["90.00", "30.00", "60.00"]


def test_a_payment_taken_back_is_told_with_the_reason() -> None:
    party = people.party()
    payment = party.pay("100.00", NOON, reference="417")
    payments.reverse_payment(payment=payment, as_of=NOON, actor="finance", reason="Wrong customer")
    back = Event.objects.get(type="payment.refunded").data
    assert (back["id"], back["amount"]["amount"], back["reason"]) == (payment.public_id, "100.00", "Wrong customer")


def test_nobody_tells_what_is_not_described() -> None:
    with pytest.raises(KeyError):
        outbox.emit("invoice.lost", at=NOON, data={})


def test_places_are_given_once_in_the_order_of_writing() -> None:
    party = people.party()
    assert set(Event.objects.values_list("position", flat=True)) == {None}
    assert (stream.place_events(), stream.place_events()) == (1, 0)
    party.activate(10, NOON)
    assert stream.place_events() == 2
    rows = Event.objects.order_by("pk").values_list("position", "type")
    assert list(rows) == [(1, "subscription.created"), (2, "seats.peak_raised"), (3, "seats.peak_raised")]
