"""The offer that support sent, as its customer reads it (M11)."""

from decimal import Decimal

import pytest

from billing.documents.offers import offer_pdf
from billing.models import VatRate
from billing.operations.settlement import offers
from tests.support import pdf_reading
from tests.support.people import STAFF, at, installation, party

NOW = at("2026-05-20 12:00")


@pytest.fixture
def sent(db):
    """Fifteen people for a year at 599,00, 12.5 % off: 107 820,00 − 13 477,50 = 94 342,50."""
    installation()
    return offers.send_offer(
        subscription=party().subscription,
        people=15,
        discount_percent=Decimal("12.5"),
        as_of=NOW,
        actor=STAFF,
        note="По нашей договорённости",
    )


def test_the_figures_of_the_offer_are_printed_on_one_page(sent):
    pdf = offer_pdf(sent)
    (page,) = pdf_reading.page_texts(pdf)
    for expected in (
        "METEOR Cloud romashka.example.ru 15 599,00 8 985,00 12 107 820,00",
        "Скидка 12,5 % −13 477,50 ₽",
        "К оплате 94 342,50 ₽",
        "По нашей договорённости",
        "НДС не облагается (п. 2 ст. 346.11 НК РФ)",
        "до 3 июня 2026 г. включительно",
    ):
        assert expected in page
    assert (
        f"|Sum=9434250|Purpose=Оплата по предложению № {sent.number} от 20.05.2026,"
        in pdf_reading.payment_codes(pdf)[0]
    )
    assert offer_pdf(sent) == pdf


def test_a_seller_with_vat_names_the_rate_of_the_day_it_was_sent(sent):
    VatRate.objects.create(code="standard-sample", percent=Decimal(22), valid_from=at("2026-01-01 12:00").date())
    sent.account.seller.vat_code = "standard-sample"
    assert "В том числе НДС 22 % 17 012,58 ₽" in pdf_reading.text(offer_pdf(sent))
