"""Topping up and paying: any sum, online through the provider or by bank transfer, and the result (M10)."""

import base64
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import override, pgettext
from django.views.decorators.http import require_GET, require_http_methods

from billing import clock
from billing.documents.context import Party
from billing.documents.invoices import invoice_context
from billing.documents.payment_qr import payment_text, qr_png
from billing.documents.purpose import payment_purpose
from billing.errors import Refusal
from billing.gateways.registry import provider_for
from billing.models import Allocation, BillingAccount, Invoice, Offer, PaymentAttempt, Subscription
from billing.operations.collection import checkout, payment_methods
from billing.portal.get_or_404 import attempt_or_404, relative_address, selection_with
from billing.portal.permissions import (
    AccountSelection,
    billing_page,
    invoice_or_404,
    refuse_unprintable,
    signed_in_user,
)
from billing.pricing.money import from_minor
from billing.reports import overview as reports
from billing.reports.plan_state import plan_state
from billing.wording import formats
from billing.wording.refusals import explain_refusal
from billing.wording.typed_sums import read_sum

# The same payment asked for again within this time leads to the attempt of the first click.
SAME_CLICK = timedelta(minutes=1)
# The most that is paid online by a typed sum, in minor units: a hundred million roubles. A misplaced digit is more likely.
MOST_TYPED_MINOR = 10**10


@dataclass(frozen=True)
class Preset:
    """A suggested sum in minor units; ``kind`` is invoice, renewal, overdue, due or ahead and selects the page's wording."""

    kind: str
    minor: int


def presets(money: reports.AccountPosition, invoice: Invoice | None, renewal_minor: int = 0) -> list[Preset]:
    """Returns the suggested sums, the most urgent first, none twice and none of zero.

    ``renewal_minor`` is what a renewal still lacks; what is owed is paid before it (G7)."""
    candidates = [Preset("invoice", invoice.open_minor)] if invoice is not None else []
    candidates += [Preset("renewal", money.owed_minor + renewal_minor)] if renewal_minor else []
    candidates += [Preset("overdue", money.overdue_minor), Preset("due", money.owed_minor)]
    if money.next_due_minor:
        candidates.append(Preset("ahead", money.owed_minor + money.next_due_minor))
    presets_by_sum: dict[int, Preset] = {}
    for preset in candidates:
        if preset.minor > 0:
            presets_by_sum.setdefault(preset.minor, preset)
    return list(presets_by_sum.values())


def find_or_begin_payment(
    *, account: BillingAccount, payment: checkout.PaymentOrder, as_of: datetime, user_email: str
) -> PaymentAttempt:
    """Returns the attempt begun a moment ago for the same payment, else begins one."""
    open_attempts = PaymentAttempt.objects.filter(
        account=account,
        amount_minor=payment.amount_minor or 0,
        created_by=user_email,
        settled_at=None,
        invoice=payment.invoice,
        offer=payment.offer,
        saves_method=payment.saves_method,
        created_at__gt=as_of - SAME_CLICK,
        created_at__lte=as_of,
    )
    attempt = open_attempts.exclude(redirect_url="").order_by("-created_at").first()
    return attempt or checkout.start_payment(account=account, order=payment, as_of=as_of, user_email=user_email)


def redirect_to_provider(attempt: PaymentAttempt) -> HttpResponse:
    return HttpResponseRedirect(relative_address(attempt.redirect_url))


@require_http_methods(["GET", "POST"])
@billing_page
def pay(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Shows the suggested sums and both ways of paying; POST begins a payment and leads to the provider's page."""
    as_of, account = clock.now(), selection.account
    invoice = _find_invoice(request, account)
    error = ""
    if request.method == "POST":
        try:
            saves = request.POST.get("save") == "yes"
            payment = checkout.PaymentOrder(_read_sum(request, account.currency), invoice, saves_method=saves)
            return redirect_to_provider(
                find_or_begin_payment(
                    account=account, payment=payment, as_of=as_of, user_email=signed_in_user(request).email
                )
            )
        except Refusal as refusal:
            error = explain_refusal(refusal)
    money = reports.account_position(account=account, as_of=as_of)
    method = payment_methods.active_method(account)
    sums = presets(money, invoice, _missing_for_renewal(request, account, as_of))
    context = {
        "section": "pay",
        "selection": selection,
        "zone": account.zone,
        "currency": account.currency,
        "money": money,
        "invoice": invoice,
        "presets": sums,
        "chosen": request.POST.get("sum") or (str(sums[0].minor) if sums else "other"),
        "amount": request.POST.get("amount", ""),
        "error": error,
        "online": provider_for(account.currency) is not None,
        "saved_card": method.title.replace(" ", formats.NBSP) if method is not None else "",
        "can_save": bool(
            payment_methods.provider_of(account) and payment_methods.renewing_subscriptions(account, as_of)
        ),
        "saves": request.POST.get("save") == "yes",
        "counter": counter(money),
        "transfer": transfer(account, money, invoice),
    }
    return render(request, "portal/pay.html", context, status=422 if error else 200)


def _find_invoice(request: HttpRequest, account: BillingAccount) -> Invoice | None:
    """Returns the invoice that the address or form names, while something of it is open."""
    number = request.POST.get("invoice") or request.GET.get("invoice")
    if not number:
        return None
    invoice = invoice_or_404(signed_in_user(request), number)
    return invoice if invoice.open_minor and invoice.account_id == account.pk else None


def _missing_for_renewal(request: HttpRequest, account: BillingAccount, as_of: datetime) -> int:
    """Returns what the renewal that the address names still lacks, in minor units (E8)."""
    public_id = request.GET.get("renewal", "")[:32]
    refuse_unprintable(public_id)
    subscriptions = Subscription.objects.filter(account=account, public_id=public_id)
    subscription = subscriptions.select_related("instance__product", "tariff", "account__seller").first()
    return plan_state(subscription, as_of).missing_minor if subscription is not None else 0


def _read_sum(request: HttpRequest, currency: str) -> int | None:
    """Reads the sum to pay, in minor units. A typed amount wins over the radio button, which nothing moves without a script."""
    choice, typed_amount = request.POST.get("sum", "other"), request.POST.get("amount", "").strip()
    if choice == "other" or typed_amount:
        return read_sum(typed_amount, currency=currency, most_minor=MOST_TYPED_MINOR) if typed_amount else None
    return int(choice) if choice.isascii() and choice.isdigit() and len(choice) < 19 else None


def counter(money: reports.AccountPosition) -> dict[str, int] | None:
    """Returns the sum that restores access, what has come of it and what is left, in minor units (M9); None while nothing is
    overdue."""
    if not money.overdue:
        return None
    due = sum(invoice.amount_due_minor for invoice in money.overdue)
    return {"asked": due, "came": max(0, due - money.overdue_minor), "left": money.overdue_minor}


def transfer(account: BillingAccount, money: reports.AccountPosition, invoice: Invoice | None = None) -> dict[str, Any]:
    """Returns a bank transfer's sum, payee and purpose; for roubles with the QR code that banking apps read."""
    invoices = [invoice] if invoice is not None else list(money.pressing)
    sum_minor = sum(open_invoice.open_minor for open_invoice in invoices)
    seller = invoices[0].seller_snapshot if invoices else account.seller.snapshot()
    purpose = purpose_of(account, invoices)
    qr_text = None
    if account.currency == "RUB":
        qr_text = payment_text(Party.from_snapshot(seller), from_minor(sum_minor, "RUB"), purpose)
    return {
        "sum_minor": sum_minor,
        "seller": seller,
        "purpose": purpose,
        "invoices": invoices,
        "qr": f"data:image/png;base64,{base64.b64encode(qr_png(qr_text)).decode()}" if qr_text else "",
    }


def purpose_of(account: BillingAccount, invoices: list[Invoice]) -> str:
    """Returns the payment's purpose: the numbers of the invoices and the account, by which the money is matched."""
    if len(invoices) == 1:
        return payment_purpose(invoice_context(invoices[0]))
    with override("ru" if account.currency == "RUB" else account.customer.locale):
        if not invoices:
            return pgettext("payment order", "Top-up of account %(number)s") % {"number": account.number}
        numbers = ", ".join(invoice.number for invoice in invoices)
        figures = {"invoices": numbers, "number": account.number}
        return pgettext("payment order", "Invoices %(invoices)s, account %(number)s") % figures


@require_GET
@login_required
def payment(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """Shows the result to a payer whom the provider sends back; the result is asked of the provider, never read from the address."""
    as_of = clock.now()
    attempt = attempt_or_404(signed_in_user(request), attempt_id)
    account = attempt.account
    attempt = checkout.sync_attempt(attempt=attempt, as_of=as_of)
    money = reports.account_position(account=account, as_of=as_of)
    selection = selection_with(request, account)
    context = {
        "section": "pay",
        "selection": selection,
        "pay_url": reverse("portal:pay") + selection.query,
        "zone": account.zone,
        "currency": account.currency,
        "attempt": attempt,
        "offer": Offer.objects.filter(pk=attempt.offer_id).first() if attempt.offer_id else None,
        "state": state_of(attempt),
        "money": money,
        "counter": counter(money),
        "paid": _invoices_paid(attempt),
        "bank_page": relative_address(attempt.redirect_url),
    }
    return render(request, "portal/payment.html", context)


def state_of(attempt: PaymentAttempt) -> str:
    """Returns ``paid``, ``failed``, ``parked`` (another sum came than was asked for) or ``waiting``."""
    if attempt.settled_at is None:
        return "waiting"
    states = {PaymentAttempt.Status.SUCCEEDED: "paid", PaymentAttempt.Status.PARKED: "parked"}
    return states.get(PaymentAttempt.Status(attempt.status), "failed")


def _invoices_paid(attempt: PaymentAttempt) -> list[Allocation]:
    if attempt.payment_id is None:
        return []
    return list(
        Allocation.objects.filter(credit__payment=attempt.payment_id, invoice__isnull=False)
        .select_related("invoice")
        .order_by("pk")
    )
