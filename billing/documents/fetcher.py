"""The files that a document may open: our own fonts, its logo and its payment code, all from memory. Nothing else, from nowhere."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FONTS = Path(__file__).parent / "fonts"
SCHEME = "saldo"

LOGO_URL = f"{SCHEME}:logo"
QR_URL = f"{SCHEME}:payment-code.png"


@dataclass(frozen=True)
class Asset:
    """A file in memory: its bytes and its media type."""

    content: bytes
    media_type: str


def font_assets() -> dict[str, Asset]:
    """Returns our fonts by the addresses that the style sheet uses."""
    return {f"{SCHEME}:{path.name}": Asset(path.read_bytes(), "font/woff2") for path in sorted(FONTS.glob("*.woff2"))}


@cache
def fetcher_class() -> type[Any]:
    """Returns the class of our fetcher; made late, because WeasyPrint must not be imported before a document is wanted."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class ClosedFetcher(URLFetcher):  # type: ignore[misc]
        """Answers from two tables and never opens anything.

        An address outside of them ends the document: a warning in a log and a document without its picture would be worse.
        """

        def __init__(self, own_assets: Mapping[str, Asset]) -> None:
            super().__init__(timeout=5, allowed_protocols=(SCHEME,), allow_redirects=False, fail_on_errors=True)
            self._own_assets = dict(own_assets)
            self._document_assets: dict[str, Asset] = {}

        @contextmanager
        def lend(self, assets: Mapping[str, Asset]) -> Iterator[None]:
            """Serves ``assets`` too, for one document."""
            self._document_assets = dict(assets)
            try:
                yield
            finally:
                self._document_assets = {}

        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
            asset = self._document_assets.get(url) or self._own_assets.get(url)
            if asset is None:
                raise FatalURLFetchingError(f"A document asked for {url[:200]!r}, which is not a file of its own.")
            return URLFetcherResponse(url, asset.content, {"Content-Type": asset.media_type})

    return ClosedFetcher
