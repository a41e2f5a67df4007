"""The QR code that Russian bank applications read (ГОСТ Р 56042-2014): a convenience beside the printed requisites.

The text is ``ST`` + version ``0001`` + encoding ``2`` (UTF-8) + the separator, then ``Key=Value`` joined by the separator.
"""

import io
import re
from decimal import Decimal

import segno

from billing.documents.context import InvoiceContext, OfferContext, Party, tidy
from billing.documents.purpose import offer_purpose, payment_purpose
from billing.pricing.money import to_minor

HEADER = "ST00012"
SEPARATORS = "|#;^~_%&$@"
LONGEST_NAME, LONGEST_BANK, LONGEST_PURPOSE = 160, 45, 160
MANDATORY_BYTES = 300  # of the five mandatory fields together, in UTF-8

MODULE_PIXELS, QUIET_MODULES = 3, 4

# Readers take any mask. Trying all eight for the prettiest would be a tenth of the time of the whole document.
MASK = 3


def _clip(text: str, length: int) -> str:
    return text[:length].rstrip(" ,«(")


def _can_pay(seller: Party) -> bool:
    """Tells whether the seller's requisites are complete and of the shape that the standard demands."""
    digits = bool(re.fullmatch(r"\d{20}", seller.bank_account) and re.fullmatch(r"\d{9}", seller.bic))
    return seller.is_russian and digits and bool(seller.short_name and seller.bank_name)


def _mandatory_fields(seller: Party) -> dict[str, str]:
    """Writes the five fields every code has, shortened to 300 bytes: first the bank loses its city, then the seller's name its end."""
    city = f", г. {seller.bank_city}" if seller.bank_city else ""
    bank = (
        seller.bank_name + city
        if len(seller.bank_name + city) <= LONGEST_BANK
        else _clip(seller.bank_name, LONGEST_BANK)
    )
    fields = {
        "Name": _clip(seller.short_name, LONGEST_NAME),
        "PersonalAcc": seller.bank_account,
        "BankName": bank,
        "BIC": seller.bic,
        "CorrespAcc": seller.correspondent_account or "0",
    }
    if _bytes(fields) > MANDATORY_BYTES:
        fields["BankName"] = _clip(seller.bank_name, LONGEST_BANK)
    while _bytes(fields) > MANDATORY_BYTES:
        fields["Name"] = _clip(fields["Name"], len(fields["Name"]) - 1)
    return fields


def _bytes(fields: dict[str, str]) -> int:
    return len("|".join(f"{key}={value}" for key, value in fields.items()).encode())


def payment_text(seller: Party, amount: Decimal, purpose: str) -> str | None:
    """Writes the text of the code for paying ``amount`` (roubles) to ``seller``; None where the requisites do not suffice."""
    if not _can_pay(seller) or amount <= 0:
        return None
    fields = _mandatory_fields(seller)
    fields["Sum"] = str(to_minor(amount, "RUB"))
    fields["Purpose"] = _clip(tidy(purpose), LONGEST_PURPOSE)
    fields |= {key: value for key, value in (("PayeeINN", seller.inn), ("KPP", seller.kpp)) if value}
    joined = "".join(fields.values())
    separator = next((mark for mark in SEPARATORS if mark not in joined), None)
    if separator is None:  # every candidate is taken: better no code than one that is read wrongly
        return None
    return separator.join([HEADER, *(f"{key}={value}" for key, value in fields.items())])


def invoice_payment_text(invoice: InvoiceContext) -> str | None:
    """Writes the text of the invoice's code; None for another currency than roubles and where nothing is to be paid."""
    return (
        payment_text(invoice.seller, invoice.amount_due, payment_purpose(invoice))
        if invoice.currency == "RUB"
        else None
    )


def offer_payment_text(offer: OfferContext) -> str | None:
    """Writes the text of the offer's code; None for another currency than roubles."""
    return payment_text(offer.seller, offer.pay, offer_purpose(offer)) if offer.currency == "RUB" else None


def qr_png(text: str) -> bytes:
    """Draws ``text`` as a PNG of one bit a pixel, error level M, no ECI header, with its quiet zone.

    A picture of one bit is set twice as fast as the same modules drawn as paths.
    """
    target = io.BytesIO()
    code = segno.make_qr(text, error="m", encoding="utf-8", boost_error=False, mask=MASK)
    code.save(target, kind="png", scale=MODULE_PIXELS, border=QUIET_MODULES)
    return target.getvalue()
