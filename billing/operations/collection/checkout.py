"""Paying online (M10) and from a saved method (E8, D17): the attempt is stored first, the provider is called, and
`sync_attempt` settles it, whoever asks.

Return page, webhook, run and the charge itself all call it; it believes only what the provider answers, and credits once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing import notices
from billing.errors import BillingError
from billing.gateways.base import PaymentRequest, ProviderError, Result
from billing.gateways.registry import provider_for, providers
from billing.models import BillingAccount, Invoice, Offer, PaymentAttempt, SavedMethod
from billing.operations import hourly_limits
from billing.operations.collection import method_setup, method_store, renewals
from billing.operations.events import outbox
from billing.operations.ledger import posting
from billing.operations.settlement import offers, payments

Status = PaymentAttempt.Status

FINAL_FAILURES = {"failed": Status.FAILED, "canceled": Status.CANCELED}
UNDECIDED = {"pending": Status.PENDING, "requires_action": Status.REQUIRES_ACTION}
# A charge that the provider does not know of after this long has not reached it, and will not.
NEVER_ARRIVED = timedelta(minutes=10)
SILENT = "provider_silent"
# Who acts where nobody is at the screen.
UNATTENDED = "saved method"


@dataclass(frozen=True)
class PaymentOrder:
    """A payment that somebody makes online: ``amount_minor`` on the account, for an invoice or an offer where they chose one;
    ``saves_method`` where what they pay with is to be saved for renewals."""

    amount_minor: int | None
    invoice: Invoice | None = None
    offer: Offer | None = None
    saves_method: bool = False


def _build_request(attempt: PaymentAttempt, description: str) -> PaymentRequest:
    return PaymentRequest(
        key=_key(attempt),
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        description=description,
        return_url=settings.BASE_URL + reverse("portal:payment", args=[attempt.id]),
        customer_key=attempt.account.number,
        save=attempt.saves_method,
    )


def _key(attempt: PaymentAttempt) -> str:
    return f"pay-{attempt.id}"


def start_payment(*, account: BillingAccount, order: PaymentOrder, as_of: datetime, user_email: str) -> PaymentAttempt:
    """Starts a payment of any sum (M10) and returns the attempt with the provider's page in ``redirect_url``.

    Refuses a sum that is none, an offer that is over, an account in whose currency nobody takes payments online, and too many
    payments within an hour.
    """
    amount_minor = payments.check_amount(order.amount_minor)
    provider = provider_for(account.currency)
    if provider is None:
        raise BillingError(
            _("Paying online is not set up: pay by bank transfer, the invoice has all details."), code="no_provider"
        )
    if order.offer is not None:
        offers.refuse_closed(order.offer, as_of)
    hourly_limits.refuse_too_many_payments(account=account, as_of=as_of)
    attempt = PaymentAttempt.objects.create(
        account=account,
        provider=provider.code,
        currency=account.currency,
        amount_minor=amount_minor,
        invoice=order.invoice,
        offer=order.offer,
        created_at=as_of,
        created_by=user_email,
        saves_method=order.saves_method and provider.can_save,
    )
    try:
        result = provider.start(_build_request(attempt, str(_("Account %(number)s") % {"number": account.number})))
    except ProviderError:
        raise BillingError(
            _("The payment service does not answer. Nothing was taken: try again in a few minutes."), code=SILENT
        ) from None
    attempt.external_id, attempt.redirect_url = result.external_id, result.redirect_url
    attempt.status = Status.PENDING
    attempt.save(update_fields=["external_id", "redirect_url", "status"])
    return attempt


def charge_saved(
    *,
    account: BillingAccount,
    amount_minor: int,
    fact: str,
    description: str,
    as_of: datetime,
    invoice: Invoice | None = None,
) -> PaymentAttempt | None:
    """Charges ``amount_minor`` to the account's saved method with nobody at the screen (E8, D17); None where none is saved.

    ``fact`` is what it is for, and is charged once: asked again, the first attempt is synced and returned. What follows a
    ``#`` in it tells the attempts for one fact apart ("renewal:sub_1:2026-05-01#2026-04-28"): while an earlier one is
    undecided (the payer has to confirm it, the provider is silent), no other is started and that one is returned, so that one
    fact is never paid twice. ``description`` is what the payer reads at the provider.

    Returns the attempt: succeeded (its ``payment`` is on the account), failed with a ``reason``, waiting for the payer (they
    have been written to), or undecided. It makes its own transactions and calls the provider between them: a caller that is
    inside one gets a RuntimeError. Refuses a sum that is not above 0.
    """
    attempt, is_new = _find_or_create_attempt(account, payments.check_amount(amount_minor), fact, as_of, invoice)
    if attempt is None:
        return None
    provider = providers().get(attempt.provider)
    if is_new and provider is not None and attempt.method is not None:
        try:
            result = provider.charge_saved(_build_request(attempt, description), attempt.method.external_id)
        except ProviderError:
            return attempt
        # Only where the sweep has not found it by its key meanwhile.
        PaymentAttempt.objects.filter(pk=attempt.pk, external_id="", settled_at=None).update(
            external_id=result.external_id, redirect_url=result.redirect_url, status=Status.PENDING
        )
        attempt.refresh_from_db(fields=["external_id", "redirect_url", "status", "settled_at"])
    return sync_attempt(attempt=attempt, as_of=as_of)


@transaction.atomic(durable=True)
def _find_or_create_attempt(
    account: BillingAccount, amount_minor: int, fact: str, as_of: datetime, invoice: Invoice | None
) -> tuple[PaymentAttempt | None, bool]:
    """Finds the attempt for ``fact``, or the undecided one for it before the ``#``, else creates one; and whether it is new."""
    account = posting.lock(account)
    purpose = fact.partition("#")[0]
    is_same_fact = Q(fact=fact) | Q(fact=purpose, settled_at=None) | Q(fact__startswith=f"{purpose}#", settled_at=None)
    attempts = PaymentAttempt.objects.filter(is_same_fact, account=account)
    attempts = attempts.select_related("account__customer", "account__seller", "method", "invoice")
    attempt = attempts.filter(fact=fact).first() or attempts.order_by("created_at").first()
    if attempt is not None:
        return attempt, False
    method = SavedMethod.objects.filter(account=account, removed_at=None).first()
    if method is None or method.provider not in providers():
        return None, False
    attempt = PaymentAttempt.objects.create(
        account=account,
        provider=method.provider,
        currency=account.currency,
        amount_minor=amount_minor,
        invoice=invoice,
        created_at=as_of,
        created_by="",
        method=method,
        fact=fact,
    )
    return attempt, True


def sync_attempt(*, attempt: PaymentAttempt, as_of: datetime) -> PaymentAttempt:
    """Asks the provider what became of ``attempt`` and settles it: money is credited once, at once, in one transaction.

    A sum or currency other than the one begun with is parked for support; a provider that does not answer changes nothing.
    """
    if attempt.settled_at is not None:
        return attempt
    try:
        result = _ask_provider(attempt, as_of)
    except (ProviderError, KeyError):
        return attempt
    if result is None:
        return attempt
    with transaction.atomic():
        account = posting.lock(attempt.account_id)
        attempt = PaymentAttempt.objects.select_related("invoice", "offer", "method").get(pk=attempt.pk)
        if attempt.settled_at is None:
            _settle(attempt, account, result, as_of)
    return attempt


def _ask_provider(attempt: PaymentAttempt, as_of: datetime) -> Result | None:
    """Asks the provider about the attempt; None where there is nothing to ask about, or no answer yet.

    A charge of a saved method whose call was never answered is looked for by its key: it may have gone through.
    """
    provider = providers()[attempt.provider]
    if attempt.external_id:
        return provider.fetch(attempt.external_id)
    if attempt.method_id is None:
        return None
    result = provider.find(_key(attempt))
    if result is None and as_of - attempt.created_at >= NEVER_ARRIVED:
        return Result("failed", "", attempt.amount_minor, attempt.currency, reason=SILENT)
    return result


def sync_by_external_id(*, provider: str, external_id: str, as_of: datetime) -> PaymentAttempt | None:
    """Settles the attempt that a webhook names by the provider's id; None for a payment that we never started."""
    attempt = PaymentAttempt.objects.filter(provider=provider, external_id=external_id).first()
    return sync_attempt(attempt=attempt, as_of=as_of) if attempt else None


def _settle(attempt: PaymentAttempt, account: BillingAccount, result: Result, as_of: datetime) -> None:
    attempt.checked_at = as_of
    if not attempt.external_id:
        attempt.external_id, attempt.redirect_url = result.external_id, result.redirect_url
    if result.status in UNDECIDED:
        _record_undecided(attempt, UNDECIDED[result.status], as_of)
    elif result.status in FINAL_FAILURES:
        _record_failure(attempt, account, result, as_of)
    elif (result.amount_minor, result.currency) != (attempt.amount_minor, attempt.currency):
        attempt.status, attempt.settled_at = Status.PARKED, as_of
        attempt.reason = f"{result.amount_minor} {result.currency}"
    else:
        _record_success(attempt, account, result, as_of)
    attempt.save()


def _record_undecided(attempt: PaymentAttempt, status: Status, as_of: datetime) -> None:
    """Records that the attempt is undecided. Who has to confirm a charge made in their absence is written to, once."""
    attempt.status = status
    if status == Status.REQUIRES_ACTION and attempt.method is not None:
        notices.queue_method_needs_you(attempt=attempt, method=attempt.method, at=as_of)


def _record_failure(attempt: PaymentAttempt, account: BillingAccount, result: Result, as_of: datetime) -> None:
    attempt.status, attempt.reason, attempt.settled_at = FINAL_FAILURES[result.status], result.reason[:200], as_of
    outbox.emit(
        "payment.failed",
        at=as_of,
        account=account,
        data={"amount": outbox.money_data(attempt.amount_minor, attempt.currency), "reason": result.reason},
    )
    # A renewal's tries have no invoice yet, and notices of their own that say when the next one is (E8).
    if attempt.method is None or attempt.invoice is not None:
        notices.queue_payment_failed(attempt=attempt, at=as_of)


def _record_success(attempt: PaymentAttempt, account: BillingAccount, result: Result, as_of: datetime) -> None:
    number = attempt.invoice.number if attempt.invoice else ""
    if attempt.fact:
        number = number or renewals.bill_if_covered(attempt.fact, account, attempt.amount_minor, as_of)
    attempt.payment = payments.record_payment(
        account=account,
        new=payments.NewPayment(
            amount_minor=attempt.amount_minor,
            currency=attempt.currency,
            method="card",
            reference=attempt.external_id,
            invoice_number=number,
        ),
        as_of=as_of,
        actor=attempt.created_by or UNATTENDED,
    )
    attempt.status, attempt.settled_at = Status.SUCCEEDED, as_of
    if attempt.offer is not None:
        offers.mark_paid(offer=attempt.offer, payment=attempt.payment, as_of=as_of)
    if attempt.saves_method and result.method is not None:
        method_store.save_method(
            account=account, provider=attempt.provider, kept_method=result.method, as_of=as_of, actor=attempt.created_by
        )


def sync_undecided(*, as_of: datetime) -> int:
    """Asks the providers about every undecided attempt and method set-up; returns how many were settled."""
    is_known_there = ~Q(external_id="") & Q(created_at__gt=as_of - method_setup.GIVE_UP)
    is_unanswered = Q(
        external_id="", method__isnull=False
    )  # however old: until it is decided its fact is not charged again
    undecided = PaymentAttempt.objects.filter(is_known_there | is_unanswered, settled_at=None)
    settled = sum(
        sync_attempt(attempt=attempt, as_of=as_of).settled_at is not None
        for attempt in undecided.order_by("created_at")
    )
    return settled + method_setup.sync_undecided(as_of=as_of)
