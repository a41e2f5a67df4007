"""Who may see and do what on the integration pages (M10, "W m"): owners their customer's, after proving who they are; others 404."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from accounts.members import Report
from billing.models import ApiToken, WebhookDelivery, WebhookEndpoint
from billing.operations import api_tokens
from billing.operations.subscriptions import metering
from tests.support.mails import plain
from tests.support.page_text import body
from tests.support.query_counts import queries
from tests.support.story import Story, billing_only, msk
from tests.support.webhook_calls import NOON, PASSWORD, add_deliveries, endpoint_of, happens, reauthenticate

SignIn = Callable[..., Client]
LOOKED_AT = ("", "webhooks/new/", "events/", "tokens/", "tokens/new/")
OF_ONE = ("", "change/", "again/", "sample/")


def of(endpoint: WebhookEndpoint) -> list[str]:
    """Every address of ``endpoint`` and of its delivery."""
    row = WebhookDelivery.objects.filter(endpoint=endpoint).first()
    base = f"/integration/webhooks/{endpoint.public_id}/"
    return [base + end for end in OF_ONE] + ([f"{base}deliveries/{row.pk}/"] if row is not None else [])


def token_of(story: Story) -> ApiToken:
    return api_tokens.create_token(scope="instance", at=NOON, actor="anna", instance=story.cloud, label="Site")[0]


def test_another_customers_and_the_operators_are_like_missing_ones(story: Story, signed_in: SignIn) -> None:
    endpoint, token = endpoint_of(story), token_of(story)
    operators = endpoint_of(story, customer=None)
    happens(story, msk(5, 12, 11))
    vera, anna = signed_in(story.vera), signed_in(story.anna)
    for client, addresses in ((vera, of(endpoint) + of(operators)), (anna, of(operators))):
        missing = body(client.get("/integration/webhooks/whe_none/"))
        for address in addresses:
            for answer in (client.get(address), client.post(address, {"act": "pause"})):
                assert (answer.status_code, body(answer)) == (404, missing), address
    assert vera.post(f"/integration/tokens/{token.public_id}/revoke/").status_code == 404
    assert vera.post("/integration/tokens/none/revoke/").status_code == 404
    assert token.public_id not in vera.get("/integration/").content.decode()
    assert endpoint.url not in vera.get("/integration/").content.decode()
    assert operators.public_id not in anna.get("/integration/").content.decode()
    token.refresh_from_db()
    assert token.revoked_at is None


def test_a_delivery_of_another_endpoint_is_missing_here(story: Story, signed_in: SignIn) -> None:
    endpoint, other = endpoint_of(story), endpoint_of(story, types=["balance.low"])
    happens(story, msk(5, 12, 11))
    row = WebhookDelivery.objects.get(endpoint=endpoint)
    anna = signed_in(story.anna)
    assert anna.get(f"/integration/webhooks/{endpoint.public_id}/deliveries/{row.pk}/").status_code == 200
    for number in (row.pk, 10**19):
        address = f"/integration/webhooks/{other.public_id}/deliveries/{number}/"
        assert (anna.get(address).status_code, anna.post(address).status_code) == (404, 404)


def test_a_member_without_the_billing_right_sees_none_of_it(story: Story, signed_in: SignIn) -> None:
    endpoint, token = endpoint_of(story), token_of(story)
    happens(story, msk(5, 12, 11))
    boris = signed_in(story.boris)
    for address in [f"/integration/{look}" for look in LOOKED_AT] + of(endpoint):
        assert (boris.get(address).status_code) == 404, address
    for address in ["/integration/webhooks/new/", "/integration/tokens/new/", *of(endpoint)]:
        assert boris.post(address, {"act": "pause"}).status_code == 404, address
    assert boris.post(f"/integration/tokens/{token.public_id}/revoke/").status_code == 404
    assert Client().get("/integration/")["Location"].startswith("/accounts/login/")


def test_an_owner_of_two_customers_sees_one_at_a_time(story: Story, signed_in: SignIn) -> None:
    metering.report_member(
        instance=story.vera_instance,
        as_of=msk(5, 11),
        source="api",
        report=Report(external_id="2", status="active", email=story.anna.email, role="administrator"),
    )
    endpoint = endpoint_of(story)
    anna = signed_in(story.anna)
    theirs = anna.get(f"/integration/?account={story.vera_account.number}").content.decode()
    assert (endpoint.url in theirs, story.vera_instance.public_id in theirs) == (False, True)
    reauthenticate(anna)
    anna.post(
        f"/integration/webhooks/new/?account={story.vera_account.number}",
        {"url": "https://lavanda.example/", "hears": "all"},
    )
    assert WebhookEndpoint.objects.get(url="https://lavanda.example/").customer == story.vera_account.customer
    shown = anna.get(f"/integration/webhooks/{endpoint.public_id}/").content.decode()
    assert story.customer.name in shown


# --- Who makes a token -----------------------------------------------------------------------------------------------------


def test_the_billing_right_alone_makes_no_token_and_so_no_administrator(story: Story, signed_in: SignIn) -> None:
    client, token = signed_in(billing_only(story)), token_of(story)
    reauthenticate(client)
    form = plain(client.get(f"/integration/tokens/new/?instance={story.cloud.public_id}").content.decode())
    assert ("<option" in form, "Make the token" in form) == (False, False)
    assert "only its administrators make one. Ask one of them:" in form
    assert "romashka.example.ru: А. Петрова, anna@romashka.example" in form
    answer = client.post("/integration/tokens/new/", {"instance": story.cloud.public_id, "label": "Site"})
    assert answer.status_code == 409
    assert "Only an administrator of this instance can make a token for it" in plain(answer.content.decode())
    assert list(ApiToken.objects.all()) == [token]
    for address in ("/integration/", "/integration/tokens/", f"/instances/{story.cloud.public_id}/"):
        assert "Make a token" not in client.get(address).content.decode().replace("Make a token for it", ""), address
    client.post(f"/integration/tokens/{token.public_id}/revoke/")
    token.refresh_from_db()
    assert token.revoked_by == "buh@romashka.example"


def test_an_administrator_of_one_instance_makes_no_token_of_another(story: Story, signed_in: SignIn) -> None:
    metering.report_member(
        instance=story.test,
        as_of=msk(5, 11),
        source="api",
        report=Report(external_id="b", status="active", email=story.boris.email, role="administrator"),
    )
    boris = signed_in(story.boris)
    reauthenticate(boris)
    form = boris.get("/integration/tokens/new/").content.decode()
    assert (story.test.public_id in form, story.cloud.public_id in form) == (True, False)
    assert boris.post("/integration/tokens/new/", {"instance": story.cloud.public_id}).status_code == 409
    assert boris.post("/integration/tokens/new/", {"instance": story.vera_instance.public_id}).status_code == 422
    assert ApiToken.objects.count() == 0
    assert boris.post("/integration/tokens/new/", {"instance": story.test.public_id}).status_code == 200
    assert ApiToken.objects.get().instance == story.test


# --- Proving who one is --------------------------------------------------------------------------------------------------


def test_whoever_has_not_proved_it_is_asked_and_what_they_typed_is_done_then(story: Story, signed_in: SignIn) -> None:
    anna = signed_in(story.anna)
    typed = {"url": "https://romashka.example/hooks", "name": "Warehouse", "hears": "some", "types": ["invoice.paid"]}
    asked = anna.post("/integration/webhooks/new/", typed)
    assert asked["Location"] == "/accounts/reauthenticate/?next=%2Fintegration%2Fwebhooks%2Fnew%2F"
    assert WebhookEndpoint.objects.count() == 0
    wrong = anna.post("/accounts/reauthenticate/", {"password": "wrong", "next": "/integration/webhooks/new/"})
    assert (wrong.status_code, WebhookEndpoint.objects.count()) == (200, 0)
    done = anna.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/integration/webhooks/new/"})
    assert "whsec_" in done.content.decode()
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.name, endpoint.types) == ("Warehouse", ["invoice.paid"])
    again = anna.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/integration/webhooks/new/"})
    assert (again.status_code, WebhookEndpoint.objects.count()) == (302, 1)


def test_what_was_left_there_is_not_done_when_they_prove_it_for_something_else(story: Story, signed_in: SignIn) -> None:
    endpoint, anna = endpoint_of(story), signed_in(story.anna)
    anna.post(f"/integration/webhooks/{endpoint.public_id}/", {"act": "disable", "reason": "moved"})
    for elsewhere in ("/accounts/2fa/totp/activate/", "https://elsewhere.example/"):
        anna.post(f"/integration/webhooks/{endpoint.public_id}/", {"act": "disable", "reason": "moved"})
        answer = anna.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": elsewhere})
        assert answer["Location"] in ("/accounts/2fa/totp/activate/", "/")
        anna = signed_in(story.anna)
    endpoint.refresh_from_db()
    assert endpoint.disabled_at is None


def test_every_write_asks_and_no_look_does(story: Story, signed_in: SignIn) -> None:
    endpoint, token = endpoint_of(story, types=["invoice.paid"]), token_of(story)
    happens(story, msk(5, 12, 11))
    anna = signed_in(story.anna)
    for address in [f"/integration/{address}" for address in LOOKED_AT] + of(endpoint):
        assert anna.get(address).status_code == 200, address
    look = "look=1&from=2026-05-01T00:00&to=2026-05-13T00:00"
    written = [address + (f"?{look}" if address.endswith("again/") else "") for address in of(endpoint)]
    written += [
        "/integration/webhooks/new/",
        "/integration/tokens/new/",
        f"/integration/tokens/{token.public_id}/revoke/",
    ]
    before = list(WebhookEndpoint.objects.values())
    for address in written:
        answer = anna.post(address, {"act": "pause", "seen": "1"})
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/accounts/reauthenticate/?next="), address
    assert list(WebhookEndpoint.objects.values()) == before
    assert ApiToken.objects.filter(revoked_at=None).count() == 1


def test_whoever_has_a_second_factor_gives_that_and_the_password_is_not_enough(story: Story, signed_in: SignIn) -> None:
    endpoint, anna = endpoint_of(story), signed_in(story.anna)
    TOTP.activate(story.anna, generate_totp_secret())
    assert Authenticator.objects.filter(user=story.anna).exists()
    reauthenticate(anna)
    answer = anna.post(f"/integration/webhooks/{endpoint.public_id}/", {"act": "pause"})
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/?next=")


# --- Many rows -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["deliveries", "endpoints", "tokens"])
def test_a_thousand_rows_cost_what_ten_cost(story: Story, signed_in: SignIn, what: str) -> None:
    endpoint, anna = endpoint_of(story), signed_in(story.anna)
    address = f"/integration/webhooks/{endpoint.public_id}/" if what == "deliveries" else "/integration/"

    def grow(number: int) -> None:
        if what == "deliveries":
            add_deliveries(story, endpoint, number)
        elif what == "endpoints":
            for _ in range(number // 10):
                endpoint_of(story)
        else:
            for _ in range(number // 10):
                token_of(story)

    grow(60)
    few = queries(anna, address)
    grow(940)
    assert queries(anna, address) <= few
    assert few <= 20
