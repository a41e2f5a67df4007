"""Template filters around `billing.wording`: what pages, mails and documents write is written in one place."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template

from billing import clock, wording
from billing.pricing.periods import business_date
from billing.reports import movements
from billing.reports.statement import Row

register = template.Library()


@register.filter
def money(value: int | Decimal | None, currency: str) -> str:
    """``{{ invoice.total_minor|money:invoice.currency }}``: an int is minor units, a Decimal the main unit."""
    return wording.NO_VALUE if value is None else wording.money_text(value, currency)


@register.filter
def left(until: datetime) -> str:
    """How long until an instant: 2 days 4 hours left. Empty once it has passed."""
    seconds = int((until - clock.now()).total_seconds())
    return wording.time_left_text(seconds) if seconds > 0 else ""


@register.filter
def movement(value: int | Decimal, currency: str) -> str:
    """A sum that always shows its direction: +10 000,00 ₽, −599,00 ₽."""
    return wording.money_text(value, currency, signed=True)


@register.filter
def number(value: int | Decimal, currency: str) -> str:
    """A sum inside a formula, without the currency's sign: 599,00."""
    return wording.number_text(value, currency)


@register.filter
def business_day(value: datetime, zone: str) -> date:
    """The date on the wall calendar of ``zone``."""
    return business_date(value, zone)


@register.filter
def owed(value: int, currency: str) -> str:
    """A sum that the customer owes, as it weighs on the balance: −6 589,00 ₽."""
    return wording.money_text(-value, currency, signed=True)


@register.filter
def day_near(value: date, today: date) -> str:
    """15 мая, with the year where it is another one."""
    return wording.near_date_text(value, today)


@register.filter
def day(value: date | None) -> str:
    """15 мая 2026; a dash where there is no date."""
    return wording.NO_VALUE if value is None else wording.date_text(value)


@register.filter
def day_short(value: date | None) -> str:
    """15 мая."""
    return wording.NO_VALUE if value is None else wording.date_text(value, year=False)


@register.filter
def span(start: date, last_day: date) -> str:
    """1–30 апреля 2026, the last day included."""
    return wording.span_text(start, last_day)


@register.filter
def percent(value: Decimal) -> str:
    """22 %, 9,5 %."""
    return wording.percent_text(value)


@register.filter
def month(value: date) -> str:
    """апрель 2026."""
    return wording.period_text(value)


@register.filter
def month_name(value: date) -> str:
    """апрель."""
    return wording.period_text(value, year=False)


@register.filter
def moment(value: datetime | None, zone: str) -> str:
    """16 мая 2026 в 00:00 по Москве, ``zone`` an IANA name."""
    return wording.NO_VALUE if value is None else wording.instant_text(value, zone)


@register.filter
def moment_short(value: datetime | None, zone: str) -> str:
    """16 мая в 00:00: for rows whose page says the zone."""
    return wording.NO_VALUE if value is None else wording.instant_text(value, zone, year=False, name_zone=False)


@register.filter
def count(value: int) -> str:
    """1 204."""
    return wording.count_text(value)


@register.filter
def currency_name(code: str) -> str:
    """рубли."""
    return wording.currency_name(code)


@register.filter
def formula(explanation: dict[str, Any]) -> str:
    """11 × 599,00 = 6 589,00 ₽ from the stored inputs of a charge or line."""
    return wording.formula_text(explanation)


@register.filter
def movement_title(row: Row) -> str:
    return movements.title(row)


@register.filter
def movement_notes(row: Row) -> list[str]:
    return movements.notes(row)


@register.filter
def movement_formula(row: Row) -> str:
    return movements.formula(row)


@register.filter
def happened_on(row: Row, zone: str) -> str:
    return movements.happened_on(row, zone)


@register.filter
def name_here(thing: object) -> str:
    """The name of a product, role or tariff in the language of the page."""
    name_in = getattr(thing, "name_in", None)
    return str(name_in(wording.language())) if name_in else str(thing)


@register.filter
def price(value: str, currency: str) -> str:
    """The stored price of one ("599.00") as a sum."""
    return wording.money_text(Decimal(value), currency)


@register.filter
def decline(reason: str) -> str:
    """Why a payment was refused, in words: the bank declined the payment."""
    return wording.decline_text(reason)
