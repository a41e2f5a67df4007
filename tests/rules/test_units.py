"""What is sold by quantity is called by its product's own words (E4, E5), from the price to the invoice, in both languages."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from accounts.models import Product
from billing.documents.invoices import invoice_context, invoice_pdf
from billing.errors import BadInput
from billing.models import InvoiceLine, Notice
from billing.operations.catalogue import configuration
from billing.operations.subscriptions import plan_changes
from billing.operations.subscriptions.quotes import TermsRequest
from billing.wording import charge_lines, formats, tariff_prices
from tests.support import pdf_reading
from tests.support.goods import ALARM, EDITOR, GOODS, STORAGE, Good, sell
from tests.support.mails import plain_spaces
from tests.support.people import STAFF, Party, assert_books_are_right, at, furnish, party

pytestmark = pytest.mark.django_db
NOON = at("2026-04-15 12:00")


def buyer(good: Good, quantity: int, locale: str, name: str = "romashka") -> Party:
    return party(
        name, at("2026-04-01 09:00"), product=good.code, tariff_id=good.tariff_id, quantity=quantity, locale=locale
    )


def first_line(bought: Party) -> InvoiceLine:
    return bought.invoices[0].lines.get()


@pytest.mark.parametrize(
    ("code", "locale", "counted"),
    [
        ("editor", "en", ["1 licence", "2 licences", "5 licences", "21 licences"]),
        ("editor", "ru", ["1 лицензия", "2 лицензии", "5 лицензий", "21 лицензия"]),
        ("alarm", "en", ["1 device", "2 devices", "5 devices", "21 devices"]),
        ("alarm", "ru", ["1 устройство", "2 устройства", "5 устройств", "21 устройство"]),
        ("storage", "en", ["1 gigabyte", "2 gigabytes", "5 gigabytes", "21 gigabytes"]),
        ("storage", "ru", ["1 гигабайт", "2 гигабайта", "5 гигабайтов", "21 гигабайт"]),
    ],
)
def test_e5_an_invoice_counts_by_the_words_of_the_product(code: str, locale: str, counted: list[str]) -> None:
    sell(GOODS[code])
    for number, words in zip((1, 2, 5, 21), counted, strict=True):
        line = first_line(buyer(GOODS[code], number, locale, f"buyer{number}"))
        assert f": {words}, " in plain_spaces(line.description)
    assert_books_are_right()


@pytest.mark.parametrize(
    ("good", "english", "russian"),
    [
        (
            EDITOR,
            ["₽120.00 per licence, once.", "From 10 licences: ₽100.00 each."],
            ["120,00 ₽ за лицензию, разово.", "От 10 лицензий: по 100,00 ₽."],
        ),
        (ALARM, ["₽50.00 per device a month."], ["50,00 ₽ за устройство в месяц."]),
        (
            STORAGE,
            ["₽3.00 per gigabyte a month.", "₽2.00 for each gigabyte above 100."],
            ["3,00 ₽ за гигабайт в месяц.", "2,00 ₽ за гигабайт сверх 100."],
        ),
    ],
)
def test_e5_prices_are_for_what_the_product_sells(good: Good, english: list[str], russian: list[str]) -> None:
    tariff = sell(good)
    for locale, expected in (("en", english), ("ru", russian)):
        assert [plain_spaces(text) for text in tariff_prices.price_lines(tariff, locale)][: len(expected)] == expected


def test_e4_licences_are_bought_and_bought_again_in_the_words_of_the_document() -> None:
    sell(EDITOR)
    bought = buyer(EDITOR, 2, "ru")
    plan_changes.change_terms(subscription=bought.fresh, request=TermsRequest(quantity=12), as_of=NOON, actor="anna")
    first, more = bought.invoices
    assert (first.total_minor, more.total_minor) == (24_000, 96_000)  # 2 × 120.00, then 12 × 100.00 − 240.00
    [line] = invoice_context(first).lines
    assert (line.quantity, line.unit, line.unit_price) == (2, "лицензия", 120)
    text = pdf_reading.text(invoice_pdf(more))
    assert "12 лицензий" in text
    assert "(от 10 лицензий: по 100,00)" in text
    assert "терминал" not in text
    assert_books_are_right()


def test_e6_devices_are_added_and_the_mail_and_the_pdf_say_so() -> None:
    sell(ALARM)
    bought = buyer(ALARM, 2, "en")
    plan_changes.change_terms(subscription=bought.fresh, request=TermsRequest(quantity=5), as_of=NOON, actor="anna")
    assert "“Alarm”, 5 devices" in plain_spaces(Notice.objects.filter(kind="terms_changed").latest("pk").text)
    first, more = bought.invoices
    assert invoice_context(first).lines[0].unit == "device"
    text = pdf_reading.text(invoice_pdf(more))
    assert "change to Alarm, 5 devices, 15–30 April 2026" in text
    assert "terminal" not in text
    assert_books_are_right()


def test_e5_what_is_sold_by_no_price_of_one_is_one_unit_of_the_line() -> None:
    """Two prices make one sum: the line is one at that sum, not one gigabyte."""
    sell(STORAGE)
    [line] = invoice_context(buyer(STORAGE, 150, "en").invoices[0]).lines
    assert (line.quantity, line.unit, line.amount) == (1, "unit", 400)  # 100 × 3.00 + 50 × 2.00
    assert "150 gigabytes" in line.description


def test_g8_what_is_posted_keeps_the_name_that_it_was_sold_by() -> None:
    sell(EDITOR)
    bought = buyer(EDITOR, 12, "en")
    product = Product.objects.get(code="editor")
    product.unit_name, product.unit_name_plural = "key", "keys"
    configuration.save_row(row=product, as_of=NOON, actor=STAFF)
    line = first_line(bought)
    assert "12 licences" in line.description
    computed = formats.formula_text(charge_lines.explanation_of(line), "en")
    assert plain_spaces(computed) == "12 × 100.00 = ₽1,200.00 (from 10 licences: 100.00 each)"
    with translation.override("en"):
        assert "per key, once" in tariff_prices.price_lines(bought.fresh.priced_by, "en")[0]


def test_g8_what_was_posted_before_units_had_names_is_told_by_its_product() -> None:
    furnish()
    line = first_line(party("shop", product="evotor-driver", tariff_id="driver", quantity=12, locale="ru"))
    del line.explanation["unit"]
    computed = formats.formula_text(charge_lines.explanation_of(line), "ru")
    assert "(от 10 терминалов: по 100,00)" in plain_spaces(computed)


def test_e5_without_names_it_is_called_a_unit() -> None:
    tariff = sell(Good("plain", ("",) * 6, "base", ALARM.terms))
    assert plain_spaces(tariff_prices.price_lines(tariff, "en")[0]) == "₽50.00 per unit a month."
    assert ": 5 единиц, " in plain_spaces(first_line(buyer(Good("plain", ("",) * 6, "base", {}), 5, "ru")).description)


def test_e5_half_a_name_is_refused_by_the_operation_and_by_the_database() -> None:
    sell(ALARM)
    product = Product.objects.get(code="alarm")
    product.unit_name_few_ru = ""
    with pytest.raises(BadInput) as refused:
        configuration.save_row(row=product, as_of=NOON, actor=STAFF)
    assert (refused.value.field, refused.value.code) == ("unit_name_few_ru", "unit_half_named")
    with pytest.raises(IntegrityError), transaction.atomic():
        product.save()
