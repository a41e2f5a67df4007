"""Filters of the pages about webhooks, in the admin and in the portal."""

import re
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from billing.models import Event
from billing.wording import webhook_events

register = template.Library()

QUOTED = re.compile(r"`([^`]+)`")


@register.filter
def lag(milliseconds: int | None) -> str:
    """35 s, 5 min, 2 h 10 min; a dash for nothing."""
    return webhook_events.lag_text(milliseconds)


@register.filter
def coded(sentence: str) -> SafeString:
    """A sentence whose `names` in backquotes are shown as code."""
    return mark_safe(QUOTED.sub(r"<code>\1</code>", escape(sentence)))


@register.filter
def hears_of(types: list[str]) -> str:
    """What an endpoint hears of, in a line."""
    return webhook_events.types_text(types)


@register.filter
def headers_text(headers: dict[str, Any]) -> str:
    """Headers as they travel: a line each."""
    return "\n".join(f"{name}: {value}" for name, value in headers.items())


@register.filter
def pretty(body: str) -> str:
    """A body as people read it."""
    return webhook_events.pretty(body)


@register.filter
def whose(event: Event) -> str:
    """The instance that an event is of, and its number there."""
    return webhook_events.whose(event)
