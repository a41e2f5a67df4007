"""Topping up and paying (M10): any sum, online through the provider or by bank transfer, and what became of it."""

import base64
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import override, pgettext
from django.views.decorators.http import require_GET, require_http_methods

from billing import clock
from billing.documents.context import Party
from billing.documents.invoices import invoice_context
from billing.documents.payment_qr import payment_text, qr_png
from billing.documents.purpose import payment_purpose
from billing.errors import Refusal
from billing.gateways.registry import provider_for
from billing.models import Allocation, BillingAccount, Invoice, Offer, PaymentAttempt, SavedMethod, Subscription
from billing.operations.collection import checkout, payment_methods
from billing.portal.get_or_404 import attempt_or_404, desk_for, here
from billing.portal.permissions import Desk, billing_page, invoice_or_404, refuse_odd, signed_in
from billing.pricing.money import from_minor, parse_exact
from billing.reports import overview as reports
from billing.reports.plan_state import plan_state
from billing.wording.refusals import explain_refusal

# A second press of the button within this time leads to the payment that the first one began.
SAME_PRESS = timedelta(minutes=1)
SPACES = dict.fromkeys(map(ord, " \u00a0\u2009\u202f"))


@dataclass(frozen=True)
class Preset:
    """A sum that is offered: ``kind`` is invoice, renewal, overdue, due or ahead; the words are the page's."""

    kind: str
    minor: int


def written_sum(text: str, currency: str) -> int | None:
    """A sum as people type it, 1 500,50 or 1500.50, in minor units; None where it is no sum."""
    return parse_exact(text.translate(SPACES).replace(",", "."), currency)


def presets(money: reports.AccountPosition, invoice: Invoice | None, renewal_minor: int = 0) -> list[Preset]:
    """The sums worth offering, the most pressing first, none twice and none of zero. ``renewal_minor`` is what a renewal
    lacks: what is owed is paid before it (G7)."""
    found = [Preset("invoice", invoice.open_minor)] if invoice is not None else []
    found += [Preset("renewal", money.owed_minor + renewal_minor)] if renewal_minor else []
    found += [Preset("overdue", money.overdue_minor), Preset("due", money.owed_minor)]
    if money.next_due_minor:
        found.append(Preset("ahead", money.owed_minor + money.next_due_minor))
    offered: dict[int, Preset] = {}
    for preset in found:
        if preset.minor > 0:
            offered.setdefault(preset.minor, preset)
    return list(offered.values())


def begun(*, account: BillingAccount, wanted: checkout.Wanted, as_of: datetime, user_email: str) -> PaymentAttempt:
    """The payment that was begun a moment ago with the same wish, else a new one."""
    again = PaymentAttempt.objects.filter(
        account=account,
        amount_minor=wanted.amount_minor or 0,
        created_by=user_email,
        settled_at=None,
        invoice=wanted.invoice,
        offer=wanted.offer,
        saves_method=wanted.saves_method,
        created_at__gt=as_of - SAME_PRESS,
        created_at__lte=as_of,
    )
    found = again.exclude(redirect_url="").order_by("-created_at").first()
    return found or checkout.begin(account=account, wanted=wanted, as_of=as_of, user_email=user_email)


def to_provider(attempt: PaymentAttempt) -> HttpResponse:
    return HttpResponseRedirect(here(attempt.redirect_url))


@require_http_methods(["GET", "POST"])
@billing_page
def pay(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The sums to choose from and both ways of paying; POST begins a payment online and leads to the provider's page."""
    as_of, account = clock.now(), desk.account
    invoice = _named(request, account)
    error = ""
    if request.method == "POST":
        try:
            saves = request.POST.get("save") == "yes"
            wanted = checkout.Wanted(_chosen(request, account.currency), invoice, saves_method=saves)
            return to_provider(begun(account=account, wanted=wanted, as_of=as_of, user_email=signed_in(request).email))
        except Refusal as refusal:
            error = explain_refusal(refusal)
    money = reports.account_position(account=account, as_of=as_of)
    offered = presets(money, invoice, _missing(request, account, as_of))
    context = {
        "section": "pay",
        "desk": desk,
        "zone": account.zone,
        "currency": account.currency,
        "money": money,
        "invoice": invoice,
        "presets": offered,
        "chosen": request.POST.get("sum") or (str(offered[0].minor) if offered else "other"),
        "amount": request.POST.get("amount", ""),
        "error": error,
        "online": provider_for(account.currency) is not None,
        "saved_card": _title(payment_methods.active(account)),
        "can_save": bool(payment_methods.provider_of(account) and payment_methods.renewing(account, as_of)),
        "saves": request.POST.get("save") == "yes",
        "counter": counter(money),
        "transfer": transfer(account, money, invoice),
    }
    return render(request, "portal/pay.html", context, status=422 if error else 200)


def _title(method: SavedMethod | None) -> str:
    """What the saved card is recognised by, kept on one line; empty where none is saved."""
    return method.title.replace(" ", "\u00a0") if method is not None else ""


def _named(request: HttpRequest, account: BillingAccount) -> Invoice | None:
    """The invoice that the page was opened for, while something of it is open."""
    number = request.POST.get("invoice") or request.GET.get("invoice")
    if not number:
        return None
    invoice = invoice_or_404(signed_in(request), number)
    return invoice if invoice.open_minor and invoice.account_id == account.pk else None


def _missing(request: HttpRequest, account: BillingAccount, as_of: datetime) -> int:
    """What the renewal lacks that the page was opened for (E8)."""
    wanted = request.GET.get("renewal", "")[:32]
    refuse_odd(wanted)
    known = Subscription.objects.filter(account=account, public_id=wanted)
    found = known.select_related("instance__product", "tariff", "account__seller").first()
    return plan_state(found, as_of).missing_minor if found is not None else 0


def _chosen(request: HttpRequest, currency: str) -> int | None:
    """The sum to pay, in minor units. One that was written wins over a choice: without a script nothing has moved the dot."""
    chosen, written = request.POST.get("sum", "other"), request.POST.get("amount", "").strip()
    if chosen == "other" or written:
        return written_sum(written, currency)
    return int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else None


def counter(money: reports.AccountPosition) -> dict[str, int] | None:
    """What restores access and how much of it has come, in minor units (M9); None while nothing is overdue."""
    if not money.overdue:
        return None
    asked = sum(invoice.amount_due_minor for invoice in money.overdue)
    return {"asked": asked, "came": max(0, asked - money.overdue_minor), "left": money.overdue_minor}


def transfer(account: BillingAccount, money: reports.AccountPosition, invoice: Invoice | None = None) -> dict[str, Any]:
    """Where a bank transfer goes and what to write in it, with the code that fills a bank's app where there is one."""
    wanted = [invoice] if invoice is not None else list(money.pressing)
    sum_minor = sum(one.open_minor for one in wanted)
    seller = wanted[0].seller_snapshot if wanted else account.seller.snapshot()
    purpose = purpose_of(account, wanted)
    code = None
    if account.currency == "RUB":
        code = payment_text(Party.from_snapshot(seller), from_minor(sum_minor, "RUB"), purpose)
    return {
        "sum_minor": sum_minor,
        "seller": seller,
        "purpose": purpose,
        "invoices": wanted,
        "qr": f"data:image/png;base64,{base64.b64encode(qr_png(code)).decode()}" if code else "",
    }


def purpose_of(account: BillingAccount, invoices: list[Invoice]) -> str:
    """The payment's purpose: the invoices' numbers and the account's, so that the money finds its way by itself."""
    if len(invoices) == 1:
        return payment_purpose(invoice_context(invoices[0]))
    with override("ru" if account.currency == "RUB" else account.customer.locale):
        if not invoices:
            return pgettext("payment order", "Top-up of account %(number)s") % {"number": account.number}
        numbers = ", ".join(invoice.number for invoice in invoices)
        told = {"invoices": numbers, "number": account.number}
        return pgettext("payment order", "Invoices %(invoices)s, account %(number)s") % told


@require_GET
@login_required
def payment(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """Where the provider sends the payer back to: asks the provider what became of the payment, believes nobody else."""
    as_of = clock.now()
    attempt = attempt_or_404(signed_in(request), attempt_id)
    account = attempt.account
    attempt = checkout.sync(attempt=attempt, as_of=as_of)
    money = reports.account_position(account=account, as_of=as_of)
    context = {
        "section": "pay",
        "desk": desk_for(request, account),
        "zone": account.zone,
        "currency": account.currency,
        "attempt": attempt,
        "offer": Offer.objects.filter(pk=attempt.offer_id).first() if attempt.offer_id else None,
        "state": state_of(attempt),
        "money": money,
        "counter": counter(money),
        "paid": _paid(attempt),
        "bank_page": here(attempt.redirect_url),
    }
    return render(request, "portal/payment.html", context)


def state_of(attempt: PaymentAttempt) -> str:
    """``paid``, ``failed``, ``parked`` or ``waiting``."""
    if attempt.settled_at is None:
        return "waiting"
    known = {PaymentAttempt.Status.SUCCEEDED: "paid", PaymentAttempt.Status.PARKED: "parked"}
    return known.get(PaymentAttempt.Status(attempt.status), "failed")


def _paid(attempt: PaymentAttempt) -> list[Allocation]:
    if attempt.payment_id is None:
        return []
    return list(
        Allocation.objects.filter(credit__payment=attempt.payment_id, invoice__isnull=False)
        .select_related("invoice")
        .order_by("pk")
    )
