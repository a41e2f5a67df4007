"""The few tags that the templates of documents need. Each reads the document's own currency and language from ``doc``."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.template import Context, Library

from billing.documents.purpose import percent_text
from billing.documents.words import money_words
from billing.wording import formats

register = Library()


def _doc(context: Context) -> Any:
    return context["doc"]


@register.simple_tag(takes_context=True)
def money(context: Context, amount: Decimal) -> str:
    """Writes a sum with the currency's sign: 14 520,00 ₽."""
    return formats.money_text(amount, _doc(context).currency, _doc(context).locale)


@register.simple_tag(takes_context=True)
def amount(context: Context, value: Decimal) -> str:
    """Writes a sum without a sign, for a column whose head names the currency."""
    return formats.number_text(value, _doc(context).currency, _doc(context).locale)


@register.simple_tag(takes_context=True)
def signed_amount(context: Context, value: Decimal) -> str:
    """Writes a movement without the currency's sign, its direction always shown: +6 589,00; −599,00."""
    return ("+" if value > 0 else "") + amount(context, value)


@register.simple_tag(takes_context=True)
def signed_money(context: Context, value: Decimal) -> str:
    """Writes a movement with the currency's sign: +6 589,00 ₽; −599,00 ₽."""
    return formats.money_text(value, _doc(context).currency, _doc(context).locale, signed=True)


@register.simple_tag(takes_context=True)
def words(context: Context, value: Decimal) -> str:
    """Writes a sum in words; the hundredths never stand alone on a line."""
    text, _, unit = money_words(value, _doc(context).currency, _doc(context).locale).rpartition(" ")
    return f"{text}{formats.NBSP}{unit}"


@register.simple_tag(takes_context=True)
def quantity(context: Context, value: Decimal | int) -> str:
    """Writes a quantity without useless zeros: 11; 0,5; −1; 1 204."""
    text = f"{abs(Decimal(value).normalize()):,f}"
    if _doc(context).locale == "ru":
        text = text.replace(",", formats.THIN).replace(".", ",")
    return f"{formats.MINUS}{text}" if value < 0 else text


@register.simple_tag(takes_context=True)
def percent(context: Context, value: Decimal) -> str:
    """Writes a rate: 22 % in Russian, 22% in English."""
    text = percent_text(value)
    return f"{text.replace('.', ',')}{formats.NBSP}%" if _doc(context).locale == "ru" else f"{text}%"


@register.simple_tag(takes_context=True)
def day(context: Context, value: date) -> str:
    """Writes a date in full: 1 ноября 2026 г., 1 November 2026."""
    return _with_year_word(formats.date_text(value, _doc(context).locale), context)


@register.simple_tag(takes_context=True)
def short_day(context: Context, value: date) -> str:
    """Writes a date for a column: 01.11.2026; 1 Nov 2026."""
    locale = _doc(context).locale
    if locale == "ru":
        return f"{value:%d.%m.%Y}"
    return formats.NBSP.join((str(value.day), formats.MONTHS_EN[value.month - 1][:3], str(value.year)))


@register.simple_tag(takes_context=True)
def period(context: Context) -> str:
    """Writes the period of an invoice or a statement with its last day: октябрь 2026 г., 10–31 октября 2026 г."""
    invoice = _doc(context)
    start, last = invoice.period_start, invoice.last_day
    locale = invoice.locale
    if start == last:
        text = formats.date_text(start, locale)
    elif start.day == 1 and invoice.period_end.day == 1 and (start.year, start.month) == (last.year, last.month):
        text = formats.period_text(start, locale)
    else:
        text = formats.span_text(start, last, locale)
    return _with_year_word(text, context)


def _with_year_word(text: str, context: Context) -> str:
    return f"{text}{formats.NBSP}г." if _doc(context).locale == "ru" else text
