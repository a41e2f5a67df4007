"""Writes sums, dates and instants for people, in Russian and in English, the same on pages, in mails and in documents.

Pure functions: nothing is read but the arguments and, where no locale is given, the language that is active. Spaces inside
a sum or a date never break a line; a negative sum has a true minus; an instant of money always names its time zone.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from billing.pricing.explanations import explanation as explained
from billing.pricing.money import exponent, from_minor
from billing.wording.explanations import Figures, notes_beside_formula, sentences

MINUS = "\u2212"
NBSP = "\u00a0"
THIN = "\u202f"  # the narrow space between groups of three digits in Russian
DASH = "\u2013"
NO_VALUE = "\u2014"

SIGNS = {"RUB": "₽", "USD": "$", "EUR": "€", "GBP": "£", "KZT": "₸"}

MONTHS_RU = (
    "январь",
    "февраль",
    "март",
    "апрель",
    "май",
    "июнь",
    "июль",
    "август",
    "сентябрь",
    "октябрь",
    "ноябрь",
    "декабрь",
)
MONTHS_RU_OF = (
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
)
MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

# Names of time zones; any other zone is written by its offset.
ZONES = {"Europe/Moscow": {"ru": "по Москве", "en": "Moscow time"}, "UTC": {"ru": "UTC", "en": "UTC"}}

CURRENCIES = {
    "RUB": {"ru": "рубли", "en": "roubles"},
    "USD": {"ru": "доллары США", "en": "US dollars"},
    "EUR": {"ru": "евро", "en": "euros"},
    "KZT": {"ru": "тенге", "en": "tenge"},
}


def language(locale: str | None = None) -> str:
    """Returns ``ru`` or ``en``: of ``locale``, else of the active language; English for every other."""
    code = (locale or get_language() or "en").split("-")[0].lower()
    return "ru" if code == "ru" else "en"


def _digits(amount: Decimal, places: int, locale: str) -> str:
    """Writes the absolute value with grouped digits and ``places`` decimals."""
    text = f"{abs(amount):,.{places}f}"
    return text.replace(",", THIN).replace(".", ",") if locale == "ru" else text


def _amount(value: int | Decimal, currency: str) -> tuple[Decimal, int]:
    """Returns ``value`` as Decimal and its decimals: an int is minor units; a Decimal may be finer than the minor unit (a rate)."""
    places = exponent(currency)
    if isinstance(value, int):
        return from_minor(value, currency), places
    normal = value.normalize().as_tuple().exponent
    finer = -normal if isinstance(normal, int) else 0
    return value, max(places, finer)


def money_text(value: int | Decimal, currency: str, locale: str | None = None, *, signed: bool = False) -> str:
    """Writes a sum as in ``locale``: −13 178,00 ₽, −₽13,178.00.

    ``value`` is an int of minor units or a Decimal of the main unit. With ``signed`` a positive sum shows its plus, as in a
    column of movements. A currency without a sign of its own is written by its code.
    """
    code = language(locale)
    amount, places = _amount(value, currency)
    digits = _digits(amount, places, code)
    mark = MINUS if amount < 0 else "+" if signed and amount > 0 else ""
    sign = SIGNS.get(currency, currency)
    if code == "ru":
        return f"{mark}{digits}{NBSP}{sign}"
    return f"{mark}{sign}{digits}" if currency in SIGNS else f"{mark}{sign}{NBSP}{digits}"


def number_text(value: int | Decimal, currency: str, locale: str | None = None) -> str:
    """Writes a sum without the currency's sign, for a formula whose result carries it: 599,00."""
    code = language(locale)
    amount, places = _amount(value, currency)
    return ("" if amount >= 0 else MINUS) + _digits(amount, places, code)


def count_text(number: int, locale: str | None = None) -> str:
    """Writes a whole number with grouped digits: 1 204, 1,204."""
    return ("" if number >= 0 else MINUS) + _digits(Decimal(number), 0, language(locale))


def percent_text(value: Decimal, locale: str | None = None) -> str:
    """Writes a percentage, 22 % in Russian, 22% in English, without trailing zeros."""
    digits = f"{value.normalize():f}"
    return f"{digits.replace('.', ',')}{NBSP}%" if language(locale) == "ru" else f"{digits}%"


def formula_text(explanation: dict[str, Any], locale: str | None = None, *, sign: bool = True) -> str:
    """Writes the stored computation of a charge or line in ``locale``, with notes where the figures need them (G8):
    11 × 599,00 − 5 990,00 = 599,00 ₽; 10 × 100,00 = 1 000,00 ₽ (от 10 лицензий: по 100,00).

    The one renderer of portal, documents and admin. Without ``sign`` the result stands in a column of its currency.
    """
    currency, figures = str(explanation["currency"]), _figures(explanation, locale)
    text = explained.formula(explanation, figures.sum, figures.count, figures.percent)
    left = text.rpartition(" = ")[0].replace(f" {explained.TIMES} ", f"{NBSP}×{NBSP}")
    write = money_text if sign else number_text
    result = write(explained.evaluate(explanation), currency, locale)
    return _append_notes(f"{left} = {result}" if left else result, explanation, figures)


def plain_formula_text(explanation: dict[str, Any]) -> str:
    """Writes the computation for programs, in neutral figures and English: 10 × 100.00 = 1 000.00 (from 10 licences: 100.00 each)."""
    figures = Figures(
        "en", lambda amount: explained.group_digits(Decimal(explained.plain_price(amount))), str, percent_text
    )
    return _append_notes(explained.formula(explanation), explanation, figures)


def formula_notes(explanation: dict[str, Any], locale: str | None = None) -> list[str]:
    """Returns all notes on a computation, a sentence each, those that its figures show included."""
    return sentences(explanation, _figures(explanation, locale))


def _figures(explanation: dict[str, Any], locale: str | None) -> Figures:
    currency, code = str(explanation["currency"]), language(locale)
    return Figures(
        code,
        lambda amount: number_text(amount, currency, code),
        lambda number: count_text(number, code),
        lambda value: percent_text(value, code),
    )


def _append_notes(text: str, explanation: dict[str, Any], figures: Figures) -> str:
    notes = notes_beside_formula(explanation, figures)
    return f"{text} ({notes})" if notes else text


def currency_name(currency: str, locale: str | None = None) -> str:
    """Returns the currency's name, its code where it has none here."""
    return CURRENCIES.get(currency, {}).get(language(locale), currency)


def date_text(day: date, locale: str | None = None, *, year: bool = True) -> str:
    """Writes a date: 15 мая 2026, 15 May 2026; without the year where the page makes it plain."""
    months = MONTHS_RU_OF if language(locale) == "ru" else MONTHS_EN
    text = f"{day.day}{NBSP}{months[day.month - 1]}"
    return f"{text}{NBSP}{day.year}" if year else text


def near_date_text(day: date, today: date, locale: str | None = None) -> str:
    """Writes a date, with its year only where that is not the year of ``today``."""
    return date_text(day, locale, year=day.year != today.year)


def period_text(start: date, locale: str | None = None, *, year: bool = True) -> str:
    """Writes a month by its name, as in "for April 2026": апрель 2026, April 2026."""
    months = MONTHS_RU if language(locale) == "ru" else MONTHS_EN
    text = months[start.month - 1]
    return f"{text}{NBSP}{start.year}" if year else text


def month_of_text(start: date, locale: str | None = None) -> str:
    """Writes a month as in "since the start of May": мая, May."""
    return (MONTHS_RU_OF if language(locale) == "ru" else MONTHS_EN)[start.month - 1]


def span_text(start: date, last_day: date, locale: str | None = None) -> str:
    """Writes the first and last day (included) of a period: 1–30 апреля 2026, 10 April – 3 May 2026."""
    if (start.year, start.month) == (last_day.year, last_day.month):
        return f"{start.day}{DASH}{date_text(last_day, locale)}"
    first = date_text(start, locale, year=start.year != last_day.year)
    return f"{first} {DASH} {date_text(last_day, locale)}"


def zone_text(instant: datetime, zone: str, locale: str | None = None) -> str:
    """Returns the time zone's name at ``instant``: по Москве, Moscow time, UTC+5."""
    if zone in ZONES:
        return ZONES[zone][language(locale)]
    offset = instant.astimezone(ZoneInfo(zone)).utcoffset()
    minutes = int(offset.total_seconds()) // 60 if offset else 0
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{MINUS if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")


def instant_text(
    instant: datetime, zone: str, locale: str | None = None, *, year: bool = True, name_zone: bool = True
) -> str:
    """Writes an instant (aware) on the wall clock of ``zone``: 16 мая 2026 в 00:00 по Москве, 16 May 2026 at 00:00 Moscow time."""
    code = language(locale)
    local = instant.astimezone(ZoneInfo(zone))
    joint = "в" if code == "ru" else "at"
    text = f"{date_text(local.date(), code, year=year)} {joint}{NBSP}{local:%H:%M}"
    return f"{text} {zone_text(instant, zone, code)}" if name_zone else text


def plain_number(value: Decimal) -> str:
    """Writes a number without trailing zeros, for a percentage: 10, 12.5."""
    return f"{value.normalize():f}"


def decline_text(reason: str) -> str:
    """Returns why a payment was declined, in words; an unknown reason as the provider wrote it."""
    texts = {
        "insufficient_funds": _("there is not enough money on the card"),
        "card_expired": _("the card has expired"),
        "declined_by_bank": _("the bank declined the payment"),
        "card_removed": _("the card is no longer kept at the bank"),
        "provider_silent": _("the payment service did not answer"),
    }
    return str(texts.get(reason, reason))


def time_left_text(seconds: int) -> str:
    """Writes a remaining time in its two largest units: 2 days 4 hours left; less than a minute counts as one."""
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, max(1, seconds // 60 % 60)
    parts = []
    if days:
        parts.append(ngettext("%(count)s day", "%(count)s days", days) % {"count": days})
    if hours:
        parts.append(ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours})
    if not days and (seconds // 60 % 60 or not hours):
        parts.append(ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes})
    return _("%(time)s left") % {"time": NBSP.join(parts)} if parts else ""
