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
    """Writes a lag: 35 s, 5 min, 2 h 10 min; a dash for None."""
    return webhook_events.lag_text(milliseconds)


@register.filter
def mark_code(sentence: str) -> SafeString:
    """Marks `names` in backquotes as code."""
    return mark_safe(QUOTED.sub(r"<code>\1</code>", escape(sentence)))


@register.filter
def endpoint_types(types: list[str]) -> str:
    """Writes which events an endpoint receives, in a line."""
    return webhook_events.types_text(types)


@register.filter
def headers_text(headers: dict[str, Any]) -> str:
    """Writes HTTP headers, a line each."""
    return "\n".join(f"{name}: {value}" for name, value in headers.items())


@register.filter
def indent_json(body: str) -> str:
    """Indents a body that is JSON."""
    return webhook_events.indent_json(body)


@register.filter
def event_subject(event: Event) -> str:
    """Writes the event's instance and its sequence number."""
    return webhook_events.subject_of(event)
