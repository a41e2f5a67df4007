"""A year up front in the portal (M11, D11): the figures explained, accepted, paid, the bonus beside the payment."""

from decimal import Decimal

import pytest

from billing.models import Credit, PaymentAttempt
from billing.operations.ledger import posting
from billing.operations.settlement import offers
from tests.support.mails import latest, plain
from tests.support.people import stand_at
from tests.support.story import msk


@pytest.fixture
def offer(story):
    return offers.send_offer(
        subscription=story.cloud.subscriptions.get(),
        people=20,
        discount_percent=Decimal("10"),
        as_of=msk(5, 12),
        actor="support@saldo.example",
        note="За три года с нами",
    )


def text_of(answer) -> str:
    return plain(answer.content.decode().replace("&nbsp;", " "))


def test_the_figures_are_explained(story, offer, signed_in):
    page = text_of(signed_in(story.anna).get(f"/offers/{offer.number}/"))
    for words in (
        "20 × 599.00",
        "11,980.00 × 12",
        "₽143,760.00",
        "−₽14,376.00",
        "You pay ₽129,384.00",
        "За три года с нами",
    ):
        assert words in page, words


def test_the_mail_has_the_same_figures(story, offer):
    mail = latest("offer_sent")
    assert "129 384,00 ₽" in plain(mail.subject)
    for words in ("143 760,00 ₽", "14 376,00 ₽", "За три года с нами", f"/offers/{offer.number}/"):
        assert words in plain(mail.text), words
        assert words in plain(mail.html), words


def test_accepted_and_paid_the_full_value_is_on_the_account(story, offer, signed_in):
    client = signed_in(story.anna)
    before = posting.balance(story.account)
    for _ in range(2):
        client.post(f"/offers/{offer.number}/", {"act": "pay"})
    attempt = PaymentAttempt.objects.get()
    assert attempt.amount_minor == 12_938_400
    answer = client.post(f"/sample-bank/{attempt.external_id}/", {"outcome": "succeeded"}, follow=True)
    assert "₽143,760.00 is on the account, the bonus included" in text_of(answer)
    assert posting.balance(story.account) - before == 14_376_000
    assert Credit.objects.filter(account=story.account, kind="bonus").get().amount_minor == 1_437_600
    again = client.post(f"/offers/{offer.number}/", {"act": "pay"})
    assert again.status_code == 409
    assert "no longer open" in text_of(again)


def test_accepting_alone_begins_no_payment(story, offer, signed_in):
    client = signed_in(story.anna)
    answer = client.post(f"/offers/{offer.number}/", {"act": "accept"}, follow=True)
    assert "accepted, not paid yet" in text_of(answer)
    assert PaymentAttempt.objects.count() == 0


def test_its_last_day_counts_whole(story, offer, signed_in):
    client = signed_in(story.anna)
    stand_at(msk(5, 26, 23, 59))
    assert "Accept and pay" in text_of(client.get(f"/offers/{offer.number}/"))
    stand_at(msk(5, 27, 0, 0))
    assert "Accept and pay" not in text_of(client.get(f"/offers/{offer.number}/"))
    assert client.post(f"/offers/{offer.number}/", {"act": "accept"}).status_code == 409


def test_offers_of_others_do_not_exist(story, offer, signed_in):
    vera = signed_in(story.vera)
    for address in (f"/offers/{offer.number}/", f"/offers/{offer.number}/pdf"):
        assert vera.get(address).status_code == 404
    assert vera.post(f"/offers/{offer.number}/", {"act": "accept"}).status_code == 404
    assert signed_in(story.anna).get("/offers/RO-2026-999999/").status_code == 404


def test_the_pdf_is_the_stored_one(story, offer, signed_in):
    answer = signed_in(story.anna).get(f"/offers/{offer.number}/pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content == bytes(offers.document_of(offer=offer, as_of=msk(5, 12)).content)
