"""The sample provider: a bank of our own for trying out, with a page on which one pays, declines, or lets it hang.

It exists in a sandbox only. Its books (`SampleCharge`) stand for the bank's side, and everything goes through the same
protocol as a real provider: idempotent start, redirect, webhook with a signature, fetch.
"""

import hashlib
import hmac
import json
import secrets

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from billing.gateways.base import Forbidden, PaymentRequest, ProviderError, Result
from billing.models import SampleCharge

# Why the sample bank may say no, as a real one would.
DECLINES = ("insufficient_funds", "card_expired", "declined_by_bank")
OUTCOMES = ("succeeded", "requires_action", *DECLINES)


def signature(body: bytes) -> str:
    """The signature of a webhook's body, by a key that only this installation knows."""
    return hmac.new(settings.SECRET_KEY.encode(), b"sample-provider:" + body, hashlib.sha256).hexdigest()


def _result(charge: SampleCharge) -> Result:
    return Result(
        status=charge.status,  # type: ignore[arg-type]
        external_id=charge.external_id,
        amount_minor=charge.amount_minor,
        currency=charge.currency,
        reason=charge.reason,
        redirect_url=settings.BASE_URL + reverse("portal:sample_bank", args=[charge.external_id]),
    )


class SampleProvider:
    """`billing.gateways.base.Provider` for the sandbox."""

    code = "sample"
    currencies = frozenset({"RUB", "USD", "EUR"})

    def start(self, request: PaymentRequest) -> Result:
        charge, _created = SampleCharge.objects.get_or_create(
            idempotency_key=request.key,
            defaults={
                "external_id": f"sample-{secrets.token_hex(8)}",
                "currency": request.currency,
                "amount_minor": request.amount_minor,
                "description": request.description[:200],
                "return_url": request.return_url,
            },
        )
        return _result(charge)

    def fetch(self, external_id: str) -> Result:
        charge = SampleCharge.objects.filter(external_id=external_id).first()
        if charge is None:
            raise ProviderError(f"the sample provider knows no payment {external_id}")
        return _result(charge)

    def webhook(self, request: HttpRequest) -> list[str]:
        if not hmac.compare_digest(request.headers.get("Sample-Signature", ""), signature(request.body)):
            raise Forbidden("signature")
        try:
            return [str(json.loads(request.body)["id"])]
        except (ValueError, KeyError, TypeError):
            raise Forbidden("body") from None


def decide(external_id: str, outcome: str) -> SampleCharge:
    """What the payer chose on the bank's page: ``succeeded``, ``requires_action`` (a second step follows) or one of
    `DECLINES`. A final outcome stays. Raises ProviderError for an unknown payment or outcome."""
    if outcome not in OUTCOMES:
        raise ProviderError(f"the sample provider knows no outcome {outcome}")
    status = outcome if outcome in ("succeeded", "requires_action") else "failed"
    SampleCharge.objects.filter(external_id=external_id, status__in=["pending", "requires_action"]).update(
        status=status, reason=outcome if status == "failed" else ""
    )
    charge = SampleCharge.objects.filter(external_id=external_id).first()
    if charge is None:
        raise ProviderError(f"the sample provider knows no payment {external_id}")
    return charge
