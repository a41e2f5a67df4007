"""A document opens its own files and nothing else; and says plainly where it cannot be made at all."""

import multiprocessing
import subprocess
import sys

import pytest

from billing.documents import pango, renderer
from billing.documents.errors import RenderBlocked, RendererMissing
from billing.documents.renderer import render_html, render_invoice
from tests.support.sample_documents import invoice

PAGE = '<!doctype html><html lang="ru"><head><title>x</title>{head}</head><body>{body}</body></html>'


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("", '<img src="http://127.0.0.1:9/x.png" alt="x">'),
        ("", '<img src="file:///etc/passwd" alt="x">'),
        ("", '<img src="data:image/png;base64,iVBORw0KGgo=" alt="x">'),
        ("", '<img src="saldo:logo" alt="x">'),
        ("", '<img src="../secret.png" alt="x">'),
        ("", '<p style="background: url(https://127.0.0.1:9/x.png)">x</p>'),
        ('<link rel="stylesheet" href="file:///etc/hostname">', "x"),
        ('<link rel="attachment" href="file:///etc/hostname">', "x"),
        ("<style>@import url(http://127.0.0.1:9/x.css);</style>", "x"),
        (
            "<style>@font-face { font-family: F; src: url(file:///etc/hostname) } p { font-family: F }</style>",
            "<p>x</p>",
        ),
    ],
)
def test_anything_else_ends_the_document(head, body):
    with pytest.raises(RenderBlocked) as refusal:
        render_html(PAGE.format(head=head, body=body), {})
    assert isinstance(refusal.value, Exception)  # the library's own derives from BaseException and would kill a worker


def test_the_next_document_is_made_as_if_nothing_had_happened():
    before = render_invoice(invoice())
    with pytest.raises(RenderBlocked):
        render_html(PAGE.format(head="", body='<img src="file:///etc/passwd" alt="x">'), {})
    assert render_invoice(invoice()) == before


def test_files_lent_to_one_document_are_gone_for_the_next():
    render_invoice(invoice())
    with pytest.raises(RenderBlocked):
        render_html(PAGE.format(head="", body='<img src="saldo:payment-code.png" alt="x">'), {})


def test_missing_libraries_are_named_with_the_command_that_installs_them():
    def load(name):
        if "pango" in name:
            raise OSError(name)

    sentence = pango.missing_pango(load)
    assert "(pango, pangoft2)" in sentence
    assert "apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in sentence


def test_nothing_is_missing_where_these_tests_run():
    assert pango.missing_pango() is None


def test_without_pango_rendering_says_what_to_install(monkeypatch):
    monkeypatch.setattr(renderer, "_PRESSES", {})
    monkeypatch.setattr(renderer, "missing_pango", lambda: "Install Pango.")
    with pytest.raises(RendererMissing, match=r"Install Pango\."):
        render_invoice(invoice())


def test_a_forked_worker_makes_the_same_document_and_leaves_its_parents_fonts_alone():
    before = render_invoice(invoice())
    with multiprocessing.get_context("fork").Pool(1) as workers:
        assert workers.apply(_rendered_length) == len(before)
    assert render_invoice(invoice()) == before


def _rendered_length():
    return len(render_invoice(invoice(tax_reason="")))


def test_weasyprint_is_not_imported_before_a_document_is_wanted():
    program = (
        "import sys, billing.documents.renderer, billing.documents.fetcher, billing.documents.pango as p\n"
        "p.missing_pango()\n"
        "print('weasyprint' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
