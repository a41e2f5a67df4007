"""Template filters around `billing.reports.calendars.titles`: what comes next, in the words of the page."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils.translation import gettext as _

from billing.reports.calendars import titles
from billing.reports.calendars.calendar import Happening
from billing.wording import formats

register = template.Library()


@register.filter
def happening(one: Happening) -> str:
    """The thing in a sentence, without its sum."""
    return titles.title(one)


@register.filter
def happening_sum(one: Happening) -> str:
    """Its sum, with ≈ where it may still change."""
    return titles.amount(one)


@register.filter
def happening_note(one: Happening) -> str:
    """The small print; empty where there is none."""
    return titles.note(one)


@register.filter
def happening_when(one: Happening, today: date) -> str:
    """The day, with its year where that is another one, and the hour where it matters."""
    day = formats.near_date_text(one.day, today)
    return day if one.at is None else _("%(day)s at %(time)s") % {"day": day, "time": _clock(one)}


def _clock(one: Happening) -> str:
    assert one.at is not None
    return f"{one.at.astimezone(ZoneInfo(one.account.zone)):%H:%M}"


@register.filter
def notes(explanation: dict[str, Any]) -> list[str]:
    """How a sum came about, a sentence each."""
    return formats.formula_notes(explanation)


@register.filter
def month_letters(start: date) -> str:
    """The month under a bar: янв, Jan."""
    return formats.period_text(start, year=False)[:3]
