"""Handing out a stored file: never run by the browser, never kept by a cache."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def attachment(content: bytes, *, name: str, content_type: str) -> HttpResponse:
    """The file as a download for this one person."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
