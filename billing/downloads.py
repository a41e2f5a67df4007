"""Files given to one person: never kept by what lies between, never taken for anything but what they are."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def attachment(content: bytes, *, name: str, content_type: str) -> HttpResponse:
    """What somebody uploaded, as a download: a browser must not run it as a page of ours."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def pdf_page(content: bytes, *, name: str) -> HttpResponse:
    """A document of ours, opened in the browser and saved as ``name``.pdf."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response
