"""The sample bank: a payment provider of our own, with pages on which one pays, declines, keeps a card, or lets it hang.

Its books (`SampleCharge`, `SampleCard`, `SampleVisit`) stand for the bank's side, and everything goes through the same
protocol as a real provider: idempotent calls, redirect, webhook with a signature, fetch.
"""

import hashlib
import hmac
import json
import secrets
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import get_args

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from billing import clock
from billing.gateways.base import (
    Forbidden,
    PaymentRequest,
    Plan,
    ProviderError,
    ProviderMethod,
    ProviderReport,
    Result,
    WebhookTopic,
)
from billing.sandbox.models import SampleCard, SampleCharge, SampleVisit

# Why the sample bank may say no, as a real one would.
DECLINES = ("insufficient_funds", "card_expired", "declined_by_bank")
OUTCOMES = ("succeeded", "requires_action", *DECLINES)
UNDECIDED = ("pending", "requires_action")
HAVE_EFFECT = ("method.removed", "subscription.cancelled")


@dataclass(frozen=True)
class Card:
    """A card to try out with: ``behaviour`` is what charging it later, without its owner, comes to; ``years`` how long it is
    valid, 0 for one that ends with this month."""

    title: str
    behaviour: str
    years: int = 3


# By the last four digits, which is what the page sends.
CARDS = {
    "4242": Card("Visa •• 4242", "succeeded"),
    "9995": Card("Mastercard •• 9995", "insufficient_funds"),
    "0069": Card("Visa •• 0069", "card_expired", years=0),
    "3155": Card("Mir •• 3155", "requires_action"),
    "0000": Card("Mastercard •• 0000", "silent"),
}


def signature(body: bytes) -> str:
    """Returns the signature of a webhook's body, by a key that only this installation knows."""
    return hmac.new(settings.SECRET_KEY.encode(), b"sample-provider:" + body, hashlib.sha256).hexdigest()


def _result(charge: SampleCharge) -> Result:
    card = SampleCard.objects.filter(external_id=charge.card_id, removed=False).first()
    keeps_card = charge.keeps_card and charge.status == "succeeded" and card is not None
    return Result(
        status=charge.status,  # type: ignore[arg-type]
        external_id=charge.external_id,
        amount_minor=charge.amount_minor,
        currency=charge.currency,
        reason=charge.reason,
        redirect_url=settings.BASE_URL + reverse("sandbox:sample_bank", args=[charge.external_id]),
        method=ProviderMethod(card.external_id, card.title, card.expires_on)
        if keeps_card and card is not None
        else None,
    )


def _book_charge(request: PaymentRequest, **outcome: object) -> SampleCharge:
    """Returns the bank's row for ``request``, made by the first call with its key."""
    values = {
        "external_id": f"sample-{secrets.token_hex(8)}",
        "currency": request.currency,
        "amount_minor": request.amount_minor,
        "description": request.description[:200],
        "return_url": request.return_url,
        "customer_key": request.customer_key,
        "keeps_card": request.save,
        **outcome,
    }
    return SampleCharge.objects.get_or_create(idempotency_key=request.key, defaults=values)[0]


class SampleProvider:
    """`billing.gateways.base.Provider` for the sandbox."""

    code = "sample"
    currencies = frozenset({"RUB", "USD", "EUR"})
    can_save = True

    @classmethod
    def from_settings(cls) -> "SampleProvider | None":
        """Returns the provider in a sandbox alone: it takes money that does not exist."""
        return cls() if settings.BILLING_SANDBOX else None

    def start(self, request: PaymentRequest) -> Result:
        return _result(_book_charge(request))

    def set_up(self, request: PaymentRequest) -> Result:
        return _result(_book_charge(request))

    def charge_saved(self, request: PaymentRequest, method_id: str) -> Result:
        card = SampleCard.objects.filter(external_id=method_id, removed=False).first()
        behaviour = card.behaviour if card is not None else "card_removed"
        if behaviour == "silent":
            raise ProviderError("the sample provider plays dead for this card")
        status = behaviour if behaviour in ("succeeded", "requires_action") else "failed"
        charge = _book_charge(
            request,
            card_id=method_id,
            status=status,
            reason=behaviour if status == "failed" else "",
            paid_at=clock.now() if status == "succeeded" else None,
        )
        return _result(charge)

    def fetch(self, external_id: str) -> Result:
        return _result(charge_of(external_id))

    def find(self, key: str) -> Result | None:
        charge = SampleCharge.objects.filter(idempotency_key=key).first()
        return _result(charge) if charge is not None else None

    def forget(self, method_id: str) -> None:
        SampleCard.objects.filter(external_id=method_id).update(removed=True)

    def manage(self, customer_key: str, plans: list[Plan], return_url: str) -> str:
        listed = [{"id": plan.id, "title": plan.title, "cancelled": plan.is_cancelled} for plan in plans]
        visit = SampleVisit.objects.create(
            token=secrets.token_urlsafe(24), customer_key=customer_key, return_url=return_url, plans=listed
        )
        return settings.BASE_URL + reverse("sandbox:sample_wallet", args=[visit.token])

    def webhook(self, request: HttpRequest) -> list[ProviderReport]:
        claimed = request.headers.get("Sample-Signature", "").encode()  # bytes: of text only ASCII can be compared
        if not hmac.compare_digest(claimed, signature(request.body).encode()):
            raise Forbidden("signature")
        try:
            body = json.loads(request.body)
            report = ProviderReport(str(body.get("event", "")), body.get("type", "payment.changed"), str(body["id"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Forbidden("body") from None
        if report.type not in get_args(WebhookTopic):
            return []
        if report.type in HAVE_EFFECT and not report.event_id:
            raise Forbidden("body")  # without an id it could not be told from its own repetition
        return [report]


def message(type_: WebhookTopic, subject: str) -> bytes:
    """Writes the body of a webhook that reports ``type_`` of ``subject``, with an id of its own."""
    return json.dumps({"event": f"evt-{secrets.token_hex(8)}", "type": type_, "id": subject}).encode()


def charge_of(external_id: str) -> SampleCharge:
    """Returns the bank's row of a payment or set-up. Raises ProviderError for one it does not know."""
    charge = SampleCharge.objects.filter(external_id=external_id).first()
    if charge is None:
        raise ProviderError(f"the sample provider knows no payment {external_id}")
    return charge


def decide(external_id: str, outcome: str, card: str = "") -> SampleCharge:
    """Books what the payer chose on the bank's page: ``succeeded``, ``requires_action`` (a second step follows) or one of
    `DECLINES`; ``card`` (of `CARDS`) is what they pay with and leave there where that was asked for. A final outcome stays.
    Raises ProviderError for an unknown payment, outcome or card."""
    charge = charge_of(external_id)
    if outcome not in OUTCOMES or (card and card not in CARDS):
        raise ProviderError(f"the sample provider knows no outcome {outcome} {card}")
    status = outcome if outcome in ("succeeded", "requires_action") else "failed"
    card_id = charge.card_id
    if status != "failed" and charge.keeps_card and not card_id:
        card_id = _issue(charge.customer_key, CARDS[card or "4242"]).external_id
    decided = SampleCharge.objects.filter(external_id=external_id, status__in=UNDECIDED).update(
        status=status,
        reason=outcome if status == "failed" else "",
        card_id=card_id,
        paid_at=clock.now() if status == "succeeded" else None,
    )
    if decided and status == "succeeded" and charge.keeps_card:
        SampleCard.objects.filter(external_id=card_id).update(removed=False)
    return charge_of(external_id)


def _issue(customer_key: str, card: Card) -> SampleCard:
    """Issues a card in the bank's books, kept from the moment the payment or set-up succeeds."""
    today = clock.today(settings.BILLING_TIME_ZONE)
    month = date(today.year + card.years, today.month, monthrange(today.year + card.years, today.month)[1])
    return SampleCard.objects.create(
        external_id=f"card-{secrets.token_hex(8)}",
        customer_key=customer_key,
        title=card.title,
        expires_on=month,
        behaviour=card.behaviour,
        removed=True,
    )


def cards_of(customer_key: str) -> list[SampleCard]:
    """Returns the cards that are kept for this payer."""
    return list(SampleCard.objects.filter(customer_key=customer_key, removed=False).order_by("external_id"))


def receipts_of(customer_key: str) -> list[SampleCharge]:
    """Lists what this payer has paid, the latest first."""
    paid = SampleCharge.objects.filter(customer_key=customer_key, status="succeeded", amount_minor__gt=0)
    return list(paid.order_by("-paid_at", "external_id")[:50])
