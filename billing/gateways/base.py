"""The protocol of a payment provider: it takes a payment, keeps a way of paying, and can be asked what became of either.

The answer to `fetch` is the only truth: neither the return address nor a webhook's body is believed. Amounts are integers of
the minor unit. Every call that takes money carries a key, so that repeating it takes nothing twice. Nothing else in Saldo
knows a provider's name.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol

from django.http import HttpRequest

Status = Literal["pending", "requires_action", "succeeded", "failed", "canceled"]
# What a provider may tell of by webhook. Of the first two it is asked itself; the others have the effect they name, once.
WebhookTopic = Literal["payment.changed", "set_up.changed", "method.removed", "subscription.cancelled"]


class ProviderError(Exception):
    """The provider did not answer, or not in a way we understand: nothing is known, ask again later."""


class Forbidden(Exception):
    """A webhook that does not come from the provider."""


@dataclass(frozen=True)
class PaymentRequest:
    """``key`` makes the call safe to repeat; ``description`` is what the payer reads; ``return_url`` where they come back.
    ``customer_key`` is whose it is on the provider's side; ``save`` asks to keep the method for later."""

    key: str
    amount_minor: int
    currency: str
    description: str
    return_url: str
    customer_key: str = ""
    save: bool = False


@dataclass(frozen=True)
class ProviderMethod:
    """A way of paying that the provider keeps: its id there, what its owner recognises it by, its last day where it has one."""

    external_id: str
    title: str
    expires_on: date | None = None


@dataclass(frozen=True)
class Result:
    """The provider's answer about a payment or a set-up (whose amount is 0): ``external_id`` is its id there, ``reason`` why
    it failed, in the provider's own words, ``method`` what it keeps since, where keeping was asked for."""

    status: Status
    external_id: str
    amount_minor: int
    currency: str
    reason: str = ""
    redirect_url: str = ""
    method: ProviderMethod | None = None
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A subscription as the provider's own page lists it; ``id`` comes back when it is cancelled there."""

    id: str
    title: str
    is_cancelled: bool = False


@dataclass(frozen=True)
class ProviderReport:
    """One report of an authentic webhook: ``event_id`` is the same in every delivery, ``subject`` the id of what it is about."""

    event_id: str
    type: WebhookTopic
    subject: str


class Provider(Protocol):
    """One way of paying online."""

    code: str
    currencies: frozenset[str]
    can_save: bool

    @classmethod
    def from_settings(cls) -> "Provider | None":
        """Builds the provider from its keys; None where this installation has none for it, and then it is not offered."""

    def start(self, request: PaymentRequest) -> Result:
        """Begins a payment and says where to send the payer. Raises ProviderError."""

    def set_up(self, request: PaymentRequest) -> Result:
        """Begins keeping a method without a payment (the amount is 0) and says where to send its owner. Raises ProviderError."""

    def charge_saved(self, request: PaymentRequest, method_id: str) -> Result:
        """Takes money from a kept method with nobody at the screen. Raises ProviderError: then it may have been taken or not,
        and `find` tells which."""

    def fetch(self, external_id: str) -> Result:
        """Asks what became of the payment or set-up. Raises ProviderError."""

    def find(self, key: str) -> Result | None:
        """Asks what became of the call with this ``key``; None where it never arrived. Raises ProviderError."""

    def forget(self, method_id: str) -> None:
        """Keeps the method no longer; safe to repeat. Raises ProviderError."""

    def manage(self, customer_key: str, plans: list[Plan], return_url: str) -> str:
        """Returns the address of the provider's own page for this customer: cards, receipts, cancelling a plan (C5). Raises
        ProviderError."""

    def webhook(self, request: HttpRequest) -> list[ProviderReport]:
        """Reads the reports of an authentic webhook. Raises Forbidden."""
