"""Credit notes in the portal (G6, D9): where a customer looks for them, with the file, and for nobody else."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from billing.models import CreditNote, Invoice
from billing.operations.settlement import credit_notes
from tests.support.page_text import words
from tests.support.story import msk


@pytest.fixture
def note(story) -> CreditNote:
    return credit_notes.issue_credit_note(
        invoice=Invoice.objects.get(number="R-2026-000001"),
        lines=[credit_notes.NoteLine("Один пользователь учтён дважды", 59_900)],
        reason="Ошибка в отчёте экземпляра",
        as_of=msk(5, 12),
        actor="finance@saldo.example",
    )


def test_the_documents_page_lists_it_with_its_reason_and_sum(story, signed_in, note):
    text = words(signed_in(story.anna).get("/documents/"))
    assert f"{note.number}, to invoice R-2026-000001 ₽599.00 PDF" in text
    assert "12 May 2026 · Ошибка в отчёте экземпляра" in text


def test_a_page_without_credit_notes_does_not_speak_of_them(story, signed_in):
    assert "Credit notes" not in words(signed_in(story.anna).get("/documents/"))


def test_the_invoice_leads_to_it(story, signed_in, note):
    page = signed_in(story.anna).get("/documents/R-2026-000001/").content.decode()
    assert f'href="/documents/credit-notes/{note.number}/pdf"' in page


def test_the_pdf_says_what_it_puts_right_and_stays_the_same(story, signed_in, note):
    client, address = signed_in(story.anna), f"/documents/credit-notes/{note.number}/pdf"
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages).replace("\u00a0", " ")
    for sentence in (
        note.number,
        "R-2026-000001",
        "Один пользователь учтён дважды",
        "599,00",
        "Ошибка в отчёте экземпляра",
    ):
        assert sentence in text
    assert client.get(address).content == answer.content


def test_somebody_elses_credit_note_is_not_there(story, signed_in, note):
    client = signed_in(story.vera)
    assert client.get(f"/documents/credit-notes/{note.number}/pdf").status_code == 404
    assert client.get("/documents/credit-notes/RC-2026-999999/pdf").status_code == 404
    assert note.number not in words(client.get("/documents/"))
    assert signed_in(story.boris).get(f"/documents/credit-notes/{note.number}/pdf").status_code == 404
