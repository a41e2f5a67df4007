"""Template filters around `billing.wording.formats`: what pages, mails and documents write is written in one place."""

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

# What browsers and systems say of themselves, the more telling first: almost everybody claims to be Safari too.
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

# −₽599.00: between two signs a line may end, and there is no space that could be made one that never breaks.
TORN = re.compile(r"[\u2212+][^\s\d]+[\d.,]+")


def _whole(text: str, autoescape: bool) -> str | SafeString:
    """``text`` with its sums kept in one line where it goes into HTML; mails in plain text get it as it is."""
    if not autoescape or not TORN.search(text):
        return text
    return mark_safe(TORN.sub(r'<span class="sum">\g<0></span>', escape(text)))


@register.filter(needs_autoescape=True)
def money(value: int | Decimal | None, currency: str, autoescape: bool = True) -> str:
    """``{{ invoice.total_minor|money:invoice.currency }}``: an int is minor units, a Decimal the main unit."""
    return formats.NO_VALUE if value is None else _whole(formats.money_text(value, currency), autoescape)


@register.filter
def left(until: datetime) -> str:
    """How long until an instant: 2 days 4 hours left. Empty once it has passed."""
    seconds = int((until - clock.now()).total_seconds())
    return formats.time_left_text(seconds) if seconds > 0 else ""


@register.filter(needs_autoescape=True)
def movement(value: int | Decimal, currency: str, autoescape: bool = True) -> str:
    """A sum that always shows its direction: +10 000,00 ₽, −599,00 ₽."""
    return _whole(formats.money_text(value, currency, signed=True), autoescape)


@register.filter
def number(value: int | Decimal, currency: str) -> str:
    """A sum inside a formula, without the currency's sign: 599,00."""
    return formats.number_text(value, currency)


@register.filter
def business_day(value: datetime, zone: str) -> date:
    """The date on the wall calendar of ``zone``."""
    return business_date(value, zone)


@register.filter(needs_autoescape=True)
def owed(value: int, currency: str, autoescape: bool = True) -> str:
    """A sum that the customer owes, as it weighs on the balance: −6 589,00 ₽."""
    return _whole(formats.money_text(-value, currency, signed=True), autoescape)


@register.filter
def day_near(value: date, today: date) -> str:
    """15 мая, with the year where it is another one."""
    return formats.near_date_text(value, today)


@register.filter
def day(value: date | None) -> str:
    """15 мая 2026; a dash where there is no date."""
    return formats.NO_VALUE if value is None else formats.date_text(value)


@register.filter
def day_short(value: date | None) -> str:
    """15 мая."""
    return formats.NO_VALUE if value is None else formats.date_text(value, year=False)


@register.filter
def span(start: date, last_day: date) -> str:
    """1–30 апреля 2026, the last day included."""
    return formats.span_text(start, last_day)


@register.filter
def percent(value: Decimal) -> str:
    """22 %, 9,5 %."""
    return formats.percent_text(value)


@register.filter
def month(value: date) -> str:
    """апрель 2026."""
    return formats.period_text(value)


@register.filter
def month_name(value: date) -> str:
    """апрель."""
    return formats.period_text(value, year=False)


@register.filter
def moment(value: datetime | None, zone: str) -> str:
    """16 мая 2026 в 00:00 по Москве, ``zone`` an IANA name."""
    return formats.NO_VALUE if value is None else formats.instant_text(value, zone)


@register.filter
def moment_short(value: datetime | None, zone: str) -> str:
    """16 мая в 00:00: for rows whose page says the zone."""
    return formats.NO_VALUE if value is None else formats.instant_text(value, zone, year=False, name_zone=False)


@register.filter
def count(value: int) -> str:
    """1 204."""
    return formats.count_text(value)


@register.filter
def currency_name(code: str) -> str:
    """рубли."""
    return formats.currency_name(code)


@register.filter(needs_autoescape=True)
def formula(explanation: dict[str, Any], autoescape: bool = True) -> str:
    """11 × 599,00 = 6 589,00 ₽ from the stored inputs of a charge or line."""
    return _whole(formats.formula_text(explanation), autoescape)


@register.filter(needs_autoescape=True)
def stored_formula(row: Charge | InvoiceLine, autoescape: bool = True) -> str:
    """The same of a charge or line, under the names that it was sold by."""
    return _whole(formats.formula_text(charge_lines.explanation_of(row)), autoescape)


@register.filter
def movement_title(row: Row) -> str:
    return movements.title(row)


@register.filter
def movement_notes(row: Row) -> list[str]:
    return movements.notes(row)


@register.filter(needs_autoescape=True)
def movement_formula(row: Row, autoescape: bool = True) -> str:
    return _whole(movements.formula(row), autoescape)


@register.filter
def happened_on(row: Row, zone: str) -> str:
    return movements.happened_on(row, zone)


@register.filter
def name_here(thing: object) -> str:
    """The name of a product, role or tariff in the language of the page."""
    name_in = getattr(thing, "name_in", None)
    return str(name_in(formats.language())) if name_in else str(thing)


@register.filter
def price(value: str, currency: str) -> str:
    """The stored price of one ("599.00") as a sum."""
    return formats.money_text(Decimal(value), currency)


@register.filter
def decline(reason: str) -> str:
    """Why a payment was refused, in words: the bank declined the payment."""
    return formats.decline_text(reason)


@register.filter
def whole(number: str) -> SafeString:
    """A document's number kept in one line: it has hyphens, at which a browser would end one."""
    return format_html('<span class="keep">{}</span>', number)


@register.filter
def sums_whole(subject: str) -> str:
    """A mail's subject on a page: its sums, written there with plain spaces, kept in one line."""
    return re.sub(r"(?<=\d) (?=\d{3}\b|[₽$€£₸])", formats.NBSP, subject)


@register.filter
def device(user_agent: str) -> str:
    """The browser and the system that a session says it is, as people know them: Firefox · Windows."""
    parts = [next((name for mark, name in known if mark in user_agent), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, parts)) or user_agent[:60] or formats.NO_VALUE
