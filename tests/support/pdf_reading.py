"""Reads a PDF back as its reader would: text, fonts, pictures, the payment code."""

import io
import re

import zxingcpp
from pypdf import PdfReader


def text(pdf: bytes) -> str:
    """All the text in one line, every kind of space being a plain one."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    return re.sub(r"\s+", " ", " ".join(pages)).strip()


def page_texts(pdf: bytes) -> list[str]:
    return [re.sub(r"\s+", " ", page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def fonts(pdf: bytes) -> set[str]:
    """The names of the embedded fonts without the prefix of the subset."""
    names = set()
    for page in PdfReader(io.BytesIO(pdf)).pages:
        for font in page["/Resources"]["/Font"].values():
            names.add(str(font.get_object()["/BaseFont"]).lstrip("/").rpartition("+")[2])
    return names


def pictures(pdf: bytes) -> list:
    return [picture.image for page in PdfReader(io.BytesIO(pdf)).pages for picture in page.images]


def payment_codes(pdf: bytes) -> list[str]:
    """What a phone would read from the QR codes in the document; among their modules others may be seen by chance."""
    barcodes = (
        zxingcpp.read_barcodes(picture.convert("L"), zxingcpp.BarcodeFormat.QRCode) for picture in pictures(pdf)
    )
    return [code.text for codes in barcodes for code in codes]


def height_of(pdf: bytes, words: str) -> float:
    """How far above the foot of its page the first text that begins with ``words`` stands, in points."""
    heights: list[float] = []

    def visit(text, _matrix, position, _font, _size):
        if text.strip().startswith(words):
            heights.append(position[5])

    for page in PdfReader(io.BytesIO(pdf)).pages:
        page.extract_text(visitor_text=visit)
    return heights[0]
