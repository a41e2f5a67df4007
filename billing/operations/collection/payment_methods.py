"""Saved payment methods from the outside: which one is active, removing it, paying an open invoice from it (D17), and the
provider's own page where all of it can be done as well (C5)."""

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


def active(account: BillingAccount) -> SavedMethod | None:
    """The method that renewals and open invoices of ``account`` are charged to; None where none is saved."""
    return SavedMethod.objects.filter(account=account, removed_at=None).first()


@transaction.atomic
def remove(*, method: SavedMethod, as_of: datetime, actor: str, reason: str = "") -> SavedMethod:
    """``method`` is charged no more from ``as_of`` on; the provider is told to forget it. Its owner is written to.

    Refuses one that is removed already. What was charged to it before stays as it is.
    """
    account = posting.lock(method.account_id)
    method = SavedMethod.objects.select_related("account__customer", "account__seller").get(pk=method.pk)
    if method.removed_at is not None:
        raise BillingError(_("This payment method has been removed already."), code="already_removed")
    method_store.let_go(method=method, as_of=as_of, actor=actor)
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


def uncollected(*, as_of: datetime) -> "QuerySet[Invoice]":
    """Invoices to be paid from a saved method that nobody has tried to collect yet: their nudge may be lost.

    Only those issued while the method was there: saving a card does not pay old debts by itself.
    """
    methods = SavedMethod.objects.filter(
        account=OuterRef("account"), removed_at=None, saved_at__lte=OuterRef("issued_at")
    )
    tried = PaymentAttempt.objects.filter(invoice=OuterRef("pk"), fact__isnull=False)
    return Invoice.objects.filter(
        Exists(methods), ~Exists(tried), kind__in=issuing.PAID_AT_ONCE, open_minor__gt=0, issued_at__lte=as_of
    ).order_by("issued_at", "number")


def provider_of(account: BillingAccount) -> Provider | None:
    """Who keeps methods for ``account``: the provider of the active one, else the one for its currency; None for nobody."""
    method = active(account)
    found = providers().get(method.provider) if method is not None else provider_for(account.currency)
    return found if found is not None and found.can_save else None


def renewing(account: BillingAccount, as_of: datetime) -> list[Subscription]:
    """The subscriptions of ``account`` that are paid in advance and renew: what a saved method is for."""
    running = Subscription.objects.filter(account=account, terminated_at=None, tariff__isnull=False)
    found = []
    for one in running.select_related("tariff", "instance__product", "account__seller").order_by("pk"):
        terms = one.priced_by.terms()
        if not terms.is_metered and not terms.is_one_off and subscription_status.lapse(one, as_of) is None:
            found.append(one)
    return found


def provider_page(*, account: BillingAccount, as_of: datetime) -> str:
    """The address of the provider's own page for ``account``, told which plans can be cancelled there (C5).

    Refuses where no provider keeps methods, and where it does not answer.
    """
    provider = provider_of(account)
    if provider is None:
        raise BillingError(_("Saving a payment method is not set up here."), code="no_provider")
    back = f"{settings.BASE_URL}{reverse('portal:methods')}?account={account.number}"
    try:
        return provider.manage(account.number, [_plan(one) for one in renewing(account, as_of)], back)
    except ProviderError:
        raise BillingError(
            _("The payment service does not answer: try again in a few minutes."), code="provider_silent"
        ) from None


def _plan(subscription: Subscription) -> Plan:
    instance, locale = subscription.instance, get_language() or ""
    names = (instance.product.name_in(locale), subscription.priced_by.name_in(locale))
    title = " · ".join([*dict.fromkeys(names), instance.domain])
    return Plan(subscription.public_id, title, is_cancelled=subscription.cancel_date is not None)
