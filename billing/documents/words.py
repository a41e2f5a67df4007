"""Sums in words, for the one line of a document that nobody can alter with a pen."""

from decimal import Decimal

from num2words import num2words

from billing.pricing.money import exponent, round_half_up

# Currencies whose names and plural forms the library knows in both languages; any other is written by its code.
NAMED = ("RUB", "USD", "EUR")

# The library's spelling of the hundredth of a rouble is rare; dictionaries have the other.
SPELLING = {"kopeks": "kopecks", "kopek": "kopeck"}


def money_words(amount: Decimal, currency: str, locale: str) -> str:
    """Writes ``amount`` (main units) in words, the hundredths in digits: "Одна тысяча один рубль 01 копейка".

    ``locale`` is ru or en. Raises TypeError for anything but a Decimal: the library reads an int as kopecks, so 1500 would
    come out as fifteen roubles.
    """
    if not isinstance(amount, Decimal):
        raise TypeError(f"money_words needs a Decimal, got {amount!r}")
    value = round_half_up(amount, currency)
    if currency in NAMED:
        text = num2words(value, to="currency", lang=locale, currency=currency, cents=False, separator="")
        words = [SPELLING.get(word, word) for word in str(text).split()]
    else:
        words = [str(num2words(int(value), lang=locale)), currency]
        if exponent(currency):
            words.append(f"{abs(value):f}".partition(".")[2])
    text = " ".join(words)
    return text[0].upper() + text[1:]
