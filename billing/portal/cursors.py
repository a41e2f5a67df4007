"""The cursors in the addresses of lists that go page by page from a row."""

from django.http import HttpRequest


def read_cursor(request: HttpRequest, name: str) -> int | None:
    """Reads the cursor ``name`` from the address; None for whatever is no number."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
