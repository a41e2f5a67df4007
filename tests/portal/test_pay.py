"""Paying in the portal (M10): any sum, both ways, the return page, the sample bank and the counter that unlocks (M9)."""

import json
import uuid

import pytest
from django.test import Client

from billing.models import Entry, Notice, Payment, PaymentAttempt
from billing.operations.cycle import access
from billing.operations.settlement import payments
from billing.sandbox.models import SampleCharge
from billing.sandbox.sample_bank import signature
from tests.support.mails import plain
from tests.support.people import stand_at
from tests.support.query_counts import more_invoices
from tests.support.story import msk


def begin(client, sum_: str = "658900", **more: str) -> PaymentAttempt:
    answer = client.post("/pay/", {"sum": sum_, **more})
    assert answer.status_code == 302
    return PaymentAttempt.objects.get(external_id=answer["Location"].split("/")[2])


def bank(client, attempt: PaymentAttempt, outcome: str):
    return client.post(f"/sample-bank/{attempt.external_id}/", {"outcome": outcome})


def page(client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return plain(answer.content.decode())


def test_the_sums_that_are_offered_are_exact(anna):
    text = page(anna, "/pay/")
    assert 'value="658900" checked' in text
    assert "the whole debt" in text
    assert 'value="1317800"' in text
    assert "the invoice for May of 1 June will be paid already" in text


def test_the_transfer_names_invoice_account_and_code(anna):
    text = page(anna, "/pay/")
    assert 'data-copy="Оплата по счёту № R-2026-000001' in text
    assert "40702810938000000001" in text
    assert "data:image/png;base64," in text


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("0", "more than zero"),
        ("-1", "more than zero"),
        ("abc", "at most two decimals"),
        ("1.005", "at most two decimals"),
        ("1000000000000", "At most ₽100,000,000.00 can be entered here."),
        ("100000000.01", "At most ₽100,000,000.00 can be entered here."),
        ("1,500", "Do you mean 1,500.00 or 1.50? Write 1500 or 1.50."),
        ("10,000", "Do you mean 10,000.00 or 10.00? Write 10000 or 10.00."),
        ("1e9", "at most two decimals"),
        ("", "at most two decimals"),
        ("1e400", "at most two decimals"),
        ("NaN", "at most two decimals"),
    ],
)
def test_a_sum_that_is_none_is_refused_in_words_and_nothing_begins(anna, written, why):
    answer = anna.post("/pay/", {"sum": "other", "amount": written})
    assert answer.status_code == 422
    assert why in plain(answer.content.decode())
    assert f'value="{written}"' in answer.content.decode(), "what was typed stays"
    assert PaymentAttempt.objects.count() == 0


@pytest.mark.parametrize("written", ["1500.50", "1 500,50", "1\u202f500,50", " 1500.5 "])
def test_a_sum_is_read_as_people_write_it(anna, written):
    assert begin(anna, "other", amount=written).amount_minor == 150050


def test_a_sum_as_the_page_prints_it_is_read_on_the_page_in_both_languages(story, signed_in):
    for language, written, minor in [
        ("en", "7,188.00", 718_800),
        ("en", "₽10,000.00", 1_000_000),
        ("ru", "7\u202f188,01\u00a0₽", 718_801),
        ("ru", "1 500 руб.", 150_000),
    ]:
        client = signed_in(story.anna, language)
        assert begin(client, "other", amount=written).amount_minor == minor


def test_a_doubtful_sum_is_asked_for_again_in_russian_too(story, signed_in):
    answer = signed_in(story.anna, "ru").post("/pay/", {"sum": "other", "amount": "1.500"})
    assert answer.status_code == 422
    assert "Это 1 500,00 или 1,50? Напишите 1500 или 1,50." in plain(answer.content.decode()).replace("\u202f", " ")
    assert PaymentAttempt.objects.count() == 0


@pytest.mark.parametrize("forged", ["-658900", "١٢", "9" * 30, "6589.00", "0"])
def test_a_forged_choice_begins_nothing(anna, forged):
    assert anna.post("/pay/", {"sum": forged}).status_code == 422
    assert PaymentAttempt.objects.count() == 0


def test_two_presses_lead_to_one_payment(anna):
    first = begin(anna)
    second = begin(anna)
    assert first == second
    stand_at(msk(5, 12, 12, 5))
    assert begin(anna) != first


def test_paying_at_the_bank_credits_once_whoever_asks(story, anna):
    attempt = begin(anna)
    answer = bank(anna, attempt, "succeeded")
    assert answer["Location"] == f"/payments/{attempt.pk}/"
    for _ in range(2):
        text = page(anna, answer["Location"])
    assert "The payment has arrived" in text
    assert "Nothing is overdue." in text
    bank(anna, attempt, "succeeded")
    assert Payment.objects.filter(account=story.account).count() == 1
    assert Entry.objects.filter(account=story.account, kind="payment").count() == 1


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("insufficient_funds", "there is not enough money on the card"),
        ("card_expired", "the card has expired"),
        ("declined_by_bank", "the bank declined the payment"),
    ],
)
def test_a_decline_says_why_and_offers_to_try_again(story, anna, outcome, words):
    attempt = begin(anna)
    text = page(anna, bank(anna, attempt, outcome)["Location"])
    assert words in text
    assert "Try again" in text
    assert Payment.objects.count() == 0
    assert Notice.objects.filter(kind="payment_failed", recipient=story.anna.email).count() == 1


def test_a_second_step_waits_on_the_banks_page(anna):
    attempt = begin(anna)
    assert bank(anna, attempt, "requires_action")["Location"] == f"/sample-bank/{attempt.external_id}/"
    assert "Second step" in page(anna, f"/sample-bank/{attempt.external_id}/")
    assert "one more step" in page(anna, f"/payments/{attempt.pk}/")
    assert "has arrived" in page(anna, bank(anna, attempt, "succeeded")["Location"])


def test_leaving_the_bank_without_an_answer_waits_and_looks_again(anna):
    attempt = begin(anna)
    text = page(anna, f"/payments/{attempt.pk}/")
    assert 'data-state="waiting"' in text
    assert "portal/wait" in text
    assert "http-equiv" not in text


def test_an_outcome_that_the_bank_does_not_know_changes_nothing(anna):
    attempt = begin(anna)
    assert bank(anna, attempt, "gift").status_code == 422
    assert SampleCharge.objects.get().status == "pending"


def test_the_sample_bank_exists_in_a_sandbox_only(anna, settings):
    attempt = begin(anna)
    settings.BILLING_SANDBOX = False
    assert anna.get(f"/sample-bank/{attempt.external_id}/").status_code == 404


def test_a_webhook_settles_and_a_false_one_is_turned_away(story, anna):
    attempt = begin(anna)
    SampleCharge.objects.update(status="succeeded")
    body, outside = json.dumps({"id": attempt.external_id}), Client(enforce_csrf_checks=True)
    false = outside.post(
        "/webhooks/sample/", body, content_type="application/json", headers={"Sample-Signature": "0" * 64}
    )
    assert (false.status_code, Payment.objects.count()) == (403, 0)
    for _ in range(2):
        true = outside.post(
            "/webhooks/sample/",
            body,
            content_type="application/json",
            headers={"Sample-Signature": signature(body.encode())},
        )
        assert true.status_code == 200
    assert Payment.objects.count() == 1
    assert outside.get("/webhooks/sample/").status_code == 405
    assert outside.post("/webhooks/nobody/", body, content_type="application/json").status_code == 404


def test_another_sum_at_the_bank_is_parked_for_support(anna):
    attempt = begin(anna)
    SampleCharge.objects.update(status="succeeded", amount_minor=1)
    assert "Support is looking at this payment" in page(anna, f"/payments/{attempt.pk}/")
    assert Payment.objects.count() == 0


def test_the_counter_tells_the_exact_sum_and_what_is_still_missing(story, anna):
    stand_at(msk(5, 20))
    text = page(anna, "/pay/")
    assert "Pay exactly ₽6,589.00 (1 invoice), and full access is back at once." in text
    assert "Read-only since 16 May 2026 at 00:00 Moscow time." in text
    part = begin(anna, "other", amount="3294.00")
    bank(anna, part, "succeeded")
    text = page(anna, f"/payments/{part.pk}/")
    assert "Still ₽3,295.00, and full access is back at once." in text
    assert "₽3,294.00 of ₽6,589.00 has come." in text
    assert access.level(story.cloud, as_of=msk(5, 20)).level == "read_only"
    bank(anna, begin(anna, "329500"), "succeeded")
    assert access.level(story.cloud, as_of=msk(5, 20)).level == "full"
    assert "Pay exactly" not in page(anna, "/pay/")


def test_one_button_pays_every_overdue_invoice(story, anna):
    more_invoices(story, 2)
    stand_at(msk(6, 10))
    text = page(anna, "/pay/")
    assert "Pay exactly ₽19,767.00 (3 invoices), and full access is back at once." in text
    assert f"Оплата по счетам № R-2026-000001, R-2026-000002, R-2026-000003, ЛС {story.account.number}" in text
    bank(anna, begin(anna, "1976700"), "succeeded")
    assert access.level(story.cloud, as_of=msk(6, 10)).level == "full"


def test_the_invoice_that_was_named_is_paid_first(story, anna):
    assert 'name="invoice" value="R-2026-000001"' in page(anna, "/pay/?invoice=R-2026-000001")
    attempt = begin(anna, invoice="R-2026-000001")
    assert attempt.invoice.number == "R-2026-000001"
    assert anna.get("/pay/?invoice=R-2026-999999").status_code == 404


def test_without_debt_the_transfer_is_a_top_up(story, anna):
    payments.record_payment(
        account=story.account, new=payments.NewPayment(2_000_000, "RUB", "bank"), as_of=msk(5, 12), actor="test"
    )
    text = page(anna, "/pay/")
    assert f"Пополнение лицевого счёта {story.account.number}" in text
    assert 'value="other" checked' in text


def test_payments_of_others_do_not_exist(story, anna, signed_in):
    attempt = begin(anna)
    vera = signed_in(story.vera)
    assert vera.get(f"/payments/{attempt.pk}/").status_code == 404
    assert vera.get(f"/sample-bank/{attempt.external_id}/").status_code == 404
    assert vera.get(f"/payments/{uuid.uuid4()}/").status_code == 404
    assert signed_in(story.boris).get("/pay/").status_code == 404
