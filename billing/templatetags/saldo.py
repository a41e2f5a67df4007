"""Template filters around `billing.wording.formats`, for pages, mails and documents."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from billing import clock
from billing.models import Charge, InvoiceLine
from billing.pricing.periods import business_date
from billing.reports.statements import movements
from billing.reports.statements.statement import Row
from billing.wording import charge_lines, formats

register = template.Library()

# Marks of browsers and systems in a User-Agent, the more specific first: almost every browser also claims to be Safari.
BROWSERS = (
    ("YaBrowser/", "Yandex Browser"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)

# −₽599.00: browsers may break a line between the two signs, and there is no space to make non-breaking.
BREAKABLE_SUM = re.compile(r"[\u2212+][^\s\d]+[\d.,]+")


def _keep_sums_unbroken(text: str, autoescape: bool) -> str | SafeString:
    """Keeps each sum of ``text`` on one line where it goes into HTML; plain-text mails get it as it is."""
    if not autoescape or not BREAKABLE_SUM.search(text):
        return text
    return mark_safe(BREAKABLE_SUM.sub(r'<span class="sum">\g<0></span>', escape(text)))


@register.filter(needs_autoescape=True)
def money(value: int | Decimal | None, currency: str, autoescape: bool = True) -> str:
    """Writes a sum, ``{{ invoice.total_minor|money:invoice.currency }}``: an int is minor units, a Decimal the main unit."""
    return formats.NO_VALUE if value is None else _keep_sums_unbroken(formats.money_text(value, currency), autoescape)


@register.filter
def time_left(until: datetime) -> str:
    """Writes how long it is until an instant: 2 days 4 hours left; empty once it has passed."""
    seconds = int((until - clock.now()).total_seconds())
    return formats.time_left_text(seconds) if seconds > 0 else ""


@register.filter(needs_autoescape=True)
def movement(value: int | Decimal, currency: str, autoescape: bool = True) -> str:
    """Writes a sum with its sign: +10 000,00 ₽, −599,00 ₽."""
    return _keep_sums_unbroken(formats.money_text(value, currency, signed=True), autoescape)


@register.filter
def number(value: int | Decimal, currency: str) -> str:
    """Writes a sum inside a formula, without the currency's sign: 599,00."""
    return formats.number_text(value, currency)


@register.filter
def business_day(value: datetime, zone: str) -> date:
    """Returns the business date of an instant in ``zone``."""
    return business_date(value, zone)


@register.filter(needs_autoescape=True)
def owed(value: int, currency: str, autoescape: bool = True) -> str:
    """Writes a sum that the customer owes as the balance shows it: −6 589,00 ₽."""
    return _keep_sums_unbroken(formats.money_text(-value, currency, signed=True), autoescape)


@register.filter
def day_near(value: date, today: date) -> str:
    """Writes a date: 15 мая; with the year where it is not that of ``today``."""
    return formats.near_date_text(value, today)


@register.filter
def day(value: date | None) -> str:
    """Writes a date: 15 мая 2026; a dash for None."""
    return formats.NO_VALUE if value is None else formats.date_text(value)


@register.filter
def day_short(value: date | None) -> str:
    """Writes a date without its year: 15 мая."""
    return formats.NO_VALUE if value is None else formats.date_text(value, year=False)


@register.filter
def span(start: date, last_day: date) -> str:
    """Writes a period, the last day included: 1–30 апреля 2026."""
    return formats.span_text(start, last_day)


@register.filter
def percent(value: Decimal) -> str:
    """Writes a percentage: 22 %, 9,5 %."""
    return formats.percent_text(value)


@register.filter
def month(value: date) -> str:
    """Writes a month: апрель 2026."""
    return formats.period_text(value)


@register.filter
def month_name(value: date) -> str:
    """Writes a month without its year: апрель."""
    return formats.period_text(value, year=False)


@register.filter
def moment(value: datetime | None, zone: str) -> str:
    """Writes an instant: 16 мая 2026 в 00:00 по Москве; ``zone`` is an IANA name."""
    return formats.NO_VALUE if value is None else formats.instant_text(value, zone)


@register.filter
def moment_short(value: datetime | None, zone: str) -> str:
    """Writes an instant without year and zone: 16 мая в 00:00; for rows whose page names the zone."""
    return formats.NO_VALUE if value is None else formats.instant_text(value, zone, year=False, name_zone=False)


@register.filter
def count(value: int) -> str:
    """Writes a whole number: 1 204."""
    return formats.count_text(value)


@register.filter
def currency_name(code: str) -> str:
    """Returns the currency's name: рубли."""
    return formats.currency_name(code)


@register.filter(needs_autoescape=True)
def formula(explanation: dict[str, Any], autoescape: bool = True) -> str:
    """Writes the stored computation of a charge or line: 11 × 599,00 = 6 589,00 ₽."""
    return _keep_sums_unbroken(formats.formula_text(explanation), autoescape)


@register.filter(needs_autoescape=True)
def stored_formula(row: Charge | InvoiceLine, autoescape: bool = True) -> str:
    """Writes the computation of a charge or line with the unit's names at the time of sale."""
    return _keep_sums_unbroken(formats.formula_text(charge_lines.explanation_of(row)), autoescape)


@register.filter
def movement_title(row: Row) -> str:
    return movements.title(row)


@register.filter
def movement_notes(row: Row) -> list[str]:
    return movements.notes(row)


@register.filter(needs_autoescape=True)
def movement_formula(row: Row, autoescape: bool = True) -> str:
    return _keep_sums_unbroken(movements.formula(row), autoescape)


@register.filter
def happened_on(row: Row, zone: str) -> str:
    return movements.occurrence_date_text(row, zone)


@register.filter
def name_here(thing: object) -> str:
    """Returns the name of a product, role or tariff in the language of the page."""
    name_in = getattr(thing, "name_in", None)
    return str(name_in(formats.language())) if name_in else str(thing)


@register.filter
def price(value: str, currency: str) -> str:
    """Writes a stored unit price ("599.00") as a sum."""
    return formats.money_text(Decimal(value), currency)


@register.filter
def decline(reason: str) -> str:
    """Returns why a payment was declined, in words: the bank declined the payment."""
    return formats.decline_text(reason)


@register.filter
def unbroken(number: str) -> SafeString:
    """Keeps a document's number on one line: browsers break lines at its hyphens."""
    return format_html('<span class="keep">{}</span>', number)


@register.filter
def unbroken_sums(subject: str) -> str:
    """Keeps the sums of a mail's subject, which have plain spaces, on one line."""
    return re.sub(r"(?<=\d) (?=\d{3}\b|[₽$€£₸])", formats.NBSP, subject)


@register.filter
def device(user_agent: str) -> str:
    """Names the browser and the system of a User-Agent: Firefox · Windows."""
    parts = [next((name for mark, name in marks if mark in user_agent), "") for marks in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, parts)) or user_agent[:60] or formats.NO_VALUE
