"""Webhooks in the workbench: the bench of an endpoint, every act with its effect, and secrets that are shown once and to nobody
who only reads."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.models import AuditRecord, Event, WebhookDelivery, WebhookEndpoint
from billing.operations.events import endpoints
from tests.support.acting import act_url, confirm, do, errors, messages, preview, rows
from tests.support.mails import plain
from tests.support.page_text import read_source
from tests.support.receivers import Receiver
from tests.support.staff import NOW
from tests.support.story import Story, msk
from tests.support.webhook_calls import add_deliveries, arrives, endpoint_of, happens, record_call

SignIn = Callable[[str], Client]
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{20,}")
SECOND = msk(5, 12, 15, 0) - msk(5, 12, 14, 59)


@pytest.fixture
def admin(story: Story, signed_in: SignIn) -> Client:
    return signed_in("administrator")


def change_url(row: Any) -> str:
    return reverse(f"admin:billing_{row._meta.model_name}_change", args=(row.pk,))


def act(endpoint: WebhookEndpoint, name: str) -> str:
    return act_url("billing_webhookendpoint", name, endpoint.pk)


def test_an_endpoint_is_added_and_its_secret_shown_once(story: Story, admin: Client) -> None:
    typed = {"url": "https://backend.example/hooks", "name": "Backend", "types": "subscription. invoice.paid"}
    typed |= {"customer": str(story.customer.pk)}
    answer = do(admin, act_url("billing_webhookendpoint", "add_webhook"), **typed)
    secret = SECRET.findall(answer.content.decode())[0]
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.name, endpoint.types, endpoint.customer) == (
        "Backend",
        ["subscription.", "invoice.paid"],
        story.customer,
    )
    assert endpoints.secrets_of(endpoint, NOW) == [secret]
    assert "no-store" in answer["Cache-Control"]
    assert secret not in str(dict(admin.session)) + str(admin.cookies)
    for address in (change_url(endpoint), reverse("admin:billing_webhookendpoint_changelist")):
        assert not SECRET.search(admin.get(address).content.decode())


def test_what_cannot_be_meant_stands_beside_its_field(admin: Client) -> None:
    address = act_url("billing_webhookendpoint", "add_webhook")
    refusals = errors(preview(admin, address, url="ftp://backend.example", types="")) | errors(
        preview(admin, address, url="https://backend.example", types="no.such")
    )
    assert sorted(refusals) == ["types", "url"]
    assert WebhookEndpoint.objects.count() == 0


def test_a_new_secret_is_made_once_for_one_form(story: Story, admin: Client) -> None:
    endpoint = endpoint_of(story)
    address = act(endpoint, "new_webhook_secret")
    looked = admin.get(address)
    assert rows(looked) == {"The secret of now": "signs for 24 hours more"}
    first = confirm(admin, address, looked)
    secret = SECRET.findall(first.content.decode())[0]
    again = confirm(admin, address, looked)
    assert SECRET.search(again.content.decode()) is None
    assert rows(again)["The secret before it"] == "ends at once"
    endpoint.refresh_from_db()
    assert endpoints.secrets_of(endpoint, NOW)[0] == secret
    assert "signs as well until 13 May 2026 at 15:20" in read_source(admin, change_url(endpoint))


def test_an_endpoint_is_changed_paused_switched_off_and_on(story: Story, admin: Client) -> None:
    endpoint = endpoint_of(story)
    do(admin, act(endpoint, "change_webhook"), url="https://new.example/", name="Till", types="")
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.name) == ("https://new.example/", "Till")
    do(admin, act(endpoint, "pause_webhook"), reason="moves")
    happens(story, msk(5, 12, 15))
    assert "paused" in read_source(admin, change_url(endpoint))
    looked = admin.get(act(endpoint, "resume_webhook"))
    assert rows(looked) == {"Status": "in use", "Events sent now": "1"}
    confirm(admin, act(endpoint, "resume_webhook"), looked)
    do(admin, act(endpoint, "disable_webhook"), reason="gone")
    endpoint.refresh_from_db()
    assert (endpoint.paused_at, endpoint.disabled_reason) == (None, "gone")
    do(admin, act(endpoint, "enable_webhook"))
    endpoint.refresh_from_db()
    assert endpoint.disabled_at is None
    done = AuditRecord.objects.filter(object_type__icontains="webhook").order_by("pk").values_list("action", flat=True)
    assert list(done) == [
        "webhook.added",
        "webhook.changed",
        "webhook.paused",
        "webhook.resumed",
        "webhook.disabled",
        "webhook.enabled",
    ]


def test_a_range_is_sent_again_after_its_number_was_shown(story: Story, admin: Client) -> None:
    endpoint = endpoint_of(story, types=["invoice."])
    for hour in (9, 10, 11):
        arrives(story, msk(5, 12, hour), SECOND)
    typed = {"since_0": "12.05.2026", "since_1": "09:30", "until_0": "12.05.2026", "until_1": "12:00", "types": ""}
    address = act(endpoint, "replay_range")
    looked = preview(admin, address, **typed)
    assert rows(looked) == {"Events sent again": "2"}
    assert WebhookDelivery.objects.filter(replays=1).count() == 0
    assert rows(preview(admin, address, **typed, only_failed="on")) == {"Events sent again": "0"}
    done = admin.post(address, {**typed, "confirm": "1", "seal": looked.context["seal"]}, follow=True)
    assert messages(done) == ["2 events are on their way again."]
    assert WebhookDelivery.objects.filter(replays=1, replayed_by="administrator@staff.example").count() == 2


def test_one_delivery_is_sent_again(story: Story, admin: Client) -> None:
    endpoint_of(story)
    row = arrives(story, msk(5, 12, 11), SECOND)
    address = act_url("billing_webhookdelivery", "replay_delivery", row.pk)
    assert rows(admin.get(address))["Sent again"] == "1"
    do(admin, address)
    row.refresh_from_db()
    assert (row.state, row.replays) == ("waiting", 1)


def test_a_sample_is_sent_on_confirming_alone_and_its_answer_shown(
    story: Story, admin: Client, receiver: Receiver
) -> None:
    endpoint = endpoint_of(story, url=receiver.url)
    receiver.answers = [200, 503]
    looked = preview(admin, act(endpoint, "send_sample"), type="balance.low")
    assert (rows(looked)["Address"], receiver.got) == (receiver.url, [])
    taken = confirm(admin, act(endpoint, "send_sample"), looked, type="balance.low")
    assert ("The sample was taken" in plain(taken.content.decode()), receiver.types) == (True, ["balance.low"])
    refused = plain(confirm(admin, act(endpoint, "send_sample"), looked, type="balance.low").content.decode())
    assert ("The sample was not taken" in refused, "HTTP 503" in refused) == (True, True)


def test_the_bench_shows_lag_deliveries_and_calls(story: Story, admin: Client) -> None:
    endpoint = endpoint_of(story, name="Warehouse")
    row = arrives(story, msk(5, 12, 11), SECOND)
    record_call(happens(story, msk(5, 12, 15), "invoice.issued"), msk(5, 12, 15), 500, answer="<b>down</b>")
    page = read_source(admin, change_url(endpoint))
    assert '<strong class="account-sum">1</strong> waits, for 20 min' in page
    assert page.count('class="lag__bar"') == 2
    assert page.count('class="lag__failed"') == 2
    waiting = read_source(admin, f"{change_url(endpoint)}?show=waiting")
    assert ("invoice.issued" in waiting, "invoice.paid" in waiting) == (True, False)
    failed = WebhookDelivery.objects.get(state="waiting")
    call = read_source(admin, change_url(failed))
    assert "&lt;b&gt;down&lt;/b&gt;" in call
    assert "curl -X POST" in read_source(admin, change_url(row))


def test_all_types_of_events_are_told_with_samples(admin: Client) -> None:
    page = read_source(admin, reverse("admin:billing_webhookendpoint_types"))
    assert page.count('class="folded"') == 19


@pytest.mark.parametrize(("group", "reads"), [("support", True), ("finance", False), ("reviewer", False)])
def test_others_read_without_secrets_and_do_nothing(story: Story, signed_in: SignIn, group: str, reads: bool) -> None:
    endpoint = endpoint_of(story)
    row = arrives(story, msk(5, 12, 11), SECOND)
    client, types = signed_in(group), reverse("admin:billing_webhookendpoint_types")
    for address in (change_url(endpoint), change_url(row), types):
        answer = client.get(address)
        assert answer.status_code == (200 if reads else 403), address
        assert SECRET.search(answer.content.decode()) is None
        assert "curl -X POST" not in answer.content.decode()
        assert "/act/" not in answer.content.decode()
    assert client.post(act(endpoint, "new_webhook_secret"), {"confirm": "1"}).status_code == 403
    endpoint.refresh_from_db()
    assert endpoint.old_secret == ""


def test_a_thousand_deliveries_cost_what_ten_cost(story: Story, admin: Client) -> None:
    endpoint = endpoint_of(story)

    def queries(address: str) -> int:
        admin.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert admin.get(address).status_code == 200
        return len(asked)

    pages = (change_url(endpoint), reverse("admin:billing_webhookdelivery_changelist"))
    add_deliveries(story, endpoint, 60)
    few = [queries(address) for address in pages]
    add_deliveries(story, endpoint, 940)
    assert [queries(address) for address in pages] == few
    assert max(few) <= 25


def test_each_delivery_names_its_instance_and_its_number(story: Story, admin: Client) -> None:
    endpoint = endpoint_of(story, types=["instance."])
    for number, instance in ((3, story.cloud), (4, story.test)):
        row = Event.objects.create(
            type="instance.read_only", at=NOW, account=story.account, instance=instance, data={}, sequence=number
        )
        WebhookDelivery.objects.create(endpoint=endpoint, event=row, next_attempt_at=NOW)
    for address in (change_url(endpoint), reverse("admin:billing_webhookdelivery_changelist")):
        page = read_source(admin, address)
        assert ("romashka.example.ru · event 3" in page, "test.romashka.example.ru · event 4" in page) == (True, True)
