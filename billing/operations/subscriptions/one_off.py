"""What is paid once and for good (E4)."""

from datetime import datetime

from billing.models import Charge, Invoice, Subscription
from billing.operations.cycle import access, prepaid_periods
from billing.operations.invoices import issuing
from billing.pricing.explanations.explanation import explain_quantity
from billing.pricing.periods import Span, business_date


def buy(subscription: Subscription, *, as_of: datetime, actor: str) -> Invoice | None:
    """Charges the price of the quantity and bills it at once (D17); the caller holds the account's lock."""
    today = business_date(as_of, subscription.account.zone)
    subscription.paid_from = today
    subscription.save(update_fields=["paid_from"])
    explanation = explain_quantity(subscription.priced_by.terms(), subscription.quantity or 1)
    charge = prepaid_periods.post(
        subscription=subscription,
        period=None,
        kind=Charge.Kind.PURCHASE,
        explanation=explanation,
        key=f"{subscription.public_id}:purchase:1",
        occurred_at=as_of,
        as_of=as_of,
        actor=actor,
    )
    invoice = issuing.issue(
        account=subscription.account,
        charges=[charge],
        span=Span(today, prepaid_periods.day_after(today)),
        kind=Invoice.Kind.PURCHASE,
        key=f"purchase:{subscription.public_id}:1",
        as_of=as_of,
    )
    access.announce_changes(subscription.account, as_of=as_of)
    return invoice
