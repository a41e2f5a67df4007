"""Manage billing in the portal (C5): a card left on the pay page or without paying, what is charged to it, and the payment
service's own page, whose acts come back by signed webhook alone."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from billing.models import MethodSetUp, Payment, PaymentAttempt, ProviderEvent, SavedMethod
from billing.operations.collection import payment_methods
from billing.sandbox import sample_bank as sample
from billing.sandbox.models import SampleCard, SampleVisit
from tests.support import people, shops
from tests.support.mails import plain
from tests.support.people import at, stand_at
from tests.support.shops import Shop

NOON = at("2026-05-12 12:00")
SignIn = Callable[..., Client]


@pytest.fixture
def shop(db: None) -> Shop:
    """Romashka's till on Light since noon; 90 roubles are open. Vera is somebody else's owner, on METEOR."""
    return shops.shop("evotor-app", "light")


@pytest.fixture
def anna(shop: Shop, signed_in: SignIn) -> Client:
    return signed_in(shop.anna)


@pytest.fixture
def vera(shop: Shop, signed_in: SignIn) -> Client:
    return signed_in(shop.vera)


def text(client: Client, address: str) -> str:
    answer = client.get(address, follow=True)
    assert answer.status_code == 200, address
    return plain(answer.content.decode())


def leave_card(client: Client, card: str = "4242", outcome: str = "succeeded") -> str:
    """A card left without paying; the page that it comes back to."""
    started = client.post("/methods/", {"act": "save"})
    assert started.status_code == 302
    assert started["Location"].startswith("/sample-bank/")
    back = client.post(started["Location"], {"outcome": outcome, "card": card})
    return text(client, back["Location"])


def wallet(client: Client) -> str:
    """The address of the payment service's own page."""
    address = client.post("/methods/", {"act": "manage"})["Location"]
    assert address.startswith("/sample-bank/wallet/")
    return str(address)


# --- Leaving a card ----------------------------------------------------------------------------------------------------


def test_paying_with_the_box_ticked_keeps_the_card(shop: Shop, anna: Client) -> None:
    assert "Keep this card for renewals" in text(anna, "/pay/")
    started = anna.post("/pay/", {"sum": "9000", "save": "yes"})
    bank = text(anna, started["Location"])
    assert "The card, kept for later payments" in bank
    assert "later payments wait until you confirm them" in bank
    anna.post(started["Location"], {"outcome": "succeeded", "card": "3155"})
    method = payment_methods.active_method(shop.party.account)
    assert method is not None
    assert (method.title, method.saved_by) == ("Mir •• 3155", shop.anna.email)
    assert Payment.objects.get().amount_minor == 9_000
    assert "Keep this card for renewals instead of Mir •• 3155" in text(anna, "/pay/")


def test_paying_without_the_box_asks_the_bank_for_nothing(shop: Shop, anna: Client) -> None:
    started = anna.post("/pay/", {"sum": "9000"})
    assert "kept for later payments" not in text(anna, started["Location"])
    anna.post(started["Location"], {"outcome": "succeeded", "card": "4242"})
    assert (SavedMethod.objects.count(), Payment.objects.count()) == (0, 1)


def test_a_second_press_with_the_box_ticked_is_another_wish(anna: Client) -> None:
    first, second = (anna.post("/pay/", {"sum": "9000", **more})["Location"] for more in ({}, {"save": "yes"}))
    assert first != second
    assert anna.post("/pay/", {"sum": "9000", "save": "yes"})["Location"] == second


def test_the_box_is_not_offered_where_nothing_would_be_charged(vera: Client) -> None:
    assert "Keep this card" not in text(vera, "/pay/")
    assert "nothing would be charged to a saved card" in text(vera, "/methods/")


def test_a_card_is_saved_without_paying_and_shown_with_what_it_is_for(shop: Shop, anna: Client) -> None:
    assert "None is saved." in text(anna, "/methods/")
    page = leave_card(anna)
    assert "Visa •• 4242 is saved for renewals." in page
    assert "Valid until 31 May 2029." in page
    assert f"Saved on 12 May 2026 at 12:00 Moscow time by {shop.anna.email}." in page
    assert Payment.objects.count() == 0


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("card_expired", "The card was not saved: the card has expired."), ("declined_by_bank", "The card was not saved")],
)
def test_a_card_that_is_declined_says_why(anna: Client, outcome: str, words: str) -> None:
    page = leave_card(anna, outcome=outcome)
    assert words in page
    assert "None is saved." in page


def test_a_second_step_waits_and_a_return_without_an_answer_says_so(anna: Client) -> None:
    bank_address = anna.post("/methods/", {"act": "save"})["Location"]
    row = MethodSetUp.objects.get()
    assert "has not said yet" in text(anna, f"/methods/set-ups/{row.pk}/")
    assert anna.post(bank_address, {"outcome": "requires_action", "card": "4242"})["Location"] == bank_address
    assert "Second step" in text(anna, bank_address)
    anna.post(bank_address, {"outcome": "succeeded"})
    assert "Visa •• 4242" in text(anna, "/methods/")


def test_a_card_that_ends_this_month_is_said_to_end_soon(anna: Client) -> None:
    assert "ends soon" in leave_card(anna, "0069")
    stand_at(at("2026-06-01 12:00"))
    assert "no longer valid" in text(anna, "/methods/")


def test_too_many_tries_within_an_hour_are_refused_in_words(anna: Client, settings: object) -> None:
    settings.PAYMENT_ATTEMPTS_AN_HOUR = 1  # type: ignore[attr-defined]
    assert anna.post("/methods/", {"act": "save"}).status_code == 302
    refused = anna.post("/methods/", {"act": "save"})
    assert refused.status_code == 409
    assert "That is enough tries to save a card within an hour (1)" in plain(refused.content.decode())


# --- Charged, removed ---------------------------------------------------------------------------------------------------


def test_a_charge_that_needs_its_owner_is_confirmed_on_the_banks_page(shop: Shop, anna: Client) -> None:
    leave_card(anna, "3155")
    number = shop.party.invoices[0].number
    attempt = payment_methods.collect_invoice(invoice_number=number, as_of=NOON)
    assert attempt is not None
    assert "the bank wants you to confirm it" in text(anna, "/methods/")
    page = text(anna, f"/payments/{attempt.pk}/")
    assert "The bank wants one more step from you" in page
    assert f'href="/sample-bank/{attempt.external_id}/"' in page
    done = anna.post(f"/sample-bank/{attempt.external_id}/", {"outcome": "succeeded"})
    assert "The payment has arrived" in text(anna, done["Location"])
    assert shop.party.invoices[0].open_minor == 0
    assert f"Invoice {number}" in text(anna, "/methods/")


def test_a_declined_charge_stands_there_with_its_reason(shop: Shop, anna: Client) -> None:
    leave_card(anna, "9995")
    payment_methods.collect_invoice(invoice_number=shop.party.invoices[0].number, as_of=NOON)
    assert "there is not enough money on the card" in text(anna, "/methods/")


def test_removing_the_card_here_is_done_once(shop: Shop, anna: Client) -> None:
    leave_card(anna)
    method = SavedMethod.objects.get()
    page = plain(anna.post("/methods/", {"act": "remove", "method": method.public_id}, follow=True).content.decode())
    assert "Visa •• 4242 is removed: nothing is charged to it any more." in page
    again = anna.post("/methods/", {"act": "remove", "method": method.public_id})
    assert (again.status_code, payment_methods.active_method(shop.party.account)) == (409, None)
    assert anna.post("/methods/", {"act": "gift"}).status_code == 409


# --- The payment service's own page --------------------------------------------------------------------------------------


def test_c5_the_services_page_shows_cards_receipts_and_plans(shop: Shop, anna: Client) -> None:
    leave_card(anna)
    started = anna.post("/pay/", {"sum": "9000"})
    anna.post(started["Location"], {"outcome": "succeeded"})
    page = text(anna, wallet(anna))
    assert "Visa •• 4242" in page
    assert "Light · romashka.example.ru" in page
    assert "₽90.00" in page
    assert f'href="/methods/?account={shop.party.account.number}"' in page


def test_c5_a_plan_cancelled_there_ends_with_what_is_paid(shop: Shop, anna: Client) -> None:
    address = wallet(anna)
    answer = anna.post(address, {"act": "cancel", "id": shop.party.subscription.public_id})
    assert answer["Location"] == address
    assert str(shop.party.fresh.cancel_date) == "2026-06-12"
    assert "cancelled: it works to the end of what is paid" in text(anna, address)
    anna.post(address, {"act": "cancel", "id": shop.party.subscription.public_id})
    assert ProviderEvent.objects.count() == 1
    assert "Cancel the plan" not in text(anna, wallet(anna))


def test_c5_a_card_removed_there_is_gone_here(shop: Shop, anna: Client) -> None:
    leave_card(anna)
    address = wallet(anna)
    anna.post(address, {"act": "remove", "id": SampleCard.objects.get().external_id})
    assert payment_methods.active_method(shop.party.account) is None
    assert "No card is kept for this shop." in text(anna, address)
    assert "None is saved." in text(anna, "/methods/")


def test_c5_only_what_the_visit_is_about_can_be_cancelled_or_removed(shop: Shop, anna: Client) -> None:
    other = people.party("sever", NOON, product="evotor-app", tariff_id="light")
    address = wallet(anna)
    anna.post(address, {"act": "cancel", "id": other.subscription.public_id})
    anna.post(address, {"act": "remove", "id": "card-of-somebody"})
    anna.post(address, {"act": "gift"})
    assert other.fresh.cancel_date is None
    assert ProviderEvent.objects.count() == 0


def test_c5_a_forged_webhook_is_turned_away_and_cancels_nothing(shop: Shop) -> None:
    body = sample.message("subscription.cancelled", shop.party.subscription.public_id)
    unnamed = json.dumps({"type": "subscription.cancelled", "id": shop.party.subscription.public_id}).encode()
    outside = Client(enforce_csrf_checks=True)

    def send(content: bytes, signed: str) -> int:
        headers = {"Sample-Signature": signed}
        return outside.post("/webhooks/sample/", content, content_type="application/json", headers=headers).status_code

    assert send(body, "") == 403
    assert send(body, sample.signature(body + b" ")) == 403
    assert send(unnamed, sample.signature(unnamed)) == 403
    assert send(b"[]", sample.signature(b"[]")) == 403
    assert shop.party.fresh.cancel_date is None
    assert [send(body, sample.signature(body)) for _ in range(2)] == [200, 200]
    assert str(shop.party.fresh.cancel_date) == "2026-06-12"
    odd = json.dumps({"event": "1", "type": "weather.changed", "id": "x"}).encode()
    assert send(odd, sample.signature(odd)) == 200


# --- Others --------------------------------------------------------------------------------------------------------------


def test_what_belongs_to_others_does_not_exist(shop: Shop, anna: Client, vera: Client, client: Client) -> None:
    leave_card(anna)
    method, row = SavedMethod.objects.get(), MethodSetUp.objects.get()
    addresses = [wallet(anna), f"/sample-bank/{row.external_id}/", f"/methods/set-ups/{row.pk}/"]
    addresses.append(f"/methods/?account={shop.party.account.number}")
    for address in addresses:
        assert vera.get(address).status_code == 404, address
        assert client.get(address).status_code == 302, address
    assert "Visa" not in text(vera, "/methods/")
    assert vera.post("/methods/", {"act": "remove", "method": method.public_id}).status_code == 409
    assert vera.post(addresses[0], {"act": "remove", "id": method.external_id}).status_code == 404
    assert payment_methods.active_method(shop.party.account) == method


def test_the_services_pages_exist_in_a_sandbox_only(anna: Client, settings: object) -> None:
    address = wallet(anna)
    settings.BILLING_SANDBOX = False  # type: ignore[attr-defined]
    assert anna.get(address).status_code == 404
    assert anna.get("/sample-bank/wallet/nobody/").status_code == 404
    page = text(anna, "/methods/")
    assert "Paying online is not set up here" in page
    assert "Save a card" not in page
    assert anna.post("/methods/", {"act": "manage"}).status_code == 409
    assert SampleVisit.objects.count() == 1
    assert PaymentAttempt.objects.count() == 0
