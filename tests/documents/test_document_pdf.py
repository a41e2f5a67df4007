"""The finished documents, read back from their bytes."""

import hashlib
import io
import os
import subprocess
import sys

import pytest
from PIL import Image
from pypdf import PdfReader

from billing.documents.renderer import render_credit_note, render_invoice
from tests.support import pdf_reading
from tests.support.sample_documents import ABROAD, LINE, SELLER, credit_note, invoice, long_invoice

PART_PAID = {"credit_applied": "13530.00", "amount_due": "990.00"}
PAID = {"credit_applied": "14520.00", "amount_due": "0"}


@pytest.fixture(scope="module")
def russian():
    return render_invoice(invoice())


def test_russian_invoice_reads_as_an_accountant_expects(russian):
    text = pdf_reading.text(russian)
    for expected in (
        "ПАО СБЕРБАНК, г. Москва Банк получателя",
        "044525225",
        "30101810400000000225",
        "40702810138250123017",
        "Счёт на оплату № 2026-000123 от 1 ноября 2026 г. · за октябрь 2026 г.",
        "К оплате 14 520,00 ₽",
        "до 15 ноября 2026 г. включительно",
        "ИНН 6200098765, КПП 620001001, ОГРН 1026200870321",
        "Общество с ограниченной ответственностью «Ромашка»",
        "Договор-оферта, лицевой счёт 42",
        "METEOR Cloud, romashka.example.ru, октябрь 2026",
        "Больше 9, поэтому считаются все: 11 × 1 320,00.",
        "11 чел. 1 320,00 14 520,00",
        "Без НДС —",
        "НДС не облагается (п. 1 ст. 145 НК РФ)",
        "Всего к оплате 14 520,00 ₽",
        "Всего наименований 1, на сумму 14 520,00 руб.",
        "Четырнадцать тысяч пятьсот двадцать рублей 00 копеек",
        "Оплата по счёту № 2026-000123 от 01.11.2026, ЛС 42. Без НДС",
        "Руководитель Иванов И. И.",
        "Бухгалтер Петрова П. П.",
        "Счёт № 2026-000123",
        "стр. 1 из 1",
    ):
        assert expected in text


def test_one_page_for_one_line(russian):
    assert len(PdfReader(io.BytesIO(russian)).pages) == 1
    assert len(render_invoice(invoice(**PART_PAID))) < 60_000


def test_only_our_fonts_are_in_it(russian):
    assert pdf_reading.fonts(russian) == {"Saldo-Inter", "Saldo-Inter-Semi-Bold"}
    english = render_invoice(invoice(locale="en", buyer={"name": "Ёж Қазақстан № ₽ € $ — ×"}))
    assert pdf_reading.fonts(english) == {"Saldo-Inter", "Saldo-Inter-Semi-Bold"}


def test_the_payment_code_is_read_back_from_the_document(russian):
    (code,) = pdf_reading.payment_codes(russian)
    assert code.startswith("ST00012|Name=ООО «Три кита»|PersonalAcc=40702810138250123017|")
    assert "|Sum=1452000|Purpose=Оплата по счёту № 2026-000123 от 01.11.2026, ЛС 42. Без НДС|" in code


def test_vat_inside_the_price_is_shown():
    text = pdf_reading.text(render_invoice(invoice(tax="2618.36", tax_percent="22.00")))
    assert "В том числе НДС 22 % 2 618,36 ₽" in text
    assert "В т. ч. НДС 22% — 2618,36 руб." in text
    assert "Без НДС" not in text
    assert "не облагается" not in text


def test_credit_leaves_a_smaller_sum_to_pay():
    pdf = render_invoice(invoice(**PART_PAID))
    text = pdf_reading.text(pdf)
    assert "Зачтено с лицевого счёта −13 530,00 ₽ К оплате 990,00 ₽" in text
    assert "Девятьсот девяносто рублей 00 копеек" in text
    assert "|Sum=99000|" in pdf_reading.payment_codes(pdf)[0]


@pytest.mark.parametrize(
    ("locale", "sentence", "figure"),
    [("ru", "Оплачивать ничего не нужно", "К оплате 0,00 ₽"), ("en", "Nothing to pay", "Amount due ₽0.00")],
)
def test_nothing_due_says_so_and_has_no_code(locale, sentence, figure):
    pdf = render_invoice(invoice(locale=locale, **PAID))
    text = pdf_reading.text(pdf)
    assert sentence in text
    assert figure in text
    assert pdf_reading.pictures(pdf) == []
    assert "Назначение платежа" not in text
    assert "15 ноября" not in text
    assert "15 November" not in text


def test_english_invoice_of_a_russian_seller():
    pdf = render_invoice(invoice(locale="en"))
    text = pdf_reading.text(pdf)
    for expected in (
        "Invoice 2026-000123 Issued on 1 November 2026 · for October 2026",
        "Amount due ₽14,520.00",
        "by 15 November 2026, that day included",
        "INN 6200098765, KPP 620001001",
        "11 чел. 1,320.00 14,520.00",
        "Fourteen thousand, five hundred and twenty roubles 00 kopecks",
        "Correspondent account 30101810400000000225",
        "page 1 of 1",
    ):
        assert expected in text
    assert len(pdf_reading.payment_codes(pdf)) == 1
    # The requisites stand beside the code, right under their title, not below it.
    assert abs(pdf_reading.height_of(pdf, "How to pay") - pdf_reading.height_of(pdf, "Beneficiary")) < 25


def test_english_invoice_of_a_seller_abroad():
    pdf = render_invoice(invoice(locale="en", currency="USD", seller=ABROAD))
    text = pdf_reading.text(pdf)
    for expected in ("Three Whales Incorporated", "Tax ID 00-1234567", "BIC / SWIFT FHBKUS33XXX", "$14,520.00"):
        assert expected in text
    assert "VAT" not in text
    assert "Director" not in text
    assert pdf_reading.pictures(pdf) == []


def test_a_sole_trader_signs_alone_and_has_no_kpp():
    trader = SELLER | {"kind": "sole_trader", "kpp": "", "ogrn": "304500116000157", "director": "Китова А. А."}
    text = pdf_reading.text(render_invoice(invoice(seller=trader, buyer={"kind": "person", "name": "Орлов И. И."})))
    assert "ОГРНИП 304500116000157" in text
    assert "Предприниматель Китова А. А." in text
    assert "КПП" not in text
    assert "Бухгалтер" not in text


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [
        ("2026-10-10", "2026-11-01", "за 10–31 октября 2026 г."),
        ("2026-10-10", "2026-10-11", "за 10 октября 2026 г."),
        ("2026-01-01", "2027-01-01", "за 1 января – 31 декабря 2026 г."),
    ],
)
def test_the_last_day_of_a_period_is_printed_included(start, end, sentence):
    assert sentence in pdf_reading.text(render_invoice(invoice(period_start=start, period_end=end)))


def test_corrections_have_a_true_minus_and_parts_a_comma():
    down = LINE | {"number": 2, "quantity": "-0.5", "unit_price": "1320", "amount": "-660.00", "explanation": ""}
    text = pdf_reading.text(render_invoice(invoice(lines=[LINE, down], total="13860.00", amount_due="13860.00")))
    assert "−0,5 чел. 1 320,00 −660,00" in text


def test_thirty_lines_run_over_numbered_pages_with_the_head_repeated():
    pages = pdf_reading.page_texts(render_invoice(long_invoice(30)))
    assert len(pages) == 3
    for number, page in enumerate(pages, 1):
        assert f"стр. {number} из 3" in page
        assert "Товары (работы, услуги)" in page
    assert "Строка 30" in pages[-1]
    assert "Всего наименований 30, на сумму 3 000,00 руб." in pages[-1]


def test_rows_beyond_two_hundred_are_one_row_that_adds_up():
    text = pdf_reading.text(render_invoice(long_invoice(1000)))
    assert "Строка 200:" in text
    assert "Строка 201:" not in text
    assert "Остальные строки: 800" in text
    assert "80 000,00" in text
    assert "Всего наименований 1000, на сумму 100 000,00 руб." in text


def test_a_strangers_text_is_text_and_not_markup():
    evil = '<img src="http://203.0.113.1/x.png"><b>жирно</b> & "кавычки"'
    text = pdf_reading.text(render_invoice(invoice(lines=[LINE | {"description": evil}], buyer={"name": evil})))
    assert "<b>жирно</b> & " in text


def test_a_logo_takes_the_place_of_the_name():
    target = io.BytesIO()
    Image.new("RGB", (40, 20), "#0f5e4d").save(target, "PNG")
    pdf = render_invoice(invoice(logo=target.getvalue(), accent="#7a1f5c", fill="#f6e4ef"))
    assert (40, 20) in [picture.size for picture in pdf_reading.pictures(pdf)]
    assert len(pdf_reading.payment_codes(pdf)) == 1


def test_credit_note_in_both_languages():
    russian = pdf_reading.text(render_credit_note(credit_note()))
    for expected in (
        "Корректировочный счёт № C-2026-000007 от 20 ноября 2026 г. · к счёту № 2026-000123 от 1 ноября 2026 г.",
        "Ошибка в учёте активных людей",
        "Всего к уменьшению 1 320,00 ₽",
        "Одна тысяча триста двадцать рублей 00 копеек",
        "возвращается на лицевой счёт 42",
    ):
        assert expected in russian
    english = pdf_reading.text(render_credit_note(credit_note(locale="en")))
    assert "Credit note C-2026-000007 Issued on 20 November 2026 · to invoice 2026-000123 of 1 November 2026" in english
    assert "Total credited ₽1,320.00" in english


def test_accessible_and_dated_by_the_issue(russian):
    reader = PdfReader(io.BytesIO(russian))
    assert reader.trailer["/Root"]["/Lang"] == "ru"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.metadata.title.replace("\u00a0", " ") == "Счёт на оплату № 2026-000123 от 1 ноября 2026 г."
    assert str(reader.metadata.creation_date.date()) == "2026-11-01"
    assert b"pdfuaid" in reader.trailer["/Root"]["/Metadata"].get_object().get_data()
    alternatives = [str(o["/Alt"]) for o in _objects(reader) if isinstance(o, dict) and o.get("/S") == "/Figure"]
    assert alternatives == ["QR-код с реквизитами для оплаты счёта № 2026-000123"]


def _objects(reader):
    return [reader.get_object(number) for number in range(1, reader.trailer["/Size"])]


def test_nothing_is_complained_of_while_rendering(caplog):
    render_invoice(invoice(locale="en"))
    render_credit_note(credit_note())
    assert [record.getMessage() for record in caplog.records if record.name.startswith("weasyprint")] == []


def test_two_processes_without_settings_make_the_same_bytes(russian):
    program = (
        "import hashlib, sys\n"
        "from tests.support.sample_documents import invoice, long_invoice\n"
        "from billing.documents.renderer import render_invoice\n"
        "if sys.argv[1] == 'second': render_invoice(long_invoice(3))\n"
        "print(hashlib.sha256(render_invoice(invoice())).hexdigest())\n"
    )
    bare = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    digests = {
        subprocess.run(
            [sys.executable, "-c", program, turn], capture_output=True, text=True, check=True, env=bare | {"TZ": zone}
        ).stdout.strip()
        for turn, zone in (("first", "UTC"), ("second", "America/Los_Angeles"))
    }
    assert digests == {hashlib.sha256(russian).hexdigest()}
