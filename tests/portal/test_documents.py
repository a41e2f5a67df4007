"""Invoices in the portal: the list, the one with its explanation, the PDF that is made once (G6, G8, M7)."""

import hashlib

from billing.models import InvoiceDocument
from billing.operations.settlement import payments
from tests.support.page_text import words
from tests.support.people import stand_at
from tests.support.story import msk

ADDRESS = "/documents/R-2026-000001/"


def pay(story, amount_minor: int) -> None:
    new = payments.NewPayment(amount_minor, "RUB", "bank", reference="п/п 17")
    payments.record_payment(account=story.account, new=new, as_of=msk(5, 12, 13), actor="finance@saldo.example")


def test_the_list_shows_how_each_invoice_stands(story, signed_in):
    client = signed_in(story.anna)
    assert "R-2026-000001 of 1 May 2026 April 2026 to be paid by 15 May ₽6,589.00" in words(client.get("/documents/"))
    stand_at(msk(5, 18))
    assert "overdue by 3 days" in words(client.get("/documents/"))
    pay(story, 100_000)
    stand_at(msk(5, 14))
    assert "part paid, the rest by 15 May" in words(client.get("/documents/"))
    pay(story, 558_900)
    assert "April 2026 paid ₽6,589.00" in words(client.get("/documents/"))


def test_an_account_without_invoices_is_told_when_the_first_comes(story, signed_in):
    text = words(signed_in(story.vera).get("/documents/"))
    assert "No invoice yet. If something is charged this month, its invoice comes by itself on 1 June." in text


def test_an_invoice_explains_itself(story, signed_in):
    text = words(signed_in(story.anna, "ru").get(ADDRESS))
    assert "11 × 599,00 = 6 589,00 ₽" in text
    assert "Больше всего активных сразу 11 · больше бесплатных 9, считаются все" in text
    assert "Цена за одного 599,00 ₽" in text
    assert "Оплатите до 15 мая 2026 включительно. Без оплаты 16 мая 2026 в 00:00 по Москве" in text
    assert "anna@romashka.example" in text


def test_what_to_write_in_the_transfer_is_what_the_pdf_says(story, signed_in):
    text = words(signed_in(story.anna).get(ADDRESS))
    assert "How to pay ₽6,589.00" in text
    assert "Оплата по счёту № R-2026-000001 от 01.05.2026, ЛС 100001. Без НДС" in text
    assert "40702810938000000001" in text
    assert "044525225" in text


def test_a_part_payment_shows_what_is_left(story, signed_in):
    pay(story, 100_000)
    text = words(signed_in(story.anna).get(ADDRESS))
    assert "Still to be paid ₽5,589.00" in text
    assert "12 May Payment: bank transfer ₽1,000.00" in text


def test_a_paid_invoice_asks_for_nothing(story, signed_in):
    pay(story, 658_900)
    text = words(signed_in(story.anna).get(ADDRESS))
    assert "Paid in full. Nothing is left to pay." in text
    assert "How to pay" not in text


def test_the_pdf_is_made_once_and_the_stored_bytes_are_served(story, signed_in):
    client = signed_in(story.anna)
    first = client.get(f"{ADDRESS}pdf")
    assert (first.status_code, first["Content-Type"]) == (200, "application/pdf")
    assert first["Content-Disposition"] == 'inline; filename="R-2026-000001.pdf"'
    stored = InvoiceDocument.objects.get(invoice__number="R-2026-000001")
    assert hashlib.sha256(first.content).hexdigest() == stored.sha256
    assert client.get(f"{ADDRESS}pdf").content == first.content
    assert InvoiceDocument.objects.count() == 1


def test_a_missing_renderer_is_told_in_words(story, signed_in, monkeypatch):
    from billing.documents.errors import RendererMissing
    from billing.operations.run import delivery

    def refuse(**facts):
        raise RendererMissing("no Pango here")

    monkeypatch.setattr(delivery, "document_of", refuse)
    answer = signed_in(story.anna).get(f"{ADDRESS}pdf")
    assert answer.status_code == 503
    assert "The PDF cannot be made right now" in words(answer)
