"""Sums as people type them: one reader for every form, and whatever a page writes is read back to the same sum."""

from contextlib import suppress
from decimal import Decimal

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from billing.errors import BadAmount
from billing.pricing.money import EXPONENTS
from billing.wording import formats, typed_sums

N, T = "\u00a0", "\u202f"
TWO = {
    "en": "Write the sum as 1500.00: digits, and at most two decimals.",
    "ru": "Напишите сумму так: 1500,00 — цифры и не больше двух знаков после запятой.",
}
FOUR = "Write it as 1500.00: digits, and at most four decimals."


def refusal(text: str, **how: object) -> str:
    with pytest.raises(BadAmount) as refused:
        typed_sums.read_sum(text, **how)  # type: ignore[arg-type]
    return str(refused.value).replace(T, " ").replace(N, " ")


@pytest.mark.parametrize("locale", ["en", "ru"])
@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1500", 150_000),
        ("1500.5", 150_050),
        ("1500,50", 150_050),
        (" 1500.50 ", 150_050),
        (".50", 50),
        ("0", 0),
        ("1 500,00", 150_000),
        (f"1{N}500,00", 150_000),
        (f"1{T}500,00", 150_000),
        ("1 500.00", 150_000),
        ("7,188.00", 718_800),
        ("7.188,00", 718_800),
        ("1,234,567", 123_456_700),
        ("1.234.567", 123_456_700),
        ("1'500.00", 150_000),
        ("1’500", 150_000),
        ("12,34", 1_234),
        ("0.5", 50),
        ("+₽6,589.00", 658_900),
        (f"13{T}178,00{N}₽", 1_317_800),
        ("1 500 руб.", 150_000),
        ("1500 р", 150_000),
        ("1500 rub", 150_000),
        ("RUB 1500", 150_000),
        ("10000000000.00", 10**12),
    ],
)
def test_a_sum_that_can_mean_one_thing_is_read_in_both_languages(locale: str, text: str, minor: int) -> None:
    assert typed_sums.read_sum(text, currency="RUB", locale=locale) == minor


@pytest.mark.parametrize(
    ("text", "locale", "sentence"),
    [
        ("1,500", "en", "Do you mean 1,500.00 or 1.50? Write 1500 or 1.50."),
        ("10,000", "en", "Do you mean 10,000.00 or 10.00? Write 10000 or 10.00."),
        ("₽1,250", "en", "Do you mean 1,250.00 or 1.25? Write 1250 or 1.25."),
        ("1,505", "en", "Do you mean 1,505.00? Write 1505: 1.505 would have too many decimals."),
        ("1.500", "ru", "Это 1 500,00 или 1,50? Напишите 1500 или 1,50."),
        ("1.505", "ru", "Это 1 505,00? Тогда напишите 1505: в 1,505 слишком много знаков после запятой."),
    ],
)
def test_a_sum_that_may_be_two_names_both_and_how_each_is_written(text: str, locale: str, sentence: str) -> None:
    assert refusal(text, currency="RUB", locale=locale) == sentence


@pytest.mark.parametrize("locale", ["en", "ru"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1e9",
        "1E2",
        "NaN",
        "Infinity",
        "inf",
        "1_500",
        "0x10",
        "١٥٠٠",
        "１５００",
        "²",
        "1500.",
        "1,50,000",
        "12,34,567.00",
        "1 50",
        "1  500",
        "1,500.00,00",
        "1 500,000.00",
        "0,500.00",
        "1.005,123",
        "1500.005",
        "--5",
        "(-5)",
        "(5",
        "5)",
        "5-",
        "5%",
        "1500 xyz",
        "1/2",
        "5 5 5",
        "5" * 81,
    ],
)
def test_what_is_no_sum_is_refused_with_how_to_write_one(locale: str, text: str) -> None:
    assert refusal(text, currency="RUB", locale=locale, negative=True) == TWO[locale]


def test_the_language_s_own_mark_is_never_a_group() -> None:
    assert refusal("1.500", currency="RUB", locale="en") == TWO["en"]
    assert refusal("1,500", currency="RUB", locale="ru") == TWO["ru"]
    assert typed_sums.read_sum("1.500", currency="KWD", locale="en") == 1_500
    assert typed_sums.read_sum("1,500", currency="KWD", locale="ru") == 1_500
    assert refusal("1,500", currency="KWD", locale="en") == "Do you mean 1,500.000 or 1.500? Write 1500 or 1.500."


def test_a_currency_without_decimals_is_read_as_its_pages_write_it() -> None:
    assert typed_sums.read_sum("1,500", currency="JPY", locale="en") == 1_500
    assert typed_sums.read_sum("JPY 1,500", currency="JPY", locale="en") == 1_500
    assert typed_sums.read_sum(f"1{T}500{N}JPY", currency="JPY", locale="ru") == 1_500
    assert refusal("15.5", currency="JPY", locale="en") == "Write the sum as 1500: digits, and no decimals."
    assert refusal("1.500", currency="JPY", locale="ru") == (
        "Это 1 500? Тогда напишите 1500: в 1,5 слишком много знаков после запятой."
    )


def test_another_currency_is_refused_by_name() -> None:
    sentence = "This account is kept in RUB: enter the sum in that currency."
    for text in ("$5", "5 USD", "US$5", "5 €", "eur 5", "5 тенге", "₽5 USD"):
        assert refusal(text, currency="RUB", locale="en") == sentence
    for text in ("$1,500.00", "1500 usd", "US$1500", f"1{T}500,00{N}$"):
        assert typed_sums.read_sum(text, currency="USD", locale="en") == 150_000


def test_a_sum_below_zero_is_read_where_the_form_takes_one() -> None:
    for text in ("-5.00", "−5", "–5,00", "(5.00)", "₽-5", "−₽5.00", "- 5 ₽", "(₽5.00)"):
        assert typed_sums.read_sum(text, currency="RUB", locale="en", negative=True) == -500
        assert refusal(text, currency="RUB", locale="en") == "The sum must be more than zero."


def test_the_bound_of_the_form_is_named_either_way_from_zero() -> None:
    how = {"currency": "RUB", "most_minor": 10**10}
    assert typed_sums.read_sum("100,000,000.00", locale="en", **how) == 10**10  # type: ignore[arg-type]
    most = "At most ₽100,000,000.00 can be entered here. Check the number of digits."
    for text in ("100000000.01", "9" * 80):
        assert refusal(text, locale="en", **how) == most
    assert refusal("-100000000.01", locale="en", negative=True, **how) == most
    assert refusal("100000000,01", locale="ru", **how) == (
        "Здесь можно указать не больше 100 000 000,00 ₽. Проверьте число цифр."
    )


@pytest.mark.parametrize(
    ("text", "locale", "price"),
    [
        ("599", "en", "599"),
        ("1,125.50", "en", "1125.50"),
        ("0.0125", "en", "0.0125"),
        ("1.125", "en", "1.125"),
        ("1,125", "ru", "1.125"),
        ("₽0.0125", "en", "0.0125"),
        ("7,5", "en", "7.5"),
    ],
)
def test_a_price_may_be_finer_than_the_coin_and_keeps_its_decimals(text: str, locale: str, price: str) -> None:
    number = typed_sums.read_price(text, currency="RUB", most=Decimal(10**10), locale=locale)
    assert str(number) == price


@pytest.mark.parametrize(
    ("text", "currency", "sentence"),
    [
        ("1,125", "RUB", "Do you mean 1,125.00 or 1.125? Write 1125 or 1.125."),
        ("1.12345", "RUB", FOUR),
        ("1e3", "RUB", FOUR),
        ("-1", "RUB", "This cannot be negative."),
        ("$1", "RUB", "This seller's prices are in RUB: enter the price in that currency."),
        ("$1", "", FOUR),
        ("10000000000.01", "RUB", "At most ₽10,000,000,000.00 can be entered here. Check the number of digits."),
        ("10000000000.01", "", "At most 10,000,000,000.00 can be entered here. Check the number of digits."),
    ],
)
def test_a_price_that_cannot_be_read_says_why(text: str, currency: str, sentence: str) -> None:
    with pytest.raises(BadAmount) as refused:
        typed_sums.read_price(text, currency=currency, most=Decimal(10**10), locale="en")
    assert str(refused.value) == sentence


def test_a_percentage_is_read_with_its_sign_and_without() -> None:
    for text, locale in (("12.5", "en"), ("12,5", "en"), ("12.5%", "en"), (f"12,5{N}%", "ru"), ("12,50", "ru")):
        assert typed_sums.read_percent(text, decimals=2, most=Decimal(100), locale=locale) == Decimal("12.5")
    for text, sentence in (
        ("12.505", "Write it as 12.50: digits, and at most two decimals."),
        ("$12", "Write it as 12.50: digits, and at most two decimals."),
        ("1e1", "Write it as 12.50: digits, and at most two decimals."),
        ("100.01", "At most 100% can be entered here. Check the number of digits."),
    ):
        with pytest.raises(BadAmount) as refused:
            typed_sums.read_percent(text, decimals=2, most=Decimal(100), locale="en")
        assert str(refused.value) == sentence


minors = st.integers(-(10**12), 10**12)
currencies = st.sampled_from([*formats.SIGNS, *EXPONENTS, "AMD"])
locales = st.sampled_from(["en", "ru"])


@given(minors, currencies, locales, st.booleans())
def test_whatever_a_page_writes_is_read_back_to_the_same_sum(
    minor: int, currency: str, locale: str, signed: bool
) -> None:
    how = {"currency": currency, "locale": locale, "negative": True}
    shown = formats.money_text(minor, currency, locale, signed=signed)
    bare = formats.number_text(minor, currency, locale)
    with override(locale):
        in_field = typed_sums.sum_in_field(minor, currency)
    for text in (shown, bare, in_field, shown.replace(T, " ").replace(N, " ")):
        assert typed_sums.read_sum(text, **how) == minor  # type: ignore[arg-type]


@given(st.integers(0, 10**14), currencies, locales)
def test_a_price_as_a_page_writes_it_is_read_back_to_the_same_price(scaled: int, currency: str, locale: str) -> None:
    price = Decimal(scaled).scaleb(-4)
    shown = formats.money_text(price, currency, locale)
    assert typed_sums.read_price(shown, currency=currency, most=Decimal(10**10), locale=locale) == price


@given(st.text(alphabet="0123456789.,' -−()₽$eE_%рRUB" + N + T, max_size=14), locales)
def test_any_text_is_a_sum_or_a_refusal_in_words(text: str, locale: str) -> None:
    with suppress(BadAmount):  # anything else would be an error page
        assert abs(typed_sums.read_sum(text, currency="RUB", locale=locale, negative=True)) <= 10**12
