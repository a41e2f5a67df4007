"""The sentence a payer copies into the payment order. It names the invoice and the account, so that the payment finds its
way by itself, and repeats the VAT, because a Russian bank or the payer's accountant will ask."""

from decimal import Decimal

from billing.documents.context import InvoiceContext, OfferContext
from billing.pricing.money import exponent

# The payment QR takes no more; a payment order has room for 210.
LONGEST = 160


def plain_amount(amount: Decimal, currency: str, locale: str) -> str:
    """Writes a sum as typed on a keyboard, without groups: 2618,36 or 2618.36."""
    digits = f"{amount:.{exponent(currency)}f}"
    return digits.replace(".", ",") if locale == "ru" else digits


def percent_text(percent: Decimal) -> str:
    """Writes a percentage without useless zeros: 22, 5, 9.5."""
    return f"{percent.normalize():f}"


def payment_language(document: InvoiceContext | OfferContext) -> str:
    """Roubles are paid through Russian banks, whatever language the document is written in."""
    return "ru" if document.currency == "RUB" else document.locale


def _vat(document: InvoiceContext | OfferContext, tax_sum: Decimal, locale: str) -> str:
    if not document.names_tax:
        return ""
    if document.tax_percent is None:
        return "Без НДС" if locale == "ru" else "No VAT"
    percent, tax = percent_text(document.tax_percent), plain_amount(tax_sum, document.currency, locale)
    if locale == "ru":
        unit = "руб." if document.currency == "RUB" else document.currency
        return f"В т. ч. НДС {percent.replace('.', ',')}% — {tax} {unit}"
    return f"Incl. VAT {percent}% {document.currency} {tax}"


def _clip(text: str) -> str:
    return text.strip()[:LONGEST].rstrip()


def payment_purpose(invoice: InvoiceContext) -> str:
    """Writes the purpose of the payment of ``invoice``, at most 160 characters, the VAT being that of the amount due."""
    locale = payment_language(invoice)
    day = f"{invoice.issue_date:%d.%m.%Y}"
    if locale == "ru":
        text = f"Оплата по счёту № {invoice.number} от {day}, ЛС {invoice.account_number}."
    else:
        text = f"Invoice {invoice.number} of {invoice.issue_date.isoformat()}, account {invoice.account_number}."
    return _clip(f"{text} {_vat(invoice, invoice.tax_due, locale)}")


def offer_purpose(offer: OfferContext) -> str:
    """Writes the purpose of the payment that takes ``offer`` (M11), at most 160 characters."""
    locale = payment_language(offer)
    if locale == "ru":
        text = f"Оплата по предложению № {offer.number} от {offer.issue_date:%d.%m.%Y}, ЛС {offer.account_number}."
    else:
        text = f"Offer {offer.number} of {offer.issue_date.isoformat()}, account {offer.account_number}."
    return _clip(f"{text} {_vat(offer, offer.tax, locale)}")
