"""Paying online (M10): the attempt is written first, the provider is called, and one `sync` settles it, whoever asks.

Return page, webhook and sweep all call `sync`; it believes only what the provider answers to `fetch`, and credits once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing import notices
from billing.errors import BillingError
from billing.gateways.base import PaymentRequest, ProviderError, Result
from billing.gateways.registry import provider_for, providers
from billing.models import BillingAccount, Invoice, Offer, PaymentAttempt
from billing.operations import events, ledger, offers, payments

Status = PaymentAttempt.Status

FINAL_FAILURES = {"failed": Status.FAILED, "canceled": Status.CANCELED}
UNDECIDED = {"pending": Status.PENDING, "requires_action": Status.REQUIRES_ACTION}
# After this long without a decision an attempt is not asked about any more; a webhook still settles it.
GIVE_UP = timedelta(days=3)


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to pay: ``amount_minor`` on the account, for an invoice or an offer where they chose one."""

    amount_minor: int | None
    invoice: Invoice | None = None
    offer: Offer | None = None


def begin(*, account: BillingAccount, wanted: Wanted, as_of: datetime, user_email: str) -> PaymentAttempt:
    """Starts a payment of any sum (M10) and returns the attempt with the provider's page in ``redirect_url``.

    Refuses a sum that is none, an offer that is over, and an account in whose currency nobody takes payments online.
    """
    amount_minor = payments.checked_amount(wanted.amount_minor)
    provider = provider_for(account.currency)
    if provider is None:
        raise BillingError(
            _("Paying online is not set up: pay by bank transfer, the invoice has all details."), code="no_provider"
        )
    if wanted.offer is not None:
        offers.refuse_closed(wanted.offer, as_of)
    attempt = PaymentAttempt.objects.create(
        account=account, provider=provider.code, currency=account.currency, amount_minor=amount_minor,
        invoice=wanted.invoice, offer=wanted.offer, created_at=as_of, created_by=user_email,
    )  # fmt: skip
    request = PaymentRequest(
        key=f"pay-{attempt.id}",
        amount_minor=amount_minor,
        currency=account.currency,
        description=str(_("Account %(number)s") % {"number": account.number}),
        return_url=settings.BASE_URL + reverse("portal:payment", args=[attempt.id]),
    )
    try:
        result = provider.start(request)
    except ProviderError:
        raise BillingError(
            _("The payment service does not answer. Nothing was taken: try again in a few minutes."),
            code="provider_silent",
        ) from None
    attempt.external_id, attempt.redirect_url = result.external_id, result.redirect_url
    attempt.status = Status.PENDING
    attempt.save(update_fields=["external_id", "redirect_url", "status"])
    return attempt


def sync(*, attempt: PaymentAttempt, as_of: datetime) -> PaymentAttempt:
    """Asks the provider what became of ``attempt`` and settles it: money is credited once, at once, in one transaction.

    A sum or currency other than the one begun with is parked for support; a provider that does not answer changes nothing.
    """
    if attempt.settled_at is not None or not attempt.external_id:
        return attempt
    try:
        result = providers()[attempt.provider].fetch(attempt.external_id)
    except (ProviderError, KeyError):
        return attempt
    with transaction.atomic():
        account = ledger.lock(attempt.account_id)
        attempt = PaymentAttempt.objects.select_related("invoice", "offer").get(pk=attempt.pk)
        if attempt.settled_at is None:
            _settle(attempt, account, result, as_of)
    return attempt


def sync_by_external_id(*, provider: str, external_id: str, as_of: datetime) -> PaymentAttempt | None:
    """`sync` for what a webhook speaks of; None for a payment we never began."""
    attempt = PaymentAttempt.objects.filter(provider=provider, external_id=external_id).first()
    return sync(attempt=attempt, as_of=as_of) if attempt else None


def _settle(attempt: PaymentAttempt, account: BillingAccount, result: Result, as_of: datetime) -> None:
    attempt.checked_at = as_of
    if result.status in UNDECIDED:
        attempt.status = UNDECIDED[result.status]
    elif result.status in FINAL_FAILURES:
        attempt.status, attempt.reason, attempt.settled_at = FINAL_FAILURES[result.status], result.reason[:200], as_of
        events.emit(
            "payment.failed", at=as_of, account=account,
            data={"amount": events.money(attempt.amount_minor, attempt.currency), "reason": result.reason},
        )  # fmt: skip
        notices.payment_failed(attempt=attempt, at=as_of)
    elif (result.amount_minor, result.currency) != (attempt.amount_minor, attempt.currency):
        attempt.status, attempt.settled_at = Status.PARKED, as_of
        attempt.reason = f"{result.amount_minor} {result.currency}"
    else:
        attempt.payment = payments.record_payment(
            account=account,
            new=payments.NewPayment(
                amount_minor=attempt.amount_minor, currency=attempt.currency, method="card",
                reference=attempt.external_id, invoice_number=attempt.invoice.number if attempt.invoice else "",
            ),
            as_of=as_of,
            actor=attempt.created_by,
        )  # fmt: skip
        attempt.status, attempt.settled_at = Status.SUCCEEDED, as_of
        if attempt.offer is not None:
            offers.paid(offer=attempt.offer, payment=attempt.payment, as_of=as_of)
    attempt.save()


def sweep(*, as_of: datetime) -> int:
    """Asks about every attempt that is still undecided; returns how many were settled."""
    undecided = PaymentAttempt.objects.filter(settled_at=None, created_at__gt=as_of - GIVE_UP).exclude(external_id="")
    return sum(
        sync(attempt=attempt, as_of=as_of).settled_at is not None for attempt in undecided.order_by("created_at")
    )
