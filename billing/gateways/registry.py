"""Which providers this installation offers."""

from django.conf import settings

from billing.gateways.base import Provider
from billing.gateways.sample import SampleProvider


def providers() -> dict[str, Provider]:
    """The providers by code. The sample one belongs into a sandbox: it takes money that does not exist."""
    offered: list[Provider] = [SampleProvider()] if settings.BILLING_SANDBOX else []
    return {provider.code: provider for provider in offered}


def provider_for(currency: str) -> Provider | None:
    """The provider that takes ``currency``, None where nobody does: then the bank transfer is the way to pay."""
    return next((provider for provider in providers().values() if currency in provider.currencies), None)
