"""Short messages: one line of at most 160 characters that never loses a sum or a date."""

from typing import Any

from django.template.loader import render_to_string

MOST = 160
# What may be cut, in this order, where a line is too long: figures never are.
YIELDING = ("reason", "plan", "domain")
LEAST = 8


def short_text(kind: str, context: dict[str, Any]) -> str:
    """Writes the message of ``kind``: without its link where that does not fit, its names shortened where even that is too long."""
    names = dict(context)
    text = _line(kind, names)
    if len(text) > MOST:
        names["short_link"] = ""
        text = _line(kind, names)
    for name in YIELDING:
        word = str(names.get(name, ""))
        if len(text) > MOST and len(word) > LEAST:
            names[name] = word[: max(LEAST, len(word) - (len(text) - MOST) - 1)] + "…"
            text = _line(kind, names)
    return text


def _line(kind: str, context: dict[str, Any]) -> str:
    """Returns the template on one line; the spaces that never break are plain ones on a phone."""
    text = render_to_string(f"emails/{kind}_short.txt", context)
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())
