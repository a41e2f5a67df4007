"""Integration in the portal: a customer's own webhooks and the tokens of its instances, from the first page to the last call."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from billing.models import ApiToken, AuditRecord, Event, WebhookDelivery, WebhookEndpoint
from billing.operations import api_tokens
from billing.operations.events import endpoints, fan_out
from tests.support.mails import plain
from tests.support.page_text import read_source
from tests.support.people import stand_at
from tests.support.receivers import Receiver, status
from tests.support.story import Story, msk
from tests.support.webhook_calls import NOON, arrives, endpoint_of, happens, reauthenticate, record_call

SignIn = Callable[..., Client]
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{20,}")
TOKEN = re.compile(r"bp_[a-z0-9]+_[A-Za-z0-9_-]{43}")


@pytest.fixture
def anna(story: Story, signed_in: SignIn) -> Client:
    """Anna, who has just given her password once more."""
    client = signed_in(story.anna)
    reauthenticate(client)
    return client


def bench(endpoint: WebhookEndpoint) -> str:
    return f"/integration/webhooks/{endpoint.public_id}/"


# --- Adding and changing -----------------------------------------------------------------------------------------------


def test_the_first_page_says_how_to_begin(story: Story, anna: Client) -> None:
    shown = read_source(anna, "/integration/")
    assert story.cloud.public_id in shown
    assert "/api/v1/docs" in shown
    assert "Tell us an address of your server" in shown
    assert "Ask whether the instance may write." in shown
    assert "and we tell you of every change." in shown
    assert f"/instances/{story.cloud.public_id}</code>" in shown  # not the first by name, which is terminated
    assert "/integration/" in read_source(anna, "/more/")
    assert f"/integration/tokens/new/?instance={story.cloud.public_id}" in read_source(
        anna, f"/instances/{story.cloud.public_id}/"
    )


def test_a_webhook_is_added_and_its_secret_shown_once(story: Story, anna: Client) -> None:
    typed = {
        "url": "https://romashka.example/hooks",
        "name": "Warehouse",
        "hears": "some",
        "types": ["invoice.paid", "invoice.issued"],
    }
    answer = anna.post("/integration/webhooks/new/", typed)
    secret = SECRET.findall(answer.content.decode())[0]
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.customer, endpoint.product, endpoint.name) == (story.customer, None, "Warehouse")
    assert endpoint.types == ["invoice.issued", "invoice.paid"]
    assert (endpoint.created_by, endpoint.created_at) == ("anna@romashka.example", msk(5, 12))
    assert endpoints.secrets_of(endpoint, NOON) == [secret]
    assert "no-store" in answer["Cache-Control"]
    assert secret not in str(dict(anna.session))
    assert secret not in str(anna.cookies)
    for address in ("/integration/", bench(endpoint), f"{bench(endpoint)}change/", f"{bench(endpoint)}sample/"):
        assert not SECRET.search(anna.get(address).content.decode()), address


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"url": "romashka.example", "hears": "all"}, "begins with https://"),
        ({"url": "https://romashka.example/hooks", "hears": "some"}, "Tick at least one type of event"),
        ({"url": "https://romashka.example/hooks", "name": "n" * 101, "hears": "all"}, "at most 100 characters"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(anna: Client, typed: dict[str, str], words: str) -> None:
    answer = anna.post("/integration/webhooks/new/", {"name": "Warehouse", **typed})
    shown = plain(answer.content.decode())
    assert (answer.status_code, words in shown) == (422, True)
    assert f'value="{typed["url"]}"' in shown
    assert f'value="{typed.get("name", "Warehouse")}"' in shown
    assert WebhookEndpoint.objects.count() == 0


def test_what_is_not_there_yet_is_left_by_going_back_and_has_sent_nothing(story: Story, anna: Client) -> None:
    form = read_source(anna, "/integration/webhooks/new/")
    assert (">Back</a>" in form, "Leave it as it is" in form) == (True, False)
    endpoint = endpoint_of(story)
    for address in ("/integration/", bench(endpoint)):
        shown = read_source(anna, address)
        assert ("nothing sent yet" in shown, ">in use<" in shown) == (True, False), address
    happens(story, msk(5, 12, 11))
    assert ">in use<" in read_source(anna, "/integration/")
    assert ">in use<" in read_source(anna, bench(endpoint))


def test_a_webhook_is_changed(story: Story, anna: Client) -> None:
    endpoint = endpoint_of(story, types=["subscription."])
    form = read_source(anna, f"{bench(endpoint)}change/")
    assert form.count('name="types"') == 19
    assert len(re.findall(r'name="types" value="subscription\.[a-z_]+" checked', form)) == 8
    answer = anna.post(f"{bench(endpoint)}change/", {"url": "https://new.example/", "name": "Till", "hears": "all"})
    assert answer["Location"] == bench(endpoint)
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.name, endpoint.types) == ("https://new.example/", "Till", [])


# --- The bench -----------------------------------------------------------------------------------------------------------


def test_the_bench_shows_what_waits_and_what_became_of_each_event(story: Story, anna: Client) -> None:
    endpoint = endpoint_of(story, name="Warehouse")
    row = arrives(story, msk(5, 12, 11), msk(5, 12, 11, 5) - msk(5, 12, 11))
    record_call(
        happens(story, msk(5, 12, 11, 30), "invoice.issued"), msk(5, 12, 11, 30), 502, answer='{"error":"down"}'
    )
    shown = read_source(anna, bench(endpoint))
    assert "event waits, for 30 min" in shown
    assert "HTTP 502" in shown
    assert "tried again" in shown
    assert shown.count('class="lag__bar"') == 2  # an hour and a day in which something arrived
    assert "5 min" in shown
    failed = read_source(anna, f"{bench(endpoint)}?show=waiting")
    assert "invoice.issued" in failed
    assert "invoice.paid" not in failed
    assert "Nothing was given up." in read_source(anna, f"{bench(endpoint)}?show=failed")
    detail = read_source(anna, f"{bench(endpoint)}deliveries/{row.pk}/")
    for words in (
        row.event.public_id,
        "HTTP 204",
        "server: nginx",
        "R-2026-000001",
        "curl -X POST",
        "webhook-signature",
    ):
        assert words in detail, words


def test_pausing_going_on_switching_off_and_on(story: Story, anna: Client) -> None:
    endpoint = endpoint_of(story)

    def act(name: str, **more: str) -> str:
        answer = anna.post(bench(endpoint), {"act": name, **more}, follow=True)
        endpoint.refresh_from_db()
        return plain(answer.content.decode())

    assert "Paused on 12 May 2026 at 12:00" in act("pause")
    assert endpoint.paused_at == NOON
    assert "It goes on" in act("go_on")
    assert endpoint.paused_at is None
    assert "Say why nothing is sent there any more." in act("disable", reason=" ")
    assert endpoint.disabled_at is None
    assert "Why: moved." in act("disable", reason="moved")
    assert endpoint.disabled_at == NOON
    assert "In use again" in act("enable")
    assert endpoint.disabled_at is None
    assert "Choose what to do." in act("dance")
    actions = AuditRecord.objects.filter(actor="anna@romashka.example").values_list("action", flat=True)
    assert set(actions) >= {"webhook.paused", "webhook.resumed", "webhook.disabled", "webhook.enabled"}


def test_a_new_secret_is_made_once_however_often_the_form_is_sent(story: Story, anna: Client) -> None:
    endpoint = endpoint_of(story)
    first = anna.post(bench(endpoint), {"act": "rotate", "seen": "first"})
    secret = SECRET.findall(first.content.decode())[0]
    again = anna.post(bench(endpoint), {"act": "rotate", "seen": "first"})
    assert (again.status_code, SECRET.search(again.content.decode())) == (409, None)
    endpoint.refresh_from_db()
    assert endpoints.secrets_of(endpoint, NOON)[0] == secret
    assert "being changed: the one before signs as well until 13 May 2026 at 12:00" in read_source(
        anna, bench(endpoint)
    )
    stand_at(msk(5, 13, 13))
    assert "known to your server alone" in read_source(anna, bench(endpoint))


def test_each_delivery_names_its_instance_and_its_number(story: Story, anna: Client) -> None:
    endpoint = endpoint_of(story, types=["instance."])
    for number, instance in ((3, story.cloud), (4, story.test)):
        row = Event.objects.create(
            type="instance.read_only", at=NOON, account=story.account, instance=instance, data={}, sequence=number
        )
        WebhookDelivery.objects.create(endpoint=endpoint, event=row, next_attempt_at=NOON)
    shown = read_source(anna, bench(endpoint))
    assert "romashka.example.ru · event 3" in shown
    assert "test.romashka.example.ru · event 4" in shown


def test_one_event_is_sent_again(story: Story, anna: Client) -> None:
    endpoint = endpoint_of(story)
    row = arrives(story, msk(5, 12, 11), msk(5, 12, 11, 1) - msk(5, 12, 11))
    answer = anna.post(f"{bench(endpoint)}deliveries/{row.pk}/", follow=True)
    assert "on its way again, with the same id" in plain(answer.content.decode())
    row.refresh_from_db()
    assert (row.state, row.replays, row.replayed_by) == ("waiting", 1, "anna@romashka.example")
    endpoints.disable_endpoint(endpoint=endpoint, as_of=NOON, actor="x", reason="moved")
    refused = anna.post(f"{bench(endpoint)}deliveries/{row.pk}/")
    assert (refused.status_code, "switch it on first" in refused.content.decode()) == (409, True)


def test_a_time_is_sent_again_after_its_number_was_shown(story: Story, anna: Client) -> None:
    endpoint = endpoint_of(story, types=["invoice."])
    for day in (9, 10, 11):
        arrives(story, msk(5, day), msk(5, 12) - msk(5, 12), "invoice.paid" if day < 11 else "invoice.issued")
    assert "checked" not in read_source(anna, f"{bench(endpoint)}again/")
    look = f"{bench(endpoint)}again/?look=1&from=2026-05-09T00:00&to=2026-05-12T00:00"
    shown = read_source(anna, look)
    assert "Send 3 events again" in shown
    assert WebhookDelivery.objects.filter(replays=1).count() == 0
    assert "Nothing was given up in this time." in read_source(anna, look + "&failed=on")
    assert "Send 1 event again" in read_source(anna, look + "&types=invoice.issued")
    happens(story, msk(5, 11, 18))  # another one since it was shown: it is shown anew
    stale = anna.post(look, {"seen": "3"})
    assert "Send 4 events again" in plain(stale.content.decode())
    done = anna.post(look, {"seen": "4"}, follow=True)
    assert "4 events are on their way again." in plain(done.content.decode())
    assert WebhookDelivery.objects.filter(replays=1, replayed_at=NOON).count() == 4


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=yesterday&to=2026-05-12T00:00", "Enter a day and a time"),
        ("from=2026-05-12T00:00&to=2026-05-11T00:00", "The end has to come after the beginning."),
        ("from=2026-05-11T00:00&to=2026-05-12T00:00&types=no.such", "There is no event type"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_in_words(story: Story, anna: Client, query: str, words: str) -> None:
    answer = anna.get(f"{bench(endpoint_of(story))}again/?look=1&{query}")
    assert (answer.status_code, words in plain(answer.content.decode())) == (422, True)


def test_a_sample_is_sent_and_its_answer_shown(story: Story, anna: Client, receiver: Receiver) -> None:
    endpoint = endpoint_of(story, url=receiver.url)
    receiver.answers = [status(200, b'{"ok": true}', Content_Type="application/json"), 500]
    address = f"{bench(endpoint)}sample/?type=instance.read_only"
    assert "invoice_overdue" in read_source(anna, address)
    assert receiver.got == []
    taken = plain(anna.post(address).content.decode())
    assert "HTTP 200" in taken
    assert "&quot;ok&quot;: true" in taken
    assert (receiver.types, receiver.payloads[0]["sample"]) == (["instance.read_only"], True)
    refused = plain(anna.post(address).content.decode())
    assert "not taken" in refused
    assert "HTTP 500" in refused
    assert not WebhookDelivery.objects.exists()


def test_all_types_of_events_are_listed_with_samples(anna: Client) -> None:
    shown = read_source(anna, "/integration/events/")
    assert shown.count('class="opens"') == 19
    assert "Nothing renews any more; everything works until <code>cancel_date</code>." in shown


# --- Tokens --------------------------------------------------------------------------------------------------------------


def test_a_token_is_made_for_an_instance_shown_once_and_revoked(story: Story, anna: Client) -> None:
    form = read_source(anna, f"/integration/tokens/new/?instance={story.test.public_id}")
    assert f'<option value="{story.test.public_id}" selected>' in form
    answer = anna.post("/integration/tokens/new/", {"instance": story.test.public_id, "label": "Site"})
    secret = TOKEN.findall(answer.content.decode())[0]
    token = ApiToken.objects.get()
    assert (token.instance, token.scope, token.label) == (story.test, "instance", "Site")
    assert "no-store" in answer["Cache-Control"]
    assert secret not in str(dict(anna.session))
    listed = anna.get("/integration/").content.decode()
    assert ("Site" in listed, TOKEN.search(listed)) == (True, None)
    assert "Site" in read_source(anna, "/integration/tokens/")
    revoked = anna.post(f"/integration/tokens/{token.public_id}/revoke/", follow=True)
    assert "The token Site is revoked" in plain(revoked.content.decode())
    token.refresh_from_db()
    assert token.revoked_by == "anna@romashka.example"
    assert api_tokens.authenticate(secret=secret, at=token.created_at) is None


def test_a_token_without_an_instance_is_refused_in_words(story: Story, anna: Client) -> None:
    for chosen in ("", story.vera_instance.public_id, "nonsense"):
        answer = anna.post("/integration/tokens/new/", {"instance": chosen, "label": "Site"})
        shown = plain(answer.content.decode())
        assert (answer.status_code, "Choose the instance" in shown) == (422, True)
        assert 'value="Site"' in shown
    assert ApiToken.objects.count() == 0


def test_curl_of_a_delivery_is_signed_with_the_secret_of_now(story: Story, anna: Client) -> None:
    endpoint = endpoint_of(story)
    row = arrives(story, msk(5, 12, 11), msk(5, 12) - msk(5, 12))
    line = fan_out.delivery_curl(row, NOON)
    assert line.startswith(f"curl -X POST {endpoint.url}")
    assert 'data-copy="curl -X POST' in read_source(anna, f"{bench(endpoint)}deliveries/{row.pk}/")
