"""The rows of billing, one aggregate a file."""

from billing.models.access import AccessAnnouncement, Relief
from billing.models.approvals import Approval
from billing.models.audit import AuditRecord
from billing.models.catalogue import Tariff
from billing.models.checkout import MethodSetUp, PaymentAttempt, ProviderEvent, SavedMethod
from billing.models.customers.offers import Offer, OfferDocument, OfferPayment
from billing.models.customers.preferences import NoticePreference
from billing.models.customers.requests import CustomerRequest, RequestFile
from billing.models.customers.sign_ups import SignUp
from billing.models.dunning import Collection
from billing.models.integration.api_tokens import ApiToken, IdempotencyRecord, RateWindow
from billing.models.integration.events import Event, Notice
from billing.models.integration.jobs import Heartbeat, JobRun
from billing.models.integration.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from billing.models.invoices import CreditNote, Invoice, InvoiceDocument, InvoiceLine
from billing.models.ledger import Entry, LedgerAccount, Posting
from billing.models.metering import BillingPeriod, Charge
from billing.models.moves import TariffMove, TermsChange
from billing.models.payments import Allocation, Credit, Payment
from billing.models.sellers import BillingAccount, BillingAddress, NumberSeries, Seller, VatRate
from billing.models.subscriptions import Subscription, SubscriptionChange

__all__ = [
    "AccessAnnouncement",
    "Allocation",
    "ApiToken",
    "Approval",
    "AuditRecord",
    "BillingAccount",
    "BillingAddress",
    "BillingPeriod",
    "Charge",
    "Collection",
    "Credit",
    "CreditNote",
    "CustomerRequest",
    "Entry",
    "Event",
    "Heartbeat",
    "IdempotencyRecord",
    "Invoice",
    "InvoiceDocument",
    "InvoiceLine",
    "JobRun",
    "LedgerAccount",
    "MethodSetUp",
    "Notice",
    "NoticePreference",
    "NumberSeries",
    "Offer",
    "OfferDocument",
    "OfferPayment",
    "Payment",
    "PaymentAttempt",
    "Posting",
    "ProviderEvent",
    "RateWindow",
    "Relief",
    "RequestFile",
    "SavedMethod",
    "Seller",
    "SignUp",
    "Subscription",
    "SubscriptionChange",
    "Tariff",
    "TariffMove",
    "TermsChange",
    "VatRate",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
