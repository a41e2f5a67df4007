"""The offer of a year up front: what it says, what it asks for, what it refuses to print."""

import pytest

from billing.documents.errors import BadContext
from billing.documents.renderer import render_offer
from tests.support import pdf_reading
from tests.support.sample_documents import ABROAD, offer

NO_DISCOUNT = {"discount": "0", "discount_percent": "0", "pay": "79068.00"}
ABROAD_FOR_A_YEAR = {"locale": "en", "currency": "USD", "seller": ABROAD, "tax_percent": None}


@pytest.fixture(scope="module")
def russian():
    return render_offer(offer())


def test_russian_offer_says_who_what_and_how_much(russian):
    text = pdf_reading.text(russian)
    for expected in (
        "Коммерческое предложение: год вперёд № RO-2026-000004 от 10 ноября 2026 г.",
        "К оплате 71 161,20 ₽",
        "до 24 ноября 2026 г. включительно",
        "Общество с ограниченной ответственностью «Ромашка»",
        "METEOR Cloud romashka.example.ru 11 599,00 6 589,00 12 79 068,00",
        "Полная стоимость 79 068,00 ₽ Скидка 10 % −7 906,80 ₽ Без НДС — К оплате 71 161,20 ₽",
        "Семьдесят одна тысяча сто шестьдесят один рубль 20 копеек",
        "Платёж зачисляется целиком, скидка приходит бонусом: всего на лицевой счёт поступает 79 068,00 ₽.",
        "Бонус расходуется раньше денег и деньгами не выплачивается.",
        "рассчитана на 11 чел. Всё сверх этого объёма оплачивается по полной цене тарифа, без скидки.",
        "Предложение действует до 24 ноября 2026 г. включительно.",
        "40702810138250123017",
        "Оплата по предложению № RO-2026-000004 от 10.11.2026, ЛС 42. Без НДС",
        "Руководитель Иванов И. И.",
        "стр. 1 из 1",
    ):
        assert expected in text


def test_english_offer_says_the_same():
    text = pdf_reading.text(render_offer(offer(locale="en")))
    for expected in (
        "Offer: a year up front RO-2026-000004, made on 10 November 2026",
        "To pay ₽71,161.20",
        "by 24 November 2026, that day included",
        "11 599.00 6,589.00 12 79,068.00",
        "Full value ₽79,068.00 Discount 10% −₽7,906.80 No VAT — To pay ₽71,161.20",
        "credited in full and the discount comes as a bonus: the account receives ₽79,068.00 in all.",
        "The bonus is spent before cash and is not paid out.",
        "worked out for 11 people. Use beyond that volume is charged at the full price",
        "valid until 24 November 2026, that day included",
        "Correspondent account 30101810400000000225",
        "page 1 of 1",
    ):
        assert expected in text


@pytest.mark.parametrize("locale", ["ru", "en"])
def test_the_payment_code_asks_for_the_sum_less_the_discount(locale):
    (code,) = pdf_reading.payment_codes(render_offer(offer(locale=locale)))
    assert "|Sum=7116120|Purpose=Оплата по предложению № RO-2026-000004 от 10.11.2026, ЛС 42. Без НДС|" in code


def test_without_a_discount_nothing_is_said_of_a_bonus():
    text = pdf_reading.text(render_offer(offer(**NO_DISCOUNT)))
    assert "Платёж зачисляется целиком: на лицевой счёт поступает 79 068,00 ₽." in text
    assert "онус" not in text
    assert "Скидка" not in text
    assert "bonus" not in pdf_reading.text(render_offer(offer(locale="en", **NO_DISCOUNT)))


def test_vat_is_that_of_the_sum_to_pay():
    text = pdf_reading.text(render_offer(offer(tax_percent="22")))
    assert "В том числе НДС 22 % 12 832,35 ₽" in text
    assert "В т. ч. НДС 22% — 12832,35 руб." in text


def test_a_seller_abroad_has_no_code_and_no_signatures():
    pdf = render_offer(offer(**ABROAD_FOR_A_YEAR))
    text = pdf_reading.text(pdf)
    assert "To pay $71,161.20" in text
    assert "Offer RO-2026-000004 of 2026-11-10, account 42." in text
    assert "BIC / SWIFT FHBKUS33XXX" in text
    assert "VAT" not in text
    assert "Director" not in text
    assert pdf_reading.pictures(pdf) == []


def test_a_price_that_is_not_simply_people_by_price_is_not_printed_as_if_it_were():
    text = pdf_reading.text(render_offer(offer(month="6000.00", full="72000.00", discount="7200.00", pay="64800.00")))
    assert "romashka.example.ru 11 6 000,00 12 72 000,00" in text
    assert "599,00" not in text


def test_the_note_is_text_and_not_markup():
    text = pdf_reading.text(render_offer(offer(note='<b>жирно</b> & <img src="http://203.0.113.1/x.png">')))
    assert "Примечание" in text
    assert "<b>жирно</b> & <img src=" in text


def test_the_same_offer_is_the_same_bytes(russian):
    assert render_offer(offer()) == russian


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"pay": "71161.21"}, "less discount"),
        ({"full": "79068.01", "pay": "71161.21"}, "months are not its full value"),
        ({"discount": "79068.00", "pay": "0"}, "nothing to pay"),
        ({"discount": "-1", "pay": "79069.00"}, "discount is negative"),
        ({"people": 0}, "nobody"),
        ({"months": 0, "full": "0", "discount": "0", "pay": "0"}, "no time"),
        ({"valid_until": "2026-11-09"}, "over before"),
        ({"locale": "de"}, "language"),
        ({"accent": "red;}"}, "colours"),
    ],
)
def test_contradictions_are_refused(changes, complaint):
    with pytest.raises(BadContext, match=complaint):
        offer(**changes)


def test_a_float_is_refused():
    with pytest.raises(BadContext, match="no exact number"):
        offer(pay=71161.2)
