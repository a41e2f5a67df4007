"""The owner's stories in a real browser, from the mail to the last kopeck, and every new page without a barrier."""

import re
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from accounts.models import Member
from billing.models import Credit, CustomerRequest, Invoice, Payment, PaymentAttempt
from billing.operations import api_tokens
from billing.operations.collection import checkout, method_setup
from billing.operations.customers import requests
from billing.operations.cycle import access
from billing.operations.settlement import credit_notes, offers, reliefs
from billing.sandbox import sample_bank as sample
from tests.support import story as stories
from tests.support import webhook_calls
from tests.support.browser import LOOKS, PHONE, find_problems, invite_person, set_language, stand_at_day

pytestmark = pytest.mark.browser


def year(story: stories.Story) -> Any:
    return offers.send_offer(
        subscription=story.cloud.subscriptions.get(),
        people=20,
        discount_percent=Decimal("10"),
        as_of=stories.msk(5, 12),
        actor="support@saldo.example",
    )


def test_a_newcomers_first_hour(story, new_page, live_server):
    link = invite_person(story)
    stand_at_day(20)
    page = set_language(new_page(viewport=PHONE), live_server)
    page.goto(link)
    page.get_by_label("Choose a password").fill("long enough horse")
    page.get_by_role("button", name="Come in").click()
    page.get_by_text("Access is read-only: invoice R-2026-000001 is overdue.").wait_for()
    pdf = page.request.get("/documents/R-2026-000001/pdf")
    assert pdf.body()[:5] == b"%PDF-"
    page.get_by_role("link", name="Pay ₽6,589.00").click()
    page.get_by_text("Pay exactly ₽6,589.00 (1 invoice), and full access is back at once.").wait_for()
    page.get_by_label("Another sum, roubles").fill("3 294,00")
    page.get_by_role("button", name="Go to payment").click()
    page.get_by_role("button", name="Pay", exact=True).click()
    page.get_by_role("heading", name="The payment has arrived").wait_for()
    page.get_by_text("Still ₽3,295.00, and full access is back at once.").wait_for()
    assert access.level(story.cloud, as_of=stories.msk(5, 20)).level == "read_only"
    page.get_by_role("button", name="Pay ₽3,295.00").click()
    page.get_by_role("button", name="Pay", exact=True).click()
    page.get_by_text("Nothing is overdue.").wait_for()
    page.get_by_role("link", name="Go to the overview").click()
    page.get_by_text("works in full").first.wait_for()
    assert page.get_by_text("Access is read-only").count() == 0
    assert access.level(story.cloud, as_of=stories.msk(5, 20)).level == "full"


def test_the_yearly_offer_is_accepted_paid_and_credited_with_its_bonus(story, new_page, live_server):
    offer = year(story)
    page = set_language(new_page(user=story.anna), live_server)
    page.goto("/requests/")
    page.get_by_role("link", name=f"Offer {offer.number}").click()
    page.get_by_text("You pay ₽129,384.00, and ₽143,760.00 is on the account.").wait_for()
    page.get_by_role("button", name="Accept and pay ₽129,384.00").click()
    page.get_by_role("button", name="Ask for a second step").click()
    page.get_by_role("button", name="Confirm the payment").click()
    page.get_by_text("₽143,760.00 is on the account, the bonus included.").wait_for()
    assert Credit.objects.get(kind="bonus").amount_minor == 1_437_600
    page.goto(f"/offers/{offer.number}/")
    assert page.get_by_role("button", name="Accept").count() == 0


def test_a_decline_says_why_and_the_second_try_goes_through(story, new_page, live_server):
    page = set_language(new_page(user=story.anna, viewport=PHONE), live_server)
    page.goto("/pay/")
    page.get_by_role("button", name="Go to payment").click()
    page.get_by_role("button", name="The card has expired").click()
    page.get_by_text("The reason: the card has expired. Nothing of the ₽6,589.00 was taken.").wait_for()
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Pay", exact=True).click()
    page.get_by_role("heading", name="The payment has arrived").wait_for()
    assert set(PaymentAttempt.objects.values_list("status", "reason")) == {
        ("failed", "card_expired"),
        ("succeeded", ""),
    }


def test_a_page_that_waits_notices_the_answer_by_itself(story, new_page, live_server):
    page = set_language(new_page(user=story.anna), live_server)
    page.goto("/pay/")
    page.get_by_role("button", name="Go to payment").click()
    page.get_by_role("link", name="Go back without an answer").click()
    page.get_by_role("heading", name="Waiting for the payment service").wait_for()
    sample.decide(PaymentAttempt.objects.get().external_id, "succeeded")
    page.get_by_role("heading", name="The payment has arrived").wait_for(timeout=15_000)
    assert Payment.objects.get(account=story.account).amount_minor == 658_900


def test_ending_a_subscription_takes_one_page(story, new_page, live_server):
    page = set_language(new_page(user=story.anna), live_server)
    page.goto(f"/instances/{story.test.public_id}/")
    page.get_by_role("link", name="End the subscription").click()
    page.get_by_label("We do not use it any more.").check()
    page.get_by_label("I have read what happens").check()
    page.get_by_role("button", name="Ask to end the subscription").click()
    page.get_by_text("answered by 13 May").wait_for()
    page.get_by_role("button", name="Withdraw the request").click()
    page.get_by_text("You withdrew it").wait_for()
    assert CustomerRequest.objects.get().outcome == "withdrawn"


# What a secret in the address opens, and what everybody may see.
OPEN = {"join", "calendar_file", "sample_wallet", "product_prices", "price_bill", "sign_up_confirm"}


def everything(story: stories.Story) -> dict[str, Any]:
    """One id of Anna's account for every name that an address of the portal takes."""
    at, order = stories.msk(5, 12), requests.Attachment("order.pdf", b"%PDF-1.7 a payment order")
    asked = requests.NewRequest("proof_of_payment", text="17", files=(order,))
    filed = requests.file_request(account=story.account, new=asked, as_of=at, user_email=story.anna.email)
    attempt = checkout.start_payment(
        account=story.account, order=checkout.PaymentOrder(658_900), as_of=at, user_email=story.anna.email
    )
    member = Member.objects.get(instance=story.cloud, email=story.boris.email)
    note = credit_notes.issue_credit_note(
        invoice=Invoice.objects.get(number="R-2026-000001"),
        lines=[credit_notes.NoteLine("Один учтён дважды", 59_900)],
        reason="Ошибка в отчёте",
        as_of=at,
        actor="finance@saldo.example",
    )
    return {
        "note": note.number,
        "set_up_id": method_setup.start_set_up(account=story.account, as_of=at, user_email=story.anna.email).pk,
        "file_id": filed.files.get().pk,
        "offer": year(story).number,
        "request": filed.public_id,
        "attempt_id": attempt.pk,
        "external_id": attempt.external_id,
        "member_id": member.pk,
        "invoice": "R-2026-000001",
        "instance": story.cloud.public_id,
        "endpoint": webhook_calls.endpoint_of(story).public_id,
        "delivery": webhook_calls.arrives(story, at, timedelta(seconds=1)).pk,
        "token": api_tokens.create_token(scope="instance", at=at, actor="anna", instance=story.cloud)[0].public_id,
    }


def test_what_came_of_payments_and_debts_is_accessible_and_fits(story, new_page, live_server):
    """The states that `test_every_page` does not bring about: a payment that failed, a debt, a relief, a link that is none."""
    ids = everything(story)
    failed = checkout.start_payment(
        account=story.account, order=checkout.PaymentOrder(100), as_of=stories.msk(5, 12), user_email=story.anna.email
    )
    sample.decide(failed.external_id, "card_expired")
    of_cloud = f"/instances/{ids['instance']}/people/"
    inside = [
        f"/payments/{ids['attempt_id']}/",
        f"/payments/{failed.pk}/",
        f"/sample-bank/{ids['external_id']}/",
        f"/requests/new/deletion/?instance={story.archive.public_id}",
        f"/requests/new/resumption/?instance={story.archive.public_id}",
        "/statement/?from=2026-04-01&to=2026-05-12",
    ]
    link, faults = invite_person(story), []
    for theme, width, locale in LOOKS:
        stand_at_day(12)
        looks = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
        anna, guest = new_page(user=story.anna, **looks), new_page(**looks)
        for page in (anna, guest):
            set_language(page, live_server, locale)
        faults += find_problems(anna, inside) + find_problems(guest, [link, "/join/abc/"])
        stand_at_day(20)
        faults += find_problems(anna, ["/pay/", of_cloud, "/statement/"])
    reliefs.grant_relief(
        instance=story.cloud,
        ends_at=stories.msk(5, 22),
        reason="п/п 17",
        as_of=stories.msk(5, 20),
        actor="support@saldo.example",
    )
    faults += find_problems(anna, ["/", f"/instances/{ids['instance']}/", of_cloud])
    assert faults == []


def portal_addresses(story: stories.Story, ids: dict[str, Any]) -> dict[str, str]:
    """Every address of the portal that names something, filled with what is Anna's; by the name of the address."""
    by_name = {
        "document": ids["invoice"],
        "document_pdf": ids["invoice"],
        "offer": ids["offer"],
        "offer_pdf": ids["offer"],
        "request": ids["request"],
        "withdraw_request": ids["request"],
        "request_file": ids["request"],
        "credit_note_pdf": ids["note"],
        "revoke_token": ids["token"],
        **dict.fromkeys(
            ("webhook_endpoint", "change_webhook", "replay_webhook", "webhook_sample", "webhook_delivery"),
            ids["endpoint"],
        ),
    }
    rooms = [room for room in get_resolver().url_patterns if getattr(room, "app_name", "") in ("portal", "sandbox")]
    addresses = {}
    for prefix, pattern in ((str(room.pattern), pattern) for room in rooms for pattern in room.url_patterns):
        values = {
            "number": ids["delivery"] if pattern.name == "webhook_delivery" else by_name.get(pattern.name),
            "public_id": by_name.get(pattern.name, ids["instance"]),
            "member_id": ids["member_id"],
            "attempt_id": ids["attempt_id"],
            "external_id": ids["external_id"],
            "kind": "termination",
            "file_id": ids["file_id"],
            "set_up_id": ids["set_up_id"],
        }
        route = prefix + str(pattern.pattern)
        names = re.findall(r"<\w+:(\w+)>", route)
        if not names or pattern.name in OPEN:
            continue
        for name in names:
            route = re.sub(rf"<\w+:{name}>", str(values[name]), route)
        addresses[pattern.name] = f"/{route}" + (
            f"?instance={ids['instance']}" if pattern.name == "new_request" else ""
        )
    return addresses


def test_the_outsider_sees_nothing_of_it_at_any_address(story):
    addresses = portal_addresses(story, everything(story))
    assert len(addresses) >= 15
    for user in (story.vera, stories.person("nobody@saldo.example", "Никто")):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        for name, address in addresses.items():
            for answer in (
                client.get(address),
                client.post(address, {"act": "pay", "outcome": "succeeded", "status": "removed"}),
            ):
                assert answer.status_code in (404, 405), (name, address)
                assert "Ромашка" not in answer.content.decode()
        for address in (
            "/",
            "/pay/",
            "/operations/",
            "/documents/",
            "/instances/",
            "/requests/",
            "/statement/",
            "/mails/",
            "/more/",
        ):
            assert client.get(f"{address}?account={story.account.number}").status_code == 404, address
    outside = Client()
    for address in addresses.values():
        assert outside.get(address).status_code in (302, 405), address
    assert Client().get(f"/payments/{uuid.uuid4()}/").status_code == 302
