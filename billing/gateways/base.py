"""What a payment provider is to Saldo: it starts a payment, and it can be asked what became of it.

The answer to `fetch` is the only truth: neither the return address nor a webhook's body is believed. Amounts are integers of
the minor unit. Later providers (cards kept for renewals, refunds) extend this protocol; nothing else knows their names.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from django.http import HttpRequest

Status = Literal["pending", "requires_action", "succeeded", "failed", "canceled"]


class ProviderError(Exception):
    """The provider did not answer, or not in a way we understand: nothing is known, ask again later."""


class Forbidden(Exception):
    """A webhook that does not come from the provider."""


@dataclass(frozen=True)
class PaymentRequest:
    """``key`` makes the call safe to repeat; ``description`` is what the payer reads; ``return_url`` where they come back."""

    key: str
    amount_minor: int
    currency: str
    description: str
    return_url: str


@dataclass(frozen=True)
class Result:
    """What the provider says of a payment: ``external_id`` is its id there, ``reason`` why it failed, in its own words."""

    status: Status
    external_id: str
    amount_minor: int
    currency: str
    reason: str = ""
    redirect_url: str = ""
    raw: dict[str, Any] = field(default_factory=dict)


class Provider(Protocol):
    """One way of paying online."""

    code: str
    currencies: frozenset[str]

    def start(self, request: PaymentRequest) -> Result:
        """Begins a payment and says where to send the payer. Raises ProviderError."""

    def fetch(self, external_id: str) -> Result:
        """What became of the payment. Raises ProviderError."""

    def webhook(self, request: HttpRequest) -> list[str]:
        """The external ids that an authentic webhook speaks of. Raises Forbidden."""
