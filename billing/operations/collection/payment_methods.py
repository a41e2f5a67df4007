"""Saved payment methods for owners and support: which one is active, removing it, paying an open invoice from it (D17), and
the provider's own page where all of it can be done as well (C5)."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from billing import notices
from billing.errors import BillingError
from billing.gateways.base import Plan, Provider, ProviderError
from billing.gateways.registry import provider_for, providers
from billing.models import BillingAccount, Invoice, PaymentAttempt, SavedMethod, Subscription
from billing.operations import audit
from billing.operations.collection import checkout, method_store
from billing.operations.cycle import subscription_status
from billing.operations.invoices import issuing
from billing.operations.ledger import posting


def active_method(account: BillingAccount) -> SavedMethod | None:
    """Reads the method that renewals and open invoices of ``account`` are charged to; None where none is saved."""
    return SavedMethod.objects.filter(account=account, removed_at=None).first()


@transaction.atomic
def remove_method(*, method: SavedMethod, as_of: datetime, actor: str, reason: str = "") -> SavedMethod:
    """Removes ``method``: it is charged no more from ``as_of`` on, the provider is told to forget it, its owner is notified.

    Refuses one that is removed already. What was charged to it before stays as it is.
    """
    account = posting.lock(method.account_id)
    method = SavedMethod.objects.select_related("account__customer", "account__seller").get(pk=method.pk)
    if method.removed_at is not None:
        raise BillingError(_("This payment method has been removed already."), code="already_removed")
    method_store.remove_method(method=method, as_of=as_of, actor=actor)
    audit.record(
        actor=actor,
        action="method.removed",
        target=method,
        at=as_of,
        customer=account.customer,
        reason=reason,
        before=method_store.summary(method),
    )
    notices.queue_method_removed(method=method, at=as_of)
    return method


def collect_invoice(*, invoice_number: str, as_of: datetime) -> PaymentAttempt | None:
    """Pays what is open of an invoice from the saved method, once (D17): asked again, the first attempt is returned.

    None where nothing is open, no method is saved or there is no such invoice. Makes its own transactions, as
    `checkout.charge_saved` does.
    """
    invoice = Invoice.objects.filter(number=invoice_number).select_related("account").first()
    if invoice is None or invoice.open_minor == 0:
        return None
    return checkout.charge_saved(
        account=invoice.account,
        amount_minor=invoice.open_minor,
        fact=f"invoice:{invoice.number}",
        description=str(_("Invoice %(number)s") % {"number": invoice.number}),
        as_of=as_of,
        invoice=invoice,
    )


def uncollected_invoices(*, as_of: datetime) -> "QuerySet[Invoice]":
    """Selects the invoices to be paid from a saved method for which no attempt was made: their nudge may be lost.

    Only those issued while the method was saved: saving a card does not pay old debts by itself.
    """
    methods = SavedMethod.objects.filter(
        account=OuterRef("account"), removed_at=None, saved_at__lte=OuterRef("issued_at")
    )
    tried = PaymentAttempt.objects.filter(invoice=OuterRef("pk"), fact__isnull=False)
    return Invoice.objects.filter(
        Exists(methods), ~Exists(tried), kind__in=issuing.PAID_AT_ONCE, open_minor__gt=0, issued_at__lte=as_of
    ).order_by("issued_at", "number")


def provider_of(account: BillingAccount) -> Provider | None:
    """Returns the provider that saves methods for ``account``: that of the active one, else that of its currency; None for none."""
    method = active_method(account)
    provider = providers().get(method.provider) if method is not None else provider_for(account.currency)
    return provider if provider is not None and provider.can_save else None


def renewing_subscriptions(account: BillingAccount, as_of: datetime) -> list[Subscription]:
    """Reads the subscriptions of ``account`` that are paid in advance and renew: they are charged to a saved method."""
    running = Subscription.objects.filter(account=account, terminated_at=None, tariff__isnull=False)
    renewing = []
    for subscription in running.select_related("tariff", "instance__product", "account__seller").order_by("pk"):
        terms = subscription.priced_by.terms()
        if (
            not terms.is_metered
            and not terms.is_one_off
            and subscription_status.find_lapse(subscription, as_of) is None
        ):
            renewing.append(subscription)
    return renewing


def open_provider_page(*, account: BillingAccount, as_of: datetime) -> str:
    """Opens the provider's own page for ``account`` and returns its address; plans can be cancelled there (C5).

    Refuses where no provider keeps methods, and where it does not answer.
    """
    provider = provider_of(account)
    if provider is None:
        raise BillingError(_("Saving a payment method is not set up here."), code="no_provider")
    back = f"{settings.BASE_URL}{reverse('portal:methods')}?account={account.number}"
    try:
        return provider.manage(
            account.number,
            [_describe_plan(subscription) for subscription in renewing_subscriptions(account, as_of)],
            back,
        )
    except ProviderError:
        raise BillingError(
            _("The payment service does not answer: try again in a few minutes."), code="provider_silent"
        ) from None


def _describe_plan(subscription: Subscription) -> Plan:
    instance, locale = subscription.instance, get_language() or ""
    names = (instance.product.name_in(locale), subscription.priced_by.name_in(locale))
    title = " · ".join([*dict.fromkeys(names), instance.domain])
    return Plan(subscription.public_id, title, is_cancelled=subscription.cancel_date is not None)
