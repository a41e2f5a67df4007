"""Template filters around `billing.reports.calendars.titles`: due items in words."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils.translation import gettext as _

from billing.pricing.terms import Metric
from billing.reports.calendars import titles
from billing.reports.calendars.calendar import CalendarItem
from billing.wording import formats

register = template.Library()


@register.filter
def due_title(item: CalendarItem) -> str:
    """Writes the due item in a sentence, without its sum."""
    return titles.title(item)


@register.filter
def due_sum(item: CalendarItem) -> str:
    """Writes the item's sum, with ≈ where it may still change."""
    return titles.amount(item)


@register.filter
def due_note(item: CalendarItem) -> str:
    """Writes the item's note; empty where there is none."""
    return titles.note(item)


@register.filter
def due_when(item: CalendarItem, today: date) -> str:
    """Writes the item's day, with the year where it is not that of ``today``, and the time where it has one."""
    day = formats.near_date_text(item.day, today)
    if item.at is None:
        return day
    return _("%(day)s at %(time)s") % {"day": day, "time": f"{item.at.astimezone(ZoneInfo(item.account.zone)):%H:%M}"}


@register.filter
def notes(explanation: dict[str, Any]) -> list[str]:
    """Returns how a sum was computed, a sentence each."""
    return formats.formula_notes(explanation)


@register.filter
def is_peak_by_price(explanation: dict[str, Any]) -> bool:
    """Tells whether a sum is simply a month's peak by the price of one, so that figures say it without sentences (M1)."""
    return explanation.get("metric") in (None, "", Metric.PEAK_ACTIVE) and bool(explanation.get("unit_price"))


@register.filter
def month_letters(start: date) -> str:
    """Writes the month under a bar: янв, Jan."""
    return formats.period_text(start, year=False)[:3]
