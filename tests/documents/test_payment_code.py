"""The payment code's text (ГОСТ Р 56042-2014) and the purpose of the payment."""

import io
from decimal import Decimal

import pytest
import zxingcpp
from PIL import Image

from billing.documents.context import Party
from billing.documents.payment_qr import invoice_payment_text, payment_text, qr_png
from billing.documents.purpose import payment_purpose
from tests.support.sample_documents import ABROAD, SELLER, invoice

WITH_VAT = {"tax": "2618.36", "tax_percent": "22"}
EXAMPLE = (
    "ST00012|Name=ООО «Три кита»|PersonalAcc=40702810138250123017|BankName=ПАО СБЕРБАНК, г. Москва|BIC=044525225"
    "|CorrespAcc=30101810400000000225|Sum=1452000|Purpose=Оплата по счёту № 2026-000123 от 01.11.2026, ЛС 42."
    " В т. ч. НДС 22% — 2618,36 руб.|PayeeINN=6200098765|KPP=620001001"
)


def seller(**changes):
    return Party.from_snapshot(SELLER | changes)


def fields(text):
    return dict(part.split("=", 1) for part in text.split("|")[1:])


def mandatory_bytes(text):
    return len("|".join(text.split("|")[1:6]).encode())


def test_worked_example():
    assert invoice_payment_text(invoice(**WITH_VAT)) == EXAMPLE
    assert len(EXAMPLE.encode()) == 336
    assert mandatory_bytes(EXAMPLE) <= 161


def test_the_picture_has_one_bit_a_pixel_and_says_the_same():
    picture = Image.open(io.BytesIO(qr_png(EXAMPLE)))
    assert picture.mode == "1"
    assert [code.text for code in zxingcpp.read_barcodes(picture.convert("L"))] == [EXAMPLE]


def test_separator_is_the_first_that_no_value_holds():
    text = payment_text(seller(name="ООО «A|B#C»"), Decimal(1), "Оплата")
    assert text.startswith("ST00012;Name=ООО «A|B#C»;PersonalAcc=")


def test_no_code_where_every_separator_is_taken():
    assert payment_text(seller(name="|#;^~_%&$@"), Decimal(1), "Оплата") is None


def test_mandatory_fields_fit_300_bytes_the_bank_giving_way_first():
    long_bank = fields(payment_text(seller(bank_name="Акционерный Коммерческий Банк «Приволжский»"), Decimal(1), "п"))
    assert long_bank["BankName"] == "Акционерный Коммерческий Банк «Приволжский»"
    text = payment_text(seller(name="Ю" * 200, bank_name="Б" * 80), Decimal(1), "п")
    assert mandatory_bytes(text) <= 300
    assert fields(text)["BankName"] == "Б" * 45
    assert fields(text)["Name"] == "Ю" * 58


def test_purpose_is_cut_at_160():
    assert len(fields(payment_text(seller(), Decimal(1), "я" * 300))["Purpose"]) == 160


def test_line_breaks_never_enter():
    assert fields(payment_text(seller(), Decimal("1.5"), "раз\nдва"))["Purpose"] == "раз два"


def test_a_sole_trader_has_no_kpp_and_a_bank_may_have_no_correspondent_account():
    code_fields = fields(
        payment_text(seller(kind="sole_trader", kpp="", correspondent_account=""), Decimal("0.01"), "п")
    )
    assert "KPP" not in code_fields
    assert code_fields["CorrespAcc"] == "0"
    assert code_fields["Sum"] == "1"


@pytest.mark.parametrize("lacking", ["bank_account", "bic", "bank_name"])
def test_no_code_without_full_requisites(lacking):
    assert payment_text(seller(**{lacking: ""}), Decimal(1), "п") is None


def test_no_code_for_other_currencies_sellers_abroad_or_nothing_to_pay():
    assert invoice_payment_text(invoice(currency="USD")) is None
    assert payment_text(Party.from_snapshot(ABROAD), Decimal(1), "п") is None
    assert invoice_payment_text(invoice(credit_applied="14520", amount_due="0")) is None


def test_purpose_without_vat_says_so():
    assert payment_purpose(invoice()) == "Оплата по счёту № 2026-000123 от 01.11.2026, ЛС 42. Без НДС"


def test_purpose_names_the_vat_of_the_sum_that_is_paid():
    part = invoice(**WITH_VAT, credit_applied="13530", amount_due="990")
    assert payment_purpose(part).endswith("В т. ч. НДС 22% — 178,52 руб.")


def test_purpose_in_english_only_where_no_russian_bank_reads_it():
    assert payment_purpose(invoice(locale="en")).startswith("Оплата по счёту № 2026-000123")
    abroad = invoice(locale="en", currency="USD", seller=ABROAD)
    assert payment_purpose(abroad) == "Invoice 2026-000123 of 2026-11-01, account 42."
    with_vat = invoice(locale="en", currency="EUR", seller=ABROAD, tax="2318.32", tax_percent="19.00")
    assert payment_purpose(with_vat).endswith("account 42. Incl. VAT 19% EUR 2318.32")
