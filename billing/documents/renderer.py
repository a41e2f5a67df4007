"""HTML in, PDF out: the one place that knows WeasyPrint.

The same context gives the same bytes in every process, so that the stored SHA-256 of an issued document means something.
"""

import hashlib
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.template import Context, Engine

from billing.documents import payment_qr, purpose
from billing.documents.context import PNG, CreditNoteContext, InvoiceContext, OfferContext, Sheet
from billing.documents.errors import RenderBlocked, RendererMissing
from billing.documents.fetcher import LOGO_URL, QR_URL, SCHEME, Asset, fetcher_class, font_assets
from billing.documents.pango import missing_pango
from billing.documents.statement_context import StatementContext

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "documents"

# Own engine: documents depend on no settings, and a template of the portal can never get into one.
ENGINE = Engine(dirs=[str(TEMPLATES)], builtins=["billing.documents.template_tags"], autoescape=True)


@dataclass(frozen=True)
class _Press:
    """The renderer with its fonts and style sheets: slow to load, so every document of this process shares one."""

    weasyprint: Any
    fetcher: Any
    fonts: Any
    styles: dict[tuple[str, str], Any]

    def style(self, accent: str, fill: str) -> Any:
        """Returns the style sheet in the colours asked for, read once; an installation has one pair, so few are ever kept."""
        if (accent, fill) not in self.styles:
            text = _style_sheet(accent, fill)
            self.styles[accent, fill] = self.weasyprint.CSS(
                string=text, font_config=self.fonts, url_fetcher=self.fetcher, base_url=f"{SCHEME}:"
            )
        return self.styles[accent, fill]


# The fonts and the fetcher are shared and not made for two threads at once; the work is the processor's anyway.
_LOCK = threading.Lock()

# The press of each process. A forked child makes its own and leaves its parent's alone: dropping that would delete the
# folder of fonts that the parent is still using.
_PRESSES: dict[int, _Press] = {}


def _press() -> _Press:
    process = os.getpid()
    if process not in _PRESSES:
        _PRESSES[process] = _new_press()
    return _PRESSES[process]


def _style_sheet(accent: str, fill: str) -> str:
    """Reads our style sheet and puts its colours in: working out `var()` for every element would cost 5 ms a document."""
    text = (TEMPLATES / "document.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", text))
    colours |= {name: colour for name, colour in (("accent", accent), ("fill", fill)) if colour}
    return re.sub(r"var\(--([a-z]+)\)", lambda match: colours[match[1]], text)


def _new_press() -> _Press:
    problem = missing_pango()
    if problem:
        raise RendererMissing(problem)
    try:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration
    except OSError as error:
        raise RendererMissing(f"PDF documents cannot be made: {error}") from error
    return _Press(weasyprint, fetcher_class()(font_assets()), FontConfiguration(), {})


def render_html(html: str, assets: Mapping[str, Asset], accent: str = "", fill: str = "") -> bytes:
    """Renders the PDF (PDF/UA-1) of a page of ours that may open ``assets`` and our fonts, in our colours or the operator's.

    Raises RenderBlocked where the page asks for anything else, RendererMissing where Pango is not installed.
    """
    with _LOCK:
        press = _press()
        try:
            with press.fetcher.lend(assets):
                page = press.weasyprint.HTML(string=html, url_fetcher=press.fetcher, base_url=f"{SCHEME}:")
                pdf: bytes = page.write_pdf(
                    font_config=press.fonts,
                    stylesheets=[press.style(accent, fill)],
                    pdf_variant="pdf/ua-1",
                    pdf_identifier=hashlib.sha256(html.encode()).hexdigest()[:32].encode(),
                )
        except press.weasyprint.urls.FatalURLFetchingError as error:
            # It derives from BaseException: left alone it would pass every `except Exception` and kill the job's worker.
            raise RenderBlocked(str(error)) from None
        return pdf


def _add_payment_code(document: Sheet, code: str | None, purpose_text: str) -> tuple[dict[str, Any], dict[str, Asset]]:
    """Collects what the block "how to pay" of ``document`` needs: values for its template and the files it opens."""
    assets = _logo(document)
    if code:
        assets[QR_URL] = Asset(payment_qr.qr_png(code), "image/png")
    return {"purpose": purpose_text, "qr_url": QR_URL if code else ""}, assets


def invoice_page(invoice: InvoiceContext) -> tuple[str, dict[str, Asset]]:
    """Renders the HTML of an invoice and the files that it opens."""
    code, text = payment_qr.invoice_payment_text(invoice), purpose.payment_purpose(invoice)
    values, assets = _add_payment_code(invoice, code, text)
    return _html(f"invoice_{invoice.locale}.html", invoice, values), assets


def offer_page(offer: OfferContext) -> tuple[str, dict[str, Asset]]:
    """Renders the HTML of an offer and the files that it opens."""
    values, assets = _add_payment_code(offer, payment_qr.offer_payment_text(offer), purpose.offer_purpose(offer))
    return _html(f"offer_{offer.locale}.html", offer, values), assets


def credit_note_page(note: CreditNoteContext) -> tuple[str, dict[str, Asset]]:
    """Renders the HTML of a credit note and the files that it opens."""
    return _html(f"credit_note_{note.locale}.html", note, {}), _logo(note)


def statement_page(statement: StatementContext) -> tuple[str, dict[str, Asset]]:
    """Renders the HTML of a statement of account and the files that it opens."""
    return _html(f"statement_{statement.locale}.html", statement, {}), _logo(statement)


def render_invoice(invoice: InvoiceContext) -> bytes:
    """Renders the invoice as PDF. To be made once and stored: an issued number is never rendered again (G6)."""
    return render_html(*invoice_page(invoice), invoice.accent, invoice.fill)


def render_credit_note(note: CreditNoteContext) -> bytes:
    """Renders the credit note as PDF; raises as `render_html`."""
    return render_html(*credit_note_page(note), note.accent, note.fill)


def render_offer(offer: OfferContext) -> bytes:
    """Renders the offer of a year up front as PDF (M11); raises as `render_html`."""
    return render_html(*offer_page(offer), offer.accent, offer.fill)


def render_statement(statement: StatementContext) -> bytes:
    """Renders the statement of account as PDF, as many pages as it takes; raises as `render_html`."""
    return render_html(*statement_page(statement), statement.accent, statement.fill)


def _html(template: str, document: Sheet, values: dict[str, Any]) -> str:
    # Without use_l10n=False a bare number in a template would ask the settings how to write it.
    context = Context(
        {"doc": document, "logo_url": LOGO_URL if document.logo else "", **values}, use_l10n=False, use_tz=False
    )
    return ENGINE.get_template(template).render(context)


def _logo(document: Sheet) -> dict[str, Asset]:
    if document.logo is None:
        return {}
    return {LOGO_URL: Asset(document.logo, "image/png" if document.logo.startswith(PNG) else "image/jpeg")}
