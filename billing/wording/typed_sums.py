"""Reads sums as people type them, in the language of their page; whatever `formats` writes is read back to the same sum.

The decimal mark is the language's, and grouping is its comma or its space. Another mark is taken where it can mean one thing
alone. Where a person might mean two sums, both are named and neither is taken:

    1 500,50 and 1500.50    either language     1500.50
    1,500.00 and 1.500,00   either language     1500.00, two marks tell each other apart
    1,234,567               either language     1234567.00, only groups repeat a mark
    1,500                   English             refused: 1,500.00 or 1.50
    1.500                   Russian             refused: 1 500,00 or 1,50
    1,500                   English, yens       1500, as the page itself writes it
    ₽1,500.00, 1 500 руб.   an account in RUB   1500.00
    −5.00 and (5.00)        adjustments alone   −5.00
    1e9, 1_500, ١٥٠٠        nowhere

Nothing is rounded. Pure functions; programs' sums are read by `pricing.money.parse_exact`, as the API's contract says.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.errors import BadAmount
from billing.pricing.money import LARGEST_MINOR, exponent, from_minor, to_minor
from billing.wording import formats

PRICE_DECIMALS = 4  # of a price (G2: a rate is never rounded by itself)
PERCENT = "%"

# What people write at either end beside the sign and the code, which are taken for every currency.
NAMES = {
    "RUB": ("руб", "р", "рублей", "рубля", "рубль", "rur"),
    "USD": ("us$",),
    "EUR": ("евро",),
    "KZT": ("тг", "тенге"),
}

# Characters that look alike to people, as the one that is read: spaces that never break, minus signs, apostrophes.
LOOK_ALIKE = str.maketrans(
    dict.fromkeys("\t\u00a0\u2007\u2009\u202f", " ") | dict.fromkeys("\u2010\u2011\u2013\u2212", "-") | {"\u2019": "'"}
)
LONGEST = 80  # characters that are looked at, at most

_MARK = r"[^\W\d_]*[$€£₸₽%]|[^\W\d_]+\.?"
WHOLE = re.compile(
    rf"(?P<open>\()? *(?P<sign>[+-])? *(?P<first>{_MARK})? *(?P<sign_after>[+-])? *"
    rf"(?P<figures>[0-9 ',.]*[0-9]) *(?P<last>{_MARK})? *(?P<close>\))?"
)
UNGROUPED = re.compile(r"(?P<whole>[0-9]*)(?:[.,](?P<decimals>[0-9]+))?")
GROUPED = [
    re.compile(rf"(?P<whole>[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+)(?:{point}(?P<decimals>[0-9]+))?")
    for group, point in ((",", r"\."), (r"\.", ","), (" ", "[.,]"), ("'", "[.,]"))
]

Reading = tuple[str, str]  # the digits before and after the decimal mark


@dataclass(frozen=True)
class _Taken:
    """What a field takes: at most ``most`` with ``places`` decimals, in ``currency``: "" where none is known, or "%".

    ``finer`` is a price or a percentage, whose decimals are not those of the currency's coin.
    """

    currency: str
    places: int
    most: Decimal
    negative: bool = False
    finer: bool = False


def read_sum(
    text: str,
    *,
    currency: str,
    most_minor: int = LARGEST_MINOR,
    negative: bool = False,
    locale: str | None = None,
    field: str = "amount",
) -> int:
    """Reads a sum in ``currency`` into minor units. Raises BadAmount, whose sentence says what to write instead.

    ``most_minor`` is the largest sum that the form takes, either way from zero; ``negative`` where it takes sums below zero.
    ``locale`` is the page's language, the active one where it is not given. Zero is a sum: the operation decides about it.
    """
    with override(formats.language(locale)):
        taken = _Taken(currency, exponent(currency), from_minor(most_minor, currency), negative)
        return to_minor(_read(text, taken, field), currency)


def read_price(text: str, *, currency: str, most: Decimal, locale: str | None = None) -> Decimal:
    """Reads a price, which may be finer than the smallest coin, into the main unit. Raises BadAmount.

    ``currency`` is empty where nothing says which it is: the price is then written without a sign.
    """
    return _read_finer(text, currency, PRICE_DECIMALS, most, locale)


def read_percent(text: str, *, decimals: int, most: Decimal, locale: str | None = None) -> Decimal:
    """Reads a percentage, with its sign or without, by the same rules as a sum. Raises BadAmount."""
    return _read_finer(text, PERCENT, decimals, most, locale)


def sum_in_field(minor: int, currency: str) -> str:
    """Writes a sum as its field shows it, which `read_sum` reads back: 1500,00 in Russian, 1500.00 in English."""
    return f"{from_minor(minor, currency):f}".replace(".", _decimal_mark())


def percent_in_field(percent: Decimal) -> str:
    """Writes a percentage as its field shows it, which `read_percent` reads back: 12,5 in Russian, 12.5 in English."""
    return formats.plain_number(percent).replace(".", _decimal_mark())


def _read_finer(text: str, currency: str, places: int, most: Decimal, locale: str | None) -> Decimal:
    with override(formats.language(locale)):
        return _read(text, _Taken(currency, places, most, finer=True), "")


def _read(text: str, taken: _Taken, field: str) -> Decimal:
    """Reads ``text`` as an exact number with the decimals that were typed."""
    try:
        below_zero, figures = _split(text, taken)
        whole, decimals = _choose(_readings(figures), figures, taken)
        if len(decimals) > taken.places:
            raise _Unreadable(_how_to_write(taken))
        amount = Decimal(f"{whole or 0}.{decimals}")
        if below_zero and amount and not taken.negative:
            raise _Unreadable(_("This cannot be negative.") if taken.finer else _("The sum must be more than zero."))
        if amount > taken.most:
            raise _Unreadable(_too_much(taken))
    except _Unreadable as unreadable:
        raise BadAmount(str(unreadable), field=field) from None
    return amount.copy_negate() if below_zero and amount else amount


class _Unreadable(Exception):
    """The text is no sum that the field takes; the message is the sentence for the person who typed it."""


def _split(text: str, taken: _Taken) -> tuple[bool, str]:
    """Takes minus, parentheses and the currency off; returns whether it is below zero, and the figures."""
    match = WHOLE.fullmatch(text.translate(LOOK_ALIKE).strip()) if len(text) <= LONGEST else None
    if match is None or bool(match["open"]) != bool(match["close"]):
        raise _Unreadable(_how_to_write(taken))
    signs = [sign for sign in (match["open"], match["sign"], match["sign_after"]) if sign]
    if len(signs) > 1:
        raise _Unreadable(_how_to_write(taken))
    for mark in (match["first"], match["last"]):
        _check_mark(mark, taken)
    return bool(signs) and signs[0] != "+", match["figures"]


def _check_mark(mark: str | None, taken: _Taken) -> None:
    """Refuses what stands beside the figures unless it names the currency."""
    if not mark:
        return
    name, currency = mark.casefold().rstrip("."), taken.currency
    if currency and name in _names(currency):
        return
    if currency not in {"", PERCENT} and any(name in _names(other) for other in formats.SIGNS):
        sentence = (
            _("This seller's prices are in %(currency)s: enter the price in that currency.")
            if taken.finer
            else _("This account is kept in %(currency)s: enter the sum in that currency.")
        )
        raise _Unreadable(sentence % {"currency": currency})
    raise _Unreadable(_how_to_write(taken))


def _names(currency: str) -> set[str]:
    names = {currency, formats.SIGNS.get(currency, currency), *NAMES.get(currency, ())}
    return {name.casefold() for name in names}


def _readings(figures: str) -> set[Reading]:
    """Returns every sum that the figures can be to somebody: none, one, or one with and one without groups."""
    matches = [pattern.fullmatch(figures) for pattern in (UNGROUPED, *GROUPED)]
    return {(re.sub("[^0-9]", "", match["whole"]), match["decimals"] or "") for match in matches if match is not None}


def _choose(readings: set[Reading], figures: str, taken: _Taken) -> Reading:
    """Chooses the reading that the language leaves. Two readings differ by one mark with three digits behind it: 1,500."""
    if not readings:
        raise _Unreadable(_how_to_write(taken))
    if len(readings) == 1:
        return readings.pop()
    grouped, fine = sorted(readings, key=lambda reading: reading[1])
    if _decimal_mark() in figures:
        return fine
    if formats.language() == "en" and exponent(taken.currency) == 0:
        return grouped  # pages write no decimals in this currency, so its comma groups
    raise _Unreadable(_ask_which(grouped, fine, taken))


def _decimal_mark() -> str:
    return "," if formats.language() == "ru" else "."


def _ask_which(grouped: Reading, fine: Reading, taken: _Taken) -> str:
    """Names both readings, and how each is written without doubt."""
    smaller = Decimal(f"{fine[0]}.{fine[1]}")
    figures = {
        "large": formats.number_text(Decimal(grouped[0]), taken.currency),
        "small": formats.number_text(smaller, taken.currency),
        "plain": grouped[0],
    }
    if len(fine[1].rstrip("0")) > taken.places:
        return _("Do you mean %(large)s? Write %(plain)s: %(small)s would have too many decimals.") % figures
    return _("Do you mean %(large)s or %(small)s? Write %(plain)s or %(small)s.") % figures


def _how_to_write(taken: _Taken) -> str:
    if taken.finer and taken.places == 2:
        return _("Write it as 12.50: digits, and at most two decimals.")
    return {
        0: _("Write the sum as 1500: digits, and no decimals."),
        2: _("Write the sum as 1500.00: digits, and at most two decimals."),
        3: _("Write the sum as 1500.000: digits, and at most three decimals."),
        4: _("Write it as 1500.00: digits, and at most four decimals."),
    }[taken.places]


def _too_much(taken: _Taken) -> str:
    if taken.currency == PERCENT:
        most_text = formats.percent_text(taken.most)
    elif taken.currency:
        most_text = formats.money_text(taken.most, taken.currency)
    else:
        most_text = formats.number_text(taken.most, taken.currency)
    return _("At most %(most)s can be entered here. Check the number of digits.") % {"most": most_text}
