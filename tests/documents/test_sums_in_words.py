"""Sums in words: worked examples, literal."""

from decimal import Decimal

import pytest

from billing.documents.words import money_words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0.00", "Ноль рублей 00 копеек"),
        ("2.02", "Два рубля 02 копейки"),
        ("21.21", "Двадцать один рубль 21 копейка"),
        ("1001.01", "Одна тысяча один рубль 01 копейка"),
        ("14520.00", "Четырнадцать тысяч пятьсот двадцать рублей 00 копеек"),
        ("2000000.99", "Два миллиона рублей 99 копеек"),
        ("1000000000000.00", "Один триллион рублей 00 копеек"),
    ],
)
def test_roubles_in_russian(amount, words):
    assert money_words(Decimal(amount), "RUB", "ru") == words


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("1001.01", "USD", "Одна тысяча один доллар 01 цент"),
        ("35", "USD", "Тридцать пять долларов 00 центов"),
        ("22.50", "EUR", "Двадцать два евро 50 центов"),
        ("119.00", "KZT", "Сто девятнадцать KZT 00"),
        ("119", "JPY", "Сто девятнадцать JPY"),
    ],
)
def test_other_currencies_in_russian(amount, currency, words):
    assert money_words(Decimal(amount), currency, "ru") == words


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("0.00", "USD", "Zero dollars 00 cents"),
        ("1.01", "USD", "One dollar 01 cent"),
        ("14520.00", "RUB", "Fourteen thousand, five hundred and twenty roubles 00 kopecks"),
        ("1001.01", "RUB", "One thousand and one roubles 01 kopeck"),
    ],
)
def test_english(amount, currency, words):
    assert money_words(Decimal(amount), currency, "en") == words


def test_an_int_is_refused_because_the_library_would_read_it_as_kopecks():
    with pytest.raises(TypeError):
        money_words(1500, "RUB", "ru")


def test_half_a_kopeck_goes_up():
    assert money_words(Decimal("4.665"), "RUB", "ru") == "Четыре рубля 67 копеек"
