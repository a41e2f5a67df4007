"""Endpoints: who may be called, what they hear of, their secrets, pausing and switching off. Every act is recorded."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from standardwebhooks.webhooks import WebhookVerificationError

from billing.errors import BadInput, BillingError
from billing.models import AuditRecord, Event, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from billing.operations.events import dispatch, endpoints, outbox
from billing.operations.events.dispatch import send_due
from billing.operations.outbound import encryption
from tests.support import people
from tests.support.people import at
from tests.support.receivers import Receiver

NOON = at("2026-04-10 12:00")
HOUR = timedelta(hours=1)
OLD_KEY, NEW_KEY = "old-" + "o" * 50, "new-" + "n" * 50


def add(url: str = "https://hooks.example.com/in", **options: Any) -> tuple[WebhookEndpoint, str]:
    return endpoints.add_endpoint(url=url, as_of=NOON, actor="vera", **options)


def happen(note: int = 1) -> Event:
    return outbox.emit("invoice.paid", at=NOON, data={"note": note})


def acts() -> list[str]:
    return list(
        AuditRecord.objects.filter(object_type="WebhookEndpoint").order_by("pk").values_list("action", flat=True)
    )


# --- Adding and changing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["subscription", "subscription.*", "sub.", ".", "", "invoice.payed", "INVOICE.PAID"])
def test_a_type_that_does_not_exist_is_named(wrong: str) -> None:
    with pytest.raises(BadInput) as refused:
        add(types=["invoice.paid", wrong])
    assert (refused.value.field, f"«{wrong}»" in str(refused.value)) == ("types", True)
    assert not WebhookEndpoint.objects.exists()


def test_it_hears_of_types_and_of_beginnings_of_types() -> None:
    endpoint, _secret = add(types=["invoice.", "payment.received", "invoice."], name="  Shop ")
    assert (endpoint.types, endpoint.name) == (["invoice.", "payment.received"], "Shop")
    heard = [
        endpoint.hears(type_)
        for type_ in ("invoice.paid", "payment.received", "payment.failed", "subscription.created")
    ]
    assert heard == [True, True, False, False]


def test_changing_says_what_was_and_what_is(receiver: Receiver) -> None:
    endpoint, secret = add(types=["invoice.paid"])
    happen()
    endpoints.change_endpoint(
        endpoint=endpoint, url=receiver.url, types=["invoice."], name="Till", as_of=NOON, actor="vera"
    )
    endpoints.change_endpoint(endpoint=endpoint, as_of=NOON, actor="vera")
    [change] = AuditRecord.objects.filter(action="webhook.changed")
    assert change.before == {"url": "https://hooks.example.com/in", "types": ["invoice.paid"], "name": ""}
    assert change.after == {"url": receiver.url, "types": ["invoice."], "name": "Till"}
    assert (send_due(as_of=NOON), receiver.verify_payload(secret)["type"]) == (1, "invoice.paid")
    for wrong in ({"url": "ftp://example.com"}, {"types": ["nothing"]}, {"name": "n" * 101}):
        with pytest.raises(BadInput):
            endpoints.change_endpoint(endpoint=endpoint, as_of=NOON, actor="vera", **wrong)  # type: ignore[arg-type]


def test_the_command_adds_one_and_prints_the_secret_alone() -> None:
    party, out, err = people.party(), StringIO(), StringIO()
    call_command(
        "add_webhook",
        url="https://hooks.example.com/in",
        customer=party.customer.public_id,
        name="Shop",
        types=["invoice."],
        stdout=out,
        stderr=err,
    )
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.customer, endpoint.name, endpoint.types) == (party.customer, "Shop", ["invoice."])
    assert [out.getvalue().strip()] == endpoints.secrets_of(endpoint, NOON)
    for wrong in ({"product": "none"}, {"customer": "cus_none"}, {"types": ["none"]}):
        with pytest.raises(CommandError):
            call_command("add_webhook", url="https://hooks.example.com/in", stdout=out, stderr=err, **wrong)


# --- Secrets -------------------------------------------------------------------------------------------------------------


def test_while_the_secret_changes_a_receiver_with_either_verifies(receiver: Receiver) -> None:
    endpoint, first = add(receiver.url)
    endpoint, second = endpoints.rotate_secret(endpoint=endpoint, as_of=NOON, actor="vera")
    happen()
    send_due(as_of=NOON + 23 * HOUR)
    assert [receiver.verify_payload(secret)["type"] for secret in (first, second)] == ["invoice.paid"] * 2
    assert receiver.got[0][0]["webhook-signature"].count("v1,") == 2
    happen()
    send_due(as_of=NOON + 24 * HOUR)
    assert receiver.verify_payload(second)["type"] == "invoice.paid"
    with pytest.raises(WebhookVerificationError):
        receiver.verify_payload(first)
    endpoint.refresh_from_db()
    assert (endpoint.old_secret, endpoint.old_secret_until) == ("", None)


def test_of_three_secrets_the_first_signs_no_more() -> None:
    endpoint, first = add()
    endpoint, second = endpoints.rotate_secret(endpoint=endpoint, as_of=NOON, actor="vera")
    endpoint, third = endpoints.rotate_secret(endpoint=endpoint, as_of=NOON + HOUR, actor="vera")
    assert endpoints.secrets_of(endpoint, NOON + 2 * HOUR) == [third, second]
    assert endpoints.secrets_of(endpoint, NOON + 25 * HOUR) == [third]
    assert len({first, second, third}) == 3
    assert acts() == ["webhook.added", "webhook.secret_rotated", "webhook.secret_rotated"]


def written_anywhere() -> str:
    """Everything the database holds of webhooks and of the acts on them, as text."""
    rows = []
    for model in (WebhookEndpoint, AuditRecord, WebhookAttempt, WebhookDelivery):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")
            rows += [str(row) for row in cursor.fetchall()]
    return "\n".join(rows)


def test_no_plain_secret_is_ever_in_the_database(receiver: Receiver) -> None:
    endpoint, first = add(receiver.url)
    endpoint, second = endpoints.rotate_secret(endpoint=endpoint, as_of=NOON, actor="vera")
    happen()
    assert send_due(as_of=NOON) == 1
    held = written_anywhere()
    assert "gAAAA" in held
    for plain in (first, second):
        assert plain not in held
        assert plain.removeprefix("whsec_") not in held


def test_a_plain_secret_of_before_signs_and_is_sealed_by_the_next_run(receiver: Receiver) -> None:
    endpoint, _secret = add(receiver.url)
    plain = endpoints.new_secret()
    WebhookEndpoint.objects.update(secret=plain)
    happen()
    assert send_due(as_of=NOON) == 1
    assert receiver.verify_payload(plain)["type"] == "invoice.paid"
    endpoint.refresh_from_db()
    assert (endpoint.secret[:5], endpoints.secrets_of(endpoint, NOON)) == ("gAAAA", [plain])


def test_with_a_new_secret_key_the_one_of_before_still_reads_until_everything_is_sealed_anew(
    receiver: Receiver,
) -> None:
    with override_settings(SECRET_KEY=OLD_KEY):
        endpoint, secret = add(receiver.url)
    with override_settings(SECRET_KEY=NEW_KEY, SECRET_KEY_FALLBACKS=[]):
        happen()
        assert (send_due(as_of=NOON), receiver.got) == (0, [])
        row = WebhookDelivery.objects.get()
        assert (row.state, "SECRET_KEY_FALLBACKS" in row.last_error) == ("waiting", True)
        with pytest.raises(BillingError) as refused:
            endpoints.secrets_of(endpoint, NOON)
        assert refused.value.code == "secret_unreadable"
    with override_settings(SECRET_KEY=NEW_KEY, SECRET_KEY_FALLBACKS=["unknown-" + "u" * 50, OLD_KEY]):
        assert endpoints.secrets_of(endpoint, NOON) == [secret]
        assert send_due(as_of=NOON + HOUR) == 1
        assert receiver.verify_payload(secret)["type"] == "invoice.paid"
    with override_settings(SECRET_KEY=NEW_KEY, SECRET_KEY_FALLBACKS=[]):
        endpoint.refresh_from_db()
        assert endpoints.secrets_of(endpoint, NOON) == [secret]


def test_an_endpoint_whose_secret_nobody_can_read_takes_nothing_from_the_others(receiver: Receiver) -> None:
    broken, _lost = add(receiver.url)
    _endpoint, secret = add(receiver.url)
    WebhookEndpoint.objects.filter(pk=broken.pk).update(secret="gAAAAnonsense")
    for number in range(3):
        happen(number)
    assert (send_due(as_of=NOON), len(receiver.got)) == (3, 3)
    assert receiver.verify_payload(secret)["data"] == {"note": 2}
    assert sorted(WebhookDelivery.objects.filter(endpoint=broken).values_list("attempts", flat=True)) == [0, 0, 1]
    _endpoint, new_secret = endpoints.rotate_secret(endpoint=broken, as_of=NOON, actor="vera")
    WebhookEndpoint.objects.filter(pk=broken.pk).update(old_secret="")
    assert send_due(as_of=NOON + HOUR) == 3
    assert receiver.verify_payload(new_secret)["type"] == "invoice.paid"


def test_sealed_twice_it_looks_different_and_another_key_opens_nothing() -> None:
    first, two = encryption.seal("whsec_x"), encryption.seal("whsec_x")
    assert first != two
    assert (encryption.unseal(first), encryption.unseal(two), encryption.unseal("whsec_plain")) == (
        "whsec_x",
        "whsec_x",
        "whsec_plain",
    )
    assert (encryption.is_current(first), encryption.is_current("whsec_plain")) == (True, False)
    with override_settings(SECRET_KEY=NEW_KEY), pytest.raises(BillingError):
        encryption.unseal(first)


# --- Whether anything goes there -----------------------------------------------------------------------------------------


def test_while_it_rests_everything_waits_and_then_goes_out_in_order(receiver: Receiver) -> None:
    endpoint, _secret = add(receiver.url)
    endpoint = endpoints.pause_endpoint(endpoint=endpoint, as_of=NOON, actor="vera", reason="Maintenance")
    endpoints.pause_endpoint(endpoint=endpoint, as_of=NOON + HOUR, actor="vera")
    for number in range(3):
        happen(number)
    assert (endpoint.paused_at, send_due(as_of=NOON + HOUR), receiver.got) == (NOON, 0, [])
    assert endpoints.resume_endpoint(endpoint=endpoint, as_of=NOON + HOUR, actor="vera").paused_at is None
    assert send_due(as_of=NOON + HOUR) == 3
    assert [payload["data"]["note"] for payload in receiver.payloads] == [0, 1, 2]
    assert acts() == ["webhook.added", "webhook.paused", "webhook.resumed"]
    assert AuditRecord.objects.get(action="webhook.paused").reason == "Maintenance"


def test_paused_in_the_middle_of_a_run_nothing_more_goes_out(receiver: Receiver) -> None:
    endpoint, _secret = add(receiver.url)
    happen(1)
    happen(2)
    claims = dispatch._claim_in_order(endpoint, NOON)
    assert next(claims).delivery.event.data == {"note": 1}
    endpoints.pause_endpoint(endpoint=endpoint, as_of=NOON, actor="vera")
    assert next(claims, None) is None


def test_switched_off_it_hears_nothing_and_switched_on_only_what_happens_from_then(receiver: Receiver) -> None:
    endpoint, _secret = add(receiver.url)
    happen(1)
    with pytest.raises(BadInput):
        endpoints.disable_endpoint(endpoint=endpoint, as_of=NOON, actor="vera", reason=" ")
    endpoint = endpoints.disable_endpoint(endpoint=endpoint, as_of=NOON, actor="vera", reason="Moved")
    happen(2)
    endpoint = endpoints.enable_endpoint(endpoint=endpoint, as_of=NOON + HOUR, actor="vera")
    happen(3)
    assert (endpoint.disabled_at, endpoint.disabled_reason) == (None, "")
    assert send_due(as_of=NOON + HOUR) == 1
    assert [payload["data"]["note"] for payload in receiver.payloads] == [3]
    assert acts() == ["webhook.added", "webhook.disabled", "webhook.enabled"]
