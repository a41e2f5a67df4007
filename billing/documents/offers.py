"""The offer of a year up front as a PDF (M11)."""

from billing.documents.context import OfferContext, Party
from billing.documents.renderer import render_offer
from billing.models import Offer, VatRate
from billing.pricing.money import from_minor
from billing.pricing.periods import business_date


def offer_pdf(offer: Offer) -> bytes:
    """Renders the PDF of ``offer``, in the customer's language; the VAT inside it is that of the day it was sent."""
    currency, account = offer.currency, offer.account
    issue_date, vat_code = business_date(offer.sent_at, account.zone), account.seller.vat_code
    return render_offer(
        OfferContext(
            number=offer.number,
            issue_date=issue_date,
            valid_until=offer.valid_until,
            locale=account.customer.locale,
            currency=currency,
            seller=Party.from_snapshot(account.seller.snapshot()),
            buyer=Party.from_snapshot(account.customer.snapshot()),
            account_number=account.number,
            product=offer.subscription.priced_by.name_in(account.customer.locale),
            domain=offer.subscription.instance.domain,
            people=offer.people,
            months=offer.months,
            unit_price=offer.unit_price,
            month=from_minor(offer.month_minor, currency),
            full=from_minor(offer.full_minor, currency),
            discount_percent=offer.discount_percent,
            discount=from_minor(offer.discount_minor, currency),
            pay=from_minor(offer.pay_minor, currency),
            tax_percent=VatRate.percent_on(vat_code, issue_date) if vat_code else None,
            note=offer.note,
        )
    )
