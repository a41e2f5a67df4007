"""Mails that were written, read as text."""

import re

from billing.models import Notice


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u202f", " ").replace("\u00a0", " ")).strip()


def plain_spaces(text: str) -> str:
    """``text`` with the spaces of figures made ordinary; lines stay."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def latest(kind: str, **about: object) -> Notice:
    """The mail of ``kind`` written last, of those that ``about`` picks."""
    return Notice.objects.filter(kind=kind, **about).order_by("-pk")[0]
