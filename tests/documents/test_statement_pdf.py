"""The statement of account on paper: every balance follows from the one before, over as many pages as it takes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.documents.errors import BadContext
from billing.documents.renderer import render_statement
from tests.support import pdf_reading
from tests.support.sample_documents import long_statement, statement


def test_russian_statement_leads_from_the_opening_to_the_closing_balance():
    text = pdf_reading.text(render_statement(statement()))
    for expected in (
        "Выписка по лицевому счёту № 42 за октябрь 2026 г. · составлена 1 ноября 2026 г.",
        "Остаток на конец 1 500,00 ₽",
        "Общество с ограниченной ответственностью «Три кита»",
        "Общество с ограниченной ответственностью «Ромашка»",
        "Остаток на начало дня 1 октября 2026 г. 1 500,00",
        "01.10.2026 Начало октября: 10 активных 10 × 599,00 = 5 990,00 ₽ −5 990,00 −4 490,00",
        "15.10.2026 Платёж: банковский перевод по счёту R-2026-000123 +6 589,00 1 500,00",
        "Остаток на конец дня 31 октября 2026 г. 1 500,00",
        "Поступило +6 589,00 ₽ Списано −6 589,00 ₽ Остаток на конец 1 500,00 ₽",
        "Движений за период: 3",
        "стр. 1 из 1",
    ):
        assert expected in text


def test_english_statement_says_the_same():
    text = pdf_reading.text(render_statement(statement(locale="en")))
    for expected in (
        "Statement of account 42 for October 2026 · drawn up on 1 November 2026",
        "Closing balance ₽1,500.00",
        "Opening balance, 1 October 2026 1,500.00",
        "10 Oct 2026",
        "−599.00 −5,089.00",
        "Received +₽6,589.00 Charged −₽6,589.00 Closing balance ₽1,500.00",
        "Movements in this range: 3",
        "page 1 of 1",
    ):
        assert expected in text


@pytest.mark.parametrize(("locale", "head"), [("ru", "Операция и расчёт"), ("en", "Operation and working")])
def test_many_pages_are_numbered_and_repeat_the_head(locale, head):
    pages = pdf_reading.page_texts(render_statement(long_statement(90, locale=locale)))
    of = "стр. {} из {}" if locale == "ru" else "page {} of {}"
    assert len(pages) == 5
    for number, page in enumerate(pages, 1):
        assert of.format(number, 5) in page
        assert head in page
    assert [sum(f"Движение {number}:" in page for page in pages) for number in range(1, 91)] == [1] * 90


def test_a_debt_has_a_true_minus():
    text = pdf_reading.text(render_statement(long_statement(90)))
    assert "Остаток на конец дня 31 марта 2026 г. −9 000,00" in text
    assert "за 1 января – 31 марта 2026 г." in text


@pytest.mark.parametrize(("locale", "sentence"), [("ru", "движений не было"), ("en", "Nothing moved on these days")])
def test_a_range_without_movements_says_so(locale, sentence):
    text = pdf_reading.text(render_statement(statement(locale=locale, entries=())))
    assert sentence in text


def test_a_strangers_name_is_text_and_not_markup():
    entry = replace(statement().entries[1], how='<script>alert(1)</script> <img src="http://203.0.113.1/x.png">')
    rows = (statement().entries[0], entry, statement().entries[2])
    assert "<script>alert(1)</script> <img src=" in pdf_reading.text(render_statement(statement(entries=rows)))


def test_the_same_statement_is_the_same_bytes():
    assert render_statement(statement(locale="en")) == render_statement(statement(locale="en"))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"opening": Decimal("1500.01")}, "do not add up on 2026-10-01"),
        ({"closing": Decimal("1499.99")}, "closing balance"),
        ({"entries": (), "closing": Decimal(0)}, "closing balance"),
        ({"end": date(2026, 9, 30)}, "ends before it begins"),
        ({"locale": "de"}, "of account 42 cannot be printed: there are no documents in the language"),
    ],
)
def test_contradictions_are_refused(changes, complaint):
    with pytest.raises(BadContext, match=complaint):
        statement(**changes)
