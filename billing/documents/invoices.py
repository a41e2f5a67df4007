"""From an issued invoice to its PDF: everything comes from the invoice's own rows and copies (G6), nothing from today."""

from billing.documents.context import DocumentLine, InvoiceContext, Party
from billing.documents.renderer import render_invoice
from billing.models import Invoice, InvoiceLine
from billing.pricing.explanations import explanation as explaining
from billing.pricing.money import from_minor
from billing.pricing.units import UnitNames
from billing.wording import charge_lines, formats

UNITS = {"ru": {"person": "чел.", "unit": "усл. ед."}, "en": {"person": "person", "unit": "unit"}}
BASIS = {"ru": "Лицевой счёт № {number}", "en": "Account {number}"}


def _unit_text(line: InvoiceLine, locale: str) -> str:
    """Names what the quantity counts: the product's units, by the name that stood on the charge, where it is a number of them."""
    names = UnitNames.from_dict(line.explanation.get("unit"))
    if names and explaining.counts_units(line.explanation):
        return names.of_one(locale)
    return UNITS[locale].get(line.unit, line.unit)


def _line(line: InvoiceLine, currency: str, locale: str) -> DocumentLine:
    return DocumentLine(
        number=line.position,
        description=line.description,
        quantity=line.quantity,
        unit=_unit_text(line, locale),
        unit_price=line.unit_price,
        amount=from_minor(line.amount_minor, currency),
        explanation=formats.formula_text(charge_lines.explanation_of(line), locale, sign=False)
        if line.explanation["model"] != "amount"
        else "",
    )


def invoice_context(invoice: Invoice) -> InvoiceContext:
    """Collects what the document of ``invoice`` prints, in its own language."""
    currency, locale = invoice.currency, invoice.locale
    return InvoiceContext(
        number=invoice.number,
        issue_date=invoice.issue_date,
        locale=locale,
        currency=currency,
        seller=Party.from_snapshot(invoice.seller_snapshot),
        buyer=Party.from_snapshot(invoice.buyer_snapshot),
        account_number=invoice.account.number,
        lines=tuple(_line(line, currency, locale) for line in invoice.lines.order_by("position")),
        total=from_minor(invoice.total_minor, currency),
        tax=from_minor(invoice.tax_minor, currency),
        tax_percent=invoice.tax_percent,
        due_date=invoice.due_date,
        amount_due=from_minor(invoice.amount_due_minor, currency),
        credit_applied=from_minor(invoice.credit_applied_minor, currency),
        period_start=invoice.period_start,
        period_end=invoice.period_end,
        basis=BASIS[locale].format(number=invoice.account.number),
    )


def invoice_pdf(invoice: Invoice) -> bytes:
    """Renders the PDF of ``invoice``: the same bytes whenever and wherever it is rendered."""
    return render_invoice(invoice_context(invoice))
