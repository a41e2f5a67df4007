"""Every page of the portal, by the addresses themselves: without a barrier in both themes and at 320 pixels, and never
scrolling sideways. An address without a row here fails, so a new page cannot be forgotten."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import get_resolver, reverse

from accounts.models import Member
from billing.models import CustomerRequest
from billing.operations import api_tokens
from billing.operations.collection import checkout, method_setup, payment_methods
from billing.operations.customers import requests
from billing.operations.settlement import offers
from billing.sandbox.sample_bank import decide
from tests.support import story as stories
from tests.support import webhook_calls
from tests.support.browser import LOOKS, find_problems, invite_person, set_language, stand_at_day

pytestmark = pytest.mark.browser

NOW = stories.msk(5, 12)
KINDS = CustomerRequest.Kind.values
NOT_PAGES = {
    "undo_change",
    "undo_cancel",
    "calendar_file",
    "document_pdf",
    "credit_note_pdf",
    "offer_pdf",
    "statement_pdf",
    "statement_csv",
    "request_file",  # files
    "withdraw_request",
    "theme",
    "revoke_token",  # what is sent, not read
    "method_set_up",  # leads on to another page
    "accent",
    "logo",
    "favicon",
    "what_if",
    "price_bill",  # parts of pages
}


@dataclass
class Ids:
    """What the addresses name, all of it Anna's."""

    story: stories.Story
    offer: str
    request: str
    attempt: Any
    set_up: Any
    member: int
    token: str
    endpoint: str
    delivery: int


@pytest.fixture
def ids(transactional_db: None, settings: Any, live_server: Any) -> Ids:
    settings.BASE_URL = live_server.url
    settings.MESSAGE_URLS = {"sms": "json://127.0.0.1:9/{to}", "chat": "json://127.0.0.1:9/{handle}"}
    story = stories.tell()
    stories.tell_may(story)
    stand_at_day(12)
    offer = offers.send_offer(
        subscription=story.cloud.subscriptions.get(),
        people=20,
        discount_percent=Decimal(10),
        as_of=NOW,
        actor="support@saldo.example",
    )
    asked = requests.NewRequest("year_up_front", people=20)
    filed = requests.file_request(account=story.account, new=asked, as_of=NOW, user_email=story.anna.email)
    attempt = checkout.start_payment(
        account=story.account, order=checkout.PaymentOrder(658_900), as_of=NOW, user_email=story.anna.email
    )
    member = Member.objects.get(instance=story.cloud, email=story.boris.email)
    card_set_up = method_setup.start_set_up(account=story.account, as_of=NOW, user_email=story.anna.email)
    decide(card_set_up.external_id, "succeeded", "4242")
    method_setup.sync_set_up(set_up=card_set_up, as_of=NOW)
    set_up = method_setup.start_set_up(account=story.account, as_of=NOW, user_email=story.anna.email)
    return Ids(
        story, offer.number, filed.public_id, attempt, set_up, member.pk, secret_of_invitation(story), *webhook(story)
    )


def webhook(story: stories.Story) -> tuple[str, int]:
    """Anna's webhook with something that arrived, something that waits, and a token of hers beside it."""
    endpoint = webhook_calls.endpoint_of(story, name="Warehouse", types=["invoice."])
    webhook_calls.record_call(webhook_calls.happens(story, NOW, "invoice.issued"), NOW, 502, answer='{"error": "down"}')
    row = webhook_calls.arrives(story, stories.msk(5, 12, 9), timedelta(seconds=2))
    api_tokens.create_token(scope="instance", at=NOW, actor="anna", instance=story.cloud, label="Site")
    return endpoint.public_id, row.pk


def secret_of_invitation(story: stories.Story) -> str:
    """The secret of a new invitation's link."""
    return invite_person(story).rstrip("/").rsplit("/", 1)[1]


def at(name: str, *args: object) -> str:
    return reverse(f"portal:{name}", args=args)


# What to open of each address, by its name.
PAGES: dict[str, Callable[[Ids], list[str]]] = {
    "overview": lambda ids: [at("overview")],
    "operations": lambda ids: [at("operations")],
    "documents": lambda ids: [at("documents")],
    "document": lambda ids: [at("document", "R-2026-000001")],
    "instances": lambda ids: [at("instances")],
    "instance": lambda ids: [at("instance", row.public_id) for row in (ids.story.cloud, ids.story.archive)],
    "new_instance": lambda ids: [
        at("new_instance"),
        at("new_instance") + "?product=meteor&domain=x.example&tariff=meteor-cloud",
    ],
    # Asks for a proof first; the page itself and those of strangers: see test_stories_sign_up.py.
    "ownership": lambda ids: [at("ownership", ids.story.cloud.public_id)],
    "sign_up": lambda ids: [at("sign_up") + "?product=meteor&tariff=meteor-cloud"],
    "sign_up_sent": lambda ids: [at("sign_up_sent")],
    "sign_up_confirm": lambda ids: [at("sign_up_confirm", "no-such-invitation")],
    "people": lambda ids: [at("people", ids.story.cloud.public_id)],
    "invite": lambda ids: [at("invite", ids.story.cloud.public_id)],
    "person": lambda ids: [at("person", ids.story.cloud.public_id, ids.member)],
    "join": lambda ids: [at("join", ids.token), at("join", "no-such-invitation")],
    "plans_home": lambda ids: [at("plans_home")],
    "plans": lambda ids: [at("plans", row.public_id) for row in (ids.story.cloud, ids.story.archive)],
    # Of what is paid in advance: see test_stories_prepaid.py; METEOR's owner is led on from here.
    "change_plan": lambda ids: [at("change_plan", ids.story.cloud.public_id)],
    "choose_plan": lambda ids: [at("choose_plan", ids.story.cloud.public_id)],
    "start_plan": lambda ids: [at("start_plan", ids.story.cloud.public_id)],
    "cancel_plan": lambda ids: [at("cancel_plan", ids.story.cloud.public_id)],
    "calendar": lambda ids: [at("calendar")],
    "prices": lambda ids: [at("prices")],
    "product_prices": lambda ids: [at("product_prices", "meteor")],
    "rules": lambda ids: [at("rules")],
    "pay": lambda ids: [at("pay")],
    "payment": lambda ids: [at("payment", ids.attempt.pk)],
    "methods": lambda ids: [at("methods")],
    "sample_bank": lambda ids: [
        reverse("sandbox:sample_bank", args=[row.external_id]) for row in (ids.attempt, ids.set_up)
    ],
    "sample_wallet": lambda ids: [payment_methods.open_provider_page(account=ids.story.account, as_of=NOW)],
    "integration": lambda ids: [at("integration")],
    "event_types": lambda ids: [at("event_types")],
    "tokens": lambda ids: [at("tokens")],
    "new_token": lambda ids: [at("new_token")],
    "new_webhook": lambda ids: [at("new_webhook")],
    "webhook_endpoint": lambda ids: [at("webhook_endpoint", ids.endpoint)],
    "change_webhook": lambda ids: [at("change_webhook", ids.endpoint)],
    "replay_webhook": lambda ids: [
        at("replay_webhook", ids.endpoint) + "?look=1&from=2026-05-01T00:00&to=2026-05-13T00:00"
    ],
    "webhook_sample": lambda ids: [at("webhook_sample", ids.endpoint)],
    "webhook_delivery": lambda ids: [at("webhook_delivery", ids.endpoint, ids.delivery)],
    "requests": lambda ids: [at("requests")],
    "new_request": lambda ids: [
        at("new_request", kind)
        + f"?instance={(ids.story.archive if kind in ('resumption', 'deletion') else ids.story.cloud).public_id}"
        for kind in KINDS
    ],
    "request": lambda ids: [at("request", ids.request)],
    "offer": lambda ids: [at("offer", ids.offer)],
    "statement": lambda ids: [at("statement"), at("statement") + "?from=2026-04-01&to=2026-05-12"],
    "mails": lambda ids: [at("mails")],
    "preferences": lambda ids: [at("preferences")],
    "more": lambda ids: [at("more")],
}


def names_of_the_portal() -> set[str]:
    """The names of the addresses of the portal and the sample bank, from the resolver."""
    rooms = [room for room in get_resolver().url_patterns if getattr(room, "app_name", "") in ("portal", "sandbox")]
    return {pattern.name for room in rooms for pattern in room.url_patterns}


def test_every_address_of_the_portal_has_its_row() -> None:
    assert sorted(names_of_the_portal() ^ (set(PAGES) | NOT_PAGES)) == []
    assert set(PAGES) & NOT_PAGES == set()


@pytest.mark.parametrize(("theme", "width", "locale"), LOOKS)
def test_every_page_has_no_barrier_and_fits(
    ids: Ids, new_page: Any, live_server: Any, theme: str, width: int, locale: str
) -> None:
    page = new_page(user=ids.story.anna, color_scheme=theme, viewport={"width": width, "height": 800})
    set_language(page, live_server, locale)
    refused: list[str] = []
    page.on(
        "response", lambda answer: refused.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None
    )
    faults = find_problems(page, [address for rows in PAGES.values() for address in rows(ids)])
    assert page.locator("html").get_attribute("lang") == locale
    stand_at_day(20)  # April is overdue: the same pages in their other state
    faults += find_problems(
        page, [address for name in ("overview", "pay", "instance", "people", "person") for address in PAGES[name](ids)]
    )
    assert faults == []
    assert [line for line in refused if "no-such-invitation" not in line] == []
