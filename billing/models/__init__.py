"""The rows of billing, one aggregate a file."""

from billing.models.access import AccessAnnouncement
from billing.models.audit import AuditRecord
from billing.models.catalogue import Tariff
from billing.models.events import Event, Notice
from billing.models.integration import ApiToken, IdempotencyRecord, RateWindow
from billing.models.invoices import CreditNote, Invoice, InvoiceDocument, InvoiceLine
from billing.models.jobs import Heartbeat, JobRun, SandboxClock
from billing.models.ledger import Entry, LedgerAccount, Posting
from billing.models.metering import BillingPeriod, Charge
from billing.models.payments import Allocation, Credit, Payment
from billing.models.sellers import BillingAccount, BillingAddress, NumberSeries, Seller, VatRate
from billing.models.subscriptions import Subscription, SubscriptionChange

__all__ = [
    "AccessAnnouncement", "Allocation", "ApiToken", "AuditRecord", "BillingAccount", "BillingAddress", "BillingPeriod",
    "Charge", "Credit", "CreditNote", "Entry", "Event", "Heartbeat", "IdempotencyRecord", "Invoice", "InvoiceDocument",
    "InvoiceLine", "JobRun", "LedgerAccount", "Notice", "NumberSeries", "Payment", "Posting", "RateWindow",
    "SandboxClock", "Seller", "Subscription", "SubscriptionChange", "Tariff", "VatRate",
]  # fmt: skip
