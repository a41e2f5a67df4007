"""Mails that were written, read as text."""

import re

from billing.models import Notice


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u202f", " ").replace("\u00a0", " ")).strip()


def latest(kind: str) -> Notice:
    return Notice.objects.filter(kind=kind).order_by("-pk")[0]
